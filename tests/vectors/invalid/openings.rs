//! Well-formed values that must not verify or open.

use super::with;
use crate::common::rng;
use crate::vectors::format::{Fields, Refusals, settle};
use epione::algebra::codec::{Canonical, VERSION};
use epione::dem::{self, ContentKey};
use epione::peks::{self, SearchableCiphertext};
use epione::pre::{self, conditional};

#[test]
fn refused_openings() {
    let mut file = Refusals::new(
        "EPIONE-V1-OPENINGS",
        "Well-formed values that must not verify or open under the context of their group.",
    );
    let rng = &mut rng(2027);
    let (alice, alice_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&alice_public, b"condition", b"ad", b"text", rng);
    let other = conditional::seal(&alice_public, b"condition", b"ad 2", b"text", rng).to_bytes();
    let rekey = conditional::rekeygen(&alice, &doctor_public, b"condition", rng);
    let checked = rekey.verify(&alice_public, &doctor_public, b"condition").unwrap();
    let verified = sealed.verify(&alice_public, b"condition", b"ad").unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let (honest, rk) = (sealed.to_bytes(), rekey.to_bytes());
    let context = || {
        Fields::default()
            .hex("delegator_public_key", alice_public.to_bytes())
            .hex("delegatee_public_key", doctor_public.to_bytes())
            .hex("condition", "condition")
            .hex("ad", "ad")
    };
    let negated = |bytes: &[u8], position: usize| with(bytes, position, bytes[position] ^ 0x20);
    let last = honest.len() - 1;

    file.group("conditional: tag of a ciphertext", context());
    let cases = [
        ("as it was made", "Valid", honest.clone(), true),
        ("C1 negated", "C1", negated(&honest, 2), false),
        ("W changed", "W", with(&honest, 50, honest[50] ^ 1), false),
        ("C4 negated", "C4", negated(&honest, 82), false),
        (
            "C4 of another record",
            "C4",
            [&honest[..82], &other[82..178], &honest[178..]].concat(),
            false,
        ),
        ("body changed", "Body", with(&honest, last, honest[last] ^ 1), false),
        ("another record", "Context", other.clone(), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        let ciphertext = conditional::Ciphertext::from_bytes(&bytes).unwrap();
        let verdict = ciphertext.verify(&alice_public, b"condition", b"ad");
        assert_eq!(verdict.is_ok(), valid, "{comment}");
        file.test(comment, flag, &bytes, valid);
    }

    file.group("conditional: re-encryption key", context());
    let cases = [
        ("as it was made", "Valid", rk.clone(), true),
        ("rk1 negated", "Rk1", negated(&rk, 2), false),
        ("rk2 negated", "Rk2", negated(&rk, 98), false),
        ("halves exchanged", "Rk1", [&rk[..2], &rk[98..], &rk[2..98]].concat(), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        let key = conditional::ReKey::from_bytes(&bytes).unwrap();
        let verdict = key.verify(&alice_public, &doctor_public, b"condition");
        assert_eq!(verdict.is_ok(), valid, "{comment}");
        file.test(comment, flag, &bytes, valid);
    }

    file.group(
        "conditional: re-encryption",
        context().hex("ciphertext", &honest).hex("rk2", &rk[98..]),
    );
    let cases = [
        ("as it was made", "Valid", work.clone(), true),
        ("D1 negated", "D1", negated(&work, 2), false),
        ("T negated", "T", negated(&work, 50), false),
        ("D2 negated", "D2", negated(&work, 98), false),
        (
            "D1 and T exchanged",
            "D1",
            [&work[..2], &work[50..98], &work[2..50], &work[98..]].concat(),
            false,
        ),
        ("challenge changed", "Proof", with(&work, 225, work[225] ^ 1), false),
        ("response changed", "Proof", with(&work, 257, work[257] ^ 1), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        let work = conditional::ReEncryption::from_bytes(&bytes).unwrap();
        assert_eq!(work.verify(checked.delegation(), &verified).is_ok(), valid, "{comment}");
        file.test(comment, flag, &bytes, valid);
    }

    let (secret, public) = peks::keygen(rng);
    let entry = peks::encrypt(&public, b"w", b"record 7", b"location", rng).to_bytes();
    let trapdoor = peks::trapdoor(&secret, b"w");
    let last = entry.len() - 1;
    file.group(
        "peks: locate",
        Fields::default().hex("trapdoor", trapdoor.to_bytes()).hex("context", "record 7"),
    );
    let cases = [
        ("as it was made", "Valid", entry.clone(), true),
        ("A negated", "A", negated(&entry, 2), false),
        ("check value changed", "B", with(&entry, 50, entry[50] ^ 1), false),
        ("location changed", "Location", with(&entry, last, entry[last] ^ 1), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        let entry = SearchableCiphertext::from_bytes(&bytes).unwrap();
        assert_eq!(peks::locate(&entry, &trapdoor, b"record 7").is_ok(), valid, "{comment}");
        file.test(comment, flag, &bytes, valid);
    }

    let key = ContentKey::generate(rng);
    let sealed = dem::seal(&key, b"context", &[7; 40]);
    let last = sealed.len() - 1;
    file.group("dem: open", Fields::default().hex("key", key.expose()).hex("context", "context"));
    let cases = [
        ("as it was made", "Valid", sealed.clone(), true),
        ("nothing", "Truncated", Vec::new(), false),
        ("header alone", "Truncated", sealed[..34].to_vec(), false),
        ("one byte short", "Truncated", sealed[..last].to_vec(), false),
        ("one byte more", "TrailingBytes", [&sealed[..], &[0]].concat(), false),
        ("the next version", "Version", with(&sealed, 0, VERSION + 1), false),
        ("another kind", "Kind", with(&sealed, 1, 0), false),
        ("commitment changed", "Commitment", with(&sealed, 2, sealed[2] ^ 1), false),
        ("ciphertext changed", "Body", with(&sealed, 34, sealed[34] ^ 1), false),
        ("authentication tag changed", "Body", with(&sealed, last, sealed[last] ^ 1), false),
        ("another context", "Context", dem::seal(&key, b"other", &[7; 40]), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        assert_eq!(dem::open(&key, b"context", &bytes).is_ok(), valid, "{comment}");
        file.test(comment, flag, &bytes, valid);
    }
    assert!(conditional::open(&doctor, b"condition", b"ad", &verified_of(&honest)).is_err());
    settle("invalid/openings.json", &file);
}

fn verified_of(bytes: &[u8]) -> conditional::Ciphertext {
    conditional::Ciphertext::from_bytes(bytes).unwrap()
}
