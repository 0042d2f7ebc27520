// Headers of blocks, and headers with their commit certificates.
import { bigEndian, equal, u32 } from '../bytes.js';
import { fieldsOf } from '../codec.js';
import { digest as hash } from '../hash.js';
import { digest, encodeU64, option } from '../protocol/parts.js';
import { certificateType, checkSignatures } from './certificate.js';
import { refuse } from './refusal.js';

// A header without a parent has an empty list of certificates.
const parents = option(certificateType);

export const headerType = {
  read: (reader) => ({
    height: reader.u64(),
    time: reader.u64(),
    epoch: reader.u64(),
    firstView: reader.u64(),
    leader: reader.u16(),
    previous: digest(reader),
    size: reader.u32(),
    entriesRoot: digest(reader),
    stateRoot: digest(reader),
    parents: parents.read(reader),
  }),
  write: (header) => [
    encodeU64(header.height), encodeU64(header.time), encodeU64(header.epoch),
    encodeU64(header.firstView), bigEndian(header.leader, 2), header.previous, u32(header.size),
    header.entriesRoot, header.stateRoot, ...parents.write(header.parents),
  ],
};

export const hashOf = (header) => hash('LEDGER_BLOCK', [fieldsOf(headerType, header)]);

export const certifiedType = {
  read: (reader) => ({
    header: headerType.read(reader),
    certificate: certificateType.read(reader),
  }),
  write: ({ header, certificate }) =>
    [...headerType.write(header), ...certificateType.write(certificate)],
};

// Checks that a quorum of the configuration has committed the header.
export function checkCertified(config, { header, certificate }) {
  if (header.epoch !== config.epoch) refuse('Configuration', 'another epoch');
  const isOfHeader =
    certificate.phase === 'commit' &&
    certificate.height === header.height &&
    equal(certificate.digest, hashOf(header));
  if (!isOfHeader) refuse('Certificate', 'the certificate does not commit the header');
  checkSignatures(config, certificate);
}
