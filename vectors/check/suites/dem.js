// dem.json: data encapsulation.
import * as dem from '../lib/dem.js';
import { equal } from '../lib/bytes.js';
import { sha256 } from '../lib/hash.js';

// Maximum length of a plaintext whose ciphertext is stored in full.
const MAX_STORED = 1024;

function replay({ inputs, trace, outputs }) {
  const [key, context] = [inputs.bytes('key'), inputs.bytes('context')];
  const length = inputs.number('plaintext_length');
  const plaintext = Uint8Array.from({ length }, (_, i) => i % 251);
  const { cipherKey, noncePrefix, commitment } = dem.keys(key, context);
  trace.expect({
    cipher_key: cipherKey,
    nonce_prefix: noncePrefix,
    commitment,
    segments: dem.segmentCount(length),
  });

  const sealed = dem.seal(key, context, plaintext);
  outputs.expect({ sealed_length: sealed.length, sealed_sha256: sha256(sealed) });
  if (length <= MAX_STORED) outputs.expect({ sealed });
  if (!equal(dem.open(key, context, sealed), plaintext)) outputs.fail(' does not decrypt');
}

export default {
  suite: 'EPIONE-V1-DEM',
  checks: 'key derivation, commitment, segments, sealing and opening',
  replay,
};
