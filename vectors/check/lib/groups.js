// The groups of BLS12-381 and the strict encodings of their elements.
//
// noble computes; this file defines the valid encodings (docs/notation.md).
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bigEndian, concat, equal, toNumber } from './bytes.js';

const { Fp, Fp2, Fp12, Fr } = bls12_381.fields;

export const R = Fr.ORDER;
const P = Fp.ORDER;

export const G1 = bls12_381.G1.Point;
export const G2 = bls12_381.G2.Point;
export const g1 = G1.BASE;
export const g2 = G2.BASE;

export const scalar = {
  add: (a, b) => (a + b) % R,
  negate: (a) => (R - a) % R,
  multiply: (a, b) => (a * b) % R,
  inverse: (a) => Fr.inv(a),
};

// `multiplyUnsafe` accepts the exponent zero; the vectors hold no secrets.
export const multiply = (point, exponent) => point.multiplyUnsafe(exponent);
export const generatorMultiply = (group, exponent) =>
  exponent === 0n ? group.ZERO : group.BASE.multiply(exponent);
export const sum = (group, points) => points.reduce((a, b) => a.add(b), group.ZERO);

export const gt = {
  one: Fp12.ONE,
  multiply: (a, b) => Fp12.mul(a, b),
  power: (a, exponent) => Fp12.pow(a, exponent),
  inverse: (a) => Fp12.inv(a),
  equal: (a, b) => Fp12.eql(a, b),
};

// The product of the pairings; a pair with an identity contributes one.
export function pairings(pairs) {
  const nontrivial = pairs.filter(({ p, q }) => !p.is0() && !q.is0());
  if (nontrivial.length === 0) return gt.one;
  return bls12_381.pairingBatch(nontrivial.map(({ p, q }) => ({ g1: p, g2: q })));
}
export const pairing = (p, q) => pairings([{ p, q }]);

// Z = e(g1, g2)
export const z = pairing(g1, g2);

export const encodeScalar = (value) => bigEndian(value, 32);
export const encodeGt = (value) => Fp12.toBytes(value);

const COMPRESSED = 0x80;
const INFINITY = 0x40;
const LARGER_Y = 0x20;

const isLarger = (coefficient) => 2n * coefficient > P;

const g1Curve = {
  group: G1,
  bytes: 48,
  x: (bytes) => coefficient(bytes),
  encodeX: (x) => bigEndian(x, 48),
  larger: (y) => isLarger(y),
  y: (x) => Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n)),
  negate: (y) => Fp.neg(y),
};
// Square roots in Fp2 are compared by c1, then by c0 if c1 is zero.
const g2Curve = {
  group: G2,
  bytes: 96,
  x: (bytes) => ({ c1: coefficient(bytes.subarray(0, 48)), c0: coefficient(bytes.subarray(48)) }),
  encodeX: ({ c0, c1 }) => concat(bigEndian(c1, 48), bigEndian(c0, 48)),
  larger: ({ c0, c1 }) => (c1 === 0n ? isLarger(c0) : isLarger(c1)),
  y: (x) => Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n })),
  negate: (y) => Fp2.neg(y),
};

function encodePoint(curve, point) {
  if (point.is0()) throw new Error('the identity has no encoding');
  const { x, y } = point.toAffine();
  const bytes = curve.encodeX(x);
  bytes[0] |= COMPRESSED | (curve.larger(y) ? LARGER_Y : 0);
  return bytes;
}

function decodePoint(curve, bytes) {
  if (bytes.length !== curve.bytes) throw new Error('wrong length of a point');
  if (!(bytes[0] & COMPRESSED)) throw new Error('not compressed');
  if (bytes[0] & INFINITY) throw new Error('the point is the identity');
  const x = curve.x(Uint8Array.of(bytes[0] & 0x1f, ...bytes.subarray(1)));
  const root = curve.y(x);
  const hasLargerY = (bytes[0] & LARGER_Y) !== 0;
  const y = curve.larger(root) === hasLargerY ? root : curve.negate(root);
  const point = curve.group.fromAffine({ x, y });
  if (!point.isTorsionFree()) throw new Error('outside the subgroup');
  return point;
}

export const encodeG1 = (point) => encodePoint(g1Curve, point);
export const encodeG2 = (point) => encodePoint(g2Curve, point);
export const decodeG1 = (bytes) => decodePoint(g1Curve, bytes);
export const decodeG2 = (bytes) => decodePoint(g2Curve, bytes);

export function decodeGt(bytes) {
  if (bytes.length !== 576) throw new Error('wrong length of an element of GT');
  for (let i = 0; i < 576; i += 48) coefficient(bytes.subarray(i, i + 48));
  const value = Fp12.fromBytes(bytes);
  if (Fp12.is0(value) || gt.equal(value, gt.one)) throw new Error('zero or the identity of GT');
  if (!gt.equal(gt.power(value, R), gt.one)) throw new Error('outside the subgroup of order r');
  if (!equal(encodeGt(value), bytes)) throw new Error('not canonical');
  return value;
}

export function decodeScalar(bytes) {
  if (bytes.length !== 32) throw new Error('wrong length of a scalar');
  const value = toNumber(bytes);
  if (value >= R) throw new Error('scalar not reduced');
  return value;
}

function coefficient(bytes) {
  const value = toNumber(bytes);
  if (value >= P) throw new Error('coefficient not reduced');
  return value;
}
