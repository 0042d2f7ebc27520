//! Errors that every floor shares.
//!
//! Each module has an enum of its own for what can go wrong in it; here is only what is common:
//! bytes that do not decode, and a decryption that fails.
#![forbid(unsafe_code)]

use thiserror::Error;

/// Why bytes are not the canonical encoding of a value.
///
/// Encodings are public, so the reason is told in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer bytes than the format needs.
    #[error("the encoding is truncated")]
    Truncated,
    /// Bytes remain after the value.
    #[error("{0} bytes remain after the value")]
    TrailingBytes(usize),
    /// A format version this crate does not read.
    #[error("version {0} is not supported")]
    Version(u8),
    /// The bytes encode a value of another kind.
    #[error("the bytes are of kind {found}, kind {expected} was expected")]
    Kind {
        /// The kind asked for.
        expected: u8,
        /// The kind found.
        found: u8,
    },
    /// A length or count above the cap of its field.
    #[error("a length of {found} exceeds the cap of {cap}")]
    TooLong {
        /// The length claimed.
        found: usize,
        /// The most that the field may hold.
        cap: usize,
    },
    /// Not a compressed point of the curve.
    #[error("the bytes are not a compressed point of the curve")]
    NotOnCurve,
    /// A point outside the subgroup of prime order, or a target-group value outside its own.
    #[error("the element is outside the subgroup of prime order")]
    NotInSubgroup,
    /// The identity, which no scheme here accepts.
    #[error("the element is the identity")]
    Identity,
    /// A scalar or field element that is not reduced.
    #[error("the number is not below its modulus")]
    NotReduced,
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A rule of the value itself is broken.
    #[error("{0}")]
    Invalid(&'static str),
}

/// A ciphertext did not open.
///
/// Wrong key, changed bytes and wrong context look alike on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("decryption failed")]
pub struct DecryptionFailed;
