//! Test vectors of the pseudonym series, computed from its equations.

use crate::vectors::format::{Fields, File, compare_or_write, draw};
use epione::algebra::Secret;
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::hash::kdf;
use epione::algebra::tag::{self, Kind};
use epione::pseudonym::SeriesSecret;

/// The node keys from the root to the leaf of an epoch: `child = KDF(parent, bit)`.
pub(super) fn path(root: [u8; 32], epoch: u32) -> Vec<[u8; 32]> {
    let mut path = vec![root];
    for level in 0..32 {
        let bit = (epoch >> (31 - level) & 1) as u8;
        path.push(*kdf::<32>(tag::PSEUDONYM_NODE, &path[level], &[&[bit]]).expose());
    }
    path
}

/// The highest nodes inside a window, from left to right: at each position the highest node that
/// starts there and fits.
fn cover(from: u32, to: u32) -> Vec<(u32, u32)> {
    let (mut nodes, mut next, end) = (Vec::new(), u64::from(from), u64::from(to) + 1);
    while next < end {
        let level = (0..=32).find(|level| {
            let size = 1_u64 << (32 - level);
            next.is_multiple_of(size) && next + size <= end
        });
        let level = level.unwrap();
        nodes.push((level, (next >> (32 - level)) as u32));
        next += 1 << (32 - level);
    }
    nodes
}

#[test]
fn pseudonym_vectors() {
    let tags = [
        tag::PSEUDONYM_ROOT,
        tag::PSEUDONYM_DOCTOR,
        tag::PSEUDONYM_NODE,
        tag::PSEUDONYM_NAME,
        tag::PSEUDONYM_SECRET,
    ];
    let mut file = File::new("EPIONE-V1-PSEUDONYM-SERIES", "A GGM tree over 2^32 epochs.", &tags);
    let rng = &mut file.rng();
    for (doctor, epoch, index, from, to) in [
        (&b"public key of Dr. Ruiz"[..], 677, 0, 675, 680),
        (b"public key of Dr. Ruiz", 677, 1, 677, 677),
        (b"", 0, u32::MAX, 0, u32::MAX),
        (b"public key of Dr. Wolf", u32::MAX, 7, 1, u32::MAX - 1),
    ] {
        let secret = draw::<32>(rng);
        let root = *kdf::<32>(tag::PSEUDONYM_ROOT, &secret, &[]).expose();
        let doctor_key = *kdf::<32>(tag::PSEUDONYM_DOCTOR, &root, &[doctor]).expose();
        let keys = path(doctor_key, epoch);
        let context = [&epoch.to_be_bytes()[..], &index.to_be_bytes()];
        let of_leaf = |purpose| *kdf::<32>(purpose, &keys[32], &context).expose();
        let (name, keyword_secret) = (of_leaf(tag::PSEUDONYM_NAME), of_leaf(tag::PSEUDONYM_SECRET));
        let nodes = cover(from, to);
        let mut window = vec![VERSION, Kind::PseudonymWindow as u8];
        window.extend((nodes.len() as u32).to_be_bytes());
        for (level, prefix) in &nodes {
            let first = u64::from(*prefix) << (32 - level);
            window.push(*level as u8);
            window.extend(prefix.to_be_bytes());
            window.extend(path(doctor_key, first as u32)[*level as usize]);
        }

        let series = SeriesSecret::from_secret(Secret::new(secret)).for_doctor(doctor);
        let pseudonym = series.pseudonym(epoch, index);
        assert_eq!(*pseudonym.name(), name);
        assert_eq!(*pseudonym.secret().expose(), keyword_secret);
        let library = series.window(from..=to).unwrap();
        assert_eq!(library.to_bytes(), window);
        let inside = (from..=to).contains(&epoch);
        let by_doctor = library.pseudonym(epoch, index);
        assert_eq!(by_doctor, inside.then_some(pseudonym));

        let inputs = Fields::default()
            .hex("secret", secret)
            .hex("doctor", doctor)
            .number("epoch", epoch.into())
            .number("index", index.into())
            .number("window_from", from.into())
            .number("window_to", to.into());
        let trace = Fields::default()
            .hex("root", root)
            .hex("doctor_key", doctor_key)
            .list("path", keys[1..].iter().map(hex::encode))
            .list("window_nodes", nodes.iter().map(|(level, prefix)| format!("{level}:{prefix}")));
        let outputs = Fields::default()
            .hex("name", name)
            .hex("secret", keyword_secret)
            .hex("window", window)
            .flag("epoch_in_window", inside);
        file.case("a pseudonym and a window key", inputs, trace, outputs);
    }
    compare_or_write("pseudonym.json", &file);
}
