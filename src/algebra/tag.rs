//! All domain separation tags and kind bytes.
//!
//! Each use of a hash function has its own tag, and no tag is a prefix of another. The tag strings
//! are frozen with the format version. Some of them, and the constants named after them, therefore
//! contain older terms.
#![forbid(unsafe_code)]

mod names;

pub(crate) use names::KindName;

use std::fmt;

/// A domain separation tag: ASCII, at most 255 bytes (RFC 9380, 3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(&'static str);

impl Tag {
    /// A tag outside this crate's list, such as those of the RFC's test vectors.
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
    /// FABEO: attribute to G1.
    FABEO_ATTRIBUTE = "EPIONE-V1-FABEO-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// FABEO: the randomness of a user's key, derived for epochs.
    FABEO_EXPONENT = "EPIONE-V1-FABEO-EXPONENT-with-expander-SHA256-128";
    /// FABEO: digest of the attribute set of a key.
    FABEO_SET = "EPIONE-V1-FABEO-SET";
    /// Waters: attribute to G1.
    WATERS_ATTRIBUTE = "EPIONE-V1-WATERS-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Rouselakis-Waters: attribute to G1.
    DECENTRALISED_ATTRIBUTE =
        "EPIONE-V1-DECENTRALISED-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Rouselakis-Waters: user identifier to G1.
    DECENTRALISED_USER = "EPIONE-V1-DECENTRALISED-USER-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Pang: attribute to G1.
    REVOCABLE_ATTRIBUTE = "EPIONE-V1-REVOCABLE-ATTRIBUTE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// Pang: user exponent from the central authority's key.
    REVOCABLE_USER = "EPIONE-V1-REVOCABLE-USER-with-expander-SHA256-128";
    /// Pang: proof of possession of an attribute authority's exponent, to G1.
    REVOCABLE_POSSESSION = "EPIONE-V1-REVOCABLE-POSSESSION-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    /// ABE, CPA-secure: encapsulated key from the shared element.
    ABE_KEY = "EPIONE-V1-ABE-KEY";
    /// ABE: digest of the public parameters.
    ABE_PARAMETERS = "EPIONE-V1-ABE-PARAMETERS";
    /// ABE, CCA-secure: encapsulated key and seed of the coins from the message.
    ABE_MESSAGE = "EPIONE-V1-ABE-MESSAGE";
    /// ABE, CCA-secure: coin from the seed.
    ABE_COIN = "EPIONE-V1-ABE-COIN-with-expander-SHA256-128";
    /// ABE, CCA-secure: mask of the message from the shared element.
    ABE_MASK = "EPIONE-V1-ABE-MASK";
    /// PEKS: keyword to G2.
    PEKS_KEYWORD = "EPIONE-V1-PEKS-KEYWORD-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    /// PEKS: check value `B` of a searchable ciphertext.
    PEKS_CHECK = "EPIONE-V1-PEKS-CHECK";
    /// PEKS: key that encrypts the location.
    PEKS_LOCATION = "EPIONE-V1-PEKS-LOCATION";
    /// PRE: condition to G2.
    PRE_CONDITION = "EPIONE-V1-PRE-CONDITION-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    /// PRE: base point of a ciphertext's tag.
    PRE_CAPSULE_TAG = "EPIONE-V1-PRE-CAPSULE-TAG-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
    /// PRE: context covered by every hash of a ciphertext except that of its tag.
    PRE_CONTEXT = "EPIONE-V1-PRE-CONTEXT";
    /// PRE: context covered by the hash of a ciphertext's tag.
    PRE_TAG_CONTEXT = "EPIONE-V1-PRE-TAG-CONTEXT";
    /// PRE: exponent `r` from `mu`.
    PRE_EXPONENT = "EPIONE-V1-PRE-EXPONENT-with-expander-SHA256-128";
    /// PRE: mask of `mu` from the pairing value.
    PRE_MASK = "EPIONE-V1-PRE-MASK";
    /// PRE: wrapping key from `mu`.
    PRE_KEY = "EPIONE-V1-PRE-KEY";
    /// PRE: digest of a ciphertext's body.
    PRE_BODY = "EPIONE-V1-PRE-BODY";
    /// PRE: hedged exponent `t` of a re-encryption.
    PRE_REENCRYPTION = "EPIONE-V1-PRE-REENCRYPTION-with-expander-SHA256-128";
    /// PRE: challenge of the proof of equal exponents in a re-encryption.
    PRE_PROOF = "EPIONE-V1-PRE-PROOF-with-expander-SHA256-128";
    /// PRE: hedged nonce of the proofs.
    PRE_NONCE = "EPIONE-V1-PRE-NONCE-with-expander-SHA256-128";
    /// PRE: challenge of the proof of possession of a user key.
    PRE_POSSESSION = "EPIONE-V1-PRE-POSSESSION-with-expander-SHA256-128";
    /// AFGH: key from `Z^r`.
    AFGH_KEY = "EPIONE-V1-AFGH-KEY";
    /// Pseudonyms: root key of a patient.
    PSEUDONYM_ROOT = "EPIONE-V1-PSEUDONYM-ROOT";
    /// Pseudonyms: key of one doctor's series.
    PSEUDONYM_DOCTOR = "EPIONE-V1-PSEUDONYM-DOCTOR";
    /// Pseudonyms: child node of the epoch tree.
    PSEUDONYM_NODE = "EPIONE-V1-PSEUDONYM-NODE";
    /// Pseudonyms: name of a pseudonym from a leaf.
    PSEUDONYM_NAME = "EPIONE-V1-PSEUDONYM-NAME";
    /// Pseudonyms: secret of a pseudonym from a leaf.
    PSEUDONYM_SECRET = "EPIONE-V1-PSEUDONYM-SECRET";
    /// DEM: cipher key, nonce prefix and commitment from a content key.
    DEM_KEYS = "EPIONE-V1-DEM-KEYS";
    /// HPKE: exporter context of the content key of a stream.
    HPKE_STREAM = "EPIONE-V1-HPKE-STREAM";
    /// Signatures: certificate by the registration centre.
    SIGN_CERTIFICATE = "EPIONE-V1-SIGN-CERTIFICATE";
    /// Signatures: proof of possession of a signing key.
    SIGN_POSSESSION = "EPIONE-V1-SIGN-POSSESSION";
    /// Signatures: transaction.
    SIGN_TRANSACTION = "EPIONE-V1-SIGN-TRANSACTION";
    /// Signatures: access query from a doctor to the query manager.
    SIGN_QUERY = "EPIONE-V1-SIGN-QUERY";
    /// Signatures: query forwarded by the query manager.
    SIGN_FORWARD = "EPIONE-V1-SIGN-FORWARD";
    /// Signatures: upload to the store.
    SIGN_UPLOAD = "EPIONE-V1-SIGN-UPLOAD";
    /// Signatures: request of a reader for a search by a proxy.
    SIGN_SEARCH = "EPIONE-V1-SIGN-SEARCH";
    /// Signatures: request for an object of the store.
    SIGN_FETCH = "EPIONE-V1-SIGN-FETCH";
    /// Signatures: receipt of a proxy for released re-encryptions.
    SIGN_RECEIPT = "EPIONE-V1-SIGN-RECEIPT";
    /// Signatures: message to one receiver.
    SIGN_MESSAGE = "EPIONE-V1-SIGN-MESSAGE";
    /// Signatures: consensus message.
    SIGN_CONSENSUS = "EPIONE-V1-SIGN-CONSENSUS";
    /// Consensus: digest of an epoch configuration.
    CONSENSUS_CONFIG = "EPIONE-V1-CONSENSUS-CONFIG";
    /// Consensus: digest of a batch of requests.
    CONSENSUS_BATCH = "EPIONE-V1-CONSENSUS-BATCH";
    /// Consensus: digest of a request.
    CONSENSUS_REQUEST = "EPIONE-V1-CONSENSUS-REQUEST";
    /// Consensus: election of a group's next centre.
    CONSENSUS_GROUPING = "EPIONE-V1-CONSENSUS-GROUPING";
    /// Consensus: digest of a message other than a vote.
    CONSENSUS_MESSAGE = "EPIONE-V1-CONSENSUS-MESSAGE";
    /// Consensus: key of a remembered verification.
    CONSENSUS_VERDICT = "EPIONE-V1-CONSENSUS-VERDICT";
    /// Simulator: running hash of all deliveries.
    SIM_TRACE = "EPIONE-V1-SIM-TRACE";
    /// Simulator: signature of the ideal scheme.
    SIM_SIGNATURE = "EPIONE-V1-SIM-SIGNATURE";
    /// Simulator: digest of a value of the test application.
    SIM_VALUE = "EPIONE-V1-SIM-VALUE";
    /// Ledger: transaction identifier.
    LEDGER_TRANSACTION = "EPIONE-V1-LEDGER-TRANSACTION";
    /// Ledger: Merkle leaf.
    LEDGER_LEAF = "EPIONE-V1-LEDGER-LEAF";
    /// Ledger: Merkle inner node.
    LEDGER_NODE = "EPIONE-V1-LEDGER-NODE";
    /// Ledger: block header.
    LEDGER_BLOCK = "EPIONE-V1-LEDGER-BLOCK";
    /// Ledger: entry of the state.
    LEDGER_STATE = "EPIONE-V1-LEDGER-STATE";
    /// Ledger: entry of the authenticated map.
    LEDGER_MAP_ENTRY = "EPIONE-V1-LEDGER-MAP-ENTRY";
    /// Ledger: branch of the authenticated map.
    LEDGER_MAP_BRANCH = "EPIONE-V1-LEDGER-MAP-BRANCH";
    /// Ledger: digest of a certificate's serial number, which withdraws the certificate.
    LEDGER_SERIAL = "EPIONE-V1-LEDGER-SERIAL";
    /// Ledger: holder and attribute of a revocation.
    LEDGER_ATTRIBUTE = "EPIONE-V1-LEDGER-ATTRIBUTE";
    /// Ledger: commitment to a re-encryption key in a grant.
    LEDGER_REKEY = "EPIONE-V1-LEDGER-REKEY";
    /// Ledger: commitment to a trapdoor in a grant.
    LEDGER_TRAPDOOR = "EPIONE-V1-LEDGER-TRAPDOOR";
    /// Protocol: owner key of a patient for one doctor and epoch.
    PROTOCOL_OWNER = "EPIONE-V1-PROTOCOL-OWNER";
    /// Protocol: associated data of a section.
    PROTOCOL_SECTION = "EPIONE-V1-PROTOCOL-SECTION";
    /// Protocol: associated data of a wrapped key.
    PROTOCOL_LOCK = "EPIONE-V1-PROTOCOL-LOCK";
    /// Protocol: digest of an object's name.
    PROTOCOL_OBJECT = "EPIONE-V1-PROTOCOL-OBJECT";
    /// Protocol: condition tag of a class and policy, under the secret of a pseudonym.
    PROTOCOL_CONDITION = "EPIONE-V1-PROTOCOL-CONDITION";
    /// Protocol: contents of a query, encrypted to the patient.
    PROTOCOL_QUERY = "EPIONE-V1-PROTOCOL-QUERY";
    /// Protocol: search term under a pseudonym.
    PROTOCOL_TERM = "EPIONE-V1-PROTOCOL-TERM";
    /// Protocol: digest of a re-encryption in a report.
    PROTOCOL_REENCRYPTION = "EPIONE-V1-PROTOCOL-REENCRYPTION";
    /// Protocol: context of a search entry.
    PROTOCOL_ENTRY = "EPIONE-V1-PROTOCOL-ENTRY";
    /// Protocol: HPKE info and digest of the payload of a message to one receiver.
    PROTOCOL_MESSAGE = "EPIONE-V1-PROTOCOL-MESSAGE";
    /// Protocol: HPKE info and stream context of the response to a fetch.
    PROTOCOL_RESPONSE = "EPIONE-V1-PROTOCOL-RESPONSE";
    /// Protocol: digest of a search request, which its answer contains.
    PROTOCOL_SEARCH = "EPIONE-V1-PROTOCOL-SEARCH";
}

/// PRE: weights of batch verification. Not in [`ALL`], because weights never leave the verifier.
pub const PRE_WEIGHT: Tag = Tag::new("EPIONE-V1-PRE-WEIGHT");
/// ABE: weights of a header's rows in its consistency check.
pub const ABE_WEIGHT: Tag = Tag::new("EPIONE-V1-ABE-WEIGHT");
/// ABE: weights of the relations between the rows.
pub const ABE_RELATION: Tag = Tag::new("EPIONE-V1-ABE-RELATION");

/// The kind byte of an encoding, one per type. Values are never reused.
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
    AbeAttributeAuthority = 0x0e,
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
    ConsensusEvidence = 0x73,
    ConsensusEntry = 0x74,
    Transaction = 0x80,
    Block = 0x81,
    Draft = 0x82,
    LedgerProof = 0x83,
    RecordSection = 0x90,
    SealedRecord = 0x91,
    Query = 0x92,
    ProxyJournalEntry = 0x93,
    SealedMessage = 0xa0,
    Enrolment = 0xa1,
    Upload = 0xa2,
    Fetch = 0xa3,
    Introduction = 0xa4,
    Delivery = 0xa5,
    Ticket = 0xa6,
    Release = 0xa7,
    QueryContents = 0xa8,
    ForwardedQuery = 0xa9,
    SearchRequest = 0xaa,
    EpochPolicies = 0xab,
    KeeperJournalEntry = 0xac,
    SearchResult = 0xad,
    ConsentRequest = 0xae,
    Countersignature = 0xaf,
    PatientSecrets = 0xb0,
    DoctorSecrets = 0xb1,
    InstitutionSecrets = 0xb2,
    QueryManagerSecrets = 0xb3,
    ProxySecrets = 0xb4,
    RegistrationCentreSecrets = 0xb5,
    AttributeAuthoritySecrets = 0xb6,
    ApplicationSecrets = 0xb7,
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
