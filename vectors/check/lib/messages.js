// Messages of the protocol. See src/protocol/transfer.rs, register.rs and message.rs.
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { bigEndian, toNumber } from './bytes.js';
import { withLength, withLengthOf } from './codec.js';
import { keyTypes } from './pre/keys.js';

const P = 2n ** 255n - 19n;
const MAX_SEALED = 2 ** 24;
const MAX_CID = 64;
const MAX_NAME = 256;
const MAX_PRE_KEY = 256;

function oneOf(name, value, allowed) {
  if (!allowed.includes(value)) throw new Error(`${name} is ${value}`);
  return value;
}

function signingKey(reader) {
  const bytes = reader.take(32);
  // Strict: y below p.
  if (ed25519.Point.fromBytes(bytes, false).isSmallOrder()) throw new Error('small order');
  return bytes;
}

function hpkeKey(reader) {
  const bytes = reader.take(32);
  if (toNumber(bytes.slice().reverse()) >= P) throw new Error('not below 2^255 - 19');
  // Throws if the product is zero: the clamped scalar is a multiple of 8, the cofactor.
  x25519.scalarMult(new Uint8Array(32).fill(7), bytes);
  return bytes;
}

function object(reader) {
  const bytes = reader.bytes(MAX_CID);
  const isRaw = bytes.length === 36 && [0x01, 0x55, 0x12, 0x20].every((b, i) => bytes[i] === b);
  if (!isRaw) throw new Error('not a CIDv1 with raw codec and SHA-256');
  return bytes;
}

const u64 = (reader) => toNumber(reader.take(8));
const encodeU64 = (number) => bigEndian(number, 8);
const signature = (reader) => reader.take(64);

export const types = {
  sealedMessage: {
    kind: 'SealedMessage',
    read: (reader) => ({ sealed: reader.bytes(MAX_SEALED) }),
    write: ({ sealed }) => [withLength(sealed)],
  },
  enrolment: {
    kind: 'Enrolment',
    read: (reader) => ({
      key: signingKey(reader),
      name: reader.text(MAX_NAME),
      role: oneOf('role', reader.u8(), [1, 2, 3, 4, 5]),
      hpkeKey: hpkeKey(reader),
      preKey: reader.bytes(MAX_PRE_KEY),
      serial: reader.take(32),
      validUntil: u64(reader),
      signed: signature(reader),
      proofs: reader.list(oneOf('flag', reader.u8(), [0, 1]), keyTypes.possession.read),
    }),
    write: ({ key, name, role, hpkeKey, preKey, serial, validUntil, signed, proofs }) => [
      key, withLengthOf(name), Uint8Array.of(role), hpkeKey, withLength(preKey), serial,
      encodeU64(validUntil), signed, Uint8Array.of(proofs.length),
      ...proofs.flatMap(keyTypes.possession.write),
    ],
  },
  upload: {
    kind: 'Upload',
    read: (reader) => ({
      name: object(reader),
      length: u64(reader),
      author: signingKey(reader),
      recordId: reader.take(32),
      signed: signature(reader),
    }),
    write: ({ name, length, author, recordId, signed }) => [
      withLength(name), encodeU64(length), author, recordId, signed,
    ],
  },
  fetch: {
    kind: 'Fetch',
    read: (reader) => ({
      name: object(reader),
      basis: oneOf('basis', reader.u8(), [1, 2]),
      id: reader.take(32),
      time: u64(reader),
      nonce: reader.take(16),
      responseKey: hpkeKey(reader),
      signer: signingKey(reader),
      signed: signature(reader),
    }),
    write: ({ name, basis, id, time, nonce, responseKey, signer, signed }) => [
      withLength(name), Uint8Array.of(basis), id, encodeU64(time), nonce, responseKey, signer,
      signed,
    ],
  },
};
