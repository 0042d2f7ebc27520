//! Encodings that are the sequence of a struct's fields.
#![forbid(unsafe_code)]

use super::{Canonical, Reader, Writer};
use crate::algebra::{G1, G2, Gt, Scalar, Secret};
use crate::error::DecodeError;

/// A value that is a field of encodings, without version and kind.
pub trait Codec: Sized {
    /// Writes the value.
    fn write(&self, writer: &mut Writer);

    /// Reads the value and checks its invariants.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an encoding of a value.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

impl<T: Canonical> Codec for T {
    fn write(&self, writer: &mut Writer) {
        Canonical::write(self, writer);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Canonical::read(reader)
    }
}

macro_rules! codec {
    ($($type:ty: |$value:ident, $writer:ident| $write:expr, $read:ident;)*) => {$(
        impl Codec for $type {
            fn write(&self, $writer: &mut Writer) {
                let $value = self;
                $write
            }
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.$read()
            }
        }
    )*};
}

codec! {
    u8: |value, w| w.u8(*value), u8;
    u16: |value, w| w.u16(*value), u16;
    u32: |value, w| w.u32(*value), u32;
    u64: |value, w| w.u64(*value), u64;
    Scalar: |value, w| w.scalar(value), scalar;
    G1: |value, w| w.g1(value), g1;
    G2: |value, w| w.g2(value), g2;
    Gt: |value, w| w.gt(value), gt;
}

impl<const N: usize> Codec for [u8; N] {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(self);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.fixed()
    }
}

impl Codec for Secret<G2> {
    fn write(&self, writer: &mut Writer) {
        writer.g2(self.expose());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.g2().map(Self::new)
    }
}

/// A secret exponent, which is not zero.
impl Codec for Secret<Scalar> {
    fn write(&self, writer: &mut Writer) {
        writer.scalar(self.expose());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.nonzero_scalar().map(Self::new)
    }
}

/// Implements [`Canonical`] or [`Codec`] for a struct that is encoded field by field.
///
/// Fields of variable length name their format and cap: `text(cap)` for a `String`, `bytes(cap)`
/// for a `Vec<u8>`, `list(cap)` for a `Vec` of [`Codec`] items.
///
/// ```ignore
/// sequence!(Canonical for Ciphertext = AfghCiphertext { c1, body: bytes(MAX_BODY) });
/// sequence!(Codec for Schnorr { challenge, response });
/// ```
macro_rules! sequence {
    (Canonical for $type:ident = $kind:ident $fields:tt) => {
        impl $crate::algebra::codec::Canonical for $type {
            const KIND: $crate::algebra::tag::Kind = $crate::algebra::tag::Kind::$kind;
            $crate::algebra::codec::sequence!(@methods $fields);
        }
    };
    (Codec for $type:ident $fields:tt) => {
        impl $crate::algebra::codec::Codec for $type {
            $crate::algebra::codec::sequence!(@methods $fields);
        }
    };
    (@methods { $($field:tt $(: $format:ident($cap:expr))?),+ $(,)? }) => {
        fn write(&self, w: &mut $crate::algebra::codec::Writer) {
            $($crate::algebra::codec::sequence!(@write w, self.$field $(, $format)?);)+
        }
        fn read(
            r: &mut $crate::algebra::codec::Reader<'_>,
        ) -> Result<Self, $crate::error::DecodeError> {
            Ok(Self {
                $($field: $crate::algebra::codec::sequence!(@read r $(, $format($cap))?),)+
            })
        }
    };
    (@write $w:ident, $value:expr) => { $crate::algebra::codec::Codec::write(&$value, $w) };
    (@write $w:ident, $value:expr, text) => { $w.bytes($value.as_bytes()) };
    (@write $w:ident, $value:expr, bytes) => { $w.bytes(&$value) };
    (@write $w:ident, $value:expr, list) => {
        $w.list(&$value, |w, item| $crate::algebra::codec::Codec::write(item, w))
    };
    (@read $r:ident) => { $crate::algebra::codec::Codec::read($r)? };
    (@read $r:ident, text($cap:expr)) => { $r.text($cap)? };
    (@read $r:ident, bytes($cap:expr)) => { $r.bytes($cap)?.to_vec() };
    (@read $r:ident, list($cap:expr)) => { $r.list($cap, $crate::algebra::codec::Codec::read)? };
}
pub(crate) use sequence;

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::{Zeroize, ZeroizeOnDrop};

    #[derive(Debug, Clone, PartialEq)]
    struct Pair(G1, u16);
    sequence!(Codec for Pair { 0, 1 });

    #[derive(Debug)]
    struct Sample {
        key: Secret<Scalar>,
        name: String,
        pairs: Vec<Pair>,
        digest: [u8; 3],
        body: Vec<u8>,
    }
    sequence!(Canonical for Sample = PeksSecretKey {
        key, name: text(4), pairs: list(2), digest, body: bytes(8),
    });

    fn sample(name: &str, pairs: usize) -> Sample {
        Sample {
            key: Secret::new(Scalar::ONE),
            name: name.to_owned(),
            pairs: vec![Pair(G1::generator(), 7); pairs],
            digest: [1, 2, 3],
            body: b"body".to_vec(),
        }
    }

    #[test]
    fn a_sequence_is_its_fields_in_order() {
        let mut w = Writer::default();
        w.u8(super::super::VERSION);
        w.u8(0x11);
        w.scalar(&Scalar::ONE);
        w.bytes(b"Ada");
        w.count(2);
        for _ in 0..2 {
            w.g1(&G1::generator());
            w.u16(7);
        }
        w.fixed(&[1, 2, 3]);
        w.bytes(b"body");
        let expected = w.finish();
        assert_eq!(sample("Ada", 2).to_bytes(), expected);
        assert_eq!(Sample::from_bytes(&expected).unwrap().to_bytes(), expected);
    }

    #[test]
    fn the_caps_and_invariants_of_a_sequence_are_checked() {
        let decode = |sample: Sample| Sample::from_bytes(&sample.to_bytes()).map(drop);
        assert_eq!(decode(sample("Ada", 2)), Ok(()));
        let too_long = |found, cap| Err(DecodeError::TooLong { found, cap });
        assert_eq!(decode(sample("Linus", 2)), too_long(5, 4));
        assert_eq!(decode(sample("Ada", 3)), too_long(3, 2));
        assert_eq!(decode(Sample { body: vec![0; 9], ..sample("Ada", 1) }), too_long(9, 8));
        let zero = Sample { key: Secret::new(Scalar::ZERO), ..sample("Ada", 1) };
        assert!(matches!(decode(zero), Err(DecodeError::Invalid(_))));
    }

    /// Structs of group elements derive their erasure.
    #[test]
    fn derived_erasure_covers_group_elements() {
        #[derive(Zeroize, ZeroizeOnDrop)]
        struct Key {
            point: G1,
            exponent: Scalar,
            powers: Vec<Gt>,
        }
        let mut key =
            Key { point: G1::generator(), exponent: Scalar::ONE, powers: vec![Gt::generator()] };
        key.zeroize();
        assert!(key.point.is_identity() && key.exponent.is_zero() && key.powers.is_empty());
    }
}
