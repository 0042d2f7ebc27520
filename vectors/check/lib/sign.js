// Ed25519 over framed(tag, parts), with strict verification. See src/sign.rs.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equal, toNumber } from './bytes.js';
import { framed } from './hash.js';
import { tag } from './tags.js';

const { Point } = ed25519;

const message = (name, parts) => framed([tag(name), ...parts]);
const fromLittleEndian = (bytes) => toNumber(bytes.slice().reverse());

export const publicKey = (seed) => ed25519.getPublicKey(seed);

// Deterministic: a signature in a vector is recomputed from the seed.
export const sign = (seed, name, parts) => ed25519.sign(message(name, parts), seed);

export function verify(key, name, parts, signature) {
  try {
    return verifyEquation(key, message(name, parts), signature);
  } catch {
    return false;
  }
}

// R = [s]B - [k]A. The verification of the library multiplies the equation by the cofactor and
// therefore accepts an R with a component of small order.
function verifyEquation(key, bytes, signature) {
  if (signature.length !== 64) return false;
  const [r, s] = [signature.subarray(0, 32), fromLittleEndian(signature.subarray(32))];
  const points = [key, r].map((point) => Point.fromBytes(point, false));
  if (s >= Point.Fn.ORDER || points.some((point) => point.isSmallOrder())) return false;
  const k = fromLittleEndian(sha512(concat(r, key, bytes))) % Point.Fn.ORDER;
  const computed = Point.BASE.multiplyUnsafe(s).subtract(points[0].multiplyUnsafe(k));
  return equal(computed.toBytes(), r);
}

export function checkSignature(key, name, parts, signature) {
  if (!verify(key, name, parts, signature)) throw new Error('the signature does not verify');
}
