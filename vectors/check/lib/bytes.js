// Bytes, hex and big-endian integers.
export { bytesToHex as toHex, concatBytes as concat } from '@noble/hashes/utils.js';

const HEX = /^([0-9a-f]{2})*$/;

// Lower case only, as in the vector files.
export function fromHex(text) {
  if (typeof text !== 'string' || !HEX.test(text)) throw new Error('not lower-case hex');
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export const utf8 = (text) => new TextEncoder().encode(text);

// Throws on malformed UTF-8 and keeps a byte order mark.
export const fromUtf8 = (bytes) =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

export function bigEndian(number, length) {
  const bytes = new Uint8Array(length);
  let rest = BigInt(number);
  for (let i = length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  if (rest !== 0n) throw new Error(`${number} does not fit into ${length} bytes`);
  return bytes;
}

export const u32 = (number) => bigEndian(number, 4);

export const toNumber = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

export function xor(a, b) {
  if (a.length !== b.length) throw new Error('xor operands differ in length');
  return a.map((byte, i) => byte ^ b[i]);
}

export function compare(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

export const equal = (a, b) => compare(a, b) === 0;
