// abe-*.json: keys, headers and ciphertexts of the schemes with a policy.
import { rouselakisWaters } from '../lib/abe/rouselakis_waters.js';
import { typesOf } from '../lib/abe/encodings.js';
import { fabeo } from '../lib/abe/fabeo.js';
import * as kem from '../lib/abe/kem.js';
import { pang } from '../lib/abe/pang.js';
import { waters } from '../lib/abe/waters.js';
import { equal } from '../lib/bytes.js';
import { decode, encode } from '../lib/codec.js';
import { rouselakisWatersKeys, fabeoKeys, pangKeys, watersKeys } from './abe_keys.js';

function replayCapsule({ trace }, scheme, { policy, program, encapsulation }, coins, shared) {
  trace.expect({
    canonical_policy: policy,
    row_attributes: program.rows.map(({ identity }) => identity),
    matrix: program.matrix(),
    lambdas: program.share(coins.shares),
    ...scheme.steps(program, encapsulation, coins),
    z_s: shared,
  });
}

function replaySelection({ outputs }, scheme, header, userKey, showsSelection) {
  const selection = kem.select(scheme, userKey, header);
  outputs.expect({ satisfied: selection !== undefined });
  if (selection && showsSelection) {
    outputs.expect({
      selected_rows: selection.map(({ row }) => `${row}`),
      gammas: selection.map(({ gamma }) => gamma),
    });
  }
  return selection !== undefined;
}

// Opens the file's ciphertext with the file's key, or is refused.
function replayOpening({ outputs }, isSatisfied, expected, open) {
  try {
    const [key, plaintext] = open();
    if (!isSatisfied) outputs.fail(' opens, though the policy is not satisfied');
    if (!equal(key, expected.key)) outputs.fail(' decapsulates to another key');
    if (!equal(plaintext, expected.plaintext)) outputs.fail(' opens to another plaintext');
  } catch (error) {
    if (isSatisfied) outputs.fail(` does not open: ${error.message}`);
  }
}

function againstPlaintexts(scheme, types) {
  return {
    encapsulate({ inputs }, parameters, policy) {
      const coins = { shares: inputs.scalars('shares'), masks: inputs.scalars('masks') };
      return { coins, ...kem.encapsulateCpa(scheme, types, parameters, policy, coins) };
    },
    decapsulate: (parameters, userKey, ad, header) =>
      kem.decapsulateCpa(scheme, types, userKey, header),
    header: types.cpaHeader,
    ciphertext: types.cpaCiphertext,
  };
}

function againstCiphertexts(scheme, types) {
  return {
    encapsulate({ inputs, trace, outputs }, parameters, policy) {
      const [ad, message] = [inputs.bytes('ad'), inputs.bytes('message')];
      const made = kem.encapsulate(scheme, types, parameters, policy, ad, message);
      trace.expect({ parameters_digest: made.parametersDigest, seed: made.seed, ...made.coins });
      outputs.expect({ masked: made.header.masked });
      return made;
    },
    decapsulate: (parameters, userKey, ad, header) =>
      kem.decapsulate(scheme, types, parameters, userKey, ad, header),
    header: types.header,
    ciphertext: types.ciphertext,
  };
}

function replayer(scheme, replayKeys, variant, { showsSelection }) {
  const types = typesOf(scheme);
  const { encapsulate, decapsulate, ...of } = variant(scheme, types);
  return (fields) => {
    const { inputs, outputs } = fields;
    const { parameters, userKey } = replayKeys(fields, types);
    const policy = kem.readPolicy(inputs.text('policy'));
    const { header, key, shared, coins } = encapsulate(fields, parameters, policy);
    replayCapsule(fields, scheme, header, coins, shared);

    const [ad, plaintext] = [inputs.bytes('ad'), inputs.bytes('plaintext')];
    const body = kem.sealBody(of.header, header, ad, key, plaintext);
    const ciphertext = encode(of.ciphertext, { header, body });
    outputs.expect({ header: encode(of.header, header), key, ciphertext });

    const isSatisfied = replaySelection(fields, scheme, header, userKey, showsSelection);
    replayOpening(fields, isSatisfied, { key, plaintext }, () => {
      const held = decode(types.userKey, outputs.bytes('user_key'));
      const known = decode(types.parameters, outputs.bytes('parameters'));
      const read = decode(of.ciphertext, outputs.bytes('ciphertext'));
      const found = decapsulate(known, held, ad, read.header);
      return [found, kem.openBody(of.header, read.header, ad, found, read.body)];
    });
    decode(of.header, outputs.bytes('header'));
    if (outputs.has('master_key')) decode(types.masterKey, outputs.bytes('master_key'));
  };
}

const steps = 'policy, span program, keys, encapsulation';
const [cpa, cca] = [againstPlaintexts, againstCiphertexts];

export const abeFabeoCpa = {
  suite: 'EPIONE-V1-ABE-FABEO-CPA',
  checks: `${steps}, rows and coefficients, opening`,
  replay: replayer(fabeo, fabeoKeys(true), cpa, { showsSelection: true }),
};

export const abeFabeo = {
  suite: 'EPIONE-V1-ABE-FABEO',
  checks: `${steps}, rows and coefficients, coins, opening with its check`,
  replay: replayer(fabeo, fabeoKeys(false), cca, { showsSelection: true }),
};

export const abeWaters = {
  suite: 'EPIONE-V1-ABE-WATERS',
  checks: `${steps}, coins, opening with its check`,
  replay: replayer(waters, watersKeys, cca, { showsSelection: false }),
};

export const abeRouselakisWatersCpa = {
  suite: 'EPIONE-V1-ABE-DECENTRALISED-CPA',
  checks: `${steps}, opening`,
  replay: replayer(rouselakisWaters, rouselakisWatersKeys, cpa, { showsSelection: false }),
};

export const abePangCpa = {
  suite: 'EPIONE-V1-ABE-REVOCABLE-CPA',
  checks: `${steps}, epochs, opening`,
  replay: replayer(pang, pangKeys, cpa, { showsSelection: false }),
};
