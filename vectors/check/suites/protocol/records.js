// Sealed records: policies, sections, the transaction that publishes them, search entries.
import { typesOf } from '../../lib/abe/encodings.js';
import { fabeo } from '../../lib/abe/fabeo.js';
import * as kem from '../../lib/abe/kem.js';
import { equal } from '../../lib/bytes.js';
import { decode, encode } from '../../lib/codec.js';
import * as dem from '../../lib/dem.js';
import * as peks from '../../lib/peks.js';
import * as pre from '../../lib/pre/conditional.js';
import { publicKey } from '../../lib/pre/keys.js';
import * as bindings from '../../lib/protocol/bindings.js';
import { types as payloads } from '../../lib/protocol/payloads.js';
import {
  checkSignatures, idOf, signedBy, statementOf, transactionType,
} from '../../lib/protocol/transactions.js';
import * as ed25519 from '../../lib/sign.js';

const abe = typesOf(fabeo);

function policies({ inputs, outputs }) {
  const [names, texts] = [inputs.list('classes'), inputs.list('policies')];
  if (names.length !== texts.length) inputs.fail('.policies has another length');
  const value = {
    parameters: decode(abe.parameters, inputs.bytes('abe_parameters')),
    byDefault: inputs.text('default'),
    byClass: names.map((name, i) => ({ name, policy: texts[i] })),
  };
  outputs.expect({ policies: encode(payloads.epochPolicies, value) });
  decode(payloads.epochPolicies, outputs.bytes('policies'));
}

// Opens a key wrapped for the policy; the policy must be that of the class.
function openByPolicy(inputs, ad) {
  const parameters = decode(abe.parameters, inputs.bytes('abe_parameters'));
  const userKey = decode(abe.userKey, inputs.bytes('abe_user_key'));
  const { header, body } = decode(abe.ciphertext, inputs.bytes('wrapped_for_policy'));
  if (header.policy !== inputs.text('policy')) inputs.fail('.wrapped_for_policy has another policy');
  const key = kem.decapsulate(fabeo, abe, parameters, userKey, ad, header);
  return kem.openBody(abe.header, header, ad, key, body);
}

function openByKey(exponent, condition, ad, bytes) {
  const ciphertext = decode(pre.types.ciphertext, bytes);
  if (!pre.verify(condition, ad, ciphertext)) throw new Error('the public tag is invalid');
  return pre.open(exponent, publicKey(exponent), condition, ad, ciphertext);
}

const originOf = (inputs) => ({ recordId: inputs.bytes('record_id'), author: inputs.bytes('author') });

function section({ inputs, trace, outputs }) {
  const [index, origin] = [inputs.number('index'), originOf(inputs)];
  const [className, policy] = [inputs.text('class'), inputs.text('policy')];
  const tag = bindings.conditionTag(inputs.bytes('pseudonym_secret'), className, policy);
  const condition = bindings.condition(inputs.bytes('owner'), inputs.number('epoch'), tag);
  const sectionAd = bindings.sectionAd(origin, index);
  const ad = bindings.wrappedKeyAd(origin, index);
  trace.expect({ tag, condition, section_ad: sectionAd, wrapped_key_ad: ad });

  const wrapped = (receiver) => inputs.bytes(`wrapped_for_${receiver}`);
  const ciphertext = inputs.bytes('ciphertext');
  outputs.expect({
    ciphertext_digest: bindings.objectDigest(bindings.nameOf(ciphertext)),
    ...Object.fromEntries(['patient', 'policy', 'author'].map((receiver) =>
      [`wrapped_for_${receiver}_hash`, bindings.hashOf(wrapped(receiver))])),
  });
  const key = openByKey(inputs.scalar('patient_pre'), condition, ad, wrapped('patient'));
  const author = inputs.scalar('author_pre');
  const ofAuthor = openByKey(author, bindings.AUTHOR_CONDITION, ad, wrapped('author'));
  if (!equal(ofAuthor, key)) inputs.fail('.wrapped_for_author has another key');
  if (!equal(openByPolicy(inputs, ad), key)) inputs.fail('.wrapped_for_policy has another key');

  const { contentKey, ...named } = bindings.decodeSectionKey(key);
  trace.expect({ section_key: key, content_key: contentKey });
  const expected = {
    envelope: bindings.hashOf(inputs.bytes('envelope')),
    className,
    length: inputs.number('length'),
  };
  if (!equal(named.envelope, expected.envelope)) inputs.fail('.envelope has another hash');
  if (named.className !== className) inputs.fail('.class is not that of the section key');
  if (named.length !== expected.length) inputs.fail('.length is not that of the section key');
  outputs.expect({ plaintext: dem.open(contentKey, sectionAd, ciphertext) });
}

export function replayTransaction({ trace, outputs }, draft, seeds) {
  const transaction = signedBy(draft, seeds);
  trace.expect({ statement: statementOf(draft) });
  outputs.expect({ transaction: encode(transactionType, transaction), id: idOf(draft) });
  checkSignatures(decode(transactionType, outputs.bytes('transaction')));
}

function record(fields) {
  const { inputs, trace } = fields;
  const seeds = ['author', 'institution', 'owner'].map((name) => inputs.bytes(`${name}_seed`));
  const [author, institution, owner] = seeds.map(ed25519.publicKey);
  const [recordId, hashes] = [inputs.bytes('record_id'), inputs.byteStrings('ciphertext_hashes')];
  const lengths = inputs.list('ciphertext_lengths', Number);
  const stored = hashes.map((hash, i) => ({ hash, length: lengths[i] }));
  const envelope = encode(payloads.envelope, { recordId, sections: stored });
  const name = bindings.nameOf(envelope);
  const digests = hashes.map((hash) => bindings.objectDigest(bindings.nameOfHash(hash)));
  const envelopeDigest = bindings.objectDigest(name);
  trace.expect({
    envelope,
    envelope_name: name,
    envelope_digest: envelopeDigest,
    ciphertext_digests: digests,
  });
  decode(payloads.envelope, envelope);
  const [forPatient, forPolicy, forAuthor] =
    ['patient', 'policy', 'author'].map((receiver) => inputs.byteStrings(`wrapped_for_${receiver}`));
  const sections = inputs.byteStrings('tags').map((tag, i) => ({
    tag,
    ciphertext: digests[i],
    forPatient: forPatient[i],
    forPolicy: forPolicy[i],
    forAuthor: forAuthor[i],
  }));
  const draft = {
    chain: inputs.text('chain'),
    nonce: inputs.bytes('nonce'),
    validUntil: inputs.number('valid_until'),
    name: 'record',
    value: {
      owner, author, institution, recordId, epoch: inputs.number('epoch'), envelope: envelopeDigest,
      sections, index: inputs.byteStrings('index'),
    },
  };
  replayTransaction(fields, draft, seeds);
}

function entry({ inputs, trace, outputs }) {
  const [field, value] = [inputs.text('field'), inputs.text('value')];
  const keyword = bindings.keyword(inputs.bytes('pseudonym_secret'), field, value);
  const context = bindings.entryContext(originOf(inputs));
  const trapdoor = peks.trapdoor(inputs.scalar('peks'), keyword);
  trace.expect({ keyword, context });
  outputs.expect({
    trapdoor: encode(peks.types.trapdoor, trapdoor),
    trapdoor_digest: bindings.trapdoorDigest(inputs.bytes('salt'), trapdoor),
  });
  const found = decode(peks.types.ciphertext, inputs.bytes('entry'));
  outputs.expect({ location: peks.locate(found, trapdoor, context) });
}

export const steps = { policies, section, record, entry };
