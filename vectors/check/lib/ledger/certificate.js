// Commit certificates of consensus. See the section on ledger proofs in vectors/README.md.
import { bigEndian, concat } from '../bytes.js';
import { withCount } from '../codec.js';
import { digest, encodeU64, signature } from '../protocol/parts.js';
import { verify } from '../sign.js';
import { digestOf, quorum } from './config.js';
import { refuse } from './refusal.js';

const MAX_SIGNATURES = 1024;
const PHASES = { 1: 'prepare', 2: 'commit', 3: 'batch' };
// The votes of all members.
const LAYER = 2;

const u16 = (number) => bigEndian(number, 2);
const phaseByte = (name) =>
  Uint8Array.of(Number(Object.keys(PHASES).find((code) => PHASES[code] === name)));

const signed = {
  read: (reader) => ({ signer: reader.u16(), signature: signature(reader) }),
  write: ({ signer, signature: bytes }) => [u16(signer), bytes],
};

export const certificateType = {
  read(reader) {
    const certificate = {
      phase: reader.choice('phase', PHASES),
      group: reader.u16(),
      height: reader.u64(),
      view: reader.u64(),
      digest: digest(reader),
      signatures: reader.counted(MAX_SIGNATURES, signed.read),
    };
    reader.ascending(certificate.signatures.map(({ signer }) => u16(signer)));
    return certificate;
  },
  write: ({ phase, group, height, view, digest: of, signatures }) => [
    phaseByte(phase), u16(group), encodeU64(height), encodeU64(view), of,
    withCount(signatures, signed.write),
  ],
};

// The statement of a vote: layer, group, phase, height, view, digest.
export const statementOf = ({ phase, height, view, digest: of }) =>
  concat(Uint8Array.of(LAYER), u16(0), phaseByte(phase), encodeU64(height), encodeU64(view), of);

// Checks that a quorum has signed, and that every signature is that of a member.
export function checkSignatures(config, certificate) {
  const { group, signatures } = certificate;
  if (group !== 0) refuse('Signatures', 'a group does not commit');
  if (signatures.length < quorum(config)) refuse('Signatures', 'below the quorum');
  const parts = [digestOf(config), statementOf(certificate)];
  for (const { signer, signature: bytes } of signatures) {
    const member = config.members.find(({ id }) => id === signer);
    if (member === undefined) refuse('Signatures', `${signer} is no member`);
    if (!verify(member.key, 'SIGN_CONSENSUS', parts, bytes)) {
      refuse('Signatures', `the signature of ${signer} does not verify`);
    }
  }
}
