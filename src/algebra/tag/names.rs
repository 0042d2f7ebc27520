//! The names of the kinds of encodings, for errors.
#![forbid(unsafe_code)]

use super::Kind;
use std::fmt;

macro_rules! names {
    ($($kind:ident = $name:literal;)+) => {
        const ALL: &[Kind] = &[$(Kind::$kind),+];

        impl Kind {
            /// Returns the name of the encoded value, with its article.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// Returns the kind with this byte.
            pub fn from_byte(byte: u8) -> Option<Self> {
                ALL.iter().copied().find(|kind| *kind as u8 == byte)
            }
        }
    };
}

names! {
    AbePublicParameters = "public parameters for ABE";
    AbeMasterSecretKey = "a master secret key for ABE";
    AbeUserSecretKey = "a user secret key for ABE";
    AbeHeader = "a header for ABE";
    AbeCiphertext = "a ciphertext for ABE";
    AbeCpaHeader = "a CPA-secure header for ABE";
    AbeCpaCiphertext = "a CPA-secure ciphertext for ABE";
    AbeTransformKey = "a transform key for ABE";
    AbeRetrievalKey = "a retrieval key for ABE";
    AbeTransformed = "a transformed encapsulation for ABE";
    AbeAttributeKey = "the public key of an attribute";
    AbeShare = "a share of a user secret key for ABE";
    AbeComponent = "a component of a user secret key for ABE";
    AbeAttributeAuthority = "the secrets of an attribute authority for one attribute";
    AbeToken = "a renewal token for ABE";
    PeksPublicKey = "a public key for PEKS";
    PeksSecretKey = "a secret key for PEKS";
    PeksCiphertext = "a search entry";
    PeksTrapdoor = "a trapdoor";
    AbeEpochAuthority = "the secrets of an authority for key epochs";
    PrePublicKey = "a public key for PRE";
    PreSecretKey = "a secret key for PRE";
    PreCiphertext = "a conditional ciphertext for PRE";
    PreReKey = "a conditional re-encryption key";
    PreReEncryption = "a conditional re-encryption";
    PrePossession = "a proof of possession of a secret key for PRE";
    AfghCiphertext = "an AFGH ciphertext";
    AfghReKey = "an AFGH re-encryption key";
    AfghReEncryption = "an AFGH re-encryption";
    PseudonymWindow = "a pseudonym window";
    DemCiphertext = "a symmetric ciphertext";
    StoreManifest = "a manifest of the store";
    Certificate = "a certificate";
    ConsensusConfig = "a configuration of consensus";
    ConsensusMessage = "a message of consensus";
    ConsensusCertificate = "a certificate of consensus";
    ConsensusEvidence = "evidence of consensus";
    ConsensusEntry = "a log entry of consensus";
    Transaction = "a transaction";
    Block = "a block";
    Draft = "a draft";
    LedgerProof = "a proof of the ledger";
    RecordSection = "a record section";
    SealedRecord = "a sealed record";
    Query = "a query";
    ProxyJournalEntry = "a journal entry of a proxy";
    SealedMessage = "a sealed message";
    Enrolment = "an enrolment";
    Upload = "an upload";
    Fetch = "a fetch";
    Introduction = "an introduction";
    Delivery = "a delivery";
    Ticket = "a ticket";
    Release = "a release";
    QueryContents = "the contents of a query";
    ForwardedQuery = "a forwarded query";
    SearchRequest = "a search request";
    EpochPolicies = "policies for an attribute epoch";
    KeeperJournalEntry = "a journal entry of a store keeper";
    SearchResult = "a search result";
    ConsentRequest = "a request for consent";
    Countersignature = "a countersignature";
    PatientSecrets = "the secrets of a patient";
    DoctorSecrets = "the secrets of a doctor";
    InstitutionSecrets = "the secrets of an institution";
    QueryManagerSecrets = "the secrets of a query manager";
    ProxySecrets = "the secrets of a proxy";
    RegistrationCentreSecrets = "the secrets of a registration centre";
    AttributeAuthoritySecrets = "the secrets of the attribute authority";
    ApplicationSecrets = "the secrets of an applicant";
}

/// A kind byte, displayed as the name of the kind, or as a number if no kind has it.
pub(crate) struct KindName(pub(crate) u8);

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Kind::from_byte(self.0) {
            Some(kind) => f.write_str(kind.name()),
            None => write!(f, "unknown kind {:#04x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::codec::VERSION;
    use crate::error::DecodeError;
    use std::collections::BTreeSet;

    #[test]
    fn kinds_have_distinct_names() {
        let names: BTreeSet<&str> = ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ALL.len());
        for kind in ALL {
            assert_eq!(Kind::from_byte(*kind as u8), Some(*kind));
        }
        assert_eq!(Kind::from_byte(0), None);
    }

    #[test]
    fn errors_name_the_expected_and_the_found_encoding() {
        let error = |found| DecodeError::Kind { expected: Kind::Upload as u8, found };
        let fetch = error(Kind::Fetch as u8).to_string();
        assert_eq!(fetch, "expected an upload, found a fetch");
        assert_eq!(error(0xee).to_string(), "expected an upload, found unknown kind 0xee");
        let version = DecodeError::Version(2).to_string();
        assert!(version.contains("version 2") && version.ends_with(&format!("version {VERSION}")));
    }
}
