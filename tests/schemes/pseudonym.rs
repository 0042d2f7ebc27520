//! Pseudonyms: windows, determinism, separation, and debug output.

use crate::common::rng;
use epione::algebra::Secret;
use epione::algebra::codec::Canonical;
use epione::pseudonym::{EmptyWindow, Epoch, Pseudonym, SeriesSecret, WindowKey};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn patient() -> SeriesSecret {
    SeriesSecret::from_secret(Secret::new([7; 32]))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn a_window_key_evaluates_exactly_its_epochs(a: Epoch, b: Epoch, probe: Epoch, index: u32) {
        let (from, to) = (a.min(b), a.max(b));
        let series = patient().for_doctor(b"doctor");
        let window = series.window(from..=to).unwrap();
        let decoded = WindowKey::from_bytes(&window.to_bytes()).unwrap();
        let (below, above) = (from.wrapping_sub(1), to.wrapping_add(1));
        for epoch in [probe, from, to, below, above, from / 2 + to / 2] {
            let expected = (from..=to).contains(&epoch).then(|| series.pseudonym(epoch, index));
            prop_assert_eq!(&window.pseudonym(epoch, index), &expected);
            prop_assert_eq!(decoded.pseudonym(epoch, index), expected);
        }
        prop_assert!(window.to_bytes().len() <= 2 + 4 + 62 * 37);
    }

    #[test]
    fn pseudonyms_are_separated_by_doctor_epoch_and_index(epoch: Epoch, index: u32) {
        let pseudonym = |doctor: &[u8]| patient().for_doctor(doctor).pseudonym(epoch, index);
        prop_assert_eq!(pseudonym(b"Dr. Ruiz"), pseudonym(b"Dr. Ruiz"));
        prop_assert_ne!(pseudonym(b"Dr. Ruiz"), pseudonym(b"Dr. Wolf"));
        let series = patient().for_doctor(b"Dr. Ruiz");
        prop_assert_ne!(series.pseudonym(epoch, index), series.pseudonym(epoch ^ 1, index));
        prop_assert_ne!(series.pseudonym(epoch, index), series.pseudonym(epoch, index ^ 1));
        let exchanged = series.pseudonym(index, epoch ^ u32::from(epoch == index));
        prop_assert_ne!(series.pseudonym(epoch, index), exchanged);
    }
}

#[test]
fn window_keys_have_the_documented_size() {
    let series = patient().for_doctor(b"doctor");
    let nodes = |from, to| (series.window(from..=to).unwrap().to_bytes().len() - 6) / 37;
    assert_eq!(nodes(0, Epoch::MAX), 1);
    assert_eq!(nodes(5, 5), 1);
    assert_eq!(nodes(0, 7), 1);
    assert_eq!(nodes(1, 7), 3);
    assert_eq!(nodes(1, Epoch::MAX - 1), 62, "the maximum");
    #[allow(clippy::reversed_empty_ranges)]
    let empty = series.window(9..=8);
    assert_eq!(empty.err(), Some(EmptyWindow));
}

#[test]
fn patients_have_different_pseudonyms() {
    let rng = &mut rng(1);
    let (one, two) = (SeriesSecret::generate(rng), SeriesSecret::generate(rng));
    let pseudonym = |patient: &SeriesSecret| patient.for_doctor(b"d").pseudonym(1, 0);
    assert_ne!(pseudonym(&one), pseudonym(&two));
}

#[test]
fn name_and_secret_of_a_pseudonym_are_independent() {
    let series = patient().for_doctor(b"doctor");
    let values: BTreeSet<[u8; 32]> = (0..20)
        .map(|index| series.pseudonym(677, index))
        .flat_map(|pseudonym| [*pseudonym.name(), *pseudonym.secret().expose()])
        .collect();
    assert_eq!(values.len(), 40);
    assert!(std::mem::needs_drop::<Pseudonym>(), "the secret is erased on drop");
}

#[test]
fn debug_output_hides_secrets() {
    let series = patient().for_doctor(b"doctor");
    let window = series.window(3..=4).unwrap();
    let key = hex::encode(&window.to_bytes()[11..43]);
    for output in [format!("{:?}", patient()), format!("{series:?}"), format!("{window:?}")] {
        assert!(output.contains("Secret(..)") && !output.contains(&key[..8]), "{output}");
    }
    let pseudonym = series.pseudonym(3, 0);
    let shown = format!("{pseudonym:?}");
    assert_eq!(shown, format!("Pseudonym({}..)", hex::encode(&pseudonym.name()[..4])));
}
