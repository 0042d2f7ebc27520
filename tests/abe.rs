//! Attribute-based encryption as its users see it.
#![allow(clippy::unwrap_used)]

mod common;

/// So that `cargo test abe` selects all of them.
mod abe {
    use crate::common::{AbeHeader, AbeKey, attribute, attributes, fields, policy, rng};
    use epione::abe::fabeo::Coins;
    use epione::abe::{self, Ciphertext, Header, OpenError, UserSecretKey};
    use epione::algebra::codec::Canonical;
    use epione::algebra::hash::hash_to_g1;
    use epione::algebra::{G2, Scalar, tag};
    use epione::error::DecryptionFailed;
    use epione::policy::{AccessPolicy, AttributeSet, Node, Row};

    const FAILED: OpenError = OpenError::Decryption(DecryptionFailed);

    #[test]
    fn exactly_the_satisfying_keys_open() {
        let rng = &mut rng(1);
        let (parameters, master) = abe::setup(rng);
        let texts = [
            "a",
            "a and b",
            "a or b",
            "a and (b or c)",
            "2 of (a, b, c)",
            "a and (a or b)",
            "(a and b) or (a and c)",
            "3 of (a, b, c)",
            "1 of (a, b)",
            "2 of (a and b, c, b)",
        ];
        let subsets: Vec<AttributeSet> = (0..8)
            .map(|mask| {
                ["a", "b", "c"].into_iter().enumerate().filter(move |(i, _)| mask >> i & 1 == 1)
            })
            .map(|names| AttributeSet::from_names(names.map(|(_, name)| name)).unwrap())
            .collect();
        let keys: Vec<_> = subsets.iter().map(|set| abe::keygen(&master, set, rng)).collect();
        for text in texts {
            let policy = policy(text);
            let sealed = abe::seal_cpa(&parameters, &policy, b"ad", b"text", rng);
            for (set, key) in subsets.iter().zip(&keys) {
                let opened = abe::open_cpa(key, b"ad", &sealed).map(|plaintext| plaintext.to_vec());
                let expected = policy
                    .is_satisfied_by(set)
                    .then(|| b"text".to_vec())
                    .ok_or(OpenError::PolicyNotSatisfied);
                assert_eq!(opened, expected, "{text} for {set:?}");
            }
        }
    }

    #[test]
    fn comparisons_open_for_the_values_within() {
        let rng = &mut rng(9);
        let (parameters, master) = abe::setup(rng);
        let text = "(age in 18..65u8 or 2 of (day >= 2026-12-01, b, c)) and role#3:nurse";
        let sealed = abe::seal_cpa(&parameters, &policy(text), b"ad", b"text", rng);
        for (held, opens) in [
            ("age = 18u8, role#3:nurse", true),
            ("age = 65u8, role#3:nurse", true),
            ("age = 17u8, role#3:nurse", false),
            ("age = 66u8, role#3:nurse", false),
            ("age = 42, role#3:nurse", false),
            ("age = 42u8, role#4:nurse", false),
            ("day = 2027-03-31, role#3:nurse, c", true),
            ("day = 2026-11-30, role#3:nurse, c", false),
            ("day = 46355u16, role#3:nurse, c", false),
        ] {
            let key = abe::keygen(&master, &held.parse().unwrap(), rng);
            let key = UserSecretKey::from_bytes(&key.to_bytes()).unwrap();
            assert_eq!(key.attributes().to_string(), held);
            assert_eq!(abe::open_cpa(&key, b"ad", &sealed).is_ok(), opens, "{held}");
        }
    }

    #[test]
    fn every_changed_byte_fails() {
        let rng = &mut rng(2);
        let (parameters, master) = abe::setup(rng);
        let key = abe::keygen(&master, &attributes(&["a", "b", "c"]), rng);
        let sealed = abe::seal_cpa(&parameters, &policy("a or b"), b"ad", b"text", rng).to_bytes();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            // In the policy's text 'a' becomes 'c', which this key holds as well.
            changed[position] ^= 2;
            let opened = Ciphertext::from_bytes(&changed)
                .map(|changed| abe::open_cpa(&key, b"ad", &changed));
            assert!(!matches!(opened, Ok(Ok(_))), "byte {position}");
        }
    }

    #[test]
    fn another_context_authority_or_header_fails() {
        let rng = &mut rng(3);
        let (parameters, master) = abe::setup(rng);
        let (_, other_master) = abe::setup(rng);
        let set = attributes(&["a"]);
        let key = abe::keygen(&master, &set, rng);
        let sealed = abe::seal_cpa(&parameters, &policy("a"), b"record 7", b"text", rng);
        assert!(abe::open_cpa(&key, b"record 7", &sealed).is_ok());
        assert_eq!(abe::open_cpa(&key, b"record 8", &sealed).err(), Some(FAILED));
        assert_eq!(abe::open_cpa(&key, b"", &sealed).err(), Some(FAILED));
        let stranger = abe::keygen(&other_master, &set, rng);
        assert_eq!(abe::open_cpa(&stranger, b"record 7", &sealed).err(), Some(FAILED));

        // The body of one ciphertext behind the header of another.
        let second = abe::seal_cpa(&parameters, &policy("a"), b"record 7", b"text", rng);
        let (one, two) = (sealed.to_bytes(), second.to_bytes());
        let header = sealed.header().to_bytes().len();
        let mixed = [&one[..header], &two[header..]].concat();
        let mixed = Ciphertext::from_bytes(&mixed).unwrap();
        assert_eq!(abe::open_cpa(&key, b"record 7", &mixed).err(), Some(FAILED));
    }

    #[test]
    fn a_header_has_the_documented_length() {
        let rng = &mut rng(4);
        let (parameters, _) = abe::setup(rng);
        for (text, rows, tau) in
            [("a", 1, 1), ("a and b", 2, 1), ("a and (a or b)", 3, 2), ("2 of (a, a, a, b)", 4, 3)]
        {
            let (header, _) = abe::encapsulate_cpa(&parameters, &policy(text), rng);
            let expected = 2 + 4 + text.len() + 96 * (1 + tau) + 48 * rows;
            assert_eq!(header.to_bytes().len(), expected, "{text}");
            assert_eq!(header.policy().to_string(), text);
        }
    }

    #[test]
    fn long_policies_and_long_plaintexts_work() {
        // Both beyond 64 KiB, where 16-bit lengths of other libraries wrapped around.
        let rng = &mut rng(5);
        let (parameters, master) = abe::setup(rng);
        let name = |i: usize| format!("{i:0>256}x")[1..].to_owned();
        let leaves = (0..300).map(|i| Node::Leaf(attribute(&name(i)))).collect();
        let policy = AccessPolicy::new(Node::Or(leaves)).unwrap();
        assert!(policy.to_string().len() > 1 << 16);
        let plaintext: Vec<u8> = (0..200_000).map(|i| i as u8).collect();
        let sealed = abe::seal_cpa(&parameters, &policy, b"ad", &plaintext, rng);
        let sealed = Ciphertext::from_bytes(&sealed.to_bytes()).unwrap();
        let key = abe::keygen(&master, &attributes(&[&name(299)]), rng);
        assert_eq!(*abe::open_cpa(&key, b"ad", &sealed).unwrap(), plaintext);
        let stranger = abe::keygen(&master, &attributes(&[&name(300)]), rng);
        assert_eq!(
            abe::open_cpa(&stranger, b"ad", &sealed).err(),
            Some(OpenError::PolicyNotSatisfied)
        );
    }

    #[test]
    fn keys_and_headers_are_fresh_each_time() {
        let rng = &mut rng(6);
        let (parameters, master) = abe::setup(rng);
        let set = attributes(&["a"]);
        let keys = [abe::keygen(&master, &set, rng), abe::keygen(&master, &set, rng)];
        assert_ne!(keys[0].to_bytes(), keys[1].to_bytes());
        let (one, first) = abe::encapsulate_cpa(&parameters, &policy("a"), rng);
        let (two, second) = abe::encapsulate_cpa(&parameters, &policy("a"), rng);
        assert_ne!(one, two);
        assert_ne!(first, second);
        for key in &keys {
            assert_eq!(abe::decapsulate_cpa(key, &one).unwrap(), first);
            assert_eq!(abe::decapsulate_cpa(key, &two).unwrap(), second);
        }
    }

    #[test]
    fn a_key_without_attributes_opens_nothing_and_shows_nothing() {
        let rng = &mut rng(7);
        let (parameters, master) = abe::setup(rng);
        let key = abe::keygen(&master, &AttributeSet::default(), rng);
        let sealed = abe::seal_cpa(&parameters, &policy("1 of (a)"), b"", b"", rng);
        assert_eq!(abe::open_cpa(&key, b"", &sealed).err(), Some(OpenError::PolicyNotSatisfied));
        for shown in [format!("{key:?}"), format!("{master:?}")] {
            assert!(shown.contains("Secret(..)") && shown.len() < 60, "{shown}");
        }
    }

    /// Keys and headers over lists around the number of lanes, against the paper's equations.
    #[test]
    fn lists_are_what_the_equations_say() {
        let rng = &mut rng(8);
        let (parameters, master) = abe::setup(rng);
        let hash = |name: &str| hash_to_g1(tag::ABE_ATTRIBUTE, name.as_bytes());
        let base = hash_to_g1(tag::ABE_BASE, b"");
        for n in [0, 1, 7, 8, 9, 17] {
            let names: Vec<String> = (0..n).map(|i| format!("a{i:0>2}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            // sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r
            let (alpha, r) = (fields(&master.to_bytes()).g1().unwrap(), Scalar::random(rng));
            let user = abe::fabeo::keygen_with(&master, &attributes(&names), &r);
            let key = AbeKey::of(&user);
            assert!(key.sk1 == alpha + base * r && key.sk3 == G2::generator() * r);
            assert_eq!(key.sk2.len(), n);
            assert!(key.sk2.iter().all(|(name, point)| *point == hash(name) * r));
            assert_eq!(
                UserSecretKey::from_bytes(&user.to_bytes()).unwrap().to_bytes(),
                user.to_bytes()
            );
            if n == 0 {
                continue;
            }

            let all = names.join(", ");
            for text in [
                format!("{n} of ({all})"),
                format!("1 of ({all})"),
                format!("{} of ({all}, z)", n / 2 + 1),
                format!("{} of ({all}, {all})", n + 1),
            ] {
                let policy = policy(&text);
                let program = policy.span_program();
                let coins = Coins::random(&program, rng);
                let (header, content) =
                    abe::fabeo::encapsulate_cpa_with(&parameters, &policy, &coins);
                assert_eq!(abe::decapsulate_cpa(&user, &header), Ok(content), "{text}");
                assert_eq!(Header::from_bytes(&header.to_bytes()).as_ref(), Ok(&header), "{text}");
                // ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}
                let header = AbeHeader::of(&header);
                let masks = coins.masks.iter().map(|mask| G2::generator() * *mask);
                assert_eq!(header.ct2, masks.collect::<Vec<_>>(), "{text}");
                let rows = program.rows().iter().zip(program.share(&coins.shares));
                let row = |(row, lambda): (&Row, Scalar)| {
                    base * lambda
                        + hash_to_g1(tag::ABE_ATTRIBUTE, &row.attribute.identity())
                            * coins.masks[row.occurrence]
                };
                assert_eq!(header.ct3, rows.map(row).collect::<Vec<_>>(), "{text}");
            }
        }
    }
}
