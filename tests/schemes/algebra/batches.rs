//! Batch operations return the results of the single operations, in input order.

use crate::common::rng;
use epione::algebra::hash::{batch_hash_to_g1, batch_hash_to_g1_cached, hash_to_g1};
use epione::algebra::hash::{batch_hash_to_g2, hash_to_g2};
use epione::algebra::{G1, G2, PreparedG2, Scalar, batch_pairing, multi_pairing, pairing, tag};
use epione::error::DecodeError;

/// Sizes around the number of lanes, and zero.
const SIZES: [usize; 7] = [0, 1, 2, 7, 8, 9, 17];

fn scalars(count: usize) -> Vec<Scalar> {
    let rng = &mut rng(40 + count as u64);
    let mut scalars: Vec<Scalar> = (0..count).map(|_| Scalar::random(rng)).collect();
    if count > 7 {
        (scalars[2], scalars[3], scalars[4]) = (Scalar::ZERO, Scalar::ONE, -Scalar::ONE);
    }
    scalars
}

macro_rules! source_group {
    ($name:ident, $group:ident) => {
        #[test]
        fn $name() {
            for count in SIZES {
                let (exponents, scalars) = (scalars(count), scalars(count));
                let mut points = $group::batch_generator_mul(&exponents);
                for (point, exponent) in points.iter().zip(&exponents) {
                    assert!(*point == $group::generator() * *exponent);
                    assert!(*point == $group::generator_mul(exponent));
                }
                if count > 7 {
                    points[6] = -points[5];
                }

                let products = $group::batch_mul(&points, &scalars);
                assert_eq!(products.len(), count);
                for i in 0..count {
                    assert!(products[i] == points[i] * scalars[i], "{i} of {count}");
                }
                let all = $group::batch_mul_by_scalar(&points, &(-Scalar::from(7)));
                assert!(all == points.iter().map(|p| *p * -Scalar::from(7)).collect::<Vec<_>>());
                assert!($group::msm(&points, &scalars) == products.iter().copied().sum());

                let bytes = $group::batch_to_bytes(&points);
                assert_eq!(bytes, points.iter().map($group::to_bytes).collect::<Vec<_>>());
                let decoded = $group::batch_from_bytes(&bytes);
                assert_eq!(decoded, bytes.iter().map($group::from_bytes).collect::<Vec<_>>());
            }
        }
    };
}

source_group!(batches_in_g1_match_single_operations, G1);
source_group!(batches_in_g2_match_single_operations, G2);

#[test]
fn an_invalid_encoding_does_not_affect_its_batch() {
    let good = G1::generator().to_bytes();
    let mut off = good;
    off[47] ^= 1;
    let decoded = G1::batch_from_bytes(&[good, G1::identity().to_bytes(), good, off, [0; 48]]);
    assert_eq!(decoded[0], Ok(G1::generator()));
    assert_eq!(decoded[1], Err(DecodeError::Identity));
    assert_eq!(decoded[2], Ok(G1::generator()));
    assert_eq!(decoded[3], G1::from_bytes(&off));
    assert_eq!(decoded[4], Err(DecodeError::NotOnCurve));
}

#[test]
fn batches_of_pairings_match_single_pairings() {
    for count in SIZES {
        let mut points = G1::batch_generator_mul(&scalars(count));
        let q = G2::generator() * Scalar::from(11);
        if count > 1 {
            points[1] = G1::identity();
        }
        let one_by_one: Vec<_> = points.iter().map(|p| pairing(p, &q)).collect();
        let mut pairs: Vec<_> = points.iter().map(|p| (*p, q)).collect();
        assert_eq!(batch_pairing(&pairs), one_by_one);
        assert_eq!(multi_pairing(&pairs), one_by_one.iter().copied().product());

        let prepared = PreparedG2::new(&q);
        assert_eq!(prepared.batch_pairing(&points), one_by_one);
        assert!(points.iter().all(|p| prepared.clone().pairing(p) == pairing(p, &q)));
        let identity = PreparedG2::new(&G2::identity());
        assert!(identity.batch_pairing(&points).iter().all(|gt| gt.is_identity()));

        if let Some(last) = pairs.last_mut() {
            last.1 = G2::identity();
            assert!(batch_pairing(&pairs)[count - 1].is_identity());
        }
    }
}

#[test]
fn batches_of_hashes_match_single_hashes() {
    for count in SIZES {
        let messages: Vec<String> = (0..count).map(|i| "a".repeat(i * 31)).collect();
        let one_by_one: Vec<_> =
            messages.iter().map(|m| hash_to_g1(tag::FABEO_ATTRIBUTE, m.as_bytes())).collect();
        assert_eq!(batch_hash_to_g1(tag::FABEO_ATTRIBUTE, &messages), one_by_one);
        for _ in 0..2 {
            assert_eq!(batch_hash_to_g1_cached(tag::FABEO_ATTRIBUTE, &messages), one_by_one);
        }
        let one_by_one: Vec<_> =
            messages.iter().map(|m| hash_to_g2(tag::PEKS_KEYWORD, m.as_bytes())).collect();
        assert_eq!(batch_hash_to_g2(tag::PEKS_KEYWORD, &messages), one_by_one);
    }
}

#[test]
#[should_panic(expected = "one scalar per point")]
fn batch_mul_panics_on_slices_of_different_lengths() {
    G1::batch_mul(&[G1::generator()], &[]);
}
