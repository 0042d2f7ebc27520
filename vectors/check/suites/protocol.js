// protocol.json: one run of the sharing protocol, step by step.
import { steps as grants } from './protocol/grants.js';
import { steps as messages } from './protocol/messages.js';
import { steps as objects } from './protocol/objects.js';
import { steps as parties } from './protocol/parties.js';
import { steps as records } from './protocol/records.js';
import { steps as transactions } from './protocol/transactions.js';

const STEPS = {
  ...parties, ...messages, ...records, ...grants, ...objects, ...transactions,
};

function replay(fields) {
  const step = fields.inputs.text('step');
  if (!Object.hasOwn(STEPS, step)) throw new Error(`unknown step ${step}`);
  STEPS[step](fields);
}

export default {
  suite: 'EPIONE-V1-PROTOCOL',
  checks: 'secrets, messages, signatures, bindings, wrapped keys, entries, transactions, responses',
  replay,
};
