// The saved secrets of the parties. See src/protocol/secrets.rs and
// src/abe/fabeo/epochs/authority.rs; src/protocol/application.rs.
import { concat, equal, u32, utf8 } from '../bytes.js';
import { encode, withCount, withLengthOf } from '../codec.js';
import { typesOf } from '../abe/encodings.js';
import { fabeo } from '../abe/fabeo.js';
import * as hpke from '../hpke.js';
import { types as messages } from '../messages.js';
import { types as peks } from '../peks.js';
import { keyTypes, publicKey, verifyPossession } from '../pre/keys.js';
import * as ed25519 from '../sign.js';
import { certificateType, subject as subjectType } from './certificate.js';
import { classOf, digest, encodeClass, signingKey } from './parts.js';

const MAX_TAGS = 2 ** 20;
const MAX_USERS = 2 ** 24;
const MAX_NAME = 256;

const abe = typesOf(fabeo);

// The public keys of a party or an application are those of a subject.
function areKeysOf(subject, { signing, hpke: seed, pre }) {
  const preKey = pre === undefined ? new Uint8Array() : encode(keyTypes.publicKey, publicKey(pre));
  return (
    equal(subject.key, ed25519.publicKey(signing)) &&
    equal(subject.hpkeKey, hpke.keyPair(seed).publicKey) &&
    equal(subject.preKey, preKey)
  );
}

// The public keys must be those of the certificate, whose role must be that of the party.
function checked(role, party) {
  const { subject } = party.certificate;
  if (subject.role !== role || !areKeysOf(subject, party)) {
    throw new Error('the keys are not those of the certificate');
  }
  return party;
}

const seeds = (reader) => ({ signing: reader.take(32), hpke: reader.take(32) });
const exponent = (reader) => keyTypes.secretKey.read(reader).exponent;
const writeExponent = (value) => keyTypes.secretKey.write({ exponent: value });

const patient = {
  kind: 'PatientSecrets',
  read(reader) {
    const party = {
      ...seeds(reader),
      pre: exponent(reader),
      peks: peks.secretKey.read(reader).s,
      seriesRoot: reader.take(32),
      ownerSecret: reader.take(32),
      certificate: certificateType.read(reader),
      classes: reader.counted(MAX_TAGS, (r) => ({ tag: digest(r), name: classOf(r) })),
    };
    reader.ascending(party.classes.map(({ tag }) => tag));
    return checked('patient', party);
  },
  write: (party) => [
    party.signing, party.hpke, ...writeExponent(party.pre), ...peks.secretKey.write({ s: party.peks }),
    party.seriesRoot, party.ownerSecret, ...certificateType.write(party.certificate),
    withCount(party.classes, ({ tag, name }) => [tag, encodeClass(name)]),
  ],
};

const doctor = {
  kind: 'DoctorSecrets',
  read(reader) {
    const party = { ...seeds(reader), pre: exponent(reader) };
    if (reader.choice('flag', { 0: false, 1: true })) {
      party.abe = { parameters: abe.parameters.read(reader), key: abe.userKey.read(reader) };
    }
    return checked('doctor', { ...party, certificate: certificateType.read(reader) });
  },
  write: ({ signing, hpke: seed, pre, abe: attributes, certificate }) => [
    signing, seed, ...writeExponent(pre), Uint8Array.of(attributes ? 1 : 0),
    ...(attributes
      ? [...abe.parameters.write(attributes.parameters), ...abe.userKey.write(attributes.key)]
      : []),
    ...certificateType.write(certificate),
  ],
};

const withoutPre = (kind, role) => ({
  kind,
  read: (reader) =>
    checked(role, { ...seeds(reader), certificate: certificateType.read(reader) }),
  write: ({ signing, hpke: seed, certificate }) =>
    [signing, seed, ...certificateType.write(certificate)],
});

const registrationCentre = {
  kind: 'RegistrationCentreSecrets',
  read: (reader) => ({ signing: reader.take(32) }),
  write: ({ signing }) => [signing],
};

const user = {
  read(reader) {
    const gid = reader.text(MAX_NAME);
    if (gid === '') throw new Error('an empty identifier');
    return {
      gid,
      generation: reader.u32(),
      attributes: digest(reader),
      revoked: reader.choice('flag', { 0: false, 1: true }),
    };
  },
  write: ({ gid, generation, attributes, revoked }) =>
    [withLengthOf(gid), u32(generation), attributes, Uint8Array.of(revoked ? 1 : 0)],
};

const epochAuthority = {
  kind: 'AbeEpochAuthority',
  read(reader) {
    const value = {
      master: abe.masterKey.read(reader),
      prfKey: reader.take(32),
      oldest: reader.u32(),
      epoch: reader.u32(),
      users: reader.counted(MAX_USERS, user.read),
    };
    if (value.oldest > value.epoch) throw new Error('the oldest epoch is after the current one');
    reader.ascending(value.users.map(({ gid }) => utf8(gid)));
    return value;
  },
  write: ({ master, prfKey, oldest, epoch, users }) => [
    ...abe.masterKey.write(master), prfKey, u32(oldest), u32(epoch), withCount(users, user.write),
  ],
};

const attributeAuthority = {
  kind: 'AttributeAuthoritySecrets',
  read: (reader) => ({
    centre: signingKey(reader),
    parameters: abe.parameters.read(reader),
    keys: epochAuthority.read(reader),
  }),
  write: ({ centre, parameters, keys }) =>
    [centre, ...abe.parameters.write(parameters), ...epochAuthority.write(keys)],
};

const WITH_PRE = ['patient', 'doctor'];

// The public keys must be those of the enrolment, whose proofs of possession must be valid.
function checkedApplication(application) {
  const { signing, pre, enrolment: { subject, signed, proofs } } = application;
  const hasPre = WITH_PRE.includes(subject.role);
  if (hasPre !== (pre !== undefined) || !areKeysOf(subject, application)) {
    throw new Error('the keys are not those of the application');
  }
  const statement = concat(...subjectType.write(subject));
  const isProven =
    ed25519.verify(ed25519.publicKey(signing), 'SIGN_POSSESSION', [statement], signed) &&
    proofs.length === (hasPre ? 1 : 0) &&
    proofs.every((proof) => verifyPossession(publicKey(pre), statement, proof));
  if (!isProven) throw new Error('the application does not prove possession');
  return application;
}

const application = {
  kind: 'ApplicationSecrets',
  read(reader) {
    const keys = seeds(reader);
    const hasPre = reader.choice('flag', { 0: false, 1: true });
    return checkedApplication({
      ...keys,
      ...(hasPre ? { pre: exponent(reader) } : {}),
      enrolment: messages.enrolment.read(reader),
    });
  },
  write: ({ signing, hpke: seed, pre, enrolment }) => [
    signing, seed, Uint8Array.of(pre === undefined ? 0 : 1),
    ...(pre === undefined ? [] : writeExponent(pre)), ...messages.enrolment.write(enrolment),
  ],
};

export const types = {
  patient,
  doctor,
  institution: withoutPre('InstitutionSecrets', 'institution'),
  queryManager: withoutPre('QueryManagerSecrets', 'query manager'),
  proxy: withoutPre('ProxySecrets', 'proxy'),
  registrationCentre,
  attributeAuthority,
  application,
};
