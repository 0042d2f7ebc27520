// Schnorr proof of one exponent for several bases. See src/pre/schnorr.rs.
import { concat } from '../bytes.js';
import { encodeG1, encodeScalar, multiply, scalar } from '../groups.js';
import { framed, hashToScalar } from '../hash.js';

export const read = (reader) => ({ challenge: reader.scalar(), response: reader.scalar() });
export const write = ({ challenge, response }) => [
  encodeScalar(challenge),
  encodeScalar(response),
];

const encodeAll = (points) => concat(...points.map(encodeG1));

function challengeOf(tag, bases, images, commitments, context) {
  const points = encodeAll([...bases, ...images, ...commitments]);
  return hashToScalar(tag, framed([points, context]));
}

// The nonce is hedged: it stays secret even if `fresh` is known or repeated.
export function prove(tag, bases, images, secret, context, fresh) {
  const hedged = [encodeScalar(secret), fresh, encodeAll(images), context];
  const nonce = hashToScalar('PRE_NONCE', framed(hedged));
  const commitments = bases.map((base) => multiply(base, nonce));
  const challenge = challengeOf(tag, bases, images, commitments, context);
  const response = scalar.add(nonce, scalar.multiply(challenge, secret));
  return { nonce, commitments, challenge, response };
}

export function verify(tag, bases, images, context, { challenge, response }) {
  const commitments = bases.map((base, k) =>
    multiply(base, response).add(multiply(images[k], scalar.negate(challenge))),
  );
  return challengeOf(tag, bases, images, commitments, context) === challenge;
}
