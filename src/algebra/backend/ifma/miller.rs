//! Miller loops, eight at once, of points of G1 with one point of G2.
//!
//! **Lines.** The loop computes a function of `P` from lines through multiples of `Q`. With one `Q`
//! for all lanes they are computed once: arkworks' prepared point has them as `(l0, l1, l2)`, whose
//! value at `P = (x, y)` is `l0 + l1 x v + l2 y v w`. A factor from `Fp2` does not survive the final
//! exponentiation, so each is divided by `l0` and costs nine products instead of thirteen.
#![forbid(unsafe_code)]

use super::convert::constant2;
use super::fp::{Factor, Fp, LIMBS};
use super::fp2::Fp2;
use super::fp12::Fp12;
use ark_bls12_381::{Fq2, G2Affine};
use ark_ec::bls12::G2Prepared;
use ark_ff::{AdditiveGroup, batch_inversion};

/// The parameter of the curve, without its sign.
const X: u64 = 0xd201_0000_0001_0000;

/// `l1 / l0` and `l2 / l0`.
struct Line([[u64; LIMBS]; 2], [[u64; LIMBS]; 2]);

impl Line {
    /// `s` and `t` of the value `1 + s v + t v w` at a point.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn at(&self, x: &Factor, y: &Factor) -> (Fp2, Fp2) {
        let Self([s0, s1], [t0, t1]) = self;
        let scaled = |digits, scale: &Factor| Factor::splat(digits).times(scale);
        (
            Fp2 { re: scaled(s0, x), im: scaled(s1, x) },
            Fp2 { re: scaled(t0, y), im: scaled(t1, y) },
        )
    }
}

/// The lines of one point of G2.
pub(super) struct Lines(Vec<Line>);

impl Lines {
    /// `None` for infinity, and for a point with a line through the origin: no such point is known,
    /// but nothing depends on that.
    pub(super) fn new(q: &G2Affine) -> Option<Self> {
        let prepared = G2Prepared::<ark_bls12_381::Config>::from(*q);
        if prepared.infinity {
            return None;
        }
        let mut inverses: Vec<_> = prepared.ell_coeffs.iter().map(|l| l.0).collect();
        batch_inversion(&mut inverses);
        if inverses.iter().any(|inverse| *inverse == Fq2::ZERO) {
            return None;
        }
        let pairs = prepared.ell_coeffs.iter().zip(inverses);
        Some(Self(pairs.map(|(l, i)| Line(constant2(&(l.1 * i)), constant2(&(l.2 * i)))).collect()))
    }
}

/// The Miller loop of `P = (x, y)` and the lines' point; not at infinity.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn miller_loop(x: &Fp, y: &Fp, lines: &Lines) -> Fp12 {
    let (x, y) = (x.factor(), y.factor());
    let mut lines = lines.0.iter().map(|line| line.at(&x, &y));
    let mut line = || lines.next().expect("a line for every step");
    let (s, t) = line();
    let mut f = Fp12::line(&s, &t);
    for bit in (0..63).rev() {
        if bit != 62 {
            f.square();
            let (s, t) = line();
            f.times_line(&s, &t);
        }
        if X >> bit & 1 == 1 {
            let (s, t) = line();
            f.times_line(&s, &t);
        }
    }
    // x is negative.
    f.conjugate()
}
