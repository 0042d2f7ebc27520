// Gates that no value of one label satisfies. docs/policy.md, 3.6.
import { isDate } from './values.js';

// Rejects a contradictory policy. Levels are checked later, and recursion is bounded by the parser.
export function checkContradictions(root) {
  admitted(root);
}

// Returns, by label and kind of value, the values with which a node can hold, as disjoint closed
// intervals; no entry for a label on which the node does not depend.
function admitted({ k, children, label, version, value, interval }) {
  if (children) return gate(k, children.map(admitted));
  if (interval) {
    const kind = isDate(interval.domain) ? 'date' : 'number';
    return new Map([[`${kind} ${label}`, [[interval.low, interval.high]]]]);
  }
  if (value === undefined) return new Map();
  // Any total order of the values serves.
  const point = `${version} ${value}`;
  return new Map([[`listed ${label}`, [[point, point]]]]);
}

function gate(k, children) {
  const found = new Map();
  for (const key of new Set(children.flatMap((child) => [...child.keys()]))) {
    const sets = children.filter((child) => child.has(key)).map((child) => child.get(key));
    // The other branches can hold with any value of the label.
    const needed = k - (children.length - sets.length);
    if (needed <= 0) continue;
    const common = commonTo(needed, sets.flat());
    if (common.length === 0) throw new Error(`no value satisfies a gate: ${key}`);
    found.set(key, common);
  }
  return found;
}

// Returns the values in at least `count` of the intervals.
function commonTo(count, intervals) {
  const starts = intervals.map(([low]) => low).sort(order);
  const ends = intervals.map(([, high]) => high).sort(order);
  const common = [];
  let open = 0;
  let first;
  let next = 0;
  for (const end of ends) {
    for (; next < starts.length && order(starts[next], end) <= 0; next += 1) {
      open += 1;
      if (open === count) first = starts[next];
    }
    if (open === count) common.push([first, end]);
    open -= 1;
  }
  return common;
}

const order = (a, b) => (a < b ? -1 : Number(a > b));
