// HPKE in base mode, RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
// See src/hpke.rs.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bigEndian, concat, utf8 } from './bytes.js';
import { tag } from './tags.js';

const KEM_ID = 0x0020;
const KDF_ID = 0x0001;
const AEAD_ID = 0x0003;
const ENC_BYTES = 32;
const EMPTY = new Uint8Array();

const u16 = (number) => bigEndian(number, 2);
const KEM_SUITE = concat(utf8('KEM'), u16(KEM_ID));
const HPKE_SUITE = concat(utf8('HPKE'), u16(KEM_ID), u16(KDF_ID), u16(AEAD_ID));

// Section 4: LabeledExtract and LabeledExpand.
const labeledExtract = (suite, salt, label, ikm) =>
  extract(sha256, concat(utf8('HPKE-v1'), suite, utf8(label), ikm), salt);
const labeledExpand = (suite, prk, label, info, length) =>
  expand(sha256, prk, concat(u16(length), utf8('HPKE-v1'), suite, utf8(label), info), length);

// Section 7.1.3: DeriveKeyPair.
export function keyPair(ikm) {
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'dkp_prk', ikm);
  const secret = labeledExpand(KEM_SUITE, prk, 'sk', EMPTY, 32);
  return { secret, publicKey: x25519.getPublicKey(secret) };
}

// Section 4.1: ExtractAndExpand of the Diffie-Hellman value.
function sharedSecret(dh, enc, publicKey) {
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', dh);
  return labeledExpand(KEM_SUITE, prk, 'shared_secret', concat(enc, publicKey), 32);
}

// Section 5.1: KeySchedule in base mode, for the first message and for exports.
function schedule(shared, info) {
  const pskIdHash = labeledExtract(HPKE_SUITE, EMPTY, 'psk_id_hash', EMPTY);
  const infoHash = labeledExtract(HPKE_SUITE, EMPTY, 'info_hash', info);
  const context = concat(Uint8Array.of(0), pskIdHash, infoHash);
  const secret = labeledExtract(HPKE_SUITE, shared, 'secret', EMPTY);
  const derive = (label, length) => labeledExpand(HPKE_SUITE, secret, label, context, length);
  return { key: derive('key', 32), nonce: derive('base_nonce', 12), exporter: derive('exp', 32) };
}

// SetupBaseR. `x25519` throws if the Diffie-Hellman value is zero.
function receiver({ secret, publicKey }, info, enc) {
  return schedule(sharedSecret(x25519.getSharedSecret(secret, enc), enc, publicKey), info);
}

const split = (sealed) => {
  if (sealed.length < ENC_BYTES) throw new Error('truncated');
  return [sealed.subarray(0, ENC_BYTES), sealed.subarray(ENC_BYTES)];
};

// OpenBase of enc || ct.
export function open(ikm, info, aad, sealed) {
  const [enc, ciphertext] = split(sealed);
  const { key, nonce } = receiver(keyPair(ikm), info, enc);
  return chacha20poly1305(key, nonce, aad).decrypt(ciphertext);
}

// ReceiveExportBase of the content key of a stream; returns the stream with it.
export function openStream(ikm, info, sealed) {
  const [enc, stream] = split(sealed);
  const { exporter } = receiver(keyPair(ikm), info, enc);
  const key = labeledExpand(HPKE_SUITE, exporter, 'sec', tag('HPKE_STREAM'), 32);
  return { key, stream };
}
