//! Searchable encryption as its users see it.
#![allow(clippy::unwrap_used)]

mod common;

/// So that `cargo test peks` selects all of them.
mod peks {
    use crate::common::{fields, rng};
    use epione::algebra::codec::Canonical;
    use epione::dem;
    use epione::peks::{self, SearchableCiphertext};

    #[test]
    fn a_trapdoor_finds_its_keyword_among_others() {
        let rng = &mut rng(1);
        let (secret, public) = peks::keygen(rng);
        let words = [&b"code=I63.9"[..], b"code=I63", b"code=I63.99", b"", b"code=i63.9", b"\0"];
        let entries: Vec<_> = words
            .iter()
            .map(|word| peks::encrypt(&public, word, b"record", &[b"cid ", *word].concat(), rng))
            .collect();
        for (i, word) in words.iter().enumerate() {
            let trapdoor = peks::trapdoor(&secret, word);
            for (j, entry) in entries.iter().enumerate() {
                assert_eq!(peks::test(entry, &trapdoor, b"record"), i == j);
                let located = peks::locate(entry, &trapdoor, b"record").ok();
                let expected = (i == j).then(|| [b"cid ", *word].concat());
                assert_eq!(located.map(|found| found.to_vec()), expected);
            }
        }
    }

    #[test]
    fn every_changed_byte_of_an_entry_hides_its_location() {
        let rng = &mut rng(2);
        let (secret, public) = peks::keygen(rng);
        let trapdoor = peks::trapdoor(&secret, b"w");
        let entry = peks::encrypt(&public, b"w", b"record", b"location", rng).to_bytes();
        for position in 0..entry.len() {
            for bit in [1, 0x20] {
                let mut changed = entry.clone();
                changed[position] ^= bit;
                let Ok(changed) = SearchableCiphertext::from_bytes(&changed) else { continue };
                assert!(peks::locate(&changed, &trapdoor, b"record").is_err(), "byte {position}");
                // The check value covers A and the context; the location has a seal of its own.
                assert_eq!(
                    peks::test(&changed, &trapdoor, b"record"),
                    position >= 82,
                    "byte {position}"
                );
            }
        }
    }

    #[test]
    fn an_entry_has_the_documented_length() {
        let rng = &mut rng(3);
        let (_, public) = peks::keygen(rng);
        for length in [0, 36, 3072] {
            let entry = peks::encrypt(&public, b"w", b"c", &vec![7; length], rng).to_bytes();
            assert_eq!(entry.len() as u64, 2 + 80 + 4 + dem::sealed_length(length as u64));
            assert!(SearchableCiphertext::from_bytes(&entry).is_ok());
        }
        let too_long = std::panic::catch_unwind(|| {
            peks::encrypt(&public, b"w", b"c", &[7; 3073], &mut crate::common::rng(0))
        });
        assert!(too_long.is_err());
    }

    #[test]
    fn keywords_and_contexts_beyond_64_kib_count_in_full() {
        let rng = &mut rng(4);
        let (secret, public) = peks::keygen(rng);
        let (long, mut other) = (vec![7; 70_000], vec![7; 70_000]);
        other[69_999] = 8;
        let entry = peks::encrypt(&public, &long, &long, b"", rng);
        assert!(peks::test(&entry, &peks::trapdoor(&secret, &long), &long));
        assert!(!peks::test(&entry, &peks::trapdoor(&secret, &other), &long));
        assert!(!peks::test(&entry, &peks::trapdoor(&secret, &long), &other));
        assert!(!peks::test(&entry, &peks::trapdoor(&secret, &long[..70_000 - 65_536]), &long));
    }

    #[test]
    fn entries_differ_and_trapdoors_do_not() {
        // The search pattern shows, the entries' keywords do not: as documented.
        let rng = &mut rng(5);
        let (secret, public) = peks::keygen(rng);
        let entry =
            || peks::encrypt(&public, b"w", b"c", b"l", &mut crate::common::rng(9)).to_bytes();
        assert_eq!(entry(), entry(), "only the generator makes them differ");
        let (one, two) = (
            peks::encrypt(&public, b"w", b"c", b"l", rng),
            peks::encrypt(&public, b"w", b"c", b"l", rng),
        );
        assert_ne!(fields(&one.to_bytes()).g1().unwrap(), fields(&two.to_bytes()).g1().unwrap());
        assert_eq!(peks::trapdoor(&secret, b"w"), peks::trapdoor(&secret, b"w"));
        assert_eq!(secret.public_key(), public);
        assert!(!format!("{secret:?}").contains(char::is_numeric));
    }
}
