// invalid/openings.json: well-formed values that must not verify or open.
import { decode } from '../lib/codec.js';
import * as dem from '../lib/dem.js';
import { decodeG2 } from '../lib/groups.js';
import * as peks from '../lib/peks.js';
import * as pre from '../lib/pre/conditional.js';
import { keyTypes } from '../lib/pre/keys.js';

const { types } = pre;

// The groups of the conditional scheme share these, whether they need all of them or not.
const parties = (context) => ({
  delegator: decode(keyTypes.publicKey, context.bytes('delegator_public_key')),
  delegatee: decode(keyTypes.publicKey, context.bytes('delegatee_public_key')),
  condition: context.bytes('condition'),
  ad: context.bytes('ad'),
});

export default {
  suite: 'EPIONE-V1-OPENINGS',
  checks: 'tags, re-encryption keys, re-encryptions, locations, sealed texts',
  readers: {
    'conditional: tag of a ciphertext': (context) => {
      const { delegator, condition, ad } = parties(context);
      return (bytes) =>
        pre.verify(delegator, condition, ad, decode(types.ciphertext, bytes));
    },
    'conditional: re-encryption key': (context) => {
      const { delegator, delegatee, condition } = parties(context);
      return (bytes) =>
        pre.verifyReKey(delegator, delegatee, condition, decode(types.rekey, bytes));
    },
    'conditional: re-encryption': (context) => {
      const ciphertext = decode(types.ciphertext, context.bytes('ciphertext'));
      const delegation = { ...parties(context), ciphertext, rk2: decodeG2(context.bytes('rk2')) };
      return (bytes) =>
        pre.verifyReEncryption(delegation, decode(types.reencryption, bytes));
    },
    'peks: locate': (context) => {
      const trapdoor = decode(peks.types.trapdoor, context.bytes('trapdoor'));
      const record = context.bytes('context');
      return (bytes) => {
        peks.locate(decode(peks.types.entry, bytes), trapdoor, record);
      };
    },
    'dem: open': (context) => {
      const [key, record] = [context.bytes('key'), context.bytes('context')];
      return (bytes) => {
        dem.open(key, record, bytes);
      };
    },
  },
};
