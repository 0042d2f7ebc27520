// invalid/policies.json: texts of policies, attribute sets and vocabularies.
import { fromUtf8 } from '../lib/bytes.js';
import { AttributeSet } from '../lib/policy/attributes.js';
import { parsePolicy } from '../lib/policy/parse.js';
import { print } from '../lib/policy/tree.js';
import { parseVocabulary, printVocabulary } from '../lib/policy/vocabulary.js';

function vocabulariesOf(context) {
  if (!context.has('vocabulary')) return new Map();
  const vocabulary = parseVocabulary(context.text('vocabulary'));
  return new Map([[vocabulary.label, vocabulary]]);
}

// Returns the canonical text, which must parse to itself without any vocabulary.
function canonical(bytes, read, readAgain = read) {
  try {
    const printed = read(fromUtf8(bytes));
    if (readAgain(printed) !== printed) throw new Error(`${printed} prints differently`);
    return { canonical: printed };
  } catch (error) {
    throw Object.assign(error, { fields: { column: error.column } });
  }
}

export default {
  suite: 'EPIONE-V1-POLICIES',
  checks: 'verdicts, error columns, canonical texts',
  readers: {
    AccessPolicy: (context) => {
      const vocabularies = vocabulariesOf(context);
      const reader = (known) => (text) => print(parsePolicy(text, known));
      return (bytes) => canonical(bytes, reader(vocabularies), reader(new Map()));
    },
    AttributeSet: () => (bytes) => canonical(bytes, (text) => `${AttributeSet.parse(text)}`),
    Vocabulary: () => (bytes) =>
      canonical(bytes, (text) => printVocabulary(parseVocabulary(text))),
  },
};
