//! Reading the fields of an encoding.
#![forbid(unsafe_code)]

use super::VERSION;
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use std::collections::BTreeMap;

/// Reads the fields of an encoding in order.
///
/// Every method returns [`DecodeError::Truncated`] if too few bytes remain.
pub struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    trusted: bool,
}

macro_rules! integers {
    ($($type:ident)*) => {$(
        #[doc = concat!("Reads a big-endian `", stringify!($type), "`.")]
        ///
        /// # Errors
        /// [`DecodeError::Truncated`].
        pub fn $type(&mut self) -> Result<$type, DecodeError> {
            Ok($type::from_be_bytes(self.fixed()?))
        }
    )*};
}

impl<'a> Reader<'a> {
    integers!(u8 u16 u32 u64);

    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, trusted: false }
    }
    /// Reads bytes that this program has encoded from checked values. Public keys of [`sign`] and
    /// [`hpke`] are not checked again, which would cost more than all else.
    ///
    /// [`sign`]: crate::sign
    /// [`hpke`]: crate::hpke
    pub(crate) fn trusted(bytes: &'a [u8]) -> Self {
        Self { bytes, trusted: true }
    }
    /// Returns `true` if the values were checked before they were encoded.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trusted
    }
    /// Reads the version and kind of a complete encoding; the fields follow.
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
    /// Checks that no bytes remain.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`].
    pub fn end(&self) -> Result<(), DecodeError> {
        match self.bytes.len() {
            0 => Ok(()),
            remaining => Err(DecodeError::TrailingBytes(remaining)),
        }
    }
    /// Borrows the next `length` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.bytes.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.bytes = tail;
        Ok(head)
    }
    /// Reads `N` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        Ok(self.take(N)?.try_into().expect("`take` returns N bytes"))
    }
    /// Reads a 32-bit count of at most `cap` items.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::TooLong`].
    pub fn count(&mut self, cap: usize) -> Result<usize, DecodeError> {
        let found = self.u32()? as usize;
        if found > cap { Err(DecodeError::TooLong { found, cap }) } else { Ok(found) }
    }
    /// Borrows bytes preceded by their 32-bit length, at most `cap`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::TooLong`].
    pub fn bytes(&mut self, cap: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.count(cap)?;
        self.take(length)
    }
    /// Reads UTF-8 text of at most `cap` bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`], or [`DecodeError::NotUtf8`].
    pub fn text(&mut self, cap: usize) -> Result<String, DecodeError> {
        let bytes = self.bytes(cap)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| DecodeError::NotUtf8)
    }
    /// Reads a scalar.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::NotReduced`].
    pub fn scalar(&mut self) -> Result<Scalar, DecodeError> {
        Scalar::from_be_bytes(&self.fixed()?)
    }
    /// Reads a secret exponent: a scalar other than zero.
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
    /// Reads a point of G1 other than the identity.
    ///
    /// # Errors
    /// As [`G1::from_bytes`], or [`DecodeError::Truncated`].
    pub fn g1(&mut self) -> Result<G1, DecodeError> {
        G1::from_bytes(&self.fixed()?)
    }
    /// Reads a point of G2 other than the identity.
    ///
    /// # Errors
    /// As [`G2::from_bytes`], or [`DecodeError::Truncated`].
    pub fn g2(&mut self) -> Result<G2, DecodeError> {
        G2::from_bytes(&self.fixed()?)
    }
    /// Reads an element of GT of order `r`.
    ///
    /// # Errors
    /// As [`Gt::from_bytes`], or [`DecodeError::Truncated`].
    pub fn gt(&mut self) -> Result<Gt, DecodeError> {
        Gt::from_bytes(&self.fixed()?)
    }
    /// Reads a list of at most `cap` items. Memory is bounded by the items present, not by the
    /// count.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], or the first error of an item.
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
    /// Reads a list of at most `cap` entries with strictly ascending keys.
    ///
    /// # Errors
    /// As [`Self::list`], or [`DecodeError::Invalid`] for another order.
    pub fn map<K: Ord, V>(
        &mut self,
        cap: usize,
        read: impl FnMut(&mut Self) -> Result<(K, V), DecodeError>,
    ) -> Result<BTreeMap<K, V>, DecodeError> {
        let entries = self.list(cap, read)?;
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::Invalid("the keys of a map are not strictly ascending"));
        }
        Ok(entries.into_iter().collect())
    }
    /// Reads a flag byte and, if the flag is 1, a value.
    ///
    /// # Errors
    /// [`DecodeError::Invalid`] for another flag, or the error of the value.
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
