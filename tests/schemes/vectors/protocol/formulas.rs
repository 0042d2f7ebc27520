//! The formulas of the protocol, restated from its documentation on the public hash functions.

use epione::algebra::Secret;
use epione::algebra::codec::{Canonical, VERSION, Writer};
use epione::algebra::hash::{digest, framed, kdf};
use epione::algebra::tag::{self, Kind};
use epione::consensus::Digest;
use epione::hpke;
use epione::ledger::EPOCH;
use epione::peks;
use epione::pre;
use epione::sign::{SigningKey, VerifyingKey};
use epione::store;

use crate::vectors::format::encoding;
use crate::vectors::pseudonym::path;

pub(crate) fn signing_key(seed: &[u8; 32]) -> SigningKey {
    SigningKey::from_seed(&Secret::new(*seed))
}

pub(crate) fn public_key(seed: &[u8; 32]) -> VerifyingKey {
    signing_key(seed).verifying_key()
}

pub(crate) fn hpke_key(seed: &[u8; 32]) -> hpke::SecretKey {
    hpke::SecretKey::from_seed(Secret::new(*seed))
}

pub(super) fn pre_key(exponent: &[u8; 32]) -> pre::SecretKey {
    pre::SecretKey::from_bytes(&encoding(Kind::PreSecretKey, exponent)).unwrap()
}

pub(super) fn peks_key(exponent: &[u8; 32]) -> peks::SecretKey {
    peks::SecretKey::from_bytes(&encoding(Kind::PeksSecretKey, exponent)).unwrap()
}

/// The seed of an owner key: `KDF(owner secret; doctor, epoch)`.
pub(super) fn owner_seed(secret: &[u8; 32], doctor: &VerifyingKey, epoch: u32) -> [u8; 32] {
    *kdf(tag::PROTOCOL_OWNER, secret, &[doctor.as_bytes(), &epoch.to_be_bytes()]).expose()
}

pub(super) fn epoch(time: u64) -> u32 {
    (time / EPOCH) as u32
}

/// Text, or bytes of variable length: the 32-bit length, then the bytes.
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}

/// A 32-bit count, then the encodings of the items.
pub(crate) fn listed(items: &[Vec<u8>]) -> Vec<u8> {
    [&(items.len() as u32).to_be_bytes()[..], &items.concat()].concat()
}

/// The fields of a typed value, as it is encoded within another.
pub(super) fn inner(bytes: &[u8]) -> Vec<u8> {
    bytes[2..].to_vec()
}

/// The information that one message is encrypted and signed for.
pub(super) struct Envelope<'a> {
    pub(super) chain: &'a str,
    pub(super) purpose: Kind,
    pub(super) receiver: VerifyingKey,
    pub(super) hpke: &'a hpke::SecretKey,
}

/// A decrypted message.
pub(super) struct Opened {
    pub(super) info: Vec<u8>,
    pub(super) statement: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

impl Envelope<'_> {
    /// Decrypts the encoding of a message from a sender with this signing key, and compares the
    /// signature, which is deterministic.
    pub(super) fn open(&self, sender: &SigningKey, message: &[u8]) -> Opened {
        let (receiver, hpke_key) = (self.receiver.as_bytes(), self.hpke.public_key());
        let (chain, purpose) = (self.chain.as_bytes(), [self.purpose as u8]);
        let to = [chain, &purpose, receiver, hpke_key.as_bytes()];
        let info = framed(&[&[tag::PROTOCOL_MESSAGE.as_bytes()], &to[..]].concat());
        let plaintext = hpke::open(self.hpke, &info, b"", &message[6..]).unwrap();
        let (key, rest) = plaintext.split_at(32);
        let (signature, payload) = rest.split_at(64);
        assert_eq!(key, sender.verifying_key().as_bytes());
        let statement = framed(&[
            chain,
            &purpose,
            key,
            receiver,
            hpke_key.as_bytes(),
            &digest(tag::PROTOCOL_MESSAGE, &[payload]),
        ]);
        assert_eq!(signature, sign(sender, tag::SIGN_MESSAGE, &statement));
        Opened { info, statement, payload: payload.to_vec() }
    }
}

/// The bytes of a signature over one statement.
pub(crate) fn sign(key: &SigningKey, tag: tag::Tag, statement: &[u8]) -> [u8; 64] {
    key.sign(tag, &[statement]).to_bytes()
}

/// The associated data of section and wrapped key, and the context of an entry.
pub(super) struct Record {
    pub(super) author: VerifyingKey,
    pub(super) record_id: [u8; 32],
}

impl Record {
    pub(super) fn section_ad(&self, index: u8) -> Vec<u8> {
        let tag = tag::PROTOCOL_SECTION.as_bytes();
        framed(&[tag, &self.record_id, &[index], self.author.as_bytes()])
    }

    pub(super) fn wrapped_key_ad(&self, index: u8) -> Vec<u8> {
        framed(&[tag::PROTOCOL_LOCK.as_bytes(), &self.record_id, &[index], self.author.as_bytes()])
    }

    pub(super) fn entry_context(&self) -> Vec<u8> {
        framed(&[tag::PROTOCOL_ENTRY.as_bytes(), &self.record_id, self.author.as_bytes()])
    }
}

pub(super) fn condition_tag(secret: &[u8; 32], class: &str, policy: &str) -> Digest {
    *kdf(tag::PROTOCOL_CONDITION, secret, &[class.as_bytes(), policy.as_bytes()]).expose()
}

pub(super) fn condition(owner: &VerifyingKey, epoch: u32, tag: &Digest) -> Vec<u8> {
    framed(&[owner.as_bytes(), &epoch.to_be_bytes(), tag])
}

pub(super) fn keyword(secret: &[u8; 32], field: &str, value: &str) -> Vec<u8> {
    framed(&[tag::PROTOCOL_TERM.as_bytes(), secret, field.as_bytes(), value.as_bytes()])
}

/// The name of an object in the store, by its bytes.
pub(crate) fn name(mut bytes: &[u8]) -> Vec<u8> {
    store::cid_of(&mut bytes).unwrap().to_bytes()
}

/// The hash in an object's name.
pub(crate) fn hash(bytes: &[u8]) -> Digest {
    name(bytes)[4..].try_into().unwrap()
}

/// The digest of an object's name on the ledger.
pub(super) fn object_digest(name: &[u8]) -> Digest {
    digest(tag::PROTOCOL_OBJECT, &[name])
}

/// A transaction, from the encoding of its action.
pub(super) struct Draft<'a> {
    pub(super) chain: &'a str,
    pub(super) nonce: [u8; 16],
    pub(super) valid_until: u64,
    pub(super) action: Vec<u8>,
}

impl Draft<'_> {
    fn fields(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes(self.chain.as_bytes());
        w.fixed(&self.nonce);
        w.u64(self.valid_until);
        w.fixed(&self.action);
        w.finish()
    }

    /// The signed bytes.
    pub(super) fn statement(&self) -> Vec<u8> {
        [&[VERSION][..], &self.fields()].concat()
    }

    pub(super) fn id(&self) -> Digest {
        digest(tag::LEDGER_TRANSACTION, &[&self.statement()])
    }

    pub(super) fn signed_by(&self, seeds: &[[u8; 32]]) -> Vec<u8> {
        let sign = |seed| sign(&signing_key(seed), tag::SIGN_TRANSACTION, &self.statement());
        let signatures: Vec<Vec<u8>> = seeds.iter().map(|seed| sign(seed).to_vec()).collect();
        encoding(Kind::Transaction, &[self.fields(), listed(&signatures)].concat())
    }
}

/// [`name`] as an identifier.
pub(super) fn cid(mut bytes: &[u8]) -> store::Cid {
    store::cid_of(&mut bytes).unwrap()
}

/// A pseudonym for a doctor and epoch, and the window key of this epoch.
pub(super) struct Pseudonym {
    pub(super) name: [u8; 32],
    pub(super) secret: [u8; 32],
    pub(super) window: Vec<u8>,
}

impl Pseudonym {
    /// Derives the pseudonym from the root key of the patient's series.
    pub(super) fn new(root: &[u8; 32], doctor: &VerifyingKey, epoch: u32) -> Self {
        let doctor = *kdf::<32>(tag::PSEUDONYM_DOCTOR, root, &[doctor.as_bytes()]).expose();
        let leaf = path(doctor, epoch)[32];
        let epoch = epoch.to_be_bytes();
        let derive = |tag| *kdf::<32>(tag, &leaf, &[&epoch, &[0; 4]]).expose();
        let node = [&[32], &epoch[..], &leaf].concat();
        Self {
            name: derive(tag::PSEUDONYM_NAME),
            secret: derive(tag::PSEUDONYM_SECRET),
            window: encoding(Kind::PseudonymWindow, &listed(&[node])),
        }
    }
}
