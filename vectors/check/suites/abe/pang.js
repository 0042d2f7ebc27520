// The revocable scheme of Pang et al.
import { typesOf } from '../../lib/abe/encodings.js';
import {
  attributeKey, exponentOf, issue, keyShare, messageTypes, pang, verifyAttributeKey,
  verifyComponent, verifyKeyShare,
} from '../../lib/abe/pang.js';
import { decode } from '../../lib/codec.js';
import { attributesOf, expectKeys, expectMasterKey } from './keys.js';
import { cpaReaders, decodeField } from './openings.js';
import { replayer } from './replay.js';

// Each attribute with the epoch and `v` of the user's component (`held`) or of the header
// (`written`).
function exponentsOf({ inputs }, use) {
  const [epochs, v] = [inputs.list(`${use}_epochs`, Number), inputs.scalars(`${use}_v`)];
  const attributes = inputs.list('attribute_authorities');
  return attributes.map((attribute, i) => ({ attribute, epoch: epochs[i], v: v[i] }));
}

function replayKeys(fields, types) {
  const { inputs, trace } = fields;
  const [a, beta] = [inputs.scalar('a'), inputs.scalar('beta')];
  const { parameters, masterKey } = pang.setup({ a, beta, users: inputs.bytes('users') });
  const gid = inputs.text('gid');
  const enrolled = pang.enrol(masterKey, gid);
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const shares = identities.map((identity) => keyShare(masterKey, gid, identity));
  const held = exponentsOf(fields, 'held');
  const components = attributes.names.map(({ name }, i) => {
    const { epoch, v } = held.find(({ attribute }) => attribute === name);
    return [{ epoch, point: issue(shares[i], v) }];
  });
  const attributeKeys = exponentsOf(fields, 'written').map(({ attribute, epoch, v }) =>
    attributeKey(attribute, epoch, v));
  trace.expect({
    ...parameters,
    t: exponentOf(masterKey, gid),
    d: enrolled.d,
    d_prime: enrolled.d_prime,
    key_attributes: identities,
    t_x: shares,
    d_x: components.flat().map(({ point }) => point),
    g2_v: attributeKeys.map(({ g2_v }) => g2_v),
    p: attributeKeys.map(({ p }) => p),
  });
  expectMasterKey(fields, types, masterKey);
  const userKey = { attributes, elements: { ...enrolled, components } };
  return expectKeys(fields, types, { ...parameters, attributeKeys }, userKey);
}

const readers = {
  ...cpaReaders('pang', pang),
  'pang: verify key share': () => (bytes) => verifyKeyShare(decode(messageTypes.keyShare, bytes)),
  'pang: verify attribute key': () => (bytes) =>
    verifyAttributeKey(decode(messageTypes.attributeKey, bytes)),
  'pang: add component to user key': (context) => {
    const { elements } = decodeField(context, 'user_key', typesOf(pang).userKey);
    const key = decodeField(context, 'attribute_key', messageTypes.attributeKey);
    if (!verifyAttributeKey(key)) throw new Error('attribute key without proof of possession');
    return (bytes) => verifyComponent(elements, key, decode(messageTypes.component, bytes));
  },
};

export default {
  scheme: pang,
  kindSuffix: 'Pang',
  messageTypes,
  positive: {
    'abe-pang-cpa.json': {
      suite: 'EPIONE-V1-ABE-REVOCABLE-CPA',
      checks: 'policy, span program, keys, encapsulation, key epochs, decryption',
      replay: replayer(pang, 'cpa', replayKeys),
    },
  },
  negative: {
    'invalid/abe-pang.json': {
      suite: 'EPIONE-V1-INVALID-ABE-REVOCABLE',
      checks: 'key epochs, collusion, key shares, proofs of possession, components',
      readers,
    },
  },
};
