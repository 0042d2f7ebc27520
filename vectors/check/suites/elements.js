// invalid/elements.json: single elements, without version and kind.
import { decodeG1, decodeG2, decodeGt, decodeScalar } from '../lib/groups.js';

const element = (decode) => () => (bytes) => {
  decode(bytes);
};

export default {
  suite: 'EPIONE-V1-ELEMENTS',
  checks: 'points, elements of GT, scalars',
  readers: {
    G1: element(decodeG1),
    G2: element(decodeG2),
    GT: element(decodeGt),
    scalar: element(decodeScalar),
  },
};
