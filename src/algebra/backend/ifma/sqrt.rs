//! Square roots, by exponentiation to `(p - 3)/4`.
//!
//! As `p = 3 mod 4`, with `e = x^((p - 3)/4)` the product `x e` is a square root of `x` or of `-x`.
//! Accordingly `x e^2` is 1 or -1, and `e` is the inverse of that root up to sign.
#![forbid(unsafe_code)]

use super::convert::constant;
use super::fp::{Factor, Fp};
use super::fp2::Fp2;
use super::prime::{LIMBS, ONE, P64};
use super::wide::Wide;
use ark_bls12_381::Fq;
use ark_ff::MontFp;

const HALF: [u64; LIMBS] = constant(&ONE_HALF);
const ONE_HALF: Fq = MontFp!(
    "2001204777610833696708894912867952078278441409969503942666029068062015825245418932221343814564507832018947136279894"
);

/// The maximal width of a sliding window.
const WINDOW: usize = 5;

/// A step of the exponentiation: squarings, then a multiplication by `x^(2 odd + 1)`.
#[derive(Clone, Copy)]
struct Step {
    squarings: usize,
    odd: usize,
}

/// The sliding windows of `(p - 3)/4`, from the most significant bit.
const STEPS: usize = schedule().1;
const SCHEDULE: [Step; STEPS] = {
    let mut steps = [Step { squarings: 0, odd: 0 }; STEPS];
    let mut i = 0;
    while i < STEPS {
        steps[i] = schedule().0[i];
        i += 1;
    }
    steps
};

/// Squarings after the last window.
const LAST_SQUARINGS: usize = schedule().2;

const fn schedule() -> ([Step; 128], usize, usize) {
    let (mut steps, mut count) = ([Step { squarings: 0, odd: 0 }; 128], 0);
    let (mut top, mut squarings) = (379, 0);
    while top > 0 {
        if !exponent_bit(top - 1) {
            squarings += 1;
            top -= 1;
            continue;
        }
        let mut bottom = top.saturating_sub(WINDOW);
        while !exponent_bit(bottom) {
            bottom += 1;
        }
        let (mut value, mut i) = (0, top);
        while i > bottom {
            i -= 1;
            value = 2 * value + exponent_bit(i) as usize;
        }
        steps[count] = Step { squarings: squarings + top - bottom, odd: value / 2 };
        (squarings, count, top) = (0, count + 1, bottom);
    }
    (steps, count, squarings)
}

/// Bit `i` of `(p - 3)/4`: bit `i + 2` of `p`, which ends in 11.
const fn exponent_bit(i: usize) -> bool {
    P64[(i + 2) / 64] >> ((i + 2) % 64) & 1 == 1
}

impl Fp {
    /// `x_i^((p - 3)/4)` for `M` vectors, one or two.
    ///
    /// The squarings of one exponentiation depend on each other; interleaving two independent ones
    /// hides their latency.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn pow_p_minus_3_over_4<const M: usize>(x: &[Self; M]) -> [Self; M] {
        let mut odd_powers = [x[0].odd_powers(); M];
        for i in 1..M {
            odd_powers[i] = x[i].odd_powers();
        }
        let mut powers = [Self::splat(&ONE); M];
        for (i, step) in SCHEDULE.iter().enumerate() {
            // Before the first window the power is one.
            let squarings = if i == 0 { 0 } else { step.squarings };
            Self::square_repeatedly(&mut powers, squarings);
            for (power, odd_powers) in powers.iter_mut().zip(&odd_powers) {
                *power = power.factor().times(&odd_powers[step.odd]);
            }
        }
        Self::square_repeatedly(&mut powers, LAST_SQUARINGS);
        powers
    }

    /// `x, x^3, ..., x^31`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn odd_powers(&self) -> [Factor; 1 << (WINDOW - 1)] {
        let square = self.square().factor();
        let mut powers = [self.factor(); 1 << (WINDOW - 1)];
        for i in 1..powers.len() {
            powers[i] = powers[i - 1].times(&square).factor();
        }
        powers
    }

    /// Sets each `x` to `x^(2^times)`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn square_repeatedly<const M: usize>(x: &mut [Self; M], times: usize) {
        for _ in 0..times {
            for x in &mut *x {
                *x = x.square();
            }
        }
    }

    /// `x^((p + 1)/4)`: a square root of `x` if it is a square, else of `-x`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn roots<const M: usize>(x: &[Self; M]) -> [Self; M] {
        let mut roots = Self::pow_p_minus_3_over_4(x);
        for (root, x) in roots.iter_mut().zip(x) {
            *root = root.times(x);
        }
        roots
    }
}

impl Fp2 {
    /// A square root of each square; unspecified for non-squares.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn roots<const M: usize>(x: &[Self; M]) -> [Self; M] {
        let mut norms = [x[0].norm(); M];
        for i in 1..M {
            norms[i] = x[i].norm();
        }
        Self::roots_from_norms(x, &Fp::roots(&norms))
    }

    /// The norm, `x0^2 + x1^2`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn norm(&self) -> Fp {
        Wide::square(&self.re).reduced_sum(&Wide::square(&self.im))
    }

    /// A square root of `a + b u`, given a square root `s` of the norm `a^2 + b^2`.
    ///
    /// The complex method of Adj, Rodriguez-Henriquez, "Square root computation over even
    /// extension fields" (IEEE Transactions on Computers 63, 2014), Algorithm 8: with
    /// `x^2 = 2 (a + s)`,
    ///
    /// ```text
    /// a + b u = (x/2 + (b/x) u)^2
    /// ```
    ///
    /// If `2 (a + s)` is not a square, `x^2 = -2 (a + s)` and `b^2 = (s + a)(s - a)` give
    /// `a + b u = (b/x + (x/2) u)^2`. With `d = 2 (a + s)` and `e = d^((p - 3)/4)`, `x = d e` and
    /// `1/x = ±e` need no division. If `d = 0`, then `s = -a` and `b = 0`, and the other root
    /// `s = a` is used.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn roots_from_norms<const M: usize>(values: &[Self; M], s: &[Fp; M]) -> [Self; M] {
        let mut d = *s;
        for (d, value) in d.iter_mut().zip(values) {
            let sum = value.re.plus(d).double();
            *d = Fp::select(sum.is_zero(), &value.re.double().double(), &sum);
        }
        let powers = Fp::pow_p_minus_3_over_4(&d);
        let mut roots = *values;
        for i in 0..M {
            roots[i] = values[i].root_from_power(&d[i], &powers[i]);
        }
        roots
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn root_from_power(&self, d: &Fp, e: &Fp) -> Self {
        let x = d.times(e);
        let is_square = x.square().equals(d);
        let half = x.times(&Fp::splat(&HALF));
        let quotient = self.im.times(e);
        let opposite = Fp::zero().minus(&half).plus_kp::<4>();
        Self {
            re: Fp::select(is_square, &half, &quotient),
            im: Fp::select(is_square, &quotient, &opposite),
        }
    }
}
