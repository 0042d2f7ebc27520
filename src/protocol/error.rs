//! Everything that can go wrong on the way of a record, in words for its user.
#![forbid(unsafe_code)]

use super::register::RegistrationError;
use crate::error::{DecodeError, DecryptionFailed};
use crate::ledger::Rule;
use crate::record::{AssemblyError, ScanError};
use crate::sign::InvalidSignature;
use crate::store::StoreError;
use crate::{abe, dem, pre};
use std::io;

/// The union of the modules' errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The registration centre refused.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The file is no record.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A record has more distinct keywords than a transaction takes entries.
    #[error("the record has {found} keywords, {cap} fit into its index")]
    TooManyKeywords {
        /// The keywords found.
        found: usize,
        /// The most that fit.
        cap: usize,
    },
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The contract's rule forbids it.
    #[error(transparent)]
    Rule(#[from] Rule),
    /// A party is not who it should be.
    #[error("{0}")]
    NotAuthorised(&'static str),
    /// A signature does not verify.
    #[error("{0} is not signed as it must be: {1}")]
    Signature(&'static str, InvalidSignature),
    /// Something from the wire does not decode.
    #[error("{0} does not decode: {1}")]
    Decode(&'static str, DecodeError),
    /// What was received is not what the ledger holds the digest of.
    #[error("{0} is not what the ledger holds the digest of")]
    DigestMismatch(&'static str),
    /// A policy lock did not open.
    #[error(transparent)]
    Policy(#[from] abe::OpenError),
    /// A key was not issued or renewed.
    #[error(transparent)]
    AttributeEpoch(#[from] abe::fabeo::epochs::EpochError),
    /// A policy lock that would open differently for two readers.
    #[error(transparent)]
    InconsistentHeader(#[from] abe::fabeo::InconsistentHeader),
    /// A lock or section did not open.
    #[error(transparent)]
    Decryption(#[from] DecryptionFailed),
    /// A lock's public tag does not hold.
    #[error(transparent)]
    Lock(#[from] pre::conditional::InvalidCiphertext),
    /// A re-encryption key is wrong.
    #[error(transparent)]
    ReKey(#[from] pre::conditional::InvalidReKey),
    /// A re-encryption key does not cover a lock.
    #[error(transparent)]
    NotCovered(#[from] pre::conditional::ReKeyMismatch),
    /// A proxy's work is wrong.
    #[error(transparent)]
    ReEncryption(#[from] pre::conditional::InvalidReEncryption),
    /// The sections do not make a record.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// Sections are missing.
    #[error("the record is incomplete: {written} of {length} bytes could be opened")]
    Incomplete {
        /// Bytes written.
        written: u64,
        /// Bytes of the record.
        length: u64,
    },
    /// No entry of any record in reach matches.
    #[error("no record matches the trapdoor")]
    NoMatch,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<dem::StreamError> for ProtocolError {
    fn from(error: dem::StreamError) -> Self {
        match error {
            dem::StreamError::Decryption(error) => Self::Decryption(error),
            dem::StreamError::Io(error) => Self::Io(error),
        }
    }
}
