// Names: plain attributes, labels, and values of vocabularies. docs/policy.md, section 2.
import { utf8 } from '../bytes.js';

const RESERVED = new Set(['and', 'or', 'of', 'not', 'in']);
const MAX_BYTES = 256;

export const BARE_START = /[A-Za-z_]/;
export const BARE_CHARACTER = /[A-Za-z0-9_\-.:@/]/;
const BARE = /^[A-Za-z_][A-Za-z0-9_\-.:@/]*$/;

// The rule `excluded`: control characters, and characters that are invisible or set the direction.
const EXCLUDED = new RegExp(
  '[\\u{0}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{34f}\\u{61c}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}' +
    '\\u{180b}-\\u{180f}\\u{200b}-\\u{200f}\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{3164}' +
    '\\u{fe00}-\\u{fe0f}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}\\u{1bca0}-\\u{1bca3}' +
    '\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]',
  'u',
);

export const isReserved = (word) => RESERVED.has(word.toLowerCase());

export function checkName(name) {
  const { length } = utf8(name);
  if (length < 1 || length > MAX_BYTES) throw new Error('a name has 1 to 256 bytes');
  if (EXCLUDED.test(name)) throw new Error('a name has no control or invisible characters');
  return name;
}

export function checkLabel(label) {
  if (label.includes(':')) throw new Error('the label of a vocabulary contains no colon');
  return label;
}

// The canonical text: bare if possible, quoted otherwise.
export function printName(name) {
  if (BARE.test(name) && !isReserved(name)) return name;
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
