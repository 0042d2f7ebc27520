// Searchable encryption. Names follow the equations in src/peks/bdop.rs.
import { equal } from './bytes.js';
import { withLength } from './codec.js';
import * as dem from './dem.js';
import {
  encodeG1, encodeG2, encodeGt, encodeScalar, G1, generatorMultiply, multiply, pairing,
} from './groups.js';
import { hashToG2, kdf } from './hash.js';

const MAX_LOCATION = 2 ** 12;

export const types = {
  publicKey: {
    kind: 'PeksPublicKey',
    read: (reader) => ({ p: reader.g1() }),
    write: ({ p }) => [encodeG1(p)],
  },
  secretKey: {
    kind: 'PeksSecretKey',
    read: (reader) => ({ s: reader.nonzeroScalar() }),
    write: ({ s }) => [encodeScalar(s)],
  },
  ciphertext: {
    kind: 'PeksCiphertext',
    read: (reader) => ({ a: reader.g1(), b: reader.take(32), l: reader.bytes(MAX_LOCATION) }),
    write: ({ a, b, l }) => [encodeG1(a), b, withLength(l)],
  },
  trapdoor: {
    kind: 'PeksTrapdoor',
    read: (reader) => ({ t: reader.g2() }),
    write: ({ t }) => [encodeG2(t)],
  },
};

export const publicKey = (s) => ({ p: generatorMultiply(G1, s) });

export const hashKeyword = (keyword) => hashToG2('PEKS_KEYWORD', keyword);

export const check = (k, a, context) =>
  kdf('PEKS_CHECK', encodeGt(k), [encodeG1(a), context], 32);

export const locationKey = (k, a, context) =>
  kdf('PEKS_LOCATION', encodeGt(k), [encodeG1(a), context], 32);

export function encrypt({ p }, keyword, context, location, r) {
  const a = generatorMultiply(G1, r);
  const k = pairing(multiply(p, r), hashKeyword(keyword));
  const l = dem.seal(locationKey(k, a, context), context, location);
  return { k, ciphertext: { a, b: check(k, a, context), l } };
}

export const trapdoor = (s, keyword) => ({ t: multiply(hashKeyword(keyword), s) });

export const test = ({ a, b }, { t }, context) => equal(check(pairing(a, t), a, context), b);

export function locate({ a, b, l }, { t }, context) {
  const k = pairing(a, t);
  if (!equal(check(k, a, context), b)) throw new Error('the trapdoor does not match');
  return dem.open(locationKey(k, a, context), context, l);
}
