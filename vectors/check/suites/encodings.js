// invalid/encodings.json: complete encodings of each type.
import { decode, KIND } from '../lib/codec.js';
import { configType } from '../lib/ledger/config.js';
import { proofType } from '../lib/ledger/proofs.js';
import { types as messages } from '../lib/messages.js';
import { types as peks } from '../lib/peks.js';
import { types as afgh } from '../lib/pre/afgh.js';
import { types as conditional } from '../lib/pre/conditional.js';
import { keyTypes } from '../lib/pre/keys.js';
import { certificateType } from '../lib/protocol/certificate.js';
import { types as payloads } from '../lib/protocol/payloads.js';
import { types as secrets } from '../lib/protocol/secrets.js';
import { windowType } from '../lib/pseudonym.js';
import * as abe from './abe.js';

// Readers by kind, with the suffix of an ABE scheme appended.
const readers = (types, suffix = '') =>
  Object.fromEntries(Object.values(types).map((type) => [type.kind + suffix, reader(type)]));

const reader = (type) => (context) => {
  context.expect({ kind: KIND[type.kind] });
  return (bytes) => {
    decode(type, bytes);
  };
};

export default {
  suite: 'EPIONE-V1-ENCODINGS',
  checks: 'version, kind, suite, lengths, elements, sets of attributes, policies, keys',
  readers: {
    ...Object.assign({}, ...abe.types.map(([types, suffix]) => readers(types, suffix))),
    ...readers(peks),
    ...readers(keyTypes),
    ...readers(conditional),
    ...readers(afgh),
    ...readers({ windowType }),
    ...readers(messages),
    ...readers({ certificateType }),
    ...readers(payloads),
    ...readers(secrets),
    ...readers({ configType, proofType }),
  },
};
