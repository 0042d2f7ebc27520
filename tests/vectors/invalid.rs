//! Negative cases with a reason each. The generator asserts that the library judges as written.

use crate::common::{policy, rng};
use crate::vectors::format::{Fields, Refusals, settle};
use epione::abe::fabeo::Fabeo;
use epione::abe::waters::{self, Waters};
use epione::abe::{
    self, CpaHeader, Header, MasterSecretKey, PublicParameters, Scheme, UserSecretKey,
};
use epione::algebra::codec::{Canonical, Reader, VERSION, Writer};
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::dem::{self, ContentKey};
use epione::error::DecodeError;
use epione::peks::{self, SearchableCiphertext};
use epione::pre::{self, Possession, afgh, conditional};
use epione::pseudonym::{SeriesSecret, WindowKey};

/// `bytes` with another byte at `position`.
fn with(bytes: &[u8], position: usize, byte: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position] = byte;
    changed
}

/// `bytes` with the identity's encoding over `length` bytes at `position`.
fn with_identity(bytes: &[u8], position: usize, length: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position..position + length].fill(0);
    changed[position] = 0xc0;
    changed
}

fn element<'a, T>(
    bytes: &'a [u8],
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(bytes);
    read(&mut reader)?;
    reader.end()
}

const MODULUS: &str = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

#[test]
fn refused_elements() {
    let mut file = Refusals::new("EPIONE-V1-ELEMENTS", "Bare elements, without version and kind.");
    let points: [(&str, usize, Vec<u8>); 2] = [
        ("G1", 48, G1::generator().to_bytes().to_vec()),
        ("G2", 96, G2::generator().to_bytes().to_vec()),
    ];
    for (name, length, honest) in points {
        file.group(name, Fields::default());
        let small = |flags: u8, x: u8| with(&with(&vec![0; length], length - 1, x), 0, flags);
        let judge = |bytes: &[u8]| {
            if length == 48 { element(bytes, Reader::g1) } else { element(bytes, Reader::g2) }
        };
        let found = |wanted: DecodeError| {
            (0..=255).find(|x| judge(&small(0x80, *x)) == Err(wanted)).unwrap()
        };
        let (off, outside) = (found(DecodeError::NotOnCurve), found(DecodeError::NotInSubgroup));
        let mut unreduced = hex::decode(MODULUS).unwrap();
        unreduced.resize(length, 0);
        unreduced[0] |= 0x80;
        let cases = [
            ("the generator", "Valid", honest.clone(), true),
            ("its negative", "Valid", with(&honest, 0, honest[0] ^ 0x20), true),
            ("the identity", "Identity", small(0xc0, 0), false),
            ("x is on no point", "OffCurve", small(0x80, off), false),
            ("a point outside the subgroup", "OffSubgroup", small(0x80, outside), false),
            ("no compression flag", "Flags", with(&honest, 0, honest[0] & 0x7f), false),
            ("infinity flag with coordinates", "Flags", with(&honest, 0, honest[0] | 0x40), false),
            ("infinity with a sign", "Flags", small(0xe0, 0), false),
            ("infinity without compression flag", "Flags", small(0x40, 0), false),
            ("infinity with a coordinate", "Flags", small(0xc0, 1), false),
            ("a coordinate equal to p", "NotReduced", unreduced, false),
            ("one byte short", "Length", honest[..length - 1].to_vec(), false),
            ("one byte more", "Length", [&honest[..], &[0]].concat(), false),
        ];
        for (comment, flag, bytes, valid) in cases {
            assert_eq!(judge(&bytes).is_ok(), valid, "{name}: {comment}");
            file.test(comment, flag, &bytes, valid);
        }
    }

    file.group("GT", Fields::default());
    let honest = Gt::generator().to_bytes().to_vec();
    let mut one = vec![0; 576];
    one[47] = 1;
    let mut minus_one = vec![0; 576];
    minus_one[..48].copy_from_slice(&hex::decode(MODULUS).unwrap());
    minus_one[47] -= 1;
    let mut unreduced = minus_one.clone();
    unreduced[47] += 1;
    let cases = [
        ("e(g1, g2)", "Valid", honest.clone(), true),
        ("one", "Identity", one.clone(), false),
        ("zero, which is no unit", "OffTorsion", vec![0; 576], false),
        ("minus one, of order two", "OffTorsion", minus_one, false),
        ("two, in the base field", "OffTorsion", with(&one, 47, 2), false),
        ("a changed coefficient", "OffTorsion", with(&honest, 575, honest[575] ^ 1), false),
        ("a coefficient equal to p", "NotReduced", unreduced, false),
        ("one byte short", "Length", honest[..575].to_vec(), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        assert_eq!(element(&bytes, Reader::gt).is_ok(), valid, "GT: {comment}");
        file.test(comment, flag, &bytes, valid);
    }

    file.group("scalar", Fields::default());
    let largest = (-Scalar::ONE).to_be_bytes();
    let cases = [
        ("r - 1", "Valid", largest.to_vec(), true),
        ("zero", "Valid", vec![0; 32], true),
        ("r", "NotReduced", with(&largest, 31, 1), false),
        ("2^256 - 1", "NotReduced", vec![0xff; 32], false),
        ("one byte short", "Length", largest[..31].to_vec(), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        assert_eq!(element(&bytes, Reader::scalar).is_ok(), valid, "scalar: {comment}");
        file.test(comment, flag, &bytes, valid);
    }
    settle("invalid/elements.json", &file);
}

/// The cases that every type has, and its own.
fn encodings<T: Canonical>(
    file: &mut Refusals,
    name: &'static str,
    honest: &[u8],
    own: &[(&str, &'static str, Vec<u8>)],
) {
    file.group(name, Fields::default().number("kind", T::KIND as u64));
    let cut = |length: usize| honest[..length].to_vec();
    let common = [
        ("nothing", "Truncated", Vec::new()),
        ("version alone", "Truncated", cut(1)),
        ("version and kind alone", "Truncated", cut(2)),
        ("one byte short", "Truncated", cut(honest.len() - 1)),
        ("one byte more", "TrailingBytes", [honest, &[0]].concat()),
        ("version 0", "Version", with(honest, 0, 0)),
        ("the next version", "Version", with(honest, 0, VERSION + 1)),
        ("kind 0", "Kind", with(honest, 1, 0)),
        ("another kind", "Kind", with(honest, 1, honest[1] ^ 1)),
    ];
    assert!(T::from_bytes(honest).is_ok_and(|value| value.to_bytes() == honest), "{name}");
    file.test("an honest encoding", "Valid", honest, true);
    for (comment, flag, bytes) in common.iter().chain(own) {
        assert!(T::from_bytes(bytes).is_err(), "{name}: {comment}");
        file.test(comment, flag, bytes, false);
    }
}

/// `bytes` with a 32-bit length of all ones at `position`.
fn overlong(bytes: &[u8], position: usize) -> (&'static str, &'static str, Vec<u8>) {
    let mut changed = bytes.to_vec();
    changed[position..position + 4].fill(0xff);
    ("a length of 2^32 - 1", "TooLong", changed)
}

fn identity(bytes: &[u8], position: usize, length: usize) -> (&'static str, &'static str, Vec<u8>) {
    ("an identity", "Identity", with_identity(bytes, position, length))
}

/// A header's bytes with another policy text before the same elements.
fn retitled(header: &[u8], text: &str) -> Vec<u8> {
    let old = u32::from_be_bytes(header[3..7].try_into().unwrap()) as usize;
    [&header[..3], &(text.len() as u32).to_be_bytes(), text.as_bytes(), &header[7 + old..]].concat()
}

#[test]
fn refused_encodings() {
    let mut file = Refusals::new("EPIONE-V1-ENCODINGS", "Whole encodings of each type.");
    let rng = &mut rng(2026);
    let (parameters, master) = abe::setup(rng);
    let held = "x = 5u8, role#1:r, a, b".parse().unwrap();
    let user = abe::keygen(&master, &held, rng).to_bytes();
    let header = abe::encapsulate(&parameters, &policy("a and b"), b"ad", rng).0.to_bytes();
    let cpa_header = abe::encapsulate_cpa(&parameters, &policy("a and b"), rng).0.to_bytes();
    let (parameters, master) = (parameters.to_bytes(), master.to_bytes());
    let one = [vec![0; 47], vec![1], vec![0; 528]].concat();
    let unit = [&parameters[..3], &one].concat();
    let suite = |bytes: &[u8]| ("another suite", "Suite", with(bytes, 2, Waters::SUITE));
    encodings::<PublicParameters>(
        &mut file,
        "AbePublicParameters",
        &parameters,
        &[("the identity", "Identity", unit), suite(&parameters)],
    );
    encodings::<MasterSecretKey>(
        &mut file,
        "AbeMasterSecretKey",
        &master,
        &[identity(&master, 3, 48), suite(&master)],
    );
    // Suite 1; numbers: count 4, length 4, label 1, domain 1, number 4; listed: count 4, length 4, label 4,
    // version 4, length 4, value 1; names: count 4, twice length 4 and name 1; sk1 48, sk3 96, 12 points.
    let (fixed, point) = (user[52..196].to_vec(), user[196..244].to_vec());
    assert_eq!(user.len(), 196 + 12 * 48);
    let key = |components: usize, write: &dyn Fn(&mut Writer)| {
        let mut w = Writer::default();
        w.fixed(&user[..3]);
        write(&mut w);
        w.fixed(&fixed);
        (0..components).for_each(|_| w.fixed(&point));
        w.finish()
    };
    let numbers = |numbers: &[(&str, u8, u32)]| {
        let components = numbers.iter().map(|(_, code, _)| (code & 0x7f) as usize + 1).sum();
        key(components, &|w| {
            w.list(numbers, |w, (label, code, number)| {
                w.bytes(label.as_bytes());
                w.u8(*code);
                w.u32(*number);
            });
            w.count(0);
            w.count(0);
        })
    };
    let listed = |listed: &[(&str, u32, &str)]| {
        key(listed.len(), &|w| {
            w.count(0);
            w.list(listed, |w, (label, version, value)| {
                w.bytes(label.as_bytes());
                w.u32(*version);
                w.bytes(value.as_bytes());
            });
            w.count(0);
        })
    };
    let names = |names: &[&[u8]]| {
        key(names.len(), &|w| {
            w.count(0);
            w.count(0);
            w.list(names, |w, name| w.bytes(name));
        })
    };
    let valid = [
        numbers(&[("x", 8, 5), ("x", 0x90, 6), ("y", 8, 30)]),
        listed(&[("q", 1, "a"), ("r", 1, "a")]),
        names(&[b"a", b"b"]),
    ];
    assert!(valid.iter().all(|bytes| <UserSecretKey>::from_bytes(bytes).is_ok()));
    let own = [
        suite(&user),
        identity(&user, 52, 48),
        identity(&user, 100, 96),
        identity(&user, 196, 48),
        overlong(&user, 3),
        overlong(&user, 7),
        ("names in descending order", "Order", names(&[b"b", b"a"])),
        ("a name twice", "Order", names(&[b"a", b"a"])),
        ("a control character in a name", "Name", names(&[b"\n"])),
        ("a name that is not UTF-8", "Name", names(&[b"\xff"])),
        ("a name of no bytes", "Name", names(&[b""])),
        ("a name of 257 bytes", "Name", names(&[&[b'x'; 257]])),
        ("labels in descending order", "Order", numbers(&[("y", 8, 5), ("x", 8, 5)])),
        ("domains in descending order", "Order", numbers(&[("x", 16, 5), ("x", 8, 5)])),
        ("two values of a label", "SecondValue", numbers(&[("x", 8, 5), ("x", 8, 30)])),
        ("two numbers in two widths", "SecondValue", numbers(&[("x", 8, 5), ("x", 16, 30)])),
        ("a number of nine bits in eight", "Width", numbers(&[("x", 8, 256)])),
        ("a day beyond sixteen bits", "Width", numbers(&[("x", 0x90, 65_536)])),
        ("a width of seven bits", "Domain", numbers(&[("x", 7, 5)])),
        ("a date of eight bits", "Domain", numbers(&[("x", 0x88, 5)])),
        ("two values of a vocabulary", "SecondValue", listed(&[("r", 1, "a"), ("r", 1, "b")])),
        ("a value in two versions", "SecondValue", listed(&[("r", 1, "a"), ("r", 2, "a")])),
        ("vocabularies in descending order", "Order", listed(&[("r", 1, "a"), ("q", 1, "a")])),
        ("a colon in a vocabulary's label", "Label", listed(&[("r:q", 1, "a")])),
        ("a component too few", "Truncated", user[..user.len() - 48].to_vec()),
    ];
    encodings::<UserSecretKey>(&mut file, "AbeUserSecretKey", &user, &own);
    encodings::<CpaHeader>(
        &mut file,
        "AbeCpaHeader",
        &cpa_header,
        &[suite(&cpa_header), identity(&cpa_header, 14, 96), overlong(&cpa_header, 3)],
    );
    let own = [
        suite(&header),
        identity(&header, 14, 96),
        overlong(&header, 3),
        ("fewer elements than the policy's rows", "Rows", retitled(&header, "a and b and c")),
        ("more elements than the policy's rows", "Rows", retitled(&header, "a")),
        ("superfluous parentheses", "NotCanonical", retitled(&header, "(a and b)")),
        ("superfluous spaces", "NotCanonical", retitled(&header, "a  and b")),
        ("superfluous quotes", "NotCanonical", retitled(&header, "\"a\" and b")),
        ("a policy that does not parse", "Policy", retitled(&header, "a and")),
    ];
    encodings::<Header>(&mut file, "AbeHeader", &header, &own);
    let (parameters, master) = waters::setup(rng);
    let user = waters::keygen(&master, &"a, b".parse().unwrap(), rng).to_bytes();
    let header = abe::encapsulate(&parameters, &policy("a and b"), b"ad", rng).0.to_bytes();
    let suite = |bytes: &[u8]| ("another suite", "Suite", with(bytes, 2, Fabeo::SUITE));
    let own = [suite(&user), identity(&user, 25, 96), identity(&user, 217, 48)];
    encodings::<UserSecretKey<Waters>>(&mut file, "AbeUserSecretKeyWaters", &user, &own);
    let own = [
        suite(&header),
        identity(&header, 14, 48),
        identity(&header, 62, 48),
        identity(&header, 158, 96),
        ("fewer elements than the policy's rows", "Rows", retitled(&header, "a and b and c")),
        ("more elements than the policy's rows", "Rows", retitled(&header, "a")),
    ];
    encodings::<Header<Waters>>(&mut file, "AbeHeaderWaters", &header, &own);

    let (secret, public) = peks::keygen(rng);
    let entry = peks::encrypt(&public, b"w", b"c", b"location", rng).to_bytes();
    let (trapdoor, public) = (peks::trapdoor(&secret, b"w").to_bytes(), public.to_bytes());
    encodings::<peks::PublicKey>(&mut file, "PeksPublicKey", &public, &[identity(&public, 2, 48)]);
    encodings::<peks::Trapdoor>(
        &mut file,
        "PeksTrapdoor",
        &trapdoor,
        &[identity(&trapdoor, 2, 96)],
    );
    let own = [identity(&entry, 2, 48), overlong(&entry, 82)];
    encodings::<SearchableCiphertext>(&mut file, "PeksCiphertext", &entry, &own);

    let (alice, alice_public) = pre::keygen(rng);
    let (_, bob_public) = pre::keygen(rng);
    let (pk, other) = (alice_public.to_bytes(), bob_public.to_bytes());
    let own = [
        identity(&pk, 2, 48),
        identity(&pk, 50, 96),
        ("X and Y of two keys", "Halves", [&pk[..50], &other[50..]].concat()),
    ];
    encodings::<pre::PublicKey>(&mut file, "PrePublicKey", &pk, &own);
    let secret = alice.to_bytes();
    let zero = [&secret[..2], &[0; 32]].concat();
    let own = [
        ("zero", "Zero", zero),
        ("not reduced", "NotReduced", [&secret[..2], &[0xff; 32]].concat()),
    ];
    encodings::<pre::SecretKey>(&mut file, "PreSecretKey", &secret, &own);
    let possession = alice.prove_possession(b"", rng).to_bytes();
    encodings::<Possession>(&mut file, "PrePossession", &possession, &[]);
    let sealed = conditional::seal(&alice_public, b"w", b"ad", b"text", rng);
    let rekey = conditional::rekeygen(&alice, &bob_public, b"w", rng);
    let checked = rekey.verify(&alice_public, &bob_public, b"w").unwrap();
    let verified = sealed.verify(&alice_public, b"w", b"ad").unwrap();
    let turned = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let (sealed, rekey) = (sealed.to_bytes(), rekey.to_bytes());
    let own = [identity(&sealed, 2, 48), identity(&sealed, 82, 96), overlong(&sealed, 178)];
    encodings::<conditional::Ciphertext>(&mut file, "PreCiphertext", &sealed, &own);
    let own = [identity(&rekey, 2, 96), identity(&rekey, 98, 96)];
    encodings::<conditional::ReKey>(&mut file, "PreReKey", &rekey, &own);
    let own = [
        identity(&turned, 2, 48),
        identity(&turned, 50, 48),
        identity(&turned, 98, 96),
        ("a challenge that is not reduced", "NotReduced", with(&turned, 194, 0xff)),
    ];
    encodings::<conditional::ReEncryption>(&mut file, "PreReEncryption", &turned, &own);

    let sealed = afgh::seal(&alice_public, b"ad", b"text", rng);
    let rekey = afgh::rekeygen(&alice, &bob_public);
    let turned = afgh::reencrypt(&rekey, &sealed).to_bytes();
    let (sealed, rekey) = (sealed.to_bytes(), rekey.to_bytes());
    encodings::<afgh::Ciphertext>(
        &mut file,
        "AfghCiphertext",
        &sealed,
        &[identity(&sealed, 2, 48), overlong(&sealed, 50)],
    );
    encodings::<afgh::ReKey>(&mut file, "AfghReKey", &rekey, &[identity(&rekey, 2, 96)]);
    let off_torsion = with(&turned, 50 + 575, turned[50 + 575] ^ 1);
    let own = [overlong(&turned, 626), ("C1' outside the torsion", "OffTorsion", off_torsion)];
    encodings::<afgh::ReEncryption>(&mut file, "AfghReEncryption", &turned, &own);

    let window = SeriesSecret::generate(rng).for_doctor(b"d").window(3..=4).unwrap().to_bytes();
    let (first, second) = (window[6..43].to_vec(), window[43..80].to_vec());
    let pair = |a: &[u8], b: &[u8]| [&window[..6], a, b].concat();
    let own = [
        overlong(&window, 2),
        ("no node", "Empty", [&window[..2], &[0; 4]].concat()),
        ("nodes in descending order", "Order", pair(&second, &first)),
        ("a node twice", "Order", pair(&first, &first)),
        ("level 33", "Tree", with(&window, 6, 33)),
        ("a prefix longer than its level", "Tree", with(&window, 6, 1)),
    ];
    encodings::<WindowKey>(&mut file, "PseudonymWindow", &window, &own);
    settle("invalid/encodings.json", &file);
}

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
