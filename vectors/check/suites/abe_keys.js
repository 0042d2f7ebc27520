// The keys of a case, of each scheme: out of its inputs the parameters and a user's key.
import { rouselakisWaters, hashUser } from '../lib/abe/rouselakis_waters.js';
import { base, fabeo } from '../lib/abe/fabeo.js';
import { attributeKey, exponentOf, issue, pang, share } from '../lib/abe/pang.js';
import { waters } from '../lib/abe/waters.js';
import { encode } from '../lib/codec.js';
import { AttributeSet } from '../lib/policy/attributes.js';

// The authorities of the vectors.
const AUTHORITIES = ['H', 'L'];

const attributesOf = ({ inputs }) => AttributeSet.parse(inputs.list('attributes').join(', '));

function expectKeys({ outputs }, types, parameters, userKey) {
  outputs.expect({
    parameters: encode(types.parameters, parameters),
    user_key: encode(types.userKey, userKey),
  });
  return { parameters, userKey };
}

const expectMaster = ({ outputs }, types, masterKey) =>
  outputs.expect({ master_key: encode(types.masterKey, masterKey) });

// `showsSteps` says whether the file has the keys' elements in its traces.
export const fabeoKeys = (showsSteps) => (fields, types) => {
  const { inputs, trace } = fields;
  const { parameters, masterKey } = fabeo.setup({ alpha: inputs.scalar('alpha') });
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const elements = fabeo.keygen(masterKey, identities, { r: inputs.scalar('r') });
  if (showsSteps) {
    trace.expect({ ...parameters, ...masterKey, base: base() });
    trace.expect({ key_attributes: identities, ...elements });
    expectMaster(fields, types, masterKey);
  }
  return expectKeys(fields, types, parameters, { attributes, elements });
};

export function watersKeys(fields, types) {
  const { inputs, trace } = fields;
  const secrets = { a: inputs.scalar('a'), alpha: inputs.scalar('alpha') };
  const { parameters, masterKey } = waters.setup(secrets);
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const elements = waters.keygen(masterKey, identities, { t: inputs.scalar('t') });
  trace.expect({ ...parameters, key_attributes: identities, ...elements });
  expectMaster(fields, types, masterKey);
  return expectKeys(fields, types, parameters, { attributes, elements });
}

export function rouselakisWatersKeys(fields, types) {
  const { inputs, trace, outputs } = fields;
  const [alpha, y] = [inputs.scalars('alpha'), inputs.scalars('y')];
  const made = AUTHORITIES.map((name, i) =>
    rouselakisWaters.setup({ name, alpha: alpha[i], y: y[i] }));
  const authorities = made.map(({ authority }) => authority);
  const masterKeys = made.map(({ masterKey }) => masterKey);
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const gid = inputs.text('gid');
  const elements = rouselakisWaters.keygen(masterKeys, gid, identities, inputs.scalars('t'));
  trace.expect({
    z_alpha: authorities.map(({ z_alpha }) => z_alpha),
    g2_y: authorities.map(({ g2_y }) => g2_y),
    h_gid: hashUser(gid),
    key_attributes: identities,
    k: elements.k,
    k_prime: elements.k_prime,
  });
  outputs.expect({ authority_keys: masterKeys.map((key) => encode(types.masterKey, key)) });
  return expectKeys(fields, types, { authorities }, { attributes, elements });
}

// The managers' attributes with their `v` of the epochs in which something is held or written.
function managersOf({ inputs }, when) {
  const [epochs, v] = [inputs.list(`${when}_epochs`, Number), inputs.scalars(`${when}_v`)];
  return inputs.list('managers').map((attribute, i) => ({ attribute, epoch: epochs[i], v: v[i] }));
}

export function pangKeys(fields, types) {
  const { inputs, trace } = fields;
  const [a, beta] = [inputs.scalar('a'), inputs.scalar('beta')];
  const { parameters, masterKey } = pang.setup({ a, beta, users: inputs.bytes('users') });
  const gid = inputs.text('gid');
  const enrolled = pang.enrol(masterKey, gid);
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const shares = identities.map((identity) => share(masterKey, gid, identity));
  const held = managersOf(fields, 'held');
  const components = attributes.names.map(({ name }, i) => {
    const { epoch, v } = held.find(({ attribute }) => attribute === name);
    return [{ epoch, point: issue(shares[i], v) }];
  });
  const managers = managersOf(fields, 'written').map(({ attribute, epoch, v }) =>
    attributeKey(attribute, epoch, v));
  trace.expect({
    ...parameters,
    t: exponentOf(masterKey, gid),
    d: enrolled.d,
    d_prime: enrolled.d_prime,
    key_attributes: identities,
    t_x: shares,
    d_x: components.flat().map(({ point }) => point),
    g2_v: managers.map(({ g2_v }) => g2_v),
    p: managers.map(({ p }) => p),
  });
  expectMaster(fields, types, masterKey);
  const userKey = { attributes, elements: { ...enrolled, components } };
  return expectKeys(fields, types, { ...parameters, managers }, userKey);
}
