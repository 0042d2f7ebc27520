// Readers of invalid/abe-*.json that several schemes share: well-formed ciphertexts and user keys
// that must not decrypt.
import { typesOf } from '../../lib/abe/encodings.js';
import * as kem from '../../lib/abe/kem.js';
import { decode } from '../../lib/codec.js';

export const decodeField = (context, name, type) => decode(type, context.bytes(name));

export function ccaReaders(name, scheme) {
  const types = typesOf(scheme);
  const open = (parameters, userKey, ad, { header, body }) => {
    const key = kem.decapsulate(scheme, types, parameters, userKey, ad, header);
    kem.openBody(types.header, header, ad, key, body);
  };
  return {
    [`${name}: open ciphertext`]: (context) => {
      const parameters = decodeField(context, 'parameters', types.parameters);
      const userKey = decodeField(context, 'user_key', types.userKey);
      const ad = context.bytes('ad');
      return (bytes) => open(parameters, userKey, ad, decode(types.ciphertext, bytes));
    },
    [`${name}: open with user key`]: (context) => {
      const parameters = decodeField(context, 'parameters', types.parameters);
      const ciphertext = decodeField(context, 'ciphertext', types.ciphertext);
      const ad = context.bytes('ad');
      return (bytes) => open(parameters, decode(types.userKey, bytes), ad, ciphertext);
    },
  };
}

export function cpaReaders(name, scheme) {
  const types = typesOf(scheme);
  return {
    [`${name}: open with user key`]: (context) => {
      const { header, body } = decodeField(context, 'ciphertext', types.cpaCiphertext);
      const ad = context.bytes('ad');
      return (bytes) => {
        const key = kem.decapsulateCpa(scheme, types, decode(types.userKey, bytes), header);
        kem.openBody(types.cpaHeader, header, ad, key, body);
      };
    },
  };
}
