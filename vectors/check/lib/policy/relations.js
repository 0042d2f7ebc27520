// Linear relations between the shares of a policy.
import { R, scalar } from '../groups.js';

const modulo = (n) => ((n % R) + R) % R;

// A basis of the numbers (c, w) with sum c_i M_i = w (1, 0, ...): what shares of a secret satisfy,
// and numbers that are no shares of it do not. `rows` are those of a span program.
export function relations({ rows, columns }) {
  const secret = new Map([[0, -1n]]);
  const vectors = [...rows.map(({ entries }) => entries), secret].map((entries) =>
    Array.from({ length: columns }, (_, column) => modulo(entries.get(column) ?? 0n)));
  return leftKernel(vectors).map((relation) => ({ c: relation.slice(0, -1), w: relation.at(-1) }));
}

// Gauss' elimination, with each row's combination beside it; the rows that vanish are relations.
function leftKernel(vectors) {
  let rest = vectors.map((vector, i) => ({
    vector,
    combination: vectors.map((_, k) => (i === k ? 1n : 0n)),
  }));
  for (let column = 0; column < vectors[0].length; column++) {
    const pivot = rest.find(({ vector }) => vector[column] !== 0n);
    if (!pivot) continue;
    rest = rest.filter((row) => row !== pivot).map((row) => eliminate(row, pivot, column));
  }
  return rest.map(({ combination }) => combination);
}

function eliminate(row, pivot, column) {
  const quotient = scalar.multiply(row.vector[column], scalar.inverse(pivot.vector[column]));
  const reduce = (a, b) => a.map((value, i) => modulo(value - quotient * b[i]));
  return {
    vector: reduce(row.vector, pivot.vector),
    combination: reduce(row.combination, pivot.combination),
  };
}
