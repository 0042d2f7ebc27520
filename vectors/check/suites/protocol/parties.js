// Registration, and the saved secrets of every role.
import { typesOf } from '../../lib/abe/encodings.js';
import { fabeo } from '../../lib/abe/fabeo.js';
import { concat } from '../../lib/bytes.js';
import { decode, encode } from '../../lib/codec.js';
import { decodeScalar } from '../../lib/groups.js';
import * as hpke from '../../lib/hpke.js';
import { types as messageTypes } from '../../lib/messages.js';
import { publicKey as peksPublicKey, types as peks } from '../../lib/peks.js';
import { keyTypes, publicKey, verifyPossession } from '../../lib/pre/keys.js';
import { withdrawal } from '../../lib/protocol/bindings.js';
import { certificateType, ROLES, subject as subjectType } from '../../lib/protocol/certificate.js';
import { types as secrets } from '../../lib/protocol/secrets.js';
import * as ed25519 from '../../lib/sign.js';

const abe = typesOf(fabeo);

const preKeyOf = (exponent) => encode(keyTypes.publicKey, publicKey(exponent));

function registration({ inputs, trace, outputs }) {
  const seed = inputs.bytes('signing_seed');
  const exponent = inputs.bytes('pre');
  const hasPre = exponent.length > 0;
  const subject = {
    key: ed25519.publicKey(seed),
    name: inputs.text('name'),
    role: ROLES[inputs.number('role')],
    hpkeKey: hpke.keyPair(inputs.bytes('hpke_seed')).publicKey,
    preKey: hasPre ? preKeyOf(decodeScalar(exponent)) : exponent,
    serial: inputs.bytes('serial'),
    validUntil: inputs.number('valid_until'),
  };
  const statement = concat(...subjectType.write(subject));
  const signed = ed25519.sign(seed, 'SIGN_POSSESSION', [statement]);
  const possession = inputs.bytes('possession');
  const proofs = hasPre ? [decode(keyTypes.possession, possession)] : [];
  if (!hasPre && possession.length > 0) inputs.fail('.possession is of no key');
  const isProven = (proof) =>
    verifyPossession(publicKey(decodeScalar(exponent)), statement, proof);
  if (!proofs.every(isProven)) inputs.fail('.possession does not verify');
  const centre = inputs.bytes('centre_seed');
  const certified = ed25519.sign(centre, 'SIGN_CERTIFICATE', [statement]);
  trace.expect({ subject: statement, signature: signed });
  outputs.expect({
    enrolment: encode(messageTypes.enrolment, { subject, signed, proofs }),
    certificate: encode(certificateType, { subject, signed: certified }),
    withdrawal: withdrawal(subject.serial),
  });
  decode(messageTypes.enrolment, outputs.bytes('enrolment'));
  decode(certificateType, outputs.bytes('certificate'));
}

// The keys that every party has.
function ownKeys({ inputs, trace }) {
  const [signing, seed] = [inputs.bytes('signing_seed'), inputs.bytes('hpke_seed')];
  trace.expect({
    verifying_key: ed25519.publicKey(signing),
    hpke_key: hpke.keyPair(seed).publicKey,
  });
  return { signing, hpke: seed, certificate: decode(certificateType, inputs.bytes('certificate')) };
}

function preKeys({ inputs, trace }) {
  const pre = inputs.scalar('pre');
  trace.expect({ pre_key: preKeyOf(pre) });
  return { pre };
}

const SAVED = {
  patient(fields) {
    const { inputs, trace } = fields;
    const s = inputs.scalar('peks');
    trace.expect({ peks_key: encode(peks.publicKey, peksPublicKey(s)) });
    const [tags, names] = [inputs.byteStrings('tags'), inputs.list('classes')];
    if (tags.length !== names.length) inputs.fail('.classes has another length');
    return [secrets.patient, {
      ...ownKeys(fields),
      ...preKeys(fields),
      peks: s,
      seriesRoot: inputs.bytes('series_root'),
      ownerSecret: inputs.bytes('owner_secret'),
      classes: tags.map((tag, i) => ({ tag, name: names[i] })),
    }];
  },
  doctor(fields) {
    const { inputs } = fields;
    const party = { ...ownKeys(fields), ...preKeys(fields) };
    const [parameters, key] = [inputs.bytes('abe_parameters'), inputs.bytes('abe_user_key')];
    if (parameters.length === 0 && key.length === 0) return [secrets.doctor, party];
    const attributes =
      { parameters: decode(abe.parameters, parameters), key: decode(abe.userKey, key) };
    return [secrets.doctor, { ...party, abe: attributes }];
  },
  institution: (fields) => [secrets.institution, ownKeys(fields)],
  'query manager': (fields) => [secrets.queryManager, ownKeys(fields)],
  proxy: (fields) => [secrets.proxy, ownKeys(fields)],
  'registration centre'({ inputs, trace }) {
    const signing = inputs.bytes('signing_seed');
    trace.expect({ verifying_key: ed25519.publicKey(signing) });
    return [secrets.registrationCentre, { signing }];
  },
  'attribute authority'({ inputs }) {
    const [generations, digests] =
      [inputs.list('generations', Number), inputs.byteStrings('attribute_digests')];
    const revoked = inputs.list('revoked', (text) => {
      if (text !== 'true' && text !== 'false') throw new Error(`revoked is ${text}`);
      return text === 'true';
    });
    const user = (gid, i) =>
      ({ gid, generation: generations[i], attributes: digests[i], revoked: revoked[i] });
    const keys = {
      master: decode(abe.masterKey, inputs.bytes('abe_master_key')),
      prfKey: inputs.bytes('prf_key'),
      oldest: inputs.number('oldest_epoch'),
      epoch: inputs.number('epoch'),
      users: inputs.list('users').map(user),
    };
    const parameters = decode(abe.parameters, inputs.bytes('abe_parameters'));
    return [secrets.attributeAuthority, { centre: inputs.bytes('centre'), parameters, keys }];
  },
};

function saved(fields) {
  const role = fields.inputs.text('role');
  if (!Object.hasOwn(SAVED, role)) throw new Error(`unknown role ${role}`);
  const [type, party] = SAVED[role](fields);
  fields.outputs.expect({ secrets: encode(type, party) });
  // Decoding compares the keys with the certificate.
  decode(type, fields.outputs.bytes('secrets'));
}

export const steps = { registration, secrets: saved };
