// The lexer and the token stream. Each token has its position in the text.
import { utf8 } from '../bytes.js';
import { BARE_CHARACTER, BARE_START, checkName, isReserved } from './names.js';

const MAX_TEXT_BYTES = 2 ** 20;
const KEYWORDS = new Set(['and', 'or', 'of', 'not', 'in']);
const SYMBOLS = ['<=', '>=', '<', '>', '=', '..', '(', ')', ',', '#', ':'];
const DIGIT = /[0-9]/;

export class ParseError extends Error {
  constructor(column, reason) {
    super(`column ${column}: ${reason}`);
    this.column = column;
  }
}

// Runs `make` and reports its errors at a position.
export function at(column, make) {
  try {
    return make();
  } catch (error) {
    throw error instanceof ParseError ? error : new ParseError(column, error.message);
  }
}

// A token is { type, column }, with { text } for a name or a word. A type is 'name', 'word' (which
// starts with a digit), 'end', a keyword or a symbol.
class Lexer {
  constructor(text) {
    this.characters = Array.from(text);
    this.position = 0;
  }

  next() {
    while (' \t\r\n'.includes(this.characters[this.position] ?? 'x')) this.position += 1;
    const column = this.position + 1;
    return at(column, () => ({ column, ...this.token(this.characters[this.position]) }));
  }

  token(first) {
    if (first === undefined) return { type: 'end' };
    if (first === '"') return { type: 'name', text: this.quoted() };
    if (BARE_START.test(first)) return this.bare();
    if (DIGIT.test(first)) return { type: 'word', text: this.word() };
    return { type: this.symbol() };
  }

  takeWhile(belongs) {
    let end = this.position;
    while (end < this.characters.length && belongs(this.characters[end], end)) end += 1;
    const taken = this.characters.slice(this.position, end).join('');
    this.position = end;
    return taken;
  }

  bare() {
    const text = this.takeWhile((c) => BARE_CHARACTER.test(c));
    if (KEYWORDS.has(text)) return { type: text };
    if (isReserved(text)) throw new Error(`write ${text} in lower case, or quote it as a name`);
    return { type: 'name', text };
  }

  // Reads the characters of bare names except the colon, up to the `..` of a range.
  word() {
    const { characters } = this;
    const isRange = (i) => characters[i] === '.' && characters[i + 1] === '.';
    return this.takeWhile((c, i) => BARE_CHARACTER.test(c) && c !== ':' && !isRange(i));
  }

  quoted() {
    let text = '';
    for (let i = this.position + 1; ; i++) {
      let c = this.characters[i];
      if (c === '"') {
        this.position = i + 1;
        return text;
      }
      if (c === '\\') {
        c = this.characters[++i];
        if (c !== '"' && c !== '\\') throw new Error('an unknown escape');
      }
      if (c === undefined) throw new Error('the quoted name is not closed');
      text += c;
    }
  }

  symbol() {
    const [c, d = ''] = this.characters.slice(this.position, this.position + 2);
    const symbol = SYMBOLS.find((candidate) => candidate === c + d || candidate === c);
    if (symbol === undefined) throw new Error(`unexpected character ${c}`);
    this.position += symbol.length;
    return symbol;
  }
}

// A token stream with one token of lookahead.
export class Cursor {
  #lexer;

  constructor(text) {
    if (utf8(text).length > MAX_TEXT_BYTES) throw new ParseError(1, 'the text is too long');
    this.#lexer = new Lexer(text);
    this.token = this.#lexer.next();
  }

  advance() {
    const taken = this.token;
    this.token = this.#lexer.next();
    return taken;
  }

  advanceIf(type) {
    const found = this.token.type === type;
    if (found) this.advance();
    return found;
  }

  fail(reason) {
    throw new ParseError(this.token.column, reason);
  }

  expect(type) {
    if (this.token.type !== type) this.fail(`expected ${type}, found ${this.token.type}`);
    return this.advance();
  }

  name() {
    const { column, text } = this.token;
    if (this.token.type === 'name') at(column, () => checkName(text));
    return this.expect('name').text;
  }

  // Reads "#" number, the version of a vocabulary.
  version() {
    this.expect('#');
    const { column, text } = this.expect('word');
    return at(column, () => count(text));
  }
}

// Parses a number of 32 bits without a width.
export function count(word) {
  if (!/^(0|[1-9][0-9]*)$/.test(word) || Number(word) >= 2 ** 32) {
    throw new Error(`${word} is not a number without a width`);
  }
  return Number(word);
}
