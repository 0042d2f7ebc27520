//! The final exponentiation, eight elements at once: `f^(3 (p^12 - 1) / r)`.
//!
//! arkworks and blst compute the same multiple of the exponent. The factor 3 gives the hard part a
//! short factorisation (Hayashida, Hayasaka, Teruya, ePrint 2020/875):
//!
//! ```text
//! 3 (p^4 - p^2 + 1) / r = (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3
//! ```
#![forbid(unsafe_code)]

use super::convert::constant2;
use super::fp2::Fp2;
use super::fp12::{Fp12, Workspace};
use super::prime::LIMBS;
use ark_bls12_381::{Fq6Config, Fq12Config};
use ark_ff::{Fp6Config, Fp12Config};
use std::sync::LazyLock;

/// The coefficients of the map `f -> f^(p^n)`, for `n` = 1, 2, 3.
static FROBENIUS: LazyLock<[Frobenius; 3]> = LazyLock::new(|| [1, 2, 3].map(Frobenius::new));

/// `v^(p^n - 1)`, `v^(2 (p^n - 1))` and `w^(p^n - 1)`; the map conjugates in `Fp2` for odd `n`.
struct Frobenius {
    conjugates: bool,
    v: [[u64; LIMBS]; 2],
    v2: [[u64; LIMBS]; 2],
    w: [[u64; LIMBS]; 2],
}

impl Frobenius {
    fn new(n: usize) -> Self {
        Self {
            conjugates: n % 2 == 1,
            v: constant2(&Fq6Config::FROBENIUS_COEFF_FP6_C1[n]),
            v2: constant2(&Fq6Config::FROBENIUS_COEFF_FP6_C2[n]),
            w: constant2(&Fq12Config::FROBENIUS_COEFF_FP12_C1[n]),
        }
    }
}

impl Fp12 {
    /// `f^(p^n)`, for `n` = 1, 2, 3.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn frobenius(&self, n: usize) -> Self {
        let Frobenius { conjugates, v, v2, w } = &FROBENIUS[n - 1];
        let (v, v2, w) = (Fp2::splat(v), Fp2::splat(v2), Fp2::splat(w));
        let (mut a, mut b) = (self.a, self.b);
        if *conjugates {
            for c in a.iter_mut().chain(&mut b) {
                *c = c.conjugate().plus_kp::<64>().carry_propagated();
            }
        }
        Self {
            a: [a[0], propagated(&a[1].times(&v)), propagated(&a[2].times(&v2))],
            b: [
                propagated(&b[0].times(&w)),
                propagated(&b[1].times(&v).times(&w)),
                propagated(&b[2].times(&v2).times(&w)),
            ],
        }
    }

    /// `f^(p^6)`, the inverse in the cyclotomic subgroup.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn conjugate(&self) -> Self {
        let ([a0, a1, a2], [b0, b1, b2]) = (&self.a, &self.b);
        Self {
            a: [propagated(a0), propagated(a1), propagated(a2)],
            b: [negated(b0), negated(b1), negated(b2)],
        }
    }

    /// `f^(3 (p^12 - 1) / r)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn final_exponentiation(&self, workspace: &mut Workspace) -> Self {
        // The easy part, f^((p^6 - 1)(p^2 + 1)).
        let mut g = self.inverse(workspace);
        g.multiply(&self.conjugate(), workspace);
        let mut f = g.frobenius(2);
        f.multiply(&g, workspace);
        // The hard part: s = f^(x - 1), t = s^(x - 1), s = t^(x + p), t = s^(x^2 + p^2 - 1).
        let mut s = f.exp_by_x(workspace);
        s.multiply(&f.conjugate(), workspace);
        let mut t = s.exp_by_x(workspace);
        t.multiply(&s.conjugate(), workspace);
        let mut s = t.exp_by_x(workspace);
        s.multiply(&t.frobenius(1), workspace);
        let mut t = s.exp_by_x(workspace).exp_by_x(workspace);
        t.multiply(&s.frobenius(2), workspace);
        t.multiply(&s.conjugate(), workspace);
        // Times f^3.
        t.multiply(&f, workspace);
        f = f.weakly_reduced();
        f.cyclotomic_square(workspace);
        t.multiply(&f, workspace);
        t
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn negated(x: &Fp2) -> Fp2 {
    x.negated().plus_kp::<16>().carry_propagated()
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn propagated(x: &Fp2) -> Fp2 {
    x.carry_propagated()
}
