// Pseudonyms from a GGM tree over epochs. See src/pseudonym/ggm.rs.
import { u32 } from './bytes.js';
import { kdf } from './hash.js';

const LEVELS = 32;
const MAX_NODES = 64;

// A node { level, prefix, key } is the key of all epochs whose first `level` bits are `prefix`.

export const root = (secret) => kdf('PSEUDONYM_ROOT', secret, [], 32);

export const doctorNode = (rootKey, doctor) => ({
  level: 0,
  prefix: 0,
  key: kdf('PSEUDONYM_DOCTOR', rootKey, [doctor], 32),
});

const child = ({ level, prefix, key }, bit) => ({
  level: level + 1,
  prefix: 2 * prefix + bit,
  key: kdf('PSEUDONYM_NODE', key, [Uint8Array.of(bit)], 32),
});

function rangeOf({ level, prefix }) {
  const size = 2 ** (LEVELS - level);
  return { first: prefix * size, last: (prefix + 1) * size - 1 };
}

// The nodes below `node` on the path to an epoch, ending with the leaf.
export function path(node, epoch) {
  if (node.level === LEVELS) return [];
  const bit = (epoch >>> (LEVELS - 1 - node.level)) & 1;
  const next = child(node, bit);
  return [next, ...path(next, epoch)];
}

// The name, which may be shown, and the secret, from which keywords are derived.
export function pseudonym(node, epoch, index) {
  const leaf = path(node, epoch).at(-1) ?? node;
  const derive = (tag) => kdf(tag, leaf.key, [u32(epoch), u32(index)], 32);
  return { name: derive('PSEUDONYM_NAME'), secret: derive('PSEUDONYM_SECRET') };
}

// The highest nodes of the subtree of `node` inside from..to, in ascending order.
export function cover(node, from, to) {
  const { first, last } = rangeOf(node);
  if (from <= first && last <= to) return [node];
  if (last < from || to < first) return [];
  return [0, 1].flatMap((bit) => cover(child(node, bit), from, to));
}

// The pseudonym, or undefined outside the window.
export function pseudonymInWindow(nodes, epoch, index) {
  const node = nodes.find((n) => rangeOf(n).first <= epoch && epoch <= rangeOf(n).last);
  return node && pseudonym(node, epoch, index);
}

export const windowType = {
  kind: 'PseudonymWindow',
  read(reader) {
    const nodes = reader.list(reader.length(MAX_NODES), (r) => {
      const node = { level: r.u8(), prefix: r.u32(), key: r.take(32) };
      const isInTree = node.level <= LEVELS && node.prefix < 2 ** node.level;
      if (!isInTree) throw new Error('a node lies outside the tree');
      return node;
    });
    if (nodes.length === 0) throw new Error('an empty window');
    const overlaps = (node, i) => i > 0 && rangeOf(nodes[i - 1]).last >= rangeOf(node).first;
    if (nodes.some(overlaps)) throw new Error('the nodes are not in ascending order');
    // A set of epochs has one list of nodes: the parent stands for two siblings.
    const isSibling = (node, { level, prefix }) =>
      node.level === level && node.prefix + 1 === prefix && prefix % 2 === 1;
    if (nodes.some((node, i) => i > 0 && isSibling(nodes[i - 1], node))) {
      throw new Error('two sibling nodes replace their parent');
    }
    return nodes;
  },
  write: (nodes) => [
    u32(nodes.length),
    ...nodes.flatMap(({ level, prefix, key }) => [Uint8Array.of(level), u32(prefix), key]),
  ],
};
