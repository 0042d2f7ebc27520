// Numbers, dates, intervals and their covers. docs/policy.md, 3.3 and 5.

const WIDTHS = new Map([['u8', 0x08], ['u16', 0x10], ['u32', 0x20]]);
const DATE = 0x90;
const U32 = 0x20;
const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(1900, 0, 1);

export const DOMAINS = [0x08, 0x10, U32, DATE];

export const bits = (domain) => domain & 0x7f;
export const isDate = (domain) => domain === DATE;
export const greatest = (domain) => 2 ** bits(domain) - 1;

const fits = (domain, number) => number <= greatest(domain);

// Parses a number or date whose width the upper end of a range may still determine.
export function readLiteral(word) {
  if (word.includes('-')) return { domain: DATE, number: days(word) };
  const [, digits, width] = /^(0|[1-9][0-9]*)(u8|u16|u32)?$/.exec(word) ?? [];
  if (digits === undefined) throw new Error(`${word} is not a number`);
  return { domain: WIDTHS.get(width), number: Number(digits) };
}

export function valueOf({ domain = U32, number }) {
  if (!fits(domain, number)) throw new Error(`${number} is too large for its width`);
  return { domain, number };
}

function days(text) {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) throw new Error('a date has the form YYYY-MM-DD');
  const time = Date.UTC(year, month - 1, day);
  // `Date` rolls over if the calendar has no such day, and prints another day.
  if (new Date(time).toISOString().slice(0, 10) !== text) throw new Error('no such day');
  const number = (time - FIRST_DAY) / DAY;
  if (number < 0) throw new Error('dates start at 1900-01-01');
  return number;
}

export function printValue({ domain, number }) {
  if (isDate(domain)) return new Date(FIRST_DAY + number * DAY).toISOString().slice(0, 10);
  return domain === U32 ? `${number}` : `${number}u${domain}`;
}

// Returns the interval of a comparison.
export function interval(relation, { domain, number }) {
  const last = greatest(domain);
  const [low, high] = {
    '<': [0, number - 1],
    '<=': [0, number],
    '=': [number, number],
    '>=': [number, last],
    '>': [number + 1, last],
  }[relation];
  return nonEmpty({ domain, low, high });
}

export function range(low, high) {
  // The upper end determines the width of both.
  const lower = valueOf({ number: low.number, domain: low.domain ?? widthOf(high) });
  if (lower.domain !== high.domain) throw new Error('the ends of the range differ in domain');
  return nonEmpty({ domain: high.domain, low: lower.number, high: high.number });
}

const widthOf = ({ domain }) => (isDate(domain) ? undefined : domain);

export function intersection(a, b) {
  if (a.domain !== b.domain) throw new Error("an 'and' compares one label in two domains");
  const low = Math.max(a.low, b.low);
  return nonEmpty({ domain: a.domain, low, high: Math.min(a.high, b.high) });
}

function nonEmpty(found) {
  if (found.low > found.high) throw new Error('no value satisfies the comparison');
  return found;
}

// The canonical text, which is the shortest; the interval of all values prints with >=.
export function printInterval({ domain, low, high }) {
  const value = (number) => printValue({ domain, number });
  if (low === high) return `= ${value(low)}`;
  if (high === greatest(domain)) return `>= ${value(low)}`;
  if (low === 0) return `<= ${value(high)}`;
  return `in ${isDate(domain) ? value(low) : low}..${value(high)}`;
}

// Returns the minimal set of prefixes whose blocks partition an interval, in ascending order. Each
// block is the largest aligned one that starts there and ends within the interval.
export function cover({ domain, low, high }) {
  const prefixes = [];
  for (let first = low; first <= high; ) {
    let free = 0;
    while (free < bits(domain)) {
      const size = 2 ** (free + 1);
      if (first % size !== 0 || first + size - 1 > high) break;
      free += 1;
    }
    prefixes.push({ domain, length: bits(domain) - free, first });
    first += 2 ** free;
  }
  return prefixes;
}

// Returns the prefixes of a value, from length 0 to the width of its domain.
export function prefixes({ domain, number }) {
  return Array.from({ length: bits(domain) + 1 }, (_, length) => {
    const size = 2 ** (bits(domain) - length);
    return { domain, length, first: Math.floor(number / size) * size };
  });
}
