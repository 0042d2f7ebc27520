// invalid/openings.json: well-formed values that must not verify or open.
import { concat, equal, toNumber } from '../lib/bytes.js';
import { decode } from '../lib/codec.js';
import * as dem from '../lib/dem.js';
import * as peks from '../lib/peks.js';
import { afghReaders, conditionalReaders, possessionReaders } from './pre_openings.js';

const DESCRIPTION = 13;

// A segment as 13 bytes describe it: its nonce's number and last byte, start and length of its
// plaintext, of which byte i is i mod 251.
function describedSegment(bytes) {
  const number = (start) => Number(toNumber(bytes.subarray(start, start + 4)));
  const [start, length] = [number(5), number(9)];
  const plaintext = Uint8Array.from({ length }, (_, i) => (start + i) % 251);
  return { number: number(0), last: bytes[4], plaintext };
}

function describedSegments(bytes) {
  if (bytes.length % DESCRIPTION !== 0) throw new Error('a part of a segment');
  return Array.from({ length: bytes.length / DESCRIPTION }, (_, i) =>
    describedSegment(bytes.subarray(i * DESCRIPTION, (i + 1) * DESCRIPTION)));
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
      const segments = describedSegments(bytes);
      const encrypted = segments.map(({ number, last, plaintext }) =>
        dem.cipher(derived, number, last).encrypt(plaintext));
      const opened = dem.open(key, record, concat(header, ...encrypted));
      return equal(opened, concat(...segments.map(({ plaintext }) => plaintext)));
    };
  },
};

export default {
  suite: 'EPIONE-V1-OPENINGS',
  checks: 'tags, re-encryption keys, re-encryptions, possessions, locations, sealed texts',
  readers: {
    ...conditionalReaders,
    'peks: locate': (context) => {
      const trapdoor = decode(peks.types.trapdoor, context.bytes('trapdoor'));
      const record = context.bytes('context');
      return (bytes) => {
        peks.locate(decode(peks.types.entry, bytes), trapdoor, record);
      };
    },
    ...demReaders,
    ...afghReaders,
    ...possessionReaders,
  },
};
