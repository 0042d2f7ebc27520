// ledger-proofs.json: configurations, certified headers and proofs of one chain.
import { steps as cases } from './ledger/cases.js';
import { steps as proofs } from './ledger/proofs.js';

const STEPS = { ...cases, ...proofs };

function replay(fields) {
  const step = fields.inputs.text('step');
  if (!Object.hasOwn(STEPS, step)) throw new Error(`unknown step ${step}`);
  STEPS[step](fields);
}

export default {
  suite: 'EPIONE-V1-LEDGER-PROOFS',
  checks: 'configurations, headers, certificates, Merkle trees, maps, proofs',
  replay,
};
