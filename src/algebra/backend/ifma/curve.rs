//! Points of both curves, eight at once, by complete formulas.
//!
//! Renes, Costello, Batina, "Complete addition formulas for prime order elliptic curves" (EUROCRYPT
//! 2016), for `y^2 = x^3 + b` in homogeneous coordinates, `x = X/Z`, `y = Y/Z`, with the identity
//! `(0 : 1 : 0)`. The addition is complete on curves without points of order two. Both cofactors
//! are odd, so it is complete outside the subgroups too. No lane is an exceptional case, and the
//! same instructions run for all inputs.
//!
//! Sums and doubles have coordinates in `[0, 3 p]`, operands at most `4 p`.
#![forbid(unsafe_code)]

use super::convert::{load, load2, store, store2};
use super::fp::{Factor, Fp};
use super::fp2::{Factor2, Fp2};
use super::mask::Mask;
use super::vector::LANES;
use super::wide::Wide;
use super::wide2::Wide2;
use ark_bls12_381::{G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::AffineRepr;

/// Eight points of the curve of G1, `y^2 = x^3 + 4`.
#[derive(Clone, Copy)]
pub(super) struct Point1 {
    pub(super) x: Fp,
    pub(super) y: Fp,
    pub(super) z: Fp,
}

/// Eight points of the curve of G2, `y^2 = x^3 + 4 (1 + u)`.
#[derive(Clone, Copy)]
pub(super) struct Point2 {
    pub(super) x: Fp2,
    pub(super) y: Fp2,
    pub(super) z: Fp2,
}

/// The arithmetic common to both curves. A macro, because trait methods cannot have target
/// features.
macro_rules! curve {
    ($Point:ident, $Field:ident, $Factor:ident, $Wide:ident,
     $Affine:ident, $Projective:ident, $load:ident, $store:ident) => {
        impl $Point {
            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn identity() -> Self {
                Self { x: $Field::zero(), y: $Field::one(), z: $Field::zero() }
            }

            /// The point `(x, y)`, or the identity in the lanes of the mask.
            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn affine(x: &$Field, y: &$Field, identity: Mask) -> Self {
                let (zero, one) = ($Field::zero(), $Field::one());
                Self {
                    x: $Field::select(identity, &zero, x),
                    y: $Field::select(identity, &one, y),
                    z: $Field::select(identity, &zero, &one),
                }
            }

            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn load(points: &[$Affine; LANES]) -> Self {
                let identity = (0..LANES)
                    .fold(0, |mask, lane| mask | Mask::from(points[lane].is_zero()) << lane);
                let x = $load(&points.map(|point| point.x));
                let y = $load(&points.map(|point| point.y));
                Self::affine(&x, &y, identity)
            }

            /// Converts to arkworks' Jacobian coordinates, `x = X/Z^2`, `y = Y/Z^3`: homogeneous
            /// `(X : Y : Z)` is Jacobian `(X Z : Y Z^2 : Z)`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn store(&self) -> [$Projective; LANES] {
                let z = self.z.factor();
                let x = $store(&self.x.factor().times(&z));
                let y = $store(&self.y.factor().times(&z.times(&z).factor()));
                let z = $store(&self.z);
                core::array::from_fn(|i| $Projective::new_unchecked(x[i], y[i], z[i]))
            }

            /// `P + Q`, Algorithm 7. With `b' = 3 b`,
            ///
            /// ```text
            /// X3 = (X1 Y2 + X2 Y1)(Y1 Y2 - b' Z1 Z2) - b' (Y1 Z2 + Y2 Z1)(X1 Z2 + X2 Z1)
            /// Y3 = (Y1 Y2 + b' Z1 Z2)(Y1 Y2 - b' Z1 Z2) + 3 X1 X2 b' (X1 Z2 + X2 Z1)
            /// Z3 = (Y1 Z2 + Y2 Z1)(Y1 Y2 + b' Z1 Z2) + 3 X1 X2 (X1 Y2 + X2 Y1)
            /// ```
            ///
            /// Twelve multiplications, nine reductions.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn plus(&self, other: &Self) -> Self {
                let (p, q) = (self, other);
                let xx = p.x.unreduced_product(&q.x);
                let yy = p.y.unreduced_product(&q.y);
                let zz = p.z.unreduced_product(&q.z);
                let xy = $Field::cross_terms((&p.x, &p.y), (&q.x, &q.y), (&xx, &yy)).factor();
                let yz = $Field::cross_terms((&p.y, &p.z), (&q.y, &q.z), (&yy, &zz)).factor();
                let xz = $Field::cross_terms((&p.x, &p.z), (&q.x, &q.z), (&xx, &zz));

                let xz = xz.times_3b().factor();
                let (xx, yy) = (xx.reduced().triple().factor(), yy.reduced());
                let zz = zz.reduced().times_3b();
                let sum = yy.sum_factor(&zz);
                let difference = yy.minus(&zz).plus_kp::<72>().factor();
                Self {
                    x: $Field::difference_of_products((&xy, &difference), (&yz, &xz)),
                    y: $Field::sum_of_products((&sum, &difference), (&xx, &xz)),
                    z: $Field::sum_of_products((&yz, &sum), (&xx, &xy)),
                }
            }

            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn negated(&self) -> Self {
                Self { y: $Field::zero().minus(&self.y).plus_kp::<4>(), ..*self }
            }

            /// `2^times P`.
            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn doubled(&self, times: usize) -> Self {
                let mut point = *self;
                for _ in 0..times {
                    point = point.double();
                }
                point
            }

            /// The mask of the lanes with `P = Q`: `X1 Z2 = X2 Z1` and `Y1 Z2 = Y2 Z1`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn equals(&self, other: &Self) -> Mask {
                let (z1, z2) = (self.z.factor(), other.z.factor());
                let x = self.x.factor().times(&z2).equals(&other.x.factor().times(&z1));
                let y = self.y.factor().times(&z2).equals(&other.y.factor().times(&z1));
                x & y
            }

            /// `yes` in the lanes whose bit is set, `no` in the others.
            #[inline]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
                Self {
                    x: $Field::select(mask, &yes.x, &no.x),
                    y: $Field::select(mask, &yes.y, &no.y),
                    z: $Field::select(mask, &yes.z, &no.z),
                }
            }
        }

        // The steps of an addition. Separate functions release their temporaries on return: the
        // stack of a scalar multiplication and its table share the first-level cache.
        impl $Field {
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn unreduced_product(&self, other: &Self) -> $Wide {
                $Wide::product(&self.factor(), &other.factor())
            }

            /// `a d + b c = (a + b)(c + d) - a c - b d`, for `(a, b)`, `(c, d)` and `(a c, b d)`.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn cross_terms(
                p: (&Self, &Self),
                q: (&Self, &Self),
                products: (&$Wide, &$Wide),
            ) -> Self {
                let product = $Wide::product(&p.0.sum_factor(p.1), &q.0.sum_factor(q.1));
                product.reduced_minus_both(products.0, products.1)
            }

            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn sum_of_products(p: (&$Factor, &$Factor), q: (&$Factor, &$Factor)) -> Self {
                $Wide::product(p.0, p.1).reduced_sum(&$Wide::product(q.0, q.1))
            }

            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn difference_of_products(p: (&$Factor, &$Factor), q: (&$Factor, &$Factor)) -> Self {
                $Wide::product(p.0, p.1).reduced_difference(&$Wide::product(q.0, q.1))
            }
        }
    };
}

curve!(Point1, Fp, Factor, Wide, G1Affine, G1Projective, load, store);
curve!(Point2, Fp2, Factor2, Wide2, G2Affine, G2Projective, load2, store2);

// Doubling, Algorithm 9. With `t = 3 b Z^2`,
//
// ```text
// X3 = 2 X Y (Y^2 - 3 t)
// Y3 = (Y^2 - 3 t)(Y^2 + t) + 8 Y^2 t = (Y^2 + 3 t)^2 - 12 t^2
// Z3 = 8 Y^3 Z
// ```
//
// Eight multiplications, of which four are squarings, and seven reductions.

impl Point1 {
    /// `2 P`. Here `t = 3 (2 Z)^2`, and `12 t^2 = 3 (6 (2 Z)^2)^2`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(&self) -> Self {
        let (y, z) = (self.y.factor(), self.z.double());
        let yy = Wide::square(&self.y).reduced();
        let zz = Wide::square(&z).reduced().triple();
        let xy = Wide::product(&self.x.factor(), &y).reduced();
        let yz = Wide::product(&y, &z.factor()).reduced();

        let t3 = zz.triple();
        let difference = yy.minus(&t3).plus_kp::<27>().factor();
        let (sum, t2) = (Wide::square(&yy.plus(&t3)), Wide::square(&zz.double()));
        let yy = yy.double().double().factor();
        Self {
            x: Wide::product(&xy.double().factor(), &difference).reduced(),
            y: sum.reduced_minus_triple(&t2),
            z: Wide::product(&yy, &yz.factor()).reduced(),
        }
    }
}

impl Point2 {
    /// `2 P`. Here `t = (1 + u) s` with `s = 12 Z^2`, and `12 t^2 = 24 u s^2`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(&self) -> Self {
        let y = self.y.factor();
        let xy = Fp2::reduced_product(&self.x.double().factor(), &y).factor();
        let yz = Fp2::reduced_product(&y, &self.z.factor()).factor();
        let yy = self.y.square();
        let s = self.z.twelve_squares();
        let t3 = s.times_xi().triple();
        let difference = yy.minus(&t3).plus_kp::<27>().factor();
        let eight = yy.double().double().double().factor();
        Self {
            x: Fp2::reduced_product(&xy, &difference),
            y: yy.plus(&t3).square_minus_24_u(&s),
            z: Fp2::reduced_product(&eight, &yz),
        }
    }
}

impl Fp {
    /// `3 b x = 12 x`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_3b(&self) -> Self {
        self.triple().double().double()
    }
}

impl Fp2 {
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reduced_product(x: &Factor2, y: &Factor2) -> Self {
        Wide2::product(x, y).reduced()
    }

    /// `3 b x = 12 (1 + u) x`, for coordinates in `[0, 3 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_3b(&self) -> Self {
        let propagated = self.carry_propagated();
        let product = propagated.triple().double().double().times_xi();
        Self { re: product.re.plus_kp::<36>(), im: product.im }
    }

    /// `12 x^2`, for coordinates in `[0, 4 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn twelve_squares(&self) -> Self {
        let sum = self.re.plus(&self.im).triple().factor();
        let difference = self.re.minus(&self.im).plus_kp::<4>().double().double().factor();
        let re = self.re.triple().double().factor();
        let im = self.im.double().double().factor();
        Self {
            re: Wide::product(&sum, &difference).reduced(),
            im: Wide::product(&re, &im).reduced(),
        }
    }

    /// `x^2 - 24 u s^2 = (x0 + x1)(x0 - x1) + 48 s0 s1 + (2 x0 x1 - 24 (s0 + s1)(s0 - s1)) u`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn square_minus_24_u(&self, s: &Self) -> Self {
        let (x0, x1) = (&self.re, &self.im);
        let difference = x0.minus(x1).plus_kp::<27>().factor();
        let re = Wide::product(&x0.sum_factor(x1), &difference);
        let im = Wide::product(&x0.double().plus_kp::<12>().factor(), &x1.factor());

        let (s0, s1) = (&s.re, &s.im);
        let six = s0.triple().double().factor();
        let eight = s1.double().double().double().factor();
        let sum = s0.plus(s1).double().double().factor();
        let difference = s0.minus(s1).plus_kp::<3>().triple().double().factor();
        Self {
            re: re.reduced_sum(&Wide::product(&six, &eight)),
            im: im.reduced_difference(&Wide::product(&sum, &difference)),
        }
    }
}
