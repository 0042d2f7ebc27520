// Rejections that the vector files do not cover.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { typesOf } from '../lib/abe/encodings.js';
import {
  attributeKey, messageTypes, pang, verifyAttributeKey, verifyComponent,
} from '../lib/abe/pang.js';
import { concat, fromHex, toHex, toNumber, utf8 } from '../lib/bytes.js';
import { decode, encode } from '../lib/codec.js';
import { G1, G2, generatorMultiply, multiply, scalar } from '../lib/groups.js';
import { framed, hashToG1 } from '../lib/hash.js';
import { proofType } from '../lib/ledger/proofs.js';
import { AttributeSet } from '../lib/policy/attributes.js';
import { checkName } from '../lib/policy/names.js';
import { parsePolicy } from '../lib/policy/parse.js';
import { parseVocabulary } from '../lib/policy/vocabulary.js';
import { publicKey, sign, verify } from '../lib/sign.js';
import { tag } from '../lib/tags.js';
import { checkFile } from '../suites/index.js';

const file = JSON.parse(readFileSync(new URL('../../invalid/abe-pang.json', import.meta.url)));
const group = file.testGroups.find(({ context }) => 'attribute_key' in context);
const honestKey = decode(messageTypes.attributeKey, fromHex(group.context.attribute_key));

test('an attribute key carries a valid proof of possession', () => {
  assert.ok(verifyAttributeKey(honestKey));
  const bytes = encode(messageTypes.attributeKey, attributeKey('x', 7, 3n));
  assert.ok(verifyAttributeKey(decode(messageTypes.attributeKey, bytes)));
});

test('a proof of possession is bound to attribute, epoch and point', () => {
  for (const change of [
    { attribute: 'y' },
    { epoch: honestKey.epoch + 1 },
    { g2_v: multiply(honestKey.g2_v, 2n) },
    { g2_v: multiply(honestKey.g2_v, 2n), p: multiply(honestKey.p, 2n) },
    { p: honestKey.p.negate() },
    { p: G1.BASE },
  ]) {
    const title = Object.keys(change).join(', ');
    assert.equal(verifyAttributeKey({ ...honestKey, ...change }), false, title);
  }
});

test("a rogue key derived from D' matches a component but has no proof of possession", () => {
  const [t, k] = [5n, 3n];
  const elements = { gid: 'Ada', d_prime: generatorMultiply(G2, t) };
  const rogue = { attribute: 'x', epoch: 0, g2_v: multiply(elements.d_prime, k) };
  const dX = multiply(hashToG1('REVOCABLE_ATTRIBUTE', utf8('x')), scalar.inverse(k));
  assert.ok(verifyComponent(elements, rogue, { gid: 'Ada', attribute: 'x', epoch: 0, dX }));
  for (const p of [attributeKey('x', 0, k).p, honestKey.p, dX, G1.BASE]) {
    assert.equal(verifyAttributeKey({ ...rogue, p }), false);
  }
});

test('a component under a key without a proof of possession is rejected', () => {
  const tests = group.tests.map((one, i) => ({ ...one, tcId: i + 1 }));
  const failures = (key) => {
    const bytes = encode(messageTypes.attributeKey, key);
    const context = { ...group.context, attribute_key: toHex(bytes) };
    const testGroups = [{ ...group, context, tests }];
    const alone = { ...file, numberOfTests: tests.length, testGroups };
    return checkFile('invalid/abe-pang.json', alone).failures;
  };
  assert.deepEqual(failures(honestKey), []);
  assert.deepEqual(failures({ ...honestKey, p: honestKey.p.negate() }), [
    'group 1: attribute key without proof of possession',
  ]);
});

test('an identifier has 1 to 256 bytes', () => {
  const [d, dPrime] = [G1.BASE, G2.BASE];
  const { userKey } = typesOf(pang);
  const of = (gid) => [
    [messageTypes.keyShare, { gid, attribute: 'x', dPrime, t: d }],
    [messageTypes.component, { gid, attribute: 'x', epoch: 0, dX: d }],
    [userKey, {
      attributes: AttributeSet.parse('x'),
      elements: { gid, d, d_prime: dPrime, components: [[{ epoch: 0, point: d }]] },
    }],
  ];
  for (const gid of ['a', 'a'.repeat(256)]) {
    of(gid).forEach(([type, value]) => assert.ok(decode(type, encode(type, value)), type.kind));
  }
  for (const [gid, reason] of [['', /empty identifier/], ['a'.repeat(257), /too long/]]) {
    for (const [type, value] of of(gid)) {
      assert.throws(() => decode(type, encode(type, value)), reason, type.kind);
    }
  }
});

test('a vocabulary has at most 4096 values', () => {
  const of = (count) => `x#1: ${Array.from({ length: count }, (_, i) => `v${i}`).join(', ')}`;
  assert.equal(parseVocabulary(of(4096)).values.length, 4096);
  assert.throws(() => parseVocabulary(of(4097)), { column: 1 });
});

test("the negation of a vocabulary's only value is rejected", () => {
  const vocabularies = new Map([['x', parseVocabulary('x#1: a')]]);
  assert.throws(() => parsePolicy('b or not x:a', vocabularies), { column: 10 });
});

test('names exclude exactly the characters of the rule `excluded` in docs/policy.md', () => {
  const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
  const [rule] = /^excluded .*?```/ms.exec(page);
  const ranges = [...rule.matchAll(/%x([0-9A-F]+)(?:-([0-9A-F]+))?/g)].map(([, low, high = low]) =>
    [low, high].map((code) => parseInt(code, 16)));
  assert.equal(ranges.length, 33);
  const isExcluded = (code) => ranges.some(([low, high]) => low <= code && code <= high);
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const name = `a${String.fromCodePoint(code)}b`;
    if (isExcluded(code)) assert.throws(() => checkName(name), /invisible/, code.toString(16));
    else assert.equal(checkName(name), name);
  }
});

test('a proven value has at most 2^16 bytes, a proven transaction 2^20', () => {
  const tests = (name) =>
    JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url))).cases;
  const proofs = tests('ledger-proofs.json').filter(({ outputs }) => 'proof' in outputs);
  const honest = (step) =>
    decode(proofType, fromHex(proofs.find(({ inputs }) => inputs.step === step).outputs.proof));
  const state = honest('state proof');
  const [entry] = state.fields.entries;
  const ofValue = (length) => {
    const entries = [{ ...entry, values: [new Uint8Array(length)] }];
    return { ...state, fields: { ...state.fields, entries } };
  };
  const { name, fields } = honest('transaction proof');
  const ofTransaction = (length) =>
    ({ name, fields: { ...fields, transaction: new Uint8Array(length) } });
  for (const [of, cap] of [[ofValue, 2 ** 16], [ofTransaction, 2 ** 20]]) {
    assert.ok(decode(proofType, encode(proofType, of(cap))));
    assert.throws(() => decode(proofType, encode(proofType, of(cap + 1))), /too long/);
  }
});

test('an R with a component of small order is rejected, although the library accepts it', () => {
  const { Point } = ed25519;
  const [name, parts, seed] = ['SIGN_QUERY', [utf8('record 7')], new Uint8Array(32).fill(9)];
  const [key, bytes] = [publicKey(seed), framed([tag(name), ...parts])];
  const littleEndian = (value) => toNumber(value.slice().reverse());
  const { scalar: exponent } = ed25519.utils.getExtendedPublicKey(seed);
  // R = r B + T and s = r + k a.
  const forged = (r, component) => {
    const point = Point.BASE.multiplyUnsafe(r).add(component).toBytes();
    const k = littleEndian(sha512(concat(point, key, bytes)));
    return concat(point, Point.Fn.toBytes(Point.Fn.create(r + k * exponent)));
  };
  assert.ok(verify(key, name, parts, sign(seed, name, parts)));
  assert.ok(verify(key, name, parts, forged(7n, Point.ZERO)));
  const orderTwo = Point.fromAffine({ x: 0n, y: Point.Fp.ORDER - 1n });
  for (const signature of [forged(7n, orderTwo), forged(0n, Point.ZERO)]) {
    assert.ok(ed25519.verify(signature, bytes, key, { zip215: false }));
    assert.equal(verify(key, name, parts, signature), false);
  }
});
