//! Does the time of an operation on a secret exponent depend on the exponent?
//!
//! `cd benches/timing && EPIONE_BACKEND=blst cargo run --release`
//!
//! The method of Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?" (DATE 2017): one
//! exponent against random ones, in random order, and Welch's t-test on the two samples of times.
//! A |t| far above 5 is a difference; a small one is no proof that there is none. Two exponents are
//! tried: 3, whose leading digits are all zero, and one drawn at random and kept.

use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use epione::algebra::{G1, G2, Gt, Scalar};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Enough for a difference of a hundredth in a quiet machine.
const SAMPLES: usize = 20_000;

fn compare<R>(runner: &mut CtRunner, fixed: Fixed, operation: impl Fn(&Scalar) -> R) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let fixed = match fixed {
        Fixed::Small => Scalar::from(3),
        Fixed::Drawn => Scalar::random(rng),
    };
    // Each class draws, so that nothing before the measurement differs.
    let draw = |rng: &mut ChaCha20Rng| {
        let random = Scalar::random(rng);
        if rng.r#gen() { (Class::Left, fixed) } else { (Class::Right, random) }
    };
    let inputs: Vec<(Class, Scalar)> = (0..SAMPLES).map(|_| draw(rng)).collect();
    // Tables and caches are warm before the first sample.
    inputs.iter().take(100).for_each(|(_, scalar)| drop(operation(scalar)));
    for (class, scalar) in inputs {
        runner.run_one(class, || operation(&scalar));
    }
}

/// What the random exponents are compared with.
enum Fixed {
    Small,
    Drawn,
}

macro_rules! operations {
    ($($small:ident, $drawn:ident: $operation:expr;)*) => {
        $(
            fn $small(runner: &mut CtRunner, _: &mut BenchRng) {
                compare(runner, Fixed::Small, $operation);
            }
            fn $drawn(runner: &mut CtRunner, _: &mut BenchRng) {
                compare(runner, Fixed::Drawn, $operation);
            }
        )*
        ctbench_main!($($small, $drawn),*);
    };
}

operations! {
    g1_mul_small, g1_mul_drawn: |x| G1::generator() * *x;
    g2_mul_small, g2_mul_drawn: |x| G2::generator() * *x;
    g1_mul_each_small, g1_mul_each_drawn: |x| G1::batch_mul(&[G1::generator(); 8], &[*x; 8]);
    g2_mul_each_small, g2_mul_each_drawn: |x| G2::batch_mul(&[G2::generator(); 8], &[*x; 8]);
    g1_generator_mul_each_small, g1_generator_mul_each_drawn: |x| G1::batch_generator_mul(&[*x; 8]);
    g2_generator_mul_each_small, g2_generator_mul_each_drawn: |x| G2::batch_generator_mul(&[*x; 8]);
    gt_pow_small, gt_pow_drawn: |x| Gt::generator().pow(x);
    g1_generator_mul_small, g1_generator_mul_drawn: G1::generator_mul;
    g2_generator_mul_small, g2_generator_mul_drawn: G2::generator_mul;
    gt_generator_pow_small, gt_generator_pow_drawn: Gt::generator_pow;
    scalar_inverse_small, scalar_inverse_drawn: Scalar::inverse;
}
