// Key encapsulation under a policy, CPA and CCA, and DEM encryption under the encapsulated key,
// after vectors/README.md and src/abe/fujisaki_okamoto.rs.
import { concat, equal, u32, utf8, xor } from '../bytes.js';
import { encode } from '../codec.js';
import * as dem from '../dem.js';
import { encodeGt } from '../groups.js';
import { digest, framed, hashToScalar, kdf } from '../hash.js';
import { parsePolicy } from '../policy/parse.js';
import { SpanProgram } from '../policy/span.js';
import { print } from '../policy/tree.js';

export function readPolicy(text) {
  const root = parsePolicy(text);
  return { policy: print(root), program: new SpanProgram(root) };
}

export function encapsulateCpa(scheme, types, parameters, { policy, program }, coins) {
  const { encapsulation, shared } = scheme.encapsulate(parameters, program, coins);
  const header = { policy, program, encapsulation };
  return { header, shared, key: cpaKey(types, header, shared) };
}

// The rows that decryption uses with their components, or undefined if the policy is not satisfied.
export function select(scheme, { attributes, elements }, { program, encapsulation }) {
  const identities = attributes.identities();
  const component = (row) => {
    const found = identities.findIndex((held) => equal(held, program.rows[row].identity));
    return scheme.componentMatchesRow(elements, found, encapsulation, row) ? found : -1;
  };
  return program.select((row) => component(row) >= 0)?.map(({ row, gamma }) =>
    ({ row, gamma, component: component(row), occurrence: program.rows[row].occurrence }));
}

function decapsulateShared(scheme, userKey, header) {
  const selection = select(scheme, userKey, header);
  if (!selection) throw new Error('the policy is not satisfied');
  return scheme.decapsulate(userKey.elements, selection, header.encapsulation);
}

export const decapsulateCpa = (scheme, types, userKey, header) =>
  cpaKey(types, header, decapsulateShared(scheme, userKey, header));

const cpaKey = (types, header, shared) =>
  kdf('ABE_KEY', encodeGt(shared), [encode(types.cpaHeader, header)], 32);

// Derives the content key and the seed of the coins from a message.
function derive(scheme, types, parameters, policy, ad, message) {
  const parametersDigest = digest('ABE_PARAMETERS', [encode(types.parameters, parameters)]);
  const context = [Uint8Array.of(scheme.suite), parametersDigest, utf8(policy), ad];
  const both = kdf('ABE_MESSAGE', message, context, 64);
  return { parametersDigest, key: both.subarray(0, 32), seed: both.subarray(32) };
}

// Derives the coins; shares and masks are numbered consecutively.
function coinsOf(scheme, program, seed) {
  const coin = (i) => hashToScalar('ABE_COIN', concat(seed, u32(i)));
  const shares = Array.from({ length: program.columns }, (_, i) => coin(i));
  const masks = Array.from({ length: scheme.masks(program) }, (_, i) => coin(shares.length + i));
  return { shares, masks };
}

const mask = (types, header, shared) =>
  kdf('ABE_MASK', encodeGt(shared), [encode(types.cpaHeader, header)], 32);

// Encapsulation with the Fujisaki-Okamoto transform.
export function encapsulate(scheme, types, parameters, { policy, program }, ad, message) {
  const derived = derive(scheme, types, parameters, policy, ad, message);
  const coins = coinsOf(scheme, program, derived.seed);
  const { encapsulation, shared } = scheme.encapsulate(parameters, program, coins);
  const header = { policy, program, encapsulation };
  const masked = xor(message, mask(types, header, shared));
  return { header: { ...header, masked }, shared, coins, ...derived };
}

// Decapsulation with the re-encryption check: the message encapsulates to the same header.
export function decapsulate(scheme, types, parameters, userKey, ad, header) {
  const shared = decapsulateShared(scheme, userKey, header);
  const message = xor(header.masked, mask(types, header, shared));
  const reencrypted = encapsulate(scheme, types, parameters, header, ad, message);
  const bytes = (value) => encode(types.header, value);
  const isHonest = equal(bytes(reencrypted.header), bytes(header));
  if (!isHonest) throw new Error('the re-encryption check failed');
  return reencrypted.key;
}

// The DEM context binds a body to its header and to the caller's associated data.
const context = (type, header, ad) => framed([ad, encode(type, header)]);

export const sealBody = (type, header, ad, key, plaintext) =>
  dem.seal(key, context(type, header, ad), plaintext);

export const openBody = (type, header, ad, key, body) =>
  dem.open(key, context(type, header, ad), body);
