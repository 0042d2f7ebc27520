// invalid/encodings.json: complete encodings of each type.
import { rouselakisWaters } from '../lib/abe/rouselakis_waters.js';
import { typesOf } from '../lib/abe/encodings.js';
import { fabeo } from '../lib/abe/fabeo.js';
import { tokenType } from '../lib/abe/fabeo_checks.js';
import { messageTypes, pang } from '../lib/abe/pang.js';
import { waters } from '../lib/abe/waters.js';
import { decode, KIND } from '../lib/codec.js';
import { types as peks } from '../lib/peks.js';
import { types as afgh } from '../lib/pre/afgh.js';
import { types as conditional } from '../lib/pre/conditional.js';
import { keyTypes } from '../lib/pre/keys.js';
import { windowType } from '../lib/pseudonym.js';

// Readers by kind name, with the scheme appended unless it is the default.
const readers = (types, scheme = '') =>
  Object.fromEntries(Object.values(types).map((type) => [type.kind + scheme, reader(type)]));

const reader = (type) => (context) => {
  context.expect({ kind: KIND[type.kind] });
  return (bytes) => {
    decode(type, bytes);
  };
};

export default {
  suite: 'EPIONE-V1-ENCODINGS',
  checks: 'version, kind, suite, lengths, elements, sets of attributes, policies',
  readers: {
    ...readers(typesOf(fabeo)),
    ...readers(typesOf(waters), 'Waters'),
    ...readers(typesOf(rouselakisWaters), 'RouselakisWaters'),
    ...readers(typesOf(pang), 'Pang'),
    ...readers({ tokenType, ...messageTypes }),
    ...readers(peks),
    ...readers(keyTypes),
    ...readers(conditional),
    ...readers(afgh),
    ...readers({ windowType }),
  },
};
