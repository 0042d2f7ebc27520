// Waters' scheme.
import { waters } from '../../lib/abe/waters.js';
import { attributesOf, expectKeys, expectMasterKey } from './keys.js';
import { ccaReaders } from './openings.js';
import { replayer } from './replay.js';

function replayKeys(fields, types) {
  const { inputs, trace } = fields;
  const secrets = { a: inputs.scalar('a'), alpha: inputs.scalar('alpha') };
  const { parameters, masterKey } = waters.setup(secrets);
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const elements = waters.keygen(masterKey, identities, { t: inputs.scalar('t') });
  trace.expect({ ...parameters, key_attributes: identities, ...elements });
  expectMasterKey(fields, types, masterKey);
  return expectKeys(fields, types, parameters, { attributes, elements });
}

export default {
  scheme: waters,
  kindSuffix: 'Waters',
  messageTypes: {},
  positive: {
    'abe-waters.json': {
      suite: 'EPIONE-V1-ABE-WATERS',
      checks: 'policy, span program, keys, encapsulation, coins, re-encryption check',
      replay: replayer(waters, 'cca', replayKeys),
    },
  },
  negative: {
    'invalid/abe-waters.json': {
      suite: 'EPIONE-V1-INVALID-ABE-WATERS',
      checks: 'ciphertexts, collusion',
      readers: ccaReaders('waters', waters),
    },
  },
};
