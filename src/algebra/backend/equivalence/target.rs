//! Agreement in GT.
#![forbid(unsafe_code)]

use super::{ORACLE, cases, others, rng, scalar};
use crate::algebra::{Gt, Scalar};
use ark_bls12_381::{Fq12, Fr};
use ark_ff::{Field, PrimeField, UniformRand, Zero};
use rand_chacha::ChaCha20Rng;

fn element(rng: &mut ChaCha20Rng) -> Gt {
    (ORACLE.gt.pow)(&Gt::generator(), &scalar(rng))
}

/// Returns `f^((p^6 - 1)(p^2 + 1))`, an element of the cyclotomic subgroup of order
/// `p^4 - p^2 + 1`.
fn cyclotomic(rng: &mut ChaCha20Rng) -> Fq12 {
    let f = Fq12::rand(rng);
    let mut easy = f;
    easy.conjugate_in_place();
    easy *= f.inverse().expect("a random element is not zero");
    easy.frobenius_map(2) * easy
}

#[test]
fn backends_agree_on_multiplication_in_gt() {
    for (name, kernel) in others() {
        let rng = &mut rng(40);
        for _ in cases(200) {
            let (a, b) = (element(rng).0, element(rng).0);
            assert_eq!((kernel.gt.mul)(&a, &b), a * b, "{name}");
            let (a, b) = (Fq12::rand(rng), Fq12::rand(rng));
            assert_eq!((kernel.gt.mul)(&a, &b), a * b, "{name}");
        }
    }
}

#[test]
fn backends_agree_on_exponentiation_in_gt() {
    for (name, kernel) in others() {
        let rng = &mut rng(41);
        for i in cases(200) {
            let base = if i % 50 == 0 { Gt::identity() } else { element(rng) };
            let scalar = scalar(rng);
            let expected = (ORACLE.gt.pow)(&base, &scalar);
            assert_eq!((kernel.gt.pow)(&base, &scalar), expected, "{name}");
        }
    }
}

#[test]
fn backends_agree_on_fixed_base_exponentiation() {
    for (name, kernel) in others() {
        let rng = &mut rng(44);
        for _ in cases(4) {
            let base = element(rng);
            let table = kernel.gt.table(&base);
            for _ in 0..30 {
                let scalar = scalar(rng);
                let expected = (ORACLE.gt.pow)(&base, &scalar);
                assert_eq!((kernel.gt.table_pow)(&table, &scalar), expected, "{name}");
                assert_eq!((ORACLE.gt.table_pow)(&table, &scalar), expected, "portable");
            }
        }
    }
}

/// Compares with square-and-multiply, because the portable exponentiation decomposes scalars too.
#[test]
fn portable_exponentiation_matches_square_and_multiply() {
    let rng = &mut rng(42);
    for _ in cases(100) {
        let (base, scalar) = (element(rng), scalar(rng));
        let expected = base.0.pow(scalar.0.into_bigint());
        assert_eq!((ORACLE.gt.pow)(&base, &scalar).0, expected);
    }
    let base = element(rng);
    assert_eq!((ORACLE.gt.pow)(&base, &Scalar::ZERO), Gt::identity());
}

#[test]
fn only_elements_of_order_r_are_in_gt() {
    let check = |f: &Fq12, expected: bool, what: &str| {
        assert_eq!((ORACLE.gt.contains)(f), expected, "portable: {what}");
        for (name, kernel) in others() {
            assert_eq!((kernel.gt.contains)(f), expected, "{name}: {what}");
        }
    };
    check(&Fq12::zero(), false, "zero");
    check(&Fq12::ONE, true, "one");
    check(&-Fq12::ONE, false, "minus one");
    let rng = &mut rng(43);
    for _ in cases(30) {
        let member = element(rng).0;
        check(&member, true, "an element");
        check(&-member, false, "an element times minus one");
        check(&Fq12::rand(rng), false, "random");
        let f = cyclotomic(rng);
        check(&f, false, "cyclotomic");
        let cofactor = f.pow(Fr::MODULUS);
        check(&cofactor, false, "cyclotomic, of order coprime to r");
        check(&(cofactor * member), false, "an element times one of order coprime to r");
    }
}
