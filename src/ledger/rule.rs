//! The rules of the contract, with their codes and error messages.
#![forbid(unsafe_code)]

use crate::database::DatabaseError;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// The rule of the contract that a transaction violates.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[repr(u8)]
        pub enum Rule {
            $($(#[$doc])* #[error($text)] $name = $code,)*
        }
        impl Rule {
            pub(super) fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

// The codes 1, 2, 12, 32, 34 and 37 are unused: admission covers their conditions.
rules! {
    /// The subject's key is registered.
    AlreadyRegistered = 3, "the key is already registered";
    /// The certificate has expired.
    CertificateExpired = 4, "the certificate has expired";
    /// The subject is a patient. Patients act under owner keys.
    PatientCertificate = 5, "patients are not registered on the ledger";
    /// The author is not a registered doctor.
    UnknownAuthor = 6, "the author is not a registered doctor";
    /// The institution is not registered.
    UnknownInstitution = 7, "the institution is not registered";
    /// The owner key belongs to a registered party.
    OwnerIsRegistered = 8, "the owner key is the key of a registered party";
    /// The author has published a record with this `record_id`.
    RecordExists = 9, "the author has already published a record with this identifier";
    /// The reader is not a registered doctor.
    UnknownReader = 10, "the reader is not a registered doctor";
    /// The proxy is not registered.
    UnknownProxy = 11, "the proxy is not registered";
    /// The record does not exist.
    UnknownRecord = 13, "no such record is on the ledger";
    /// The grant does not exist.
    UnknownGrant = 14, "no such grant is on the ledger";
    /// The grant names another reader.
    ReaderMismatch = 15, "the grant is for another reader";
    /// The owner, scope or delegations of the grant do not cover the record or a requested section.
    NotCovered = 16, "the grant does not cover this record";
    /// The time is before the start of the grant's validity period.
    WindowNotOpen = 17, "the grant is not yet valid";
    /// The time is at or after the end of the grant's validity period.
    WindowEnded = 18, "the grant has expired";
    /// An owner has revoked the grant.
    Revoked = 19, "the patient has revoked the grant";
    /// The request does not exist.
    UnknownRequest = 20, "no such request is on the ledger";
    /// The request is based on a grant of another proxy, or on a policy.
    ProxyMismatch = 21, "the request is not for this proxy";
    /// The signer is not an owner of the grant.
    NotOwner = 22, "the signer is not an owner of the grant";
    /// An access was reported for the request.
    AlreadyServed = 23, "the request has been served already";
    /// The subject's key is an owner key.
    KeyIsOwner = 24, "the key is already used as an owner key";
    /// The record's epoch begins after the block's time.
    FutureEpoch = 25, "the epoch of the record has not begun";
    /// The record's epoch ended more than a day ago, or `valid_until` is later than that day.
    PastEpoch = 26, "the epoch of the record has ended, or the transaction is valid beyond it";
    /// The request names a section that the record does not have.
    UnknownSection = 27, "the record has no such section";
    /// [`REPORT_BLOCKS`](super::REPORT_BLOCKS) have passed since the request expired.
    ReportTooLate = 28, "the request expired too long ago";
    /// The access does not have one re-encryption per requested section.
    IncompleteAccess = 29, "the access does not report every requested section";
    /// The receipt agrees with the access on the ledger.
    NoEquivocation = 30, "the receipt agrees with the reported access";
    /// The access may still be reported.
    ReportPending = 31, "the proxy may still report the access";
    /// Evidence about the request is on the ledger.
    AlreadyProven = 33, "evidence about the request is already on the ledger";
    /// A renewal changes more than the end of validity, or does not extend it.
    NotRenewal = 35, "a renewal may only extend the validity of the certificate";
    /// The registration centre has withdrawn the certificate.
    CertificateWithdrawn = 36, "the registration centre has withdrawn the certificate";
    /// The signer is not a registered attribute authority.
    UnknownAuthority = 38, "the attribute authority is not registered";
    /// The attribute is revoked from the same epoch on, or an earlier one.
    AttributeRevoked = 39, "the attribute is already revoked from this epoch on";
    /// The anchor ends at or before the last one, above the last block, or has more than
    /// [`MAX_ANCHORED`](super::MAX_ANCHORED) blocks.
    AnchorRange = 40, "the anchor does not begin after the last one and end at a block";
    /// The root is not that of the blocks.
    AnchorRoot = 41, "the root is not that of the anchored blocks";
}

/// The reason why a check against the state fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A rule of the contract is violated.
    #[error(transparent)]
    Rule(#[from] Rule),
    /// The state cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
