// The values that a label can have, in one version. docs/policy.md, "Values of a vocabulary".
import { compare, utf8 } from '../bytes.js';
import { checkLabel, printName } from './names.js';
import { at, Cursor } from './tokens.js';
import { MAX_LEAVES } from './tree.js';

// label "#" version ":" value *("," value)
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

// In the order of their bytes.
function ordered(values) {
  if (new Set(values).size !== values.length) throw new Error('a value is listed twice');
  if (values.length > MAX_LEAVES) throw new Error('more values than a policy has leaves');
  return values.sort((a, b) => compare(utf8(a), utf8(b)));
}

export const printVocabulary = ({ label, version, values }) =>
  `${printName(label)}#${version}: ${values.map(printName).join(', ')}`;
