// Payloads of messages, queries, policies and envelopes. See src/protocol: introduce.rs, grant.rs,
// reencrypt.rs, request.rs, search.rs, setup.rs and binding.rs.
import { decode, withCount, withLength, withLengthOf } from '../codec.js';
import { typesOf } from '../abe/encodings.js';
import { fabeo } from '../abe/fabeo.js';
import { encodeG2 } from '../groups.js';
import { types as peks } from '../peks.js';
import { types as pre } from '../pre/conditional.js';
import { keyTypes } from '../pre/keys.js';
import { parsePolicy } from '../policy/parse.js';
import { print } from '../policy/tree.js';
import { windowType } from '../pseudonym.js';
import { certificateType } from './certificate.js';
import {
  classOf, digest, encodeClass, encodeU64, MAX_CLASSES, option, signature, signingKey,
} from './parts.js';
import { receiptType } from './transactions.js';

const MAX_COVERED = 64;
const MAX_TERMS = 64;
const MAX_TEXT = 1024;
const MAX_CONTENTS = 2 ** 18;
const MAX_POLICY = 2 ** 20;

const { parameters } = typesOf(fabeo);

const introduction = {
  kind: 'Introduction',
  read(reader) {
    const certificate = certificateType.read(reader);
    decode(keyTypes.publicKey, certificate.subject.preKey);
    return {
      certificate,
      peks: peks.publicKey.read(reader),
      window: windowType.read(reader),
      owner: signingKey(reader),
      date: reader.u64(),
    };
  },
  write: ({ certificate, peks: key, window, owner, date }) => [
    ...certificateType.write(certificate), ...peks.publicKey.write(key),
    ...windowType.write(window), owner, encodeU64(date),
  ],
};

export const delivery = {
  kind: 'Delivery',
  read: (reader) => ({
    grant: digest(reader),
    patient: keyTypes.publicKey.read(reader),
    salt: reader.take(32),
    rekeys: reader.counted(MAX_COVERED, pre.rekey.read),
    trapdoors: reader.counted(MAX_COVERED, peks.trapdoor.read),
  }),
  write: ({ grant, patient, salt, rekeys, trapdoors }) => [
    grant, ...keyTypes.publicKey.write(patient), salt, withCount(rekeys, pre.rekey.write),
    withCount(trapdoors, peks.trapdoor.write),
  ],
};

const ticket = {
  kind: 'Ticket',
  read: (reader) => ({
    grant: digest(reader),
    patient: keyTypes.publicKey.read(reader),
    rk2: reader.counted(MAX_COVERED, (r) => r.g2()),
    classes: reader.counted(MAX_COVERED, classOf),
  }),
  write: ({ grant, patient, rk2, classes }) => [
    grant, ...keyTypes.publicKey.write(patient), withCount(rk2, (point) => [encodeG2(point)]),
    withCount(classes, (name) => [encodeClass(name)]),
  ],
};

const released = {
  read: (reader) => ({
    index: reader.u8(),
    wrappedKey: pre.ciphertext.read(reader),
    reencryption: pre.reencryption.read(reader),
  }),
  write: ({ index, wrappedKey, reencryption }) => [
    Uint8Array.of(index), ...pre.ciphertext.write(wrappedKey),
    ...pre.reencryption.write(reencryption),
  ],
};

const release = {
  kind: 'Release',
  read: (reader) => ({
    sections: reader.counted(MAX_CLASSES, released.read),
    receipt: receiptType.read(reader),
  }),
  write: ({ sections, receipt }) =>
    [withCount(sections, released.write), ...receiptType.write(receipt)],
};

const queryContents = {
  kind: 'QueryContents',
  read: (reader) => ({
    terms: reader.counted(MAX_TERMS, (r) =>
      ({ field: r.text(MAX_TEXT), value: r.text(MAX_TEXT) })),
    classes: reader.counted(MAX_CLASSES, classOf),
    purpose: reader.text(MAX_TEXT),
  }),
  write: ({ terms, classes, purpose }) => [
    withCount(terms, ({ field, value }) => [withLengthOf(field), withLengthOf(value)]),
    withCount(classes, (name) => [encodeClass(name)]), withLengthOf(purpose),
  ],
};

const query = {
  kind: 'Query',
  read: (reader) => ({
    reader: signingKey(reader),
    pseudonym: digest(reader),
    time: reader.u64(),
    contents: reader.bytes(MAX_CONTENTS),
    signed: signature(reader),
  }),
  write: ({ reader, pseudonym, time, contents, signed }) =>
    [reader, pseudonym, encodeU64(time), withLength(contents), signed],
};

const forwardedQuery = {
  kind: 'ForwardedQuery',
  read: (reader) => ({
    query: query.read(reader), manager: signingKey(reader), signed: signature(reader),
  }),
  write: ({ query: forwarded, manager, signed }) => [...query.write(forwarded), manager, signed],
};

// The record after which a search starts, if any.
const after = option({ read: digest, write: (id) => [id] });

const searchRequest = {
  kind: 'SearchRequest',
  read: (reader) => ({
    grant: digest(reader),
    after: after.read(reader),
    time: reader.u64(),
    nonce: reader.take(16),
    signed: signature(reader),
  }),
  write: ({ grant, after: records, time, nonce, signed }) =>
    [grant, ...after.write(records), encodeU64(time), nonce, signed],
};

function canonicalPolicy(reader) {
  const text = reader.text(MAX_POLICY);
  if (print(parsePolicy(text)) !== text) throw new Error('the policy is not canonical');
  return text;
}

const epochPolicies = {
  kind: 'EpochPolicies',
  read(reader) {
    const value = {
      parameters: parameters.read(reader),
      byDefault: canonicalPolicy(reader),
      byClass: reader.counted(MAX_CLASSES, (r) => ({ name: classOf(r), policy: canonicalPolicy(r) })),
    };
    reader.ascending(value.byClass.map(({ name }) => encodeClass(name)));
    return value;
  },
  write: ({ parameters: of, byDefault, byClass }) => [
    ...parameters.write(of), withLengthOf(byDefault),
    withCount(byClass, ({ name, policy }) => [encodeClass(name), withLengthOf(policy)]),
  ],
};

const storedCiphertext = {
  read: (reader) => ({ hash: digest(reader), length: reader.u64() }),
  write: ({ hash, length }) => [hash, encodeU64(length)],
};

const envelope = {
  kind: 'SealedRecord',
  read: (reader) => ({
    recordId: digest(reader), sections: reader.counted(MAX_CLASSES, storedCiphertext.read),
  }),
  write: ({ recordId, sections }) => [recordId, withCount(sections, storedCiphertext.write)],
};

export const types = {
  introduction, delivery, ticket, release, queryContents, query, forwardedQuery, searchRequest,
  epochPolicies, envelope,
};
