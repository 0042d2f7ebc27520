// peks.json: searchable encryption.
import { equal } from '../lib/bytes.js';
import { decode, encode } from '../lib/codec.js';
import { pairing } from '../lib/groups.js';
import * as peks from '../lib/peks.js';

const { types } = peks;

function replay({ inputs, trace, outputs }) {
  const [s, r] = [inputs.scalar('s'), inputs.scalar('r')];
  const [keyword, sought] = [inputs.bytes('keyword'), inputs.bytes('sought')];
  const [context, location] = [inputs.bytes('context'), inputs.bytes('location')];

  const publicKey = peks.publicKey(s);
  const { k, ciphertext } = peks.encrypt(publicKey, keyword, context, location, r);
  const trapdoor = peks.trapdoor(s, sought);
  trace.expect({
    p: publicKey.p,
    a: ciphertext.a,
    keyword_hash: peks.hashKeyword(keyword),
    k,
    b: ciphertext.b,
    location_key: peks.locationKey(k, ciphertext.a, context),
    sealed_location: ciphertext.l,
    t: trapdoor.t,
    tested: pairing(ciphertext.a, trapdoor.t),
  });
  const matches = peks.test(ciphertext, trapdoor, context);
  outputs.expect({
    secret_key: encode(types.secretKey, { s }),
    public_key: encode(types.publicKey, publicKey),
    entry: encode(types.ciphertext, ciphertext),
    trapdoor: encode(types.trapdoor, trapdoor),
    matches,
  });

  decode(types.secretKey, outputs.bytes('secret_key'));
  decode(types.publicKey, outputs.bytes('public_key'));
  const read = decode(types.ciphertext, outputs.bytes('entry'));
  const decodedTrapdoor = decode(types.trapdoor, outputs.bytes('trapdoor'));
  if (matches && !equal(peks.locate(read, decodedTrapdoor, context), location)) {
    outputs.fail(': the location decrypts to another one');
  }
}

export default {
  suite: 'EPIONE-V1-PEKS-PLAIN',
  checks: 'ciphertexts, trapdoors, matching, locations',
  replay,
};
