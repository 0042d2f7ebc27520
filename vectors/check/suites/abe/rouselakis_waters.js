// The decentralised scheme of Rouselakis and Waters.
import { hashUser, rouselakisWaters } from '../../lib/abe/rouselakis_waters.js';
import { encode } from '../../lib/codec.js';
import { attributesOf, expectKeys } from './keys.js';
import { cpaReaders } from './openings.js';
import { replayer } from './replay.js';

// The authorities of the vectors.
const AUTHORITIES = ['H', 'L'];

function replayKeys(fields, types) {
  const { inputs, trace, outputs } = fields;
  const [alpha, y] = [inputs.scalars('alpha'), inputs.scalars('y')];
  const setups = AUTHORITIES.map((name, i) =>
    rouselakisWaters.setup({ name, alpha: alpha[i], y: y[i] }));
  const authorities = setups.map(({ authority }) => authority);
  const masterKeys = setups.map(({ masterKey }) => masterKey);
  const attributes = attributesOf(fields);
  const identities = attributes.identities();
  const gid = inputs.text('gid');
  const elements = rouselakisWaters.keygen(masterKeys, gid, identities, inputs.scalars('t'));
  trace.expect({
    z_alpha: authorities.map(({ z_alpha }) => z_alpha),
    g2_y: authorities.map(({ g2_y }) => g2_y),
    h_gid: hashUser(gid),
    key_attributes: identities,
    k: elements.k,
    k_prime: elements.k_prime,
  });
  outputs.expect({ authority_keys: masterKeys.map((key) => encode(types.masterKey, key)) });
  return expectKeys(fields, types, { authorities }, { attributes, elements });
}

export default {
  scheme: rouselakisWaters,
  kindSuffix: 'RouselakisWaters',
  messageTypes: {},
  positive: {
    'abe-rouselakis-waters-cpa.json': {
      suite: 'EPIONE-V1-ABE-DECENTRALISED-CPA',
      checks: 'policy, span program, keys, encapsulation, decryption',
      replay: replayer(rouselakisWaters, 'cpa', replayKeys),
    },
  },
  negative: {
    'invalid/abe-rouselakis-waters.json': {
      suite: 'EPIONE-V1-INVALID-ABE-DECENTRALISED',
      checks: 'collusion, other users, other authorities',
      readers: cpaReaders('rouselakis_waters', rouselakisWaters),
    },
  },
};
