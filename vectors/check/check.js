// Replays the vector files: `node check.js` replays all, `node check.js abe invalid/pol` those with
// these prefixes.
import { readdirSync, readFileSync } from 'node:fs';
import {
  checkFile, checksOf, NEGATIVE_FILES, POSITIVE_FILES, unknownFiles,
} from './suites/index.js';

const VECTORS = new URL('../', import.meta.url);
const FILES = [...POSITIVE_FILES, ...NEGATIVE_FILES];

// This package, and sample records that are not vectors.
const IGNORED = /^(check|records)\//;

const found = readdirSync(VECTORS, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.json') && !IGNORED.test(name));

const read = (name) => JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'));

function run(name) {
  const { count, fields, failures } = checkFile(name, read(name));
  const size = fields === undefined ? `${count} tests` : `${count} cases, ${fields} fields`;
  console.log(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${size}; ${checksOf(name)}`);
  failures.forEach((failure) => console.log(`     ${failure}`));
  return { count, failures: failures.length };
}

const prefixes = process.argv.slice(2);
const chosen = FILES.filter(
  (name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)),
);
const results = chosen.map(run);
const unknown = unknownFiles(found);
unknown.forEach((name) => console.log(`FAIL ${name}: unknown vector file`));
if (chosen.length === 0) console.log('FAIL no vector file has this prefix');

const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
const failures = total('failures') + unknown.length + (chosen.length === 0 ? 1 : 0);
console.log(`${chosen.length} files, ${total('count')} cases and tests, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
