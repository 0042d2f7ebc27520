// Proofs of transactions, of entries of the state, and of grants. See vectors/README.md.
import { equal, u32 } from '../bytes.js';
import { decode, withCount, withLength } from '../codec.js';
import { leaf, rootOf, topFrom } from '../merkle.js';
import { digest, option } from '../protocol/parts.js';
import { idOf, transactionType } from '../protocol/transactions.js';
import { certifiedType, checkCertified } from './header.js';
import { keyDigest, keyType, revocation, valueDigest } from './keys.js';
import { pathType, shows } from './map.js';
import { refuse } from './refusal.js';

const MAX_TRANSACTION = 2 ** 20;
const MAX_PATH = 12;
const MAX_PROVEN = 128;
const MAX_VALUE = 2 ** 16;
// The codes up to the last rule of the contract that stand for none.
const UNUSED = [1, 2, 12, 32, 34, 37];
const EXECUTED = 0;
const LAST_RULE = 41;

const byte = (number) => Uint8Array.of(number);

function outcome(reader) {
  const code = reader.u8();
  if (code > LAST_RULE || UNUSED.includes(code)) throw new Error(`unknown rule ${code}`);
  return code;
}

const transactionProof = {
  read: (reader) => ({
    at: certifiedType.read(reader),
    index: reader.u32(),
    count: reader.u32(),
    transaction: reader.bytes(MAX_TRANSACTION),
    outcome: outcome(reader),
    path: reader.counted(MAX_PATH, digest),
  }),
  write: ({ at, index, count, transaction, outcome: code, path }) => [
    ...certifiedType.write(at), u32(index), u32(count), withLength(transaction), byte(code),
    withCount(path, (one) => [one]),
  ],
};

// Zero or one value of variable length.
export const values = option({
  read: (reader) => reader.bytes(MAX_VALUE),
  write: (value) => [withLength(value)],
});

const entryProof = {
  read: (reader) => ({
    key: keyType.read(reader),
    values: values.read(reader),
    path: pathType.read(reader),
  }),
  write: ({ key, values: found, path }) =>
    [...keyType.write(key), ...values.write(found), ...pathType.write(path)],
};

const stateProof = {
  read: (reader) => ({
    at: certifiedType.read(reader),
    entries: reader.counted(MAX_PROVEN, entryProof.read),
  }),
  write: ({ at, entries }) => [...certifiedType.write(at), withCount(entries, entryProof.write)],
};

const grantProof = {
  read: (reader) => ({ grant: transactionProof.read(reader), state: stateProof.read(reader) }),
  write: ({ grant, state }) => [...transactionProof.write(grant), ...stateProof.write(state)],
};

function verifyTransaction(config, { at, index, count, transaction, outcome: code, path }) {
  checkCertified(config, at);
  const { entriesRoot, height, time } = at.header;
  if (!isUnder(entriesRoot, leaf([transaction, byte(code)]), index, count, path)) {
    refuse('Path', 'the header does not contain the entry');
  }
  const { draft } = decodeTransaction(transaction);
  if (draft.chain !== config.chain) refuse('Configuration', 'another chain');
  return { draft, id: idOf(draft), height, time, outcome: code };
}

function isUnder(root, digestOfLeaf, index, count, path) {
  try {
    return equal(rootOf(count, topFrom(digestOfLeaf, index, count, path)), root);
  } catch {
    return false;
  }
}

function decodeTransaction(bytes) {
  try {
    return decode(transactionType, bytes);
  } catch (error) {
    return refuse('Transaction', error.message);
  }
}

function verifyState(config, { at, entries }) {
  checkCertified(config, at);
  const { stateRoot, height, time } = at.header;
  const isShown = ({ key, values: [value], path }) =>
    shows(path, stateRoot, keyDigest(key), value && valueDigest(value));
  if (!entries.every(isShown)) refuse('Entry', 'the state root does not show an entry');
  return { height, time, entries: entries.map(({ key, values: found }) => ({ key, found })) };
}

function verifyGrant(config, { grant, state }) {
  const { draft, id, height: grantedAt, outcome: code } = verifyTransaction(config, grant);
  const { height, time, entries } = verifyState(config, state);
  const owners = draft.name === 'grant' ? draft.value.owners : [];
  const isRevocation = ({ key }, i) => isSame(key, revocation(id, owners[i]));
  const isProven =
    draft.name === 'grant' && code === EXECUTED && height >= grantedAt &&
    entries.length === owners.length && entries.every(isRevocation);
  if (!isProven) refuse('Grant', 'the entries are not those of the grant');
  const revokedBy = owners.filter((_, i) => entries[i].found.length > 0);
  return { id, grantedAt, height, time, revokedBy };
}

const isSame = (a, b) => a.name === b.name && a.parts.every((part, i) => equal(part, b.parts[i]));

const PROOFS = {
  1: { name: 'transaction', type: transactionProof, verify: verifyTransaction },
  2: { name: 'state', type: stateProof, verify: verifyState },
  3: { name: 'grant', type: grantProof, verify: verifyGrant },
};

const codeOf = (name) => Number(Object.keys(PROOFS).find((code) => PROOFS[code].name === name));

// A proof is { name, fields }.
export const proofType = {
  kind: 'LedgerProof',
  read(reader) {
    const { name, type } = reader.choice('kind of proof', PROOFS);
    return { name, fields: type.read(reader) };
  },
  write: ({ name, fields }) => [byte(codeOf(name)), ...PROOFS[codeOf(name)].type.write(fields)],
};

// Returns what the proof shows under a configuration.
export const verifyProof = (config, { name, fields }) =>
  PROOFS[codeOf(name)].verify(config, fields);

export function decodeProof(bytes) {
  try {
    return decode(proofType, bytes);
  } catch (error) {
    return refuse('Decode', error.message);
  }
}
