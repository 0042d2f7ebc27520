//! Every domain tag and every kind byte, in one list.
//!
//! A hash that serves two purposes is an attack waiting for its pairing. Here each purpose has a
//! tag of its own, the tags are pairwise different and none is a prefix of another (tested), and
//! a reader sees in one place what this crate ever hashes. The byte strings are part of the
//! format: changing one changes every vector.
#![forbid(unsafe_code)]

use std::fmt;

/// A domain separation tag: ASCII, at most 255 bytes (RFC 9380, 3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(&'static str);

impl Tag {
    /// A tag for use outside this crate's own list, RFC test vectors for example.
    ///
    /// # Panics
    /// At compile time, if the tag is empty, longer than 255 bytes or not ASCII.
    pub const fn new(text: &'static str) -> Self {
        assert!(!text.is_empty() && text.len() <= 255 && text.is_ascii());
        Self(text)
    }

    /// The tag's bytes.
    pub const fn as_bytes(self) -> &'static [u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Tag = Tag::new($text);)*
        /// All tags of the format.
        pub const ALL: &[Tag] = &[$($name),*];
    };
}

tags! {
    /// FABEO: the hash-to-G1 point `B`.
    FABEO_BASE = "EPIONE-V1-FABEO-BASE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// FABEO: an attribute to G1.
    FABEO_ATTRIBUTE = "EPIONE-V1-FABEO-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// FABEO: the randomness of a user's key, where it has to be found again.
    FABEO_EXPONENT = "EPIONE-V1-FABEO-EXPONENT-with-expander-SHA256-128";
    /// FABEO: the digest of the attributes that a key was issued for.
    FABEO_SET = "EPIONE-V1-FABEO-SET";
    /// Waters: an attribute to G1.
    WATERS_ATTRIBUTE = "EPIONE-V1-WATERS-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Decentralised authorities: an attribute to G1.
    DECENTRALISED_ATTRIBUTE = "EPIONE-V1-DECENTRALISED-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Decentralised authorities: a user's identifier to G1.
    DECENTRALISED_USER = "EPIONE-V1-DECENTRALISED-USER-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Revocable attributes: an attribute to G1.
    REVOCABLE_ATTRIBUTE = "EPIONE-V1-REVOCABLE-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Revocable attributes: a user's exponent out of the centre's key.
    REVOCABLE_USER = "EPIONE-V1-REVOCABLE-USER-with-expander-SHA256-128";
    /// Revocable attributes: the proof that a manager knows its exponent, to G1.
    REVOCABLE_POSSESSION = "EPIONE-V1-REVOCABLE-POSSESSION-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// ABE: the encapsulated key out of the shared element, against chosen plaintexts.
    ABE_KEY = "EPIONE-V1-ABE-KEY";
    /// ABE: the digest of public parameters.
    ABE_PARAMETERS = "EPIONE-V1-ABE-PARAMETERS";
    /// ABE: the encapsulated key and the seed of the coins out of the message, against chosen
    /// ciphertexts.
    ABE_MESSAGE = "EPIONE-V1-ABE-MESSAGE";
    /// ABE: a coin out of the seed.
    ABE_COIN = "EPIONE-V1-ABE-COIN-with-expander-SHA256-128";
    /// ABE: the mask of the message out of the shared element.
    ABE_MASK = "EPIONE-V1-ABE-MASK";
    /// PEKS: a keyword to G2.
    PEKS_KEYWORD = "EPIONE-V1-PEKS-KEYWORD-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    /// PEKS: the check value of an entry.
    PEKS_CHECK = "EPIONE-V1-PEKS-CHECK";
    /// PEKS: the key that seals an entry's location.
    PEKS_LOCATION = "EPIONE-V1-PEKS-LOCATION";
    /// PRE: a condition to G2.
    PRE_CONDITION = "EPIONE-V1-PRE-CONDITION-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    /// PRE: the point of a capsule's tag.
    PRE_CAPSULE_TAG = "EPIONE-V1-PRE-CAPSULE-TAG-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    /// PRE: the context that every hash of a ciphertext covers.
    PRE_CONTEXT = "EPIONE-V1-PRE-CONTEXT";
    /// PRE: the exponent `r` out of `mu`.
    PRE_EXPONENT = "EPIONE-V1-PRE-EXPONENT-with-expander-SHA256-128";
    /// PRE: the mask of `mu` out of the pairing value.
    PRE_MASK = "EPIONE-V1-PRE-MASK";
    /// PRE: the wrapping key out of `mu`.
    PRE_KEY = "EPIONE-V1-PRE-KEY";
    /// PRE: the digest of a wrapped body.
    PRE_BODY = "EPIONE-V1-PRE-BODY";
    /// PRE: challenge of the proof that a re-encryption used one exponent.
    PRE_PROOF = "EPIONE-V1-PRE-PROOF-with-expander-SHA256-128";
    /// PRE: the hedged nonce of that proof.
    PRE_NONCE = "EPIONE-V1-PRE-NONCE-with-expander-SHA256-128";
    /// PRE: proof of possession of a user key.
    PRE_POSSESSION = "EPIONE-V1-PRE-POSSESSION-with-expander-SHA256-128";
    /// AFGH: the key out of `Z^r`.
    AFGH_KEY = "EPIONE-V1-AFGH-KEY";
    /// Pseudonyms: a patient's root key.
    PSEUDONYM_ROOT = "EPIONE-V1-PSEUDONYM-ROOT";
    /// Pseudonyms: the key of one doctor's series.
    PSEUDONYM_DOCTOR = "EPIONE-V1-PSEUDONYM-DOCTOR";
    /// Pseudonyms: a step down the epoch tree.
    PSEUDONYM_NODE = "EPIONE-V1-PSEUDONYM-NODE";
    /// Pseudonyms: the pseudonym itself.
    PSEUDONYM_NAME = "EPIONE-V1-PSEUDONYM-NAME";
    /// DEM: cipher key, nonce prefix and commitment out of a content key.
    DEM_KEYS = "EPIONE-V1-DEM-KEYS";
    /// Signatures: a certificate by the registration centre.
    SIGN_CERTIFICATE = "EPIONE-V1-SIGN-CERTIFICATE";
    /// Signatures: proof of possession of a signing key.
    SIGN_POSSESSION = "EPIONE-V1-SIGN-POSSESSION";
    /// Signatures: a transaction.
    SIGN_TRANSACTION = "EPIONE-V1-SIGN-TRANSACTION";
    /// Signatures: a doctor's access query to the query manager.
    SIGN_QUERY = "EPIONE-V1-SIGN-QUERY";
    /// Signatures: the query manager's forwarding of a query.
    SIGN_FORWARD = "EPIONE-V1-SIGN-FORWARD";
    /// Signatures: an upload to the store.
    SIGN_UPLOAD = "EPIONE-V1-SIGN-UPLOAD";
    /// Signatures: a request to the store to serve an object.
    SIGN_FETCH = "EPIONE-V1-SIGN-FETCH";
    /// Signatures: a consensus message.
    SIGN_CONSENSUS = "EPIONE-V1-SIGN-CONSENSUS";
    /// Consensus: the digest of an epoch configuration.
    CONSENSUS_CONFIG = "EPIONE-V1-CONSENSUS-CONFIG";
    /// Consensus: the digest of a batch of requests.
    CONSENSUS_BATCH = "EPIONE-V1-CONSENSUS-BATCH";
    /// Consensus: the digest of a request.
    CONSENSUS_REQUEST = "EPIONE-V1-CONSENSUS-REQUEST";
    /// Consensus: the choice of the next centre of a group.
    CONSENSUS_GROUPING = "EPIONE-V1-CONSENSUS-GROUPING";
    /// Consensus: the digest of a message that is not a vote.
    CONSENSUS_MESSAGE = "EPIONE-V1-CONSENSUS-MESSAGE";
    /// Simulator: the running hash of everything delivered.
    SIM_TRACE = "EPIONE-V1-SIM-TRACE";
    /// Simulator: the digest of a value of the toy application.
    SIM_VALUE = "EPIONE-V1-SIM-VALUE";
    /// Simulator: the name of a remembered signature verdict.
    SIM_VERDICT = "EPIONE-V1-SIM-VERDICT";
    /// Ledger: a transaction's identifier.
    LEDGER_TRANSACTION = "EPIONE-V1-LEDGER-TRANSACTION";
    /// Ledger: a Merkle leaf.
    LEDGER_LEAF = "EPIONE-V1-LEDGER-LEAF";
    /// Ledger: a Merkle inner node.
    LEDGER_NODE = "EPIONE-V1-LEDGER-NODE";
    /// Ledger: a block header.
    LEDGER_BLOCK = "EPIONE-V1-LEDGER-BLOCK";
    /// Ledger: an entry of the state.
    LEDGER_STATE = "EPIONE-V1-LEDGER-STATE";
    /// Ledger: the commitment to a re-encryption key in a grant.
    LEDGER_REKEY = "EPIONE-V1-LEDGER-REKEY";
    /// Ledger: the hash of a trapdoor in a grant.
    LEDGER_TRAPDOOR = "EPIONE-V1-LEDGER-TRAPDOOR";
    /// Protocol: a patient's key towards one doctor in one epoch.
    PROTOCOL_OWNER = "EPIONE-V1-PROTOCOL-OWNER";
    /// Protocol: the associated data of a section.
    PROTOCOL_SECTION = "EPIONE-V1-PROTOCOL-SECTION";
    /// Protocol: the associated data of a lock.
    PROTOCOL_LOCK = "EPIONE-V1-PROTOCOL-LOCK";
    /// Protocol: the digest of an object's name.
    PROTOCOL_OBJECT = "EPIONE-V1-PROTOCOL-OBJECT";
    /// Protocol: the digest of a policy's text.
    PROTOCOL_POLICY = "EPIONE-V1-PROTOCOL-POLICY";
    /// Protocol: a search term under a pseudonym.
    PROTOCOL_TERM = "EPIONE-V1-PROTOCOL-TERM";
    /// Protocol: the digest of a re-encryption in a report.
    PROTOCOL_REENCRYPTION = "EPIONE-V1-PROTOCOL-REENCRYPTION";
    /// Protocol: the context of a search entry.
    PROTOCOL_ENTRY = "EPIONE-V1-PROTOCOL-ENTRY";
}

/// Weights of equations that are checked together. Not in [`ALL`], the tags of the format: a weight
/// never leaves the process that checks.
pub const PRE_WEIGHT: Tag = Tag::new("EPIONE-V1-PRE-WEIGHT");
/// Weights of the rows of a header.
pub const ABE_WEIGHT: Tag = Tag::new("EPIONE-V1-ABE-WEIGHT");
/// Weights of the relations between them.
pub const ABE_RELATION: Tag = Tag::new("EPIONE-V1-ABE-RELATION");

/// The second byte of every encoding: what it encodes. Never reused for another type.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    AbePublicParameters = 0x01,
    AbeMasterSecretKey = 0x02,
    AbeUserSecretKey = 0x03,
    AbeHeader = 0x04,
    AbeCiphertext = 0x05,
    AbeCpaHeader = 0x06,
    AbeCpaCiphertext = 0x07,
    AbeTransformKey = 0x08,
    AbeRetrievalKey = 0x09,
    AbeTransformed = 0x0a,
    AbeAttributeKey = 0x0b,
    AbeShare = 0x0c,
    AbeComponent = 0x0d,
    AbeManager = 0x0e,
    AbeToken = 0x0f,
    PeksPublicKey = 0x10,
    PeksSecretKey = 0x11,
    PeksCiphertext = 0x12,
    PeksTrapdoor = 0x13,
    AbeEpochAuthority = 0x18,
    PrePublicKey = 0x20,
    PreSecretKey = 0x21,
    PreCiphertext = 0x22,
    PreReKey = 0x23,
    PreReEncryption = 0x24,
    PrePossession = 0x25,
    AfghCiphertext = 0x28,
    AfghReKey = 0x29,
    AfghReEncryption = 0x2a,
    PseudonymWindow = 0x30,
    DemCiphertext = 0x40,
    StoreManifest = 0x50,
    Certificate = 0x61,
    ConsensusConfig = 0x70,
    ConsensusMessage = 0x71,
    ConsensusCertificate = 0x72,
    Transaction = 0x80,
    Block = 0x81,
    RecordSection = 0x90,
    SealedRecord = 0x91,
    Query = 0x92,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_is_a_prefix_of_another() {
        let all: Vec<Tag> =
            ALL.iter().copied().chain([PRE_WEIGHT, ABE_WEIGHT, ABE_RELATION]).collect();
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                assert!(i == j || !b.0.starts_with(a.0), "{a:?} and {b:?}");
            }
        }
    }
}
