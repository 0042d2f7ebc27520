//! FABEO: delegation, verification of keys, outsourced decryption.

use super::FAILED;
use crate::common::{AbeKey, attributes, policy, rng};
use epione::abe::fabeo::{
    AttributeNotHeld, RetrievalKey, TransformKey, TransformedEncapsulation,
    decapsulate_transformed, decapsulate_transformed_cpa, delegate, transform, transform_keys,
    verify_key,
};
use epione::abe::{self, OpenError, UserSecretKey};
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::{G1, G2, Scalar};
use epione::error::DecodeError;
use rand_chacha::ChaCha20Rng;

fn decrypts(
    parameters: &abe::PublicParameters,
    key: &UserSecretKey,
    text: &str,
    rng: &mut ChaCha20Rng,
) -> bool {
    let (header, content) = abe::encapsulate(parameters, &policy(text), b"", rng);
    match abe::decapsulate(parameters, key, b"", &header) {
        Ok(found) => found == content,
        Err(error) => {
            assert_eq!(error, OpenError::PolicyNotSatisfied);
            false
        }
    }
}

#[test]
fn a_delegated_key_is_valid_for_its_subset_of_attributes_only() {
    let rng = &mut rng(31);
    let (parameters, master) = abe::setup(rng);
    let key = abe::keygen(&master, &attributes(&["a", "b", "c"]), rng);
    let less = delegate(&key, &attributes(&["a", "c"]), rng).unwrap();
    assert_eq!(less.attributes(), &attributes(&["a", "c"]));
    assert_eq!(verify_key(&parameters, &less), Ok(()));
    assert!(decrypts(&parameters, &less, "a and c", rng));
    assert!(!decrypts(&parameters, &less, "a and b", rng));
    let least = delegate(&less, &attributes(&["c"]), rng).unwrap();
    assert!(decrypts(&parameters, &least, "c", rng) && !decrypts(&parameters, &least, "a", rng));
    let none = delegate(&key, &attributes(&[]), rng).unwrap();
    assert_eq!(verify_key(&parameters, &none), Ok(()));
    assert_eq!(delegate(&less, &attributes(&["b"]), rng).err(), Some(AttributeNotHeld));
    assert_eq!(delegate(&less, &attributes(&["a", "b"]), rng).err(), Some(AttributeNotHeld));
    let twice = delegate(&key, &attributes(&["a", "c"]), rng).unwrap();
    assert_ne!(less.to_bytes(), twice.to_bytes());
}

#[test]
fn components_of_two_delegated_keys_do_not_combine() {
    let rng = &mut rng(32);
    let (parameters, master) = abe::setup(rng);
    let whole = abe::keygen(&master, &attributes(&["a", "b"]), rng);
    let (a, b) = (attributes(&["a"]), attributes(&["b"]));
    let a = AbeKey::of(&delegate(&whole, &a, rng).unwrap());
    let b = AbeKey::of(&delegate(&whole, &b, rng).unwrap());
    let mut pooled = a.clone();
    pooled.sk2.extend(b.sk2.clone());
    let pooled = pooled.assemble();
    assert!(verify_key(&parameters, &pooled).is_err());
    let (header, _) = abe::encapsulate(&parameters, &policy("a and b"), b"", rng);
    assert_eq!(abe::decapsulate(&parameters, &pooled, b"", &header).err(), Some(FAILED));
}

#[test]
fn a_key_with_an_invalid_element_is_rejected() {
    let rng = &mut rng(33);
    let (parameters, master) = abe::setup(rng);
    let (other, _) = abe::setup(rng);
    for names in [&[][..], &["a"], &["a", "b", "c"]] {
        let user = abe::keygen(&master, &attributes(names), rng);
        assert_eq!(verify_key(&parameters, &user), Ok(()));
        assert!(verify_key(&other, &user).is_err());
        let honest = AbeKey::of(&user);
        let refused = |change: &dyn Fn(&mut AbeKey)| {
            let mut changed = honest.clone();
            change(&mut changed);
            verify_key(&parameters, &changed.assemble()).is_err()
        };
        assert!(refused(&|key| key.sk1 += G1::generator()));
        assert!(refused(&|key| key.sk3 += G2::generator()));
        assert!((0..names.len()).all(|i| refused(&|key| key.sk2[i].1 += G1::generator())));
    }
    // Errors that cancel in a sum without weights; swapped components.
    let honest = AbeKey::of(&abe::keygen(&master, &attributes(&["a", "b"]), rng));
    let mut cancelling = honest.clone();
    cancelling.sk2[0].1 += G1::generator();
    cancelling.sk2[1].1 += -G1::generator();
    assert!(verify_key(&parameters, &cancelling.assemble()).is_err());
    let mut against_sk1 = honest.clone();
    against_sk1.sk1 += G1::generator();
    against_sk1.sk2[0].1 += -G1::generator();
    assert!(verify_key(&parameters, &against_sk1.assemble()).is_err());
    let mut swapped = honest.clone();
    (swapped.sk2[0].1, swapped.sk2[1].1) = (honest.sk2[1].1, honest.sk2[0].1);
    assert!(verify_key(&parameters, &swapped.assemble()).is_err());
}

#[test]
fn the_retrieval_key_decapsulates_a_transformed_encapsulation() {
    let rng = &mut rng(34);
    let (parameters, master) = abe::setup(rng);
    let key = abe::keygen(&master, &attributes(&["a", "b"]), rng);
    let (server, user) = transform_keys(&key, rng);
    let server = TransformKey::from_bytes(&server.to_bytes()).unwrap();
    let user = RetrievalKey::from_bytes(&user.to_secret_bytes()).unwrap();
    for text in ["a", "a and b", "2 of (a, b, c)", "a and (a or b)"] {
        let (header, content) = abe::encapsulate(&parameters, &policy(text), b"ad", rng);
        let answer = transform(&server, header.cpa()).unwrap();
        let answer = TransformedEncapsulation::from_bytes(&answer.to_bytes()).unwrap();
        let opened = decapsulate_transformed(&parameters, &user, b"ad", &header, &answer);
        assert_eq!(opened, Ok(content), "{text}");
        let opened = decapsulate_transformed(&parameters, &user, b"", &header, &answer);
        assert_eq!(opened.err(), Some(FAILED));

        let (header, content) = abe::encapsulate_cpa(&parameters, &policy(text), rng);
        let answer = transform(&server, &header).unwrap();
        assert_eq!(decapsulate_transformed_cpa(&user, &header, &answer), content, "{text}");
    }
    let (header, _) = abe::encapsulate_cpa(&parameters, &policy("a and c"), rng);
    assert_eq!(transform(&server, &header).err(), Some(OpenError::PolicyNotSatisfied));
}

#[test]
fn a_transform_server_cannot_decrypt_and_false_answers_are_detected() {
    let rng = &mut rng(35);
    let (parameters, master) = abe::setup(rng);
    let key = abe::keygen(&master, &attributes(&["a"]), rng);
    let (server, user) = transform_keys(&key, rng);
    let (header, content) = abe::encapsulate(&parameters, &policy("a"), b"", rng);
    let (cpa_header, cpa_content) = abe::encapsulate_cpa(&parameters, &policy("a"), rng);

    // The transform key under the kind byte of a user's key.
    let mut bytes = server.to_bytes();
    bytes[1] = <UserSecretKey>::KIND as u8;
    let taken = <UserSecretKey>::from_bytes(&bytes).unwrap();
    assert!(verify_key(&parameters, &taken).is_err());
    assert_eq!(abe::decapsulate(&parameters, &taken, b"", &header).err(), Some(FAILED));
    assert_ne!(abe::decapsulate_cpa(&taken, &cpa_header), Ok(cpa_content.clone()));
    assert!(TransformKey::from_bytes(&key.to_bytes()).is_err());

    // A false answer: the transformed encapsulation of another header.
    let (another, _) = abe::encapsulate(&parameters, &policy("a"), b"", rng);
    let false_answer = transform(&server, another.cpa()).unwrap();
    let opened = decapsulate_transformed(&parameters, &user, b"", &header, &false_answer);
    assert_eq!(opened.err(), Some(FAILED));
    assert_ne!(decapsulate_transformed_cpa(&user, &cpa_header, &false_answer), cpa_content);
    let answer = transform(&server, header.cpa()).unwrap();
    assert_eq!(decapsulate_transformed(&parameters, &user, b"", &header, &answer), Ok(content));

    // -1 has order two and would reveal the parity of z.
    let mut minus_one = vec![VERSION, TransformedEncapsulation::KIND as u8];
    minus_one.extend(prime_minus_one());
    minus_one.extend([0; 11 * 48]);
    assert_eq!(TransformedEncapsulation::from_bytes(&minus_one), Err(DecodeError::NotInSubgroup));
}

/// `p - 1`, big-endian.
fn prime_minus_one() -> Vec<u8> {
    hex::decode(concat!(
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf",
        "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaaa"
    ))
    .unwrap()
}

#[test]
fn debug_output_hides_secrets_and_attributes() {
    let rng = &mut rng(36);
    let (_, master) = abe::setup(rng);
    let key = abe::keygen(&master, &attributes(&["oncology"]), rng);
    let (server, user) = transform_keys(&key, rng);
    for shown in [format!("{server:?}"), format!("{user:?}"), format!("{key:?}")] {
        assert!(shown.contains("Secret(..)") && !shown.contains("oncology"), "{shown}");
    }
    let zero = [&user.to_bytes()[..2], &Scalar::ZERO.to_be_bytes()].concat();
    assert!(matches!(RetrievalKey::from_bytes(&zero), Err(DecodeError::Invalid(_))));
}
