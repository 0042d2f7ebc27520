// hash.json: framing, SHA-256, HKDF and the hash functions of RFC 9380.
import { digest, expand, framed, hashToG1, hashToG2, hashToScalar, kdf } from '../lib/hash.js';
import { TAGS, tag } from '../lib/tags.js';

const functions = {
  framed: ({ inputs, outputs }) => outputs.expect({ output: framed(inputs.byteStrings('parts')) }),

  digest({ inputs, trace, outputs }) {
    const [name, parts] = [inputs.text('tag'), inputs.byteStrings('parts')];
    trace.expect({ hashed: framed([tag(name), ...parts]) });
    outputs.expect({ output: digest(name, parts) });
  },

  kdf({ inputs, trace, outputs }) {
    const parts = inputs.byteStrings('parts');
    trace.expect({ info: framed(parts) });
    const [name, secret] = [inputs.text('tag'), inputs.bytes('secret')];
    outputs.expect({ output: kdf(name, secret, parts, inputs.number('length')) });
  },

  expand_message_xmd({ inputs, outputs }) {
    const [name, message] = [inputs.text('tag'), inputs.bytes('message')];
    outputs.expect({ output: expand(name, message, inputs.number('length')) });
  },

  hash_to_scalar({ inputs, trace, outputs }) {
    const [name, message] = [inputs.text('tag'), inputs.bytes('message')];
    trace.expect({ uniform_bytes: expand(name, message, 48) });
    outputs.expect({ scalar: hashToScalar(name, message) });
  },

  hash_to_g1: ({ inputs, outputs }) =>
    outputs.expect({ point: hashToG1(inputs.text('tag'), inputs.bytes('message')) }),

  hash_to_g2: ({ inputs, outputs }) =>
    outputs.expect({ point: hashToG2(inputs.text('tag'), inputs.bytes('message')) }),
};

export default {
  suite: 'EPIONE-V1-HASH',
  checks: 'framing, SHA-256, HKDF, hashes to scalars, G1 and G2; all tags',
  tags: new Set(TAGS.keys()),
  replay(fields) {
    const name = fields.inputs.text('function');
    if (!Object.hasOwn(functions, name)) throw new Error(`unknown function ${name}`);
    functions[name](fields);
  },
};
