// pre-afgh.json: the proxy re-encryption of Ateniese et al.
import { equal } from '../lib/bytes.js';
import { decode, encode } from '../lib/codec.js';
import * as afgh from '../lib/pre/afgh.js';
import { keyTypes, publicKey } from '../lib/pre/keys.js';

const { types } = afgh;

function replay({ inputs, trace, outputs }) {
  const [a, b, r] = [inputs.scalar('a'), inputs.scalar('b'), inputs.scalar('r')];
  const [ad, plaintext] = [inputs.bytes('ad'), inputs.bytes('plaintext')];
  const [delegator, delegatee] = [publicKey(a), publicKey(b)];

  const { k, key, ciphertext } = afgh.seal(delegator, ad, plaintext, r);
  const rekey = afgh.rekeygen(a, delegatee);
  const reencryption = afgh.reencrypt(rekey, ciphertext);
  trace.expect({
    x_a: delegator.x,
    y_b: delegatee.y,
    c1: ciphertext.c1,
    k,
    key,
    body: ciphertext.body,
    rk: rekey.rk,
    c1_prime: reencryption.c1Prime,
  });
  outputs.expect({
    delegator_public_key: encode(keyTypes.publicKey, delegator),
    delegatee_public_key: encode(keyTypes.publicKey, delegatee),
    ciphertext: encode(types.ciphertext, ciphertext),
    rekey: encode(types.rekey, rekey),
    reencryption: encode(types.reencryption, reencryption),
  });

  const read = (name, type) => decode(type, outputs.bytes(name));
  read('delegator_public_key', keyTypes.publicKey);
  read('delegatee_public_key', keyTypes.publicKey);
  read('rekey', types.rekey);
  const owned = afgh.open(a, ad, read('ciphertext', types.ciphertext));
  const reencrypted = afgh.openReencrypted(b, ad, read('reencryption', types.reencryption));
  if (!equal(owned, plaintext)) outputs.fail(': the delegator decrypts to another plaintext');
  if (!equal(reencrypted, plaintext)) outputs.fail(': the delegatee decrypts to another plaintext');
}

export default {
  suite: 'EPIONE-V1-PRE-AFGH',
  checks: 'encryption, keys, re-encryption, decryption by delegator and delegatee',
  replay,
};
