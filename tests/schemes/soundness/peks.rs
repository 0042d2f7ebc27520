//! Attacks on searchable encryption: keyword guessing with a trapdoor (succeeds by design) and
//! without one.

use crate::common::{fields, rng};
use crate::soundness::exponents::{View, reaches};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{hash_to_g2, kdf};
use epione::algebra::{G1, G2, Gt, Scalar, pairing, tag};
use epione::peks::{self, PublicKey, SearchableCiphertext, Trapdoor};

const DICTIONARY: [&[u8]; 4] = [b"E11.9", b"I10", b"I63.9", b"J45"];

fn hash(keyword: &[u8]) -> G2 {
    hash_to_g2(tag::PEKS_KEYWORD, keyword)
}

fn public_point(key: &PublicKey) -> G1 {
    fields(&key.to_bytes()).g1().unwrap()
}

fn trapdoor_point(trapdoor: &Trapdoor) -> G2 {
    fields(&trapdoor.to_bytes()).g2().unwrap()
}

/// `A` and `B` of a ciphertext.
fn a_and_b(ciphertext: &SearchableCiphertext) -> (G1, [u8; 32]) {
    let bytes = ciphertext.to_bytes();
    let mut r = fields(&bytes);
    (r.g1().unwrap(), r.fixed().unwrap())
}

/// `B = KDF("check", K, A, context)`.
fn check(k: &Gt, a: &G1, context: &[u8]) -> [u8; 32] {
    *kdf(tag::PEKS_CHECK, &k.to_bytes(), &[&a.to_bytes(), context]).expose()
}

#[test]
fn the_holder_of_a_trapdoor_guesses_its_keyword_offline() {
    // Offline keyword guessing attack: e(g1, T_w) = e(P, H(w')). Inherent in public-key search.
    let (secret, public) = peks::keygen(&mut rng(1));
    let observed = trapdoor_point(&peks::trapdoor(&secret, b"I63.9"));
    let guess = |w: &&&[u8]| {
        pairing(&G1::generator(), &observed) == pairing(&public_point(&public), &hash(w))
    };
    assert_eq!(DICTIONARY.iter().find(guess), Some(&&b"I63.9"[..]));
}

#[test]
fn published_powers_allow_keyword_guessing_and_hashed_pairings_do_not() {
    // Deliberate fault: the index H(W)^r, P^r of Qin et al., which needs no trapdoor, since
    // e(P, H(W)^r) = e(P^r, H(w')).
    let (_, public) = peks::keygen(&mut rng(2));
    let p = public_point(&public);
    let r = Scalar::from(4711);
    let (powered_keyword, powered_key) = (hash(b"I63.9") * r, p * r);
    let guess = |w: &&&[u8]| pairing(&p, &powered_keyword) == pairing(&powered_key, &hash(w));
    assert_eq!(DICTIONARY.iter().find(guess), Some(&&b"I63.9"[..]), "deliberate fault");

    // This scheme: no pairing of A, P, g1 and their sums with H(w'), g2 and their sum hashes to B.
    let ciphertext = peks::bdop::encrypt_with_randomness(&public, b"I63.9", b"record", b"cid", &r);
    let (a, b) = a_and_b(&ciphertext);
    assert_eq!(
        b,
        check(&pairing(&powered_key, &hash(b"I63.9")), &a, b"record"),
        "the sender can test"
    );
    let left = [a, p, G1::generator(), a + p, a - p, a + G1::generator()];
    for keyword in DICTIONARY {
        let right = [hash(keyword), G2::generator(), hash(keyword) + G2::generator()];
        for (x, y) in left.iter().flat_map(|x| right.iter().map(move |y| (x, y))) {
            assert_ne!(check(&pairing(x, y), &a, b"record"), b);
        }
    }
}

#[test]
fn no_linear_attack_tests_a_keyword_without_its_trapdoor() {
    // Public: g1, P = g1^s, A = g1^r, A' = g1^{r'}, H(w), H(w'), and a trapdoor for w' only. The
    // target is r s h(w). Deliberate faults: H(w)^r or P^r is public, or the hash has a known
    // logarithm.
    let attack = |powered_keyword: bool, powered_key: bool, known: bool| {
        reaches(move |rng| {
            let [s, r, other_r, mut h, other_h] = std::array::from_fn(|_| Scalar::random(rng));
            if known {
                h = Scalar::from(42);
            }
            let mut g1 = vec![Scalar::ONE, s, r, other_r];
            let mut g2 = vec![Scalar::ONE, h, other_h, other_h * s];
            if powered_keyword {
                g2.push(h * r);
            }
            if powered_key {
                g1.push(s * r);
            }
            View { g1, g2, gt: vec![], target: r * s * h }
        })
    };
    assert!(!attack(false, false, false));
    assert!(attack(true, false, false), "deliberate fault: H(w)^r is public");
    assert!(attack(false, true, false), "deliberate fault: P^r is public");
    assert!(!attack(false, false, true), "a known logarithm alone does not suffice");
    // A known logarithm gives the trapdoor: T_w = T_w'^{h(w) / h(w')}.
    let (secret, _) = peks::keygen(&mut rng(3));
    let s = Scalar::from_be_bytes(&fields(&secret.to_bytes()).fixed().unwrap()).unwrap();
    let ratio = Scalar::from(42) * Scalar::from(43).inverse().unwrap();
    let faulty = |h: u64| G2::generator() * Scalar::from(h) * s;
    assert_eq!(faulty(43) * ratio, faulty(42), "deliberate fault: H(w) = g2^h(w)");
    let ours = |w| trapdoor_point(&peks::trapdoor(&secret, w));
    assert_ne!(ours(b"I10") * ratio, ours(b"I63.9"));
}

#[test]
fn a_ciphertext_matches_only_its_keyword_receiver_and_context() {
    let rng = &mut rng(4);
    let (secret, public) = peks::keygen(rng);
    let (other_secret, _) = peks::keygen(rng);
    let ciphertext = peks::encrypt(&public, b"I63.9", b"record 7", b"cid", rng);
    let trapdoor = peks::trapdoor(&secret, b"I63.9");
    assert!(peks::test(&ciphertext, &trapdoor, b"record 7"));
    assert!(
        !peks::test(&ciphertext, &trapdoor, b"record 8"),
        "a ciphertext copied to another record"
    );
    assert!(!peks::test(&ciphertext, &peks::trapdoor(&secret, b"I10"), b"record 7"));
    assert!(!peks::test(&ciphertext, &peks::trapdoor(&other_secret, b"I63.9"), b"record 7"));
    assert!(peks::locate(&ciphertext, &trapdoor, b"record 8").is_err());
}

#[test]
fn trapdoors_do_not_combine_into_one_for_another_keyword() {
    // T_w T_w' = (H(w) H(w'))^s, and no known keyword hashes to H(w) H(w').
    let rng = &mut rng(5);
    let (secret, public) = peks::keygen(rng);
    let [t, u] = [&b"I63.9"[..], b"I10"].map(|w| trapdoor_point(&peks::trapdoor(&secret, w)));
    for point in [t + u, t - u, t + t] {
        let sum: Trapdoor = crate::common::forge(|w| w.g2(&point));
        for keyword in DICTIONARY {
            let ciphertext = peks::encrypt(&public, keyword, b"record", b"cid", rng);
            assert!(!peks::test(&ciphertext, &sum, b"record"));
        }
    }
}

#[test]
fn locations_cannot_be_exchanged_between_ciphertexts() {
    let rng = &mut rng(6);
    let (secret, public) = peks::keygen(rng);
    let trapdoor = peks::trapdoor(&secret, b"I63.9");
    let one = peks::encrypt(&public, b"I63.9", b"record", b"cid of one", rng);
    let two = peks::encrypt(&public, b"I63.9", b"record", b"cid of two", rng);
    let (a, b) = a_and_b(&one);
    let two_bytes = two.to_bytes();
    let location = fields(&two_bytes[80..]).bytes(4096).unwrap();
    let mixed: SearchableCiphertext = crate::common::forge(|w| {
        w.g1(&a);
        w.fixed(&b);
        w.bytes(location);
    });
    assert!(peks::test(&mixed, &trapdoor, b"record"), "B does not cover the location");
    assert!(peks::locate(&mixed, &trapdoor, b"record").is_err(), "the DEM authenticates it");
}
