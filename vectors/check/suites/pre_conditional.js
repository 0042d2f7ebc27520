// pre-conditional.json: conditional, verifiable proxy re-encryption.
import { equal } from '../lib/bytes.js';
import { decode, encode } from '../lib/codec.js';
import { pairings } from '../lib/groups.js';
import * as pre from '../lib/pre/conditional.js';
import { keyTypes, provePossession, publicKey, verifyPossession } from '../lib/pre/keys.js';

const { types } = pre;

function replaySealing({ inputs, trace, outputs }, delegator, condition) {
  const [ad, plaintext, mu] = [inputs.bytes('ad'), inputs.bytes('plaintext'), inputs.bytes('mu')];
  const { k, ciphertext } = pre.seal(delegator, condition, ad, plaintext, mu);
  const { c1, w, c4, body } = ciphertext;
  const context = pre.contextOf(delegator, condition, ad);
  trace.expect({
    q: pre.hashCondition(delegator, condition),
    context,
    r: pre.exponentOf(mu, context),
    c1,
    k,
    mask: pre.maskOf(k, c1, context),
    w,
    body_key: pre.bodyKeyOf(mu, context),
    body_context: pre.bodyContextOf(ciphertext, context),
    body,
    body_digest: pre.bodyDigestOf(body),
    tag_context: pre.tagContextOf(condition, ad),
    tag_point: pre.tagPointOf(ciphertext, condition, ad),
    c4,
  });
  outputs.expect({ ciphertext: encode(types.ciphertext, ciphertext) });
  return ciphertext;
}

function replayProof({ trace }, name, { nonce, commitments, challenge, response }) {
  trace.expect({
    [`${name}_nonce`]: nonce,
    [`${name}_commitments`]: commitments,
    [`${name}_challenge`]: challenge,
    [`${name}_response`]: response,
  });
}

function replayReEncryption({ inputs, trace, outputs }, delegation, rekey) {
  const fresh = { t: inputs.bytes('t_fresh'), proof: inputs.bytes('proof_fresh') };
  const { binding, t, statement, reencryption } = pre.reencrypt(delegation, rekey.rk1, fresh);
  const { d1, tPoint, d2, proof } = reencryption;
  // v = e(X_i, Q) e(X_j, rk2), the right side of both verification equations.
  const { delegator, delegatee, condition } = delegation;
  const q = pre.hashCondition(delegator, condition);
  const v = pairings([{ p: delegator.x, q }, { p: delegatee.x, q: rekey.rk2 }]);
  trace.expect({ ...rekey, v, binding, t, d1, t_point: tPoint, d2, statement });
  replayProof({ trace }, 'proof', proof);
  outputs.expect({
    rekey: encode(types.rekey, rekey),
    reencryption: encode(types.reencryption, reencryption),
  });
}

function replayPossession(fields, x) {
  const { inputs, outputs } = fields;
  const [context, fresh] = [inputs.bytes('possession_context'), inputs.bytes('possession_fresh')];
  const possession = provePossession(x, context, fresh);
  replayProof(fields, 'possession', possession);
  outputs.expect({ possession: encode(keyTypes.possession, possession) });
  const read = decode(keyTypes.possession, outputs.bytes('possession'));
  if (!verifyPossession(publicKey(x), context, read)) outputs.fail('.possession does not verify');
}

// Verifies the encodings of the file, and decrypts as delegator and delegatee.
function replayOpening({ inputs, outputs }, xI, xJ, condition) {
  const read = (name, type) => decode(type, outputs.bytes(name));
  const delegator = read('delegator_public_key', keyTypes.publicKey);
  const delegatee = read('delegatee_public_key', keyTypes.publicKey);
  const ciphertext = read('ciphertext', types.ciphertext);
  const rekey = read('rekey', types.rekey);
  const reencryption = read('reencryption', types.reencryption);
  const [ad, plaintext] = [inputs.bytes('ad'), inputs.bytes('plaintext')];
  const delegation = { delegator, delegatee, condition, ad, ciphertext, rk2: rekey.rk2 };
  const properties = {
    'the public tag verifies': pre.verify(condition, ad, ciphertext),
    'the re-encryption key verifies': pre.verifyReKey(delegator, delegatee, condition, rekey),
    'the re-encryption verifies': pre.verifyReEncryption(delegation, reencryption),
    'the delegator decrypts':
      equal(pre.open(xI, delegator, condition, ad, ciphertext), plaintext),
    'the delegatee decrypts':
      equal(pre.openReencrypted(xJ, delegation, reencryption), plaintext),
  };
  for (const [property, holds] of Object.entries(properties)) {
    if (!holds) outputs.fail(`: expected that ${property}`);
  }
}

function replay(fields) {
  const { inputs, outputs } = fields;
  const [xI, xJ] = [inputs.scalar('x_i'), inputs.scalar('x_j')];
  const [delegator, delegatee] = [publicKey(xI), publicKey(xJ)];
  outputs.expect({
    delegator_public_key: encode(keyTypes.publicKey, delegator),
    delegatee_public_key: encode(keyTypes.publicKey, delegatee),
  });
  const condition = inputs.bytes('condition');
  const ciphertext = replaySealing(fields, delegator, condition);
  const rekey = pre.rekeygen(xI, delegator, delegatee, condition, inputs.scalar('s'));
  const ad = inputs.bytes('ad');
  const delegation = { delegator, delegatee, condition, ad, ciphertext, rk2: rekey.rk2 };
  replayReEncryption(fields, delegation, rekey);
  replayPossession(fields, xJ);
  replayOpening(fields, xI, xJ, condition);
}

export default {
  suite: 'EPIONE-V1-PRE-CONDITIONAL',
  checks: 'encryption, public tag, keys, re-encryption, proofs, decryption',
  replay,
};
