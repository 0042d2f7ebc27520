//! Tests for a dependence of an operation's time on its secret exponent.
//!
//! `cd benches/timing && EPIONE_BACKEND=blst cargo run --release`
//!
//! The method is that of Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?" (DATE
//! 2017): Welch's t-test on the times for a fixed exponent and for random ones, in random order.
//! A |t| far above 5 shows a dependence; a small |t| does not prove independence. The fixed
//! exponent is 3 (`_small`), whose leading digits are zero, or one full-length value (`_full`).

use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use epione::abe::{self, Header};
use epione::algebra::codec::Canonical;
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::policy::{AccessPolicy, AttributeSet};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// The number of samples, which suffices to detect a difference of 1 % on an idle machine.
const SAMPLES: usize = 20_000;

fn compare<R>(runner: &mut CtRunner, fixed: Fixed, operation: impl Fn(&Scalar) -> R) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let fixed = match fixed {
        Fixed::Small => Scalar::from(3),
        Fixed::Full => Scalar::random(rng),
    };
    // Both classes draw a scalar, so that the work before the measurement is equal.
    let draw = |rng: &mut ChaCha20Rng| {
        let random = Scalar::random(rng);
        if rng.r#gen() { (Class::Left, fixed) } else { (Class::Right, random) }
    };
    let inputs: Vec<(Class, Scalar)> = (0..SAMPLES).map(|_| draw(rng)).collect();
    // Initialises tables and caches before the first sample.
    inputs.iter().take(100).for_each(|(_, scalar)| drop(operation(scalar)));
    for (class, scalar) in inputs {
        runner.run_one(class, || operation(&scalar));
    }
}

/// Compares refusals of two headers, of which the key uses the malformed row of one only. The time
/// must not tell which, because it depends on the attributes of the key.
fn abe_refusal(runner: &mut CtRunner, _: &mut BenchRng) {
    const ROWS: usize = 20;
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (parameters, master) = abe::setup(rng);
    let names: Vec<String> = (0..ROWS).map(|i| format!("u{i}")).collect();
    let policy: AccessPolicy = names.join(" or ").parse().expect("a policy");
    let held = AttributeSet::from_names(["u0"]).expect("a name");
    let key = abe::keygen(&master, &held, rng);
    let bytes = abe::encapsulate(&parameters, &policy, b"", rng).0.to_bytes();
    // The rows of 48 bytes precede the masked message; the bit negates a point.
    let malformed = |row: usize| -> Header {
        let mut bytes = bytes.clone();
        let position = bytes.len() - 32 - 48 * (ROWS - row);
        bytes[position] ^= 0x20;
        Header::from_bytes(&bytes).expect("the negative of a point is a point")
    };
    let (used, unused) = (malformed(0), malformed(1));
    let refuse = |header: &Header| abe::decapsulate(&parameters, &key, b"", header).is_err();
    (0..100).for_each(|_| assert!(refuse(&used) && refuse(&unused)));
    for _ in 0..SAMPLES / 4 {
        let (class, header) =
            if rng.r#gen() { (Class::Left, &used) } else { (Class::Right, &unused) };
        runner.run_one(class, || refuse(header));
    }
}

/// The exponent of the fixed class.
enum Fixed {
    Small,
    Full,
}

macro_rules! operations {
    ($($small:ident, $full:ident: $operation:expr;)*) => {
        $(
            fn $small(runner: &mut CtRunner, _: &mut BenchRng) {
                compare(runner, Fixed::Small, $operation);
            }
            fn $full(runner: &mut CtRunner, _: &mut BenchRng) {
                compare(runner, Fixed::Full, $operation);
            }
        )*
        ctbench_main!(abe_refusal, $($small, $full),*);
    };
}

operations! {
    g1_mul_small, g1_mul_full: |x| G1::generator() * *x;
    g2_mul_small, g2_mul_full: |x| G2::generator() * *x;
    g1_batch_mul_small, g1_batch_mul_full: |x| G1::batch_mul(&[G1::generator(); 8], &[*x; 8]);
    g2_batch_mul_small, g2_batch_mul_full: |x| G2::batch_mul(&[G2::generator(); 8], &[*x; 8]);
    g1_batch_generator_mul_small, g1_batch_generator_mul_full:
        |x| G1::batch_generator_mul(&[*x; 8]);
    g2_batch_generator_mul_small, g2_batch_generator_mul_full:
        |x| G2::batch_generator_mul(&[*x; 8]);
    gt_pow_small, gt_pow_full: |x| Gt::generator().pow(x);
    g1_generator_mul_small, g1_generator_mul_full: G1::generator_mul;
    g2_generator_mul_small, g2_generator_mul_full: G2::generator_mul;
    gt_generator_pow_small, gt_generator_pow_full: Gt::generator_pow;
    scalar_inverse_small, scalar_inverse_full: Scalar::inverse;
}
