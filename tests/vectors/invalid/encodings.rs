//! Whole encodings.

use super::with;
use crate::common::{policy, rng};
use crate::vectors::format::{Fields, Refusals, settle};
use epione::abe::fabeo::Fabeo;
use epione::abe::fabeo::epochs::{EpochAuthority, Token};
use epione::abe::revocable::{self, AttributeKey, Component, Manager, Pang, Share};
use epione::abe::waters::{self, Waters};
use epione::abe::{
    self, CpaHeader, Header, MasterSecretKey, PublicParameters, Scheme, UserSecretKey,
};
use epione::algebra::codec::{Canonical, VERSION, Writer};
use epione::peks::{self, SearchableCiphertext};
use epione::policy::Name;
use epione::pre::{self, Possession, afgh, conditional};
use epione::pseudonym::{SeriesSecret, WindowKey};
use rand_chacha::ChaCha20Rng;

/// `bytes` with the identity's encoding over `length` bytes at `position`.
fn with_identity(bytes: &[u8], position: usize, length: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position..position + length].fill(0);
    changed[position] = 0xc0;
    changed
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

/// `bytes` without the identifier of three bytes whose length stands at `position`.
fn unnamed(bytes: &[u8], position: usize) -> Vec<u8> {
    [&bytes[..position], &[0; 4], &bytes[position + 7..]].concat()
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
    refused_abe_encodings(&mut file, &mut self::rng(2034));
    settle("invalid/encodings.json", &file);
}

/// Of revocable attributes and of epochs.
fn refused_abe_encodings(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let (parameters, master) = revocable::setup(rng);
    let mut manager = Manager::new(Name::new("a").unwrap(), rng);
    let share = revocable::share(&master, "Ada", manager.attribute()).unwrap();
    let component = manager.grant(share.clone().verify().unwrap()).unwrap();
    let public = manager.public_key();
    let user = revocable::enrol(&master, "Ada").unwrap().with(&component, &public).unwrap();
    let parameters = parameters.with(&public).unwrap();
    let header = abe::try_encapsulate_cpa(&parameters, &policy("a"), rng).unwrap().0.to_bytes();

    let bytes = parameters.to_bytes();
    let own = [identity(&bytes, 3, 48), overlong(&bytes, 627), identity(&bytes, 640, 96)];
    encodings::<PublicParameters<Pang>>(file, "AbePublicParametersRevocable", &bytes, &own);
    // Suite 1, the set 17, gid 4 + 3, D 48, D' 96, count 4, epoch 4, D_x 48.
    let bytes = user.to_bytes();
    let none = [&bytes[..171], &[0; 4][..]].concat();
    let twice = {
        let (count, rest) = ([0, 0, 0, 2], &bytes[175..179]);
        [&bytes[..171], &count, rest, rest, &bytes[179..], &bytes[179..]].concat()
    };
    let own = [
        ("another suite", "Suite", with(&bytes, 2, Waters::SUITE)),
        identity(&bytes, 27, 48),
        identity(&bytes, 179, 48),
        overlong(&bytes, 171),
        ("an attribute without an epoch", "Order", none),
        ("an epoch twice", "Order", twice),
        ("an empty identifier", "Identifier", unnamed(&bytes, 20)),
    ];
    encodings::<UserSecretKey<Pang>>(file, "AbeUserSecretKeyRevocable", &bytes, &own);
    let own = [
        ("fewer elements than the policy's rows", "Rows", retitled(&header, "a and b")),
        identity(&header, 12, 96),
    ];
    encodings::<CpaHeader<Pang>>(file, "AbeCpaHeaderRevocable", &header, &own);
    let bytes = public.key().to_bytes();
    let own = [identity(&bytes, 11, 96), identity(&bytes, 107, 48)];
    encodings::<AttributeKey>(file, "AbeAttributeKey", &bytes, &own);
    let bytes = share.to_bytes();
    let own = [
        identity(&bytes, 14, 96),
        identity(&bytes, 110, 48),
        overlong(&bytes, 2),
        ("an empty identifier", "Identifier", unnamed(&bytes, 2)),
    ];
    encodings::<Share>(file, "AbeShare", &bytes, &own);
    let bytes = component.to_bytes();
    let own = [identity(&bytes, 18, 48), ("an empty identifier", "Identifier", unnamed(&bytes, 2))];
    encodings::<Component>(file, "AbeComponent", &bytes, &own);

    let (_, master) = abe::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    authority.issue("Ada", &"a".parse().unwrap()).unwrap();
    let bytes = authority.token("Ada", 0).unwrap().to_bytes();
    encodings::<Token>(file, "AbeToken", &bytes, &[identity(&bytes, 10, 48)]);
}
