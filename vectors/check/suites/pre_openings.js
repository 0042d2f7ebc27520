// invalid/openings.json: the groups of proxy re-encryption.
import { decode, decodeParts } from '../lib/codec.js';
import { decodeG2 } from '../lib/groups.js';
import * as afgh from '../lib/pre/afgh.js';
import * as pre from '../lib/pre/conditional.js';
import { keyTypes, publicKey, verifyPossession } from '../lib/pre/keys.js';

const { types } = pre;

// The context of all verifications of the conditional scheme; some do not use every value.
const parties = (context) => ({
  delegator: decode(keyTypes.publicKey, context.bytes('delegator_public_key')),
  delegatee: decode(keyTypes.publicKey, context.bytes('delegatee_public_key')),
  ...sealedUnder(context),
});

const sealedUnder = (context) => ({
  condition: context.bytes('condition'),
  ad: context.bytes('ad'),
});

const exponentOf = (context, name) => decode(keyTypes.secretKey, context.bytes(name)).exponent;

export const conditionalReaders = {
  'conditional: verify ciphertext': (context) => {
    const { condition, ad } = sealedUnder(context);
    return (bytes) => pre.verify(condition, ad, decode(types.ciphertext, bytes));
  },
  'conditional: verify re-encryption key': (context) => {
    const { delegator, delegatee, condition } = parties(context);
    return (bytes) =>
      pre.verifyReKey(delegator, delegatee, condition, decode(types.rekey, bytes));
  },
  'conditional: verify re-encryption': (context) => {
    const ciphertext = decode(types.ciphertext, context.bytes('ciphertext'));
    const delegation = { ...parties(context), ciphertext, rk2: decodeG2(context.bytes('rk2')) };
    return (bytes) =>
      pre.verifyReEncryption(delegation, decode(types.reencryption, bytes));
  },
  'conditional: open': (context) => {
    const exponent = exponentOf(context, 'secret_key');
    const { condition, ad } = sealedUnder(context);
    return (bytes) => {
      const ciphertext = decode(types.ciphertext, bytes);
      pre.open(exponent, publicKey(exponent), condition, ad, ciphertext);
    };
  },
  // The delegatee verifies ciphertext and re-encryption before decryption.
  'conditional: open re-encryption': (context) => {
    const exponent = exponentOf(context, 'delegatee_secret_key');
    const delegator = decode(keyTypes.publicKey, context.bytes('delegator_public_key'));
    const { condition, ad } = sealedUnder(context);
    const rk2 = decodeG2(context.bytes('rk2'));
    const shared = { delegator, delegatee: publicKey(exponent), condition, ad, rk2 };
    return (bytes) => {
      const [first, second] = decodeParts(bytes, 2);
      const [ciphertext, reencryption] = [
        decode(types.ciphertext, first), decode(types.reencryption, second),
      ];
      const delegation = { ...shared, ciphertext };
      if (!pre.verify(condition, ad, ciphertext)) throw new Error('the public tag is invalid');
      const isVerified = pre.verifyReEncryption(delegation, reencryption);
      if (!isVerified) throw new Error('the re-encryption is invalid');
      pre.openReencrypted(exponent, delegation, reencryption);
    };
  },
};

export const afghReaders = {
  'afgh: open': (context) => {
    const [exponent, ad] = [exponentOf(context, 'secret_key'), context.bytes('ad')];
    return (bytes) => {
      afgh.open(exponent, ad, decode(afgh.types.ciphertext, bytes));
    };
  },
  'afgh: open re-encryption': (context) => {
    const [exponent, ad] = [exponentOf(context, 'secret_key'), context.bytes('ad')];
    return (bytes) => {
      afgh.openReencrypted(exponent, ad, decode(afgh.types.reencryption, bytes));
    };
  },
};

export const possessionReaders = {
  'pre: verify proof of possession': (context) => {
    const key = decode(keyTypes.publicKey, context.bytes('public_key'));
    const proven = context.bytes('context');
    return (bytes) => verifyPossession(key, proven, decode(keyTypes.possession, bytes));
  },
};
