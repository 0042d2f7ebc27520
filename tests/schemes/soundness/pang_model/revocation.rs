//! Coalitions over several key epochs, with corrupt attribute authorities.

use super::{Coalition, Components, Fault};
use crate::common::{campaign_factor, policy, rng};
use crate::soundness::formal::{NAMES, random_policy};
use epione::policy::AttributeSet;
use rand::Rng;

/// A policy, users, corrupt authorities and formerly corrupt authorities.
type Case<'a> = (&'a str, &'a [Components<'a>], &'a [&'a str], &'a [&'a str]);

#[test]
fn revoked_users_cannot_decrypt_headers_of_later_epochs() {
    let ada: Components<'_> = &[("a", 0), ("b", 0), ("b", 1)];
    let bose: Components<'_> = &[("a", 0), ("a", 1)];
    let reinstated: Components<'_> = &[("a", 0), ("a", 2), ("b", 1)];
    let stranger: Components<'_> = &[("b", 1)];
    let holder: Components<'_> = &[("a", 1), ("b", 1)];
    let (none, a, b): (&[&str], &[&str], &[&str]) = (&[], &["a"], &["b"]);
    let unauthorised: [Case<'_>; 8] = [
        // Ada's `a` is revoked: alone, with Bose who never had `b`, with the authority of `b`.
        ("a", &[ada], none, none),
        ("a and b", &[ada, bose], none, none),
        ("a and b", &[ada], b, none),
        ("a and (b or c)", &[ada], &["b", "c"], none),
        // The authority of `a` was corrupt before the revocation only.
        ("a and b", &[ada], none, a),
        // Ada receives `a` again in a later epoch.
        ("a and b", &[reinstated], none, none),
        // The authority of `a`, without a key share of the user.
        ("a and b", &[stranger], a, none),
        ("a and b", &[stranger, bose], b, a),
    ];
    // The authority of `a` issues to every user whose key share it holds.
    let authorised: [Case<'_>; 3] = [
        ("a and b", &[holder], none, none),
        ("a and b", &[ada, holder], none, none),
        ("a and b", &[ada], a, none),
    ];
    let cases = unauthorised.map(|case| (case, false)).into_iter();
    for (case, decrypts) in cases.chain(authorised.map(|case| (case, true))) {
        let (text, users, corrupt, formerly_corrupt) = case;
        let policy = policy(text);
        let coalition = Coalition { corrupt, formerly_corrupt, ..Coalition::new(&policy, users) };
        assert_eq!(coalition.decrypts(), decrypts, "{case:?}");
    }
}

/// A coalition decrypts if and only if one of its users is authorised by the components of the
/// current epoch and those that corrupt authorities can issue to this user.
#[test]
fn coalitions_over_epochs_decrypt_only_through_one_authorised_user() {
    let factor = campaign_factor();
    let (rng, mut jointly_authorised) = (&mut rng(103), 0);
    for _ in 0..10 * factor {
        let policy = random_policy(3, rng);
        let mut some = |probability: f64| -> Vec<&str> {
            NAMES.into_iter().filter(|_| rng.gen_bool(probability)).collect()
        };
        let corrupt = some(0.2);
        let users: Vec<Vec<(&str, u32)>> = (0..2)
            .map(|_| {
                let in_epoch = |epoch: u32, names: Vec<&'static str>| {
                    names.into_iter().map(move |x| (x, epoch))
                };
                in_epoch(0, some(0.4)).chain(in_epoch(1, some(0.3))).collect()
            })
            .collect();
        let effective = |held: &[(&str, u32)]| {
            let usable = held.iter().filter(|(x, epoch)| *epoch == 1 || corrupt.contains(x));
            AttributeSet::from_names(usable.map(|(x, _)| *x)).unwrap()
        };
        let alone = users.iter().any(|held| policy.is_satisfied_by(&effective(held)));
        let all: Vec<(&str, u32)> = users.concat();
        let ever = AttributeSet::from_names(all.iter().map(|(x, _)| *x)).unwrap();
        jointly_authorised += usize::from(!alone && policy.is_satisfied_by(&ever));
        let slices: Vec<Components<'_>> = users.iter().map(Vec::as_slice).collect();
        let coalition =
            Coalition { corrupt: &corrupt, store: false, ..Coalition::new(&policy, &slices) };
        assert_eq!(coalition.decrypts(), alone, "{policy} for {users:?} and {corrupt:?}");
    }
    println!("{jointly_authorised} of {} coalitions jointly held the attributes", 10 * factor);
    assert!(jointly_authorised > factor, "too few coalitions have components worth pooling");
}

#[test]
fn deliberate_faults_are_found() {
    let ada: Components<'_> = &[("a", 0), ("b", 0), ("b", 1)];
    let (none, c): (&[&str], &[&str]) = (&[], &["c"]);
    let cases: [(Fault, &[Components<'_>], &[&str]); 4] = [
        (Fault::UpdateFactor, &[ada], none),
        (Fault::SharedUserExponent, &[ada, &[("a", 1)]], none),
        (Fault::KnownUserExponents, &[ada], c),
        (Fault::RogueKey("a"), &[&[("b", 1)]], none),
    ];
    let policy = policy("a and b");
    for (fault, users, corrupt) in cases {
        let honest = Coalition { corrupt, ..Coalition::new(&policy, users) };
        assert!(!honest.decrypts(), "{users:?} and {corrupt:?}");
        assert!(Coalition { fault, ..honest }.decrypts(), "{users:?} and {corrupt:?}");
    }
}

#[test]
fn the_scheme_as_printed_does_not_decrypt() {
    // Its components lack the factor t.
    let policy = policy("a and b");
    let holder: &[Components<'_>] = &[&[("a", 1), ("b", 1)]];
    let corrected = Coalition::new(&policy, holder);
    assert!(corrected.decrypts() && !Coalition { fault: Fault::AsPrinted, ..corrected }.decrypts());
}
