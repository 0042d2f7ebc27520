// The encodings of keys, headers and ciphertexts, for every scheme.
import { withLength, withLengthOf } from '../codec.js';
import { AttributeSet } from '../policy/attributes.js';
import { parsePolicy } from '../policy/parse.js';
import { SpanProgram } from '../policy/span.js';
import { print } from '../policy/tree.js';

const MAX_POLICY = 2 ** 20;
const MAX_BODY = 2 ** 30;

// The fields of a scheme's types, after the suite byte.
const ofSuite = (scheme, kind, { read, write }) => ({
  kind,
  read(reader) {
    if (reader.u8() !== scheme.suite) throw new Error('suite of another scheme');
    return read(reader);
  },
  write: (value) => [Uint8Array.of(scheme.suite), ...write(value)],
});

function userKey({ elements }) {
  return {
    read(reader) {
      const attributes = AttributeSet.read(reader);
      const components = attributes.identities().length;
      return { attributes, elements: elements.userKey.read(reader, components) };
    },
    write: (key) => [...key.attributes.write(), ...elements.userKey.write(key.elements)],
  };
}

// The policy's canonical text, which determines the number of elements, and the encapsulation.
function cpaHeader({ elements }) {
  return {
    read(reader) {
      const policy = reader.text(MAX_POLICY);
      const root = parsePolicy(policy);
      if (print(root) !== policy) throw new Error('the policy is not canonical');
      const program = new SpanProgram(root);
      return { policy, program, encapsulation: elements.encapsulation.read(reader, program) };
    },
    write: ({ policy, encapsulation }) =>
      [withLengthOf(policy), ...elements.encapsulation.write(encapsulation)],
  };
}

const masked = (fields) => ({
  read: (reader) => ({ ...fields.read(reader), masked: reader.take(32) }),
  write: (header) => [...fields.write(header), header.masked],
});

const withBody = (fields) => ({
  read: (reader) => ({ header: fields.read(reader), body: reader.bytes(MAX_BODY) }),
  write: ({ header, body }) => [...fields.write(header), withLength(body)],
});

export function typesOf(scheme) {
  const header = cpaHeader(scheme);
  return {
    parameters: ofSuite(scheme, 'AbePublicParameters', scheme.elements.parameters),
    masterKey: ofSuite(scheme, 'AbeMasterSecretKey', scheme.elements.masterKey),
    userKey: ofSuite(scheme, 'AbeUserSecretKey', userKey(scheme)),
    cpaHeader: ofSuite(scheme, 'AbeCpaHeader', header),
    cpaCiphertext: ofSuite(scheme, 'AbeCpaCiphertext', withBody(header)),
    header: ofSuite(scheme, 'AbeHeader', masked(header)),
    ciphertext: ofSuite(scheme, 'AbeCiphertext', withBody(masked(header))),
  };
}
