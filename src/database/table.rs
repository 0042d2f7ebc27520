//! Typed tables in the key space of a database.
#![forbid(unsafe_code)]

use super::DatabaseError;
use crate::algebra::codec::{Codec, Reader};
use std::marker::PhantomData;

/// A table: the keys that begin with its number. The encodings of its keys have one length and
/// their order.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    number: u8,
    name: &'static str,
    types: PhantomData<fn(K) -> V>,
}

impl<K: Codec, V: Codec> Table<K, V> {
    /// A table by its number, unique in its database and not 0.
    pub(crate) const fn new(number: u8, name: &'static str) -> Self {
        Self { number, name, types: PhantomData }
    }

    /// The table's name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the database's key of a key of the table, or of its leading fields.
    pub(crate) fn key(&self, key: &impl Codec) -> Vec<u8> {
        let mut bytes = vec![self.number];
        bytes.extend(key.encode());
        bytes
    }

    /// Decodes an entry of the table.
    pub(crate) fn decode(&self, (key, value): (Vec<u8>, Vec<u8>)) -> Result<(K, V), DatabaseError> {
        Ok((self.read(key.get(1..).unwrap_or_default())?, self.read(&value)?))
    }

    /// Decodes a value of the table.
    pub(crate) fn decode_value(&self, value: &[u8]) -> Result<V, DatabaseError> {
        self.read(value)
    }

    fn read<T: Codec>(&self, bytes: &[u8]) -> Result<T, DatabaseError> {
        let mut reader = Reader::trusted(bytes);
        let value = T::read(&mut reader).and_then(|value| reader.end().map(|()| value));
        let damaged = |reason: crate::error::DecodeError| DatabaseError::Damaged {
            table: self.name,
            reason: reason.to_string(),
        };
        value.map_err(damaged)
    }
}
