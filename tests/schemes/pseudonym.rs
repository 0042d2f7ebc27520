//! Pseudonyms as patients and doctors see them.

use crate::common::rng;
use epione::algebra::Secret;
use epione::algebra::codec::Canonical;
use epione::pseudonym::{EmptyWindow, Epoch, SeriesSecret, WindowKey};
use proptest::prelude::*;

fn patient() -> SeriesSecret {
    SeriesSecret::from_secret(Secret::new([7; 32]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_window_knows_its_epochs_and_no_others(a: Epoch, b: Epoch, probe: Epoch, index: u32) {
        let (from, to) = (a.min(b), a.max(b));
        let series = patient().for_doctor(b"doctor");
        let window = series.window(from..=to).unwrap();
        let decoded = WindowKey::from_bytes(&window.to_bytes()).unwrap();
        for epoch in [probe, from, to, from.wrapping_sub(1), to.wrapping_add(1), from / 2 + to / 2] {
            let expected = (from..=to).contains(&epoch).then(|| series.pseudonym(epoch, index));
            prop_assert_eq!(window.pseudonym(epoch, index), expected);
            prop_assert_eq!(decoded.pseudonym(epoch, index), expected);
        }
        prop_assert!(window.to_bytes().len() <= 2 + 4 + 62 * 37);
    }

    #[test]
    fn names_are_the_same_whenever_they_are_made(epoch: Epoch, index: u32) {
        let name = |doctor: &[u8]| patient().for_doctor(doctor).pseudonym(epoch, index);
        prop_assert_eq!(name(b"Dr. Ruiz"), name(b"Dr. Ruiz"));
        prop_assert_ne!(name(b"Dr. Ruiz"), name(b"Dr. Wolf"));
        let series = patient().for_doctor(b"Dr. Ruiz");
        prop_assert_ne!(series.pseudonym(epoch, index), series.pseudonym(epoch ^ 1, index));
        prop_assert_ne!(series.pseudonym(epoch, index), series.pseudonym(epoch, index ^ 1));
        prop_assert_ne!(series.pseudonym(epoch, index), series.pseudonym(index, epoch ^ u32::from(epoch == index)));
    }
}

#[test]
fn windows_have_the_documented_size() {
    let series = patient().for_doctor(b"doctor");
    let nodes = |from, to| (series.window(from..=to).unwrap().to_bytes().len() - 6) / 37;
    assert_eq!(nodes(0, Epoch::MAX), 1);
    assert_eq!(nodes(5, 5), 1);
    assert_eq!(nodes(0, 7), 1);
    assert_eq!(nodes(1, 7), 3);
    assert_eq!(nodes(1, Epoch::MAX - 1), 62, "the longest list");
    #[allow(clippy::reversed_empty_ranges)]
    let empty = series.window(9..=8);
    assert_eq!(empty.err(), Some(EmptyWindow));
}

#[test]
fn patients_are_different_people() {
    let rng = &mut rng(1);
    let (one, two) = (SeriesSecret::generate(rng), SeriesSecret::generate(rng));
    let name = |patient: &SeriesSecret| patient.for_doctor(b"d").pseudonym(1, 0);
    assert_ne!(name(&one), name(&two));
}

#[test]
fn secrets_show_nothing() {
    let series = patient().for_doctor(b"doctor");
    let window = series.window(3..=4).unwrap();
    let key = hex::encode(&window.to_bytes()[11..43]);
    for shown in [format!("{:?}", patient()), format!("{series:?}"), format!("{window:?}")] {
        assert!(shown.contains("Secret(..)") && !shown.contains(&key[..8]), "{shown}");
    }
    let name = series.pseudonym(3, 0);
    assert_eq!(format!("{name:?}"), format!("Pseudonym({}..)", hex::encode(&name.as_bytes()[..4])));
}
