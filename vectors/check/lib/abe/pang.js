// The revocable scheme of Pang et al.: a central authority, one authority per attribute, and key
// epochs, after the equations in src/abe/pang.rs.
import { equal, fromUtf8, u32, utf8 } from '../bytes.js';
import { withLengthOf } from '../codec.js';
import {
  encodeG1, encodeG2, encodeGt, encodeScalar, G1, G2, g2, generatorMultiply, gt, multiply,
  pairings, scalar, sum, z,
} from '../groups.js';
import { framed, hashToG1, hashToScalar } from '../hash.js';
import { checkName } from '../policy/names.js';

const MAX_NAME = 256;
const MAX_COUNT = 2 ** 16;

const hash = (identity) => hashToG1('REVOCABLE_ATTRIBUTE', identity);
const readName = (reader) => checkName(reader.text(MAX_NAME));

function readIdentifier(reader) {
  const gid = reader.text(MAX_NAME);
  if (gid === '') throw new Error('empty identifier');
  return gid;
}

function attributeKeyFor({ attributeKeys }, identity) {
  const found = attributeKeys.find(({ attribute }) => equal(utf8(attribute), identity));
  if (!found) throw new Error(`no attribute key for ${fromUtf8(identity)}`);
  return found;
}

export const exponentOf = ({ users }, gid) =>
  hashToScalar('REVOCABLE_USER', framed([users, utf8(gid)]));

// Share: T = H(x)^t, from the central authority to an attribute authority.
export const keyShare = (masterKey, gid, identity) =>
  multiply(hash(identity), exponentOf(masterKey, gid));

// Issue: D_x = T^{1 / v_x}, from an attribute authority to a user.
export const issue = (t, v) => multiply(t, scalar.inverse(v));

// e(T, g2) = e(H(x), D')
export function verifyKeyShare({ attribute, dPrime, t }) {
  const pairs = [{ p: t, q: g2 }, { p: hash(utf8(attribute)).negate(), q: dPrime }];
  return gt.equal(pairings(pairs), gt.one);
}

// H'(x, epoch, g2^{v_x})
const possessionBase = ({ attribute, epoch, g2_v }) =>
  hashToG1('REVOCABLE_POSSESSION', framed([utf8(attribute), u32(epoch), encodeG2(g2_v)]));

// Epoch: public g2^{v_x} and P = H'(x, epoch, g2^{v_x})^{v_x}, of an attribute authority.
export function attributeKey(attribute, epoch, v) {
  const key = { attribute, epoch, g2_v: generatorMultiply(G2, v) };
  return { ...key, p: multiply(possessionBase(key), v) };
}

// e(P, g2) = e(H'(x, epoch, g2^{v_x}), g2^{v_x})
export function verifyAttributeKey(key) {
  const pairs = [{ p: key.p, q: g2 }, { p: possessionBase(key).negate(), q: key.g2_v }];
  return gt.equal(pairings(pairs), gt.one);
}

// e(D_x, g2^{v_x}) = e(H(x), D'), for this user and the epoch of the attribute key.
export function verifyComponent(elements, key, { gid, attribute, epoch, dX }) {
  if (gid !== elements.gid || attribute !== key.attribute || epoch !== key.epoch) return false;
  const ofAttribute = hash(utf8(attribute)).negate();
  const pairs = [{ p: dX, q: key.g2_v }, { p: ofAttribute, q: elements.d_prime }];
  return gt.equal(pairings(pairs), gt.one);
}

export const pang = {
  suite: 4,

  // A component matches the rows of its own epoch.
  componentMatchesRow: ({ components }, component, { epochs }, row) =>
    component >= 0 && components[component].some(({ epoch }) => epoch === epochs[row]),

  setup: ({ a, beta, users }) => ({
    parameters: { g1_a: generatorMultiply(G1, a), z_beta: gt.power(z, beta) },
    masterKey: { a, beta, users },
  }),

  enrol(masterKey, gid) {
    const { a, beta } = masterKey;
    const t = exponentOf(masterKey, gid);
    const exponent = scalar.add(beta, scalar.multiply(a, t));
    return { gid, d: generatorMultiply(G1, exponent), d_prime: generatorMultiply(G2, t) };
  },

  encapsulate(parameters, program, { shares, masks }) {
    const lambdas = program.share(shares);
    const keys = program.rows.map(({ identity }) => attributeKeyFor(parameters, identity));
    const encapsulation = {
      epochs: keys.map(({ epoch }) => epoch),
      c_second: generatorMultiply(G2, shares[0]),
      c: keys.map(({ g2_v }, i) => multiply(g2_v, masks[i])),
      c_prime: program.rows.map(({ identity }, i) =>
        multiply(parameters.g1_a, lambdas[i]).add(multiply(hash(identity), masks[i]))),
    };
    return { encapsulation, shared: gt.power(parameters.z_beta, shares[0]) };
  },

  decapsulate({ d, d_prime, components }, selection, { epochs, c_second, c, c_prime }) {
    const p = sum(G1, selection.map(({ row, gamma }) => multiply(c_prime[row], gamma)));
    return pairings([
      { p: d, q: c_second },
      { p: p.negate(), q: d_prime },
      ...selection.map(({ row, gamma, component }) => {
        const { point } = components[component].find(({ epoch }) => epoch === epochs[row]);
        return { p: multiply(point, gamma), q: c[row] };
      }),
    ]);
  },

  elements: {
    parameters: {
      read(reader) {
        const [g1_a, z_beta] = [reader.g1(), reader.gt()];
        const attributeKeys = reader.list(reader.length(MAX_COUNT), keyFields.read);
        reader.ascending(attributeKeys.map(({ attribute }) => utf8(attribute)));
        return { g1_a, z_beta, attributeKeys };
      },
      write: ({ g1_a, z_beta, attributeKeys }) => [
        encodeG1(g1_a),
        encodeGt(z_beta),
        u32(attributeKeys.length),
        ...attributeKeys.flatMap((key) => keyFields.write(key)),
      ],
    },
    masterKey: {
      read: (reader) => ({
        a: reader.nonzeroScalar(),
        beta: reader.nonzeroScalar(),
        users: reader.take(32),
      }),
      write: ({ a, beta, users }) => [encodeScalar(a), encodeScalar(beta), users],
    },
    // The epochs of each attribute, then all components.
    userKey: {
      read(reader, count) {
        const key = { gid: readIdentifier(reader), d: reader.g1(), d_prime: reader.g2() };
        const epochs = reader.list(count, readEpochs);
        const withPoint = (epoch) => ({ epoch, point: reader.g1() });
        return { ...key, components: epochs.map((ofOne) => ofOne.map(withPoint)) };
      },
      write: ({ gid, d, d_prime, components }) => [
        withLengthOf(gid),
        encodeG1(d),
        encodeG2(d_prime),
        ...components.flatMap((ofOne) =>
          [u32(ofOne.length), ...ofOne.map(({ epoch }) => u32(epoch))]),
        ...components.flat().map(({ point }) => encodeG1(point)),
      ],
    },
    encapsulation: {
      read: (reader, { rows }) => ({
        epochs: reader.list(rows.length, (r) => r.u32()),
        c_second: reader.g2(),
        c: reader.list(rows.length, (r) => r.g2()),
        c_prime: reader.list(rows.length, (r) => r.g1()),
      }),
      write: ({ epochs, c_second, c, c_prime }) =>
        [...epochs.map(u32), encodeG2(c_second), ...c.map(encodeG2), ...c_prime.map(encodeG1)],
    },
  },

  steps: (program, { epochs, ...encapsulation }) =>
    ({ row_epochs: epochs.map(String), ...encapsulation }),
};

function readEpochs(reader) {
  const epochs = reader.list(reader.length(MAX_COUNT), (r) => r.u32());
  if (epochs.length === 0) throw new Error('an attribute without epochs');
  reader.ascending(epochs.map(u32));
  return epochs;
}

// An attribute key without its proof of possession, as in the parameters.
const keyFields = {
  read: (reader) => ({ attribute: readName(reader), epoch: reader.u32(), g2_v: reader.g2() }),
  write: ({ attribute, epoch, g2_v }) => [withLengthOf(attribute), u32(epoch), encodeG2(g2_v)],
};

// The messages between central authority, attribute authorities and users.
export const messageTypes = {
  attributeKey: {
    kind: 'AbeAttributeKey',
    read: (reader) => ({ ...keyFields.read(reader), p: reader.g1() }),
    write: (key) => [...keyFields.write(key), encodeG1(key.p)],
  },
  keyShare: {
    kind: 'AbeShare',
    read: (reader) => ({
      gid: readIdentifier(reader),
      attribute: readName(reader),
      dPrime: reader.g2(),
      t: reader.g1(),
    }),
    write: ({ gid, attribute, dPrime, t }) =>
      [withLengthOf(gid), withLengthOf(attribute), encodeG2(dPrime), encodeG1(t)],
  },
  component: {
    kind: 'AbeComponent',
    read: (reader) => ({
      gid: readIdentifier(reader),
      attribute: readName(reader),
      epoch: reader.u32(),
      dX: reader.g1(),
    }),
    write: ({ gid, attribute, epoch, dX }) =>
      [withLengthOf(gid), withLengthOf(attribute), u32(epoch), encodeG1(dX)],
  },
};
