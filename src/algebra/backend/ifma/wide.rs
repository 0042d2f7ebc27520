//! Products before reduction, and their reduction.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::fp::{Fp, K, LIMBS, N, Operand, P, V, carry_of, splat, zero};
use core::arch::x86_64::*;

/// The top limbs of factors are so small that there is no sixteenth column.
pub(super) const COLUMNS: usize = 2 * LIMBS - 1;

/// Eight products, or sums of products.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Wide {
    pub(super) columns: [V; COLUMNS],
    pub(super) bound: Bound,
}

/// The limbs of `onto + T / R mod p`.
///
/// Montgomery's step for a column clears its low 52 bits by adding `m p`, where `m` is the
/// column times `k = -1/p`. With the multiple `k p = 2^52 N - 1` of the prime, `m` is the column
/// itself: no multiplication to find it, and `m k p` is `m N` one column up and minus what
/// stood there. Nothing waits for a product but the next column.
///
/// After seven such steps `(T + M k p) / 2^364 < T / 2^364 + k p`, as large as `2^433`. The
/// eighth step is Montgomery's with `p` itself and divides by `2^52`: `T / R + (k / 2^52) p + p`,
/// where `k` is a little below `2^50`.
///
/// A macro, because the compiler does not inline so large a function, and passing the columns
/// through memory costs a third of the reduction.
macro_rules! montgomery_reduced {
    ($columns:expr, $onto:expr) => {{
        let mut t = [zero(); 2 * LIMBS];
        t[..COLUMNS].copy_from_slice(&$columns);
        for i in 0..LIMBS {
            t[LIMBS + i] = _mm512_add_epi64(t[LIMBS + i], $onto[i]);
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
        limbs
    }};
}

pub(super) use montgomery_reduced;

impl Wide {
    /// `x y`, unreduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn product<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Self {
        Self::schoolbook(x.into(), y.into())
    }

    /// Becomes `x y`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_product<'a>(&mut self, x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) {
        *self = Self::schoolbook(x.into(), y.into());
    }

    /// One row of limbs after the other.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn schoolbook(x: Operand<'_>, y: Operand<'_>) -> Self {
        let (a, b) = (x.limbs, y.limbs);
        let mut columns = [zero(); COLUMNS + 1];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[j], b[i]);
            }
            for j in 0..LIMBS {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[j], b[i]);
            }
        }
        // The last column, the high half of the product of the top limbs, is zero.
        let mut kept = [zero(); COLUMNS];
        kept.copy_from_slice(&columns[..COLUMNS]);
        Self { columns: kept, bound: x.bound.product(y.bound) }
    }

    /// `s + t`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for k in 0..COLUMNS {
            columns[k] = _mm512_add_epi64(columns[k], other.columns[k]);
        }
        Self { columns, bound: self.bound.plus(other.bound) }
    }

    /// `s - t`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for k in 0..COLUMNS {
            columns[k] = _mm512_sub_epi64(columns[k], other.columns[k]);
        }
        Self { columns, bound: self.bound.minus(other.bound) }
    }

    /// A sum of some products minus a sum of others; there is at least one of the first.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn combination(plus: &[&Self], minus: &[&Self]) -> Self {
        let mut sum = *plus[0];
        for term in &plus[1..] {
            sum = sum.plus(term);
        }
        for term in minus {
            sum = sum.minus(term);
        }
        sum
    }

    /// Tells [`Bound`] what it cannot see.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn known_nonnegative(self) -> Self {
        Self { bound: self.bound.known_nonnegative(), ..self }
    }

    /// Montgomery reduction of what is not negative: `T / R mod p`, at most `2 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduce(&self) -> Fp {
        let limbs = montgomery_reduced!(self.columns, [zero(); LIMBS]);
        Fp { limbs, bound: self.bound.reduced() }
    }
}

impl Fp {
    /// Becomes a sum of some products minus a sum of others, reduced and, if asked for, carried:
    /// from zero to `3 p`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_combined<const CARRIED: bool>(&mut self, plus: &[&Wide], minus: &[&Wide]) {
        let Wide { columns, bound } = Wide::combination(plus, minus);
        let onto = Fp::splat(&P).limbs;
        let limbs = montgomery_reduced!(columns, onto);
        let reduced = Fp { limbs, bound: bound.reduced().plus(Bound::exactly(1)) };
        *self = if CARRIED { reduced.carried() } else { reduced };
    }

    /// Plus such a sum, carried: from zero to `3 p` more.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add_combined(&mut self, plus: &[&Wide], minus: &[&Wide]) {
        let Wide { columns, bound } = Wide::combination(plus, minus);
        let onto = self.lifted::<1>();
        let limbs = montgomery_reduced!(columns, onto.limbs);
        *self = Fp { limbs, bound: bound.reduced().plus(onto.bound) }.carried();
    }
}
