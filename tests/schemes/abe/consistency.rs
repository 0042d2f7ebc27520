//! Locks that anyone can check.

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

/// A header with one element moved.
fn moved(header: &CpaHeader, change: impl FnOnce(&mut AbeHeader)) -> CpaHeader {
    let mut changed = AbeHeader::of(header);
    change(&mut changed);
    changed.assemble()
}

#[test]
fn honest_locks_pass_one_by_one_and_together() {
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
fn a_header_that_opens_differently_for_two_users_is_refused() {
    let rng = &mut rng(43);
    let (parameters, master) = abe::setup(rng);
    let (honest, _) = abe::encapsulate_cpa(&parameters, &policy("a or b"), rng);
    let keys = [&["a"], &["b"]].map(|names| abe::keygen(&master, &attributes(names), rng));
    let found = |header: &CpaHeader| {
        let [a, b] = keys.each_ref().map(|key| abe::decapsulate_cpa(key, header).unwrap());
        a == b
    };
    assert!(found(&honest) && verify_consistency(&honest).is_ok());
    let dishonest = moved(&honest, |header| header.ct3[1] += base());
    assert!(!found(&dishonest));
    assert_eq!(verify_consistency(&dishonest), Err(InconsistentHeader));
}

/// Where the rows are more than the columns, every row counts; where they are not, every set of
/// rows shares some secret, and the header opens alike for all who may open it.
#[test]
fn rows_that_are_no_shares_are_refused() {
    for (text, header) in POLICIES.iter().zip(headers(&POLICIES)) {
        let program = policy(text).span_program();
        for row in 0..program.rows().len() {
            let changed = moved(&header, |header| header.ct3[row] += base() * Scalar::from(7));
            assert!(verify_consistency(&changed).is_err(), "{text}, row {row}");
        }
        let changed = moved(&header, |header| header.ct1 += G2::generator());
        assert!(verify_consistency(&changed).is_err(), "{text}, ct1");
        let changed = moved(&header, |header| header.ct2[0] += G2::generator());
        assert!(verify_consistency(&changed).is_err(), "{text}, ct2");
    }
}

#[test]
fn every_dishonest_lock_among_many_is_named() {
    let mut locks = headers(&["a", "a or b", "2 of (a, b, c)", "a and b", "a or b"]);
    locks[1] = moved(&locks[1], |header| header.ct3[0] += base());
    // The same error with the other sign: it would cancel without weights.
    locks[4] = moved(&locks[4], |header| header.ct3[0] += -base());
    let all: Vec<&CpaHeader> = locks.iter().collect();
    let verdicts: Vec<bool> = batch_verify_consistency(&all).iter().map(Result::is_ok).collect();
    assert_eq!(verdicts, [true, false, true, true, false]);
}
