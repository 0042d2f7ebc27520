// Data encapsulation: XChaCha20-Poly1305 in STREAM with a key commitment. See src/dem.rs.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, equal, u32 } from './bytes.js';
import { encode } from './codec.js';
import { kdf } from './hash.js';

const SEGMENT = 65536;
const SEALED_SEGMENT = SEGMENT + 16;
const HEADER = 34;

const sealed = {
  kind: 'DemCiphertext',
  write: ({ commitment, segments }) => [commitment, ...segments],
};

export function keys(key, context) {
  const bytes = kdf('DEM_KEYS', key, [context], 83);
  return {
    cipherKey: bytes.subarray(0, 32),
    noncePrefix: bytes.subarray(32, 51),
    commitment: bytes.subarray(51),
  };
}

// The STREAM nonce: prefix, 32-bit segment number, and 1 for the last segment, else 0.
export function cipher({ cipherKey, noncePrefix }, number, last) {
  const nonce = concat(noncePrefix, u32(number), Uint8Array.of(last));
  return xchacha20poly1305(cipherKey, nonce);
}

const countOf = (length, size) => Math.max(1, Math.ceil(length / size));

export const segmentCount = (length) => countOf(length, SEGMENT);

const cut = (bytes, size) =>
  Array.from({ length: countOf(bytes.length, size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size));

export function seal(key, context, plaintext) {
  const derived = keys(key, context);
  const encrypted = cut(plaintext, SEGMENT).map((segment, i, { length }) =>
    cipher(derived, i, i === length - 1 ? 1 : 0).encrypt(segment),
  );
  return encode(sealed, { commitment: derived.commitment, segments: encrypted });
}

export function open(key, context, bytes) {
  const derived = keys(key, context);
  const header = encode(sealed, { commitment: derived.commitment, segments: [] });
  if (!equal(bytes.subarray(0, HEADER), header)) throw new Error('the header does not match');
  const opened = cut(bytes.subarray(HEADER), SEALED_SEGMENT).map((segment, i, { length }) =>
    cipher(derived, i, i === length - 1 ? 1 : 0).decrypt(segment),
  );
  // An empty segment after full ones would be a second encoding of the same plaintext.
  if (opened.length > 1 && opened.at(-1).length === 0) throw new Error('an empty last segment');
  return concat(...opened);
}
