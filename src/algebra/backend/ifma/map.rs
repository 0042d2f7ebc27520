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
    fn root_of_ratio(n: &Self, d: &Self) -> Ratio<Self> {
        let dd = d.square();
        let (nd, ndd) = (n.multiplied(d), n.multiplied(&dd));
        let e = nd.multiplied(&dd).root_power();
        let y1 = e.multiplied(&nd);
        let is_square = y1.square().multiplied(d).equals(n);
        let y2 = y1.multiplied(&Self::splat(&constant(&ROOT_OF_MINUS_Z)));
        let inverse = e.square().multiplied(&ndd);
        let opposite = Self::zero().minus(&inverse).lifted::<4>();
        Ratio {
            is_square,
            root: Self::select(is_square, &y1, &y2),
            inverse: Self::select(is_square, &inverse, &opposite),
        }
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
    fn root_of_ratio(n: &Self, d: &Self) -> Ratio<Self> {
        let c = n.multiplied(d);
        let m = c.norm();
        let e = m.root_power();
        let s = m.multiplied(&e);
        let is_square = s.square().equals(&m);

        let other_s = s.multiplied(&Fp::splat(&constant(&ROOT_OF_MINUS_NORM)));
        let other_c = c.multiplied(&Self::splat(&Z2));
        let s = Fp::select(is_square, &s, &other_s);
        let c = Self::select(is_square, &c, &other_c);

        let inverse = e.square().multiplied(&n.norm());
        let opposite = Fp::zero().minus(&inverse).lifted::<4>();
        let inverse = Fp::select(is_square, &inverse, &opposite).factor();
        let inverse = d.conjugate().lifted::<4>().scaled(&inverse);
        Ratio { is_square, root: c.root_by_norm(&s).multiplied(&inverse), inverse }
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
            /// `map_to_curve_simple_swu` of RFC 9380, F.2: a point of `E'`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn simple_swu(u: &Self) -> (Self, Self) {
                let (a, b) = (Self::splat(&$A), Self::splat(&$B));
                let (z, one) = (Self::splat(&$Z), Self::splat(&$ONE));
                // x1 = xn / xd, with t = Z^2 u^4 + Z u^2:
                // xn = B (t + 1), xd = -A t, or A Z if t is zero.
                let zuu = u.square().multiplied(&z);
                let t = zuu.square().plus(&zuu);
                let xn = t.plus(&one).multiplied(&b);
                let opposite = Self::zero().minus(&t).lifted::<6>();
                let xd = Self::select(t.is_zero(), &z, &opposite).multiplied(&a);
                // g(x1) = gn / xd^3, gn = (xn^2 + A xd^2) xn + B xd^3
                let xd2 = xd.square();
                let xd3 = xd2.multiplied(&xd);
                let gn = xn.square().plus(&xd2.multiplied(&a)).multiplied(&xn);
                let gn = gn.plus(&xd3.multiplied(&b));
                let ratio = Self::root_of_ratio(&gn, &xd3);
                // x2 = Z u^2 x1, and then y2 = Z u^3 sqrt(Z g(x1))
                let xn = Self::select(ratio.is_square, &xn, &xn.multiplied(&zuu));
                let other = zuu.multiplied(u).multiplied(&ratio.root);
                let y = Self::select(ratio.is_square, &ratio.root, &other);
                let opposite = Self::zero().minus(&y).lifted::<4>();
                let y = Self::select(u.is_odd() ^ y.is_odd(), &opposite, &y);
                // 1/xd = xd^2 / xd^3
                (xn.multiplied(&xd2.multiplied(&ratio.inverse)), y)
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
            /// `map_to_curve` of RFC 9380, 6.6.3: simple SWU, then the isogeny
            ///
            /// ```text
            /// (x, y) -> (x_num / x_den, y y_num / y_den)
            /// ```
            ///
            /// The points where a denominator is zero go to the identity.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn mapped(u: &$Field) -> Self {
                const MAP: (&[$Digits], &[$Digits], &[$Digits], &[$Digits]) = (
                    polynomial!(<$Config>::ISOGENY_MAP.x_map_numerator, $Digits, $constant),
                    polynomial!(<$Config>::ISOGENY_MAP.x_map_denominator, $Digits, $constant),
                    polynomial!(<$Config>::ISOGENY_MAP.y_map_numerator, $Digits, $constant),
                    polynomial!(<$Config>::ISOGENY_MAP.y_map_denominator, $Digits, $constant),
                );
                let (x, y) = $Field::simple_swu(u);
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
