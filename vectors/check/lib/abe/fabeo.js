// FABEO, after the equations in src/abe/fabeo.rs.
import {
  encodeG1, encodeG2, encodeGt, G1, G2, generatorMultiply, gt, multiply, pairings, sum, z,
} from '../groups.js';
import { hashToG1 } from '../hash.js';

export const base = () => hashToG1('FABEO_BASE', new Uint8Array());
export const hash = (identity) => hashToG1('FABEO_ATTRIBUTE', identity);

export const fabeo = {
  suite: 1,

  masks: (program) => program.occurrences,
  componentMatchesRow: () => true,

  setup: ({ alpha }) => ({
    parameters: { mpk: gt.power(z, alpha) },
    masterKey: { msk: generatorMultiply(G1, alpha) },
  }),

  keygen: ({ msk }, identities, { r }) => ({
    sk1: msk.add(multiply(base(), r)),
    sk2: identities.map((identity) => multiply(hash(identity), r)),
    sk3: generatorMultiply(G2, r),
  }),

  encapsulate({ mpk }, program, { shares, masks }) {
    const lambdas = program.share(shares);
    const b = base();
    const encapsulation = {
      ct1: generatorMultiply(G2, shares[0]),
      ct2: masks.map((mask) => generatorMultiply(G2, mask)),
      ct3: program.rows.map(({ identity, occurrence }, i) =>
        multiply(b, lambdas[i]).add(multiply(hash(identity), masks[occurrence]))),
    };
    return { encapsulation, shared: gt.power(mpk, shares[0]) };
  },

  // `selection` is a list of { row, gamma, component, occurrence }.
  decapsulate({ sk1, sk2, sk3 }, selection, { ct1, ct2, ct3 }) {
    const p = sum(G1, selection.map(({ row, gamma }) => multiply(ct3[row], gamma)));
    const q = ct2.map((_, j) =>
      sum(G1, selection
        .filter(({ occurrence }) => occurrence === j)
        .map(({ component, gamma }) => multiply(sk2[component], gamma))));
    return pairings([
      { p: sk1, q: ct1 },
      ...q.map((point, j) => ({ p: point, q: ct2[j] })),
      { p: p.negate(), q: sk3 },
    ]);
  },

  elements: {
    parameters: {
      read: (reader) => ({ mpk: reader.gt() }),
      write: ({ mpk }) => [encodeGt(mpk)],
    },
    masterKey: {
      read: (reader) => ({ msk: reader.g1() }),
      write: ({ msk }) => [encodeG1(msk)],
    },
    userKey: {
      read: (reader, components) => ({
        sk1: reader.g1(),
        sk3: reader.g2(),
        sk2: reader.list(components, (r) => r.g1()),
      }),
      write: ({ sk1, sk2, sk3 }) => [encodeG1(sk1), encodeG2(sk3), ...sk2.map(encodeG1)],
    },
    encapsulation: {
      read: (reader, program) => ({
        ct1: reader.g2(),
        ct2: reader.list(program.occurrences, (r) => r.g2()),
        ct3: reader.list(program.rows.length, (r) => r.g1()),
      }),
      write: ({ ct1, ct2, ct3 }) => [encodeG2(ct1), ...ct2.map(encodeG2), ...ct3.map(encodeG1)],
    },
  },

  steps: ({ rows }, encapsulation) => ({
    row_occurrences: rows.map(({ occurrence }) => `${occurrence}`),
    row_hashes: rows.map(({ identity }) => hash(identity)),
    ...encapsulation,
  }),
};
