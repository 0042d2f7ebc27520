//! Montgomery reduction, multiplication and squaring.
//!
//! Most functions are never inlined and take references: the vectors stay in registers, and a point
//! formula compiles to a list of calls that fits the instruction cache.
#![forbid(unsafe_code)]

use super::fp::{Factor, Fp, carry_of};
use super::prime::{K, LIMBS, N, P};
use super::vector::{splat, zero};
use super::wide::{COLUMNS, Wide};
use core::arch::x86_64::*;

/// Montgomery reduction: `addend + T / R mod p` for a [`Wide`] `T` and an [`Fp`] `addend`, zero if
/// omitted. `T / R mod p` is in `[-p, 2 p]`, and non-negative for `T >= 0`.
///
/// A step of Montgomery's algorithm clears the low 52 bits of a column by adding `m p`, where `m`
/// is the column times `k = -1/p`. If it adds `m k p` instead, with `k p = 2^52 N - 1`, `m` is the
/// column itself, and `m k p` is `m N` one column up minus the column. This saves the
/// multiplication by `k`, and only the next column depends on the products.
///
/// After seven such steps, `(T + M k p) / 2^364 < T / 2^364 + k p`, which is at most `2^433`. The
/// eighth step is Montgomery's, with `p`, and divides by `2^52`. As `k < 2^50`, the result is below
/// `T / R + (k / 2^52) p + p < T / R + 1.25 p`.
///
/// A macro, because the compiler does not inline a function of this size, and passing the columns
/// through memory costs a third of the reduction.
macro_rules! redc {
    ($wide:expr) => {
        redc!($wide, Fp::zero())
    };
    ($wide:expr, $addend:expr) => {{
        let Wide { columns, bound } = $wide;
        let addend = $addend;
        let mut t = [zero(); 2 * LIMBS];
        t[..COLUMNS].copy_from_slice(&columns);
        for i in 0..LIMBS {
            t[LIMBS + i] = _mm512_add_epi64(t[LIMBS + i], addend.limbs[i]);
        }
        for i in 0..LIMBS - 1 {
            let m = t[i];
            for j in 0..LIMBS {
                t[i + j + 1] = _mm512_madd52lo_epu64(t[i + j + 1], m, splat(N[j]));
            }
            t[i + 1] = _mm512_add_epi64(t[i + 1], carry_of(m));
            for j in 0..LIMBS {
                t[i + j + 2] = _mm512_madd52hi_epu64(t[i + j + 2], m, splat(N[j]));
            }
        }
        let last = LIMBS - 1;
        let m = _mm512_madd52lo_epu64(zero(), t[last], splat(K));
        for j in 0..LIMBS {
            t[last + j] = _mm512_madd52lo_epu64(t[last + j], m, splat(P[j]));
        }
        t[last + 1] = _mm512_add_epi64(t[last + 1], carry_of(t[last]));
        for j in 0..LIMBS {
            t[last + j + 1] = _mm512_madd52hi_epu64(t[last + j + 1], m, splat(P[j]));
        }
        let mut limbs = [zero(); LIMBS];
        limbs.copy_from_slice(&t[LIMBS..]);
        Fp { limbs, bound: bound.reduced().plus(addend.bound) }
    }};
}

pub(super) use redc;

impl Wide {
    /// `T / R mod p`, in `[0, 2 p]` for `T >= 0`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn redc(&self) -> Fp {
        redc!(*self)
    }

    /// `T / R mod p`, offset by `p` into `[0, 3 p]`; for signed sums.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(&self) -> Fp {
        redc!(*self, Fp::p())
    }

    /// `(S + T) / R mod p`, in `[0, 3 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_sum(&self, other: &Self) -> Fp {
        redc!(self.plus(other), Fp::p())
    }

    /// `(S - T) / R mod p`, in `[0, 3 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_difference(&self, other: &Self) -> Fp {
        redc!(self.minus(other), Fp::p())
    }

    /// `(S - T - U) / R mod p`, in `[0, 3 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_minus_both(&self, first: &Self, second: &Self) -> Fp {
        redc!(self.minus(first).minus(second), Fp::p())
    }

    /// `(S - 3 T) / R mod p`, in `[0, 3 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_minus_triple(&self, other: &Self) -> Fp {
        redc!(self.minus(other).minus(other).minus(other), Fp::p())
    }
}

impl Factor {
    /// `x y`, in `[0, 2 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Fp {
        Wide::product(self, other).redc()
    }
}

impl Fp {
    /// `x y`, in `[0, 2 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Self {
        self.factor().times(&other.factor())
    }

    /// [`times`](Self::times), never inlined.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_outlined(&self, other: &Self) -> Self {
        self.times(other)
    }

    /// `x^2`, in `[0, 2 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        redc!(Wide::square_inline(self))
    }

    /// Sets the element to the reduced `sum(plus) - sum(minus)`, in `[0, 3 p]`; propagates carries
    /// if `PROPAGATE`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_combination<const PROPAGATE: bool>(
        &mut self,
        plus: &[&Wide],
        minus: &[&Wide],
    ) {
        let reduced = redc!(Wide::combination(plus, minus), Fp::p());
        *self = if PROPAGATE { reduced.carry_propagated() } else { reduced };
    }

    /// Adds the reduced `sum(plus) - sum(minus)`, which adds `[0, 3 p]`, and propagates carries.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add_combination(&mut self, plus: &[&Wide], minus: &[&Wide]) {
        *self = redc!(Wide::combination(plus, minus), self.plus_kp::<1>()).carry_propagated();
    }
}
