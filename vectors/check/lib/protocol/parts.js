// Fields that several types share: keys, signatures, names of objects, classes.
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { bigEndian, toNumber } from '../bytes.js';

const P = 2n ** 255n - 19n;
const MAX_CID = 64;

export function signingKey(reader) {
  const bytes = reader.take(32);
  // Strict: y below p.
  if (ed25519.Point.fromBytes(bytes, false).isSmallOrder()) throw new Error('small order');
  return bytes;
}

export function hpkeKey(reader) {
  const bytes = reader.take(32);
  if (toNumber(bytes.slice().reverse()) >= P) throw new Error('not below 2^255 - 19');
  // Throws if the product is zero: the clamped scalar is a multiple of 8, the cofactor.
  x25519.scalarMult(new Uint8Array(32).fill(7), bytes);
  return bytes;
}

export function object(reader) {
  const bytes = reader.bytes(MAX_CID);
  const isRaw = bytes.length === 36 && [0x01, 0x55, 0x12, 0x20].every((b, i) => bytes[i] === b);
  if (!isRaw) throw new Error('not a CIDv1 with raw codec and SHA-256');
  return bytes;
}

export const digest = (reader) => reader.take(32);
export const signature = (reader) => reader.take(64);
export const encodeU64 = (number) => bigEndian(number, 8);

// Zero or one value, after a flag.
export const option = (type) => ({
  read: (reader) => reader.list(reader.choice('flag', { 0: 0, 1: 1 }), type.read),
  write: (values) => [Uint8Array.of(values.length), ...values.flatMap(type.write)],
});

// The codes of the classes of sections.
export const CLASSES = {
  1: 'identity',
  2: 'clinical',
  3: 'restricted',
  4: 'financial',
  5: 'administrative',
  6: 'document',
  7: 'narrative',
};
export const MAX_CLASSES = 7;

export const classOf = (reader) => reader.choice('class', CLASSES);

export function classCode(name) {
  const found = Object.entries(CLASSES).find(([, known]) => known === name);
  if (!found) throw new Error(`unknown class ${name}`);
  return Number(found[0]);
}

export const encodeClass = (name) => Uint8Array.of(classCode(name));
