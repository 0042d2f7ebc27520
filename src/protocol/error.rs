//! The errors of the protocol. Each message names the object and the rule, and the remedy if there
//! is one.
#![forbid(unsafe_code)]

use super::register::RegistrationError;
use crate::database::DatabaseError;
use crate::error::{DecodeError, DecryptionFailed};
use crate::ledger::{CheckError, Rule};
use crate::record::{AssemblyError, ScanError};
use crate::sign::InvalidSignature;
use crate::store::StoreError;
use crate::{abe, dem, pre};
use std::{fmt, io};

macro_rules! refusals {
    ($($name:ident = $text:literal;)*) => {
        /// The reason why a party refuses a step.
        ///
        /// ```
        /// use epione::protocol::{
        ///     AttributeAuthority, Doctor, ProtocolError, Refusal, RegistrationCentre,
        /// };
        /// let rng = &mut rand::thread_rng();
        /// let centre = RegistrationCentre::new(rng);
        /// let mut authority = AttributeAuthority::new(centre.verifying_key(), rng);
        /// let ruiz = Doctor::register("Dr. Ruiz", 1000, &centre, rng)?;
        /// let late = authority.issue(ruiz.certificate(), &"neurology".parse()?, 1000);
        /// assert!(matches!(late, Err(ProtocolError::Refused(Refusal::CertificateExpired))));
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Refusal {
            $(#[doc = concat!("Refused because ", $text, ".")] #[error($text)] $name,)*
        }
    };
}

refusals! {
    NotPatientCertificate = "the certificate is not a patient's";
    CertificateExpired = "the doctor's certificate has expired";
    DoctorsOnly = "the certificate is not a doctor's";
    StaleIntroduction =
        "the introduction was not signed in the current epoch; the patient must sign a new one";
    NoAttributes = "this doctor holds no attribute key; the attribute authority issues it";
    EpochNotCovered =
        "the pseudonym window does not cover this epoch; a new introduction is required";
    UnregisteredUploader = "the uploader is not a registered doctor";
    QuotaExceeded =
        "the author's unpublished records exceed the quota; publish them or wait for their expiry";
    StaleUpload =
        "the upload's time differs from the keeper's clock by more than one minute; sign it again";
    UploadLength =
        "the length of the object differs from that of the offer, or of an earlier upload";
    TooManyTransfers =
        "the object, or too much of the author's, is in transfer already; try again later";
    OldState =
        "the keeper's view of the ledger is older than the publication of the record; try again \
         later";
    UnregisteredAuthor = "the author is not a registered doctor";
    UnregisteredReader = "the reader is not a registered doctor";
    UnregisteredProxy = "the proxy is not registered";
    UnregisteredManager = "the query was not forwarded by a registered query manager";
    ExpiredDraft = "the draft has expired; the author must draft the record again";
    NotRecordDraft = "the transaction does not publish a record";
    OtherChain = "the transaction is for another chain";
    OtherInstitution = "the record names another institution";
    OtherOwnerKey =
        "the owner of the record is not the patient's owner key for this author and epoch";
    OutdatedPolicy =
        "a section's key is not wrapped under the current policy and attribute epoch; the doctor \
         must seal the record again";
    UnknownClass =
        "the patient does not know the classes of this record's sections; they must be read from \
         the wrapped keys";
    ConsentRequested =
        "consent to this sealed record was requested, and its messages are erased; send the same \
         request again, or seal the record again";
    FalsePolicyKey =
        "a section's key wrapped for its policy differs from the ciphertext computed from the \
         disclosed message; authorised users may not open it, or open it to another key";
    OtherPlaintext = "the sections assemble to a record with another hash than the author's";
    IndexLength = "the record's index has another number of entries than the request has terms";
    OmittedTerm = "a keyword of the record has no entry in the index";
    FalseTerm = "an entry of the index matches no keyword of the record, or duplicates one";
    FalseEntry = "an entry of the index does not match its term, or seals another location";
    StaleQuery =
        "the query's time differs from the local clock by more than one hour; send a new query";
    OtherPatient = "the query concerns another patient";
    NotOwnRecord = "a record in the terms is not this patient's";
    NotOwnGrant = "the grant is not this patient's";
    OtherProxy = "the grant names another proxy";
    NoDelivery = "no keys were delivered for this grant";
    UnknownGrant = "the grant is not on the ledger";
    UnknownRecord = "the record is not on the ledger";
    UnknownRequest = "the request is not on the ledger";
    NotRequested =
        "the ledger has no request by this doctor on this basis; it must be committed first";
    ExpiredRequest = "the request has expired; the reader must request again";
    JournalLost =
        "the proxy has no journaled re-encryptions for the request: they were not reported, or the \
         journal was lost; report them, or, if the ledger has a report, the reader requests again";
    UnreportedAccess = "the ledger does not report this access; its transaction must be committed";
    InvalidReceipt = "the proxy's receipt does not cover these re-encryptions";
    OtherSections = "the release has other sections than the request";
    NotUnderGrant = "the basis of the request is a policy, not a grant";
    StaleFetch =
        "the fetch's time differs from the keeper's clock by more than one minute; sign it again";
    ReplayedRequest = "this fetch or search request was served already; sign a new one";
    TooManyRequests =
        "the signer has sent more fetches or search requests than are served within two minutes; \
         try again later";
    ProxyFull =
        "the proxy holds as many keys as it accepts, overall or from the patient's owner key; they \
         are erased when grants end";
    EmptyGrant = "the grant would cover no section and no search term";
    OtherAnswer = "the answer belongs to another search request";
    StaleSearch =
        "the search request's time differs from the proxy's clock by more than one minute; sign it \
         again";
    UnknownBasis = "the record or request that the fetch names is not on the ledger";
    RequestOfAnother =
        "the signer is neither the reader of the request nor the proxy of its grant";
    RecordOfAnother = "the signer is neither the author nor the owner of the record";
    ForeignObject = "the object does not belong to the record";
    OtherSender = "the message was signed by another party than the expected sender";
    MessageTooLong = "the message is longer than 16 MiB";
    ContradictoryKeys =
        "the section keys name different envelopes, or different lengths of the record";
    CiphertextTooLong =
        "the envelope lists a ciphertext that is longer than any section of this record";
    NothingToOpen = "no requested section can be opened";
}

macro_rules! items {
    ($($name:ident = $text:literal;)*) => {
        /// The part of a message or record that an error names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Item {
            $(#[doc = concat!("The error concerns ", $text, ".")] $name,)*
        }

        impl fmt::Display for Item {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

items! {
    Certificate = "the certificate";
    PatientCertificate = "the patient's certificate";
    ReaderKey = "the reader's re-encryption public key";
    Query = "the query";
    ForwardedQuery = "the forwarded query";
    SearchRequest = "the search request";
    Upload = "the upload";
    Fetch = "the fetch";
    SealedRecord = "the sealed record";
    Institution = "the institution";
    Consent = "the patient's consent";
    Envelope = "the record's envelope";
    EnvelopeName = "the name of the record's envelope";
    WrappedEnvelopeName = "the envelope name wrapped for the patient";
    Ciphertext = "the section's ciphertext";
    SectionKey = "the section's key";
    WrappedKey = "the wrapped key";
    WrappedForPatient = "the key wrapped for the patient";
    ReKey = "the re-encryption key";
    ReKeys = "the list of re-encryption keys";
    Trapdoors = "the list of trapdoors";
    JournalEntry = "the journal entry";
}

/// The union of the errors of all steps.
///
/// ```
/// use epione::ledger::Ledger;
/// use epione::protocol::{Doctor, LedgerView, Patient, RegistrationCentre};
/// let rng = &mut rand::thread_rng();
/// let (centre, other) = (RegistrationCentre::new(rng), RegistrationCentre::new(rng));
/// let ada = Patient::register("Ada Byron", 1000, &other, rng)?;
/// let ruiz = Doctor::register("Dr. Ruiz", 1000, &centre, rng)?;
/// let ledger = Ledger::new("example", centre.verifying_key());
/// let view = LedgerView { state: ledger.state(), now: 0 };
/// let introduction = ada.introduce(view, ruiz.certificate(), rng)?;
/// let error = ruiz.receive_introduction(view, &introduction).unwrap_err();
/// assert_eq!(error.to_string(), "the signature of the patient's certificate is not valid");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The registration centre refused.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The file cannot be split into sections.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A record has more distinct keywords than fit into one transaction.
    #[error("the record has {found} keywords; its index holds at most {cap}")]
    TooManyKeywords {
        /// The number of keywords found.
        found: usize,
        /// The maximum.
        cap: usize,
    },
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The contract forbids the step.
    #[error(transparent)]
    Rule(#[from] Rule),
    /// A party refuses the step.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A signature does not verify.
    #[error("the signature of {0} is not valid")]
    Signature(Item, #[source] InvalidSignature),
    /// Bytes from the wire do not decode.
    #[error("{0} does not decode: {1}")]
    Decode(Item, #[source] DecodeError),
    /// A message between two parties does not open. The reason is not given.
    #[error(
        "the message does not open: it was changed, or is for another receiver, chain or purpose"
    )]
    Message,
    /// The response to a fetch does not decrypt.
    #[error("the store keeper's response to the fetch does not decrypt")]
    Response(#[source] DecryptionFailed),
    /// A received value does not match its digest in a transaction.
    #[error("{0} does not match its digest in the transaction")]
    DigestMismatch(Item),
    /// The attribute key does not decrypt a key wrapped for a policy.
    #[error(transparent)]
    Policy(#[from] abe::OpenError),
    /// An attribute key was not issued or not renewed.
    #[error(transparent)]
    AttributeEpoch(#[from] abe::fabeo::epochs::EpochError),
    /// A wrapped key or a section does not decrypt.
    #[error(transparent)]
    Decryption(#[from] DecryptionFailed),
    /// The public tag of a key wrapped for the patient does not verify.
    #[error(transparent)]
    WrappedKey(#[from] pre::conditional::InvalidCiphertext),
    /// A re-encryption key does not verify.
    #[error(transparent)]
    ReKey(#[from] pre::conditional::InvalidReKey),
    /// No re-encryption key covers a wrapped key.
    #[error(transparent)]
    NotCovered(#[from] pre::conditional::ReKeyMismatch),
    /// A re-encryption does not verify.
    #[error(transparent)]
    ReEncryption(#[from] pre::conditional::InvalidReEncryption),
    /// The sections do not assemble to a record.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// The record is longer than the caller accepts.
    #[error("the record has {length} bytes; the output accepts {max_length}")]
    RecordTooLong {
        /// The length of the record in bytes, as its author states it.
        length: u64,
        /// The limit of the [`Output`](super::Output).
        max_length: u64,
    },
    /// Sections are missing.
    #[error("the record is incomplete: {written} of {length} bytes were opened")]
    Incomplete {
        /// The number of bytes written.
        written: u64,
        /// The length of the record in bytes.
        length: u64,
    },
    /// No entry of a record matches a trapdoor of the grant.
    #[error(
        "no search entry of the record matches a trapdoor of the grant, so the envelope cannot be \
         located; the grant must permit the search for a keyword of the record"
    )]
    NoMatch,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] DatabaseError),
}

impl From<CheckError> for ProtocolError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Rule(rule) => Self::Rule(rule),
            CheckError::Database(error) => Self::Ledger(error),
        }
    }
}

impl From<dem::StreamError> for ProtocolError {
    fn from(error: dem::StreamError) -> Self {
        match error {
            dem::StreamError::Decryption(error) => Self::Decryption(error),
            dem::StreamError::Io(error) => Self::Io(error),
        }
    }
}
