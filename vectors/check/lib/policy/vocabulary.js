// Vocabularies: the values of a label in one version. docs/policy.md, 3.5.
import { compare, utf8 } from '../bytes.js';
import { checkLabel, printName } from './names.js';
import { at, Cursor } from './tokens.js';
import { MAX_LEAVES } from './tree.js';

// vocabulary = name "#" number ":" name *("," name)
export function parseVocabulary(text) {
  const cursor = new Cursor(text);
  const label = cursor.name();
  const version = cursor.version();
  cursor.expect(':');
  const values = [];
  do values.push(cursor.name());
  while (cursor.advanceIf(','));
  cursor.expect('end');
  return at(1, () => ({ label: checkLabel(label), version, values: ordered(values) }));
}

// Returns the values in byte order.
function ordered(values) {
  if (new Set(values).size !== values.length) throw new Error('a value is listed twice');
  if (values.length > MAX_LEAVES) throw new Error('the vocabulary has too many values');
  return values.sort((a, b) => compare(utf8(a), utf8(b)));
}

export const printVocabulary = ({ label, version, values }) =>
  `${printName(label)}#${version}: ${values.map(printName).join(', ')}`;
