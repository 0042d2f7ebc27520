// The named values of a vector. Records the fields that were read, to report all others.
import { fromHex, toHex } from './bytes.js';
import { decodeScalar, encodeG1, encodeG2, encodeGt, encodeScalar, G1, G2 } from './groups.js';

export class Fields {
  #path;
  #values;
  #failures;
  #seen = new Set();

  constructor(path, values, failures) {
    this.#path = path;
    this.#values = values;
    this.#failures = failures;
  }

  has(name) {
    return Object.hasOwn(this.#values, name);
  }

  get(name) {
    if (!this.has(name)) throw new Error(`${this.#path}.${name} is missing`);
    this.#seen.add(name);
    return this.#values[name];
  }

  #typed(name, type) {
    const value = this.get(name);
    if (typeof value !== type) throw new Error(`${this.#path}.${name} is not a ${type}`);
    return value;
  }

  text(name) {
    return this.#typed(name, 'string');
  }

  number(name) {
    const value = this.#typed(name, 'number');
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new Error(`${this.#path}.${name} is not a non-negative integer`);
  }

  bytes(name) {
    return fromHex(this.text(name));
  }

  scalar(name) {
    return decodeScalar(this.bytes(name));
  }

  list(name, read = (text) => text) {
    const values = this.get(name);
    if (!Array.isArray(values)) throw new Error(`${this.#path}.${name} is not a list`);
    return values.map(read);
  }

  byteStrings(name) {
    return this.list(name, fromHex);
  }

  scalars(name) {
    return this.byteStrings(name).map(decodeScalar);
  }

  // Compares each value with the computed one.
  expect(computed) {
    for (const [name, value] of Object.entries(computed)) {
      this.#seen.add(name);
      const [found, expected] = [JSON.stringify(this.#values[name]), JSON.stringify(format(value))];
      if (found !== expected) {
        this.fail(`.${name} is ${shorten(found)}, computed ${shorten(expected)}`);
      }
    }
  }

  fail(reason) {
    this.#failures.push(`${this.#path}${reason}`);
  }

  // Reports every field that was not read, so that no check can be skipped silently.
  close() {
    for (const name of Object.keys(this.#values)) {
      if (!this.#seen.has(name)) this.fail(`.${name} was not read`);
    }
    return this.#seen.size;
  }
}

// Formats a value as in the vector files.
function format(value) {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return toHex(encodeScalar(value));
  if (Array.isArray(value)) return value.map(format);
  if (value instanceof G1) return toHex(encodeG1(value));
  if (value instanceof G2) return toHex(encodeG2(value));
  if (typeof value === 'object') return toHex(encodeGt(value));
  return value;
}

const shorten = (text = 'missing') => (text.length > 72 ? `${text.slice(0, 69)}...` : text);
