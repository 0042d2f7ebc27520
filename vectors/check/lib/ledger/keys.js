// The keys of the state, and the digests of keys and values.
import { utf8 } from '../bytes.js';
import { fieldsOf } from '../codec.js';
import { digest as hash } from '../hash.js';
import { digest, signingKey } from '../protocol/parts.js';

// Numbers, as bytes.
const [height, epoch, member] = [8, 8, 2].map((length) => (reader) => reader.take(length));

const KINDS = [
  { name: 'genesis', fields: [] },
  { name: 'party', fields: [signingKey] },
  { name: 'withdrawn', fields: [digest] },
  { name: 'record', fields: [digest] },
  { name: 'grant', fields: [digest] },
  { name: 'revocation', fields: [digest, signingKey] },
  { name: 'request', fields: [digest] },
  { name: 'access', fields: [digest] },
  { name: 'evidence', fields: [digest] },
  { name: 'transaction', fields: [digest] },
  { name: 'attribute revocation', fields: [signingKey, digest] },
  { name: 'anchor', fields: [height] },
  { name: 'equivocation', fields: [epoch, member] },
];

// A key is { name, parts }.
export const keyType = {
  read(reader) {
    const { name, fields } = reader.choice('kind of a key', { ...KINDS });
    return { name, parts: fields.map((field) => field(reader)) };
  },
  write: ({ name, parts }) => [
    Uint8Array.of(KINDS.findIndex((kind) => kind.name === name)), ...parts,
  ],
};

export const revocation = (grant, owner) => ({ name: 'revocation', parts: [grant, owner] });

export const keyDigest = (key) => hash('LEDGER_STATE', [utf8('key'), fieldsOf(keyType, key)]);
export const valueDigest = (value) => hash('LEDGER_STATE', [utf8('value'), value]);
