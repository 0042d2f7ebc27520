//! Writing the fields of an encoding.
#![forbid(unsafe_code)]

use crate::algebra::{G1, G2, Gt, Scalar};
use std::collections::BTreeMap;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Writes the fields of an encoding in order. Erased on drop, because the fields may be a key. A
/// buffer that is too small is copied into a larger one and erased over its whole capacity; it is
/// never reallocated, so freed memory holds no fields.
#[derive(Default, ZeroizeOnDrop)]
pub struct Writer(Vec<u8>);

macro_rules! integers {
    ($($type:ident)*) => {$(
        #[doc = concat!("Writes a big-endian `", stringify!($type), "`.")]
        pub fn $type(&mut self, value: $type) {
            self.fixed(&value.to_be_bytes());
        }
    )*};
}

impl Writer {
    integers!(u8 u16 u32 u64);

    /// Returns the bytes written.
    pub fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
    /// Writes a 32-bit count of items.
    ///
    /// # Panics
    /// If there are 2^32 items or more; the caps of the readers are far below.
    pub fn count(&mut self, items: usize) {
        self.u32(u32::try_from(items).expect("counts are capped far below 2^32"));
    }
    /// Writes bytes whose length the format fixes.
    pub fn fixed(&mut self, bytes: &[u8]) {
        let length = self.0.len() + bytes.len();
        if length > self.0.capacity() {
            let mut grown = Vec::with_capacity(length.max(2 * self.0.capacity()));
            grown.extend_from_slice(&self.0);
            std::mem::replace(&mut self.0, grown).zeroize();
        }
        self.0.extend_from_slice(bytes);
    }
    /// Writes a 32-bit length and the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.fixed(bytes);
    }
    /// Writes a scalar, 32 bytes.
    pub fn scalar(&mut self, scalar: &Scalar) {
        self.fixed(&scalar.to_be_bytes());
    }
    /// Writes a point of G1, 48 bytes.
    pub fn g1(&mut self, point: &G1) {
        self.fixed(&point.to_bytes());
    }
    /// Writes a point of G2, 96 bytes.
    pub fn g2(&mut self, point: &G2) {
        self.fixed(&point.to_bytes());
    }
    /// Writes an element of GT, 576 bytes.
    pub fn gt(&mut self, element: &Gt) {
        self.fixed(&element.to_bytes());
    }
    /// Writes a 32-bit count and the items.
    pub fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }
    /// Writes a 32-bit count and the entries, by ascending key.
    pub fn map<K, V>(&mut self, map: &BTreeMap<K, V>, mut write: impl FnMut(&mut Self, &K, &V)) {
        self.count(map.len());
        for (key, value) in map {
            write(self, key, value);
        }
    }
    /// Writes a flag byte and, if the flag is 1, the value.
    pub fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}
