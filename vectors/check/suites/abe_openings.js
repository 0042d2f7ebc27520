// invalid/abe-*.json: well-formed keys, ciphertexts and messages that must not verify or open.
import { rouselakisWaters } from '../lib/abe/rouselakis_waters.js';
import { typesOf } from '../lib/abe/encodings.js';
import { fabeo } from '../lib/abe/fabeo.js';
import { tokenType, verifyKey, verifyConsistency, verifyToken } from '../lib/abe/fabeo_checks.js';
import * as kem from '../lib/abe/kem.js';
import {
  messageTypes, pang, verifyAttributeKey, verifyComponent, verifyShare,
} from '../lib/abe/pang.js';
import { waters } from '../lib/abe/waters.js';
import { decode } from '../lib/codec.js';

const read = (context, name, type) => decode(type, context.bytes(name));

function openCca(scheme, types, parameters, userKey, ad, { header, body }) {
  const key = kem.decapsulate(scheme, types, parameters, userKey, ad, header);
  kem.openBody(types.header, header, ad, key, body);
}

function openCpa(scheme, types, userKey, ad, { header, body }) {
  const key = kem.decapsulateCpa(scheme, types, userKey, header);
  kem.openBody(types.cpaHeader, header, ad, key, body);
}

function againstCiphertexts(scheme) {
  const types = typesOf(scheme);
  return {
    'abe: open a ciphertext': (context) => {
      const parameters = read(context, 'parameters', types.parameters);
      const [userKey, ad] = [read(context, 'user_key', types.userKey), context.bytes('ad')];
      return (bytes) =>
        openCca(scheme, types, parameters, userKey, ad, decode(types.ciphertext, bytes));
    },
    'abe: open with a key': (context) => {
      const parameters = read(context, 'parameters', types.parameters);
      const [ciphertext, ad] = [read(context, 'ciphertext', types.ciphertext), context.bytes('ad')];
      return (bytes) =>
        openCca(scheme, types, parameters, decode(types.userKey, bytes), ad, ciphertext);
    },
  };
}

function againstPlaintexts(scheme) {
  const types = typesOf(scheme);
  return {
    'abe: open with a key': (context) => {
      const ciphertext = read(context, 'ciphertext', types.cpaCiphertext);
      const ad = context.bytes('ad');
      return (bytes) => openCpa(scheme, types, decode(types.userKey, bytes), ad, ciphertext);
    },
  };
}

const fabeoTypes = typesOf(fabeo);

export const fabeoOpenings = {
  suite: 'EPIONE-V1-INVALID-ABE-FABEO',
  checks: 'ciphertexts, collusion, keys, locks, tokens',
  readers: {
    ...againstCiphertexts(fabeo),
    'fabeo: verify a key': (context) => {
      const parameters = read(context, 'parameters', fabeoTypes.parameters);
      return (bytes) => verifyKey(parameters, decode(fabeoTypes.userKey, bytes));
    },
    'fabeo: verify a header': () => (bytes) => verifyConsistency(decode(fabeoTypes.cpaHeader, bytes)),
    'fabeo: take a token into a key': (context) => {
      const userKey = read(context, 'user_key', fabeoTypes.userKey);
      return (bytes) => verifyToken(userKey, decode(tokenType, bytes));
    },
  },
};

export const watersOpenings = {
  suite: 'EPIONE-V1-INVALID-ABE-WATERS',
  checks: 'ciphertexts, collusion',
  readers: againstCiphertexts(waters),
};

export const decentralisedOpenings = {
  suite: 'EPIONE-V1-INVALID-ABE-DECENTRALISED',
  checks: 'collusion, other users, other authorities',
  readers: againstPlaintexts(rouselakisWaters),
};

export const revocableOpenings = {
  suite: 'EPIONE-V1-INVALID-ABE-REVOCABLE',
  checks: 'epochs, collusion, shares, proofs of possession, components',
  readers: {
    ...againstPlaintexts(pang),
    'pang: verify a share': () => (bytes) =>
      verifyShare(decode(messageTypes.share, bytes)),
    'pang: verify an attribute key': () => (bytes) =>
      verifyAttributeKey(decode(messageTypes.attributeKey, bytes)),
    'pang: take a component into a key': (context) => {
      const { elements } = read(context, 'user_key', typesOf(pang).userKey);
      const key = read(context, 'attribute_key', messageTypes.attributeKey);
      if (!verifyAttributeKey(key)) throw new Error('an attribute key without a proof');
      return (bytes) => verifyComponent(elements, key, decode(messageTypes.component, bytes));
    },
  },
};
