// The decentralised scheme of Rouselakis and Waters, after src/abe/rouselakis_waters.rs.
import { fromUtf8, u32, utf8 } from '../bytes.js';
import { withLengthOf } from '../codec.js';
import {
  encodeG1, encodeG2, encodeGt, encodeScalar, G1, G2, generatorMultiply, gt, multiply, pairing,
  pairings, scalar, sum, z,
} from '../groups.js';
import { hashToG1 } from '../hash.js';

const MAX_NAME = 256;
const MAX_AUTHORITIES = 2 ** 12;

export const hashUser = (gid) => hashToG1('DECENTRALISED_USER', utf8(gid));
const hash = (identity) => hashToG1('DECENTRALISED_ATTRIBUTE', identity);

// The authority of an attribute `name@authority`. Only plain names have authorities.
function authorityOf(identity) {
  const name = fromUtf8(identity);
  if (identity[0] < 0x20 || !name.includes('@')) throw new Error(`${name} names no authority`);
  return name.slice(name.lastIndexOf('@') + 1);
}

const keyFor = (keys, identity) => {
  const found = keys.find(({ name }) => name === authorityOf(identity));
  if (!found) throw new Error(`no key of the authority of ${fromUtf8(identity)}`);
  return found;
};

// A name or identifier; it is not empty.
function readName(reader) {
  const name = reader.text(MAX_NAME);
  if (name === '') throw new Error('empty name');
  return name;
}

// The name of an authority, which is the part of an attribute after the last @.
function readAuthority(reader) {
  const name = readName(reader);
  if (name.includes('@')) throw new Error('an authority name must not contain @');
  return name;
}

export const rouselakisWaters = {
  suite: 3,

  componentMatchesRow: () => true,

  // Sets up one authority.
  setup: ({ name, alpha, y }) => ({
    authority: {
      name,
      z_alpha: gt.power(z, alpha),
      g2_y: generatorMultiply(G2, y),
    },
    masterKey: { name, alpha, y },
  }),

  keygen(masterKeys, gid, identities, t) {
    const ofUser = hashUser(gid);
    const k = identities.map((identity, i) => {
      const { alpha, y } = keyFor(masterKeys, identity);
      const ofAuthority = generatorMultiply(G1, alpha).add(multiply(ofUser, y));
      return ofAuthority.add(multiply(hash(identity), t[i]));
    });
    return { gid, k, k_prime: t.map((exponent) => generatorMultiply(G2, exponent)) };
  },

  // The masks are t_i, one per row, followed by w.
  encapsulate({ authorities }, program, coins) {
    const { rows } = program;
    const [t, lambdas] = [coins.masks.slice(0, rows.length), program.share(coins.shares)];
    const omegas = omegasOf(program, coins);
    const keys = rows.map(({ identity }) => keyFor(authorities, identity));
    const encapsulation = {
      c1: keys.map(({ z_alpha }, i) =>
        gt.multiply(gt.power(z, lambdas[i]), gt.power(z_alpha, t[i]))),
      c2: t.map((exponent) => generatorMultiply(G2, scalar.negate(exponent))),
      c3: keys.map(({ g2_y }, i) => multiply(g2_y, t[i]).add(generatorMultiply(G2, omegas[i]))),
      c4: rows.map(({ identity }, i) => multiply(hash(identity), t[i])),
    };
    return { encapsulation, shared: gt.power(z, coins.shares[0]) };
  },

  decapsulate({ gid, k, k_prime }, selection, { c1, c2, c3, c4 }) {
    const weighted = selection.map(({ row, component, gamma }) => {
      const pairs = [{ p: k[component], q: c2[row] }, { p: c4[row], q: k_prime[component] }];
      return gt.power(gt.multiply(c1[row], pairings(pairs)), gamma);
    });
    const q = sum(G2, selection.map(({ row, gamma }) => multiply(c3[row], gamma)));
    return weighted.reduce(gt.multiply, pairing(hashUser(gid), q));
  },

  elements: {
    parameters: {
      read(reader) {
        const authorities = reader.list(reader.length(MAX_AUTHORITIES), (r) =>
          ({ name: readAuthority(r), z_alpha: r.gt(), g2_y: r.g2() }));
        reader.ascending(authorities.map(({ name }) => utf8(name)));
        return { authorities };
      },
      write: ({ authorities }) => [
        u32(authorities.length),
        ...authorities.flatMap(({ name, z_alpha, g2_y }) =>
          [withLengthOf(name), encodeGt(z_alpha), encodeG2(g2_y)]),
      ],
    },
    masterKey: {
      read: (reader) => ({
        name: readAuthority(reader),
        alpha: reader.nonzeroScalar(),
        y: reader.nonzeroScalar(),
      }),
      write: ({ name, alpha, y }) => [withLengthOf(name), encodeScalar(alpha), encodeScalar(y)],
    },
    userKey: {
      read: (reader, components) => ({
        gid: readName(reader),
        k: reader.list(components, (r) => r.g1()),
        k_prime: reader.list(components, (r) => r.g2()),
      }),
      write: ({ gid, k, k_prime }) =>
        [withLengthOf(gid), ...k.map(encodeG1), ...k_prime.map(encodeG2)],
    },
    encapsulation: {
      read: (reader, { rows }) => ({
        c1: reader.list(rows.length, (r) => r.gt()),
        c2: reader.list(rows.length, (r) => r.g2()),
        c3: reader.list(rows.length, (r) => r.g2()),
        c4: reader.list(rows.length, (r) => r.g1()),
      }),
      write: ({ c1, c2, c3, c4 }) =>
        [...c1.map(encodeGt), ...c2.map(encodeG2), ...c3.map(encodeG2), ...c4.map(encodeG1)],
    },
  },

  steps: (program, encapsulation, coins) =>
    ({ omegas: omegasOf(program, coins), ...encapsulation }),
};

// omega_i = M_i . (0, w)
const omegasOf = (program, { masks }) => program.share([0n, ...masks.slice(program.rows.length)]);
