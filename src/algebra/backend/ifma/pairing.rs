//! Pairings in lanes, behind the functions that every backend has.
//!
//! An infinity pairs to one whatever the other point is, and must not enter a lane: it is left out
//! of products, and replaced by the generator and its result by one where results are single.

use super::super::blst;
use super::super::kernel::Lines as PreparedLines;
use super::convert::{filled, load, load2, store12};
use super::fp12::Fp12;
use super::mask::Mask;
use super::miller::{Lines, Pairs, miller_loop, product_of_miller_loops};
use super::{LANES, affine_g1, affine_g2, available};
use crate::algebra::{G1, G2, Gt};
use ark_bls12_381::{Fq12, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use std::sync::{Arc, OnceLock};

/// As many pairs as are multiplied faster in lanes than by blst, which shares the squarings too.
const MIN_PRODUCT: usize = 3;

/// As many single pairings as are faster in lanes, where eight cost as much as one.
const MIN_EACH: usize = 2;

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
    let lanes = product_of_miller_loops(&mut groups);
    let lanes = lanes.times(&lanes.rotated::<4>());
    let lanes = lanes.times(&lanes.rotated::<2>());
    store12(&lanes.times(&lanes.rotated::<1>()))[0]
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
    let (left, right) = (affine_g1(&left), affine_g2(&right));
    let mut results = Vec::with_capacity(pairs.len());
    for ((p, q), pairs) in left.chunks(LANES).zip(right.chunks(LANES)).zip(pairs.chunks(LANES)) {
        if pairs.len() < MIN_EACH {
            let pairing = &blst::KERNEL.pairing;
            results.extend(pairs.iter().map(|pair| (pairing.finish)(&(pairing.miller)(&[*pair]))));
        } else {
            // SAFETY: the instructions are there, as asserted above.
            results.extend_from_slice(&unsafe { eight_pairings(p, q) }[..pairs.len()]);
        }
    }
    results
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn eight_pairings(left: &[G1Affine], right: &[G2Affine]) -> [Gt; LANES] {
    let infinite = |lane: usize| left[lane].is_zero() || right[lane].is_zero();
    let (mut p, mut q) = (left.to_vec(), right.to_vec());
    for lane in (0..left.len()).filter(|lane| infinite(*lane)) {
        (p[lane], q[lane]) = (G1Affine::generator(), G2Affine::generator());
    }
    let f = product_of_miller_loops(&mut [pairs(&p, &q)]);
    finished(&f, |lane| lane < left.len() && infinite(lane))
}

/// The final exponentiations, and one where an infinity was left out.
#[target_feature(enable = "avx512f,avx512ifma")]
fn finished(f: &Fp12, left_out: impl Fn(usize) -> bool) -> [Gt; LANES] {
    let values = store12(&f.final_exponentiation());
    core::array::from_fn(|lane| if left_out(lane) { Gt::identity() } else { Gt(values[lane]) })
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
        assert!(available());
        let one_by_one = |points: &[G1]| points.iter().map(|p| self.pairing(p)).collect();
        if points.len() < MIN_EACH {
            return one_by_one(points);
        }
        let lines = self.lanes.get_or_init(|| Lines::new(&affine_g2(&[self.point])[0]));
        let Some(lines) = lines else { return one_by_one(points) };
        let mut results = Vec::with_capacity(points.len());
        for p in affine_g1(points).chunks(LANES) {
            // SAFETY: the instructions are there, as asserted above.
            results.extend_from_slice(&unsafe { eight_with_lines(p, lines) }[..p.len()]);
        }
        results
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.point);
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn eight_with_lines(points: &[G1Affine], lines: &Lines) -> [Gt; LANES] {
    let all = filled(points, G1Affine::generator());
    let p = all.map(|p| if p.is_zero() { G1Affine::generator() } else { p });
    let f = miller_loop(&load(&p.map(|p| p.x)), &load(&p.map(|p| p.y)), lines);
    finished(&f, |lane| all[lane].is_zero())
}
