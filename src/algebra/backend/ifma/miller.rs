//! Miller loops, eight at once.
//!
//! **Fixed `Q`.** With one `Q` for all lanes the lines are precomputed. arkworks' prepared point
//! holds `(l0, l1, l2)`; the line at `P = (x, y)` is `l0 + l1 x v + l2 y v w`. The final
//! exponentiation eliminates factors in `Fp2`, so each line is normalised to `l0 = 1`, which
//! reduces a multiplication from thirteen products to nine.
//!
//! **Variable `Q`.** With a different `Q` per lane the lines are computed in homogeneous
//! coordinates (Costello, Lange, Naehrig, PKC 2010; Aranha et al., EUROCRYPT 2011). Doubling scales
//! the coordinates of those formulas by 4, which avoids halving.
#![forbid(unsafe_code)]

use super::super::decomposition::X;
use super::convert::constant2;
use super::fp::{Factor, Fp};
use super::fp2::Fp2;
use super::fp12::{Fp12, Workspace};
use super::line::Line;
use super::mask::Mask;
use super::prime::LIMBS;
use ark_bls12_381::{Fq2, G2Affine};
use ark_ec::bls12::G2Prepared;
use ark_ff::{AdditiveGroup, batch_inversion};
use zeroize::{Zeroize, Zeroizing};

/// A normalised line: `l1 / l0` and `l2 / l0`.
struct NormalisedLine([[u64; LIMBS]; 2], [[u64; LIMBS]; 2]);

impl NormalisedLine {
    /// Returns `s` and `t` of the value `1 + s v + t v w` at `(x, y)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn at(&self, x: &Factor, y: &Factor) -> (Fp2, Fp2) {
        let Self([s0, s1], [t0, t1]) = self;
        let scaled = |digits, scale: &Factor| Factor::splat(digits).times(scale);
        (Fp2 { re: scaled(s0, x), im: scaled(s1, x) }, Fp2 { re: scaled(t0, y), im: scaled(t1, y) })
    }
}

/// The normalised lines of one point of G2. Erased on drop: the point may be a key.
pub(super) struct NormalisedLines(Vec<NormalisedLine>);

impl NormalisedLines {
    /// Returns `None` for the infinity and for a point with a line through the origin. No such
    /// point is known.
    pub(super) fn new(q: &G2Affine) -> Option<Self> {
        let prepared = G2Prepared::<ark_bls12_381::Config>::from(*q);
        if prepared.infinity {
            return None;
        }
        let lines = Zeroizing::new(prepared.ell_coeffs);
        let mut inverses = Zeroizing::new(lines.iter().map(|l| l.0).collect::<Vec<_>>());
        batch_inversion(&mut inverses);
        if inverses.contains(&Fq2::ZERO) {
            return None;
        }
        let pairs = lines.iter().zip(inverses.iter());
        Some(Self(
            pairs
                .map(|(l, i)| NormalisedLine(constant2(&(l.1 * i)), constant2(&(l.2 * i))))
                .collect(),
        ))
    }
}

/// Returns the Miller loop of a finite point `P = (x, y)` and the point of the lines.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn fixed_miller_loop(
    x: &Fp,
    y: &Fp,
    lines: &NormalisedLines,
    workspace: &mut Workspace,
) -> Fp12 {
    let (x, y) = (x.factor(), y.factor());
    let mut lines = lines.0.iter().map(|line| line.at(&x, &y));
    let mut line = || lines.next().expect("there is a line for every step");
    let (s, t) = line();
    let mut f = Fp12::from_normalised_line(&s, &t);
    for bit in (0..63).rev() {
        if bit != 62 {
            f.square(workspace);
            let (s, t) = line();
            f.times_normalised_line(&s, &t, workspace);
        }
        if X >> bit & 1 == 1 {
            let (s, t) = line();
            f.times_normalised_line(&s, &t, workspace);
        }
    }
    // x is negative.
    f.conjugate()
}

/// The state of eight Miller loops over finite points `P = (x, y)` and `Q = (qx, qy)`. The factors
/// of unused lanes are one.
pub(super) struct Pairs {
    x: Factor,
    y: Factor,
    qx: Fp2,
    qy: Fp2,
    multiple: RunningPoint,
    used: Mask,
}

/// The running multiple `T` of `Q`, `(X / Z, Y / Z)`.
struct RunningPoint {
    x: Fp2,
    y: Fp2,
    z: Fp2,
}

impl Pairs {
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(x: &Fp, y: &Fp, qx: Fp2, qy: Fp2, used: Mask) -> Self {
        let multiple = RunningPoint { x: qx, y: qy, z: Fp2::one() };
        Self { x: x.factor(), y: y.factor(), qx, qy, multiple, used }
    }

    /// Returns the value of a line at `P`, and one in unused lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn at(&self, [l0, l1, l2]: Line) -> Line {
        let (l1, l2) = (l1.times_fp(&self.x), l2.times_fp(&self.y));
        if self.used == Mask::MAX {
            return [l0, l1, l2];
        }
        let (one, zero) = (Fp2::one(), Fp2::zero());
        [
            Fp2::select(self.used, &l0, &one),
            Fp2::select(self.used, &l1, &zero),
            Fp2::select(self.used, &l2, &zero),
        ]
    }

    /// Performs one step and returns its line at `P`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn line(&mut self, step: Step) -> Line {
        let line = match step {
            Step::Double => self.multiple.double(),
            Step::Add => self.multiple.add(&self.qx, &self.qy),
        };
        self.at(line)
    }
}

/// A step of the Miller loop.
#[derive(Clone, Copy)]
enum Step {
    Double,
    Add,
}

impl RunningPoint {
    /// Doubles `T` and returns the tangent at the old `T`. With `3 b' = 12 xi`,
    ///
    /// ```text
    /// A = X Y   B = Y^2   C = Z^2   E = 12 xi C   F = 3 E   H = (Y + Z)^2 - B - C   J = X^2
    /// X' = 2 A (B - F)   Y' = (B + F)^2 - 12 E^2   Z' = 4 B H
    /// l0 = E - B         l1 = 3 J                  l2 = -H
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn double(&mut self) -> Line {
        let Self { x, y, z } = self;
        let a = x.times(y);
        let b = y.square();
        let c = z.square();
        let e = c.double().double().triple().times_xi().plus_kp::<64>().weakly_reduced();
        let f = e.triple();
        let h = y.plus(z).square().minus(&b.plus(&c)).plus_kp::<8>().weakly_reduced();
        let j = x.square();
        let squares = e.square().double().double().triple();
        *x = a.times(&b.minus(&f).plus_kp::<16>()).double();
        *y = b.plus(&f).square().minus(&squares).plus_kp::<64>().weakly_reduced();
        *z = b.times(&h).double().double();
        [e.minus(&b).plus_kp::<4>(), j.triple(), h.negated().plus_kp::<4>()]
    }

    /// Adds `Q` to `T` and returns the line through both:
    ///
    /// ```text
    /// theta = Y - qy Z   lambda = X - qx Z
    /// D = lambda^2   E = lambda D   F = Z theta^2   G = X D   H = E + F - 2 G
    /// X' = lambda H  Y' = theta (G - H) - E Y       Z' = Z E
    /// l0 = theta qx - lambda qy     l1 = -theta     l2 = lambda
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add(&mut self, qx: &Fp2, qy: &Fp2) -> Line {
        let Self { x, y, z } = self;
        let theta = y.minus(&qy.times(z)).plus_kp::<4>().weakly_reduced();
        let lambda = x.minus(&qx.times(z)).plus_kp::<4>().weakly_reduced();
        let d = lambda.square();
        let e = lambda.times(&d);
        let f = z.times(&theta.square());
        let g = x.times(&d);
        let h = e.plus(&f).minus(&g.double()).plus_kp::<8>().weakly_reduced();
        *x = lambda.times(&h);
        let slope = theta.times(&g.minus(&h).plus_kp::<4>());
        *y = slope.minus(&e.times(y)).plus_kp::<4>().weakly_reduced();
        *z = z.times(&e);
        let constant = theta.times(qx).minus(&lambda.times(qy)).plus_kp::<4>();
        [constant, theta.negated().plus_kp::<4>(), lambda]
    }
}

/// Returns, per lane, the product of the Miller loops of its pairs; all share the squarings.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn product_of_miller_loops(groups: &mut [Pairs], workspace: &mut Workspace) -> Fp12 {
    let mut f = Fp12::one();
    for bit in (0..63).rev() {
        if bit != 62 {
            f.square(workspace);
        }
        f.times_lines(groups, Step::Double, workspace);
        if X >> bit & 1 == 1 {
            f.times_lines(groups, Step::Add, workspace);
        }
    }
    f.conjugate()
}

impl Fp12 {
    /// Performs one step in every group and multiplies by the lines, two at a time.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_lines(&mut self, groups: &mut [Pairs], step: Step, workspace: &mut Workspace) {
        let (twos, rest) = groups.as_chunks_mut::<2>();
        for [first, second] in twos {
            self.times_line_pair(&first.line(step), &second.line(step), workspace);
        }
        for last in rest {
            self.times_line(&last.line(step), workspace);
        }
    }
}

impl Drop for NormalisedLines {
    fn drop(&mut self) {
        for NormalisedLine(s, t) in &mut self.0 {
            s.zeroize();
            t.zeroize();
        }
    }
}
