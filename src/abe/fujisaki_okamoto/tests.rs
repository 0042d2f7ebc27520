//! The check: the weights of its rows, and refusals.
#![forbid(unsafe_code)]

use super::derandomised::{KemMessage, encapsulate_with_randomness, seal_with_randomness};
use super::*;
use crate::abe::fabeo::{self, Fabeo};
use crate::abe::scheme::select_rows;
use crate::abe::{Ciphertext, CpaHeader, Scheme, context, waters};
use crate::algebra::count::counted;
use crate::algebra::{G1, G2, Secret};
use crate::dem;
use crate::policy::AttributeSet;
use rand::SeedableRng;

fn message(byte: u8) -> KemMessage {
    KemMessage::from_secret(Secret::new([byte; 32]))
}

/// The errors of the two rows cancel in a sum without weights.
#[test]
fn weights_reveal_errors_that_cancel_in_a_sum() {
    let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let (parameters, _) = fabeo::setup(rng);
    let policy: AccessPolicy = "a or b or c".parse().expect("a policy");
    let program = policy.span_program();
    let coins = Coins::random::<Fabeo>(&program, rng);
    let Ok((mut encapsulation, _)) = Fabeo::encapsulate(&parameters.0, &program, &coins);
    let check = |encapsulation: &_, weights: &[Scalar]| {
        let fabeo = Fabeo::verify_encapsulation;
        bool::from(fabeo(&parameters.0, &program, encapsulation, &coins, weights))
    };
    let (ones, hashed) = ([Scalar::ONE; 3], weights(tag::ABE_WEIGHT, &[b"header", b"m"], 3));
    assert!(check(&encapsulation, &ones) && check(&encapsulation, &hashed));
    encapsulation.ct3[0] += G1::generator();
    encapsulation.ct3[2] += -G1::generator();
    assert!(check(&encapsulation, &ones), "deliberate fault: all weights are one");
    assert!(!check(&encapsulation, &hashed));
}

/// Negates each element of an encapsulation in turn. The header keeps the masked message, or has
/// one that is masked for the element that one key then decapsulates. Without the check, that
/// key alone would accept the latter. All refusals take the same operations.
fn refusals_are_alike<S: VerifyEncapsulation<Error = Infallible>>(
    (parameters, key): (&PublicParameters<S>, &UserSecretKey<S>),
    element_sizes: &[usize],
) {
    let policy: AccessPolicy = "(a and b) or (a and c)".parse().expect("a policy");
    let program = policy.span_program();
    let message = message(7);
    let (honest, _) = encapsulate_with_randomness(parameters, &policy, b"ad", &message);
    let (honest, masked) = (honest.cpa.to_bytes(), honest.masked);
    let fitted = |bytes: &[u8]| {
        let cpa = CpaHeader::<S>::from_bytes(bytes).expect("the negative of a point is a point");
        let selection =
            select_rows(&program, key, &cpa.encapsulation).expect("the key has a and b");
        let shared = S::decapsulate(key.elements.expose(), &selection, &cpa.encapsulation);
        let fitted = *mask(&shared, &cpa, message.expose()).expose();
        [masked, fitted].map(|masked| {
            let header = Header { cpa: cpa.clone(), masked };
            counted(|| decapsulate(parameters, key, b"ad", &header).map(drop))
        })
    };
    let [(opened, accepted), _] = fitted(&honest);
    assert_eq!(opened, Ok(()));
    let refused = (Err(DecryptionFailed.into()), accepted);
    let mut position = honest.len() - element_sizes.iter().sum::<usize>();
    for size in element_sizes {
        let mut changed = honest.clone();
        changed[position] ^= 0x20;
        for found in fitted(&changed) {
            assert_eq!(found, refused, "at {position}");
        }
        position += size;
    }
}

#[test]
fn a_refusal_takes_the_same_operations_whichever_element_was_changed() {
    let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(2);
    let held: AttributeSet = "a, b".parse().expect("an attribute set");
    let (parameters, master) = fabeo::setup(rng);
    let key = fabeo::keygen(&master, &held, rng);
    let (ct1, ct2, ct3) = ([96], [96; 2], [48; 4]);
    refusals_are_alike((&parameters, &key), &[&ct1[..], &ct2, &ct3].concat());
    let (parameters, master) = waters::setup(rng);
    let key = waters::keygen(&master, &held, rng);
    let (c_prime, c, d) = ([48], [48; 4], [96; 4]);
    refusals_are_alike((&parameters, &key), &[&c_prime[..], &c, &d].concat());
}

/// Small numbers, and hashes of what an adversary knows before the change is made.
fn guessed_weights(honest: &Header, message: &KemMessage) -> Vec<[Scalar; 2]> {
    let hashed = |parts: &[&[u8]]| {
        let weights = weights(tag::ABE_WEIGHT, parts, 3);
        [weights[0], weights[2]]
    };
    let header = honest.to_bytes();
    let small = (1..=4_u64).flat_map(|a| (1..=4).map(move |c| [a, c].map(Scalar::from)));
    let hashes = [
        hashed(&[]),
        hashed(&[b""]),
        hashed(&[message.expose()]),
        hashed(&[&header]),
        hashed(&[&header, message.expose()]),
    ];
    small.chain(hashes).collect()
}

/// The adversary makes the header, and so knows `m`. The holder of `b` does not use the rows of `a`
/// and `c`, whose errors are `g1^{1/w_a}` and `g1^{-1/w_c}` for guessed weights.
#[test]
fn errors_that_cancel_under_guessed_weights_are_rejected() {
    let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(3);
    let (parameters, master) = fabeo::setup(rng);
    let key = fabeo::keygen(&master, &"b".parse().expect("an attribute set"), rng);
    let policy: AccessPolicy = "a or b or c".parse().expect("a policy");
    let message = message(9);
    let (honest, _) = encapsulate_with_randomness(&parameters, &policy, b"ad", &message);
    let opens = |header: &Header| decapsulate(&parameters, &key, b"ad", header).is_ok();
    // The mask depends on the changed rows.
    let changed = |[a, c]: [Scalar; 2]| {
        let mut header = honest.clone();
        let inverse = |w: Scalar| w.inverse().expect("a weight is not zero");
        header.cpa.encapsulation.ct3[0] += G1::generator() * inverse(a);
        header.cpa.encapsulation.ct3[2] += -(G1::generator() * inverse(c));
        let program = policy.span_program();
        let selection =
            select_rows(&program, &key, &header.cpa.encapsulation).expect("the key has b");
        let shared =
            Fabeo::decapsulate(key.elements.expose(), &selection, &header.cpa.encapsulation);
        header.masked = *mask(&shared, &header.cpa, message.expose()).expose();
        header
    };
    assert!(opens(&honest));
    for guess in guessed_weights(&honest, &message) {
        assert!(!opens(&changed(guess)));
    }
}

#[test]
fn the_weights_depend_on_every_part_of_the_header_and_on_the_message() {
    let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(4);
    let (parameters, _) = fabeo::setup(rng);
    let policy: AccessPolicy = "a or b or a".parse().expect("a policy");
    let message = message(9);
    let (header, _) = encapsulate_with_randomness(&parameters, &policy, b"ad", &message);
    let mut others: Vec<Header> = vec![header.clone(); 8];
    let g1 = G1::generator();
    others[0].cpa.encapsulation.ct1 += G2::generator();
    others[1].cpa.encapsulation.ct2[0] += G2::generator();
    others[2].cpa.encapsulation.ct2[1] += G2::generator();
    (0..3).for_each(|row| others[3 + row].cpa.encapsulation.ct3[row] += g1);
    others[6].masked[31] ^= 1;
    others[7].cpa.policy = "a or c or a".parse().expect("a policy");
    let mut all: Vec<[u8; 32]> = Vec::new();
    let mut add = |header: &Header, message: &KemMessage| {
        let weights = check_weights(header, message, 3);
        assert_eq!(weights.len(), 3);
        all.extend(weights.iter().map(Scalar::to_be_bytes));
    };
    add(&header, &message);
    others.iter().for_each(|other| add(other, &message));
    for byte in 0..32 {
        let mut changed = Secret::new(*message.expose());
        changed.expose_mut()[byte] ^= 1;
        add(&header, &KemMessage::from_secret(changed));
    }
    let (rows, bits) = (all.len(), |weight: &[u8; 32]| weight[16..24].iter().any(|b| *b != 0));
    assert!(all.iter().all(bits), "a weight has about 128 bits");
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), rows, "all weights of all headers differ");
}

/// The adversary makes the ciphertext and knows `m`. The row of `a` is false, and the masked
/// message fits the honest rows, so before the check of the transform the holder of `b` finds `m`.
#[test]
fn a_ciphertext_with_a_false_row_differs_from_that_of_its_message() {
    let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(5);
    let (parameters, master) = fabeo::setup(rng);
    let policy: AccessPolicy = "a or b".parse().expect("a policy");
    let message = message(9);
    let honest = seal_with_randomness(&parameters, &policy, b"ad", b"x", &message);
    let mut header = honest.header.clone();
    header.cpa.encapsulation.ct3[0] += G1::generator();
    let program = policy.span_program();
    let key = fabeo::keygen(&master, &"b".parse().expect("an attribute set"), rng);
    let shared = decapsulate_element(&program, &key, &header.cpa).expect("the key has b");
    header.masked = *mask(&shared, &header.cpa, message.expose()).expose();
    assert_eq!(*mask(&shared, &header.cpa, &header.masked).expose(), *message.expose());
    let derived = Derived::new(&parameters, &policy, b"ad", &message);
    let body = dem::seal(&derived.key, &context(b"ad", &header), b"x");
    assert_ne!(Ciphertext { header, body }, honest);
}
