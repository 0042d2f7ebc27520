//! The endomorphisms `phi` of G1 and `psi` of G2, and multiplication by the curve parameter.
//!
//! On the whole curves, inside and outside of the subgroups, `phi^2 + phi + 1 = 0` and
//! `psi^4 - psi^2 + 1 = 0`. On the subgroups `phi` is multiplication by `-x^2` and `psi` by `x`,
//! where `x = -0xd201000000010000` is the parameter of the curve.
#![forbid(unsafe_code)]

use super::convert::constant;
use super::curve::{Point1, Point2};
use super::fp::Fp;
use super::fp2::Fp2;
use super::prime::LIMBS;
use ark_bls12_381::{Fq, g1};
use ark_ff::MontFp;

/// A primitive cube root of unity.
const BETA: [u64; LIMBS] = constant(&g1::BETA);

/// `eta^2 = -1/2`, so that `(eta (u - 1))^2 = u = (1 + u)^(1 - p)`.
const ETA: [u64; LIMBS] = constant(&ETA_FQ);
const ETA_FQ: Fq = MontFp!(
    "1028732146235106349975324479215795277384839936929757896155643118032610843298655225875571310552543014690878354869257"
);

/// Doublings between the set bits of `|x|`, from the most significant; an addition follows each.
const DOUBLINGS: [usize; 5] = [1, 2, 3, 9, 32];
const LAST_DOUBLINGS: usize = 16;

impl Point1 {
    /// `phi(x, y) = (beta x, y)`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn phi(&self) -> Self {
        Self { x: self.x.times(&Fp::splat(&BETA)), ..*self }
    }
}

impl Point2 {
    /// Untwist, Frobenius, twist: `psi(x, y) = (x^p (1 + u)^((1 - p)/3), y^p (1 + u)^((1 - p)/2))`.
    ///
    /// The two powers are `-beta u` and `eta (u - 1)`; with `x = x0 + x1 u` this is
    ///
    /// ```text
    /// psi(x, y) = (-beta x1 - beta x0 u, eta (y1 - y0) + eta (y0 + y1) u)
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn psi(&self) -> Self {
        let (minus_beta, eta) = (Fp::zero().minus(&Fp::splat(&BETA)), Fp::splat(&ETA).factor());
        let minus_beta = minus_beta.plus_kp::<1>().factor();
        let (x, y) = (&self.x, &self.y);
        Self {
            x: Fp2 { re: x.im.factor().times(&minus_beta), im: x.re.factor().times(&minus_beta) },
            y: Fp2 {
                re: y.im.minus(&y.re).plus_kp::<4>().factor().times(&eta),
                im: y.re.plus(&y.im).factor().times(&eta),
            },
            z: Fp2 { re: self.z.re, im: Fp::zero().minus(&self.z.im).plus_kp::<4>() },
        }
    }

    /// `psi^2(x, y) = (beta^2 x, -y)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn psi_squared(&self) -> Self {
        let beta = Fp::splat(&BETA);
        let x = self.x.times_fp(&beta.times(&beta).factor());
        Self { x, ..self.negated() }
    }
}

macro_rules! times_abs_x {
    ($Point:ident) => {
        impl $Point {
            /// `[|x|] P`: 63 doublings and 5 additions.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn times_abs_x(&self) -> Self {
                let mut point = *self;
                for times in DOUBLINGS {
                    point = point.doubled(times).plus(self);
                }
                point.doubled(LAST_DOUBLINGS)
            }
        }
    };
}

times_abs_x!(Point1);
times_abs_x!(Point2);
