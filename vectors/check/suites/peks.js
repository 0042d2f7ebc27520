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
  const { k, entry } = peks.encrypt(publicKey, keyword, context, location, r);
  const trapdoor = peks.trapdoor(s, sought);
  trace.expect({
    p: publicKey.p,
    a: entry.a,
    keyword_hash: peks.hashKeyword(keyword),
    k,
    b: entry.b,
    location_key: peks.locationKey(k, entry.a, context),
    sealed_location: entry.l,
    t: trapdoor.t,
    tested: pairing(entry.a, trapdoor.t),
  });
  const matches = peks.test(entry, trapdoor, context);
  outputs.expect({
    secret_key: encode(types.secretKey, { s }),
    public_key: encode(types.publicKey, publicKey),
    entry: encode(types.entry, entry),
    trapdoor: encode(types.trapdoor, trapdoor),
    matches,
  });

  decode(types.secretKey, outputs.bytes('secret_key'));
  decode(types.publicKey, outputs.bytes('public_key'));
  const read = decode(types.entry, outputs.bytes('entry'));
  const token = decode(types.trapdoor, outputs.bytes('trapdoor'));
  if (matches && !equal(peks.locate(read, token, context), location)) {
    outputs.fail(' gives another location');
  }
}

export default {
  suite: 'EPIONE-V1-PEKS-PLAIN',
  checks: 'entries, trapdoors, matching, locations',
  replay,
};
