// All vector files and their checks.
import * as abe from './abe.js';
import dem from './dem.js';
import elements from './elements.js';
import encodings from './encodings.js';
import hash from './hash.js';
import ledgerProofs from './ledger.js';
import forgedProofs from './ledger/openings.js';
import { checkGroups } from './negative.js';
import openings from './openings.js';
import peks from './peks.js';
import policies from './policies.js';
import { checkCases } from './positive.js';
import preAfgh from './pre_afgh.js';
import preConditional from './pre_conditional.js';
import protocol from './protocol.js';
import messages from './protocol/openings.js';
import pseudonym from './pseudonym.js';

const POSITIVE = {
  'hash.json': hash,
  'dem.json': dem,
  ...abe.positive,
  'peks.json': peks,
  'pre-afgh.json': preAfgh,
  'pre-conditional.json': preConditional,
  'pseudonym.json': pseudonym,
  'protocol.json': protocol,
  'ledger-proofs.json': ledgerProofs,
};

const NEGATIVE = {
  'invalid/elements.json': elements,
  'invalid/encodings.json': encodings,
  'invalid/ledger-proofs.json': forgedProofs,
  'invalid/messages.json': messages,
  'invalid/openings.json': openings,
  'invalid/policies.json': policies,
  ...abe.negative,
};

export const POSITIVE_FILES = Object.keys(POSITIVE);
export const NEGATIVE_FILES = Object.keys(NEGATIVE);

// The names without a check.
export const unknownFiles = (names) =>
  names.filter((name) => !POSITIVE_FILES.includes(name) && !NEGATIVE_FILES.includes(name));

export const checksOf = (name) => (POSITIVE[name] ?? NEGATIVE[name]).checks;

// Checks a file; returns the number of cases, the number of fields and the failures.
export function checkFile(name, document) {
  try {
    return name in POSITIVE
      ? checkCases(POSITIVE[name], document)
      : checkGroups(NEGATIVE[name], document);
  } catch (error) {
    return { count: 0, failures: [error.message] };
  }
}
