//! Sealing with a given message: a third party who knows the message and the plaintext verifies a
//! ciphertext by comparison.

use super::{Authority, fabeo, waters};
use crate::common::{AbeHeader, policy, rng};
use epione::abe::fabeo::verify_consistency;
use epione::abe::fujisaki_okamoto::{KemMessage, seal_with_randomness};
use epione::abe::{self, Ciphertext, VerifyEncapsulation};
use epione::algebra::codec::{Canonical, Codec, Reader};
use epione::algebra::{G1, Secret};
use std::convert::Infallible;

const POLICY: &str = "(a and b) or c";

fn message(byte: u8) -> KemMessage {
    KemMessage::from_secret(Secret::new([byte; 32]))
}

fn seals_are_those_of_their_message<S: VerifyEncapsulation<Error = Infallible>>(
    Authority { parameters, keys }: &Authority<S>,
    other: &Authority<S>,
) {
    let policy = policy(POLICY);
    let sealed = abe::seal(parameters, &policy, b"ad", b"plaintext", &mut rng(7));
    let message = KemMessage::generate(&mut rng(7));
    let again = seal_with_randomness(parameters, &policy, b"ad", b"plaintext", &message);
    assert_eq!(again.to_bytes(), sealed.to_bytes());
    // Every authorised user, by either side of the disjunction.
    for (held, key) in keys.iter().enumerate() {
        let opened = abe::open(parameters, key, b"ad", &again).map(|text| text.to_vec());
        let authorised = held & 0b011 == 0b011 || held & 0b100 == 0b100;
        assert_eq!(opened.is_ok_and(|text| text == b"plaintext"), authorised, "{held:03b}");
    }
    let different = [
        seal_with_randomness(&other.parameters, &policy, b"ad", b"plaintext", &message),
        seal_with_randomness(parameters, &self::policy("c"), b"ad", b"plaintext", &message),
        seal_with_randomness(parameters, &policy, b"a", b"plaintext", &message),
        seal_with_randomness(parameters, &policy, b"ad", b"plaintexu", &message),
        seal_with_randomness(parameters, &policy, b"ad", b"plaintext", &self::message(1)),
    ];
    for (i, a) in different.iter().enumerate() {
        assert_ne!(a.to_bytes(), sealed.to_bytes(), "input {i}");
        assert!(different[..i].iter().all(|b| a.to_bytes() != b.to_bytes()), "input {i}");
    }
}

#[test]
fn a_ciphertext_is_a_function_of_parameters_policy_data_plaintext_and_message() {
    seals_are_those_of_their_message(&fabeo(&mut rng(1)), &fabeo(&mut rng(2)));
    seals_are_those_of_their_message(&waters(&mut rng(1)), &waters(&mut rng(2)));
}

/// Returns the ciphertext with a changed byte at a distance from the end of its header.
fn changed(sealed: &Ciphertext, before_end_of_header: usize) -> Ciphertext {
    let mut bytes = sealed.to_bytes();
    let end = sealed.header().to_bytes().len();
    bytes[end - before_end_of_header] ^= 1;
    Ciphertext::from_bytes(&bytes).unwrap()
}

/// The encapsulation is consistent in public, and no user opens the ciphertext: the masked message
/// is that of another `m`, or the body is damaged.
#[test]
fn a_consistent_ciphertext_that_nobody_opens_differs_from_that_of_its_message() {
    let Authority { parameters, keys } = fabeo(&mut rng(3));
    let policy = policy(POLICY);
    let sealed = seal_with_randomness(&parameters, &policy, b"ad", b"plaintext", &message(5));
    let mut body = sealed.to_bytes();
    *body.last_mut().unwrap() ^= 1;
    for bad in [changed(&sealed, 1), Ciphertext::from_bytes(&body).unwrap()] {
        assert_eq!(verify_consistency(bad.header().cpa()), Ok(()));
        assert!(keys.iter().all(|key| abe::open(&parameters, key, b"ad", &bad).is_err()));
        assert_ne!(bad, sealed);
    }
}

/// A false row is not used by the holder of `c`, who finds the honest `m`.
#[test]
fn a_ciphertext_with_an_inconsistent_row_differs_from_that_of_its_message() {
    let Authority { parameters, .. } = fabeo(&mut rng(4));
    let policy = policy(POLICY);
    let sealed = seal_with_randomness(&parameters, &policy, b"ad", b"plaintext", &message(5));
    let mut header = AbeHeader::of(sealed.header().cpa());
    header.ct3[0] += G1::generator();
    let mut bytes = sealed.to_bytes();
    let changed = header.assemble().to_bytes();
    bytes[2..changed.len()].copy_from_slice(&changed[2..]);
    let bad = <Ciphertext>::from_bytes(&bytes).unwrap();
    assert!(verify_consistency(bad.header().cpa()).is_err());
    assert_ne!(bad, sealed);
}

#[test]
fn messages_round_trip_as_fields_and_debug_hides_them() {
    let message = message(0x5a);
    let encoding = message.encode();
    assert_eq!(encoding, [0x5a; 32]);
    let mut r = Reader::new(&encoding);
    assert_eq!(KemMessage::read(&mut r), Ok(message.clone()));
    r.end().unwrap();
    assert!(KemMessage::read(&mut Reader::new(&encoding[..31])).is_err());
    assert_eq!(format!("{message:?}"), "KemMessage(Secret(..))");
    let fresh = [1, 1, 2].map(|seed| KemMessage::generate(&mut rng(seed)));
    assert!(fresh[0] == fresh[1] && fresh[1] != fresh[2]);
}
