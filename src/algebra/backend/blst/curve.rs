//! G1 and G2 by blst.
#![allow(unsafe_code)]

use super::{Erased, convert, output};
use crate::algebra::backend::kernel::{BatchOperations, SourceGroup, Term};
use crate::algebra::backend::portable;
use crate::algebra::{G1, G2, Scalar};
use crate::error::DecodeError;
use ::blst::BLST_ERROR;
use ark_ff::One;
use std::ptr;
use zeroize::Zeroizing;

/// Bits of a scalar: `r < 2^255`.
const SCALAR_BITS: usize = 255;

fn decode_error(code: BLST_ERROR) -> DecodeError {
    match code {
        BLST_ERROR::BLST_POINT_NOT_IN_GROUP => DecodeError::NotInSubgroup,
        _ => DecodeError::NotOnCurve,
    }
}

/// Returns the length in bytes of the largest of the little-endian integers, at least one.
fn significant_bytes(scalars: &[[u8; 32]]) -> usize {
    let bytes = |scalar: &[u8; 32]| scalar.iter().rposition(|byte| *byte != 0).map_or(0, |i| i + 1);
    scalars.iter().map(bytes).max().unwrap_or(0).max(1)
}

macro_rules! blst_group {
    (
        $module:ident, $group:ident, $bytes:literal, $point:ident, $affine:ident,
        $into:path, $from:path, $mult:ident, $to_affine:ident, $each_to_affine:ident,
        $from_affine:ident, $pippenger:ident, $scratch:ident, $hash:ident,
        $compress:ident, $uncompress:ident, $in_group:ident,
        $limbs:literal, $few:literal, $to_limbs:path, $from_limbs:path,
        $negate:ident, $add:ident, $add_affine:ident
    ) => {
        pub(super) mod $module {
            use super::*;
            use ::blst::{
                $affine, $compress, $each_to_affine, $from_affine, $hash, $in_group, $mult,
                $pippenger, $point, $scratch, $to_affine, $uncompress, $negate, $add, $add_affine,
            };

            /// The operations of the group.
            pub(in super::super) const GROUP: SourceGroup<$group, $bytes, $limbs> = SourceGroup {
                add,
                mul,
                msm,
                hash,
                compress,
                batch_compress,
                decompress,
                batch_affine: batch_affine_limbs,
                sum,
                batch: BatchOperations::NONE,
            };

            fn point(p: &$group) -> $point {
                $into(&p.0)
            }

            fn group(p: &$point) -> $group {
                $group($from(p))
            }

            pub(in super::super) fn affine(p: &$group) -> $affine {
                let p = point(p);
                // SAFETY: both pointers are to valid structs; the output does not alias.
                output(|out| unsafe { $to_affine(out, &p) })
            }

            /// Shares one inversion. The point at infinity is all zeros, as blst represents it.
            pub(in super::super) fn batch_affine(points: &[$group]) -> Erased<$affine> {
                let points: Erased<$point> = points.iter().map(point).collect();
                let mut results = Erased(vec![$affine::default(); points.len()]);
                if points.is_empty() {
                    return results;
                }
                let list = [points.as_ptr(), ptr::null()];
                // SAFETY: a null second pointer says that the first points to an array, here of
                // `points.len()` structs; `results` has the same length.
                unsafe { $each_to_affine(results.as_mut_ptr(), list.as_ptr(), points.len()) };
                results
            }

            fn batch_affine_limbs(points: &[$group]) -> Vec<[u64; $limbs]> {
                batch_affine(points).iter().map($to_limbs).collect()
            }

            /// Constant time in the terms, as the library claims: its addition is complete.
            fn sum(terms: &[Term<$limbs>]) -> $group {
                let mut sum = $point::default();
                for term in terms {
                    let p = $from_limbs(&term.point);
                    let (mut y, before) = (p.y, sum);
                    // SAFETY: the pointers are to valid structs; the output does not alias.
                    unsafe { $negate(&mut y, &p.y, term.negative != 0) };
                    let p = $affine { x: p.x, y };
                    // SAFETY: the pointers are to valid structs; the output does not alias.
                    unsafe { $add_affine(&mut sum, &before, &p) };
                }
                group(&sum)
            }

            fn add(a: &$group, b: &$group) -> $group {
                let (a, b) = (point(a), point(b));
                // SAFETY: the pointers are to valid structs; the output does not alias.
                group(&output(|out| unsafe { $add(out, &a, &b) }))
            }

            /// Constant time in the scalar, as the library claims: fixed windows, full table scans.
            fn mul(p: &$group, scalar: &Scalar) -> $group {
                let (p, scalar) = (point(p), convert::scalar_bytes(&scalar.0));
                // SAFETY: the pointers are to valid structs and to 32 bytes, which hold 255 bits.
                group(&output(|out| unsafe { $mult(out, &p, scalar.as_ptr(), SCALAR_BITS) }))
            }

            /// Pippenger's bucket method; the library uses windows for fewer than 32 points. For
            /// one point, and two of G2, multiplication by the endomorphism is faster.
            fn msm(points: &[$group], scalars: &[Scalar]) -> $group {
                assert_eq!(points.len(), scalars.len(), "one scalar per point");
                if points.len() <= $few {
                    let products = points.iter().zip(scalars).map(|(p, s)| mul(p, s));
                    return products.reduce(|a, b| a + b).unwrap_or_else($group::identity);
                }
                let mut finite = Zeroizing::new(Vec::with_capacity(points.len()));
                let mut integers = Zeroizing::new(Vec::with_capacity(points.len()));
                for (p, s) in points.iter().zip(scalars).filter(|(p, _)| !p.is_identity()) {
                    finite.push(*p);
                    integers.push(*convert::scalar_bytes(&s.0));
                }
                if finite.is_empty() {
                    return $group::identity();
                }
                pippenger(&batch_affine(&finite), &integers)
            }

            /// Requires one or more finite points and one scalar per point. The cost is
            /// proportional to the length of the longest scalar; random weights have 128 bits.
            fn pippenger(points: &[$affine], scalars: &[[u8; 32]]) -> $group {
                let count = points.len();
                let length = significant_bytes(scalars);
                let mut packed = Zeroizing::new(Vec::with_capacity(count * length));
                scalars.iter().for_each(|scalar| packed.extend_from_slice(&scalar[..length]));
                // SAFETY: the function reads its argument only.
                let scratch = unsafe { $scratch(count) };
                let mut scratch = Zeroizing::new(vec![0_u64; scratch.div_ceil(8)]);
                let point_list = [points.as_ptr(), ptr::null()];
                let scalar_list = [packed.as_ptr(), ptr::null()];
                // SAFETY: a null second pointer says that the first points to an array, here of
                // `count` affine points or scalars of `length` bytes; the scratch space has the
                // size that the library requests.
                group(&output(|out| unsafe {
                    $pippenger(
                        out,
                        point_list.as_ptr(),
                        count,
                        scalar_list.as_ptr(),
                        SCALAR_BITS.min(8 * length),
                        scratch.as_mut_ptr(),
                    );
                }))
            }

            fn hash(tag: &[u8], message: &[u8]) -> $group {
                // SAFETY: pointers and lengths are those of the slices; no augmentation. The
                // library hashes tags beyond 255 bytes; ours are shorter.
                group(&output(|out| unsafe {
                    $hash(
                        out,
                        message.as_ptr(),
                        message.len(),
                        tag.as_ptr(),
                        tag.len(),
                        ptr::null(),
                        0,
                    );
                }))
            }

            fn compress(p: &$group) -> [u8; $bytes] {
                // A decoded point is affine already, and arkworks encodes it faster.
                if p.0.z.is_one() { portable::compress(p) } else { encode(&affine(p)) }
            }

            fn batch_compress(points: &[$group]) -> Vec<[u8; $bytes]> {
                batch_affine(points).iter().map(encode).collect()
            }

            fn encode(p: &$affine) -> [u8; $bytes] {
                let mut bytes = [0; $bytes];
                // SAFETY: the function writes exactly the bytes of a compressed point.
                unsafe { $compress(bytes.as_mut_ptr(), p) };
                bytes
            }

            fn decompress(
                bytes: &[u8; $bytes],
            ) -> Result<$group, DecodeError> {
                let mut p = $affine::default();
                // SAFETY: the function reads exactly the bytes of a compressed point. It accepts
                // any bytes and rejects non-canonical encodings.
                let code = unsafe { $uncompress(&mut p, bytes.as_ptr()) };
                if code != BLST_ERROR::BLST_SUCCESS {
                    return Err(decode_error(code));
                }
                // SAFETY: the pointer is to a point on the curve, possibly outside the subgroup.
                if !unsafe { $in_group(&p) } {
                    return Err(DecodeError::NotInSubgroup);
                }
                // SAFETY: both pointers are to valid structs; the output does not alias.
                Ok(group(&output(|out| unsafe { $from_affine(out, &p) })))
            }
        }
    };
}

blst_group!(
    g1,
    G1,
    48,
    blst_p1,
    blst_p1_affine,
    convert::p1,
    convert::ark_p1,
    blst_p1_mult,
    blst_p1_to_affine,
    blst_p1s_to_affine,
    blst_p1_from_affine,
    blst_p1s_mult_pippenger,
    blst_p1s_mult_pippenger_scratch_sizeof,
    blst_hash_to_g1,
    blst_p1_affine_compress,
    blst_p1_uncompress,
    blst_p1_affine_in_g1,
    12,
    1,
    convert::p1_limbs,
    convert::p1_from_limbs,
    blst_fp_cneg,
    blst_p1_add_or_double,
    blst_p1_add_or_double_affine
);
blst_group!(
    g2,
    G2,
    96,
    blst_p2,
    blst_p2_affine,
    convert::p2,
    convert::ark_p2,
    blst_p2_mult,
    blst_p2_to_affine,
    blst_p2s_to_affine,
    blst_p2_from_affine,
    blst_p2s_mult_pippenger,
    blst_p2s_mult_pippenger_scratch_sizeof,
    blst_hash_to_g2,
    blst_p2_affine_compress,
    blst_p2_uncompress,
    blst_p2_affine_in_g2,
    24,
    2,
    convert::p2_limbs,
    convert::p2_from_limbs,
    blst_fp2_cneg,
    blst_p2_add_or_double,
    blst_p2_add_or_double_affine
);
