// Numbers of a width, dates, and intervals of them. docs/policy.md, "What it means".

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

// A word that starts with a digit, before the other end of a range may have given its width.
export function readLiteral(word) {
  if (word.includes('-')) return { domain: DATE, number: days(word) };
  const [, digits, width] = /^(0|[1-9][0-9]*)(u8|u16|u32)?$/.exec(word) ?? [];
  if (digits === undefined) throw new Error(`${word} is no number`);
  return { domain: WIDTHS.get(width), number: Number(digits) };
}

export function valueOf({ domain = U32, number }) {
  if (!fits(domain, number)) throw new Error(`${number} is too large for its width`);
  return { domain, number };
}

function days(text) {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) throw new Error('a date is written like 2026-12-01');
  const time = Date.UTC(year, month - 1, day);
  // The calendar of `Date` rolls over where there is no such day, and so prints another one.
  if (new Date(time).toISOString().slice(0, 10) !== text) throw new Error('no such day');
  const number = (time - FIRST_DAY) / DAY;
  if (number < 0) throw new Error('a day before the first');
  return number;
}

export function printValue({ domain, number }) {
  if (isDate(domain)) return new Date(FIRST_DAY + number * DAY).toISOString().slice(0, 10);
  return domain === U32 ? `${number}` : `${number}u${domain}`;
}

// label relation value, as the interval that it is.
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
  // The width stands at the upper end and is that of both.
  const lower = valueOf({ number: low.number, domain: low.domain ?? widthOf(high) });
  if (lower.domain !== high.domain) throw new Error('a range between two domains');
  return nonEmpty({ domain: high.domain, low: lower.number, high: high.number });
}

const widthOf = ({ domain }) => (isDate(domain) ? undefined : domain);

export function intersection(a, b) {
  if (a.domain !== b.domain) throw new Error('one label compared in two domains');
  const low = Math.max(a.low, b.low);
  return nonEmpty({ domain: a.domain, low, high: Math.min(a.high, b.high) });
}

function nonEmpty(found) {
  if (found.low > found.high) throw new Error('nothing satisfies this comparison');
  return found;
}

// The shortest spelling; every value at once is written with >=.
export function printInterval({ domain, low, high }) {
  const value = (number) => printValue({ domain, number });
  if (low === high) return `= ${value(low)}`;
  if (high === greatest(domain)) return `>= ${value(low)}`;
  if (low === 0) return `<= ${value(high)}`;
  return `in ${isDate(domain) ? value(low) : low}..${value(high)}`;
}

// The fewest prefixes whose blocks make up an interval, ascending: always the largest block that
// starts there and ends within.
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

// The prefixes of one value, from none of its bits to all of them.
export function prefixes({ domain, number }) {
  return Array.from({ length: bits(domain) + 1 }, (_, length) => {
    const size = 2 ** (bits(domain) - length);
    return { domain, length, first: Math.floor(number / size) * size };
  });
}
