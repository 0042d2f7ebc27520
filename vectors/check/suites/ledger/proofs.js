// The proofs of transactions, of entries of the state, and of grants.
import { equal } from '../../lib/bytes.js';
import { decode, decodeFields, encode, fieldsOf } from '../../lib/codec.js';
import { configType } from '../../lib/ledger/config.js';
import { certifiedType } from '../../lib/ledger/header.js';
import { keyDigest, keyType, revocation } from '../../lib/ledger/keys.js';
import { pathTo, subtree } from '../../lib/ledger/map.js';
import { proofType, values, verifyProof } from '../../lib/ledger/proofs.js';
import { leaf, pathOf, rootOf, topOf } from '../../lib/merkle.js';
import { idOf, transactionType } from '../../lib/protocol/transactions.js';
import { digestsOf, stateOf } from './cases.js';

const configOf = (inputs) => decode(configType, inputs.bytes('config'));
const certifiedOf = (inputs, name = 'certified_header') =>
  decodeFields(certifiedType, inputs.bytes(name));

// The tree over the entries of a block, and the fields of a proof of one of them.
function blockOf(inputs) {
  const transactions = inputs.byteStrings('transactions');
  const outcomes = inputs.byteStrings('outcomes');
  const leaves = transactions.map((transaction, i) => leaf([transaction, outcomes[i]]));
  const [index, top] = [inputs.number('index'), topOf(leaves)];
  if (index >= leaves.length) throw new Error('no such entry');
  const fields = {
    at: certifiedOf(inputs),
    index,
    count: leaves.length,
    transaction: transactions[index],
    outcome: outcomes[index][0],
    path: pathOf(leaves, index),
  };
  const { draft } = decode(transactionType, transactions[index]);
  return { leaves, top, fields, draft, id: idOf(draft) };
}

// Compares a proof and what it shows with the file, and decodes the proof of the file.
function expectProof(outputs, proof, shown) {
  outputs.expect({ proof: encode(proofType, proof), ...shown });
  decode(proofType, outputs.bytes('proof'));
}

function transactionProof({ inputs, trace, outputs }) {
  const [config, { leaves, top, fields, id }] = [configOf(inputs), blockOf(inputs)];
  const root = rootOf(leaves.length, top);
  if (!equal(root, fields.at.header.entriesRoot)) trace.fail(".entries_root is not the header's");
  trace.expect({ leaves, path: fields.path, top, entries_root: root });
  const proof = { name: 'transaction', fields };
  const shown = verifyProof(config, proof);
  if (!equal(shown.id, id)) outputs.fail('.id is not shown');
  const [height, time] = [shown.height, shown.time].map(Number);
  expectProof(outputs, proof, { id, height, time, outcome: shown.outcome });
}

const entryOf = ({ digests, valueOf }, key) =>
  ({ key, values: valueOf(key), path: pathTo(digests, keyDigest(key)) });

function stateProof({ inputs, trace, outputs }) {
  const [config, at, state] = [configOf(inputs), certifiedOf(inputs), stateOf(inputs)];
  const proven = inputs.byteStrings('proven_keys').map((bytes) => decodeFields(keyType, bytes));
  const entries = proven.map((key) => entryOf(state, key));
  const root = subtree(state.digests);
  if (!equal(root, at.header.stateRoot)) trace.fail(".state_root is not the header's");
  trace.expect({
    ...digestsOf(state),
    state_root: root,
    depths: entries.map(({ path }) => String(path.siblings.length)),
  });
  const proof = { name: 'state', fields: { at, entries } };
  const shown = verifyProof(config, proof);
  const [height, time] = [shown.height, shown.time].map(Number);
  const found = shown.entries.map((one) => fieldsOf(values, one.found));
  expectProof(outputs, proof, { height, time, proven_values: found });
}

function grantProof({ inputs, trace, outputs }) {
  const [config, { fields, draft, id }] = [configOf(inputs), blockOf(inputs)];
  const at = certifiedOf(inputs, 'certified_state_header');
  const state = stateOf(inputs);
  const revocations = draft.value.owners.map((owner) => revocation(id, owner));
  trace.expect({
    id,
    revocation_keys: revocations.map((key) => fieldsOf(keyType, key)),
    revocation_digests: revocations.map(keyDigest),
    state_root: subtree(state.digests),
  });
  const entries = revocations.map((key) => entryOf(state, key));
  const proof = { name: 'grant', fields: { grant: fields, state: { at, entries } } };
  const shown = verifyProof(config, proof);
  const [grantedAt, height, time] = [shown.grantedAt, shown.height, shown.time].map(Number);
  expectProof(outputs, proof, {
    granted_at: grantedAt, height, time, revoked_by: shown.revokedBy,
  });
}

export const steps = {
  'transaction proof': transactionProof,
  'state proof': stateProof,
  'grant proof': grantProof,
};
