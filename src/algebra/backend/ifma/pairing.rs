//! Pairings in lanes, behind the functions that every backend has.
//!
//! An infinity pairs to one whatever the other point is, and must not enter a lane: it is left out
//! of products, and replaced by the generator and its result by one where results are single.

use super::super::batch::{FEWEST, in_registers};
use super::super::blst;
use super::super::kernel::Lines as PreparedLines;
use super::convert::{filled, load, load2, store12};
use super::fp12::{Fp12, Workspace};
use super::mask::Mask;
use super::miller::{Lines, Pairs, miller_loop, product_of_miller_loops};
use super::{LANES, affine_g1, affine_g2, available};
use crate::algebra::{G1, G2, Gt};
use ark_bls12_381::{Fq12, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// As many pairs as are multiplied faster in lanes than by blst, which shares the squarings too.
const MIN_PRODUCT: usize = 3;

pub(super) fn miller(pairs: &[(G1, G2)]) -> Fq12 {
    let finite = pairs.iter().filter(|(p, q)| !p.is_identity() && !q.is_identity());
    let (left, right): (Vec<G1>, Vec<G2>) = finite.copied().unzip();
    if left.len() < MIN_PRODUCT {
        return (blst::KERNEL.pairing.miller)(pairs);
    }
    assert!(available());
    // SAFETY: the instructions are there, as just asserted.
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
    lanes.multiply(&lanes.rotated::<4>(), workspace);
    lanes.multiply(&lanes.rotated::<2>(), workspace);
    lanes.multiply(&lanes.rotated::<1>(), workspace);
    store12(&lanes)[0]
}

/// At most eight pairs of finite points; lanes without one stay out of products.
#[target_feature(enable = "avx512f,avx512ifma")]
fn pairs(left: &[G1Affine], right: &[G2Affine]) -> Pairs {
    let (p, q) = (filled(left, G1Affine::generator()), filled(right, G2Affine::generator()));
    let used = Mask::MAX >> (LANES - left.len());
    Pairs::new(
        &load(&p.map(|p| p.x)),
        &load(&p.map(|p| p.y)),
        load2(&q.map(|q| q.x)),
        load2(&q.map(|q| q.y)),
        used,
    )
}

pub(super) fn each(pairs: &[(G1, G2)]) -> Vec<Gt> {
    assert!(available());
    let (left, right): (Vec<G1>, Vec<G2>) = pairs.iter().copied().unzip();
    let (mut left, mut right) = (affine_g1(&left), affine_g2(&right));
    let infinite: Vec<bool> =
        left.iter().zip(&right).map(|(p, q)| p.is_zero() || q.is_zero()).collect();
    for (lane, _) in infinite.iter().enumerate().filter(|(_, infinite)| **infinite) {
        (left[lane], right[lane]) = (G1Affine::generator(), G2Affine::generator());
    }
    in_groups(&infinite, |range, workspace| {
        // SAFETY: the instructions are there, as asserted above.
        unsafe {
            let pairs = self::pairs(&left[range.clone()], &right[range]);
            product_of_miller_loops(&mut [pairs], workspace)
        }
    })
}

/// Pairings by Miller loops in lanes, and one where an infinity was left out.
fn in_groups(
    infinite: &[bool],
    miller_loops: impl Fn(Range<usize>, &mut Workspace) -> Fp12,
) -> Vec<Gt> {
    assert!(available());
    // SAFETY: the instructions are there, as just asserted.
    let workspace = &mut unsafe { Workspace::new() };
    let n = infinite.len();
    let mut results = Vec::with_capacity(n.next_multiple_of(LANES));
    for from in (0..n).step_by(LANES) {
        let f = miller_loops(from..n.min(from + LANES), workspace);
        // SAFETY: the instructions are there, as asserted above.
        results.extend(unsafe { finished(&f, workspace) });
    }
    results.truncate(n);
    for (result, _) in results.iter_mut().zip(infinite).filter(|(_, infinite)| **infinite) {
        *result = Gt::identity();
    }
    results
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn finished(f: &Fp12, workspace: &mut Workspace) -> [Gt; LANES] {
    store12(&f.final_exponentiation(workspace)).map(Gt)
}

pub(super) fn prepare(q: &G2) -> Arc<dyn PreparedLines> {
    let single = (blst::KERNEL.pairing.prepare)(q);
    Arc::new(Prepared { single, point: *q, lanes: OnceLock::new() })
}

/// blst's lines for one point, and lanes' from the second on.
struct Prepared {
    single: Arc<dyn PreparedLines>,
    point: G2,
    /// `None` where the lanes cannot serve.
    lanes: OnceLock<Option<Lines>>,
}

impl PreparedLines for Prepared {
    fn pairing(&self, p: &G1) -> Gt {
        self.single.pairing(p)
    }

    fn pairings(&self, points: &[G1]) -> Vec<Gt> {
        let lines = || self.lanes.get_or_init(|| Lines::new(&affine_g2(&[self.point])[0]));
        let lines = if points.len() < FEWEST { None } else { lines().as_ref() };
        let in_lanes = |lines| move |range: Range<usize>| with_lines(&points[range], lines);
        in_registers(0..points.len(), lines.map(in_lanes), |i| self.pairing(&points[i]))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.point);
    }
}

fn with_lines(points: &[G1], lines: &Lines) -> Vec<Gt> {
    assert!(available());
    let mut affine = affine_g1(points);
    let infinite: Vec<bool> = affine.iter().map(|p| p.is_zero()).collect();
    for (p, _) in affine.iter_mut().zip(&infinite).filter(|(_, infinite)| **infinite) {
        *p = G1Affine::generator();
    }
    in_groups(&infinite, |range, workspace| {
        // SAFETY: the instructions are there, as asserted above.
        unsafe { eight_with_lines(&affine[range], lines, workspace) }
    })
}

/// At most eight finite points.
#[target_feature(enable = "avx512f,avx512ifma")]
fn eight_with_lines(points: &[G1Affine], lines: &Lines, workspace: &mut Workspace) -> Fp12 {
    let p = filled(points, G1Affine::generator());
    miller_loop(&load(&p.map(|p| p.x)), &load(&p.map(|p| p.y)), lines, workspace)
}
