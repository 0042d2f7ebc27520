// Configurations, headers with their certificates, and maps.
import { equal } from '../../lib/bytes.js';
import { decode, decodeFields, encode, fieldsOf } from '../../lib/codec.js';
import { certificateType, statementOf } from '../../lib/ledger/certificate.js';
import { configType, digestOf, faults, profileOf, quorum } from '../../lib/ledger/config.js';
import { certifiedType, checkCertified, hashOf, headerType } from '../../lib/ledger/header.js';
import { keyDigest, keyType, valueDigest } from '../../lib/ledger/keys.js';
import { pathTo, pathType, shows, subtree } from '../../lib/ledger/map.js';
import * as ed25519 from '../../lib/sign.js';

function configuration({ inputs, trace, outputs }) {
  const number = (name) => inputs.number(name);
  const numbers = (name) => inputs.list(name, Number);
  const keys = inputs.byteStrings('member_seeds').map(ed25519.publicKey);
  const [ids, ratings] = [numbers('ids'), numbers('ratings')];
  const [latitudes, longitudes] = [numbers('latitudes'), numbers('longitudes')];
  const config = {
    chain: inputs.text('chain'),
    epoch: number('epoch'),
    profile: profileOf(number('profile')),
    groups: number('groups'),
    distanceWeight: number('distance_weight'),
    relay: number('relay'),
    fallback: number('fallback'),
    viewDelay: number('view_delay'),
    doublings: number('doublings'),
    requestBytes: number('request_bytes'),
    bytes: number('bytes'),
    requests: number('requests'),
    cost: number('cost'),
    members: keys.map((key, i) => ({
      id: ids[i], key, latitude: latitudes[i], longitude: longitudes[i], rating: ratings[i],
    })),
  };
  trace.expect({ keys });
  outputs.expect({
    config: encode(configType, config),
    digest: digestOf(config),
    faults: faults(config),
    quorum: quorum(config),
  });
  decode(configType, outputs.bytes('config'));
}

function header({ inputs, trace, outputs }) {
  const config = decode(configType, inputs.bytes('config'));
  const parent = inputs.bytes('parent_certificate');
  const value = {
    height: inputs.number('height'),
    time: inputs.number('time'),
    epoch: inputs.number('epoch'),
    firstView: inputs.number('first_view'),
    leader: inputs.number('leader'),
    previous: inputs.bytes('previous'),
    size: inputs.number('size'),
    entriesRoot: inputs.bytes('entries_root'),
    stateRoot: inputs.bytes('state_root'),
    parents: parent.length === 0 ? [] : [decodeFields(certificateType, parent)],
  };
  const hash = hashOf(value);
  const vote = {
    phase: 'commit', group: 0, height: value.height, view: inputs.number('view'), digest: hash,
  };
  const [statement, signers] = [statementOf(vote), inputs.list('signers', Number)];
  const signatures = inputs.byteStrings('signer_seeds').map((seed, i) => ({
    signer: signers[i],
    signature: ed25519.sign(seed, 'SIGN_CONSENSUS', [digestOf(config), statement]),
  }));
  const certified = { header: value, certificate: { ...vote, signatures } };
  trace.expect({ header: fieldsOf(headerType, value), hash, statement });
  outputs.expect({ certified_header: fieldsOf(certifiedType, certified) });
  checkCertified(config, decodeFields(certifiedType, outputs.bytes('certified_header')));
}

// The entries of a state or map: the digests of keys and values, and the value of a key.
export function stateOf(inputs) {
  const keys = inputs.byteStrings('keys').map((bytes) => decodeFields(keyType, bytes));
  const values = inputs.byteStrings('values');
  if (keys.length !== values.length) throw new Error('keys without values');
  const digests = keys.map((key, i) => ({ key: keyDigest(key), value: valueDigest(values[i]) }));
  const valueOf = (key) =>
    values.filter((_, i) => equal(digests[i].key, keyDigest(key)));
  return { digests, valueOf };
}

export const digestsOf = ({ digests }) => ({
  key_digests: digests.map(({ key }) => key),
  value_digests: digests.map(({ value }) => value),
});

function map({ inputs, trace, outputs }) {
  const state = stateOf(inputs);
  const { digests } = state;
  const absent = keyDigest(decodeFields(keyType, inputs.bytes('absent')));
  const root = subtree(digests);
  const path = (key) => fieldsOf(pathType, pathTo(digests, key));
  trace.expect({ ...digestsOf(state), absent_digest: absent });
  outputs.expect({
    root,
    paths: digests.map(({ key }) => path(key)),
    path_of_absent: path(absent),
  });
  const paths = outputs.byteStrings('paths').map((bytes) => decodeFields(pathType, bytes));
  const ofAbsent = decodeFields(pathType, outputs.bytes('path_of_absent'));
  const isShown = ({ key, value }, i) => shows(paths[i], root, key, value);
  if (!digests.every(isShown)) outputs.fail('.paths do not verify');
  if (!shows(ofAbsent, root, absent)) outputs.fail('.path_of_absent does not verify');
}

export const steps = { configuration, header, map };
