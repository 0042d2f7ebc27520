// The named values of a vector, and which of them were looked at.
import { fromHex, toHex } from './bytes.js';
import { decodeScalar, encodeG1, encodeG2, encodeGt, encodeScalar, G1, G2 } from './groups.js';

export class Fields {
  #where;
  #values;
  #failures;
  #seen = new Set();

  constructor(where, values, failures) {
    this.#where = where;
    this.#values = values;
    this.#failures = failures;
  }

  has(name) {
    return Object.hasOwn(this.#values, name);
  }

  get(name) {
    if (!this.has(name)) throw new Error(`${this.#where}.${name} is missing`);
    this.#seen.add(name);
    return this.#values[name];
  }

  #typed(name, type) {
    const value = this.get(name);
    if (typeof value !== type) throw new Error(`${this.#where}.${name} is no ${type}`);
    return value;
  }

  text(name) {
    return this.#typed(name, 'string');
  }

  number(name) {
    const value = this.#typed(name, 'number');
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} is no whole number`);
    return value;
  }

  bytes(name) {
    return fromHex(this.text(name));
  }

  scalar(name) {
    return decodeScalar(this.bytes(name));
  }

  list(name, read = (text) => text) {
    const values = this.get(name);
    if (!Array.isArray(values)) throw new Error(`${this.#where}.${name} is no list`);
    return values.map(read);
  }

  byteStrings(name) {
    return this.list(name, fromHex);
  }

  scalars(name) {
    return this.byteStrings(name).map(decodeScalar);
  }

  // Compares each value with what was computed.
  expect(computed) {
    for (const [name, value] of Object.entries(computed)) {
      this.#seen.add(name);
      const [found, wanted] = [JSON.stringify(this.#values[name]), JSON.stringify(spell(value))];
      if (found !== wanted) {
        this.fail(`.${name} is ${shortened(found)}, computed ${shortened(wanted)}`);
      }
    }
  }

  fail(reason) {
    this.#failures.push(`${this.#where}${reason}`);
  }

  // What nothing has looked at is a failure: nothing may be skipped without being noticed.
  close() {
    for (const name of Object.keys(this.#values)) {
      if (!this.#seen.has(name)) this.fail(`.${name} was not looked at`);
    }
    return this.#seen.size;
  }
}

// As the files write a value.
function spell(value) {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return toHex(encodeScalar(value));
  if (Array.isArray(value)) return value.map(spell);
  if (value instanceof G1) return toHex(encodeG1(value));
  if (value instanceof G2) return toHex(encodeG2(value));
  if (typeof value === 'object') return toHex(encodeGt(value));
  return value;
}

const shortened = (text = 'missing') => (text.length > 72 ? `${text.slice(0, 69)}...` : text);
