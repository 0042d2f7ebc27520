//! The one strict codec.
//!
//! Every encoding starts with `[version u8][kind u8]`; numbers are big-endian; variable parts carry
//! a 32-bit length that is checked against a cap *before* anything is allocated; points, scalars
//! and target-group elements are canonical, never the identity, always in the subgroup; scalars that
//! are keys are not zero; and nothing may follow. One value has one encoding, and what decodes encodes to the same bytes.
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
//! assert_eq!(Named::from_bytes(&bytes).unwrap(), value);
//! bytes.push(0);
//! assert_eq!(Named::from_bytes(&bytes), Err(DecodeError::TrailingBytes(1)));
//! ```
#![forbid(unsafe_code)]

mod points;

use super::tag::Kind;
use super::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use std::fmt;
use std::marker::PhantomData;
use zeroize::{Zeroize, Zeroizing};

/// The format version, the first byte of every encoding.
pub const VERSION: u8 = 2;

/// A type with exactly one encoding.
pub trait Canonical: Sized {
    /// The second byte.
    const KIND: Kind;

    /// Writes the fields, without version and kind.
    fn write(&self, writer: &mut Writer);

    /// Reads the fields and checks every rule of the value.
    ///
    /// # Errors
    /// Why the bytes are not an encoding.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// The whole encoding. For secrets see [`Self::to_secret_bytes`].
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(VERSION);
        writer.u8(Self::KIND as u8);
        self.write(&mut writer);
        writer.finish()
    }

    /// The whole encoding of a secret, erased when it is dropped.
    fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.to_bytes())
    }

    /// Reads a whole encoding and nothing more.
    ///
    /// # Errors
    /// Why the bytes are not an encoding.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::of(Self::KIND, bytes)?;
        let value = Self::read(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}

/// Gives a public type `TryFrom<&[u8]>` and serde as a shim over its canonical bytes: hex where
/// the format is for people, bytes where it is not.
macro_rules! public_encoding {
    (impl<$($parameter:ident: $bound:path)?> $type:ty) => {
        impl<$($parameter: $bound)?> TryFrom<&[u8]> for $type {
            type Error = $crate::error::DecodeError;
            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                $crate::algebra::codec::Canonical::from_bytes(bytes)
            }
        }
        impl<$($parameter: $bound)?> serde::Serialize for $type {
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                $crate::algebra::codec::serialize(self, serializer)
            }
        }
        impl<'de $(, $parameter: $bound)?> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::algebra::codec::deserialize(deserializer)
            }
        }
    };
    ($($type:ty),+ $(,)?) => {$($crate::algebra::codec::public_encoding!(impl<> $type);)+};
}
pub(crate) use public_encoding;

/// Serde's way out: hex for people, bytes for machines.
pub(crate) fn serialize<T: Canonical, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let bytes = value.to_bytes();
    if serializer.is_human_readable() {
        serializer.serialize_str(&hex::encode(bytes))
    } else {
        serializer.serialize_bytes(&bytes)
    }
}

/// Serde's way in.
pub(crate) fn deserialize<'de, T: Canonical, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Encoding<T>(PhantomData<T>);
    impl<T: Canonical> serde::de::Visitor<'_> for Encoding<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a canonical encoding, in lower-case hex or bytes")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            let bytes = hex::decode(text).map_err(E::custom)?;
            // One value has one spelling.
            if text.bytes().any(|b| b.is_ascii_uppercase()) {
                return Err(E::custom("hex is written in lower case"));
            }
            self.visit_bytes(&bytes)
        }
        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<T, E> {
            T::from_bytes(bytes).map_err(E::custom)
        }
    }
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(Encoding(PhantomData))
    } else {
        deserializer.deserialize_bytes(Encoding(PhantomData))
    }
}

/// Builds an encoding.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// What was written.
    pub fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }
    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.fixed(&value.to_be_bytes());
    }
    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.fixed(&value.to_be_bytes());
    }
    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.fixed(&value.to_be_bytes());
    }
    /// A number of items, 32 bits.
    ///
    /// # Panics
    /// If there are 2^32 items or more; readers cap far below.
    pub fn count(&mut self, items: usize) {
        self.u32(u32::try_from(items).expect("counts are capped far below 2^32"));
    }
    /// Bytes whose number the format fixes.
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    /// Bytes behind their 32-bit length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.fixed(bytes);
    }
    /// 32 bytes.
    pub fn scalar(&mut self, scalar: &Scalar) {
        self.fixed(&scalar.to_be_bytes());
    }
    /// 48 bytes.
    pub fn g1(&mut self, point: &G1) {
        self.fixed(&point.to_bytes());
    }
    /// 96 bytes.
    pub fn g2(&mut self, point: &G2) {
        self.fixed(&point.to_bytes());
    }
    /// 576 bytes.
    pub fn gt(&mut self, element: &Gt) {
        self.fixed(&element.to_bytes());
    }
    /// A count and the items' fields.
    pub fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }
    /// A flag byte and, where it is 1, the value's fields.
    pub fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// What an abandoned writer holds may be a key.
impl Drop for Writer {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Takes an encoding apart.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
    /// Reads the fields of a whole encoding: what is behind version and kind.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`], [`DecodeError::Version`] or [`DecodeError::Kind`].
    pub fn of(kind: Kind, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Self::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let (expected, found) = (kind as u8, reader.u8()?);
        if found == expected { Ok(reader) } else { Err(DecodeError::Kind { expected, found }) }
    }
    /// Refuses what follows the value.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`].
    pub fn end(&self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes(self.0.len())) }
    }
    /// The next `length` bytes, borrowed.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }
    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        Ok(self.take(N)?.try_into().expect("the length was taken"))
    }
    /// One byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.fixed()?))
    }
    /// Two bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.fixed()?))
    }
    /// Four bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.fixed()?))
    }
    /// Eight bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.fixed()?))
    }
    /// A number of items, at most `cap`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::TooLong`].
    pub fn count(&mut self, cap: usize) -> Result<usize, DecodeError> {
        let found = self.u32()? as usize;
        if found > cap { Err(DecodeError::TooLong { found, cap }) } else { Ok(found) }
    }
    /// Bytes behind their length, at most `cap`, borrowed.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::TooLong`].
    pub fn bytes(&mut self, cap: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.count(cap)?;
        self.take(length)
    }
    /// UTF-8 text of at most `cap` bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`], or [`DecodeError::NotUtf8`].
    pub fn text(&mut self, cap: usize) -> Result<String, DecodeError> {
        let bytes = self.bytes(cap)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| DecodeError::NotUtf8)
    }
    /// A scalar.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::NotReduced`].
    pub fn scalar(&mut self) -> Result<Scalar, DecodeError> {
        Scalar::from_be_bytes(&self.fixed()?)
    }
    /// A scalar that is not zero: a secret exponent.
    ///
    /// # Errors
    /// As [`Self::scalar`], or [`DecodeError::Invalid`].
    pub fn nonzero_scalar(&mut self) -> Result<Scalar, DecodeError> {
        let scalar = self.scalar()?;
        if scalar.is_zero() {
            Err(DecodeError::Invalid("the exponent is zero"))
        } else {
            Ok(scalar)
        }
    }
    /// A point of G1, not the identity.
    ///
    /// # Errors
    /// As [`G1::from_bytes`], or [`DecodeError::Truncated`].
    pub fn g1(&mut self) -> Result<G1, DecodeError> {
        G1::from_bytes(&self.fixed()?)
    }
    /// A point of G2, not the identity.
    ///
    /// # Errors
    /// As [`G2::from_bytes`], or [`DecodeError::Truncated`].
    pub fn g2(&mut self) -> Result<G2, DecodeError> {
        G2::from_bytes(&self.fixed()?)
    }
    /// An element of GT, r-torsion, not the identity.
    ///
    /// # Errors
    /// As [`Gt::from_bytes`], or [`DecodeError::Truncated`].
    pub fn gt(&mut self) -> Result<Gt, DecodeError> {
        Gt::from_bytes(&self.fixed()?)
    }
    /// A list of at most `cap` items; grows with what is really there.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], or what an item gives.
    pub fn list<T>(
        &mut self,
        cap: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.count(cap)?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }
    /// A value behind a flag byte.
    ///
    /// # Errors
    /// What the value gives, or [`DecodeError::Invalid`] for a flag that is neither 0 nor 1.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(DecodeError::Invalid("a flag is neither 0 nor 1")),
        }
    }
}
