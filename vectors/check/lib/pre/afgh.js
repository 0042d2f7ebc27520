// The proxy re-encryption of Ateniese, Fu, Green and Hohenberger. See src/pre/afgh.rs.
import { withLength } from '../codec.js';
import * as dem from '../dem.js';
import { encodeG1, encodeG2, encodeGt, g2, gt, multiply, pairing, scalar, z } from '../groups.js';
import { kdf } from '../hash.js';

const MAX_BODY = 2 ** 30;

export const types = {
  ciphertext: {
    kind: 'AfghCiphertext',
    read: (reader) => ({ c1: reader.g1(), body: reader.bytes(MAX_BODY) }),
    write: ({ c1, body }) => [encodeG1(c1), withLength(body)],
  },
  rekey: {
    kind: 'AfghReKey',
    read: (reader) => ({ rk: reader.g2() }),
    write: ({ rk }) => [encodeG2(rk)],
  },
  reencryption: {
    kind: 'AfghReEncryption',
    read: (reader) => ({ c1: reader.g1(), c1Prime: reader.gt(), body: reader.bytes(MAX_BODY) }),
    write: ({ c1, c1Prime, body }) => [encodeG1(c1), encodeGt(c1Prime), withLength(body)],
  },
};

const keyOf = (k, c1) => kdf('AFGH_KEY', encodeGt(k), [encodeG1(c1)], 32);

export function seal({ x }, ad, plaintext, r) {
  const c1 = multiply(x, r);
  const k = gt.power(z, r);
  const key = keyOf(k, c1);
  return { k, key, ciphertext: { c1, body: dem.seal(key, ad, plaintext) } };
}

export const rekeygen = (exponent, { y }) => ({ rk: multiply(y, scalar.inverse(exponent)) });

export const reencrypt = ({ rk }, { c1, body }) => ({ c1, c1Prime: pairing(c1, rk), body });

export function open(exponent, ad, { c1, body }) {
  const k = pairing(multiply(c1, scalar.inverse(exponent)), g2);
  return dem.open(keyOf(k, c1), ad, body);
}

export function openReencrypted(exponent, ad, { c1, c1Prime, body }) {
  const k = gt.power(c1Prime, scalar.inverse(exponent));
  return dem.open(keyOf(k, c1), ad, body);
}
