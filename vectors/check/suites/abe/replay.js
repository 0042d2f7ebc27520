// Replays the cases of abe-*.json: keys, headers and ciphertexts.
import { typesOf } from '../../lib/abe/encodings.js';
import * as kem from '../../lib/abe/kem.js';
import { equal } from '../../lib/bytes.js';
import { decode, encode } from '../../lib/codec.js';

function replayEncapsulation({ trace }, scheme, { policy, program, encapsulation }, coins, shared) {
  trace.expect({
    canonical_policy: policy,
    row_attributes: program.rows.map(({ identity }) => identity),
    matrix: program.matrix(),
    lambdas: program.share(coins.shares),
    ...scheme.steps(program, encapsulation, coins),
    z_s: shared,
  });
}

// Compares the selected rows; returns true if the user is authorised.
function replaySelection({ outputs }, scheme, header, userKey, hasSelection) {
  const selection = kem.select(scheme, userKey, header);
  outputs.expect({ satisfied: selection !== undefined });
  if (selection && hasSelection) {
    outputs.expect({
      selected_rows: selection.map(({ row }) => `${row}`),
      gammas: selection.map(({ gamma }) => gamma),
    });
  }
  return selection !== undefined;
}

// Decrypts the file's ciphertext with the file's key: an authorised user succeeds, others fail.
function replayDecryption({ outputs }, isAuthorised, expected, open) {
  try {
    const [key, plaintext] = open();
    if (!isAuthorised) outputs.fail(' decrypts although the policy is not satisfied');
    if (!equal(key, expected.key)) outputs.fail(' decapsulates to another key');
    if (!equal(plaintext, expected.plaintext)) outputs.fail(' decrypts to another plaintext');
  } catch (error) {
    if (isAuthorised) outputs.fail(` does not decrypt: ${error.message}`);
  }
}

const VARIANTS = {
  cpa: (scheme, types) => ({
    encapsulate({ inputs }, parameters, policy) {
      const coins = { shares: inputs.scalars('shares'), masks: inputs.scalars('masks') };
      return { coins, ...kem.encapsulateCpa(scheme, types, parameters, policy, coins) };
    },
    decapsulate: (parameters, userKey, ad, header) =>
      kem.decapsulateCpa(scheme, types, userKey, header),
    headerType: types.cpaHeader,
    ciphertextType: types.cpaCiphertext,
  }),

  cca: (scheme, types) => ({
    encapsulate({ inputs, trace, outputs }, parameters, policy) {
      const [ad, message] = [inputs.bytes('ad'), inputs.bytes('message')];
      const result = kem.encapsulate(scheme, types, parameters, policy, ad, message);
      const { parametersDigest, seed, coins, header } = result;
      trace.expect({ parameters_digest: parametersDigest, seed, ...coins });
      outputs.expect({ masked: header.masked });
      return result;
    },
    decapsulate: (parameters, userKey, ad, header) =>
      kem.decapsulate(scheme, types, parameters, userKey, ad, header),
    headerType: types.header,
    ciphertextType: types.ciphertext,
  }),
};

// `replayKeys` compares the keys of a case and returns { parameters, userKey }. With `hasSelection`
// the outputs of authorised users include the selected rows.
export function replayer(scheme, variant, replayKeys, { hasSelection = false } = {}) {
  const types = typesOf(scheme);
  const { encapsulate, decapsulate, headerType, ciphertextType } = VARIANTS[variant](scheme, types);
  return (fields) => {
    const { inputs, outputs } = fields;
    const { parameters, userKey } = replayKeys(fields, types);
    const policy = kem.readPolicy(inputs.text('policy'));
    const { header, key, shared, coins } = encapsulate(fields, parameters, policy);
    replayEncapsulation(fields, scheme, header, coins, shared);

    const [ad, plaintext] = [inputs.bytes('ad'), inputs.bytes('plaintext')];
    const body = kem.sealBody(headerType, header, ad, key, plaintext);
    const ciphertext = encode(ciphertextType, { header, body });
    outputs.expect({ header: encode(headerType, header), key, ciphertext });

    const isAuthorised = replaySelection(fields, scheme, header, userKey, hasSelection);
    replayDecryption(fields, isAuthorised, { key, plaintext }, () => {
      const decodedKey = decode(types.userKey, outputs.bytes('user_key'));
      const decodedParameters = decode(types.parameters, outputs.bytes('parameters'));
      const decoded = decode(ciphertextType, outputs.bytes('ciphertext'));
      const found = decapsulate(decodedParameters, decodedKey, ad, decoded.header);
      return [found, kem.openBody(headerType, decoded.header, ad, found, decoded.body)];
    });
    decode(headerType, outputs.bytes('header'));
    if (outputs.has('master_key')) decode(types.masterKey, outputs.bytes('master_key'));
  };
}
