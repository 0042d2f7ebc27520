// Waters' scheme, after the equations in src/abe/waters.rs.
import {
  encodeG1, encodeG2, encodeGt, G1, G2, generatorMultiply, gt, multiply, pairings, scalar, sum, z,
} from '../groups.js';
import { hashToG1 } from '../hash.js';

const hash = (identity) => hashToG1('WATERS_ATTRIBUTE', identity);

export const waters = {
  suite: 2,

  masks: (program) => program.rows.length,
  componentMatchesRow: () => true,

  setup: ({ a, alpha }) => ({
    parameters: {
      g1_a: generatorMultiply(G1, a),
      z_alpha: gt.power(z, alpha),
    },
    masterKey: { g2_alpha: generatorMultiply(G2, alpha), g2_a: generatorMultiply(G2, a) },
  }),

  keygen: ({ g2_alpha, g2_a }, identities, { t }) => ({
    k: g2_alpha.add(multiply(g2_a, t)),
    l: generatorMultiply(G2, t),
    k_x: identities.map((identity) => multiply(hash(identity), t)),
  }),

  encapsulate({ g1_a, z_alpha }, program, { shares, masks }) {
    const lambdas = program.share(shares);
    const encapsulation = {
      c_prime: generatorMultiply(G1, shares[0]),
      c: program.rows.map(({ identity }, i) =>
        multiply(g1_a, lambdas[i]).add(multiply(hash(identity), scalar.negate(masks[i])))),
      d: masks.map((mask) => generatorMultiply(G2, mask)),
    };
    return { encapsulation, shared: gt.power(z_alpha, shares[0]) };
  },

  decapsulate({ k, l, k_x }, selection, { c_prime, c, d }) {
    const p = sum(G1, selection.map(({ row, gamma }) => multiply(c[row], gamma)));
    return pairings([
      { p: c_prime, q: k },
      { p: p.negate(), q: l },
      ...selection.map(({ row, gamma, component }) => ({
        p: multiply(k_x[component], gamma).negate(),
        q: d[row],
      })),
    ]);
  },

  elements: {
    parameters: {
      read: (reader) => ({ g1_a: reader.g1(), z_alpha: reader.gt() }),
      write: ({ g1_a, z_alpha }) => [encodeG1(g1_a), encodeGt(z_alpha)],
    },
    masterKey: {
      read: (reader) => ({ g2_alpha: reader.g2(), g2_a: reader.g2() }),
      write: ({ g2_alpha, g2_a }) => [encodeG2(g2_alpha), encodeG2(g2_a)],
    },
    userKey: {
      read: (reader, components) => ({
        k: reader.g2(),
        l: reader.g2(),
        k_x: reader.list(components, (r) => r.g1()),
      }),
      write: ({ k, l, k_x }) => [encodeG2(k), encodeG2(l), ...k_x.map(encodeG1)],
    },
    encapsulation: {
      read: (reader, program) => ({
        c_prime: reader.g1(),
        c: reader.list(program.rows.length, (r) => r.g1()),
        d: reader.list(program.rows.length, (r) => r.g2()),
      }),
      write: ({ c_prime, c, d }) => [encodeG1(c_prime), ...c.map(encodeG1), ...d.map(encodeG2)],
    },
  },

  steps: (program, encapsulation) => encapsulation,
};
