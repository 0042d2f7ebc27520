//! Pseudonyms: a window says nothing about the epochs beside it.

use crate::common::{encoding, fields, rng};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::kdf;
use epione::algebra::{Secret, tag};
use epione::pseudonym::{SeriesSecret, WindowKey};
use std::collections::BTreeSet;

/// Level, prefix and key of every node of a window.
fn nodes(window: &WindowKey) -> Vec<(u8, u32, [u8; 32])> {
    let bytes = window.to_bytes();
    fields(&bytes).list(64, |r| Ok((r.u8()?, r.u32()?, r.fixed()?))).unwrap()
}

fn window_of(nodes: &[(u8, u32, [u8; 32])]) -> WindowKey {
    let bytes = encoding::<WindowKey>(|w| {
        w.list(nodes, |w, (level, prefix, key)| {
            w.u8(*level);
            w.u32(*prefix);
            w.fixed(key);
        });
    });
    WindowKey::from_bytes(&bytes).unwrap()
}

/// The name under a leaf's key.
fn name(leaf: &[u8; 32], epoch: u32, index: u32) -> [u8; 32] {
    *kdf(tag::PSEUDONYM_NAME, leaf, &[&epoch.to_be_bytes(), &index.to_be_bytes()]).expose()
}

#[test]
fn a_window_cannot_be_stretched_over_epochs_beside_it() {
    let series = SeriesSecret::from_secret(Secret::new([1; 32])).for_doctor(b"Dr. Ruiz");
    let window = series.window(6..=6).unwrap();
    let [(level, prefix, key)] = nodes(&window)[..] else { panic!("one leaf covers one epoch") };
    assert_eq!((level, prefix), (32, 6));
    assert_eq!(
        name(&key, 6, 0),
        *series.pseudonym(6, 0).as_bytes(),
        "inside, the algebra is right"
    );
    // The same key, claimed for the sibling, for the parent, and for the root.
    for (level, prefix, epoch) in [(32, 7, 7), (31, 3, 7), (31, 3, 6), (0, 0, 7), (0, 0, 6)] {
        let stretched = window_of(&[(level, prefix, key)]);
        assert_ne!(stretched.pseudonym(epoch, 0).unwrap(), series.pseudonym(epoch, 0));
    }
    assert_ne!(name(&key, 7, 0), *series.pseudonym(7, 0).as_bytes());
}

#[test]
fn a_chain_of_keys_would_walk_out_of_its_window_and_the_tree_does_not() {
    // Planted: K_{E+1} = KDF(K_E). Whoever holds epoch 6 computes 7, 8, ...
    let step = |key: &[u8; 32]| *kdf::<32>(tag::PSEUDONYM_NODE, key, &[&[1]]).expose();
    let at = |epoch: u32| (0..epoch).fold([1; 32], |key, _| step(&key));
    assert_eq!(name(&step(&at(6)), 7, 0), name(&at(7), 7, 0), "planted");

    // Ours: neither step from the leaf of 6 is the leaf of 7 or of 5, nor is any step from there.
    let series = SeriesSecret::from_secret(Secret::new([1; 32])).for_doctor(b"Dr. Ruiz");
    let mut key = nodes(&series.window(6..=6).unwrap())[0].2;
    for _ in 0..8 {
        for bit in [0, 1] {
            let stepped = *kdf::<32>(tag::PSEUDONYM_NODE, &key, &[&[bit]]).expose();
            for epoch in [5, 7] {
                assert_ne!(name(&stepped, epoch, 0), *series.pseudonym(epoch, 0).as_bytes());
            }
        }
        key = step(&key);
    }
}

#[test]
fn two_doctors_cannot_put_their_windows_together() {
    let patient = SeriesSecret::generate(&mut rng(1));
    let (ruiz, wolf) = (patient.for_doctor(b"Dr. Ruiz"), patient.for_doctor(b"Dr. Wolf"));
    let ruiz_keys = nodes(&ruiz.window(0..=1000).unwrap());
    let wolf_keys = nodes(&wolf.window(0..=1000).unwrap());
    assert_eq!(ruiz_keys.len(), wolf_keys.len());
    for (a, b) in ruiz_keys.iter().zip(&wolf_keys) {
        assert_eq!((a.0, a.1), (b.0, b.1), "the shape of a window is public");
        assert_ne!(a.2, b.2);
    }
    let names: BTreeSet<_> = (0..50)
        .flat_map(|epoch| (0..3).map(move |index| (epoch, index)))
        .flat_map(|(epoch, index)| [ruiz.pseudonym(epoch, index), wolf.pseudonym(epoch, index)])
        .collect();
    assert_eq!(names.len(), 50 * 3 * 2, "no two names are equal");
}

#[test]
fn two_windows_of_one_doctor_give_their_union_and_no_gap() {
    let series = SeriesSecret::generate(&mut rng(2)).for_doctor(b"Dr. Ruiz");
    let mut both = nodes(&series.window(0..=3).unwrap());
    both.extend(nodes(&series.window(8..=11).unwrap()));
    let union = window_of(&both);
    for epoch in 0..16 {
        let inside = epoch < 4 || (8..12).contains(&epoch);
        assert_eq!(union.pseudonym(epoch, 0), inside.then(|| series.pseudonym(epoch, 0)));
    }
}
