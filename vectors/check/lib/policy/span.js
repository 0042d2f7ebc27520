// Monotone span programs: matrix, shares and reconstruction. docs/policy.md, section 6.
import { toHex } from '../bytes.js';
import { R, scalar } from '../groups.js';
import { isShamir, rowsOf } from './tree.js';

// Rows are { identity, occurrence, entries }; `entries` maps columns to integers.
export class SpanProgram {
  rows = [];
  columns = 1;
  #seen = new Map();

  constructor(root) {
    this.root = root;
    this.#walk(root, new Map([[0, 1n]]));
  }

  // tau, the number of rows of the most frequent attribute.
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

  // A fresh unit vector for each child but the last, whose column precedes those within the child;
  // the parent's vector minus their sum for the last.
  #and(children, vector) {
    const last = new Map(vector);
    children.slice(0, -1).forEach((child) => {
      const column = this.columns++;
      last.set(column, -1n);
      this.#walk(child, new Map([[column, 1n]]));
    });
    this.#walk(children.at(-1), last);
  }

  // The parent's vector plus sum_d i^d u_d for child i, over k - 1 fresh columns u_d.
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

  // Returns a smallest authorised subset of the rows for which `has` is true, with coefficients;
  // undefined if there is none.
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

// Returns the rows of the k satisfied children with the fewest rows; among equals, of the first.
function choose(node, selections) {
  const satisfied = selections.flatMap((rows, i) => (rows ? [{ rows, x: BigInt(i + 1) }] : []));
  if (satisfied.length < node.k) return undefined;
  const chosen = satisfied.sort((a, b) => a.rows.length - b.rows.length).slice(0, node.k);
  const points = chosen.map(({ x }) => x);
  const weight = (x) => (isShamir(node) ? lagrange(x, points) : 1n);
  return chosen
    .flatMap(({ rows, x }) =>
      rows.map(({ row, gamma }) => ({ row, gamma: scalar.multiply(gamma, weight(x)) })))
    .sort((a, b) => a.row - b.row);
}

// Returns the Lagrange coefficient at zero of the point x.
function lagrange(x, points) {
  const others = points.filter((point) => point !== x);
  const product = (factors) => factors.reduce((a, b) => modulo(a * b), 1n);
  const denominator = product(others.map((other) => other - x));
  return scalar.multiply(product(others), scalar.inverse(denominator));
}
