//! Searchable encryption: correctness, integrity, encodings, and batch versions.

use crate::common::{fields, rng};
use epione::algebra::codec::Canonical;
use epione::dem;
use epione::peks::{self, Posting, PreparedTrapdoor, PublicKey, SearchableCiphertext, Trapdoor};

/// Batch sizes around the number of vector lanes.
const SIZES: [usize; 6] = [0, 1, 7, 8, 9, 17];

#[test]
fn a_trapdoor_matches_exactly_its_keyword() {
    let rng = &mut rng(1);
    let (secret, public) = peks::keygen(rng);
    let words = [&b"code=I63.9"[..], b"code=I63", b"code=I63.99", b"", b"code=i63.9", b"\0"];
    let ciphertexts: Vec<_> = words
        .iter()
        .map(|word| peks::encrypt(&public, word, b"record", &[b"cid ", *word].concat(), rng))
        .collect();
    for (i, word) in words.iter().enumerate() {
        let trapdoor = peks::trapdoor(&secret, word);
        for (j, ciphertext) in ciphertexts.iter().enumerate() {
            assert_eq!(peks::test(ciphertext, &trapdoor, b"record"), i == j);
            let located = peks::locate(ciphertext, &trapdoor, b"record").ok();
            let expected = (i == j).then(|| [b"cid ", *word].concat());
            assert_eq!(located.map(|found| found.to_vec()), expected);
        }
    }
}

#[test]
fn modified_ciphertexts_reveal_no_location() {
    let rng = &mut rng(2);
    let (secret, public) = peks::keygen(rng);
    let trapdoor = peks::trapdoor(&secret, b"w");
    let ciphertext = peks::encrypt(&public, b"w", b"record", b"location", rng).to_bytes();
    for position in 0..ciphertext.len() {
        for bit in [1, 0x20] {
            let mut changed = ciphertext.clone();
            changed[position] ^= bit;
            let Ok(changed) = SearchableCiphertext::from_bytes(&changed) else { continue };
            assert!(peks::locate(&changed, &trapdoor, b"record").is_err(), "byte {position}");
            // B covers A and the context; the location has its own authentication tag.
            assert_eq!(
                peks::test(&changed, &trapdoor, b"record"),
                position >= 82,
                "byte {position}"
            );
        }
    }
}

#[test]
fn ciphertexts_have_the_documented_length() {
    let rng = &mut rng(3);
    let (_, public) = peks::keygen(rng);
    for length in [0, 36, 3072] {
        let ciphertext = peks::encrypt(&public, b"w", b"c", &vec![7; length], rng).to_bytes();
        assert_eq!(ciphertext.len() as u64, 2 + 80 + 4 + dem::sealed_length(length as u64));
        assert!(SearchableCiphertext::from_bytes(&ciphertext).is_ok());
    }
    let too_long = std::panic::catch_unwind(|| {
        peks::encrypt(&public, b"w", b"c", &[7; 3073], &mut crate::common::rng(0))
    });
    assert!(too_long.is_err());
}

#[test]
fn keywords_and_contexts_beyond_64_kib_are_not_truncated() {
    let rng = &mut rng(4);
    let (secret, public) = peks::keygen(rng);
    let (long, mut other) = (vec![7; 70_000], vec![7; 70_000]);
    other[69_999] = 8;
    let ciphertext = peks::encrypt(&public, &long, &long, b"", rng);
    assert!(peks::test(&ciphertext, &peks::trapdoor(&secret, &long), &long));
    assert!(!peks::test(&ciphertext, &peks::trapdoor(&secret, &other), &long));
    assert!(!peks::test(&ciphertext, &peks::trapdoor(&secret, &long), &other));
    assert!(!peks::test(&ciphertext, &peks::trapdoor(&secret, &long[..70_000 - 65_536]), &long));
}

#[test]
fn encryption_is_randomised_and_trapdoors_are_deterministic() {
    // Trapdoors reveal the search pattern; ciphertexts do not reveal that keywords repeat.
    let rng = &mut rng(5);
    let (secret, public) = peks::keygen(rng);
    let ciphertext =
        || peks::encrypt(&public, b"w", b"c", b"l", &mut crate::common::rng(9)).to_bytes();
    assert_eq!(ciphertext(), ciphertext(), "the RNG is the only source of randomness");
    let (one, two) = (
        peks::encrypt(&public, b"w", b"c", b"l", rng),
        peks::encrypt(&public, b"w", b"c", b"l", rng),
    );
    assert_ne!(fields(&one.to_bytes()).g1().unwrap(), fields(&two.to_bytes()).g1().unwrap());
    let trapdoor = || peks::trapdoor(&secret, b"w").to_bytes();
    assert_eq!(trapdoor(), trapdoor());
    assert_eq!(secret.public_key(), public);
    assert!(!format!("{secret:?}").contains(char::is_numeric));
}

/// Ciphertexts of `w` and of other keywords, some modified, each with the context of the search.
fn mixed_ciphertexts(count: usize, public: &PublicKey) -> Vec<(SearchableCiphertext, Vec<u8>)> {
    let rng = &mut rng(60 + count as u64);
    let ciphertext = |i: usize| {
        let keyword: &[u8] = if i.is_multiple_of(3) { b"w" } else { b"other" };
        let context = format!("record {i}").into_bytes();
        let ciphertext = peks::encrypt(public, keyword, &context, &[i as u8; 36], rng);
        let modified = |position| {
            let mut bytes = ciphertext.to_bytes();
            bytes[position] ^= 1;
            SearchableCiphertext::from_bytes(&bytes).unwrap()
        };
        match i {
            3 => (modified(50), context), // B
            6 => (modified(90), context), // the encrypted location
            9 => (ciphertext, b"another record".to_vec()),
            _ => (ciphertext, context),
        }
    };
    (0..count).map(ciphertext).collect()
}

#[test]
fn batch_tests_agree_with_single_tests() {
    let (secret, public) = peks::keygen(&mut rng(6));
    let (present, absent) = (peks::trapdoor(&secret, b"w"), peks::trapdoor(&secret, b"absent"));
    for count in SIZES {
        let ciphertexts = mixed_ciphertexts(count, &public);
        let list: Vec<_> =
            ciphertexts.iter().map(|(ciphertext, c)| (ciphertext, c.as_slice())).collect();
        for (trapdoor, is_present) in [(&present, true), (&absent, false)] {
            let prepared = trapdoor.prepare();
            let tested: Vec<bool> = list.iter().map(|(e, c)| peks::test(e, trapdoor, c)).collect();
            assert_eq!(peks::batch_test(&list, &prepared), tested);
            let located: Vec<_> = list.iter().map(|(e, c)| peks::locate(e, trapdoor, c)).collect();
            assert_eq!(peks::batch_locate(&list, &prepared.clone()), located);
            if is_present && count == 17 {
                let indices = |hits: Vec<bool>| (0..17).filter(|i| hits[*i]).collect::<Vec<_>>();
                assert_eq!(indices(tested), [0, 6, 12, 15]);
                let opened = located.iter().map(Result::is_ok).collect();
                assert_eq!(indices(opened), [0, 12, 15]);
            }
        }
    }
}

#[test]
fn trapdoors_are_erased_on_drop_and_redacted() {
    let (secret, _) = peks::keygen(&mut rng(10));
    let trapdoor = peks::trapdoor(&secret, b"w");
    // A type with a destructor is not `Copy`.
    assert!(std::mem::needs_drop::<Trapdoor>() && std::mem::needs_drop::<PreparedTrapdoor>());
    assert_eq!(format!("{trapdoor:?}"), "Trapdoor(Secret(..))");
    assert_eq!(format!("{:?}", trapdoor.prepare()), "PreparedTrapdoor(PreparedG2(..))");
}

#[test]
fn batch_encryption_agrees_with_single_encryption() {
    let (secret, public) = peks::keygen(&mut rng(7));
    for count in SIZES {
        let words: Vec<Vec<u8>> = (0..count).map(|i| vec![b'w'; 40 * i]).collect();
        let posting =
            |(i, keyword): (usize, &Vec<u8>)| (keyword.clone(), [i as u8; 3], vec![7; 100 * i]);
        let parts: Vec<_> = words.iter().enumerate().map(posting).collect();
        let postings: Vec<_> = parts
            .iter()
            .map(|(keyword, context, location)| Posting { keyword, context, location })
            .collect();
        let (batch_rng, single_rng) = (&mut rng(8), &mut rng(8));
        let single: Vec<_> = postings
            .iter()
            .map(|p| peks::encrypt(&public, p.keyword, p.context, p.location, single_rng))
            .collect();
        assert_eq!(peks::batch_encrypt(&public, &postings, batch_rng), single);
        assert_eq!(*batch_rng, *single_rng, "both consume the same randomness");

        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let single: Vec<_> =
            words.iter().map(|word| peks::trapdoor(&secret, word).to_bytes()).collect();
        let batch = peks::batch_trapdoor(&secret, &words);
        assert_eq!(batch.iter().map(Canonical::to_bytes).collect::<Vec<_>>(), single);
    }
}

#[test]
fn batch_decoding_agrees_with_single_decoding() {
    let (_, public) = peks::keygen(&mut rng(9));
    for count in SIZES {
        let mut encodings: Vec<Vec<u8>> = mixed_ciphertexts(count, &public)
            .iter()
            .map(|(ciphertext, _)| ciphertext.to_bytes())
            .collect();
        for (i, bytes) in encodings.iter_mut().enumerate() {
            match i % 8 {
                1 => bytes[0] ^= 1,      // version
                2 => bytes[1] ^= 1,      // kind
                3 => bytes[20] ^= 1,     // the point, most likely off the curve
                4 => bytes.truncate(49), // within the point
                5 => bytes.truncate(90), // behind the point
                6 => bytes.push(0),
                7 => {
                    // Three faults; the invalid point is reported.
                    bytes[2] &= 0x7f;
                    bytes[82] = 1;
                    bytes.push(0);
                }
                _ => {}
            }
        }
        let single: Vec<_> =
            encodings.iter().map(|bytes| SearchableCiphertext::from_bytes(bytes)).collect();
        assert_eq!(SearchableCiphertext::batch_from_bytes(&encodings), single);
        assert!(
            single
                .iter()
                .enumerate()
                .all(|(i, ciphertext)| ciphertext.is_ok() == (i % 8 == 0) || i % 8 == 3)
        );
    }
}
