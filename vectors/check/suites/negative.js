// A file of what must be accepted and what must be refused.
import { fromHex } from '../lib/bytes.js';
import { Fields } from '../lib/fields.js';

// `readers` makes of a group's type and context what reads its bytes: a function that throws or
// gives false at what is to be refused, and otherwise may give more fields of the test.
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

function checkGroup(where, document, readers, count, failures) {
  const group = new Fields(where, document, failures);
  const tests = group.list('tests');
  try {
    const type = group.text('type');
    const context = new Fields(`${where}: context`, group.get('context'), failures);
    if (!Object.hasOwn(readers, type)) throw new Error(`${where}: no type ${type}`);
    const read = readers[type](context);
    context.close();
    tests.forEach((test, i) => checkTest(test, count + i + 1, read, failures));
    group.close();
  } catch (error) {
    failures.push(`${where}: ${error.message}`);
  }
  return count + tests.length;
}

function checkTest(document, tcId, read, failures) {
  const test = new Fields(`test ${tcId}`, document, failures);
  const { reason, fields } = verdict(read, fromHex(test.text('bytes')));
  const isValid = reason === undefined;
  test.expect({ tcId, result: isValid ? 'valid' : 'invalid', ...fields });
  const flags = test.list('flags');
  if (flags.length === 0 || flags.includes('Valid') !== isValid) test.fail(' has wrong flags');
  if (test.text('comment') === '') test.fail(' has no comment');
  test.close();
}

// Why bytes are refused, if they are, and what a test has to say besides.
function verdict(read, bytes) {
  try {
    const found = read(bytes);
    return found === false ? { reason: 'does not verify' } : { fields: found };
  } catch (error) {
    return { reason: error.message, fields: error.fields };
  }
}
