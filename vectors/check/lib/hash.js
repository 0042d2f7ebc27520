// Hashing to groups, scalars and keys. See src/algebra/hash.rs.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toHex, toNumber, u32 } from './bytes.js';
import { R } from './groups.js';
import { tag } from './tags.js';

export { sha256 };

// Concatenates the parts, each preceded by its 32-bit length.
export const framed = (parts) => concat(...parts.flatMap((part) => [u32(part.length), part]));

export const digest = (name, parts) => sha256(framed([tag(name), ...parts]));

export const kdf = (name, secret, context, length) =>
  hkdf(sha256, secret, tag(name), framed(context), length);

export const hashToG1 = hashTo(bls12_381.G1);
export const hashToG2 = hashTo(bls12_381.G2);

// Hashes with a cache, because the vectors hash the same few attributes repeatedly.
function hashTo({ hashToCurve }) {
  const cache = new Map();
  return (name, message) => {
    const [DST, key] = [tag(name), `${name} ${toHex(message)}`];
    if (!cache.has(key)) cache.set(key, hashToCurve(message, { DST }));
    return cache.get(key);
  };
}

export const expand = (name, message, length) =>
  expand_message_xmd(message, tag(name), length, sha256);

// hash_to_field of RFC 9380 for one element: 48 bytes modulo r.
export const hashToScalar = (name, message) => toNumber(expand(name, message, 48)) % R;
