//! Pairings, eight at once.
//!
//! `e(O, Q) = e(P, O) = 1`, but the formulas of a Miller loop require finite points. Products skip
//! pairs with a point at infinity; batches replace them by generators and overwrite the result.

use super::super::batch::{MIN_VECTORISED, vectorised};
use super::super::blst;
use super::super::kernel::Lines;
use super::convert::{affine_g1, affine_g2, load, load2, store12};
use super::fp12::{Fp12, Workspace};
use super::mask::Mask;
use super::miller::{NormalisedLines, Pairs, fixed_miller_loop, product_of_miller_loops};
use super::vector::{LANES, available, by_eights, padded};
use crate::algebra::{G1, G2, Gt};
use ark_bls12_381::{Fq12, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

/// The smallest number of pairs whose product is faster vectorised than in blst, which shares the
/// squarings too.
const MIN_PRODUCT: usize = 3;

pub(super) fn miller_loop(pairs: &[(G1, G2)]) -> Fq12 {
    let (left, right) = blst::finite(pairs);
    if left.len() < MIN_PRODUCT {
        return (blst::KERNEL.pairing.miller_loop)(pairs);
    }
    assert!(available());
    // SAFETY: `available` is asserted above.
    unsafe { product(&affine_g1(&left), &affine_g2(&right)) }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn product(left: &[G1Affine], right: &[G2Affine]) -> Fq12 {
    let mut groups: Vec<Pairs> = Vec::with_capacity(left.len().div_ceil(LANES));
    for (p, q) in left.chunks(LANES).zip(right.chunks(LANES)) {
        groups.push(pairs(p, q));
    }
    let workspace = &mut Workspace::new();
    let mut lanes = product_of_miller_loops(&mut groups, workspace);
    for group in &mut groups {
        // SAFETY: a group consists of numbers, for which zero is a value, and is not used again.
        unsafe { zeroize::zeroize_flat_type(group) };
    }
    lanes.multiply(&lanes.rotated::<4>(), workspace);
    lanes.multiply(&lanes.rotated::<2>(), workspace);
    lanes.multiply(&lanes.rotated::<1>(), workspace);
    store12(&lanes)[0]
}

/// Loads at most eight pairs of finite points; the factors of the other lanes are one.
#[target_feature(enable = "avx512f,avx512ifma")]
fn pairs(left: &[G1Affine], right: &[G2Affine]) -> Pairs {
    let (p, q) = (padded(left, G1Affine::generator()), padded(right, G2Affine::generator()));
    let used = Mask::MAX >> (LANES - left.len());
    Pairs::new(
        &load(&p.map(|p| p.x)),
        &load(&p.map(|p| p.y)),
        load2(&q.map(|q| q.x)),
        load2(&q.map(|q| q.y)),
        used,
    )
}

pub(super) fn batch_pairing(pairs: &[(G1, G2)]) -> Vec<Gt> {
    let left: Zeroizing<Vec<G1>> = Zeroizing::new(pairs.iter().map(|(p, _)| *p).collect());
    let right: Zeroizing<Vec<G2>> = Zeroizing::new(pairs.iter().map(|(_, q)| *q).collect());
    let (mut left, mut right) = (affine_g1(&left), affine_g2(&right));
    let infinite: Vec<bool> =
        left.iter().zip(right.iter()).map(|(p, q)| p.is_zero() || q.is_zero()).collect();
    for (lane, _) in infinite.iter().enumerate().filter(|(_, infinite)| **infinite) {
        (left[lane], right[lane]) = (G1Affine::generator(), G2Affine::generator());
    }
    finish_by_eights(&infinite, |range, workspace| {
        // SAFETY: `finish_by_eights` asserts `available`.
        unsafe {
            let pairs = self::pairs(&left[range.clone()], &right[range]);
            product_of_miller_loops(&mut [pairs], workspace)
        }
    })
}

/// Applies the final exponentiation to Miller loops of at most eight points; sets the result to one
/// where a point was infinite.
fn finish_by_eights(
    infinite: &[bool],
    miller_loops: impl Fn(Range<usize>, &mut Workspace) -> Fp12,
) -> Vec<Gt> {
    assert!(available());
    // SAFETY: `available` is asserted above.
    let workspace = &mut unsafe { Workspace::new() };
    let mut results = by_eights(infinite.len(), |range| {
        let f = miller_loops(range, workspace);
        // SAFETY: `available` is asserted above.
        unsafe { finished(&f, workspace) }
    });
    for (result, _) in results.iter_mut().zip(infinite).filter(|(_, infinite)| **infinite) {
        *result = Gt::identity();
    }
    results
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn finished(f: &Fp12, workspace: &mut Workspace) -> [Gt; LANES] {
    store12(&f.final_exponentiation(workspace)).map(Gt)
}

pub(super) fn prepare(q: &G2) -> Arc<dyn Lines> {
    let single = (blst::KERNEL.pairing.prepare)(q);
    Arc::new(Prepared { single, point: *q, normalised: OnceLock::new() })
}

/// blst's lines for single points, and normalised lines for lists.
struct Prepared {
    single: Arc<dyn Lines>,
    point: G2,
    /// `None` for a point without normalised lines.
    normalised: OnceLock<Option<NormalisedLines>>,
}

impl Lines for Prepared {
    fn pairing(&self, p: &G1) -> Gt {
        self.single.pairing(p)
    }

    fn pairings(&self, points: &[G1]) -> Vec<Gt> {
        let new = || NormalisedLines::new(&affine_g2(&[self.point])[0]);
        let lines = || self.normalised.get_or_init(new);
        let lines = if points.len() < MIN_VECTORISED { None } else { lines().as_ref() };
        let in_lanes = |lines| move |range: Range<usize>| with_lines(&points[range], lines);
        vectorised(0..points.len(), lines.map(in_lanes), |i| self.pairing(&points[i]))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.point);
    }
}

fn with_lines(points: &[G1], lines: &NormalisedLines) -> Vec<Gt> {
    let mut affine = affine_g1(points);
    let infinite: Vec<bool> = affine.iter().map(|p| p.is_zero()).collect();
    for (p, _) in affine.iter_mut().zip(&infinite).filter(|(_, infinite)| **infinite) {
        *p = G1Affine::generator();
    }
    finish_by_eights(&infinite, |range, workspace| {
        // SAFETY: `finish_by_eights` asserts `available`.
        unsafe { eight_with_lines(&affine[range], lines, workspace) }
    })
}

/// Returns the Miller loops of at most eight finite points.
#[target_feature(enable = "avx512f,avx512ifma")]
fn eight_with_lines(
    points: &[G1Affine],
    lines: &NormalisedLines,
    workspace: &mut Workspace,
) -> Fp12 {
    let p = padded(points, G1Affine::generator());
    fixed_miller_loop(&load(&p.map(|p| p.x)), &load(&p.map(|p| p.y)), lines, workspace)
}
