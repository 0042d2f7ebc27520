//! Decompression in both groups, eight points at once.
//!
//! Parsing is item by item; square roots and subgroup checks are vectorised. Variable time: the
//! points of a key are decoded by its holder. Temporaries on the heap are erased.
//! The lane of a malformed encoding computes with the coordinate of the generator. A lane without a
//! square root computes with coordinates off the curve, and its result is discarded.

use super::super::batch::SPARE;
use super::super::blst::Erased;
use super::convert::{constant, constant2, load, load2, store, store2};
use super::curve::{Point1, Point2};
use super::fp::Fp;
use super::fp2::Fp2;
use super::mask::Mask;
use super::prime::LIMBS;
use super::vector::{LANES, available};
use crate::algebra::{G1, G2};
use crate::error::DecodeError;
use ark_bls12_381::{Fq, Fq2, g1, g2};
use ark_ec::short_weierstrass::{Projective, SWCurveConfig};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};

/// `b` of the curve equations.
const B1: [u64; LIMBS] = constant(&g1::Config::COEFF_B);
const B2: [[u64; LIMBS]; 2] = constant2(&g2::Config::COEFF_B);

/// For each `x`, one of the two `y`, if the point exists.
#[derive(Clone, Copy)]
struct Roots<F> {
    y: [F; LANES],
    on_curve: Mask,
    in_subgroup: Mask,
}

/// Decompresses points of G1, with the same results as the portable backend.
pub(in super::super) fn decompress_g1(bytes: &[[u8; 48]]) -> Vec<Result<G1, DecodeError>> {
    assert!(available());
    let (bytes, _) = bytes.as_chunks::<1>();
    // SAFETY: `available` is asserted above.
    decompress::<g1::Config, _, 1>(bytes, |[x]| x, |x| unsafe { roots1(x) }, G1)
}

/// Decompresses points of G2, with the same results as the portable backend.
pub(in super::super) fn decompress_g2(bytes: &[[u8; 96]]) -> Vec<Result<G2, DecodeError>> {
    assert!(available());
    let (numbers, _) = bytes.as_flattened().as_chunks::<48>();
    let (bytes, _) = numbers.as_chunks::<2>();
    // SAFETY: `available` is asserted above.
    decompress::<g2::Config, _, 2>(bytes, |[im, re]| Fq2::new(re, im), |x| unsafe { roots2(x) }, G2)
}

/// Decompresses points whose `x` consists of `N` integers of 48 bytes.
fn decompress<C: SWCurveConfig, P, const N: usize>(
    bytes: &[[[u8; 48]; N]],
    coordinate: fn([Fq; N]) -> C::BaseField,
    roots: impl Fn(&[[C::BaseField; LANES]]) -> Erased<Roots<C::BaseField>>,
    group: fn(Projective<C>) -> P,
) -> Vec<Result<P, DecodeError>> {
    let mut points = Vec::with_capacity(bytes.len() + SPARE);
    for bytes in bytes.chunks(2 * LANES) {
        let mut x = [[C::GENERATOR.x; LANES]; 2];
        let mut parsed = [Err(DecodeError::NotOnCurve); 2 * LANES];
        for ((bytes, parsed), x) in bytes.iter().zip(&mut parsed).zip(x.as_flattened_mut()) {
            *parsed = parse(bytes);
            if let Ok(Encoded::Point { numbers, .. }) = parsed {
                *x = coordinate(*numbers);
            }
        }
        let roots = roots(&x[..bytes.len().div_ceil(LANES)]);
        points.extend(parsed[..bytes.len()].iter().enumerate().map(|(i, parsed)| {
            let Encoded::Point { largest, .. } = (*parsed)? else {
                return Ok(group(Projective::ZERO));
            };
            let (roots, lane) = (&roots[i / LANES], i % LANES);
            match (roots.on_curve >> lane & 1, roots.in_subgroup >> lane & 1) {
                (0, _) => Err(DecodeError::NotOnCurve),
                (_, 0) => Err(DecodeError::NotInSubgroup),
                _ => {
                    let y = roots.y[lane];
                    let y = if (y > -y) == largest { y } else { -y };
                    let x = x[i / LANES][lane];
                    Ok(group(Projective::new_unchecked(x, y, C::BaseField::ONE)))
                }
            }
        }));
    }
    points
}

/// A parsed encoding.
#[derive(Clone, Copy)]
enum Encoded<const N: usize> {
    Identity,
    /// The integers of `x`, and `true` if `y` is the larger of the two roots.
    Point {
        numbers: [Fq; N],
        largest: bool,
    },
}

/// Parses the ZCash format: three flag bits (compressed; identity, with zeros elsewhere; `y` is the
/// larger root), then big-endian integers below `p`.
fn parse<const N: usize>(bytes: &[[u8; 48]; N]) -> Result<Encoded<N>, DecodeError> {
    let flags = bytes[0][0] >> 5;
    let mut bytes = *bytes;
    bytes[0][0] &= 0x1f;
    match flags {
        0b110 if bytes == [[0; 48]; N] => Ok(Encoded::Identity),
        0b100 | 0b101 => {
            let mut numbers = [Fq::ZERO; N];
            for (number, bytes) in numbers.iter_mut().zip(&bytes) {
                let (limbs, _) = bytes.as_chunks::<8>();
                let limbs = core::array::from_fn(|i| u64::from_be_bytes(limbs[5 - i]));
                *number = Fq::from_bigint(BigInt(limbs)).ok_or(DecodeError::NotOnCurve)?;
            }
            Ok(Encoded::Point { numbers, largest: flags == 0b101 })
        }
        _ => Err(DecodeError::NotOnCurve),
    }
}

macro_rules! roots {
    ($roots:ident, $Element:ident, $Field:ident, $Point:ident, $load:ident, $store:ident, $B:ident,
     $is_in_group:ident) => {
        /// Computes the roots for one or two vectors of `x`.
        #[target_feature(enable = "avx512f,avx512ifma")]
        fn $roots(x: &[[$Element; LANES]]) -> Erased<Roots<$Element>> {
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn of<const M: usize>(x: &[$Field; M]) -> Erased<Roots<$Element>> {
                let mut squares = *x;
                for x in &mut squares {
                    *x = x.square().times_outlined(x).plus(&$Field::splat(&$B));
                }
                let y = $Field::roots(&squares);
                let mut roots = [const { None }; M];
                for i in 0..M {
                    roots[i] = Some(Roots {
                        y: $store(&y[i]),
                        on_curve: y[i].square().equals(&squares[i]),
                        in_subgroup: $Point::affine(&x[i], &y[i], 0).$is_in_group(),
                    });
                }
                roots.map(|roots| roots.expect("every vector has roots")).into_iter().collect()
            }
            match x {
                [x, y] => of(&[$load(x), $load(y)]),
                _ => of(&[$load(&x[0])]),
            }
        }
    };
}

roots!(roots1, Fq, Fp, Point1, load, store, B1, is_in_g1);
roots!(roots2, Fq2, Fp2, Point2, load2, store2, B2, is_in_g2);

impl Point1 {
    /// The mask of the points that are in the subgroup: `phi P = -[x^2] P`.
    ///
    /// Scott, "A note on group membership tests for G1, G2 and GT on BLS pairing-friendly curves"
    /// (ePrint 2021/1130), section 6. As `phi^2 + phi + 1 = 0` on the whole curve, such a point
    /// satisfies `[x^4 - x^2 + 1] P = [r] P = 0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_in_g1(&self) -> Mask {
        self.times_abs_x().times_abs_x().negated().equals(&self.phi())
    }
}

impl Point2 {
    /// The mask of the points that are in the subgroup: `psi Q = [x] Q`.
    ///
    /// Scott, as above, section 4. As `psi^4 - psi^2 + 1 = 0` on the whole curve, such a point
    /// satisfies `[x^4 - x^2 + 1] Q = [r] Q = 0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_in_g2(&self) -> Mask {
        self.times_abs_x().negated().equals(&self.psi())
    }
}
