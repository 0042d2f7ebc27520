// The domain separation tags of src/algebra/tag.rs.
import { utf8 } from './bytes.js';

const TO_G1 = '-with-BLS12381G1_XMD:SHA-256_SSWU_RO_';
const TO_G2 = '-with-BLS12381G2_XMD:SHA-256_SSWU_RO_';
const TO_SCALAR = '-with-expander-SHA256-128';

const NAMES = {
  [TO_G1]: [
    'FABEO_BASE', 'FABEO_ATTRIBUTE', 'WATERS_ATTRIBUTE', 'DECENTRALISED_ATTRIBUTE',
    'DECENTRALISED_USER', 'REVOCABLE_ATTRIBUTE', 'REVOCABLE_POSSESSION',
  ],
  [TO_G2]: ['PEKS_KEYWORD', 'PRE_CONDITION', 'PRE_CAPSULE_TAG'],
  [TO_SCALAR]: [
    'FABEO_EXPONENT', 'REVOCABLE_USER', 'ABE_COIN', 'PRE_EXPONENT', 'PRE_REENCRYPTION',
    'PRE_PROOF', 'PRE_NONCE', 'PRE_POSSESSION',
  ],
  '': [
    'FABEO_SET', 'ABE_KEY', 'ABE_PARAMETERS', 'ABE_MESSAGE', 'ABE_MASK', 'PEKS_CHECK',
    'PEKS_LOCATION', 'PRE_CONTEXT', 'PRE_TAG_CONTEXT', 'PRE_MASK', 'PRE_KEY', 'PRE_BODY',
    'AFGH_KEY', 'PSEUDONYM_ROOT', 'PSEUDONYM_DOCTOR', 'PSEUDONYM_NODE', 'PSEUDONYM_NAME',
    'PSEUDONYM_SECRET', 'DEM_KEYS', 'HPKE_STREAM', 'SIGN_CERTIFICATE', 'SIGN_POSSESSION',
    'SIGN_TRANSACTION', 'SIGN_QUERY', 'SIGN_FORWARD', 'SIGN_UPLOAD', 'SIGN_SEARCH', 'SIGN_FETCH',
    'SIGN_RECEIPT', 'SIGN_MESSAGE', 'SIGN_CONSENSUS', 'CONSENSUS_CONFIG', 'CONSENSUS_BATCH',
    'CONSENSUS_REQUEST', 'CONSENSUS_GROUPING', 'CONSENSUS_MESSAGE', 'CONSENSUS_VERDICT',
    'SIM_TRACE', 'SIM_SIGNATURE', 'SIM_VALUE', 'LEDGER_TRANSACTION', 'LEDGER_LEAF', 'LEDGER_NODE',
    'LEDGER_BLOCK', 'LEDGER_STATE', 'LEDGER_MAP_ENTRY', 'LEDGER_MAP_BRANCH', 'LEDGER_SERIAL',
    'LEDGER_ATTRIBUTE', 'LEDGER_REKEY', 'LEDGER_TRAPDOOR',
    'PROTOCOL_OWNER', 'PROTOCOL_SECTION', 'PROTOCOL_LOCK', 'PROTOCOL_OBJECT', 'PROTOCOL_CONDITION',
    'PROTOCOL_QUERY', 'PROTOCOL_TERM', 'PROTOCOL_REENCRYPTION', 'PROTOCOL_ENTRY',
    'PROTOCOL_MESSAGE', 'PROTOCOL_RESPONSE', 'PROTOCOL_SEARCH',
  ],
};

// A tag names the purpose of its hash and, after `-with-`, the RFC 9380 suite.
export const TAGS = new Map(
  Object.entries(NAMES).flatMap(([suffix, names]) =>
    names.map((name) => [name, `EPIONE-V1-${name.replaceAll('_', '-')}${suffix}`]),
  ),
);

// The tags used since the last clear: a vector file lists exactly the tags of its suite.
export const used = new Set();

export function tag(name) {
  if (!TAGS.has(name)) throw new Error(`unknown tag ${name}`);
  used.add(name);
  return utf8(TAGS.get(name));
}
