// FABEO.
import { typesOf } from '../../lib/abe/encodings.js';
import { base, fabeo } from '../../lib/abe/fabeo.js';
import {
  tokenType, verifyConsistency, verifyKey, verifyToken,
} from '../../lib/abe/fabeo_verification.js';
import { decode } from '../../lib/codec.js';
import { attributesOf, expectKeys, expectMasterKey } from './keys.js';
import { ccaReaders, decodeField } from './openings.js';
import { replayer } from './replay.js';

// The CPA file has the keys' elements in its traces, and the master key.
const replayKeys = ({ hasTrace }) => (fields, types) => {
  const { inputs, trace } = fields;
  const { parameters, masterKey } = fabeo.setup({ alpha: inputs.scalar('alpha') });
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const elements = fabeo.keygen(masterKey, identities, { r: inputs.scalar('r') });
  if (hasTrace) {
    trace.expect({ ...parameters, ...masterKey, base: base() });
    trace.expect({ key_attributes: identities, ...elements });
    expectMasterKey(fields, types, masterKey);
  }
  return expectKeys(fields, types, parameters, { attributes, elements });
};

const types = typesOf(fabeo);

const readers = {
  ...ccaReaders('fabeo', fabeo),
  'fabeo: verify user key': (context) => {
    const parameters = decodeField(context, 'parameters', types.parameters);
    return (bytes) => verifyKey(parameters, decode(types.userKey, bytes));
  },
  'fabeo: verify header': () => (bytes) => verifyConsistency(decode(types.cpaHeader, bytes)),
  'fabeo: refresh user key': (context) => {
    const userKey = decodeField(context, 'user_key', types.userKey);
    return (bytes) => verifyToken(userKey, decode(tokenType, bytes));
  },
};

const checks = 'policy, span program, keys, encapsulation, selection of rows';

export default {
  scheme: fabeo,
  kindSuffix: '',
  messageTypes: { tokenType },
  positive: {
    'abe-fabeo-cpa.json': {
      suite: 'EPIONE-V1-ABE-FABEO-CPA',
      checks: `${checks}, decryption`,
      replay: replayer(fabeo, 'cpa', replayKeys({ hasTrace: true }), { hasSelection: true }),
    },
    'abe-fabeo.json': {
      suite: 'EPIONE-V1-ABE-FABEO',
      checks: `${checks}, coins, re-encryption check`,
      replay: replayer(fabeo, 'cca', replayKeys({ hasTrace: false }), { hasSelection: true }),
    },
  },
  negative: {
    'invalid/abe-fabeo.json': {
      suite: 'EPIONE-V1-INVALID-ABE-FABEO',
      checks: 'ciphertexts, collusion, user keys, header consistency, tokens',
      readers,
    },
  },
};
