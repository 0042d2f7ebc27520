// Files of valid and invalid inputs.
import { fromHex } from '../lib/bytes.js';
import { Fields } from '../lib/fields.js';

// `readers` maps a group's type to a function from its context to a reader. A reader throws or
// returns false on invalid bytes; on valid ones it may return further fields of the test.
export function checkGroups({ suite, readers }, document) {
  const failures = [];
  const file = new Fields('file', document, failures);
  file.expect({ suite });
  file.text('about');
  let count = 0;
  for (const [i, group] of file.list('testGroups').entries()) {
    count = checkGroup(`group ${i + 1}`, group, readers, count, failures);
  }
  file.expect({ numberOfTests: count });
  file.close();
  return { count, failures };
}

function checkGroup(path, document, readers, count, failures) {
  const group = new Fields(path, document, failures);
  const tests = group.list('tests');
  try {
    const type = group.text('type');
    const context = new Fields(`${path}: context`, group.get('context'), failures);
    if (!Object.hasOwn(readers, type)) throw new Error(`${path}: unknown type ${type}`);
    const read = readers[type](context);
    context.close();
    tests.forEach((test, i) => checkTest(test, count + i + 1, read, failures));
    group.close();
  } catch (error) {
    failures.push(`${path}: ${error.message}`);
  }
  return count + tests.length;
}

function checkTest(document, tcId, read, failures) {
  const test = new Fields(`test ${tcId}`, document, failures);
  const { reason, fields } = verdict(read, fromHex(test.text('bytes')));
  const isValid = reason === undefined;
  test.expect({ tcId, result: isValid ? 'valid' : 'invalid', ...fields });
  const flags = test.list('flags');
  if (flags.length === 0 || flags.includes('Valid') !== isValid) test.fail(' has invalid flags');
  if (test.text('comment') === '') test.fail(' has no comment');
  test.close();
}

// The reason for a rejection, if any, and the further fields of the test.
function verdict(read, bytes) {
  try {
    const found = read(bytes);
    return found === false ? { reason: 'does not verify' } : { fields: found };
  } catch (error) {
    return { reason: error.message, fields: error.fields };
  }
}
