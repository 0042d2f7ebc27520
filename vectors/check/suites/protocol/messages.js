// Messages to one receiver: introduction, query.
import { bigEndian, equal, utf8 } from '../../lib/bytes.js';
import { decode, encode, KIND } from '../../lib/codec.js';
import { framed } from '../../lib/hash.js';
import * as hpke from '../../lib/hpke.js';
import { infoOf, openMessage, statementOf, types as messageTypes } from '../../lib/messages.js';
import { publicKey as peksPublicKey } from '../../lib/peks.js';
import { epochOf, ownerSeed, pseudonymFor } from '../../lib/protocol/bindings.js';
import { certificateType } from '../../lib/protocol/certificate.js';
import { types as payloads } from '../../lib/protocol/payloads.js';
import { windowType } from '../../lib/pseudonym.js';
import * as ed25519 from '../../lib/sign.js';
import { tag } from '../../lib/tags.js';

// Opens the message of a case, and compares its sender, signature and payload with the computed
// ones.
export function replayMessage({ inputs, trace, outputs }, type, value) {
  const [seed, chain] = [inputs.bytes('sender_seed'), utf8(inputs.text('chain'))];
  const receiver = {
    chain,
    purpose: KIND[type.kind],
    receiver: inputs.bytes('receiver'),
    seed: inputs.bytes('receiver_hpke_seed'),
  };
  const sender = ed25519.publicKey(seed);
  const payload = encode(type, value);
  const context = { ...receiver, hpkeKey: hpke.keyPair(receiver.seed).publicKey };
  const statement = statementOf(context, sender, payload);
  trace.expect({ info: infoOf(context), statement });
  outputs.expect({ payload });
  const opened = openMessage(receiver, decode(messageTypes.sealedMessage, inputs.bytes('message')));
  const expected = { sender, payload, signed: ed25519.sign(seed, 'SIGN_MESSAGE', [statement]) };
  for (const [name, bytes] of Object.entries(expected)) {
    if (!equal(opened[name], bytes)) inputs.fail(`.message has another ${name}`);
  }
  decode(type, opened.payload);
}

function introduction(fields) {
  const { inputs, trace, outputs } = fields;
  const [doctor, date] = [inputs.bytes('receiver'), inputs.number('date')];
  const epoch = epochOf(date);
  const seed = ownerSeed(inputs.bytes('owner_secret'), doctor, epoch);
  const owner = ed25519.publicKey(seed);
  const { name, secret, window } = pseudonymFor(inputs.bytes('series_root'), doctor, epoch);
  trace.expect({ epoch, owner_seed: seed, owner, window: encode(windowType, window) });
  outputs.expect({ pseudonym_name: name, pseudonym_secret: secret });
  const certificate = decode(certificateType, inputs.bytes('certificate'));
  const isOwn = equal(certificate.subject.key, ed25519.publicKey(inputs.bytes('sender_seed')));
  if (!isOwn) inputs.fail('.certificate is not the sender’s');
  const peks = peksPublicKey(inputs.scalar('peks'));
  replayMessage(fields, payloads.introduction, { certificate, peks, window, owner, date });
}

const u64 = (number) => bigEndian(number, 8);

export const contentsInfo = (chain) => framed([tag('PROTOCOL_QUERY'), chain]);
export const contentsAad = (reader, pseudonym, time) => framed([reader, pseudonym, u64(time)]);

export const queryStatementOf = (chain, { reader, pseudonym, time, contents }) =>
  framed([chain, reader, pseudonym, u64(time), contents]);
export const forwardStatementOf = (chain, asked) =>
  framed([chain, encode(payloads.query, asked)]);

function query({ inputs, trace, outputs }) {
  const chain = utf8(inputs.text('chain'));
  const [readerSeed, managerSeed] = [inputs.bytes('reader_seed'), inputs.bytes('manager_seed')];
  const [fields, values] = [inputs.list('term_fields'), inputs.list('term_values')];
  if (fields.length !== values.length) inputs.fail('.term_values has another length');
  const contents = encode(payloads.queryContents, {
    terms: fields.map((field, i) => ({ field, value: values[i] })),
    classes: inputs.list('classes'),
    purpose: inputs.text('purpose'),
  });
  const [reader, pseudonym] = [ed25519.publicKey(readerSeed), inputs.bytes('pseudonym_name')];
  const [time, sealed] = [inputs.number('time'), inputs.bytes('sealed_contents')];
  const [info, aad] = [contentsInfo(chain), contentsAad(reader, pseudonym, time)];
  const unsigned = { reader, pseudonym, time, contents: sealed };
  const statement = queryStatementOf(chain, unsigned);
  const signed = ed25519.sign(readerSeed, 'SIGN_QUERY', [statement]);
  const asked = { ...unsigned, signed };
  const encoded = encode(payloads.query, asked);
  const forwardStatement = forwardStatementOf(chain, asked);
  trace.expect({ info, aad, contents, statement, forward_statement: forwardStatement });
  const forwarded = {
    query: asked,
    manager: ed25519.publicKey(managerSeed),
    signed: ed25519.sign(managerSeed, 'SIGN_FORWARD', [forwardStatement]),
  };
  outputs.expect({
    query: encoded,
    forwarded_query: encode(payloads.forwardedQuery, forwarded),
  });
  const opened = hpke.open(inputs.bytes('patient_hpke_seed'), info, aad, sealed);
  if (!equal(opened, contents)) inputs.fail('.sealed_contents has other contents');
  decode(payloads.queryContents, opened);
  decode(payloads.forwardedQuery, outputs.bytes('forwarded_query'));
}

export const steps = { introduction, query };
