//! Proxy re-encryption: correctness, integrity, encodings, and batch verification.

use crate::common::rng;
use epione::algebra::codec::Canonical;
use epione::dem;
use epione::pre::conditional::{self, Ciphertext, ReEncryption, ReKey, UnverifiedCiphertext};
use epione::pre::{self, PublicKey, SecretKey, afgh};
use rand_chacha::ChaCha20Rng;

const CONDITION: &[u8] = b"clinical, epoch 202612";

fn two_users(rng: &mut ChaCha20Rng) -> ((SecretKey, PublicKey), (SecretKey, PublicKey)) {
    (pre::keygen(rng), pre::keygen(rng))
}

#[test]
fn delegator_and_delegatee_decrypt_the_same_plaintext() {
    let rng = &mut rng(1);
    let ((patient, patient_public), (doctor, doctor_public)) = two_users(rng);
    let long: Vec<u8> = (0..200_000).map(|i| i as u8).collect();
    for plaintext in [&b""[..], b"content key", &long] {
        let sealed = conditional::seal(&patient_public, CONDITION, b"ad", plaintext, rng);
        let sealed = Ciphertext::from_bytes(&sealed.to_bytes()).unwrap();
        assert_eq!(&*conditional::open(&patient, CONDITION, b"ad", &sealed).unwrap(), plaintext);
        let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
        let rekey = ReKey::from_bytes(&rekey.to_bytes()).unwrap();
        let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
        let verified = sealed.verify(CONDITION, b"ad").unwrap();
        let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
        let reencryption = ReEncryption::from_bytes(&reencryption.to_bytes()).unwrap();
        // The doctor assembles the delegation from public values alone.
        let delegation =
            conditional::Delegation::new(&patient_public, &doctor_public, CONDITION, rekey.rk2());
        assert_eq!(&delegation, checked.delegation());
        let reencryption = reencryption.verify(&delegation, &verified).unwrap();
        assert_eq!(&*conditional::open_reencrypted(&doctor, &reencryption).unwrap(), plaintext);
        assert!(conditional::open(&doctor, CONDITION, b"ad", &sealed).is_err());
    }
}

#[test]
fn delegation_is_unidirectional() {
    let rng = &mut rng(2);
    let ((patient, patient_public), (doctor, doctor_public)) = two_users(rng);
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    assert!(rekey.verify(&patient_public, &doctor_public, CONDITION).is_ok());
    assert!(rekey.verify(&doctor_public, &patient_public, CONDITION).is_err());
    let of_doctor = conditional::seal(&doctor_public, CONDITION, b"ad", b"text", rng);
    let of_doctor = of_doctor.verify(CONDITION, b"ad").unwrap();
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let reencrypted = conditional::reencrypt(&checked, &of_doctor, rng).unwrap();
    let reencrypted = reencrypted.verify(checked.delegation(), &of_doctor).unwrap();
    assert!(conditional::open_reencrypted(&patient, &reencrypted).is_err());
    assert!(conditional::open_reencrypted(&doctor, &reencrypted).is_err());
}

#[test]
fn encodings_have_the_documented_lengths() {
    let rng = &mut rng(3);
    let ((patient, patient_public), (_, doctor_public)) = two_users(rng);
    let sealed = conditional::seal(&patient_public, CONDITION, b"ad", &[7; 32], rng);
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(CONDITION, b"ad").unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let body = 4 + dem::sealed_length(32) as usize;
    assert_eq!(sealed.to_bytes().len(), 2 + 176 + body);
    assert_eq!(rekey.to_bytes().len(), 2 + 192);
    assert_eq!(reencryption.to_bytes().len(), 2 + 256);
    let sealed = afgh::seal(&patient_public, b"ad", &[7; 32], rng);
    let rekey = afgh::rekeygen(&patient, &doctor_public);
    assert_eq!(sealed.to_bytes().len(), 2 + 48 + body);
    assert_eq!(rekey.to_bytes().len(), 2 + 96);
    assert_eq!(afgh::reencrypt(&rekey, &sealed).to_bytes().len(), 2 + 48 + 576 + body);
}

#[test]
fn modified_ciphertexts_are_rejected() {
    let rng = &mut rng(4);
    let (patient, patient_public) = pre::keygen(rng);
    let sealed = conditional::seal(&patient_public, CONDITION, b"ad", b"text", rng).to_bytes();
    for position in 0..sealed.len() {
        for bit in [1, 0x20] {
            let mut changed = sealed.clone();
            changed[position] ^= bit;
            let Ok(changed) = Ciphertext::from_bytes(&changed) else { continue };
            let tag = changed.verify(CONDITION, b"ad");
            assert!(tag.is_err(), "verify, byte {position}");
            // C4 (bytes 82 to 178) protects proxies; the delegator checks C1 against mu instead.
            if !(82..178).contains(&position) {
                let opened = conditional::open(&patient, CONDITION, b"ad", &changed);
                assert!(opened.is_err(), "open, byte {position}");
            }
        }
    }
}

#[test]
fn modified_rekeys_and_reencryptions_are_rejected() {
    let rng = &mut rng(5);
    let ((patient, patient_public), (_, doctor_public)) = two_users(rng);
    let sealed = conditional::seal(&patient_public, CONDITION, b"ad", b"text", rng);
    let verified = sealed.verify(CONDITION, b"ad").unwrap();
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let rekey = rekey.to_bytes();
    for bit in [1, 0x20] {
        for position in 0..rekey.len() {
            let mut changed = rekey.clone();
            changed[position] ^= bit;
            let verdict = ReKey::from_bytes(&changed)
                .map(|changed| changed.verify(&patient_public, &doctor_public, CONDITION).is_ok());
            assert_ne!(verdict, Ok(true), "key, byte {position}");
        }
        for position in 0..reencryption.len() {
            let mut changed = reencryption.clone();
            changed[position] ^= bit;
            let verdict = ReEncryption::from_bytes(&changed)
                .map(|changed| changed.verify(checked.delegation(), &verified).is_ok());
            assert_ne!(verdict, Ok(true), "re-encryption, byte {position}");
        }
    }
}

#[test]
fn afgh_decrypts_and_rejects_modified_ciphertexts() {
    let rng = &mut rng(6);
    let ((patient, patient_public), (doctor, doctor_public)) = two_users(rng);
    let rekey = afgh::rekeygen(&patient, &doctor_public);
    let sealed = afgh::seal(&patient_public, b"ad", b"text", rng);
    let reencrypted = afgh::reencrypt(&rekey, &sealed);
    assert_eq!(&*afgh::open(&patient, b"ad", &sealed).unwrap(), b"text");
    assert_eq!(&*afgh::open_reencrypted(&doctor, b"ad", &reencrypted).unwrap(), b"text");
    assert!(afgh::open(&patient, b"other", &sealed).is_err());
    assert!(afgh::open(&doctor, b"ad", &sealed).is_err());
    assert!(afgh::open_reencrypted(&patient, b"ad", &reencrypted).is_err());
    let (sealed, reencrypted) = (sealed.to_bytes(), reencrypted.to_bytes());
    for bit in [1, 0x20] {
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= bit;
            let opened = afgh::Ciphertext::from_bytes(&changed)
                .map(|changed| afgh::open(&patient, b"ad", &changed).is_ok());
            assert_ne!(opened, Ok(true), "ciphertext, byte {position}");
        }
        for position in 0..reencrypted.len() {
            let mut changed = reencrypted.clone();
            changed[position] ^= bit;
            let opened = afgh::ReEncryption::from_bytes(&changed)
                .map(|changed| afgh::open_reencrypted(&doctor, b"ad", &changed).is_ok());
            assert_ne!(opened, Ok(true), "re-encryption, byte {position}");
        }
    }
}

#[test]
fn the_framing_of_condition_and_ad_is_injective() {
    let rng = &mut rng(7);
    let (patient, public) = pre::keygen(rng);
    let sealed = conditional::seal(&public, b"ab", b"c", b"text", rng);
    for (condition, ad) in [(&b"a"[..], &b"bc"[..]), (b"abc", b""), (b"", b"abc"), (b"c", b"ab")] {
        assert!(conditional::open(&patient, condition, ad, &sealed).is_err());
        assert!(sealed.verify(condition, ad).is_err());
    }
}

#[test]
fn repeated_randomness_does_not_repeat_the_exponent_of_a_reencryption() {
    let rng = &mut rng(9);
    let ((patient, patient_public), (_, doctor_public)) = two_users(rng);
    let mut rekey = || {
        let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
        rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap()
    };
    let (one, two) = (rekey(), rekey());
    let [first, second] = [b"record 7", b"record 8"].map(|ad| {
        conditional::seal(&patient_public, CONDITION, ad, b"text", rng)
            .verify(CONDITION, ad)
            .unwrap()
    });
    // D1, T, D2 and the proof; T = g1^t follows the 48 bytes of D1.
    let reencrypt = |rekey, ciphertext| {
        let repeated = &mut crate::common::rng(10);
        conditional::reencrypt(rekey, ciphertext, repeated).unwrap().to_bytes()
    };
    let t = |rekey, ciphertext| reencrypt(rekey, ciphertext)[50..98].to_vec();
    assert_ne!(t(&one, &first), t(&one, &second), "another ciphertext");
    assert_ne!(t(&one, &first), t(&two, &first), "another key");
    assert_eq!(reencrypt(&one, &first), reencrypt(&one, &first), "deterministic");
}

#[test]
fn debug_output_hides_secrets() {
    let rng = &mut rng(8);
    let ((patient, _), (_, doctor_public)) = two_users(rng);
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    for shown in [format!("{patient:?}"), format!("{rekey:?}")] {
        assert!(shown.contains("Secret(..)"), "{shown}");
        assert!(!shown.contains("0x"), "{shown}");
    }
}

/// Batch sizes around the number of vector lanes.
const SIZES: [usize; 6] = [0, 1, 7, 8, 9, 17];

/// Index sets of invalid items: none, one, two, all.
fn invalid_sets(count: usize) -> [Vec<usize>; 4] {
    [vec![], vec![count / 2], vec![0, count.saturating_sub(1)], (0..count).collect()]
}

#[test]
fn batch_verification_of_ciphertexts_agrees_with_single_verification() {
    let rng = &mut rng(21);
    let (_, public) = pre::keygen(rng);
    let names: Vec<String> = (0..17).map(|i| i.to_string()).collect();
    let sealed: Vec<Ciphertext> = names
        .iter()
        .map(|n| conditional::seal(&public, n.as_bytes(), CONDITION, &[7; 32], rng))
        .collect();
    let items: Vec<_> = (names.iter().zip(&sealed))
        .map(|(n, ciphertext)| UnverifiedCiphertext {
            ciphertext,
            condition: n.as_bytes(),
            ad: CONDITION,
        })
        .collect();
    for count in SIZES {
        for invalid in invalid_sets(count) {
            let mut list = items[..count].to_vec();
            for i in invalid.iter().copied().filter(|i| *i < count) {
                match i % 3 {
                    0 => list[i].ad = b"other data",
                    1 => list[i].condition = b"other condition",
                    _ => list[i].ciphertext = &sealed[(i + 1) % 17],
                }
            }
            let single: Vec<bool> = (list.iter())
                .map(|item| item.ciphertext.verify(item.condition, item.ad).is_ok())
                .collect();
            let expected: Vec<bool> = (0..count).map(|i| !invalid.contains(&i)).collect();
            assert_eq!(single, expected);
            let batch = Ciphertext::batch_verify(&list);
            assert_eq!(batch.iter().map(Result::is_ok).collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn batch_verification_of_rekeys_and_reencryptions_agrees_with_single_verification() {
    let rng = &mut rng(22);
    let ((patient, public), (doctor, reader)) = two_users(rng);
    let names: Vec<String> = (0..17).map(|i| i.to_string()).collect();
    let conditions: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    let (batch_rng, single_rng) = (&mut rng.clone(), &mut rng.clone());
    let rekeys = conditional::batch_rekeygen(&patient, &reader, &conditions, batch_rng);
    for (rekey, condition) in rekeys.iter().zip(&conditions) {
        let single = conditional::rekeygen(&patient, &reader, condition, single_rng);
        assert_eq!(rekey.to_bytes(), single.to_bytes());
    }
    assert_eq!(batch_rng, single_rng, "both consume the same randomness");

    let items: Vec<_> = rekeys.iter().zip(conditions.iter().copied()).collect();
    let seal = |condition: &&[u8]| {
        let ciphertext = conditional::seal(&public, condition, b"ad", &[7; 32], rng);
        ciphertext.verify(condition, b"ad").unwrap()
    };
    let ciphertexts: Vec<_> = conditions.iter().map(seal).collect();
    let checked = ReKey::batch_verify(&public, &reader, &items);
    let checked: Vec<_> = checked.into_iter().map(Result::unwrap).collect();
    let reencryption: Vec<_> = (checked.iter().zip(&ciphertexts))
        .map(|(rekey, ciphertext)| conditional::reencrypt(rekey, ciphertext, single_rng).unwrap())
        .collect();
    for count in SIZES {
        for invalid in invalid_sets(count) {
            let mut keys = items[..count].to_vec();
            let mut in_context: Vec<_> = (reencryption.iter().zip(&checked).zip(&ciphertexts))
                .map(|((reencryption, rekey), ciphertext)| {
                    (reencryption, rekey.delegation(), ciphertext)
                })
                .take(count)
                .collect();
            for i in invalid.iter().copied().filter(|i| *i < count) {
                let other = (i + 1) % 17;
                match i % 3 {
                    0 => (keys[i].0, in_context[i].0) = (&rekeys[other], &reencryption[other]),
                    1 => (keys[i].1, in_context[i].1) = (b"no", checked[other].delegation()),
                    _ => (keys[i].1, in_context[i].2) = (b"", &ciphertexts[other]),
                }
            }
            let expected: Vec<bool> = (0..count).map(|i| !invalid.contains(&i)).collect();
            let single = keys.iter().map(|(key, w)| key.verify(&public, &reader, w).is_ok());
            assert_eq!(single.collect::<Vec<_>>(), expected);
            let verdicts = ReKey::batch_verify(&public, &reader, &keys);
            assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), expected);
            let single = in_context
                .iter()
                .map(|(reencryption, d, ciphertext)| reencryption.verify(d, ciphertext).is_ok());
            assert_eq!(single.collect::<Vec<_>>(), expected);
            let results = ReEncryption::batch_verify(&in_context);
            assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), expected);
            for verified in results.into_iter().flatten() {
                assert_eq!(*conditional::open_reencrypted(&doctor, &verified).unwrap(), [7; 32]);
            }
        }
    }
}
