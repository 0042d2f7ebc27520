// Canonical encodings: version, kind, fields. See src/algebra/codec.rs and src/algebra/tag.rs.
import { compare, concat, equal, fromUtf8, toNumber, u32, utf8 } from './bytes.js';
import { decodeG1, decodeG2, decodeGt, decodeScalar } from './groups.js';

export const VERSION = 4;

export const KIND = {
  AbePublicParameters: 0x01,
  AbeMasterSecretKey: 0x02,
  AbeUserSecretKey: 0x03,
  AbeHeader: 0x04,
  AbeCiphertext: 0x05,
  AbeCpaHeader: 0x06,
  AbeCpaCiphertext: 0x07,
  AbeAttributeKey: 0x0b,
  AbeShare: 0x0c,
  AbeComponent: 0x0d,
  AbeToken: 0x0f,
  AbeEpochAuthority: 0x18,
  PeksPublicKey: 0x10,
  PeksSecretKey: 0x11,
  PeksCiphertext: 0x12,
  PeksTrapdoor: 0x13,
  PrePublicKey: 0x20,
  PreSecretKey: 0x21,
  PreCiphertext: 0x22,
  PreReKey: 0x23,
  PreReEncryption: 0x24,
  PrePossession: 0x25,
  AfghCiphertext: 0x28,
  AfghReKey: 0x29,
  AfghReEncryption: 0x2a,
  PseudonymWindow: 0x30,
  DemCiphertext: 0x40,
  StoreManifest: 0x50,
  Certificate: 0x61,
  ConsensusConfig: 0x70,
  Transaction: 0x80,
  LedgerProof: 0x83,
  SealedRecord: 0x91,
  Query: 0x92,
  SealedMessage: 0xa0,
  Enrolment: 0xa1,
  Upload: 0xa2,
  Fetch: 0xa3,
  Introduction: 0xa4,
  Delivery: 0xa5,
  Ticket: 0xa6,
  Release: 0xa7,
  QueryContents: 0xa8,
  ForwardedQuery: 0xa9,
  SearchRequest: 0xaa,
  EpochPolicies: 0xab,
  PatientSecrets: 0xb0,
  DoctorSecrets: 0xb1,
  InstitutionSecrets: 0xb2,
  QueryManagerSecrets: 0xb3,
  ProxySecrets: 0xb4,
  RegistrationCentreSecrets: 0xb5,
  AttributeAuthoritySecrets: 0xb6,
  ApplicationSecrets: 0xb7,
};

// A type is { kind, read, write }: `read` takes a Reader, `write` returns the bytes of the fields.

export const encode = ({ kind, write }, value) =>
  concat(Uint8Array.of(VERSION, KIND[kind]), ...write(value));

// The fields of a typed value, as they are encoded within another value.
export const fieldsOf = ({ write }, value) => concat(...write(value));

export const withLength = (bytes) => concat(u32(bytes.length), bytes);
export const withLengthOf = (text) => withLength(utf8(text));
// A count, then the fields of the items.
export const withCount = (items, write) => concat(u32(items.length), ...items.flatMap(write));

// Reads fields in order and throws on malformed bytes.
class Reader {
  #bytes;
  #position = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  take(length) {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new Error('truncated');
    const taken = this.#bytes.slice(this.#position, end);
    this.#position = end;
    return taken;
  }

  u8() {
    return this.take(1)[0];
  }

  u16() {
    return Number(toNumber(this.take(2)));
  }

  u32() {
    return Number(toNumber(this.take(4)));
  }

  u64() {
    return toNumber(this.take(8));
  }

  // A length or count, checked against its cap before use.
  length(cap) {
    const length = this.u32();
    if (length > cap) throw new Error('too long');
    return length;
  }

  bytes(cap) {
    return this.take(this.length(cap));
  }

  text(cap) {
    return fromUtf8(this.bytes(cap));
  }

  list(count, read) {
    return Array.from({ length: count }, () => read(this));
  }

  // A list with a count of at most `cap`.
  counted(cap, read) {
    return this.list(this.length(cap), read);
  }

  // The value that one of the tags stands for.
  choice(name, values) {
    const tag = this.u8();
    if (!Object.hasOwn(values, tag)) throw new Error(`${name} ${tag} is unknown`);
    return values[tag];
  }

  g1() {
    return decodeG1(this.take(48));
  }

  g2() {
    return decodeG2(this.take(96));
  }

  gt() {
    return decodeGt(this.take(576));
  }

  scalar() {
    return decodeScalar(this.take(32));
  }

  nonzeroScalar() {
    const value = this.scalar();
    if (value === 0n) throw new Error('the exponent is zero');
    return value;
  }

  // Checks that the keys of a list are strictly ascending.
  ascending(keys) {
    const isUnordered = keys.some((key, i) => i > 0 && compare(keys[i - 1], key) >= 0);
    if (isUnordered) throw new Error('not strictly ascending');
  }

  end() {
    if (this.#position !== this.#bytes.length) throw new Error('trailing bytes');
  }
}

// Decodes a complete encoding and checks that the value encodes to the same bytes.
export function decode(type, bytes) {
  const reader = new Reader(bytes);
  if (reader.u8() !== VERSION) throw new Error('unsupported version');
  if (reader.u8() !== KIND[type.kind]) throw new Error('another kind');
  const value = type.read(reader);
  reader.end();
  if (!equal(encode(type, value), bytes)) throw new Error('not canonical');
  return value;
}

// Decodes the fields of a value, without version and kind.
export function decodeFields(type, bytes) {
  const reader = new Reader(bytes);
  const value = type.read(reader);
  reader.end();
  if (!equal(fieldsOf(type, value), bytes)) throw new Error('not canonical');
  return value;
}

// Decodes exactly `count` framed parts.
export function decodeParts(bytes, count) {
  const reader = new Reader(bytes);
  const parts = reader.list(count, (r) => r.take(r.u32()));
  reader.end();
  return parts;
}
