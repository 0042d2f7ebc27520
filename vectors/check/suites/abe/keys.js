// Parts of the replay of keys that several schemes share.
import { encode } from '../../lib/codec.js';
import { AttributeSet } from '../../lib/policy/attributes.js';

export const attributesOf = ({ inputs }) =>
  AttributeSet.parse(inputs.list('attributes').join(', '));

export const expectMasterKey = ({ outputs }, types, masterKey) =>
  outputs.expect({ master_key: encode(types.masterKey, masterKey) });

export function expectKeys({ outputs }, types, parameters, userKey) {
  outputs.expect({
    parameters: encode(types.parameters, parameters),
    user_key: encode(types.userKey, userKey),
  });
  return { parameters, userKey };
}
