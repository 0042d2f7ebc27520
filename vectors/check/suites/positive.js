// Files of cases, each recomputed from its inputs.
import { equal, fromHex, utf8 } from '../lib/bytes.js';
import { Fields } from '../lib/fields.js';
import { TAGS, used } from '../lib/tags.js';

export function checkCases({ suite, replay, tags }, document) {
  const failures = [];
  const file = new Fields('file', document, failures);
  used.clear();
  let fields = 0;
  const cases = file.list('cases');
  cases.forEach((one, i) => {
    fields += checkCase(one, i + 1, replay, failures);
  });
  checkHead(file, suite, tags ?? new Set(used));
  file.close();
  return { count: cases.length, fields, failures };
}

function checkCase(document, tcId, replay, failures) {
  const found = [];
  const one = new Fields('case', document, found);
  one.expect({ tcId });
  const sections = ['inputs', 'trace', 'outputs'];
  let fields = 0;
  try {
    one.text('comment');
    const values = Object.fromEntries(
      sections.map((name) => [name, new Fields(name, one.get(name), found)]),
    );
    replay(values);
    fields = sections.reduce((sum, name) => sum + values[name].close(), 0);
    one.close();
  } catch (error) {
    found.push(error.message);
  }
  failures.push(...found.map((failure) => `case ${tcId}: ${failure}`));
  return fields;
}

// A file lists exactly the tags that its cases use.
function checkHead(file, suite, expected) {
  file.expect({ suite });
  file.text('about');
  const seed = new Uint8Array(32);
  seed.set(utf8(suite));
  if (!equal(fromHex(file.text('seed')), seed)) file.fail('.seed is not the name of the suite');
  const tags = file.get('tags');
  for (const [name, text] of Object.entries(tags)) {
    if (text !== TAGS.get(name)) file.fail(`.tags.${name} is ${text}`);
    if (!expected.has(name)) file.fail(`.tags.${name} is not used`);
  }
  for (const name of expected) {
    if (!Object.hasOwn(tags, name)) file.fail(`.tags.${name} is missing`);
  }
}
