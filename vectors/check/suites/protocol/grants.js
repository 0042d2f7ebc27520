// Grants, searches and releases.
import { concat, utf8 } from '../../lib/bytes.js';
import { decode, encode, fieldsOf } from '../../lib/codec.js';
import { decodeG2 } from '../../lib/groups.js';
import { digest, framed } from '../../lib/hash.js';
import { types as peks } from '../../lib/peks.js';
import * as pre from '../../lib/pre/conditional.js';
import { keyTypes, publicKey } from '../../lib/pre/keys.js';
import * as bindings from '../../lib/protocol/bindings.js';
import { encodeU64 } from '../../lib/protocol/parts.js';
import { types as payloads } from '../../lib/protocol/payloads.js';
import { access, receiptParts, receiptType } from '../../lib/protocol/transactions.js';
import * as ed25519 from '../../lib/sign.js';
import { replayMessage } from './messages.js';
import { replayTransaction } from './records.js';

const decodeAll = (inputs, name, type) =>
  inputs.byteStrings(name).map((bytes) => decode(type, bytes));
const decodeKey = (inputs, name) => decode(keyTypes.publicKey, inputs.bytes(name));

function grant(fields) {
  const { inputs, trace } = fields;
  const [patient, reader] = ['patient', 'reader'].map((of) => decodeKey(inputs, `${of}_pre_key`));
  const seed = inputs.bytes('owner_seed');
  const [owner, epoch] = [ed25519.publicKey(seed), inputs.number('epoch')];
  const rekeys = decodeAll(inputs, 'rekeys', pre.types.rekey);
  const rekeyDigests = rekeys.map(({ rk2 }) => bindings.rekeyDigest(patient, reader, rk2));
  const salt = inputs.bytes('salt');
  const trapdoors = decodeAll(inputs, 'trapdoors', peks.trapdoor)
    .map((trapdoor) => bindings.trapdoorDigest(salt, trapdoor));
  trace.expect({ rekey_digests: rekeyDigests, trapdoor_digests: trapdoors });
  const tags = inputs.byteStrings('tags');
  if (tags.length !== rekeys.length) inputs.fail('.tags has another length');
  tags.forEach((tag, i) => {
    const condition = bindings.condition(owner, epoch, tag);
    const isValid = pre.verifyReKey(patient, reader, condition, rekeys[i]);
    if (!isValid) inputs.fail(`.rekeys: key ${i} does not verify`);
  });
  const draft = {
    chain: inputs.text('chain'),
    nonce: inputs.bytes('nonce'),
    validUntil: inputs.number('valid_until'),
    name: 'grant',
    value: {
      owners: [owner],
      scope: { records: inputs.byteStrings('records') },
      reader: inputs.bytes('reader'),
      proxy: inputs.bytes('proxy'),
      from: inputs.number('from'),
      until: inputs.number('until'),
      delegations: tags.map((tag, i) => ({ owner, epoch, tag, rekey: rekeyDigests[i] })),
      trapdoors,
    },
  };
  replayTransaction(fields, draft, [seed]);
}

function delivery(fields) {
  const { inputs } = fields;
  replayMessage(fields, payloads.delivery, {
    grant: inputs.bytes('grant'),
    patient: decodeKey(inputs, 'patient_pre_key'),
    salt: inputs.bytes('salt'),
    rekeys: decodeAll(inputs, 'rekeys', pre.types.rekey),
    trapdoors: decodeAll(inputs, 'trapdoors', peks.trapdoor),
  });
}

function ticket(fields) {
  const { inputs } = fields;
  replayMessage(fields, payloads.ticket, {
    grant: inputs.bytes('grant'),
    patient: decodeKey(inputs, 'patient_pre_key'),
    rk2: inputs.byteStrings('rk2').map(decodeG2),
    classes: inputs.list('classes'),
  });
}

export const searchStatementOf = (chain, proxy, { grant: id, after, time, nonce }) =>
  framed([chain, proxy, id, concat(...after), encodeU64(time), nonce]);

function search({ inputs, trace, outputs }) {
  const [seed, chain] = [inputs.bytes('reader_seed'), utf8(inputs.text('chain'))];
  const value = {
    grant: inputs.bytes('grant'),
    after: [inputs.bytes('after')].filter((id) => id.length > 0),
    time: inputs.number('time'),
    nonce: inputs.bytes('nonce'),
  };
  const statement = searchStatementOf(chain, inputs.bytes('proxy'), value);
  const signed = ed25519.sign(seed, 'SIGN_SEARCH', [statement]);
  trace.expect({ statement });
  const request = encode(payloads.searchRequest, { ...value, signed });
  outputs.expect({ request, id: digest('PROTOCOL_SEARCH', [request]) });
  decode(payloads.searchRequest, outputs.bytes('request'));
}

// The reader verifies wrapped key and re-encryption, and opens the latter.
function openReEncrypted(exponent, delegation, reencryption) {
  const { condition, ad, ciphertext } = delegation;
  if (!pre.verify(condition, ad, ciphertext)) throw new Error('the public tag is invalid');
  const isVerified = pre.verifyReEncryption(delegation, reencryption);
  if (!isVerified) throw new Error('the re-encryption is invalid');
  return pre.openReencrypted(exponent, delegation, reencryption);
}

function release(fields) {
  const { inputs, trace, outputs } = fields;
  const wrappedKeys = decodeAll(inputs, 'wrapped_keys', pre.types.ciphertext);
  const reencryptions = decodeAll(inputs, 'reencryptions', pre.types.reencryption);
  const seed = inputs.bytes('sender_seed');
  const digests = reencryptions.map(bindings.reencryptionDigest);
  const released = {
    proxy: ed25519.publicKey(seed), request: inputs.bytes('request'), reencryptions: digests,
  };
  const parts = receiptParts(utf8(inputs.text('chain')), released);
  const receipt = { released, signed: ed25519.sign(seed, 'SIGN_RECEIPT', parts) };
  trace.expect({ digests, access: fieldsOf(access, released) });
  outputs.expect({ receipt: fieldsOf(receiptType, receipt) });

  const shared = { delegator: decodeKey(inputs, 'patient_pre_key') };
  const exponent = inputs.scalar('reader_pre');
  const [conditions, ads] = [inputs.byteStrings('conditions'), inputs.byteStrings('ads')];
  const rk2 = inputs.byteStrings('rk2').map(decodeG2);
  outputs.expect({
    section_keys: wrappedKeys.map((ciphertext, i) => {
      const delegation = {
        ...shared, delegatee: publicKey(exponent), condition: conditions[i], ad: ads[i],
        ciphertext, rk2: rk2[i],
      };
      return openReEncrypted(exponent, delegation, reencryptions[i]);
    }),
  });
  const sections = inputs.list('sections', Number).map((index, i) =>
    ({ index, wrappedKey: wrappedKeys[i], reencryption: reencryptions[i] }));
  replayMessage(fields, payloads.release, { sections, receipt });
}

export const steps = { grant, delivery, ticket, search, release };
