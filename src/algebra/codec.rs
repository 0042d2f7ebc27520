//! The canonical codec: strict, versioned, one encoding per value.
//!
//! An encoding is a version byte, a kind byte and the fields of the type in declaration order:
//!
//! | field | bytes |
//! |---|---|
//! | integer | 1, 2, 4 or 8, big-endian |
//! | flag | 0 or 1 |
//! | scalar | 32, big-endian, below `r`; a secret exponent is not zero |
//! | point of G1, G2 | 48, 96: compressed ZCash format, in the subgroup, not the identity |
//! | element of GT | 576: twelve big-endian coefficients, of order `r` |
//! | byte array | the bytes; the type fixes the length |
//! | text, bytes | a 32-bit length, then the bytes; text is UTF-8 |
//! | list | a 32-bit count, then the items |
//! | map | a list of keys and values, strictly ascending by key |
//! | option | 0, or 1 and the value |
//!
//! Decoding checks each length and count against a cap before it allocates, and rejects trailing
//! bytes. A decoded value encodes to the bytes from which it was decoded.
//!
//! ```
//! use epione::algebra::codec::{Canonical, Reader, Writer};
//! use epione::algebra::{tag::Kind, G1};
//! use epione::error::DecodeError;
//!
//! #[derive(Debug, PartialEq)]
//! struct Named { name: String, point: G1 }
//! impl Canonical for Named {
//!     const KIND: Kind = Kind::PeksPublicKey;
//!     fn write(&self, w: &mut Writer) { w.bytes(self.name.as_bytes()); w.g1(&self.point); }
//!     fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
//!         Ok(Self { name: r.text(64)?, point: r.g1()? })
//!     }
//! }
//! let value = Named { name: "P".into(), point: G1::generator() };
//! let mut bytes = value.to_bytes();
//! // Version, kind, length of the name, name; then the compressed point.
//! assert_eq!(bytes[..7], [0x04, 0x10, 0, 0, 0, 1, b'P']);
//! assert_eq!(bytes[7..], G1::generator().to_bytes());
//! assert_eq!(Named::from_bytes(&bytes).unwrap(), value);
//! bytes.push(0);
//! assert_eq!(Named::from_bytes(&bytes), Err(DecodeError::TrailingBytes(1)));
//! ```
//!
//! Inside the crate, `sequence!` implements [`Canonical`], [`Codec`] or [`ShapedCodec`] for a
//! struct that is the sequence of its fields, and `choice!` implements [`Codec`] for an enum.
#![forbid(unsafe_code)]

mod points;
mod reader;
mod sequence;
mod serde;
mod writer;

pub(crate) use self::serde::{deserialize, public_encoding, serialize};
pub use reader::Reader;
pub use sequence::{Codec, ShapedCodec};
pub(crate) use sequence::{choice, sequence};
pub use writer::Writer;

use super::tag::Kind;
use crate::error::DecodeError;
use zeroize::Zeroizing;

/// The format version, the first byte of every encoding.
pub const VERSION: u8 = 4;

/// A type with a canonical encoding of its own.
pub trait Canonical: Sized {
    /// The kind byte, the second byte of the encoding.
    const KIND: Kind;

    /// Writes the fields, without version and kind.
    fn write(&self, writer: &mut Writer);

    /// Reads the fields and checks the invariants of the value.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not the fields of a value.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Encodes the value. For secrets use [`Self::to_secret_bytes`].
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(VERSION);
        writer.u8(Self::KIND as u8);
        self.write(&mut writer);
        writer.finish()
    }

    /// Encodes a secret value into bytes that are erased on drop.
    fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.to_bytes())
    }

    /// Decodes a complete encoding.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not the canonical encoding of a value.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::of(Self::KIND, bytes)?;
        let value = Self::read(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}
