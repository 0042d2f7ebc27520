// Messages to the registration centre and to store keepers, and the sealed message. See
// src/protocol/message.rs, register.rs and transfer.rs.
import { withLength } from './codec.js';
import { digest as hash, framed } from './hash.js';
import * as hpke from './hpke.js';
import { keyTypes } from './pre/keys.js';
import { subject } from './protocol/certificate.js';
import {
  digest, encodeU64, hpkeKey, object, option, signature, signingKey,
} from './protocol/parts.js';
import { checkSignature } from './sign.js';
import { tag } from './tags.js';

const MAX_SEALED = 2 ** 24;
const SENDER_BYTES = 32;
const SIGNATURE_BYTES = 64;
const BASES = { 1: 'request', 2: 'record' };

export const basisCode = (name) =>
  Number(Object.entries(BASES).find(([, known]) => known === name)[0]);

const possession = option(keyTypes.possession);

export const types = {
  sealedMessage: {
    kind: 'SealedMessage',
    read: (reader) => ({ sealed: reader.bytes(MAX_SEALED) }),
    write: ({ sealed }) => [withLength(sealed)],
  },
  enrolment: {
    kind: 'Enrolment',
    read: (reader) => ({
      subject: subject.read(reader),
      signed: signature(reader),
      proofs: possession.read(reader),
    }),
    write: ({ subject: of, signed, proofs }) => [
      ...subject.write(of), signed, ...possession.write(proofs),
    ],
  },
  upload: {
    kind: 'Upload',
    read: (reader) => ({
      name: object(reader),
      length: reader.u64(),
      author: signingKey(reader),
      recordId: digest(reader),
      time: reader.u64(),
      signed: signature(reader),
    }),
    write: ({ name, length, author, recordId, time, signed }) => [
      withLength(name), encodeU64(length), author, recordId, encodeU64(time), signed,
    ],
  },
  fetch: {
    kind: 'Fetch',
    read: (reader) => ({
      name: object(reader),
      basis: reader.choice('basis', BASES),
      id: digest(reader),
      time: reader.u64(),
      nonce: reader.take(16),
      responseKey: hpkeKey(reader),
      signer: signingKey(reader),
      signed: signature(reader),
    }),
    write: ({ name, basis, id, time, nonce, responseKey, signer, signed }) => [
      withLength(name), Uint8Array.of(basisCode(basis)), id, encodeU64(time), nonce, responseKey,
      signer, signed,
    ],
  },
};

// A context is { chain, purpose, receiver, hpkeKey }: the chain's name in bytes, the kind byte of
// the payload, and the keys of the receiver.
export const infoOf = ({ chain, purpose, receiver, hpkeKey: key }) =>
  framed([tag('PROTOCOL_MESSAGE'), chain, Uint8Array.of(purpose), receiver, key]);

export const statementOf = ({ chain, purpose, receiver, hpkeKey: key }, sender, payload) =>
  framed([
    chain, Uint8Array.of(purpose), sender, receiver, key, hash('PROTOCOL_MESSAGE', [payload]),
  ]);

// Decrypts a message with the receiver's HPKE seed and verifies the sender's signature.
export function openMessage({ chain, purpose, receiver, seed }, { sealed }) {
  const context = { chain, purpose, receiver, hpkeKey: hpke.keyPair(seed).publicKey };
  const plaintext = hpke.open(seed, infoOf(context), new Uint8Array(), sealed);
  const envelope = SENDER_BYTES + SIGNATURE_BYTES;
  if (plaintext.length < envelope) throw new Error('the message has no envelope');
  const sender = plaintext.subarray(0, SENDER_BYTES);
  const signed = plaintext.subarray(SENDER_BYTES, envelope);
  const payload = plaintext.subarray(envelope);
  checkSignature(sender, 'SIGN_MESSAGE', [statementOf(context, sender, payload)], signed);
  return { context, sender, signed, payload };
}
