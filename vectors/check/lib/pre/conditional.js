// Conditional, verifiable proxy re-encryption. Names follow the equations in
// src/pre/conditional.rs; i is the delegator, j the delegatee.
import { concat, xor } from '../bytes.js';
import { encode, withLength } from '../codec.js';
import * as dem from '../dem.js';
import {
  encodeG1, encodeG2, encodeGt, G1, g1, generatorMultiply, gt, multiply, pairing, pairings, scalar,
} from '../groups.js';
import { digest, framed, hashToG2, hashToScalar, kdf } from '../hash.js';
import { tag } from '../tags.js';
import { keyTypes } from './keys.js';
import * as proof from './schnorr.js';

const MAX_BODY = 2 ** 30;

export const types = {
  ciphertext: {
    kind: 'PreCiphertext',
    read: (reader) => ({
      c1: reader.g1(),
      w: reader.take(32),
      c4: reader.g2(),
      body: reader.bytes(MAX_BODY),
    }),
    write: ({ c1, w, c4, body }) => [encodeG1(c1), w, encodeG2(c4), withLength(body)],
  },
  rekey: {
    kind: 'PreReKey',
    read: (reader) => ({ rk1: reader.g2(), rk2: reader.g2() }),
    write: ({ rk1, rk2 }) => [encodeG2(rk1), encodeG2(rk2)],
  },
  reencryption: {
    kind: 'PreReEncryption',
    read: (reader) => ({
      d1: reader.g1(),
      tPoint: reader.g1(),
      d2: reader.g2(),
      proof: proof.read(reader),
    }),
    write: ({ d1, tPoint, d2, proof: proven }) =>
      [encodeG1(d1), encodeG1(tPoint), encodeG2(d2), ...proof.write(proven)],
  },
};

const encodeKey = (key) => encode(keyTypes.publicKey, key);
const product = (pairs) => pairings(pairs.map(([p, q]) => ({ p, q })));
const isOne = (pairs) => gt.equal(product(pairs), gt.one);

// Q = H_G2(pk_i, w).
export const hashCondition = (delegator, condition) =>
  hashToG2('PRE_CONDITION', framed([encodeKey(delegator), condition]));

// ctx, an input of every hash of a ciphertext except that of its tag.
export const contextOf = (delegator, condition, ad) =>
  framed([tag('PRE_CONTEXT'), encodeKey(delegator), condition, ad]);

// tag_ctx, without the delegator's key.
export const tagContextOf = (condition, ad) => framed([tag('PRE_TAG_CONTEXT'), condition, ad]);

export const exponentOf = (mu, context) => hashToScalar('PRE_EXPONENT', framed([mu, context]));

export const maskOf = (k, c1, context) => kdf('PRE_MASK', encodeGt(k), [encodeG1(c1), context], 32);

export const bodyKeyOf = (mu, context) => kdf('PRE_KEY', mu, [context], 32);

export const bodyContextOf = ({ c1, w }, context) => framed([encodeG1(c1), w, context]);

export const bodyDigestOf = (body) => digest('PRE_BODY', [body]);

export const tagPointOf = ({ c1, w, body }, condition, ad) => {
  const parts = [encodeG1(c1), w, bodyDigestOf(body), tagContextOf(condition, ad)];
  return hashToG2('PRE_CAPSULE_TAG', framed(parts));
};

export function seal(delegator, condition, ad, plaintext, mu) {
  const context = contextOf(delegator, condition, ad);
  const r = exponentOf(mu, context);
  const c1 = generatorMultiply(G1, r);
  const k = gt.power(pairing(delegator.x, hashCondition(delegator, condition)), r);
  const w = xor(mu, maskOf(k, c1, context));
  const body = dem.seal(bodyKeyOf(mu, context), bodyContextOf({ c1, w }, context), plaintext);
  const c4 = multiply(tagPointOf({ c1, w, body }, condition, ad), r);
  return { k, ciphertext: { c1, w, c4, body } };
}

// e(C1, H_G2(..)) = e(g1, C4)
export function verify(condition, ad, ciphertext) {
  const { c1, c4 } = ciphertext;
  return isOne([[c1, tagPointOf(ciphertext, condition, ad)], [g1.negate(), c4]]);
}

// Recovers mu from K, requires C1 = g1^{H(mu, ctx)}, and decrypts the body.
function unmask(context, ciphertext, k) {
  const { c1, w, body } = ciphertext;
  const mu = xor(w, maskOf(k, c1, context));
  if (!generatorMultiply(G1, exponentOf(mu, context)).equals(c1)) throw new Error('C1 does not match mu');
  return dem.open(bodyKeyOf(mu, context), bodyContextOf(ciphertext, context), body);
}

export function open(exponent, delegator, condition, ad, ciphertext) {
  const q = multiply(hashCondition(delegator, condition), exponent);
  const context = contextOf(delegator, condition, ad);
  return unmask(context, ciphertext, pairing(ciphertext.c1, q));
}

export function rekeygen(exponent, delegator, delegatee, condition, s) {
  const inner = hashCondition(delegator, condition).add(multiply(delegatee.y, s));
  return { rk1: multiply(inner, exponent), rk2: multiply(delegator.y, s) };
}

// e(X_i, Q)^-1 e(X_j, rk2)^-1
const inverseOf = (delegator, delegatee, condition, rk2) => [
  [delegator.x.negate(), hashCondition(delegator, condition)],
  [delegatee.x.negate(), rk2],
];

// e(g1, rk1) = e(X_i, Q) e(X_j, rk2)
export const verifyReKey = (delegator, delegatee, condition, { rk1, rk2 }) =>
  isOne([[g1, rk1], ...inverseOf(delegator, delegatee, condition, rk2)]);

// The values that a re-encryption is bound to.
const bindingOf = ({ delegator, delegatee, condition, ad, ciphertext, rk2 }) =>
  framed([
    contextOf(delegator, condition, ad),
    encode(types.ciphertext, ciphertext),
    encodeKey(delegatee),
    encodeG2(rk2),
  ]);

// The statement of the proof, besides its points: framed(ctx, ciphertext, pk_j, rk2, D2).
const statementOf = (delegation, d2) => concat(bindingOf(delegation), framed([encodeG2(d2)]));

// The exponent is hedged: it stays secret even if `fresh` is known or repeated.
const hedgedExponent = (rk1, fresh, binding) =>
  hashToScalar('PRE_REENCRYPTION', framed([encodeG2(rk1), fresh, binding]));

// `delegation` is { delegator, delegatee, condition, ad, ciphertext, rk2 }; `fresh` has the random
// bytes of t and of the proof.
export function reencrypt(delegation, rk1, fresh) {
  const { c1 } = delegation.ciphertext;
  const binding = bindingOf(delegation);
  const t = hedgedExponent(rk1, fresh.t, binding);
  const d1 = multiply(c1, t);
  const tPoint = generatorMultiply(G1, t);
  const d2 = multiply(rk1, scalar.inverse(t));
  const statement = statementOf(delegation, d2);
  const proven = proof.prove('PRE_PROOF', [g1, c1], [tPoint, d1], t, statement, fresh.proof);
  return { binding, t, statement, reencryption: { d1, tPoint, d2, proof: proven } };
}

// The proof, and e(T, D2) = e(X_i, Q) e(X_j, rk2).
export function verifyReEncryption(delegation, { d1, tPoint, d2, proof: proven }) {
  const { delegator, delegatee, condition, ciphertext, rk2 } = delegation;
  const [bases, images] = [[g1, ciphertext.c1], [tPoint, d1]];
  return (
    proof.verify('PRE_PROOF', bases, images, statementOf(delegation, d2), proven) &&
    isOne([[tPoint, d2], ...inverseOf(delegator, delegatee, condition, rk2)])
  );
}

// K = e(D1, D2) / e(C1, rk2^{x_j})
export function openReencrypted(exponent, delegation, { d1, d2 }) {
  const { delegator, condition, ad, ciphertext, rk2 } = delegation;
  const k = product([[d1, d2], [ciphertext.c1.negate(), multiply(rk2, exponent)]]);
  return unmask(contextOf(delegator, condition, ad), ciphertext, k);
}
