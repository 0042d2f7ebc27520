//! Direct calls of blst, on its own structs: no conversions, no checks.
#![allow(unsafe_code)]

use super::{Cases, Inputs, MANY, MESSAGE, measure};
use blst::*;
use epione::algebra::tag;
use std::hint::black_box;
use std::ptr;

/// What a function writes through its first argument.
fn written<T: Default>(write: impl FnOnce(*mut T)) -> T {
    let mut value = T::default();
    write(&mut value);
    value
}

pub(super) fn operations(g: &mut Cases, inputs: &'static Inputs) {
    let p = inputs.p.each_point(|bytes| {
        // SAFETY: 48 bytes are read.
        written(|out| unsafe { _ = blst_p1_uncompress(out, bytes.as_ptr()) })
    });
    let q = inputs.q.each_point(|bytes| {
        // SAFETY: 96 bytes are read.
        written(|out| unsafe { _ = blst_p2_uncompress(out, bytes.as_ptr()) })
    });
    let scalars: Vec<[u8; 32]> = inputs.scalars.iter().map(little_endian).collect();
    let scalars: &'static [_] = scalars.leak();
    let z = fp12(&inputs.z);
    curves(g, inputs, (p[0], q[1]), scalars[2]);
    hashes(g);
    let (p, q): (&'static [_], &'static [_]) = (p.leak(), q.leak());
    pairings(g, p, q);
    lists(g, inputs, p, q, scalars);
    target(g, z, scalars[2]);
}

trait EachPoint<T> {
    fn each_point<P>(&self, decode: impl Fn(&T) -> P) -> Vec<P>;
}
impl<T> EachPoint<T> for Vec<T> {
    fn each_point<P>(&self, decode: impl Fn(&T) -> P) -> Vec<P> {
        self.iter().map(decode).collect()
    }
}

fn little_endian(scalar: &epione::algebra::Scalar) -> [u8; 32] {
    let mut bytes = scalar.to_be_bytes();
    bytes.reverse();
    bytes
}

/// From twelve big-endian coefficients in tower order.
fn fp12(bytes: &[u8; 576]) -> blst_fp12 {
    let mut element = blst_fp12::default();
    let places = element.fp6.iter_mut().flat_map(|c| &mut c.fp2).flat_map(|c| &mut c.fp);
    for (place, chunk) in places.zip(bytes.chunks(48)) {
        // SAFETY: 48 bytes are read.
        unsafe { blst_fp_from_bendian(place, chunk.as_ptr()) };
    }
    element
}

// SAFETY of all below: pointers are to valid structs, to byte strings of the lengths that the
// functions read or that are passed, and results go to places of their own.

fn curves(
    g: &mut Cases,
    inputs: &'static Inputs,
    (p, q): (blst_p1_affine, blst_p2_affine),
    x: [u8; 32],
) {
    let p1: blst_p1 = written(|out| unsafe { blst_p1_from_affine(out, &p) });
    let q1: blst_p2 = written(|out| unsafe { blst_p2_from_affine(out, &q) });
    let mul_p =
        move || written(|out| unsafe { blst_p1_mult(out, black_box(&p1), x.as_ptr(), 255) });
    let mul_q =
        move || written(|out| unsafe { blst_p2_mult(out, black_box(&q1), x.as_ptr(), 255) });
    measure(g, "g1-mul/raw-blst", mul_p);
    measure(g, "g2-mul/raw-blst", mul_q);
    let (p2, q2) = (mul_p(), mul_q());
    measure(g, "g1-add/raw-blst", move || {
        written(|out| unsafe { blst_p1_add_or_double(out, black_box(&p2), &p1) })
    });
    measure(g, "g2-add/raw-blst", move || {
        written(|out| unsafe { blst_p2_add_or_double(out, black_box(&q2), &q1) })
    });
    measure(g, "g1-compress/raw-blst", move || {
        let mut bytes = [0; 48];
        unsafe { blst_p1_affine_compress(bytes.as_mut_ptr(), black_box(&p)) };
        bytes
    });
    measure(g, "g2-compress/raw-blst", move || {
        let mut bytes = [0; 96];
        unsafe { blst_p2_affine_compress(bytes.as_mut_ptr(), black_box(&q)) };
        bytes
    });
    measure(g, "g1-compress-projective/raw-blst", move || {
        let mut bytes = [0; 48];
        unsafe { blst_p1_compress(bytes.as_mut_ptr(), black_box(&p2)) };
        bytes
    });
    measure(g, "g2-compress-projective/raw-blst", move || {
        let mut bytes = [0; 96];
        unsafe { blst_p2_compress(bytes.as_mut_ptr(), black_box(&q2)) };
        bytes
    });
    measure(g, "g1-decompress/raw-blst", move || {
        let p: blst_p1_affine = written(|out| unsafe {
            _ = blst_p1_uncompress(out, black_box(inputs.p[0].as_ptr()));
        });
        (unsafe { blst_p1_affine_in_g1(&p) }, p)
    });
    measure(g, "g2-decompress/raw-blst", move || {
        let q: blst_p2_affine = written(|out| unsafe {
            _ = blst_p2_uncompress(out, black_box(inputs.q[1].as_ptr()));
        });
        (unsafe { blst_p2_affine_in_g2(&q) }, q)
    });
    let x: blst_fr = written(|out| unsafe {
        let mut scalar = blst_scalar::default();
        blst_scalar_from_lendian(&mut scalar, x.as_ptr());
        blst_fr_from_scalar(out, &scalar);
    });
    measure(g, "scalar-inverse/raw-blst", move || {
        written::<blst_fr>(|out| unsafe { blst_fr_inverse(out, black_box(&x)) })
    });
}

type Hash<P> = unsafe extern "C" fn(*mut P, *const u8, usize, *const u8, usize, *const u8, usize);

fn hash<P: Default>(function: Hash<P>, tag: tag::Tag) -> P {
    let (message, tag) = (black_box(MESSAGE), tag.as_bytes());
    written(|out| unsafe {
        let (length, none) = (tag.len(), ptr::null());
        function(out, message.as_ptr(), message.len(), tag.as_ptr(), length, none, 0);
    })
}

fn hashes(g: &mut Cases) {
    measure(g, "hash-to-g1/raw-blst", move || {
        hash::<blst_p1>(blst_hash_to_g1, tag::FABEO_ATTRIBUTE)
    });
    measure(g, "hash-to-g2/raw-blst", move || hash::<blst_p2>(blst_hash_to_g2, tag::PEKS_KEYWORD));
}

fn finished(f: &blst_fp12) -> blst_fp12 {
    written(|out| unsafe { blst_final_exp(out, f) })
}

fn pairings(g: &mut Cases, p: &'static [blst_p1_affine], q: &'static [blst_p2_affine]) {
    measure(g, "pairing/raw-blst", move || {
        finished(&written(|out| unsafe {
            blst_miller_loop(out, black_box(&q[1]), black_box(&p[0]));
        }))
    });
    let lines = || {
        let mut lines = [blst_fp6::default(); 68];
        unsafe { blst_precompute_lines(lines.as_mut_ptr(), black_box(&q[1])) };
        lines
    };
    let prepared = lines();
    measure(g, "pairing-prepare/raw-blst", lines);
    measure(g, "pairing-prepared/raw-blst", move || {
        finished(&written(|out| unsafe {
            blst_miller_loop_lines(out, prepared.as_ptr(), black_box(&p[0]));
        }))
    });
    for n in [2, 4, 16, MANY] {
        let (p, q) = ([p.as_ptr(), ptr::null()], [q.as_ptr(), ptr::null()]);
        measure(g, &format!("pairing-product-{n}/raw-blst"), move || {
            finished(&written(|out| unsafe {
                blst_miller_loop_n(out, q.as_ptr(), p.as_ptr(), n);
            }))
        });
    }
}

/// The library has no lists but products and sums: these are loops.
fn lists(
    g: &mut Cases,
    inputs: &'static Inputs,
    p: &'static [blst_p1_affine],
    q: &'static [blst_p2_affine],
    x: &'static [[u8; 32]],
) {
    measure(g, "pairing-each-104/raw-blst", move || -> Vec<_> {
        let each = p.iter().zip(q);
        each.map(|(p, q)| finished(&written(|out| unsafe { blst_miller_loop(out, q, p) })))
            .collect()
    });
    let mut lines = [blst_fp6::default(); 68];
    unsafe { blst_precompute_lines(lines.as_mut_ptr(), &q[0]) };
    measure(g, "pairing-prepared-each-104/raw-blst", move || -> Vec<_> {
        let miller = |p| written(|out| unsafe { blst_miller_loop_lines(out, lines.as_ptr(), p) });
        p.iter().map(|p| finished(&miller(p))).collect()
    });
    let p1: Vec<blst_p1> =
        p.iter().map(|p| written(|out| unsafe { blst_p1_from_affine(out, p) })).collect();
    let q1: Vec<blst_p2> =
        q.iter().map(|q| written(|out| unsafe { blst_p2_from_affine(out, q) })).collect();
    measure(g, "g1-mul-each-104/raw-blst", move || -> Vec<blst_p1> {
        let mul = |(p, x): (&blst_p1, &[u8; 32])| {
            written(|out| unsafe { blst_p1_mult(out, p, x.as_ptr(), 255) })
        };
        p1.iter().zip(x).map(mul).collect()
    });
    measure(g, "g2-mul-each-104/raw-blst", move || -> Vec<blst_p2> {
        let mul = |(q, x): (&blst_p2, &[u8; 32])| {
            written(|out| unsafe { blst_p2_mult(out, q, x.as_ptr(), 255) })
        };
        q1.iter().zip(x).map(mul).collect()
    });
    measure(g, "g1-decompress-each-104/raw-blst", move || -> Vec<_> {
        let read = |bytes: &[u8; 48]| {
            let p: blst_p1_affine =
                written(|out| unsafe { _ = blst_p1_uncompress(out, bytes.as_ptr()) });
            (unsafe { blst_p1_affine_in_g1(&p) }, p)
        };
        inputs.p.iter().map(read).collect()
    });
    measure(g, "g2-decompress-each-104/raw-blst", move || -> Vec<_> {
        let read = |bytes: &[u8; 96]| {
            let q: blst_p2_affine =
                written(|out| unsafe { _ = blst_p2_uncompress(out, bytes.as_ptr()) });
            (unsafe { blst_p2_affine_in_g2(&q) }, q)
        };
        inputs.q.iter().map(read).collect()
    });
    measure(g, "hash-to-g1-each-104/raw-blst", || -> Vec<blst_p1> {
        (0..MANY).map(|_| hash(blst_hash_to_g1, tag::FABEO_ATTRIBUTE)).collect()
    });
    measure(g, "hash-to-g2-each-104/raw-blst", || -> Vec<blst_p2> {
        (0..MANY).map(|_| hash(blst_hash_to_g2, tag::PEKS_KEYWORD)).collect()
    });
}

fn target(g: &mut Cases, z: blst_fp12, x: [u8; 32]) {
    measure(g, "gt-mul/raw-blst", move || {
        written::<blst_fp12>(|out| unsafe { blst_fp12_mul(out, black_box(&z), black_box(&z)) })
    });
    measure(g, "gt-membership/raw-blst", move || unsafe { blst_fp12_in_group(black_box(&z)) });
    measure(g, "gt-pow/raw-blst-naf", move || naf_pow(black_box(&z), &x));
}

/// The library has no power in GT; this is the usual loop over its squaring, for comparison:
/// non-adjacent form, inverses by conjugation, variable time.
fn naf_pow(base: &blst_fp12, scalar: &[u8; 32]) -> blst_fp12 {
    let mut inverse = *base;
    unsafe { blst_fp12_conjugate(&mut inverse) };
    let mut power = blst_fp12::default();
    for digit in naf(scalar).into_iter().rev().skip_while(|digit| *digit == 0) {
        power = written(|out| unsafe { blst_fp12_cyclotomic_sqr(out, &power) });
        if digit != 0 {
            let factor = if digit == 1 { base } else { &inverse };
            power = written(|out| unsafe { blst_fp12_mul(out, &power, factor) });
        }
    }
    power
}

/// Digits -1, 0, 1 of which no two neighbours differ from 0, least significant first.
fn naf(scalar: &[u8; 32]) -> Vec<i8> {
    let bit = |i: usize| i8::from(scalar.get(i / 8).is_some_and(|byte| byte >> (i % 8) & 1 == 1));
    let mut carry = 0;
    let digits = (0..257).map(|i| {
        let sum = bit(i) + carry;
        // An odd value becomes 1 or -1, so that the next digit is 0.
        let digit = if sum % 2 == 0 { 0 } else { 1 - 2 * bit(i + 1) };
        carry = (sum - digit) / 2;
        digit
    });
    digits.collect()
}
