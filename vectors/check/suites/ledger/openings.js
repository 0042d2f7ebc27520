// invalid/ledger-proofs.json: proofs that a configuration does not verify.
import { decode } from '../../lib/codec.js';
import { configType } from '../../lib/ledger/config.js';
import { decodeProof, verifyProof } from '../../lib/ledger/proofs.js';

const readers = {
  'ledger proof: verify': (context) => {
    const config = decode(configType, context.bytes('config'));
    return (bytes) => {
      verifyProof(config, decodeProof(bytes));
    };
  },
};

export default {
  suite: 'EPIONE-V1-INVALID-LEDGER-PROOFS',
  checks: 'encodings, certificates, signatures, Merkle paths, paths in the map, grants',
  readers,
};
