// Monotone span programs: a policy as a matrix, and the rows that open it. src/policy/msp.rs.
import { toHex } from '../bytes.js';
import { R, scalar } from '../groups.js';
import { isShamir, rowsOf } from './tree.js';

// Rows are { identity, occurrence, entries }, where entries maps columns to integers.
export class SpanProgram {
  rows = [];
  columns = 1;
  #seen = new Map();

  constructor(root) {
    this.root = root;
    this.#walk(root, new Map([[0, 1n]]));
  }

  // tau: how often the most frequent attribute occurs.
  get occurrences() {
    return Math.max(...this.rows.map(({ occurrence }) => occurrence + 1));
  }

  #walk(node, vector) {
    if (!node.children) rowsOf(node).forEach((identity) => this.#row(identity, vector));
    else if (node.k === 1) node.children.forEach((child) => this.#walk(child, vector));
    else if (isShamir(node)) this.#shamir(node, vector);
    else this.#and(node.children, vector);
  }

  #row(identity, entries) {
    const key = toHex(identity);
    const occurrence = this.#seen.get(key) ?? 0;
    this.#seen.set(key, occurrence + 1);
    this.rows.push({ identity, occurrence, entries });
  }

  // Each child but the last a fresh unit column, taken when the child's turn comes; the last one
  // the parent's vector minus their sum.
  #and(children, vector) {
    const last = new Map(vector);
    children.slice(0, -1).forEach((child) => {
      const column = this.columns++;
      last.set(column, -1n);
      this.#walk(child, new Map([[column, 1n]]));
    });
    this.#walk(children.at(-1), last);
  }

  // Child i the parent's vector plus sum_d i^d u_d over k - 1 fresh columns.
  #shamir({ k, children }, vector) {
    const columns = Array.from({ length: k - 1 }, () => this.columns++);
    children.forEach((child, i) => {
      const shared = new Map(vector);
      columns.forEach((column, d) => shared.set(column, BigInt(i + 1) ** BigInt(d + 1)));
      this.#walk(child, shared);
    });
  }

  matrix() {
    return this.rows.map(({ entries }) =>
      Array.from({ length: this.columns }, (_, column) => entries.get(column) ?? 0n).join(','),
    );
  }

  // lambda_i = M_i . (s, v_1, ...)
  share(vector) {
    return this.rows.map(({ entries }) =>
      [...entries].reduce((sum, [column, m]) => modulo(sum + m * vector[column]), 0n),
    );
  }

  // The fewest of the rows that one has, with their coefficients, or undefined if they do not open.
  select(has) {
    let next = 0;
    const walk = (node) => {
      if (node.children) return choose(node, node.children.map(walk));
      const rows = rowsOf(node).map(() => next++);
      const row = rows.find(has);
      return row === undefined ? undefined : [{ row, gamma: 1n }];
    };
    return walk(this.root);
  }
}

const modulo = (n) => ((n % R) + R) % R;

// Of the children that open, the k with the fewest rows; of equals the first.
function choose(node, selections) {
  const open = selections.flatMap((rows, i) => (rows ? [{ rows, x: BigInt(i + 1) }] : []));
  if (open.length < node.k) return undefined;
  const chosen = open.sort((a, b) => a.rows.length - b.rows.length).slice(0, node.k);
  const points = chosen.map(({ x }) => x);
  const weight = (x) => (isShamir(node) ? lagrange(x, points) : 1n);
  return chosen
    .flatMap(({ rows, x }) =>
      rows.map(({ row, gamma }) => ({ row, gamma: scalar.multiply(gamma, weight(x)) })))
    .sort((a, b) => a.row - b.row);
}

// The Lagrange coefficient at zero of the point x.
function lagrange(x, points) {
  const others = points.filter((point) => point !== x);
  const product = (factors) => factors.reduce((a, b) => modulo(a * b), 1n);
  const denominator = product(others.map((other) => other - x));
  return scalar.multiply(product(others), scalar.inverse(denominator));
}
