// invalid/openings.json: well-formed values that must not verify or open.
import { decode } from '../lib/codec.js';
import * as dem from '../lib/dem.js';
import * as peks from '../lib/peks.js';
import { afghReaders, conditionalReaders, possessionReaders } from './pre_openings.js';

const demReaders = {
  'dem: open': (context) => {
    const [key, record] = [context.bytes('key'), context.bytes('context')];
    return (bytes) => {
      dem.open(key, record, bytes);
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
