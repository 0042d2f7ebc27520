//! The lanes' field against arkworks', with values at the edges beside random ones.
#![allow(clippy::unwrap_used)]

use super::convert::{load2, store2};
use super::{LANES, available};
use ark_bls12_381::{Fq, Fq2};
use ark_ff::{AdditiveGroup, Field, UniformRand, Zero};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

type Lanes = [Fq2; LANES];

/// Zero, one, minus one and `u` among random elements, at lanes that change.
fn sample(rng: &mut ChaCha20Rng, round: usize) -> Lanes {
    let edges = [Fq2::ZERO, Fq2::ONE, -Fq2::ONE, Fq2::new(Fq::ZERO, Fq::ONE)];
    let mut lanes = [Fq2::ZERO; LANES];
    for (lane, element) in lanes.iter_mut().enumerate() {
        *element = Fq2::rand(rng);
        if (lane + round).is_multiple_of(3) {
            *element = edges[(lane + round / 3) % edges.len()];
        }
    }
    lanes
}

#[test]
fn the_quadratic_extension_agrees() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(x: &Lanes, y: &Lanes) {
        let (a, b) = (load2(x), load2(y));
        let each = |f: fn(Fq2, Fq2) -> Fq2| core::array::from_fn(|i| f(x[i], y[i]));
        assert_eq!(store2(&a), *x);
        assert_eq!(store2(&a.plus(&b)), each(|x, y| x + y));
        assert_eq!(store2(&a.minus(&b).lifted::<2>()), each(|x, y| x - y));
        assert_eq!(store2(&a.times(&b)), each(|x, y| x * y));
        assert_eq!(store2(&a.square()), each(|x, _| x * x));
        assert_eq!(store2(&a.times_xi().lifted::<2>()), each(|x, _| x * Fq2::new(Fq::ONE, Fq::ONE)));
        assert_eq!(store2(&a.inverse()), each(|x, _| x.inverse().unwrap_or(Fq2::ZERO)));
        let scaled = a.scaled(&b.re.factor());
        assert_eq!(store2(&scaled), each(|x, y| x * Fq2::new(y.c0, Fq::ZERO)));
        let zeros = x.iter().enumerate().filter(|(_, x)| x.is_zero());
        assert_eq!(a.is_zero(), zeros.fold(0, |mask, (lane, _)| mask | 1 << lane));
        assert_eq!(a.equals(&a.plus(&b).minus(&b).lifted::<4>()), 0xff);
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    for round in 0..100 {
        let (x, y) = (sample(rng, round), sample(rng, round / 2));
        // SAFETY: the instructions are there.
        unsafe { check(&x, &y) };
    }
}
