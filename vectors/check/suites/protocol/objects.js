// Uploads and fetches.
import { concat, utf8 } from '../../lib/bytes.js';
import { decode, encode } from '../../lib/codec.js';
import * as dem from '../../lib/dem.js';
import { digest, framed } from '../../lib/hash.js';
import * as hpke from '../../lib/hpke.js';
import { basisCode, types } from '../../lib/messages.js';
import { nameOf } from '../../lib/protocol/bindings.js';
import { encodeU64 } from '../../lib/protocol/parts.js';
import * as ed25519 from '../../lib/sign.js';

export const uploadStatementOf = (chain, keeper, { name, length, recordId, time }) =>
  framed([chain, keeper, recordId, name, encodeU64(length), encodeU64(time)]);

export const fetchStatementOf = (chain, keeper, value) =>
  framed([
    chain, keeper, concat(Uint8Array.of(basisCode(value.basis)), value.id), value.name,
    encodeU64(value.time), value.nonce, value.responseKey,
  ]);

export const responseContextOf = (chain, keeper, value) =>
  digest('PROTOCOL_RESPONSE', [fetchStatementOf(chain, keeper, value), value.signer]);

function upload({ inputs, trace, outputs }) {
  const [seed, object] = [inputs.bytes('author_seed'), inputs.bytes('object')];
  const [chain, keeper] = [utf8(inputs.text('chain')), inputs.bytes('keeper')];
  const value = {
    name: nameOf(object),
    length: object.length,
    author: ed25519.publicKey(seed),
    recordId: inputs.bytes('record_id'),
    time: inputs.number('time'),
  };
  const statement = uploadStatementOf(chain, keeper, value);
  trace.expect({ name: value.name, statement });
  const signed = ed25519.sign(seed, 'SIGN_UPLOAD', [statement]);
  outputs.expect({ upload: encode(types.upload, { ...value, signed }) });
  decode(types.upload, outputs.bytes('upload'));
}

function fetch({ inputs, trace, outputs }) {
  const [seed, responseSeed] = [inputs.bytes('signer_seed'), inputs.bytes('response_seed')];
  const value = {
    name: inputs.bytes('name'),
    basis: inputs.text('basis'),
    id: inputs.bytes('id'),
    time: inputs.number('time'),
    nonce: inputs.bytes('nonce'),
    responseKey: hpke.keyPair(responseSeed).publicKey,
    signer: ed25519.publicKey(seed),
  };
  const [chain, keeper] = [utf8(inputs.text('chain')), inputs.bytes('keeper')];
  const statement = fetchStatementOf(chain, keeper, value);
  const context = responseContextOf(chain, keeper, value);
  trace.expect({ response_key: value.responseKey, statement, context });
  const signed = ed25519.sign(seed, 'SIGN_FETCH', [statement]);
  outputs.expect({ fetch: encode(types.fetch, { ...value, signed }) });
  const { key, stream } = hpke.openStream(responseSeed, context, inputs.bytes('response'));
  trace.expect({ content_key: key });
  const object = dem.open(key, context, stream);
  outputs.expect({ object });
  if (nameOf(object).some((byte, i) => byte !== value.name[i])) {
    outputs.fail('.object has another name');
  }
  decode(types.fetch, outputs.bytes('fetch'));
}

export const steps = { upload, fetch };
