// All files of attribute-based encryption, from one entry per scheme.
import { typesOf } from '../lib/abe/encodings.js';
import fabeo from './abe/fabeo.js';
import pang from './abe/pang.js';
import rouselakisWaters from './abe/rouselakis_waters.js';
import waters from './abe/waters.js';

// An entry has
//   scheme          the algorithms and the encodings of their elements, from lib/abe
//   kindSuffix      the suffix of the scheme's types in invalid/encodings.json
//   messageTypes    types of the scheme beside parameters, keys, headers and ciphertexts
//   positive        { file: { suite, checks, replay } }
//   negative        { file: { suite, checks, readers } }
const SCHEMES = [fabeo, waters, rouselakisWaters, pang];

const merged = (key) => Object.assign({}, ...SCHEMES.map((entry) => entry[key]));

export const positive = merged('positive');
export const negative = merged('negative');

// Lists of types, each with its suffix.
export const types = SCHEMES.flatMap(({ scheme, kindSuffix, messageTypes }) => [
  [typesOf(scheme), kindSuffix],
  [messageTypes, ''],
]);
