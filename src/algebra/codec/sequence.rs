//! Encodings of structs field by field, and of enums by the tag of their variant.
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

    /// Encodes the value alone, for example to sign or hash it.
    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }
}

/// A value with lists that are encoded without a count: `Shape` contains their lengths.
pub trait ShapedCodec<Shape>: Sized {
    /// Writes the value.
    fn write(&self, writer: &mut Writer);

    /// Reads a value of a shape and checks its invariants.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an encoding of a value of this shape.
    fn read(reader: &mut Reader<'_>, shape: Shape) -> Result<Self, DecodeError>;
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
    ($($type:ty: |$value:ident, $writer:ident| $write:expr, |$reader:ident| $read:expr;)*) => {$(
        impl Codec for $type {
            fn write(&self, $writer: &mut Writer) {
                let $value = self;
                $write
            }
            fn read($reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                $read
            }
        }
    )*};
}

codec! {
    u8: |value, w| w.u8(*value), |r| r.u8();
    u16: |value, w| w.u16(*value), |r| r.u16();
    u32: |value, w| w.u32(*value), |r| r.u32();
    u64: |value, w| w.u64(*value), |r| r.u64();
    bool: |value, w| w.u8(u8::from(*value)), |r| match r.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Invalid("a flag is neither 0 nor 1")),
    };
    Scalar: |value, w| w.scalar(value), |r| r.scalar();
    G1: |value, w| w.g1(value), |r| r.g1();
    G2: |value, w| w.g2(value), |r| r.g2();
    Gt: |value, w| w.gt(value), |r| r.gt();
    Secret<G1>: |value, w| w.g1(value.expose()), |r| r.g1().map(Secret::new);
    Secret<G2>: |value, w| w.g2(value.expose()), |r| r.g2().map(Secret::new);
    // A secret exponent, which is not zero.
    Secret<Scalar>: |value, w| w.scalar(value.expose()), |r| r.nonzero_scalar().map(Secret::new);
}

/// No bytes.
impl Codec for () {
    fn write(&self, _: &mut Writer) {}
    fn read(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

impl<const N: usize> Codec for [u8; N] {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(self);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.fixed()
    }
}

impl<const N: usize> Codec for Secret<[u8; N]> {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(self.expose());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.fixed().map(Self::new)
    }
}

impl<T: Codec> Codec for Option<T> {
    fn write(&self, writer: &mut Writer) {
        writer.option(self.as_ref(), |w, value| value.write(w));
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.option(T::read)
    }
}

impl<A: Codec, B: Codec> Codec for (A, B) {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        self.1.write(writer);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::read(reader)?, B::read(reader)?))
    }
}

/// Implements [`Canonical`], [`Codec`] or [`ShapedCodec`] for a struct that is encoded field by
/// field.
///
/// A field without a format is encoded by its [`Codec`]. The formats:
///
/// | format | field | bytes |
/// |---|---|---|
/// | `text(cap)` | `String` | length, UTF-8 |
/// | `text_by(read)` | `String` | as `text`, decoded by the function `read` |
/// | `bytes(cap)` | `Vec<u8>` | length, bytes |
/// | `optional_bytes(cap)` | `Option<Vec<u8>>` | 0, or 1 and as `bytes` |
/// | `byte_strings(count, cap)` | `Vec<Vec<u8>>` | count, items as `bytes` |
/// | `list(cap)` | `Vec` of [`Codec`] items | count, items |
/// | `map(cap)` | `BTreeMap` of [`Codec`] items | count, keys and values by ascending key |
/// | `items(n)`, `batch_g1(n)`, `batch_g2(n)` | `Vec` | `shape.n` items, without a count |
/// | `nonzero()` | `Scalar` | a secret exponent |
///
/// A function after `=>` checks the decoded value.
///
/// ```ignore
/// sequence!(Canonical for Ciphertext = AfghCiphertext { c1, body: bytes(MAX_BODY) });
/// sequence!(Codec for Schnorr { challenge, response });
/// sequence!(Codec for Window { from, until } => Window::check_order);
/// sequence!(ShapedCodec<KeyShape> for UserKey { k, l, k_x: batch_g1(components) });
/// ```
macro_rules! sequence {
    (Canonical for $type:ident = $kind:ident $fields:tt $(=> $check:path)?) => {
        impl $crate::algebra::codec::Canonical for $type {
            const KIND: $crate::algebra::tag::Kind = $crate::algebra::tag::Kind::$kind;
            $crate::algebra::codec::sequence!(@methods $fields $($check)?);
        }
    };
    (Codec for $type:ident $fields:tt $(=> $check:path)?) => {
        impl $crate::algebra::codec::Codec for $type {
            $crate::algebra::codec::sequence!(@methods $fields $($check)?);
        }
    };
    (ShapedCodec<$shape:ty> for $type:ident $fields:tt) => {
        impl $crate::algebra::codec::ShapedCodec<$shape> for $type {
            $crate::algebra::codec::sequence!(@write $fields);
            fn read(
                r: &mut $crate::algebra::codec::Reader<'_>,
                shape: $shape,
            ) -> Result<Self, $crate::error::DecodeError> {
                $crate::algebra::codec::sequence!(@read r shape $fields)
            }
        }
    };
    (@methods $fields:tt $($check:path)?) => {
        $crate::algebra::codec::sequence!(@write $fields);
        fn read(
            r: &mut $crate::algebra::codec::Reader<'_>,
        ) -> Result<Self, $crate::error::DecodeError> {
            $crate::algebra::codec::sequence!(@read r () $fields)$(.and_then($check))?
        }
    };
    (@write { $($field:tt $(: $format:ident $argument:tt)?),+ $(,)? }) => {
        fn write(&self, w: &mut $crate::algebra::codec::Writer) {
            $($crate::algebra::codec::sequence!(@write_field w, self.$field $(, $format)?);)+
        }
    };
    (@read $r:ident $shape:tt { $($field:tt $(: $format:ident $argument:tt)?),+ $(,)? }) => {
        Ok(Self {
            $($field: $crate::algebra::codec::sequence!(
                @read_field $r $shape $(, $format $argument)?
            )?,)+
        })
    };
    (@write_field $w:ident, $value:expr) => {
        $crate::algebra::codec::Codec::write(&$value, $w)
    };
    (@write_field $w:ident, $value:expr, text) => { $w.bytes($value.as_bytes()) };
    (@write_field $w:ident, $value:expr, text_by) => { $w.bytes($value.as_bytes()) };
    (@write_field $w:ident, $value:expr, bytes) => { $w.bytes(&$value) };
    (@write_field $w:ident, $value:expr, optional_bytes) => {
        $w.option($value.as_ref(), |w, bytes| w.bytes(bytes))
    };
    (@write_field $w:ident, $value:expr, byte_strings) => {
        $w.list(&$value, |w, item| w.bytes(item))
    };
    (@write_field $w:ident, $value:expr, list) => {
        $w.list(&$value, |w, item| $crate::algebra::codec::Codec::write(item, w))
    };
    (@write_field $w:ident, $value:expr, map) => {
        $w.map(&$value, |w, key, value| {
            $crate::algebra::codec::Codec::write(key, w);
            $crate::algebra::codec::Codec::write(value, w);
        })
    };
    (@write_field $w:ident, $value:expr, items) => {
        $value.iter().for_each(|item| $crate::algebra::codec::Codec::write(item, $w))
    };
    (@write_field $w:ident, $value:expr, nonzero) => { $w.scalar(&$value) };
    (@write_field $w:ident, $value:expr, $batch:ident) => { $w.$batch(&$value) };
    (@read_field $r:ident $shape:tt) => { $crate::algebra::codec::Codec::read($r) };
    (@read_field $r:ident $shape:tt, text($cap:expr)) => { $r.text($cap) };
    (@read_field $r:ident $shape:tt, text_by($read:expr)) => { $read($r) };
    (@read_field $r:ident $shape:tt, bytes($cap:expr)) => { $r.bytes($cap).map(<[u8]>::to_vec) };
    (@read_field $r:ident $shape:tt, optional_bytes($cap:expr)) => {
        $r.option(|r| r.bytes($cap).map(<[u8]>::to_vec))
    };
    (@read_field $r:ident $shape:tt, byte_strings($count:expr, $cap:expr)) => {
        $r.list($count, |r| r.bytes($cap).map(<[u8]>::to_vec))
    };
    (@read_field $r:ident $shape:tt, list($cap:expr)) => {
        $r.list($cap, $crate::algebra::codec::Codec::read)
    };
    (@read_field $r:ident $shape:tt, map($cap:expr)) => {
        $r.map($cap, $crate::algebra::codec::Codec::read)
    };
    (@read_field $r:ident $shape:tt, items($length:ident)) => {
        (0..$shape.$length)
            .map(|_| $crate::algebra::codec::Codec::read($r))
            .collect::<Result<Vec<_>, $crate::error::DecodeError>>()
    };
    (@read_field $r:ident $shape:tt, nonzero()) => { $r.nonzero_scalar() };
    (@read_field $r:ident $shape:tt, $batch:ident($length:ident)) => {
        $r.$batch($shape.$length)
    };
}
pub(crate) use sequence;

/// Implements [`Codec`] for an enum: a tag byte, then the fields of the variant as in `sequence!`.
///
/// Variants in brackets have no fields, and their discriminants are the tags.
///
/// ```ignore
/// choice!(Action, "unknown action code" { 1 = Register(certificate), 2 = Record(record) });
/// choice!(Role, "unknown role code" [Patient, Doctor]);
/// ```
macro_rules! choice {
    ($type:ident, $unknown:literal [$($variant:ident),+ $(,)?]) => {
        impl $crate::algebra::codec::Codec for $type {
            fn write(&self, w: &mut $crate::algebra::codec::Writer) {
                // Exhaustive: an unlisted variant would encode to a tag that no reader accepts.
                match self {
                    $(Self::$variant => w.u8(Self::$variant as u8),)+
                }
            }
            fn read(
                r: &mut $crate::algebra::codec::Reader<'_>,
            ) -> Result<Self, $crate::error::DecodeError> {
                let tag = r.u8()?;
                let variant = [$(Self::$variant),+].into_iter().find(|v| *v as u8 == tag);
                variant.ok_or($crate::error::DecodeError::Invalid($unknown))
            }
        }
    };
    ($type:ident, $unknown:literal { $(
        $tag:literal = $variant:ident
        $(($only:ident $(: $only_format:ident $only_argument:tt)?))?
        $({ $($field:ident $(: $format:ident $argument:tt)?),+ })?
    ),+ $(,)? } $(=> $check:path)?) => {
        impl $crate::algebra::codec::Codec for $type {
            fn write(&self, w: &mut $crate::algebra::codec::Writer) {
                match self {$(
                    Self::$variant $(($only))? $({ $($field),+ })? => {
                        w.u8($tag);
                        $($crate::algebra::codec::sequence!(
                            @write_field w, *$only $(, $only_format)?
                        );)?
                        $($($crate::algebra::codec::sequence!(
                            @write_field w, *$field $(, $format)?
                        );)+)?
                    }
                )+}
            }
            fn read(
                r: &mut $crate::algebra::codec::Reader<'_>,
            ) -> Result<Self, $crate::error::DecodeError> {
                Ok(match r.u8()? {
                    $($tag => Self::$variant
                        $(($crate::algebra::codec::sequence!(
                            @read_field r () $(, $only_format $only_argument)?
                        )?))?
                        $({ $($field: $crate::algebra::codec::sequence!(
                            @read_field r () $(, $format $argument)?
                        )?),+ })?,)+
                    _ => return Err($crate::error::DecodeError::Invalid($unknown)),
                })$(.and_then($check))?
            }
        }
    };
}
pub(crate) use choice;

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
