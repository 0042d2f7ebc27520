//! Public verification of headers.

use super::POLICIES;
use crate::common::{AbeHeader, attributes, policy, rng};
use epione::abe::fabeo::{InconsistentHeader, batch_verify_consistency, verify_consistency};
use epione::abe::{self, CpaHeader};
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, G2, Scalar, tag};

fn base() -> G1 {
    hash_to_g1(tag::FABEO_BASE, b"")
}

fn headers(texts: &[&str]) -> Vec<CpaHeader> {
    let rng = &mut rng(41);
    let (parameters, _) = abe::setup(rng);
    texts.iter().map(|text| abe::encapsulate_cpa(&parameters, &policy(text), rng).0).collect()
}

/// Returns the header with one element changed.
fn tampered(header: &CpaHeader, change: impl FnOnce(&mut AbeHeader)) -> CpaHeader {
    let mut elements = AbeHeader::of(header);
    change(&mut elements);
    elements.assemble()
}

#[test]
fn honest_headers_are_consistent_alone_and_in_a_batch() {
    let headers = headers(&POLICIES);
    assert!(headers.iter().all(|header| verify_consistency(header).is_ok()));
    let all: Vec<&CpaHeader> = headers.iter().collect();
    assert_eq!(batch_verify_consistency(&all), vec![Ok(()); all.len()]);
    assert_eq!(batch_verify_consistency(&[]), []);
    let rng = &mut rng(42);
    let (parameters, _) = abe::setup(rng);
    let (header, _) = abe::encapsulate(&parameters, &policy("a or b"), b"", rng);
    assert_eq!(verify_consistency(header.cpa()), Ok(()));
}

#[test]
fn a_header_that_decrypts_differently_for_two_users_is_inconsistent() {
    let rng = &mut rng(43);
    let (parameters, master) = abe::setup(rng);
    let (honest, _) = abe::encapsulate_cpa(&parameters, &policy("a or b"), rng);
    let keys = [&["a"], &["b"]].map(|names| abe::keygen(&master, &attributes(names), rng));
    let agree = |header: &CpaHeader| {
        let [a, b] = keys.each_ref().map(|key| abe::decapsulate_cpa(key, header).unwrap());
        a == b
    };
    assert!(agree(&honest) && verify_consistency(&honest).is_ok());
    let dishonest = tampered(&honest, |header| header.ct3[1] += base());
    assert!(!agree(&dishonest));
    assert_eq!(verify_consistency(&dishonest), Err(InconsistentHeader));
}

/// With no more rows than columns, any rows share some secret, but not that of `ct1`.
#[test]
fn rows_that_do_not_share_the_secret_are_inconsistent() {
    for (text, header) in POLICIES.iter().zip(headers(&POLICIES)) {
        let program = policy(text).span_program();
        for row in 0..program.rows().len() {
            let changed = tampered(&header, |header| header.ct3[row] += base() * Scalar::from(7));
            assert!(verify_consistency(&changed).is_err(), "{text}, row {row}");
        }
        let changed = tampered(&header, |header| header.ct1 += G2::generator());
        assert!(verify_consistency(&changed).is_err(), "{text}, ct1");
        let changed = tampered(&header, |header| header.ct2[0] += G2::generator());
        assert!(verify_consistency(&changed).is_err(), "{text}, ct2");
    }
}

#[test]
fn batch_verification_identifies_every_inconsistent_header() {
    let mut headers = headers(&["a", "a or b", "2 of (a, b, c)", "a and b", "a or b"]);
    headers[1] = tampered(&headers[1], |header| header.ct3[0] += base());
    // The negated error cancels the first in a sum without weights.
    headers[4] = tampered(&headers[4], |header| header.ct3[0] += -base());
    let all: Vec<&CpaHeader> = headers.iter().collect();
    let verdicts: Vec<bool> = batch_verify_consistency(&all).iter().map(Result::is_ok).collect();
    assert_eq!(verdicts, [true, false, true, true, false]);
}
