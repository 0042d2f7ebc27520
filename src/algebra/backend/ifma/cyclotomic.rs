//! The cyclotomic subgroup of `Fp12`, where squares are cheap: elements with `f^(p^4 - p^2 + 1) = 1`,
//! which is what the easy part of the final exponentiation leaves.
//!
//! **Squares** (Granger and Scott, PKC 2010). In coordinates over `Fp4`, with `S(x, y)` the two
//! coordinates `(x^2 + xi y^2, 2 x y)` of a square there,
//!
//! ```text
//! (t0, t1) = S(a0, b1)    a0' = 3 t0 - 2 a0    b0' = 3 xi t5 + 2 b0
//! (t2, t3) = S(b0, a2)    a1' = 3 t2 - 2 a1    b1' = 3 t1 + 2 b1
//! (t4, t5) = S(a1, b2)    a2' = 3 t4 - 2 a2    b2' = 3 t3 + 2 b2
//! ```
//!
//! **Compressed squares** (Karabina, Math. Comp. 82, 2013). `a1, a2, b0, b2` depend on each other
//! alone, so a run of squares needs two of the three `S`; `a0` and `b1` are found at its end:
//!
//! ```text
//! b1 = (xi b2^2 + 3 a1^2 - 2 a2) / (4 b0),   or 2 a1 b2 / a2 where b0 = 0
//! a0 = xi (2 b1^2 + b0 b2 - 3 a1 a2) + 1
//! ```
//!
//! The division is by a number of each lane's own; `b0 = 0` in one lane must not disturb the others.
#![forbid(unsafe_code)]

use super::fp::Fp;
use super::fp2::Fp2;
use super::fp12::Fp12;
use super::wide::Wide;

/// The four coordinates that squares need.
#[derive(Clone, Copy)]
pub(super) struct Compressed {
    a1: Fp2,
    a2: Fp2,
    b0: Fp2,
    b2: Fp2,
}

/// `x^2 = re + 2 half u`, unreduced.
struct Square {
    re: Wide,
    half: Wide,
}

/// Of carried coordinates from zero to `16 p`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn square(x: &Fp2) -> Square {
    let sum = x.re.plus(&x.im).factor();
    let difference = x.re.minus(&x.im).lifted::<16>().factor();
    Square { re: Wide::product(&sum, &difference), half: Wide::product(&x.re, &x.im) }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn square_of_sum(x: &Fp2, y: &Fp2) -> Square {
    square(&x.plus(y).carried())
}

/// `(x^2 + xi y^2, 2 x y)`, by three squares: `2 x y = (x + y)^2 - x^2 - y^2`.
///
/// Of carried coordinates of at most `2 p`; from `-2 p` to `4 p`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn square_in_fp4(x: &Fp2, y: &Fp2) -> [Fp2; 2] {
    let (a, b, c) = (&square(x), &square(y), &square_of_sum(x, y));
    [
        Fp2 {
            re: Wide::combined_raw(&[&a.re, &b.re], &[&b.half, &b.half]),
            im: Wide::combined_raw(&[&a.half, &a.half, &b.re, &b.half, &b.half], &[]),
        },
        Fp2 {
            re: Wide::combined_raw(&[&c.re], &[&a.re, &b.re]),
            im: Wide::combined_raw(&[&c.half], &[&a.half, &b.half]).double(),
        },
    ]
}

/// `g := 3 t - 2 g`
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn triple_minus_double(g: &mut Fp2, t: &Fp2) {
    *g = t.minus(g).double().plus(t).lifted::<16>().settled();
}

/// `g := 3 t + 2 g`
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn triple_plus_double(g: &mut Fp2, t: &Fp2) {
    *g = t.plus(g).double().plus(t).lifted::<16>().settled();
}

/// `g := 3 xi t + 2 g`
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn triple_xi_plus_double(g: &mut Fp2, t: &Fp2) {
    let t = t.times_xi();
    *g = t.plus(g).double().plus(&t).lifted::<32>().settled();
}

impl Compressed {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(f: &Fp12) -> Self {
        Self {
            a1: f.a[1].settled(),
            a2: f.a[2].settled(),
            b0: f.b[0].settled(),
            b2: f.b[2].settled(),
        }
    }

    /// `f := f^2`
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&mut self) {
        let [t2, t3] = &square_in_fp4(&self.b0, &self.a2);
        let [t4, t5] = &square_in_fp4(&self.a1, &self.b2);
        triple_minus_double(&mut self.a1, t2);
        triple_minus_double(&mut self.a2, t4);
        triple_xi_plus_double(&mut self.b0, t5);
        triple_plus_double(&mut self.b2, t3);
    }

    /// `f^(2^n)`
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn squares(&self, n: usize) -> Self {
        let mut power = *self;
        for _ in 0..n {
            power.square();
        }
        power
    }

    /// What `b1` is a quotient of, but where `b0 = 0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn fraction(&self) -> (Fp2, Fp2) {
        let Self { a1, a2, b0, b2 } = self;
        let numerator = b2.square().times_xi().plus(&a1.square().triple()).minus(&a2.double());
        (numerator.lifted::<8>(), b0.double().double())
    }

    /// The same everywhere, with a denominator that is never zero.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn special_fraction(&self) -> (Fp2, Fp2) {
        let Self { a1, a2, b0, b2 } = self;
        let ((numerator, denominator), special) = (self.fraction(), b0.is_zero());
        let numerator = Fp2::select(special, &a1.times(b2).double(), &numerator);
        let denominator = Fp2::select(special, a2, &denominator);
        // Both are zero where the element is one; its b1 is zero too.
        (numerator, Fp2::select(denominator.is_zero(), &Fp2::one(), &denominator))
    }

    /// The element, with `b1` the product of two.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn with_b1(&self, numerator: &Fp2, inverse: &Fp2) -> Fp12 {
        let Self { a1, a2, b0, b2 } = self;
        let b1 = numerator.times(inverse);
        let t = b1.square().double().plus(&b0.times(b2)).minus(&a1.times(a2).triple());
        let mut a0 = t.times_xi().lifted::<64>();
        a0.re = a0.re.plus(&Fp::one());
        Fp12 { a: [a0.settled(), *a1, *a2], b: [*b0, b1.settled(), *b2] }
    }

    /// The elements themselves, by one inversion for all.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn decompress(all: [&Self; 3]) -> [Fp12; 3] {
        let mut fractions = [all[0].fraction(), all[1].fraction(), all[2].fraction()];
        let [(_, d0), (_, d1), (_, d2)] = &fractions;
        let mut d01 = d0.times(d1);
        let mut d012 = d01.times(d2);
        if d012.is_zero() != 0 {
            fractions =
                [all[0].special_fraction(), all[1].special_fraction(), all[2].special_fraction()];
            let [(_, d0), (_, d1), (_, d2)] = &fractions;
            d01 = d0.times(d1);
            d012 = d01.times(d2);
        }
        let [(n0, _), (n1, d1), (n2, d2)] = &fractions;
        let d0 = &fractions[0].1;
        // The inverses of all by that of their product.
        let i012 = d012.inverse();
        let i01 = i012.times(d2);
        [
            all[0].with_b1(n0, &i01.times(d1)),
            all[1].with_b1(n1, &i01.times(d0)),
            all[2].with_b1(n2, &i012.times(&d01)),
        ]
    }
}

impl Fp12 {
    /// `f := f^2`, for an element of the subgroup with settled coordinates.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn cyclotomic_square(&mut self) {
        let Self { a: [a0, a1, a2], b: [b0, b1, b2] } = self;
        let [t0, t1] = &square_in_fp4(a0, b1);
        let [t2, t3] = &square_in_fp4(b0, a2);
        let [t4, t5] = &square_in_fp4(a1, b2);
        triple_minus_double(a0, t0);
        triple_minus_double(a1, t2);
        triple_minus_double(a2, t4);
        triple_xi_plus_double(b0, t5);
        triple_plus_double(b1, t1);
        triple_plus_double(b2, t3);
    }

    /// `f^x` for the curve's parameter `x = -(2^63 + 2^62 + 2^60 + 2^57 + 2^48 + 2^16)`.
    ///
    /// Compressed up to `2^57`, for the squares; from there on plainly, for each of the last powers
    /// is needed and to decompress one costs more than to square it.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn power_x(&self) -> Self {
        let p16 = Compressed::new(self).squares(16);
        let p48 = p16.squares(48 - 16);
        let p57 = p48.squares(57 - 48);
        let [p16, p48, mut power] = Compressed::decompress([&p16, &p48, &p57]);
        let mut product = p16.times(&p48).times(&power);
        for gap in [3, 2, 1] {
            for _ in 0..gap {
                power.cyclotomic_square();
            }
            product = product.times(&power);
        }
        product.conjugate()
    }
}
