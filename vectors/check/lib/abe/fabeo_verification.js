// Public verification of FABEO's keys, headers and tokens, after
// src/abe/fabeo/{verification,consistency,epochs}.rs. Each equation is tested separately, without
// random weights.
import { u32, utf8 } from '../bytes.js';
import { encodeG1, G1, g2, gt, multiply, pairings, scalar, sum } from '../groups.js';
import { dualBasis } from '../policy/dual.js';
import { base, hash } from './fabeo.js';

const isOne = (pairs) => gt.equal(pairings(pairs.map(([p, q]) => ({ p, q }))), gt.one);

// e(sk1, g2) = mpk e(B, sk3);  e(sk2[u], g2) = e(H(u), sk3)
export function verifyKey({ mpk }, { attributes, elements: { sk1, sk2, sk3 } }) {
  const first = pairings([{ p: sk1, q: g2 }, { p: base().negate(), q: sk3 }]);
  const isComponent = (identity, i) => isOne([[sk2[i], g2], [hash(identity).negate(), sk3]]);
  return gt.equal(first, mpk) && attributes.identities().every(isComponent);
}

// Returns true if the rows of a header are shares of the s in ct1, for each vector (c, w) of the
// dual basis:
// prod (e(ct3[i], g2) / e(H(pi(i)), ct2[rho(i)]))^{c_i} = e(B, ct1)^w
export function verifyConsistency({ program, encapsulation: { ct1, ct2, ct3 } }) {
  const hashes = program.rows.map(({ identity }) => hash(identity));
  return dualBasis(program).every(({ c, w }) => {
    const raised = (point, i) => multiply(point, c[i]);
    const ofOccurrence = ct2.map((_, j) =>
      sum(G1, hashes.map(raised).filter((_, i) => program.rows[i].occurrence === j)));
    return isOne([
      [sum(G1, ct3.map(raised)), g2],
      ...ofOccurrence.map((point, j) => [point.negate(), ct2[j]]),
      [multiply(base(), scalar.negate(w)), ct1],
    ]);
  });
}

// e(token, g2) = e(H(epoch:E), sk3); the attribute of an epoch is a plain name.
export const verifyToken = ({ elements: { sk3 } }, { epoch, point }) =>
  isOne([[point, g2], [hash(utf8(`epoch:${epoch}`)).negate(), sk3]]);

export const tokenType = {
  kind: 'AbeToken',
  read: (reader) => ({ generation: reader.u32(), epoch: reader.u32(), point: reader.g1() }),
  write: ({ generation, epoch, point }) => [u32(generation), u32(epoch), encodeG1(point)],
};
