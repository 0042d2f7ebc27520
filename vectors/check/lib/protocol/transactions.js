// Transactions and their actions. See src/ledger/action.rs and transaction.rs.
import { bigEndian, compare, concat, equal, u32, utf8 } from '../bytes.js';
import { VERSION, withCount, withLength, withLengthOf } from '../codec.js';
import { digest as hash } from '../hash.js';
import { checkSignature, sign } from '../sign.js';
import { certificateType } from './certificate.js';
import { digest, encodeU64, MAX_CLASSES, signature, signingKey } from './parts.js';

const MAX_CHAIN = 64;
const MAX_SIGNATURES = 64;
const MAX_ENTRIES = 4096;
const MAX_ENTRY = 4096;
const MAX_RECORDS = 4096;
const MAX_COVERED = 64;

const byte = (number) => Uint8Array.of(number);

function checkAscending(name, keys) {
  const isUnordered = keys.some((key, i) => i > 0 && compare(keys[i - 1], key) >= 0);
  if (keys.length === 0 || isUnordered) throw new Error(`the ${name} are not strictly ascending`);
}

const certified = {
  read: (reader) => ({ certificate: certificateType.read(reader) }),
  write: ({ certificate }) => certificateType.write(certificate),
  signers: ({ certificate }) => [certificate.subject.key],
};

const section = {
  read: (reader) => ({
    tag: digest(reader),
    ciphertext: digest(reader),
    forPatient: digest(reader),
    forPolicy: digest(reader),
    forAuthor: digest(reader),
  }),
  write: ({ tag, ciphertext, forPatient, forPolicy, forAuthor }) =>
    [tag, ciphertext, forPatient, forPolicy, forAuthor],
};

const record = {
  read(reader) {
    const value = {
      owner: signingKey(reader),
      author: signingKey(reader),
      institution: signingKey(reader),
      recordId: digest(reader),
      epoch: reader.u32(),
      envelope: digest(reader),
      sections: reader.counted(MAX_CLASSES, section.read),
      index: reader.counted(MAX_ENTRIES, (r) => r.bytes(MAX_ENTRY)),
    };
    checkAscending('tags', value.sections.map(({ tag }) => tag));
    return value;
  },
  write: ({ owner, author, institution, recordId, epoch, envelope, sections, index }) => [
    owner, author, institution, recordId, u32(epoch), envelope,
    withCount(sections, section.write), withCount(index, (entry) => [withLength(entry)]),
  ],
  signers: ({ author, institution, owner }) => [author, institution, owner],
};

const delegation = {
  read: (reader) => ({
    owner: signingKey(reader), epoch: reader.u32(), tag: digest(reader), rekey: digest(reader),
  }),
  write: ({ owner, epoch, tag, rekey }) => [owner, u32(epoch), tag, rekey],
};

const scope = {
  read(reader) {
    if (reader.choice('scope', { 0: 'owner keys', 1: 'records' }) === 'owner keys') return {};
    const records = reader.counted(MAX_RECORDS, digest);
    checkAscending('records', records);
    return { records };
  },
  write: ({ records }) =>
    (records ? [byte(1), withCount(records, (one) => [one])] : [byte(0)]),
};

const grant = {
  read(reader) {
    const value = {
      owners: reader.counted(MAX_COVERED, signingKey),
      scope: scope.read(reader),
      reader: signingKey(reader),
      proxy: signingKey(reader),
      from: reader.u64(),
      until: reader.u64(),
      delegations: reader.counted(MAX_COVERED, delegation.read),
      trapdoors: reader.counted(MAX_COVERED, digest),
    };
    checkAscending('owners', value.owners);
    if (value.from >= value.until) throw new Error('the window ends before it starts');
    const { owners, delegations, trapdoors } = value;
    const isOwned = (of) => owners.some((owner) => equal(owner, of.owner));
    if (!delegations.every(isOwned)) throw new Error('a delegation is for another key');
    if (delegations.length + trapdoors.length === 0) throw new Error('the grant is empty');
    if (trapdoors.length % owners.length !== 0) throw new Error('owners with unequal trapdoors');
    return value;
  },
  write: (value) => [
    withCount(value.owners, (owner) => [owner]), ...scope.write(value.scope), value.reader,
    value.proxy, encodeU64(value.from), encodeU64(value.until),
    withCount(value.delegations, delegation.write), withCount(value.trapdoors, (one) => [one]),
  ],
  signers: ({ owners }) => owners,
};

const basis = {
  read: (reader) =>
    (reader.choice('basis', { 0: 'policy', 1: 'grant' }) === 'grant'
      ? { grant: digest(reader) }
      : {}),
  write: ({ grant: id }) => (id ? [byte(1), id] : [byte(0)]),
};

const request = {
  read(reader) {
    const value = {
      reader: signingKey(reader),
      record: digest(reader),
      basis: basis.read(reader),
      sections: reader.counted(MAX_CLASSES, (r) => r.u8()),
    };
    checkAscending('sections', value.sections.map(byte));
    return value;
  },
  write: ({ reader, record: id, basis: of, sections }) =>
    [reader, id, ...basis.write(of), withCount(sections, (index) => [byte(index)])],
  signers: ({ reader }) => [reader],
};

export const access = {
  read: (reader) => ({
    proxy: signingKey(reader),
    request: digest(reader),
    reencryptions: reader.counted(MAX_CLASSES, digest),
  }),
  write: ({ proxy, request: id, reencryptions }) =>
    [proxy, id, withCount(reencryptions, (one) => [one])],
  signers: ({ proxy }) => [proxy],
};

export const receiptType = {
  read: (reader) => ({ released: access.read(reader), signed: signature(reader) }),
  write: ({ released, signed }) => [...access.write(released), signed],
};

// The parts of a receipt's signature.
export const receiptParts = (chain, released) => [chain, concat(...access.write(released))];

const revoke = {
  read: (reader) => ({ owner: signingKey(reader), grant: digest(reader) }),
  write: ({ owner, grant: id }) => [owner, id],
  signers: ({ owner }) => [owner],
};

const evidence = {
  read: (reader) => ({ reporter: signingKey(reader), receipt: receiptType.read(reader) }),
  write: ({ reporter, receipt }) => [reporter, ...receiptType.write(receipt)],
  signers: ({ reporter }) => [reporter],
};

const withdraw = {
  read: (reader) => ({ centre: signingKey(reader), certificate: digest(reader) }),
  write: ({ centre, certificate }) => [centre, certificate],
  signers: ({ centre }) => [centre],
};

const revokeAttribute = {
  read: (reader) => ({
    authority: signingKey(reader), entry: digest(reader), fromEpoch: reader.u32(),
  }),
  write: ({ authority, entry, fromEpoch }) => [authority, entry, u32(fromEpoch)],
  signers: ({ authority }) => [authority],
};

const anchor = {
  read: (reader) => ({
    institution: signingKey(reader), until: reader.u64(), root: digest(reader),
  }),
  write: ({ institution, until, root }) => [institution, encodeU64(until), root],
  signers: ({ institution }) => [institution],
};

const u16 = (number) => bigEndian(number, 2);

// A statement of a member, with its signature.
const signedStatement = {
  read: (reader) => ({
    layer: reader.u8(), group: reader.u16(), kind: reader.u8(), height: reader.u64(),
    view: reader.u64(), digest: digest(reader), signed: signature(reader),
  }),
  write: ({ layer, group, kind, height, view, digest: of, signed }) =>
    [byte(layer), u16(group), byte(kind), encodeU64(height), encodeU64(view), of, signed],
};

const equivocation = {
  read: (reader) => ({
    reporter: signingKey(reader), member: reader.u16(), first: signedStatement.read(reader),
    second: signedStatement.read(reader),
  }),
  write: ({ reporter, member, first, second }) => [
    reporter, u16(member), ...signedStatement.write(first), ...signedStatement.write(second),
  ],
  signers: ({ reporter }) => [reporter],
};

const ACTIONS = {
  1: { name: 'register', ...certified },
  2: { name: 'record', ...record },
  3: { name: 'grant', ...grant },
  4: { name: 'request', ...request },
  5: { name: 'access', ...access },
  6: { name: 'revoke', ...revoke },
  7: { name: 'evidence', ...evidence },
  8: { name: 'renew', ...certified },
  9: { name: 'withdraw', ...withdraw },
  10: { name: 'revoke attribute', ...revokeAttribute },
  11: { name: 'anchor', ...anchor },
  12: { name: 'equivocation', ...equivocation },
};

const actionOf = (name) => {
  const found = Object.entries(ACTIONS).find(([, action]) => action.name === name);
  if (!found) throw new Error(`unknown action ${name}`);
  return { code: Number(found[0]), action: found[1] };
};

// A draft is { chain, nonce, validUntil, name, value }: an action with its name.
const writeDraft = ({ chain, nonce, validUntil, name, value }) => {
  const { code, action } = actionOf(name);
  return [withLengthOf(chain), nonce, encodeU64(validUntil), byte(code), ...action.write(value)];
};

export const transactionType = {
  kind: 'Transaction',
  read(reader) {
    const [chain, nonce] = [reader.text(MAX_CHAIN), reader.take(16)];
    const validUntil = reader.u64();
    const action = reader.choice('action', ACTIONS);
    const draft = { chain, nonce, validUntil, name: action.name, value: action.read(reader) };
    return { draft, signatures: reader.counted(MAX_SIGNATURES, signature) };
  },
  write: ({ draft, signatures }) =>
    [...writeDraft(draft), withCount(signatures, (one) => [one])],
};

// The signed bytes: version, then the fields of the draft.
export const statementOf = (draft) => concat(byte(VERSION), ...writeDraft(draft));

export const idOf = (draft) => hash('LEDGER_TRANSACTION', [statementOf(draft)]);

export const signedBy = (draft, seeds) => ({
  draft,
  signatures: seeds.map((seed) => sign(seed, 'SIGN_TRANSACTION', [statementOf(draft)])),
});

// Checks that exactly the parties of the action have signed, in order.
export function checkSignatures({ draft, signatures }) {
  const keys = actionOf(draft.name).action.signers(draft.value);
  if (keys.length !== signatures.length) throw new Error('another number of signatures');
  keys.forEach((key, i) => {
    checkSignature(key, 'SIGN_TRANSACTION', [statementOf(draft)], signatures[i]);
  });
  if (draft.name === 'evidence') {
    const { released, signed } = draft.value.receipt;
    const parts = receiptParts(utf8(draft.chain), released);
    checkSignature(released.proxy, 'SIGN_RECEIPT', parts, signed);
  }
}
