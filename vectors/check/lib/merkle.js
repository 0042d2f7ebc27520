// Merkle trees over lists of digests, in the shape of RFC 6962. See src/ledger/merkle.rs.
import { bigEndian } from './bytes.js';
import { digest } from './hash.js';

export const leaf = (parts) => digest('LEDGER_LEAF', parts);

const node = (left, right) => digest('LEDGER_NODE', [left, right]);

// The largest power of two below a count of at least 2.
const splitOf = (count) => 2 ** (31 - Math.clz32(count - 1));

// The digest above all leaves.
export function topOf(leaves) {
  if (leaves.length === 0) return new Uint8Array(32);
  if (leaves.length === 1) return leaves[0];
  const split = splitOf(leaves.length);
  return node(topOf(leaves.slice(0, split)), topOf(leaves.slice(split)));
}

export const rootOf = (count, top) => node(bigEndian(count, 8), top);
export const merkleRoot = (leaves) => rootOf(leaves.length, topOf(leaves));

// The siblings of a leaf from the bottom up.
export function pathOf(leaves, index) {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...pathOf(left, index), topOf(right)]
    : [...pathOf(right, index - split), topOf(left)];
}

// The top that a path leads to from a leaf; throws on a path of another length.
export function topFrom(start, index, count, path) {
  if (index >= count) throw new Error('no such leaf');
  if (count === 1) {
    if (path.length > 0) throw new Error('the path is too long');
    return start;
  }
  if (path.length === 0) throw new Error('the path is too short');
  const [rest, sibling, split] = [path.slice(0, -1), path.at(-1), splitOf(count)];
  return index < split
    ? node(topFrom(start, index, split, rest), sibling)
    : node(sibling, topFrom(start, index - split, count - split, rest));
}
