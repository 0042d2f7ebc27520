// Certificates. See src/ledger/certificate.rs.
import { withLength, withLengthOf } from '../codec.js';
import { encodeU64, hpkeKey, signature, signingKey } from './parts.js';

const MAX_NAME = 256;
const MAX_PRE_KEY = 256;

export const ROLES = {
  1: 'patient',
  2: 'doctor',
  3: 'institution',
  4: 'query manager',
  5: 'proxy',
  6: 'attribute authority',
};

const roleCode = (name) => Number(Object.entries(ROLES).find(([, known]) => known === name)[0]);

function subjectName(reader) {
  const name = reader.text(MAX_NAME);
  if (name === '' || /\p{Cc}/u.test(name)) throw new Error('not a name of a subject');
  return name;
}

export const subject = {
  read: (reader) => ({
    key: signingKey(reader),
    name: subjectName(reader),
    role: reader.choice('role', ROLES),
    hpkeKey: hpkeKey(reader),
    preKey: reader.bytes(MAX_PRE_KEY),
    serial: reader.take(32),
    validUntil: reader.u64(),
  }),
  write: ({ key, name, role, hpkeKey: hpke, preKey, serial, validUntil }) => [
    key, withLengthOf(name), Uint8Array.of(roleCode(role)), hpke, withLength(preKey), serial,
    encodeU64(validUntil),
  ],
};

export const certificateType = {
  kind: 'Certificate',
  read: (reader) => ({ subject: subject.read(reader), signed: signature(reader) }),
  write: ({ subject: of, signed }) => [...subject.write(of), signed],
};
