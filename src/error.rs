//! Errors shared by all layers: decoding and decryption. Other errors belong to their modules.
#![forbid(unsafe_code)]

use crate::algebra::codec::VERSION;
use crate::algebra::tag::KindName;
use thiserror::Error;

/// A malformed encoding. Encodings are public, so the error gives the exact reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer bytes than the format requires.
    #[error("the encoding is truncated")]
    Truncated,
    /// Bytes remain after the value.
    #[error("{0} bytes remain after the value")]
    TrailingBytes(usize),
    /// An unsupported format version.
    #[error("the encoding has format version {0}; this program reads version {VERSION}")]
    Version(u8),
    /// The encoding of another type.
    #[error("expected {}, found {}", KindName(*expected), KindName(*found))]
    Kind {
        /// The kind byte of the requested type.
        expected: u8,
        /// The kind byte of the encoding.
        found: u8,
    },
    /// A length or count above the cap of its field.
    #[error("a length of {found} exceeds the cap of {cap}")]
    TooLong {
        /// The encoded length or count.
        found: usize,
        /// The maximum of the field.
        cap: usize,
    },
    /// Not a compressed point of the curve.
    #[error("the bytes are not a compressed point of the curve")]
    NotOnCurve,
    /// A point of G1 or G2 outside the subgroup of order `r`, or an element outside GT.
    #[error("the element is outside the subgroup of prime order")]
    NotInSubgroup,
    /// The identity, which no scheme accepts.
    #[error("the element is the identity")]
    Identity,
    /// A scalar or field element not below its modulus.
    #[error("the number is not below its modulus")]
    NotReduced,
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A violated invariant of the value.
    #[error("{0}")]
    Invalid(&'static str),
}

/// A failed decryption.
///
/// A wrong key, a modified ciphertext and a wrong context are indistinguishable by design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("decryption failed")]
pub struct DecryptionFailed;
