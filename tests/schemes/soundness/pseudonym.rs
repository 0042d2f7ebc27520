//! Attacks on pseudonyms: a window key reveals nothing about other epochs or doctors.

use crate::common::{encoding, fields, rng};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_g2, kdf};
use epione::algebra::{G1, Secret, pairing, tag};
use epione::peks;
use epione::pseudonym::{SeriesSecret, WindowKey};
use std::collections::BTreeSet;

/// Level, prefix and key of each node of a window key.
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

/// The name of a pseudonym under the key of a leaf.
fn name(leaf: &[u8; 32], epoch: u32, index: u32) -> [u8; 32] {
    *kdf(tag::PSEUDONYM_NAME, leaf, &[&epoch.to_be_bytes(), &index.to_be_bytes()]).expose()
}

#[test]
fn a_window_key_cannot_be_extended_to_adjacent_epochs() {
    let series = SeriesSecret::from_secret(Secret::new([1; 32])).for_doctor(b"Dr. Ruiz");
    let window = series.window(6..=6).unwrap();
    let [(level, prefix, key)] = nodes(&window)[..] else { panic!("one leaf covers one epoch") };
    assert_eq!((level, prefix), (32, 6));
    assert_eq!(
        name(&key, 6, 0),
        *series.pseudonym(6, 0).name(),
        "the algebra agrees inside the window"
    );
    // The same key, presented as that of the sibling, the parent, and the root.
    for (level, prefix, epoch) in [(32, 7, 7), (31, 3, 7), (31, 3, 6), (0, 0, 7), (0, 0, 6)] {
        let extended = window_of(&[(level, prefix, key)]);
        assert_ne!(extended.pseudonym(epoch, 0).unwrap(), series.pseudonym(epoch, 0));
    }
    assert_ne!(name(&key, 7, 0), *series.pseudonym(7, 0).name());
}

#[test]
fn a_hash_chain_reveals_later_epochs_and_the_tree_does_not() {
    // Deliberate fault: K_{E+1} = KDF(K_E). The holder of the key of epoch 6 computes those of 7,
    // 8, ...
    let step = |key: &[u8; 32]| *kdf::<32>(tag::PSEUDONYM_NODE, key, &[&[1]]).expose();
    let at = |epoch: u32| (0..epoch).fold([1; 32], |key, _| step(&key));
    let next = step(&at(6));
    assert_eq!(name(&next, 7, 0), name(&at(7), 7, 0), "deliberate fault: a hash chain");

    // The tree: no key derived from the leaf of epoch 6 is the leaf of epoch 5 or 7.
    let series = SeriesSecret::from_secret(Secret::new([1; 32])).for_doctor(b"Dr. Ruiz");
    let mut key = nodes(&series.window(6..=6).unwrap())[0].2;
    for _ in 0..8 {
        for bit in [0, 1] {
            let stepped = *kdf::<32>(tag::PSEUDONYM_NODE, &key, &[&[bit]]).expose();
            for epoch in [5, 7] {
                assert_ne!(name(&stepped, epoch, 0), *series.pseudonym(epoch, 0).name());
            }
        }
        key = step(&key);
    }
}

#[test]
fn window_keys_of_two_doctors_are_unlinkable() {
    let patient = SeriesSecret::generate(&mut rng(1));
    let (ruiz, wolf) = (patient.for_doctor(b"Dr. Ruiz"), patient.for_doctor(b"Dr. Wolf"));
    let ruiz_keys = nodes(&ruiz.window(0..=1000).unwrap());
    let wolf_keys = nodes(&wolf.window(0..=1000).unwrap());
    assert_eq!(ruiz_keys.len(), wolf_keys.len());
    for (a, b) in ruiz_keys.iter().zip(&wolf_keys) {
        assert_eq!((a.0, a.1), (b.0, b.1), "the shape of the cover is public");
        assert_ne!(a.2, b.2);
    }
    let pseudonyms: BTreeSet<_> = (0..50)
        .flat_map(|epoch| (0..3).map(move |index| (epoch, index)))
        .flat_map(|(epoch, index)| [ruiz.pseudonym(epoch, index), wolf.pseudonym(epoch, index)])
        .flat_map(|pseudonym| [*pseudonym.name(), *pseudonym.secret().expose()])
        .collect();
    assert_eq!(pseudonyms.len(), 50 * 3 * 2 * 2, "all names and secrets are distinct");
}

#[test]
fn two_window_keys_of_one_doctor_cover_exactly_their_union() {
    let series = SeriesSecret::generate(&mut rng(2)).for_doctor(b"Dr. Ruiz");
    let mut both = nodes(&series.window(0..=3).unwrap());
    both.extend(nodes(&series.window(8..=11).unwrap()));
    let union = window_of(&both);
    for epoch in 0..16 {
        let inside = epoch < 4 || (8..12).contains(&epoch);
        assert_eq!(union.pseudonym(epoch, 0), inside.then(|| series.pseudonym(epoch, 0)));
    }
}

#[test]
fn the_name_of_a_pseudonym_does_not_reveal_its_keywords() {
    // A query manager knows names, and obtains a trapdoor. It guesses the term of the keyword by
    // e(g1, T) = e(P, H(guess)).
    let rng = &mut rng(3);
    let pseudonym = SeriesSecret::generate(rng).for_doctor(b"Dr. Ruiz").pseudonym(677, 0);
    let (receiver, public) = peks::keygen(rng);
    let keyword = |key: &[u8; 32], value: &[u8]| framed(&[key, b"code", value]);
    let guesses = |key: &[u8; 32], trapdoor: &peks::Trapdoor| {
        let (trapdoor, public) = (trapdoor.to_bytes(), public.to_bytes());
        let (t, p) = (fields(&trapdoor).g2().unwrap(), fields(&public).g1().unwrap());
        [&b"E11.9"[..], b"I63.9"].iter().any(|value| {
            let point = hash_to_g2(tag::PEKS_KEYWORD, &keyword(key, value));
            pairing(&G1::generator(), &t) == pairing(&p, &point)
        })
    };
    let name = pseudonym.name();
    let secret = pseudonym.secret().expose();
    let faulty = peks::trapdoor(&receiver, &keyword(name, b"I63.9"));
    assert!(guesses(name, &faulty), "deliberate fault: the name is the key of the keywords");
    let ours = peks::trapdoor(&receiver, &keyword(secret, b"I63.9"));
    assert!(guesses(secret, &ours), "the author, who knows the secret, guesses");
    assert!(!guesses(name, &ours));
    // Nor does a function of the name under the crate's tags give the secret.
    for purpose in [tag::PSEUDONYM_SECRET, tag::PSEUDONYM_NAME, tag::PSEUDONYM_NODE] {
        let context = [&677_u32.to_be_bytes()[..], &0_u32.to_be_bytes()];
        for context in [&context[..], &[]] {
            assert_ne!(kdf::<32>(purpose, name, context).expose(), secret);
        }
    }
}
