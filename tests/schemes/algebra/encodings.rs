//! Properties of the canonical encodings of all types.

mod abe;
mod ledger;
pub(crate) mod protocol;

use crate::common::{encoding, forge, policy, rng};
use epione::abe::{CpaHeader, UserSecretKey};
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::tag::Kind;
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::error::DecodeError;
use epione::peks::{self, Trapdoor};
use epione::pre::{self, afgh, conditional};
use epione::pseudonym::{SeriesSecret, WindowKey};
use rand::Rng;

/// The encoding of a sample value, with a function that decodes and re-encodes.
struct Specimen {
    name: &'static str,
    kind: Kind,
    bytes: Vec<u8>,
    recode: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
    /// Offsets of 32-bit lengths and counts.
    lengths: Vec<usize>,
}

fn specimen<T: Canonical>(name: &'static str, value: &T, lengths: &[usize]) -> Specimen {
    Specimen {
        name,
        kind: T::KIND,
        bytes: value.to_bytes(),
        recode: |bytes| T::from_bytes(bytes).map(|value| value.to_bytes()),
        lengths: lengths.to_vec(),
    }
}

fn specimens() -> Vec<Specimen> {
    let rng = &mut rng(1);
    let (peks_secret, peks_public) = peks::keygen(rng);
    let entry = peks::encrypt(&peks_public, b"w", b"c", b"location", rng);
    let trapdoor = peks::trapdoor(&peks_secret, b"w");
    let (alice, alice_public) = pre::keygen(rng);
    let (_, bob_public) = pre::keygen(rng);
    let possession = alice.prove_possession(b"subject", rng);
    let sealed = conditional::seal(&alice_public, b"w", b"ad", b"text", rng);
    let rekey = conditional::rekeygen(&alice, &bob_public, b"w", rng);
    let checked = rekey.verify(&alice_public, &bob_public, b"w").unwrap();
    let verified = sealed.verify(b"w", b"ad").unwrap();
    let reencrypted = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let afgh_sealed = afgh::seal(&alice_public, b"ad", b"text", rng);
    let afgh_rekey = afgh::rekeygen(&alice, &bob_public);
    let afgh_reencrypted = afgh::reencrypt(&afgh_rekey, &afgh_sealed);
    let window = SeriesSecret::generate(rng).for_doctor(b"d").window(3..=9).unwrap();
    let of_abe = abe::specimens(rng);
    let others = vec![
        specimen("peks public key", &peks_public, &[]),
        specimen("peks secret key", &peks_secret, &[]),
        specimen("peks ciphertext", &entry, &[2 + 80]),
        specimen("peks trapdoor", &trapdoor, &[]),
        specimen("pre public key", &alice_public, &[]),
        specimen("pre secret key", &alice, &[]),
        specimen("pre possession", &possession, &[]),
        specimen("pre ciphertext", &sealed, &[2 + 176]),
        specimen("pre re-encryption key", &rekey, &[]),
        specimen("pre re-encryption", &reencrypted, &[]),
        specimen("afgh ciphertext", &afgh_sealed, &[2 + 48]),
        specimen("afgh re-encryption key", &afgh_rekey, &[]),
        specimen("afgh re-encryption", &afgh_reencrypted, &[2 + 48 + 576]),
        specimen("pseudonym window", &window, &[2]),
    ];
    let of_ledger = ledger::specimens();
    let of_protocol = protocol::specimens(rng);
    of_abe.into_iter().chain(others).chain(of_protocol).chain(of_ledger).collect()
}

#[test]
fn encodings_round_trip() {
    for Specimen { name, kind, bytes, recode, .. } in specimens() {
        assert_eq!(bytes[..2], [VERSION, kind as u8], "{name}");
        assert_eq!(recode(&bytes).as_ref(), Ok(&bytes), "{name}");
    }
}

#[test]
fn every_truncated_encoding_is_rejected() {
    for Specimen { name, bytes, recode, .. } in specimens() {
        for length in 0..bytes.len() {
            assert!(recode(&bytes[..length]).is_err(), "{name} truncated to {length}");
        }
    }
}

#[test]
fn trailing_bytes_are_rejected() {
    for Specimen { name, bytes, recode, .. } in specimens() {
        for byte in [0, 1, 0xff] {
            let longer = [&bytes[..], &[byte]].concat();
            assert_eq!(recode(&longer), Err(DecodeError::TrailingBytes(1)), "{name}");
        }
        let twice = [&bytes[..], &bytes[..]].concat();
        assert_eq!(recode(&twice), Err(DecodeError::TrailingBytes(bytes.len())), "{name}");
    }
}

#[test]
fn every_other_version_and_kind_is_rejected() {
    for Specimen { name, kind, bytes, recode, .. } in specimens() {
        let mut changed = bytes.clone();
        for version in (0..=255).filter(|version| *version != VERSION) {
            changed[0] = version;
            assert_eq!(recode(&changed), Err(DecodeError::Version(version)), "{name}");
        }
        changed[0] = VERSION;
        let expected = kind as u8;
        for found in (0..=255).filter(|found| *found != expected) {
            changed[1] = found;
            assert_eq!(recode(&changed), Err(DecodeError::Kind { expected, found }), "{name}");
        }
    }
}

#[test]
fn no_type_decodes_the_encoding_of_another() {
    let specimens = specimens();
    for (i, a) in specimens.iter().enumerate() {
        for (j, b) in specimens.iter().enumerate() {
            assert!(i == j || (b.recode)(&a.bytes).is_err(), "{} decodes as {}", a.name, b.name);
        }
    }
}

#[test]
fn a_length_above_its_cap_is_rejected_before_allocation() {
    for Specimen { name, bytes, recode, lengths, .. } in specimens() {
        for position in lengths {
            let mut changed = bytes.clone();
            changed[position..position + 4].fill(0xff);
            let decoded = recode(&changed);
            assert!(matches!(decoded, Err(DecodeError::TooLong { .. })), "{name}: {decoded:?}");
        }
    }
}

#[test]
fn mutated_encodings_decode_only_if_canonical() {
    let rng = &mut rng(2);
    for Specimen { name, bytes, recode, .. } in specimens() {
        for round in 0..400 {
            let mut changed = bytes.clone();
            for _ in 0..rng.gen_range(1..=3) {
                let position = rng.gen_range(0..changed.len());
                match round % 4 {
                    0 => changed[position] = rng.r#gen(),
                    1 => changed[position] ^= 1 << rng.gen_range(0..8),
                    2 => drop(changed.remove(position)),
                    _ => changed.insert(position, rng.r#gen()),
                }
            }
            if let Ok(recoded) = recode(&changed) {
                assert_eq!(recoded, changed, "{name}: not canonical");
            }
        }
    }
}

#[test]
fn random_bytes_after_a_valid_prefix_decode_only_if_canonical() {
    let rng = &mut rng(3);
    for Specimen { bytes, recode, .. } in specimens() {
        for _ in 0..100 {
            let length = rng.gen_range(2..bytes.len() + 64);
            let mut noise: Vec<u8> = (0..length).map(|_| rng.r#gen()).collect();
            noise[..2].copy_from_slice(&bytes[..2]);
            if let Ok(recoded) = recode(&noise) {
                assert_eq!(recoded, noise);
            }
        }
    }
}

/// Checks the serde and `TryFrom` implementations of a public type.
fn check_serde<T>(value: &T)
where
    T: Canonical + serde::Serialize + serde::de::DeserializeOwned,
    T: for<'a> TryFrom<&'a [u8], Error = DecodeError>,
{
    let bytes = value.to_bytes();
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(json, format!("\"{}\"", hex::encode(&bytes)));
    assert_eq!(serde_json::from_str::<T>(&json).unwrap().to_bytes(), bytes);
    assert_eq!(T::try_from(&bytes[..]).unwrap().to_bytes(), bytes);
    assert!(serde_json::from_str::<T>(&json.replacen("\"04", "\"03", 1)).is_err());
    assert!(serde_json::from_str::<T>("\"zz\"").is_err());
    assert!(serde_json::from_str::<T>(&json.to_uppercase()).is_err(), "hex is lower case");
    assert!(T::try_from(&bytes[1..]).is_err());
}

#[test]
fn serde_uses_the_canonical_encoding() {
    let rng = &mut rng(4);
    let (parameters, _) = epione::abe::setup(rng);
    let sealed = epione::abe::seal_cpa(&parameters, &policy("a"), b"", b"x", rng);
    check_serde(&sealed);
    check_serde(sealed.header());
    let sealed = epione::abe::seal(&parameters, &policy("a"), b"", b"x", rng);
    check_serde(&parameters);
    check_serde(sealed.header());
    check_serde(&sealed);
    let (_, public) = peks::keygen(rng);
    check_serde(&public);
    check_serde(&peks::encrypt(&public, b"w", b"", b"", rng));
    let (secret, public) = pre::keygen(rng);
    check_serde(&public);
    check_serde(&secret.prove_possession(b"", rng));
    check_serde(&conditional::seal(&public, b"", b"", b"", rng));
    let sealed = afgh::seal(&public, b"", b"", rng);
    check_serde(&sealed);
    check_serde(&afgh::reencrypt(&afgh::rekeygen(&secret, &public), &sealed));
}

#[test]
fn the_invariants_of_each_type_are_checked() {
    use DecodeError::{Identity, Invalid, NotReduced, NotUtf8, TooLong};
    let (g1, g2) = (G1::generator(), G2::generator());
    let user_key = |names: &[&[u8]]| {
        let bytes = encoding::<UserSecretKey>(|w| {
            w.u8(1);
            // No numbers and no listed values.
            w.count(0);
            w.count(0);
            w.list(names, |w, name| w.bytes(name));
            w.g1(&g1);
            w.g2(&g2);
            names.iter().for_each(|_| w.g1(&g1));
        });
        <UserSecretKey>::from_bytes(&bytes).map(drop)
    };
    assert_eq!(user_key(&[b"a", b"b"]), Ok(()));
    assert_eq!(user_key(&[]), Ok(()));
    for names in [&[&b"b"[..], b"a"][..], &[b"a", b"a"], &[b""], &[b"tab\t"]] {
        assert!(matches!(user_key(names), Err(Invalid(_))), "{names:?}");
    }
    assert_eq!(user_key(&[&[0xc3]]), Err(NotUtf8));
    abe::invariants_are_checked();
    assert!(matches!(user_key(&[&[b'x'; 257]]), Err(TooLong { .. })));

    let header = |text: &str, ct2: usize, ct3: usize| {
        let bytes = encoding::<CpaHeader>(|w| {
            w.u8(1);
            w.bytes(text.as_bytes());
            (0..=ct2).for_each(|_| w.g2(&g2));
            (0..ct3).for_each(|_| w.g1(&g1));
        });
        <CpaHeader>::from_bytes(&bytes).map(drop)
    };
    assert_eq!(header("a and (a or b)", 2, 3), Ok(()));
    assert!(header("a and (a or b)", 1, 3).is_err());
    assert!(header("a and (a or b)", 2, 2).is_err());
    assert!(header("a and (a or b)", 3, 3).is_err());
    for text in ["", "a and", "(a)", "a  and b", " a", "\"a\"", "a and b or c", "a or (b)"] {
        assert!(matches!(header(text, 1, 2), Err(Invalid(_))), "{text}");
    }

    let secret = |bytes: [u8; 32]| {
        pre::SecretKey::from_bytes(&[&[VERSION, 0x21], &bytes[..]].concat()).map(drop)
    };
    assert!(matches!(secret([0; 32]), Err(Invalid(_))));
    assert_eq!(secret([0xff; 32]), Err(NotReduced));
    let secret = peks::SecretKey::from_bytes(&[&[VERSION, 0x11], &[0; 32][..]].concat());
    assert!(matches!(secret, Err(Invalid(_))));

    let public_key = |x: &G1, y: &G2| {
        let bytes = encoding::<pre::PublicKey>(|w| {
            w.g1(x);
            w.g2(y);
        });
        pre::PublicKey::from_bytes(&bytes).map(drop)
    };
    let two = Scalar::from(2);
    assert_eq!(public_key(&(g1 * two), &(g2 * two)), Ok(()));
    assert!(matches!(public_key(&(g1 * two), &g2), Err(Invalid(_))));
    assert!(matches!(public_key(&g1, &-g2), Err(Invalid(_))));
    assert_eq!(public_key(&G1::identity(), &G2::identity()), Err(Identity));
}

/// The specimens that contain only exponents, digests, symmetric keys and elements of other curves.
const WITHOUT_ELEMENTS: [&str; 14] = [
    "rouselakis-waters authority key",
    "abe retrieval key",
    "pang master key",
    "peks secret key",
    "pre secret key",
    "pre possession",
    "pseudonym window",
    "upload",
    "fetch",
    "sealed message",
    "enrolment",
    "application",
    "configuration",
    "ledger proof",
];

/// Returns the offset of every element of G1, G2 and GT in an encoding, with the encoding of the
/// identity of its group. Other bytes pass the check of the subgroup with negligible probability.
fn elements(bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    // Compressed points: flags c0, then zeros. GT: the coefficient 1, then zeros.
    let identity = |length: usize, byte: usize, value: u8| {
        let mut identity = vec![0; length];
        identity[byte] = value;
        identity
    };
    let identity_at = |start: usize| {
        let rest = &bytes[start..];
        if rest.first_chunk().is_some_and(|point| G1::from_bytes(point).is_ok()) {
            Some((start, identity(48, 0, 0xc0)))
        } else if rest.first_chunk().is_some_and(|point| G2::from_bytes(point).is_ok()) {
            Some((start, identity(96, 0, 0xc0)))
        } else if rest.first_chunk().is_some_and(|element| Gt::from_bytes(element).is_ok()) {
            Some((start, identity(576, 47, 1)))
        } else {
            None
        }
    };
    (0..bytes.len()).filter_map(identity_at).collect()
}

#[test]
fn identities_are_rejected_in_every_field() {
    for Specimen { name, bytes, recode, .. } in specimens() {
        let elements = elements(&bytes);
        assert_eq!(elements.is_empty(), WITHOUT_ELEMENTS.contains(&name), "{name}");
        for (position, identity) in elements {
            let mut changed = bytes.clone();
            changed[position..position + identity.len()].copy_from_slice(&identity);
            assert_eq!(recode(&changed), Err(DecodeError::Identity), "{name} at {position}");
        }
    }
}

#[test]
fn windows_decode_only_as_ascending_disjoint_nodes() {
    let window = |nodes: &[(u8, u32)]| {
        let bytes = encoding::<WindowKey>(|w| {
            w.list(nodes, |w, (level, prefix)| {
                w.u8(*level);
                w.u32(*prefix);
                w.fixed(&[7; 32]);
            });
        });
        WindowKey::from_bytes(&bytes).map(drop)
    };
    assert_eq!(window(&[(0, 0)]), Ok(()));
    assert_eq!(window(&[(32, 1), (31, 1), (32, 4)]), Ok(()));
    assert_eq!(window(&[(32, u32::MAX)]), Ok(()));
    let malformed: [&[(u8, u32)]; 12] = [
        &[],
        &[(33, 0)],
        &[(255, 0)],
        &[(0, 1)],
        &[(1, 2)],
        &[(31, 1 << 31)],
        &[(32, 1), (32, 0)],
        &[(32, 0), (32, 0)],
        &[(31, 0), (32, 1)],
        &[(32, 0), (32, 1)],
        &[(32, 0), (32, 1), (31, 1)],
        &[(1, 0), (1, 1)],
    ];
    for nodes in malformed {
        assert!(matches!(window(nodes), Err(DecodeError::Invalid(_))), "{nodes:?}");
    }
    let many: Vec<_> = (0..65).map(|epoch| (32, epoch)).collect();
    assert_eq!(window(&many), Err(DecodeError::TooLong { found: 65, cap: 64 }));
}

#[test]
fn forge_does_not_bypass_decoding() {
    let trapdoor: Trapdoor = forge(|w| w.g2(&G2::generator()));
    assert_eq!(trapdoor.to_bytes()[2..], G2::generator().to_bytes());
    assert!(std::panic::catch_unwind(|| forge::<Trapdoor>(|w| w.g2(&G2::identity()))).is_err());
}
