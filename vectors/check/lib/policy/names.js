// Names: plain attributes, labels, and values of vocabularies. docs/policy.md, section 2.
import { utf8 } from '../bytes.js';

const RESERVED = new Set(['and', 'or', 'of', 'not', 'in']);
const MAX_BYTES = 256;

export const BARE_START = /[A-Za-z_]/;
export const BARE_CHARACTER = /[A-Za-z0-9_\-.:@/]/;
const BARE = /^[A-Za-z_][A-Za-z0-9_\-.:@/]*$/;

// The rule `excluded`: characters that show nothing or set the direction, by their properties.
const EXCLUDED = new RegExp(
  '[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}' +
    '\\u{2800}\\u{13441}\\u{13442}\\u{16fe4}\\u{1d159}]|(?! )\\p{White_Space}',
  'u',
);

export const isReserved = (word) => RESERVED.has(word.toLowerCase());

export function checkName(name) {
  const { length } = utf8(name);
  if (length < 1 || length > MAX_BYTES) throw new Error('a name has 1 to 256 bytes');
  if (EXCLUDED.test(name)) throw new Error('a name has no control or invisible characters');
  if (!/[^ ]/.test(name)) throw new Error('a name has more than spaces');
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
