// The bindings between the parts of a record, and the keys and digests of the protocol. See
// vectors/README.md and src/protocol/binding.rs.
import { concat, toNumber, u32, utf8 } from '../bytes.js';
import { encode, withCount } from '../codec.js';
import { encodeG2 } from '../groups.js';
import { digest, framed, kdf, sha256 } from '../hash.js';
import { types as peks } from '../peks.js';
import { types as pre } from '../pre/conditional.js';
import { keyTypes } from '../pre/keys.js';
import * as series from '../pseudonym.js';
import { tag } from '../tags.js';
import { CLASSES, encodeU64 } from './parts.js';

const EPOCH = 30 * 24 * 3600 * 1000;
const CHUNK = 2 ** 20;

export const epochOf = (time) => Math.floor(time / EPOCH);

export const ownerSeed = (secret, doctor, epoch) =>
  kdf('PROTOCOL_OWNER', secret, [doctor, u32(epoch)], 32);

// The pseudonym and the window key of one epoch, from the root key of the patient's series.
export function pseudonymFor(root, doctor, epoch) {
  const node = series.doctorNode(root, doctor);
  return { ...series.pseudonym(node, epoch, 0), window: series.cover(node, epoch, epoch) };
}

const ofOrigin = (name, { recordId, author }, parts) =>
  framed([tag(name), recordId, ...parts, author]);

export const sectionAd = (origin, index) =>
  ofOrigin('PROTOCOL_SECTION', origin, [Uint8Array.of(index)]);
export const wrappedKeyAd = (origin, index) =>
  ofOrigin('PROTOCOL_LOCK', origin, [Uint8Array.of(index)]);
export const entryContext = (origin) => ofOrigin('PROTOCOL_ENTRY', origin, []);

export const conditionTag = (pseudonymSecret, className, policy) =>
  kdf('PROTOCOL_CONDITION', pseudonymSecret, [utf8(className), utf8(policy)], 32);

export const condition = (owner, epoch, conditionTagOf) =>
  framed([owner, u32(epoch), conditionTagOf]);

export const AUTHOR_CONDITION = utf8('author');

export const keyword = (pseudonymSecret, field, value) =>
  framed([tag('PROTOCOL_TERM'), pseudonymSecret, utf8(field), utf8(value)]);

// The manifest lists the SHA-256 of each chunk; its own SHA-256 names the object.
const manifest = {
  kind: 'StoreManifest',
  write({ length, chunks }) {
    return [encodeU64(length), withCount(chunks, (chunk) => [chunk])];
  },
};

export function hashOf(object) {
  const chunks = [];
  for (let start = 0; start < object.length; start += CHUNK) {
    chunks.push(sha256(object.subarray(start, start + CHUNK)));
  }
  return sha256(encode(manifest, { length: object.length, chunks }));
}

const CID_PREFIX = Uint8Array.of(0x01, 0x55, 0x12, 0x20);

export const nameOfHash = (hash) => concat(CID_PREFIX, hash);
export const nameOf = (object) => nameOfHash(hashOf(object));
export const objectDigest = (name) => digest('PROTOCOL_OBJECT', [name]);

export const rekeyDigest = (patient, reader, rk2) =>
  digest('LEDGER_REKEY', [
    encode(keyTypes.publicKey, patient), encode(keyTypes.publicKey, reader), encodeG2(rk2),
  ]);

export const trapdoorDigest = (salt, trapdoor) =>
  digest('LEDGER_TRAPDOOR', [salt, encode(peks.trapdoor, trapdoor)]);

export const reencryptionDigest = (reencryption) =>
  digest('PROTOCOL_REENCRYPTION', [encode(pre.reencryption, reencryption)]);

export const attributeEntry = (holder, attribute) =>
  digest('LEDGER_ATTRIBUTE', [holder, utf8(attribute)]);
export const withdrawal = (serial) => digest('LEDGER_SERIAL', [serial]);

// The plaintext of a wrapped key: content key, hash of the envelope, class, length of the record.
export function decodeSectionKey(bytes) {
  if (bytes.length !== 32 + 32 + 1 + 8) throw new Error('another length of a section key');
  const className = CLASSES[bytes[64]];
  if (className === undefined) throw new Error('an unknown class');
  return {
    contentKey: bytes.subarray(0, 32),
    envelope: bytes.subarray(32, 64),
    className,
    length: Number(toNumber(bytes.subarray(65))),
  };
}
