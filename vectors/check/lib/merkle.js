// Merkle trees over lists of digests, of the shape of RFC 6962. See src/ledger/merkle.rs.
import { bigEndian } from './bytes.js';
import { digest } from './hash.js';

export const leaf = (parts) => digest('LEDGER_LEAF', parts);

const node = (left, right) => digest('LEDGER_NODE', [left, right]);

// The left subtree has the largest power of two below the number of leaves.
function subtree(leaves) {
  if (leaves.length === 0) return new Uint8Array(32);
  if (leaves.length === 1) return leaves[0];
  let left = 1;
  while (2 * left < leaves.length) left *= 2;
  return node(subtree(leaves.slice(0, left)), subtree(leaves.slice(left)));
}

export const merkleRoot = (leaves) => node(bigEndian(leaves.length, 8), subtree(leaves));
