//! Attacks on FABEO by authors and by modification of headers.

use super::{authority, base, coins};
use crate::common::{AbeHeader, attributes, forge, policy, rng};
use crate::soundness::formal::content_key;
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::{self, Ciphertext, CpaHeader, Header};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::framed;
use epione::algebra::{G1, G2, Gt, Scalar};

#[test]
fn a_policy_cannot_be_substituted_in_a_header() {
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(10));
    let mut weaker = AbeHeader::of(&header);
    weaker.policy = policy("a or b");
    let user = abe::keygen(&master, &attributes(&["a"]), &mut rng(11));
    assert_ne!(abe::decapsulate_cpa(&user, &weaker.assemble()).unwrap(), key);
    // `2 of (a, b)` has the same matrix, so Z_s is the same; the policy's text enters the key.
    let mut rephrased = AbeHeader::of(&header);
    rephrased.policy = policy("2 of (a, b)");
    let user = abe::keygen(&master, &attributes(&["a", "b"]), &mut rng(12));
    assert_eq!(abe::decapsulate_cpa(&user, &header).unwrap(), key);
    assert_ne!(abe::decapsulate_cpa(&user, &rephrased.assemble()).unwrap(), key);
}

#[test]
fn a_dishonest_cpa_header_yields_two_keys_and_never_two_plaintexts() {
    // Documented: a CPA header is not verifiable. With ct3[1] replaced, `a or b` gives Z_s to a and
    // Z_s / e(X, sk3_b) to b. The body commits to its key, so that b decrypts nothing.
    let (parameters, master, _) = authority();
    let policy = policy("a or b");
    let coins = coins(&policy, &mut rng(13));
    let Ok((honest, _)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
    let mut dishonest = AbeHeader::of(&honest);
    dishonest.ct3[1] += G1::generator();
    let header = dishonest.assemble();
    let alice = abe::keygen(&master, &attributes(&["a"]), &mut rng(14));
    let bob = abe::keygen(&master, &attributes(&["b"]), &mut rng(15));
    let key = abe::decapsulate_cpa(&alice, &header).unwrap();
    assert_ne!(key, abe::decapsulate_cpa(&bob, &header).unwrap());
    let bytes = header.to_bytes();
    let body = epione::dem::seal(&key, &framed(&[b"ad", &bytes]), b"for Alice");
    let sealed: Ciphertext<CpaHeader> = forge(|w| {
        w.fixed(&bytes[2..]);
        w.bytes(&body);
    });
    assert_eq!(&*abe::open_cpa(&alice, b"ad", &sealed).unwrap(), b"for Alice");
    assert!(abe::open_cpa(&bob, b"ad", &sealed).is_err());
}

/// `bytes` with the point of G1 at `position` multiplied by `factor`.
fn multiplied_g1(bytes: &[u8], position: usize, factor: G1) -> Vec<u8> {
    let (mut changed, place) = (bytes.to_vec(), position..position + 48);
    let point = G1::from_bytes(changed[place.clone()].try_into().unwrap()).unwrap();
    changed[place].copy_from_slice(&(point + factor).to_bytes());
    changed
}

/// `bytes` with the point of G2 at `position` multiplied by `factor`.
fn multiplied_g2(bytes: &[u8], position: usize, factor: G2) -> Vec<u8> {
    let (mut changed, place) = (bytes.to_vec(), position..position + 96);
    let point = G2::from_bytes(changed[place.clone()].try_into().unwrap()).unwrap();
    changed[place].copy_from_slice(&(point + factor).to_bytes());
    changed
}

#[test]
fn all_authorised_users_reject_a_dishonest_header() {
    let (parameters, master, _) = authority();
    let (header, _) = abe::encapsulate(&parameters, &policy("a or b"), b"ad", &mut rng(18));
    let keys: Vec<_> = [&["a"][..], &["b"], &["a", "b"]]
        .into_iter()
        .map(|names| abe::keygen(&master, &attributes(names), &mut rng(19)))
        .collect();
    let verdicts = |header: &Header| -> Vec<bool> {
        keys.iter().map(|key| abe::decapsulate(&parameters, key, b"ad", header).is_ok()).collect()
    };
    assert_eq!(verdicts(&header), [true; 3]);

    // Lengths in bytes: suite 1, policy 4 + 6, ct1 96, ct2 96, ct3 2 * 48, masked 32.
    let bytes = header.to_bytes();
    let (rows, masked) = (2 + 1 + 10 + 192, bytes.len() - 32);
    let g = G1::generator();
    let first = multiplied_g1(&bytes, rows, g);
    let second = multiplied_g1(&bytes, rows + 48, g);
    // Errors that cancel in a sum without random weights.
    let cancelling = multiplied_g1(&first, rows + 48, -g);
    let mut mask = bytes.clone();
    mask[masked] ^= 1;
    for changed in [first, second, cancelling, mask] {
        let changed = Header::from_bytes(&changed).unwrap();
        assert_eq!(verdicts(&changed), [false; 3]);
    }
}

/// Malleability is a CPA property that the transform removes.
#[test]
fn a_header_cannot_be_rerandomised() {
    let (parameters, master, alpha) = authority();
    let policy = policy("a");
    let user = abe::keygen(&master, &attributes(&["a"]), &mut rng(20));
    // CPA: replacing s by s + 1 multiplies Z_s by Z^alpha.
    let coins = coins(&policy, &mut rng(21));
    let Ok((header, _)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
    let mut shifted = AbeHeader::of(&header);
    shifted.ct1 += G2::generator();
    shifted.ct3[0] += base();
    let z_s = Gt::generator().pow(&(alpha * (coins.vector[0] + Scalar::ONE)));
    let shifted = shifted.assemble();
    let key = abe::decapsulate_cpa(&user, &shifted).unwrap();
    assert_eq!(content_key(&z_s, &shifted), *key.expose(), "a CPA header is malleable");

    // Lengths in bytes: suite 1, policy 4 + 1, ct1 96, ct2 96, ct3 48.
    let (header, _) = abe::encapsulate(&parameters, &policy, b"", &mut rng(22));
    assert!(abe::decapsulate(&parameters, &user, b"", &header).is_ok());
    let ct1 = 2 + 1 + 5;
    let bytes = multiplied_g2(&header.to_bytes(), ct1, G2::generator());
    let shifted = Header::from_bytes(&multiplied_g1(&bytes, ct1 + 192, base())).unwrap();
    assert_eq!(
        abe::decapsulate(&parameters, &user, b"", &shifted).err(),
        Some(abe::OpenError::Decryption(epione::error::DecryptionFailed))
    );
}
