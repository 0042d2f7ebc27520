//! Serde and `TryFrom` for public types: hexadecimal in human-readable formats, bytes in others.
#![forbid(unsafe_code)]

use super::Canonical;
use serde::{Deserializer, Serializer, de};
use std::fmt;
use std::marker::PhantomData;

/// Implements `TryFrom<&[u8]>`, `Serialize` and `Deserialize` over the canonical encoding.
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

/// Serializes the canonical encoding.
pub(crate) fn serialize<T: Canonical, S: Serializer>(
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

/// Deserializes a canonical encoding.
pub(crate) fn deserialize<'de, T: Canonical, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Encoding<T>(PhantomData<T>);
    impl<T: Canonical> de::Visitor<'_> for Encoding<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a canonical encoding, in lower-case hex or bytes")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            let bytes = hex::decode(text).map_err(E::custom)?;
            // Upper case would be a second encoding of the same value.
            if text.bytes().any(|b| b.is_ascii_uppercase()) {
                return Err(E::custom("hex must be lower case"));
            }
            self.visit_bytes(&bytes)
        }
        fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<T, E> {
            T::from_bytes(bytes).map_err(E::custom)
        }
    }
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(Encoding(PhantomData))
    } else {
        deserializer.deserialize_bytes(Encoding(PhantomData))
    }
}
