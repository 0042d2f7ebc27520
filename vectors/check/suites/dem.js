// dem.json: the cipher for every plaintext.
import * as dem from '../lib/dem.js';
import { equal } from '../lib/bytes.js';
import { sha256 } from '../lib/hash.js';

// A sealed text is written out where its plaintext has at most so many bytes.
const WRITTEN_OUT = 1024;

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
  if (length <= WRITTEN_OUT) outputs.expect({ sealed });
  if (!equal(dem.open(key, context, sealed), plaintext)) outputs.fail(' does not open');
}

export default {
  suite: 'EPIONE-V1-DEM',
  checks: 'key derivation, commitment, segments, sealing and opening',
  replay,
};
