// Transactions with one signer.
import { utf8 } from '../../lib/bytes.js';
import { decode } from '../../lib/codec.js';
import { leaf, merkleRoot } from '../../lib/merkle.js';
import { attributeEntry, withdrawal } from '../../lib/protocol/bindings.js';
import { certificateType } from '../../lib/protocol/certificate.js';
import { receiptParts } from '../../lib/protocol/transactions.js';
import * as ed25519 from '../../lib/sign.js';
import { replayTransaction } from './records.js';

const certified = (inputs) => ({
  certificate: decode(certificateType, inputs.bytes('certificate')),
});

const released = (inputs, proxy) => ({
  proxy,
  request: inputs.bytes('request'),
  reencryptions: inputs.byteStrings('reencryptions'),
});

// From the inputs and the key of the signer.
const VALUES = {
  register: certified,
  renew: certified,
  request(inputs, reader) {
    const grant = inputs.bytes('grant');
    return {
      reader,
      record: inputs.bytes('record'),
      basis: grant.length === 0 ? {} : { grant },
      sections: inputs.list('sections', Number),
    };
  },
  access: (inputs, proxy) => released(inputs, proxy),
  revoke: (inputs, owner) => ({ owner, grant: inputs.bytes('grant') }),
  evidence(inputs, reporter) {
    const seed = inputs.bytes('proxy_seed');
    const value = released(inputs, ed25519.publicKey(seed));
    const parts = receiptParts(utf8(inputs.text('chain')), value);
    const signed = ed25519.sign(seed, 'SIGN_RECEIPT', parts);
    return { reporter, receipt: { released: value, signed } };
  },
  'revoke attribute': (inputs, authority) => ({
    authority,
    entry: attributeEntry(inputs.bytes('holder'), inputs.text('attribute')),
    fromEpoch: inputs.number('epoch'),
  }),
  anchor: (inputs, institution) => ({
    institution,
    until: inputs.number('until'),
    root: merkleRoot(inputs.byteStrings('hashes').map((hash) => leaf([hash]))),
  }),
  equivocation(inputs, reporter) {
    const [kind, height, view] = ['kind', 'height', 'view'].map((name) => inputs.number(name));
    const signatures = inputs.byteStrings('signatures');
    const [first, second] = inputs.byteStrings('digests').map((digest, i) =>
      ({ layer: 2, group: 0, kind, height, view, digest, signed: signatures[i] }));
    return { reporter, member: inputs.number('member'), first, second };
  },
  withdraw: (inputs, centre) => ({ centre, certificate: withdrawal(inputs.bytes('serial')) }),
};

function transaction(fields) {
  const { inputs } = fields;
  const [name, seed] = [inputs.text('action'), inputs.bytes('signer_seed')];
  if (!Object.hasOwn(VALUES, name)) throw new Error(`unknown action ${name}`);
  const draft = {
    chain: inputs.text('chain'),
    nonce: inputs.bytes('nonce'),
    validUntil: inputs.number('valid_until'),
    name,
    value: VALUES[name](inputs, ed25519.publicKey(seed)),
  };
  replayTransaction(fields, draft, [seed]);
}

export const steps = { transaction };
