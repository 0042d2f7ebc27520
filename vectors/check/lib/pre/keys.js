// User keys of proxy re-encryption: the same exponent in both source groups. See src/pre/keys.rs.
import {
  encodeG1, encodeG2, encodeScalar, G1, g1, G2, g2, generatorMultiply, gt, pairings,
} from '../groups.js';
import * as proof from './schnorr.js';

export const keyTypes = {
  publicKey: {
    kind: 'PrePublicKey',
    read(reader) {
      const key = { x: reader.g1(), y: reader.g2() };
      // e(X, g2) = e(g1, Y)
      const quotient = pairings([{ p: key.x, q: g2 }, { p: g1.negate(), q: key.y }]);
      if (!gt.equal(quotient, gt.one)) throw new Error('X and Y have different exponents');
      return key;
    },
    write: ({ x, y }) => [encodeG1(x), encodeG2(y)],
  },
  secretKey: {
    kind: 'PreSecretKey',
    read: (reader) => ({ exponent: reader.nonzeroScalar() }),
    write: ({ exponent }) => [encodeScalar(exponent)],
  },
  possession: { kind: 'PrePossession', read: proof.read, write: proof.write },
};

export const publicKey = (exponent) => ({
  x: generatorMultiply(G1, exponent),
  y: generatorMultiply(G2, exponent),
});

export const provePossession = (exponent, context, fresh) =>
  proof.prove('PRE_POSSESSION', [g1], [publicKey(exponent).x], exponent, context, fresh);

export const verifyPossession = ({ x }, context, possession) =>
  proof.verify('PRE_POSSESSION', [g1], [x], context, possession);
