// The dual code of a span program's shares.
import { R, scalar } from '../groups.js';

const modulo = (n) => ((n % R) + R) % R;

// Returns a basis of the solutions (c, w) of sum c_i M_i = w (1, 0, ..., 0). Numbers lambda_i are
// shares of s if and only if sum c_i lambda_i = w s for each of them.
export function dualBasis({ rows, columns }) {
  const secret = new Map([[0, -1n]]);
  const vectors = [...rows.map(({ entries }) => entries), secret].map((entries) =>
    Array.from({ length: columns }, (_, column) => modulo(entries.get(column) ?? 0n)));
  return leftKernel(vectors).map((codeword) => ({ c: codeword.slice(0, -1), w: codeword.at(-1) }));
}

// Gaussian elimination that records the combination of each row. The combinations of the rows that
// vanish are a basis of the left kernel.
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
