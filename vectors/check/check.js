// Replays the vector files: `node check.js` all of them, `node check.js abe invalid/pol` those
// whose names start so.
import { readdirSync, readFileSync } from 'node:fs';
import { checkFile, checksOf, NEGATIVE_FILES, POSITIVE_FILES, unknown } from './suites/index.js';

const VECTORS = new URL('../', import.meta.url);
const FILES = [...POSITIVE_FILES, ...NEGATIVE_FILES];

// This program, and records that are no vectors.
const OTHERS = /^(check|records)\//;

const found = readdirSync(VECTORS, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.json') && !OTHERS.test(name));

const read = (name) => JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'));

function run(name) {
  const { count, fields, failures } = checkFile(name, read(name));
  const amount = fields === undefined ? `${count} tests` : `${count} cases, ${fields} fields`;
  console.log(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${amount}; ${checksOf(name)}`);
  failures.forEach((failure) => console.log(`     ${failure}`));
  return { count, failures: failures.length };
}

const prefixes = process.argv.slice(2);
const chosen = FILES.filter(
  (name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)),
);
const results = chosen.map(run);
const strangers = unknown(found);
strangers.forEach((name) => console.log(`FAIL ${name}: nothing here knows this file`));
if (chosen.length === 0) console.log('FAIL no file has a name that starts so');

const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
const failures = total('failures') + strangers.length + (chosen.length === 0 ? 1 : 0);
console.log(`${chosen.length} files, ${total('count')} cases and tests, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
