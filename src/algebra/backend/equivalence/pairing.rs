//! Agreement of pairings: single, batch, prepared and products.
#![forbid(unsafe_code)]

use super::source::points;
use super::{ORACLE, SIZES, cases, others, rng};
use crate::algebra::backend::batch;
use crate::algebra::{G1, G2, Gt};

fn individual_pairings(pairs: &[(G1, G2)]) -> Vec<Gt> {
    let pairing = &ORACLE.pairing;
    let single = |pair| (pairing.final_exponentiation)(&(pairing.miller_loop)(&[pair]));
    pairs.iter().copied().map(single).collect()
}

#[test]
fn backends_agree_on_pairings_and_their_products() {
    for (name, kernel) in others() {
        let rng = &mut rng(30);
        for _ in cases(5) {
            for size in SIZES {
                let (left, right) = (points::<G1>(rng, size), points::<G2>(rng, size));
                let pairs: Vec<(G1, G2)> = left.into_iter().zip(right).collect();
                let expected = individual_pairings(&pairs);
                assert_eq!(kernel.pairing.batch_pairing(&pairs), expected, "{name}, {size}");
                let product = expected.into_iter().product();
                assert_eq!(kernel.multi_pairing(&pairs), product, "{name}, {size}");
                assert_eq!(ORACLE.multi_pairing(&pairs), product, "portable, {size}");
            }
        }
    }
}

#[test]
fn backends_agree_on_prepared_pairings() {
    for (name, kernel) in others() {
        let rng = &mut rng(31);
        for _ in cases(5) {
            for size in SIZES {
                let (left, q) = (points::<G1>(rng, size), points::<G2>(rng, 1)[0]);
                let pairs: Vec<(G1, G2)> = left.iter().map(|p| (*p, q)).collect();
                let expected = individual_pairings(&pairs);
                for (name, kernel) in [(name.as_str(), kernel), ("portable", ORACLE)] {
                    let lines = (kernel.pairing.prepare)(&q);
                    assert_eq!(batch::pairings(&*lines, &left), expected, "{name}, {size}");
                    for (p, expected) in left.iter().zip(&expected) {
                        assert_eq!(lines.pairing(p), *expected, "{name}");
                    }
                }
            }
        }
    }
}
