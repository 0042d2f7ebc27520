// Mutation tests: every change to a copy of a vector file is reported.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { checkFile, NEGATIVE_FILES, POSITIVE_FILES, unknownFiles } from '../suites/index.js';

const read = (name) =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));

// The first case of each file; for hashes the last case of each function, because the first ones
// hash empty messages; for the protocol the first case of each step, role and action; for ledger
// proofs the first case of each step.
const VARIANTS = {
  'hash.json': ({ function: name }) => name,
  'protocol.json': ({ step, role, action }) => [step, role, action].join(),
  'ledger-proofs.json': ({ step }) => step,
};

function chosen(name) {
  if (!Object.hasOwn(VARIANTS, name)) return [1];
  const variants = read(name).cases.map(({ inputs }) => VARIANTS[name](inputs));
  const find = (one) => (name === 'hash.json' ? variants.lastIndexOf(one) : variants.indexOf(one));
  return [...new Set(variants)].map((one) => find(one) + 1);
}

const cases = POSITIVE_FILES.flatMap((name) => chosen(name).map((tcId) => ({ name, tcId })));

// A file of one case, with the tags that the case uses.
function oneCase(name, tcId) {
  const document = read(name);
  const alone = { ...document, cases: [{ ...document.cases[tcId - 1], tcId: 1 }] };
  const { failures } = checkFile(name, alone);
  const isUsed = ([tag]) => !failures.includes(`file.tags.${tag} is not used`);
  const tags = Object.fromEntries(Object.entries(document.tags).filter(isUsed));
  return { ...alone, tags };
}

// Changes the last byte of a string, a number or a flag.
function changed(value) {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return value.length === 0 ? ['00'] : value.map(changed);
  const isHex = /^([0-9a-f]{2})+$/.test(value);
  if (!isHex) return `${value}0a`;
  return value.slice(0, -2) + (parseInt(value.slice(-2), 16) ^ 1).toString(16).padStart(2, '0');
}

const mapValues = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));

const names = ({ failures }) => failures.join('\n');

function assertNamed(result, expected) {
  for (const name of expected) {
    assert.ok(result.failures.some((failure) => failure.includes(name)), `${name} is not reported`);
  }
}

const fieldsOf = (one) =>
  ['trace', 'outputs'].flatMap((section) =>
    Object.keys(one[section]).map((name) => `${section}.${name} `));

for (const { name, tcId } of cases) {
  const title = `${name}, case ${tcId}`;
  const document = oneCase(name, tcId);
  const [one] = document.cases;
  const checkCase = (change) =>
    checkFile(name, { ...document, cases: [{ ...one, ...change }] });

  test(`${title}: the unchanged case passes`, () => {
    assert.equal(names(checkFile(name, document)), '');
  });

  test(`${title}: each changed step and output is reported`, () => {
    const change = {
      trace: mapValues(one.trace, changed),
      outputs: mapValues(one.outputs, changed),
    };
    assertNamed(checkCase(change), fieldsOf(one));
  });

  test(`${title}: each missing step and output is reported`, () => {
    assertNamed(checkCase({ trace: {}, outputs: {} }), fieldsOf(one));
  });

  for (const input of Object.keys(one.inputs)) {
    test(`${title}: a changed ${input} is reported`, () => {
      const inputs = { ...one.inputs, [input]: changed(one.inputs[input]) };
      assert.notEqual(names(checkCase({ inputs })), '');
    });
  }

  test(`${title}: unread fields are reported`, () => {
    for (const section of ['inputs', 'trace', 'outputs']) {
      const change = { [section]: { ...one[section], more: '00' } };
      assertNamed(checkCase(change), [`${section}.more was not read`]);
    }
    assertNamed(checkCase({ more: 1 }), ['case.more was not read']);
    assertNamed(checkFile(name, { ...document, more: 1 }), ['file.more was not read']);
  });

  test(`${title}: the head is checked`, () => {
    const [first, ...others] = Object.keys(document.tags);
    const without = Object.fromEntries(others.map((tag) => [tag, document.tags[tag]]));
    for (const change of [
      { suite: 'EPIONE-V1-OTHER' },
      { seed: changed(document.seed) },
      { tags: { ...document.tags, [first ?? 'PRE_BODY']: 'EPIONE-V1-OTHER' } },
      { tags: { ...document.tags, OTHER: 'EPIONE-V1-OTHER' } },
      ...(first === undefined ? [] : [{ tags: without }]),
      { cases: [{ ...one, tcId: 2 }] },
    ]) {
      assert.notEqual(names(checkFile(name, { ...document, ...change })), '', `${change}`);
    }
  });
}

// Context fields on which no test of the group depends.
const WITHOUT_EFFECT = { 'conditional: verify re-encryption key': ['ad'] };

for (const name of NEGATIVE_FILES) {
  const document = read(name);
  const checkTests = (change) => {
    const testGroups = document.testGroups.map((group) => ({
      ...group,
      tests: group.tests.map(change),
    }));
    return checkFile(name, { ...document, testGroups });
  };
  const ids = (choose) =>
    document.testGroups
      .flatMap(({ tests }) => tests.filter(choose))
      .map(({ tcId }) => `test ${tcId}`);

  test(`${name}: a changed result, text, column or error and unread fields are reported`, () => {
    const opposite = { valid: 'invalid', invalid: 'valid' };
    const optional = ['canonical', 'column', 'error'];
    const change = (value, field) => {
      if (field === 'result') return opposite[value];
      return optional.includes(field) ? changed(value) : value;
    };
    const result = checkTests((one) => ({ ...mapValues(one, change), more: 1 }));
    for (const field of ['result', 'more']) {
      assertNamed(result, ids(() => true).map((id) => `${id}.${field}`));
    }
    for (const field of optional) {
      assertNamed(result, ids((one) => field in one).map((id) => `${id}.${field}`));
    }
  });

  test(`${name}: each valid value with a changed first byte is reported`, () => {
    const isValid = ({ result }) => result === 'valid';
    const first = ({ bytes }) =>
      (parseInt(bytes.slice(0, 2), 16) ^ 0xff).toString(16).padStart(2, '0');
    const change = (one) =>
      (isValid(one) ? { ...one, bytes: first(one) + one.bytes.slice(2) } : one);
    assertNamed(checkTests(change), ids(isValid).map((id) => `${id}.result`));
  });

  test(`${name}: the head is checked`, () => {
    const testGroups = [{ ...document.testGroups[0], more: 1 }];
    const head = { suite: 'EPIONE-V1-OTHER', numberOfTests: 0 };
    const result = checkFile(name, { ...document, ...head, testGroups });
    assertNamed(result, ['group 1.more', 'file.suite', 'file.numberOfTests']);
  });

  document.testGroups.forEach((group, i) => {
    const fields = Object.keys(group.context)
      .filter((field) => !WITHOUT_EFFECT[group.type]?.includes(field));
    for (const field of fields) {
      test(`${name}: a changed ${field} of group ${i + 1} is reported`, () => {
        const context = { ...group.context, [field]: changed(group.context[field]) };
        const tests = group.tests.map((one, k) => ({ ...one, tcId: k + 1 }));
        const alone = { ...document, numberOfTests: tests.length };
        const run = (changedGroup) => checkFile(name, { ...alone, testGroups: [changedGroup] });
        assert.equal(names(run({ ...group, tests })), '');
        assert.notEqual(names(run({ ...group, context, tests })), '');
      });
    }
  });
}

test('an unknown file is reported', () => {
  assert.deepEqual(unknownFiles(['dem.json', 'abe-new.json']), ['abe-new.json']);
});

test('the exit status reports failures', () => {
  const run = (...names) =>
    spawnSync(process.execPath, ['check.js', ...names], { cwd: new URL('..', import.meta.url) });
  assert.equal(run('pseudonym').status, 0);
  assert.notEqual(run('no-such-file').status, 0);
});
