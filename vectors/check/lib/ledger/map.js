// The authenticated map: a sparse Merkle tree in which a subtree with one entry is the entry.
import { equal } from '../bytes.js';
import { withCount } from '../codec.js';
import { digest as hash } from '../hash.js';
import { digest, option } from '../protocol/parts.js';

const MAX_SIBLINGS = 256;
const EMPTY = new Uint8Array(32);

// An entry is { key, value }, the digests of both.
const entry = {
  read: (reader) => ({ key: digest(reader), value: digest(reader) }),
  write: ({ key, value }) => [key, value],
};
const ends = option(entry);

// The siblings from the root down, and a list of zero or one entry at the end of the path.
export const pathType = {
  read: (reader) => ({
    siblings: reader.counted(MAX_SIBLINGS, digest),
    ends: ends.read(reader),
  }),
  write: (path) => [withCount(path.siblings, (one) => [one]), ...ends.write(path.ends)],
};

// A bit of a digest, from the most significant one.
const bit = (key, index) => (key[index >> 3] >> (7 - (index & 7))) & 1;

const branch = (left, right) => hash('LEDGER_MAP_BRANCH', [left, right]);
const endDigest = ([end]) =>
  (end === undefined ? EMPTY : hash('LEDGER_MAP_ENTRY', [end.key, end.value]));

const under = (entries, depth, side) => entries.filter(({ key }) => bit(key, depth) === side);

// The digest of the subtree of entries that share `depth` bits.
export function subtree(entries, depth = 0) {
  if (entries.length <= 1) return endDigest(entries);
  const [left, right] = [0, 1].map((side) => subtree(under(entries, depth, side), depth + 1));
  return branch(left, right);
}

export function pathTo(entries, key, depth = 0) {
  if (entries.length <= 1) return { siblings: [], ends: entries };
  const side = bit(key, depth);
  const { siblings, ends: at } = pathTo(under(entries, depth, side), key, depth + 1);
  const sibling = subtree(under(entries, depth, 1 - side), depth + 1);
  return { siblings: [sibling, ...siblings], ends: at };
}

function rootFrom({ siblings, ends: at }, key, depth = 0) {
  if (depth === siblings.length) return endDigest(at);
  const below = rootFrom({ siblings, ends: at }, key, depth + 1);
  return bit(key, depth) === 0
    ? branch(below, siblings[depth])
    : branch(siblings[depth], below);
}

// Returns true if a path shows that the map has no entry of the key, or one with the value.
export function shows(path, root, key, value) {
  if (!equal(rootFrom(path, key), root)) return false;
  const [end] = path.ends;
  const isOwn = end !== undefined && equal(end.key, key);
  if (value !== undefined) return isOwn && equal(end.value, value);
  const isBelow = (one) => path.siblings.every((_, depth) => bit(one, depth) === bit(key, depth));
  return end === undefined || (!isOwn && isBelow(end.key));
}
