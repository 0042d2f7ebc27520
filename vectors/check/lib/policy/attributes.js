// Attributes: their identities, attribute sets, texts and encodings. docs/policy.md, 3.4 and 7.
import { compare, concat, u32, utf8 } from '../bytes.js';
import { withLengthOf as text } from '../codec.js';
import { checkLabel, checkName, printName } from './names.js';
import { at, Cursor } from './tokens.js';
import { bits, DOMAINS, greatest, isDate, prefixes, printValue, readLiteral, valueOf }
  from './values.js';

const MAX_COMPONENTS = 2 ** 16;
const MAX_NAME = 256;

// An attribute of a user is { name }, { label, version, value } or { label, domain, number }.

export const identity = {
  name: ({ name }) => utf8(name),
  prefix: ({ label, domain, length, first }) =>
    concat(labelled(1, label), Uint8Array.of(domain, length), u32(first)),
  listed: ({ label, version, value }) => concat(labelled(2, label), u32(version), utf8(value)),
};

const labelled = (kind, label) => concat(Uint8Array.of(kind), utf8(label), Uint8Array.of(0));

export const printListed = ({ label, version, value }) =>
  `${printName(label)}#${version}:${printName(value)}`;

// Reads "#" number ":" name, the rest of a listed value whose label is at position `column`.
export function readListed(cursor, column, label) {
  const version = cursor.version();
  cursor.expect(':');
  const value = cursor.name();
  return { label: at(column, () => checkLabel(label)), version, value };
}

// Returns true if a user cannot hold both: at most one number, date and listed value per label.
function conflicts(held, next) {
  if (held.label !== next.label || held.label === undefined) return false;
  if (held.version !== undefined || next.version !== undefined) {
    if (held.version === undefined || next.version === undefined) return false;
    return held.version !== next.version || held.value !== next.value;
  }
  return isDate(held.domain) === isDate(next.domain) && held.number !== next.number;
}

const componentsOf = ({ domain }) => (domain === undefined ? 1 : bits(domain) + 1);

// The sort keys of the encoding: label and domain, label, name.
const numberKey = ({ label, domain }) => concat(utf8(label), Uint8Array.of(0, domain));
const listedKey = ({ label }) => utf8(label);
const nameKey = ({ name }) => utf8(name);

export class AttributeSet {
  numbers = [];
  listed = [];
  names = [];

  insert(next) {
    const all = [...this.numbers, ...this.listed, ...this.names];
    if (all.some((held) => conflicts(held, next))) throw new Error('a label has two values');
    const [list, key] = this.#place(next);
    if (list.some((held) => compare(key(held), key(next)) === 0)) return;
    const components = [...all, next].reduce((sum, one) => sum + componentsOf(one), 0);
    if (components > MAX_COMPONENTS) throw new Error('the key has too many attributes');
    list.push(next);
    list.sort((a, b) => compare(key(a), key(b)));
  }

  #place(next) {
    if (next.name !== undefined) return [this.names, nameKey];
    return next.version === undefined ? [this.numbers, numberKey] : [this.listed, listedKey];
  }

  // Returns the identities for which a key has components, in ascending order.
  identities() {
    const numbers = this.numbers.flatMap((number) =>
      prefixes(number).map((prefix) => identity.prefix({ label: number.label, ...prefix })),
    );
    const all = [...numbers, ...this.listed.map(identity.listed), ...this.names.map(identity.name)];
    return all.sort(compare);
  }

  toString() {
    const numbers = this.numbers.map((one) => `${printName(one.label)} = ${printValue(one)}`);
    const names = this.names.map(({ name }) => printName(name));
    return [...numbers, ...this.listed.map(printListed), ...names].join(', ');
  }

  // Encodes three lists, each with its length and strictly ascending.
  write() {
    const list = (items, write) => [u32(items.length), ...items.flatMap(write)];
    return [
      ...list(this.numbers, ({ label, domain, number }) =>
        [text(label), Uint8Array.of(domain), u32(number)]),
      ...list(this.listed, ({ label, version, value }) =>
        [text(label), u32(version), text(value)]),
      ...list(this.names, ({ name }) => [text(name)]),
    ];
  }

  static read(reader) {
    const set = new AttributeSet();
    set.#fill(reader, readNumber, numberKey);
    set.#fill(reader, readListedBytes, listedKey);
    set.#fill(reader, (r) => ({ name: readName(r) }), nameKey);
    return set;
  }

  #fill(reader, read, key) {
    const items = reader.list(reader.length(MAX_COMPONENTS), read);
    reader.ascending(items.map(key));
    items.forEach((item) => this.insert(item));
  }

  static parse(text) {
    const [set, cursor] = [new AttributeSet(), new Cursor(text)];
    if (cursor.token.type === 'end') return set;
    do {
      const { column } = cursor.token;
      const attribute = parseAttribute(cursor);
      at(column, () => set.insert(attribute));
    } while (cursor.advanceIf(','));
    cursor.expect('end');
    return set;
  }
}

function parseAttribute(cursor) {
  const { column } = cursor.token;
  const name = cursor.name();
  if (cursor.token.type === '#') return readListed(cursor, column, name);
  if (!cursor.advanceIf('=')) return { name };
  const value = cursor.expect('word');
  return { label: name, ...at(value.column, () => valueOf(readLiteral(value.text))) };
}

const readName = (reader) => checkName(reader.text(MAX_NAME));

function readNumber(reader) {
  const [label, domain, number] = [readName(reader), reader.u8(), reader.u32()];
  if (!DOMAINS.includes(domain)) throw new Error('unknown domain');
  if (number > greatest(domain)) throw new Error('the number is too large for its width');
  return { label, domain, number };
}

const readListedBytes = (reader) => ({
  label: checkLabel(readName(reader)),
  version: reader.u32(),
  value: readName(reader),
});
