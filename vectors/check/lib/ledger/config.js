// Configurations: parameters and roster. See the section on ledger proofs in vectors/README.md.
import { bigEndian, compare, u32 } from '../bytes.js';
import { encode, withCount, withLengthOf } from '../codec.js';
import { digest } from '../hash.js';
import { encodeU64, signingKey } from '../protocol/parts.js';

const MAX_CHAIN = 64;
const MAX_MEMBERS = 1024;
const MIN_MEMBERS = 4;
const MIN_GROUP = 4;
const DAY = 86_400_000n;
const PROFILES = { 0: 'flat', 1: 'member quorum' };

const u16 = (number) => bigEndian(number, 2);

function require(holds, reason) {
  if (!holds) throw new Error(reason);
}

// Numbers in two's complement of 32 bits.
const i32 = (reader) => reader.u32() | 0;
const writeI32 = (number) => u32(number < 0 ? number + 2 ** 32 : number);

const member = {
  read: (reader) => ({
    id: reader.u16(),
    key: signingKey(reader),
    latitude: i32(reader),
    longitude: i32(reader),
    rating: reader.u32(),
  }),
  write: ({ id, key, latitude, longitude, rating }) =>
    [u16(id), key, writeI32(latitude), writeI32(longitude), u32(rating)],
};

export const configType = {
  kind: 'ConsensusConfig',
  read: (reader) => checked({
    chain: reader.text(MAX_CHAIN),
    epoch: reader.u64(),
    profile: reader.choice('profile', PROFILES),
    groups: reader.u16(),
    distanceWeight: reader.u16(),
    relay: reader.u64(),
    fallback: reader.u64(),
    viewDelay: reader.u64(),
    doublings: reader.u32(),
    requestBytes: reader.u32(),
    bytes: reader.u32(),
    requests: reader.u16(),
    cost: reader.u32(),
    members: reader.counted(MAX_MEMBERS, member.read),
  }),
  write: (config) => [
    withLengthOf(config.chain), encodeU64(config.epoch), profileByte(config.profile),
    u16(config.groups), u16(config.distanceWeight), encodeU64(config.relay),
    encodeU64(config.fallback), encodeU64(config.viewDelay), u32(config.doublings),
    u32(config.requestBytes), u32(config.bytes), u16(config.requests), u32(config.cost),
    withCount(config.members, member.write),
  ],
};

const profileByte = (name) =>
  Uint8Array.of(Object.values(PROFILES).indexOf(name));

export const profileOf = (number) => PROFILES[number];

function checked(config) {
  require(config.chain !== '', 'the name of the chain is empty');
  require(config.distanceWeight <= 1000, 'the weight exceeds 1000');
  checkDelays(config);
  checkCapacity(config);
  checkRoster(config.members);
  checkGroups(config);
  return config;
}

function checkDelays({ relay, fallback, viewDelay, doublings }) {
  const inRange = [relay, fallback, viewDelay].every((delay) => delay >= 1n && delay <= DAY);
  require(inRange && viewDelay > 4n * fallback && doublings <= 16, 'delays out of range');
}

function checkCapacity({ requestBytes, bytes, requests, cost }) {
  require(requestBytes >= 1 && requestBytes <= 2 ** 20, 'bytes per request out of range');
  require(bytes >= requestBytes && bytes <= 3 * 2 ** 20, 'bytes out of range');
  require(requests >= 1 && requests <= 4096 && cost >= 1, 'requests or cost out of range');
}

function checkRoster(members) {
  require(members.length >= MIN_MEMBERS, 'too few members');
  const isAscending = members.every(({ id }, i) => i === 0 || members[i - 1].id < id);
  require(isAscending, 'the ids of the members are not strictly ascending');
  const keys = members.map(({ key }) => key).sort(compare);
  const isDistinct = keys.every((key, i) => i === 0 || compare(keys[i - 1], key) !== 0);
  require(isDistinct, 'two members have one key');
  const isOnEarth = ({ latitude, longitude }) =>
    Math.abs(latitude) <= 90_000_000 && Math.abs(longitude) <= 180_000_000;
  require(members.every(isOnEarth), 'a location is out of range');
}

function checkGroups({ profile, groups, members }) {
  const isGrouped = profile === 'member quorum' && members.length >= 16 && groups > 0;
  require(!isGrouped || Math.floor(members.length / groups) >= MIN_GROUP, 'groups are too small');
}

export const digestOf = (config) => digest('CONSENSUS_CONFIG', [encode(configType, config)]);

// The numbers F of faulty members that N members tolerate, and Q of members that form a quorum.
export const faults = ({ members }) => Math.floor((members.length - 1) / 3);
export const quorum = (config) => Math.ceil((config.members.length + faults(config) + 1) / 2);
