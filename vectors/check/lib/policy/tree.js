// Policy trees: normal form, limits and canonical text. docs/policy.md, sections 4 and 8.
import { utf8 } from '../bytes.js';
import { identity, printListed } from './attributes.js';
import { checkContradictions } from './contradictions.js';
import { printName } from './names.js';
import { at } from './tokens.js';
import { cover, intersection, printInterval } from './values.js';

const MAX_DEPTH = 32;
export const MAX_LEAVES = 4096;
const MAX_MATRIX_ENTRIES = 2 ** 20;
const MAX_TEXT_BYTES = 2 ** 20;

// A node is a gate { k, children, separator } or a leaf { name }, { label, version, value } or
// { label, interval }. A gate of `and` has k = n, one of `or` k = 1.

export const and = (children) => ({ k: children.length, children, separator: ' and ' });
export const or = (children) => ({ k: 1, children, separator: ' or ' });
export const threshold = (k, children) => ({ k, children, separator: ', ' });

// Returns the `and` of nodes, with the comparisons of a label merged at the position of the first.
// A child is { node, column }; an error is reported at the later child.
export function conjunction(children) {
  const merged = [];
  for (const { node, column } of children) {
    const earlier = node.interval && merged.find((one) => one.interval && one.label === node.label);
    if (earlier) earlier.interval = at(column, () => intersection(earlier.interval, node.interval));
    else merged.push(node);
  }
  return merged.length === 1 ? merged[0] : and(merged);
}

// Returns the identities of a leaf's rows.
export function rowsOf(leaf) {
  if (leaf.interval) {
    return cover(leaf.interval).map((one) => identity.prefix({ label: leaf.label, ...one }));
  }
  return [leaf.name === undefined ? identity.listed(leaf) : identity.name(leaf)];
}

export const isShamir = ({ k, children }) => 1 < k && k < children.length;

export function checkLimits(root) {
  if (leaves(root) > MAX_LEAVES) throw new Error('the policy has too many leaves');
  checkContradictions(root);
  if (levels(root) > MAX_DEPTH) throw new Error('the policy is nested too deep');
  if (entries(root, 1) > MAX_MATRIX_ENTRIES) throw new Error('the matrix has too many entries');
  if (utf8(print(root)).length > MAX_TEXT_BYTES) throw new Error('the text is too long');
}

// The number of levels, of which a leaf is one.
const levels = ({ children }) => 1 + Math.max(0, ...(children ?? []).map(levels));

const total = (numbers) => numbers.reduce((a, b) => a + b, 0);

const leaves = (node) =>
  node.children ? total(node.children.map(leaves)) : rowsOf(node).length;

// Counts the non-zero matrix entries below a node whose vector has `own` of them.
function entries(node, own) {
  const { k, children } = node;
  if (!children) return own * rowsOf(node).length;
  if (k === 1) return total(children.map((child) => entries(child, own)));
  if (isShamir(node)) return total(children.map((child) => entries(child, own + k - 1)));
  const last = entries(children.at(-1), own + children.length - 1);
  return total(children.slice(0, -1).map((child) => entries(child, 1))) + last;
}

const isThreshold = ({ separator }) => separator === ', ';
const isAndOr = (node) => node.children !== undefined && !isThreshold(node);

// The canonical text. `and` and `or` are in parentheses within each other, but not in a threshold.
export function print(node) {
  const { k, children, separator } = node;
  if (!children) return printLeaf(node);
  const inside = (child) =>
    isAndOr(node) && isAndOr(child) ? `(${print(child)})` : print(child);
  const text = children.map(inside).join(separator);
  return isThreshold(node) ? `${k} of (${text})` : text;
}

function printLeaf(leaf) {
  if (leaf.interval) return `${printName(leaf.label)} ${printInterval(leaf.interval)}`;
  return leaf.name === undefined ? printListed(leaf) : printName(leaf.name);
}
