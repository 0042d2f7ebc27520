//! Field elements to points of the curves: simplified SWU and the isogenies of RFC 9380.
//!
//! The curves with `a = 0` have no such map of their own; the isogenous curves `E'`,
//! `y^2 = x^3 + A x + B`, do. All lanes compute the same steps and choose by masks.
#![forbid(unsafe_code)]

use super::convert::{constant, constant2};
use super::curve::{Point1, Point2};
use super::fp::{Factor, Fp, LIMBS, splat};
use super::fp2::{Factor2, Fp2};
use super::mask::Mask;
use ark_bls12_381::{Fq, Fq2, g1, g2};
use ark_ec::hashing::curve_maps::swu::SWUConfig;
use ark_ec::hashing::curve_maps::wb::WBConfig;
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{Field, MontFp};
use core::arch::x86_64::*;

type Isogenous<C> = <C as WBConfig>::IsogenousCurve;

type Digits = [u64; LIMBS];
type Digits2 = [Digits; 2];

/// A root of `-Z = -11` of G1.
const ROOT_OF_MINUS_Z: Fq = MontFp!(
    "674008237974212438248723729577393239183484355108025529917084410198223800758598092373770506194640977045288353413059"
);

/// A root of `-5`, where 5 is the norm of `Z = -(2 + u)` of G2.
const ROOT_OF_MINUS_NORM: Fq = MontFp!(
    "248294325734266649657405162895821171812231848760181225578082735178502750823719347628762635478508544819911854747095"
);

/// A root of a ratio `n/d`, or of `Z n/d` where the ratio has none; and `1/d`.
struct Ratio<F> {
    is_square: Mask,
    root: F,
    inverse: F,
}

/// What simple SWU computes before the root.
struct Candidate<F> {
    zuu: F,
    xn: F,
    xd: F,
    xd2: F,
    gn: F,
}

impl Fp {
    /// Where the number below `p` is odd: `sgn0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn is_odd(&self) -> Mask {
        // Multiplied by the number one, an element leaves Montgomery's form.
        let number = self.times(&Self::splat(&[1, 0, 0, 0, 0, 0, 0, 0])).canonical();
        _mm512_test_epi64_mask(number.limbs[0], splat(1))
    }

    /// `sqrt_ratio` of RFC 9380, F.2.1.2, for `p = 3 mod 4`:
    ///
    /// ```text
    /// y1 = (n d^3)^((p - 3)/4) n d,   y2 = y1 sqrt(-Z)
    /// ```
    ///
    /// With `e` that power, `n d^3 e^2` is 1 or -1, which also gives `1/d`. No operand is zero.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn roots_of_ratios(ratios: &[(Self, Self); 2]) -> [Ratio<Self>; 2] {
        let radicand = |(n, d): &(Self, Self)| n.multiplied(d).multiplied(&d.square());
        let powers = Self::root_powers(&[radicand(&ratios[0]), radicand(&ratios[1])]);
        let finished = |(n, d): &(Self, Self), e: &Self| {
            let nd = n.multiplied(d);
            let y1 = e.multiplied(&nd);
            let is_square = y1.square().multiplied(d).equals(n);
            let y2 = y1.multiplied(&Self::splat(&constant(&ROOT_OF_MINUS_Z)));
            let inverse = e.square().multiplied(d).multiplied(&nd);
            let opposite = Self::zero().minus(&inverse).lifted::<4>();
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

    /// The same as a root of `c = n d` over `d`, two powers of the base field in all.
    ///
    /// The norm `m` of `c` has a root in the base field just where `c` has one, and else
    /// `m^((p + 1)/4)` is a root of `-m`: times a root of -5, it is one of `5 m`, the norm of `Z c`.
    /// With `e = m^((p - 3)/4)`, `m e^2` is 1 or -1, so that `1/d = d' norm(n)/m` comes without
    /// an inversion; `d'` is the conjugate.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn roots_of_ratios(ratios: &[(Self, Self); 2]) -> [Ratio<Self>; 2] {
        let mut c = [ratios[0].0.multiplied(&ratios[0].1), ratios[1].0.multiplied(&ratios[1].1)];
        let m = [c[0].norm(), c[1].norm()];
        let e = Fp::root_powers(&m);
        let (mut s, mut is_square) = (m, [0; 2]);
        for i in 0..2 {
            s[i] = m[i].multiplied(&e[i]);
            is_square[i] = s[i].square().equals(&m[i]);
            let other_s = s[i].multiplied(&Fp::splat(&constant(&ROOT_OF_MINUS_NORM)));
            let other_c = c[i].multiplied(&Self::splat(&Z2));
            s[i] = Fp::select(is_square[i], &s[i], &other_s);
            c[i] = Self::select(is_square[i], &c[i], &other_c);
        }
        let roots = Self::roots_by_norms(&c, &s);
        let finished = |i: usize| {
            let (n, d) = &ratios[i];
            let inverse = e[i].square().multiplied(&n.norm());
            let opposite = Fp::zero().minus(&inverse).lifted::<4>();
            let inverse = Fp::select(is_square[i], &inverse, &opposite).factor();
            let inverse = d.conjugate().lifted::<4>().scaled(&inverse);
            Ratio { is_square: is_square[i], root: roots[i].multiplied(&inverse), inverse }
        };
        [finished(0), finished(1)]
    }
}

const A1: Digits = constant(&Isogenous::<g1::Config>::COEFF_A);
const B1: Digits = constant(&Isogenous::<g1::Config>::COEFF_B);
const Z1: Digits = constant(&Isogenous::<g1::Config>::ZETA);
const ONE1: Digits = constant(&Fq::ONE);

const A2: Digits2 = constant2(&Isogenous::<g2::Config>::COEFF_A);
const B2: Digits2 = constant2(&Isogenous::<g2::Config>::COEFF_B);
const Z2: Digits2 = constant2(&Isogenous::<g2::Config>::ZETA);
const ONE2: Digits2 = constant2(&Fq2::ONE);

/// The digits of a polynomial's coefficients.
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
     $A:ident, $B:ident, $Z:ident, $ONE:ident) => {
        impl $Field {
            /// `map_to_curve_simple_swu` of RFC 9380, F.2: points of `E'`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn simple_swu(u: &[Self; 2]) -> [(Self, Self); 2] {
                let candidates = [u[0].candidate(), u[1].candidate()];
                let ratio = |c: &Candidate<Self>| (c.gn, c.xd.multiplied(&c.xd2));
                let roots = Self::roots_of_ratios(&[ratio(&candidates[0]), ratio(&candidates[1])]);
                [u[0].chosen(&candidates[0], &roots[0]), u[1].chosen(&candidates[1], &roots[1])]
            }

            /// `x1 = xn / xd`. With `t = Z^2 u^4 + Z u^2`, `xn = B (t + 1)` and `xd = -A t`, or `A Z`
            /// where `t` is zero; `g(x1) = gn / xd^3`, `gn = (xn^2 + A xd^2) xn + B xd^3`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn candidate(&self) -> Candidate<Self> {
                let (a, b) = (Self::splat(&$A), Self::splat(&$B));
                let (z, one) = (Self::splat(&$Z), Self::splat(&$ONE));
                let zuu = self.square().multiplied(&z);
                let t = zuu.square().plus(&zuu);
                let xn = t.plus(&one).multiplied(&b);
                let opposite = Self::zero().minus(&t).lifted::<6>();
                let xd = Self::select(t.is_zero(), &z, &opposite).multiplied(&a);
                let xd2 = xd.square();
                let gn = xn.square().plus(&xd2.multiplied(&a)).multiplied(&xn);
                let gn = gn.plus(&xd.multiplied(&xd2).multiplied(&b));
                Candidate { zuu, xn, xd, xd2, gn }
            }

            /// `x1` with `y1 = sqrt(g(x1))`, or `x2 = Z u^2 x1` with `y2 = Z u^3 sqrt(Z g(x1))`; the
            /// sign of `y` is that of `u`, and `1/xd = xd^2 / xd^3`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn chosen(&self, candidate: &Candidate<Self>, ratio: &Ratio<Self>) -> (Self, Self) {
                let Candidate { zuu, xn, xd2, .. } = candidate;
                let x = Self::select(ratio.is_square, xn, &xn.multiplied(zuu));
                let other = zuu.multiplied(self).multiplied(&ratio.root);
                let y = Self::select(ratio.is_square, &ratio.root, &other);
                let opposite = Self::zero().minus(&y).lifted::<4>();
                let y = Self::select(self.is_odd() ^ y.is_odd(), &opposite, &y);
                (x.multiplied(&xd2.multiplied(&ratio.inverse)), y)
            }

            /// The polynomial's value, by Horner's rule.
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
            /// `map_to_curve` of RFC 9380, 6.6.3, of two lists of lanes.
            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn mapped(u: &[$Field; 2]) -> [Self; 2] {
                let points = $Field::simple_swu(u);
                [Self::isogeny(&points[0]), Self::isogeny(&points[1])]
            }

            /// From `E'` to the curve:
            ///
            /// ```text
            /// (x, y) -> (x_num / x_den, y y_num / y_den)
            /// ```
            ///
            /// The points where a denominator is zero go to the identity.
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
                    x: xn.multiplied(&yd),
                    y: y.multiplied(&yn).multiplied(&xd),
                    z: xd.multiplied(&yd),
                };
                Self::select(point.z.is_zero(), &Self::identity(), &point)
            }
        }
    };
}

map_to_curve!(Fp, Factor, Point1, Digits, g1::Config, constant, A1, B1, Z1, ONE1);
map_to_curve!(Fp2, Factor2, Point2, Digits2, g2::Config, constant2, A2, B2, Z2, ONE2);
