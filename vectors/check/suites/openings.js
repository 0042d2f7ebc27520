// invalid/openings.json: well-formed values that must not verify or decrypt.
import { concat, equal, toNumber } from '../lib/bytes.js';
import { decode } from '../lib/codec.js';
import * as dem from '../lib/dem.js';
import * as peks from '../lib/peks.js';
import { afghReaders, conditionalReaders, possessionReaders } from './pre_openings.js';

const SEGMENT_BYTES = 13;

// Decodes a segment from 13 bytes: number and last byte of the nonce, start and length of the
// plaintext whose byte i is i mod 251.
function decodeSegment(bytes) {
  const number = (start) => Number(toNumber(bytes.subarray(start, start + 4)));
  const [start, length] = [number(5), number(9)];
  const plaintext = Uint8Array.from({ length }, (_, i) => (start + i) % 251);
  return { number: number(0), last: bytes[4], plaintext };
}

function decodeSegments(bytes) {
  if (bytes.length % SEGMENT_BYTES !== 0) throw new Error('truncated description of a segment');
  return Array.from({ length: bytes.length / SEGMENT_BYTES }, (_, i) =>
    decodeSegment(bytes.subarray(i * SEGMENT_BYTES, (i + 1) * SEGMENT_BYTES)));
}

const demReaders = {
  'dem: open': (context) => {
    const [key, record] = [context.bytes('key'), context.bytes('context')];
    return (bytes) => {
      dem.open(key, record, bytes);
    };
  },
  'dem: open segments': (context) => {
    const [key, record] = [context.bytes('key'), context.bytes('context')];
    const [header, derived] = [context.bytes('header'), dem.keys(key, record)];
    return (bytes) => {
      const segments = decodeSegments(bytes);
      const encrypted = segments.map(({ number, last, plaintext }) =>
        dem.cipher(derived, number, last).encrypt(plaintext));
      const opened = dem.open(key, record, concat(header, ...encrypted));
      return equal(opened, concat(...segments.map(({ plaintext }) => plaintext)));
    };
  },
};

export default {
  suite: 'EPIONE-V1-OPENINGS',
  checks: 'ciphertexts, re-encryption keys, re-encryptions, proofs of possession, locations, DEM',
  readers: {
    ...conditionalReaders,
    'peks: locate': (context) => {
      const trapdoor = decode(peks.types.trapdoor, context.bytes('trapdoor'));
      const record = context.bytes('context');
      return (bytes) => {
        peks.locate(decode(peks.types.ciphertext, bytes), trapdoor, record);
      };
    },
    ...demReaders,
    ...afghReaders,
    ...possessionReaders,
  },
};
