//! The final exponentiation, eight elements at once: `f^(3 (p^12 - 1) / r)`.
//!
//! The factor 3 is arkworks' and blst's too; it makes the hard part a product of small powers
//! (Hayashida, Hayasaka and Teruya, ePrint 2020/875):
//!
//! ```text
//! 3 (p^4 - p^2 + 1) / r = (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3
//! ```
#![forbid(unsafe_code)]

use super::convert::constant2;
use super::fp::LIMBS;
use super::fp2::Fp2;
use super::fp12::{Fp12, Workspace};
use ark_bls12_381::{Fq6Config, Fq12Config};
use ark_ff::{Fp6Config, Fp12Config};
use std::sync::LazyLock;

/// What the coordinates of `f^(p^n)` are multiplied with, for `n` = 1, 2, 3.
static FROBENIUS: LazyLock<[Frobenius; 3]> = LazyLock::new(|| [1, 2, 3].map(Frobenius::new));

/// `p^n`-th powers of `v`, `v^2` and `w`, over the thing itself.
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
    /// `f^(p^n)` for `n` = 1, 2, 3.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn frobenius(&self, n: usize) -> Self {
        let Frobenius { conjugates, v, v2, w } = &FROBENIUS[n - 1];
        let (v, v2, w) = (Fp2::splat(v), Fp2::splat(v2), Fp2::splat(w));
        let (mut a, mut b) = (self.a, self.b);
        if *conjugates {
            for c in a.iter_mut().chain(&mut b) {
                *c = c.conjugate().lifted::<64>().carried();
            }
        }
        Self {
            a: [a[0], carried(&a[1].times(&v)), carried(&a[2].times(&v2))],
            b: [
                carried(&b[0].times(&w)),
                carried(&b[1].times(&v).times(&w)),
                carried(&b[2].times(&v2).times(&w)),
            ],
        }
    }

    /// `f^(p^6)`: the inverse in the cyclotomic subgroup.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn conjugate(&self) -> Self {
        let ([a0, a1, a2], [b0, b1, b2]) = (&self.a, &self.b);
        Self {
            a: [carried(a0), carried(a1), carried(a2)],
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
        // The hard part: x - 1 twice, x + p, x^2 + p^2 - 1.
        let mut s = f.power_x(workspace);
        s.multiply(&f.conjugate(), workspace);
        let mut t = s.power_x(workspace);
        t.multiply(&s.conjugate(), workspace);
        let mut s = t.power_x(workspace);
        s.multiply(&t.frobenius(1), workspace);
        let mut t = s.power_x(workspace).power_x(workspace);
        t.multiply(&s.frobenius(2), workspace);
        t.multiply(&s.conjugate(), workspace);
        // And the third power.
        t.multiply(&f, workspace);
        f = f.settled();
        f.cyclotomic_square(workspace);
        t.multiply(&f, workspace);
        t
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn negated(x: &Fp2) -> Fp2 {
    x.negated().lifted::<16>().carried()
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(x: &Fp2) -> Fp2 {
    x.carried()
}
