// Ed25519 over framed(tag, parts), with strict verification. See src/sign.rs.
import { ed25519 } from '@noble/curves/ed25519.js';
import { framed } from './hash.js';
import { tag } from './tags.js';

const message = (name, parts) => framed([tag(name), ...parts]);

export const publicKey = (seed) => ed25519.getPublicKey(seed);

// Deterministic: a signature in a vector is recomputed from the seed.
export const sign = (seed, name, parts) => ed25519.sign(message(name, parts), seed);

export const verify = (key, name, parts, signature) =>
  ed25519.verify(signature, message(name, parts), key, { zip215: false });

export function checkSignature(key, name, parts, signature) {
  if (!verify(key, name, parts, signature)) throw new Error('the signature does not verify');
}
