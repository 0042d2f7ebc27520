//! `map_to_curve` of RFC 9380: simplified SWU and isogenies.
//!
//! Simplified SWU needs `A, B != 0`. It maps to the isogenous curve `E': y^2 = x^3 + A x + B`, and
//! the isogeny maps to the curve with `A = 0` (RFC 9380, section 6.6.3). Lanes select by masks.
#![forbid(unsafe_code)]

use super::convert::{constant, constant2};
use super::curve::{Point1, Point2};
use super::fp::{Factor, Fp};
use super::fp2::{Factor2, Fp2};
use super::mask::Mask;
use super::prime::LIMBS;
use super::vector::splat;
use ark_bls12_381::{Fq, g1, g2};
use ark_ec::hashing::curve_maps::swu::SWUConfig;
use ark_ec::hashing::curve_maps::wb::WBConfig;
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::MontFp;
use core::arch::x86_64::*;

type Isogenous<C> = <C as WBConfig>::IsogenousCurve;

type Digits = [u64; LIMBS];
type Digits2 = [Digits; 2];

/// A square root of `-Z = -11` (G1).
const ROOT_OF_MINUS_Z: Fq = MontFp!(
    "674008237974212438248723729577393239183484355108025529917084410198223800758598092373770506194640977045288353413059"
);

/// A square root of `-5`, where 5 is the norm of `Z = -(2 + u)` (G2).
const ROOT_OF_MINUS_NORM: Fq = MontFp!(
    "248294325734266649657405162895821171812231848760181225578082735178502750823719347628762635478508544819911854747095"
);

/// A square root of `n/d` if it is a square, else of `Z n/d`; and `1/d`.
struct Ratio<F> {
    is_square: Mask,
    root: F,
    inverse: F,
}

/// The values of simplified SWU before the square root.
struct Candidate<F> {
    zuu: F,
    xn: F,
    xd: F,
    xd2: F,
    gn: F,
}

impl Fp {
    /// `sgn0`: the parity of the canonical representative.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn is_odd(&self) -> Mask {
        // The Montgomery product with the integer one leaves Montgomery form.
        let integer = self.times(&Self::splat(&[1, 0, 0, 0, 0, 0, 0, 0])).canonical();
        _mm512_test_epi64_mask(integer.limbs[0], splat(1))
    }

    /// `sqrt_ratio` of RFC 9380, appendix F.2.1.2, for `p = 3 mod 4`:
    ///
    /// ```text
    /// y1 = (n d^3)^((p - 3)/4) n d,   y2 = y1 sqrt(-Z)
    /// ```
    ///
    /// With `e` that power, `n d^3 e^2` is 1 or -1, which also gives `1/d`. No argument is zero.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn roots_of_ratios(ratios: &[(Self, Self); 2]) -> [Ratio<Self>; 2] {
        let radicand = |(n, d): &(Self, Self)| n.times_outlined(d).times_outlined(&d.square());
        let powers = Self::pow_p_minus_3_over_4(&[radicand(&ratios[0]), radicand(&ratios[1])]);
        let finished = |(n, d): &(Self, Self), e: &Self| {
            let nd = n.times_outlined(d);
            let y1 = e.times_outlined(&nd);
            let is_square = y1.square().times_outlined(d).equals(n);
            let y2 = y1.times_outlined(&Self::splat(&constant(&ROOT_OF_MINUS_Z)));
            let inverse = e.square().times_outlined(d).times_outlined(&nd);
            let opposite = Self::zero().minus(&inverse).plus_kp::<4>();
            Ratio {
                is_square,
                root: Self::select(is_square, &y1, &y2),
                inverse: Self::select(is_square, &inverse, &opposite),
            }
        };
        [finished(&ratios[0], &powers[0]), finished(&ratios[1], &powers[1])]
    }
}

impl Fp2 {
    /// `sgn0`: the parity of the first coordinate that is not zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn is_odd(&self) -> Mask {
        self.re.is_odd() | (self.re.is_zero() & self.im.is_odd())
    }

    /// `sqrt_ratio` as `sqrt(c) / d` with `c = n d`, by two exponentiations in the base field.
    ///
    /// The norm `m` of `c` is a square in the base field if and only if `c` is a square. Otherwise
    /// `m^((p + 1)/4)` is a square root of `-m`; times a root of -5 it is one of `5 m`, the norm of
    /// `Z c`. With `e = m^((p - 3)/4)`, `m e^2` is 1 or -1, and with the conjugate `d'` of `d` the
    /// inverse `1/d = d' norm(n)/m` needs no inversion.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn roots_of_ratios(ratios: &[(Self, Self); 2]) -> [Ratio<Self>; 2] {
        let mut c =
            [ratios[0].0.times_outlined(&ratios[0].1), ratios[1].0.times_outlined(&ratios[1].1)];
        let m = [c[0].norm(), c[1].norm()];
        let e = Fp::pow_p_minus_3_over_4(&m);
        let (mut s, mut is_square) = (m, [0; 2]);
        for i in 0..2 {
            s[i] = m[i].times_outlined(&e[i]);
            is_square[i] = s[i].square().equals(&m[i]);
            let other_s = s[i].times_outlined(&Fp::splat(&constant(&ROOT_OF_MINUS_NORM)));
            let other_c = c[i].times_outlined(&Self::splat(&Z2));
            s[i] = Fp::select(is_square[i], &s[i], &other_s);
            c[i] = Self::select(is_square[i], &c[i], &other_c);
        }
        let roots = Self::roots_from_norms(&c, &s);
        let finished = |i: usize| {
            let (n, d) = &ratios[i];
            let inverse = e[i].square().times_outlined(&n.norm());
            let opposite = Fp::zero().minus(&inverse).plus_kp::<4>();
            let inverse = Fp::select(is_square[i], &inverse, &opposite).factor();
            let inverse = d.conjugate().plus_kp::<4>().times_fp(&inverse);
            Ratio { is_square: is_square[i], root: roots[i].times_outlined(&inverse), inverse }
        };
        [finished(0), finished(1)]
    }
}

const A1: Digits = constant(&Isogenous::<g1::Config>::COEFF_A);
const B1: Digits = constant(&Isogenous::<g1::Config>::COEFF_B);
const Z1: Digits = constant(&Isogenous::<g1::Config>::ZETA);

const A2: Digits2 = constant2(&Isogenous::<g2::Config>::COEFF_A);
const B2: Digits2 = constant2(&Isogenous::<g2::Config>::COEFF_B);
const Z2: Digits2 = constant2(&Isogenous::<g2::Config>::ZETA);

/// The coefficients of a polynomial, converted.
macro_rules! polynomial {
    ($map:expr, $Digits:ty, $constant:ident) => {{
        let mut digits: [$Digits; $map.len()] = [$constant(&$map[0]); $map.len()];
        let mut i = 0;
        while i < digits.len() {
            digits[i] = $constant(&$map[i]);
            i += 1;
        }
        &{ digits }
    }};
}

macro_rules! map_to_curve {
    ($Field:ident, $Factor:ident, $Point:ident, $Digits:ident, $Config:ty, $constant:ident,
     $A:ident, $B:ident, $Z:ident) => {
        impl $Field {
            /// `map_to_curve_simple_swu` of RFC 9380, appendix F.2: affine points of `E'`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn simple_swu(u: &[Self; 2]) -> [(Self, Self); 2] {
                let candidates = [u[0].candidate(), u[1].candidate()];
                let ratio = |c: &Candidate<Self>| (c.gn, c.xd.times_outlined(&c.xd2));
                let roots = Self::roots_of_ratios(&[ratio(&candidates[0]), ratio(&candidates[1])]);
                [u[0].select_x(&candidates[0], &roots[0]), u[1].select_x(&candidates[1], &roots[1])]
            }

            /// `x1 = xn / xd`, where `t = Z^2 u^4 + Z u^2`, `xn = B (t + 1)`, and `xd = -A t`, or
            /// `A Z` if `t = 0`. `g(x1) = gn / xd^3` with `gn = (xn^2 + A xd^2) xn + B xd^3`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn candidate(&self) -> Candidate<Self> {
                let (a, b) = (Self::splat(&$A), Self::splat(&$B));
                let (z, one) = (Self::splat(&$Z), Self::one());
                let zuu = self.square().times_outlined(&z);
                let t = zuu.square().plus(&zuu);
                let xn = t.plus(&one).times_outlined(&b);
                let opposite = Self::zero().minus(&t).plus_kp::<6>();
                let xd = Self::select(t.is_zero(), &z, &opposite).times_outlined(&a);
                let xd2 = xd.square();
                let gn = xn.square().plus(&xd2.times_outlined(&a)).times_outlined(&xn);
                let gn = gn.plus(&xd.times_outlined(&xd2).times_outlined(&b));
                Candidate { zuu, xn, xd, xd2, gn }
            }

            /// Selects `x1` with `y1 = sqrt(g(x1))`, or `x2 = Z u^2 x1` with
            /// `y2 = Z u^3 sqrt(Z g(x1))`; `sgn0(y) = sgn0(u)`. Here `1/xd = xd^2 / xd^3`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn select_x(&self, candidate: &Candidate<Self>, ratio: &Ratio<Self>) -> (Self, Self) {
                let Candidate { zuu, xn, xd2, .. } = candidate;
                let x = Self::select(ratio.is_square, xn, &xn.times_outlined(zuu));
                let other = zuu.times_outlined(self).times_outlined(&ratio.root);
                let y = Self::select(ratio.is_square, &ratio.root, &other);
                let opposite = Self::zero().minus(&y).plus_kp::<4>();
                let y = Self::select(self.is_odd() ^ y.is_odd(), &opposite, &y);
                (x.times_outlined(&xd2.times_outlined(&ratio.inverse)), y)
            }

            /// Evaluates a polynomial by Horner's rule.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn evaluated(polynomial: &[$Digits], x: &$Factor) -> Self {
                let mut value = Self::zero();
                for coefficient in polynomial.iter().rev() {
                    value = x.times(&value.factor()).plus(&Self::splat(coefficient));
                }
                value
            }
        }

        impl $Point {
            /// `map_to_curve` of RFC 9380, section 6.6.3, for two vectors of elements.
            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn map_to_curve(u: &[$Field; 2]) -> [Self; 2] {
                let points = $Field::simple_swu(u);
                [Self::isogeny(&points[0]), Self::isogeny(&points[1])]
            }

            /// The isogeny from `E'` to the curve:
            ///
            /// ```text
            /// (x, y) -> (x_num / x_den, y y_num / y_den)
            /// ```
            ///
            /// Points with a zero denominator map to the identity.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn isogeny((x, y): &($Field, $Field)) -> Self {
                const MAP: (&[$Digits], &[$Digits], &[$Digits], &[$Digits]) = (
                    polynomial!(<$Config>::ISOGENY_MAP.x_map_numerator, $Digits, $constant),
                    polynomial!(<$Config>::ISOGENY_MAP.x_map_denominator, $Digits, $constant),
                    polynomial!(<$Config>::ISOGENY_MAP.y_map_numerator, $Digits, $constant),
                    polynomial!(<$Config>::ISOGENY_MAP.y_map_denominator, $Digits, $constant),
                );
                let x = x.factor();
                let (xn, xd) = ($Field::evaluated(MAP.0, &x), $Field::evaluated(MAP.1, &x));
                let (yn, yd) = ($Field::evaluated(MAP.2, &x), $Field::evaluated(MAP.3, &x));
                let point = Self {
                    x: xn.times_outlined(&yd),
                    y: y.times_outlined(&yn).times_outlined(&xd),
                    z: xd.times_outlined(&yd),
                };
                Self::select(point.z.is_zero(), &Self::identity(), &point)
            }
        }
    };
}

map_to_curve!(Fp, Factor, Point1, Digits, g1::Config, constant, A1, B1, Z1);
map_to_curve!(Fp2, Factor2, Point2, Digits2, g2::Config, constant2, A2, B2, Z2);
