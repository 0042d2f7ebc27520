//! Powers to public exponents, and square roots.
//!
//! As `p = 3 mod 4`, everything here comes from the power `e = x^((p - 3)/4)`: `x e` is a root of
//! `x` or of `-x`, and `x e^2` is 1 or -1 accordingly, so that `e` is, up to sign, one over the root.
#![forbid(unsafe_code)]

use super::convert::constant;
use super::fp::{Factor, Fp, LIMBS, P64};
use super::fp2::Fp2;
use super::wide::Wide;
use ark_bls12_381::Fq;
use ark_ff::{Field, MontFp};

const ONE: [u64; LIMBS] = constant(&Fq::ONE);
const HALF: [u64; LIMBS] = constant(&ONE_HALF);
const ONE_HALF: Fq = MontFp!(
    "2001204777610833696708894912867952078278441409969503942666029068062015825245418932221343814564507832018947136279894"
);

/// Widest window of an exponent.
const WINDOW: usize = 5;

/// That many squarings, then a multiplication by an odd power, `2 odd + 1`.
#[derive(Clone, Copy)]
struct Step {
    squarings: usize,
    odd: usize,
}

/// Sliding windows over `(p - 3)/4`, from the top, and the squarings for the zeros at its end.
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

/// Bit `i` of `(p - 3)/4`: the last bits of `p` are 11.
const fn exponent_bit(i: usize) -> bool {
    P64[(i + 2) / 64] >> ((i + 2) % 64) & 1 == 1
}

impl Fp {
    /// `x^((p - 3)/4)`, of one or two lists of lanes.
    ///
    /// A square waits for the one before: two that know nothing of each other, in turn, keep the
    /// processor busy.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn root_powers<const M: usize>(x: &[Self; M]) -> [Self; M] {
        let mut odd_powers = [x[0].odd_powers(); M];
        for i in 1..M {
            odd_powers[i] = x[i].odd_powers();
        }
        let mut powers = [Self::splat(&ONE); M];
        for (i, step) in SCHEDULE.iter().enumerate() {
            // The first step would square one.
            let squarings = if i == 0 { 0 } else { step.squarings };
            Self::batch_square(&mut powers, squarings);
            for (power, odd_powers) in powers.iter_mut().zip(&odd_powers) {
                *power = power.factor().times(&odd_powers[step.odd]);
            }
        }
        Self::batch_square(&mut powers, LAST_SQUARINGS);
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

    /// `x^(2^times)`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn batch_square<const M: usize>(x: &mut [Self; M], times: usize) {
        for _ in 0..times {
            for x in &mut *x {
                *x = x.square();
            }
        }
    }

    /// `x^((p + 1)/4)`: a root of `x`, where it has one, and of `-x` elsewhere.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn roots<const M: usize>(x: &[Self; M]) -> [Self; M] {
        let mut roots = Self::root_powers(x);
        for (root, x) in roots.iter_mut().zip(x) {
            *root = root.times(x);
        }
        roots
    }
}

impl Fp2 {
    /// A root, where there is one.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn roots<const M: usize>(x: &[Self; M]) -> [Self; M] {
        let mut norms = [x[0].norm(); M];
        for i in 1..M {
            norms[i] = x[i].norm();
        }
        Self::roots_by_norms(x, &Fp::roots(&norms))
    }

    /// `x0^2 + x1^2`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn norm(&self) -> Fp {
        Wide::square(&self.re).reduced_sum(&Wide::square(&self.im))
    }

    /// A root of `a + b u`, given a root `s` of the norm `a^2 + b^2`.
    ///
    /// The complex method, as in Adj, Rodriguez-Henriquez, "Square root computation over even
    /// extension fields" (IEEE Transactions on Computers 63, 2014), Algorithm 8: with
    /// `x^2 = 2 (a + s)`,
    ///
    /// ```text
    /// a + b u = (x/2 + (b/x) u)^2
    /// ```
    ///
    /// Where `2 (a + s)` has no root, `x^2 = -2 (a + s)` and `b^2 = (s + a)(s - a)` give
    /// `a + b u = (b/x + (x/2) u)^2`. In place of the quotient, `x = d e` and `1/x = e` or `-e` for
    /// `d = 2 (a + s)`, `e = d^((p - 3)/4)`. Where `d` is zero, `s = -a` and `b = 0`, and the other
    /// root, `s = a`, serves.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn roots_by_norms<const M: usize>(values: &[Self; M], s: &[Fp; M]) -> [Self; M] {
        let mut d = *s;
        for (d, value) in d.iter_mut().zip(values) {
            let sum = value.re.plus(d).double();
            *d = Fp::select(sum.is_zero(), &value.re.double().double(), &sum);
        }
        let powers = Fp::root_powers(&d);
        let mut roots = *values;
        for i in 0..M {
            roots[i] = values[i].root_by_power(&d[i], &powers[i]);
        }
        roots
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn root_by_power(&self, d: &Fp, e: &Fp) -> Self {
        let x = d.times(e);
        let is_square = x.square().equals(d);
        let half = x.times(&Fp::splat(&HALF));
        let quotient = self.im.times(e);
        let opposite = Fp::zero().minus(&half).lifted::<4>();
        Self {
            re: Fp::select(is_square, &half, &quotient),
            im: Fp::select(is_square, &quotient, &opposite),
        }
    }
}
