//! Keys and headers of FABEO and Waters.

use super::{encodings, identity, overlong, with, with_policy};
use crate::common::policy;
use crate::vectors::format::NegativeFile;
use epione::abe::fabeo::Fabeo;
use epione::abe::waters::{self, Waters};
use epione::abe::{
    self, CpaHeader, Header, MasterSecretKey, PublicParameters, Scheme, UserSecretKey,
};
use epione::algebra::codec::{Canonical, Writer};
use rand_chacha::ChaCha20Rng;

pub(super) fn keys_and_headers(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
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
        file,
        "AbePublicParameters",
        &parameters,
        &[("the identity", "Identity", unit), suite(&parameters)],
    );
    encodings::<MasterSecretKey>(
        file,
        "AbeMasterSecretKey",
        &master,
        &[identity(&master, 3, 48), suite(&master)],
    );
    // Lengths in bytes. Suite 1; numbers: count 4, length 4, label 1, domain 1, number 4; listed:
    // count 4, length 4, label 4, version 4, length 4, value 1; names: count 4, twice length 4 and
    // name 1; sk1 48, sk3 96, 12 points.
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
        ("an empty name", "Name", names(&[b""])),
        ("a name of 257 bytes", "Name", names(&[&[b'x'; 257]])),
        ("labels in descending order", "Order", numbers(&[("y", 8, 5), ("x", 8, 5)])),
        ("domains in descending order", "Order", numbers(&[("x", 16, 5), ("x", 8, 5)])),
        ("two values of one label", "SecondValue", numbers(&[("x", 8, 5), ("x", 8, 30)])),
        (
            "two values of one label in different widths",
            "SecondValue",
            numbers(&[("x", 8, 5), ("x", 16, 30)]),
        ),
        ("a 9-bit number in a domain of 8 bits", "Width", numbers(&[("x", 8, 256)])),
        ("a 17-bit day in a domain of 16 bits", "Width", numbers(&[("x", 0x90, 65_536)])),
        ("a domain of 7 bits", "Domain", numbers(&[("x", 7, 5)])),
        ("a date domain of 8 bits", "Domain", numbers(&[("x", 0x88, 5)])),
        ("two values of one vocabulary", "SecondValue", listed(&[("r", 1, "a"), ("r", 1, "b")])),
        (
            "a value in two versions of a vocabulary",
            "SecondValue",
            listed(&[("r", 1, "a"), ("r", 2, "a")]),
        ),
        ("vocabularies in descending order", "Order", listed(&[("r", 1, "a"), ("q", 1, "a")])),
        ("a colon in a vocabulary's label", "Label", listed(&[("r:q", 1, "a")])),
        ("a missing component", "Truncated", user[..user.len() - 48].to_vec()),
    ];
    encodings::<UserSecretKey>(file, "AbeUserSecretKey", &user, &own);
    encodings::<CpaHeader>(
        file,
        "AbeCpaHeader",
        &cpa_header,
        &[suite(&cpa_header), identity(&cpa_header, 14, 96), overlong(&cpa_header, 3)],
    );
    let own = [
        suite(&header),
        identity(&header, 14, 96),
        overlong(&header, 3),
        ("fewer elements than rows in the policy", "Rows", with_policy(&header, "a and b and c")),
        ("more elements than rows in the policy", "Rows", with_policy(&header, "a")),
        ("redundant parentheses", "NotCanonical", with_policy(&header, "(a and b)")),
        ("redundant spaces", "NotCanonical", with_policy(&header, "a  and b")),
        ("redundant quotes", "NotCanonical", with_policy(&header, "\"a\" and b")),
        ("a policy that does not parse", "Policy", with_policy(&header, "a and")),
    ];
    encodings::<Header>(file, "AbeHeader", &header, &own);
    let (parameters, master) = waters::setup(rng);
    let user = waters::keygen(&master, &"a, b".parse().unwrap(), rng).to_bytes();
    let header = abe::encapsulate(&parameters, &policy("a and b"), b"ad", rng).0.to_bytes();
    let suite = |bytes: &[u8]| ("another suite", "Suite", with(bytes, 2, Fabeo::SUITE));
    let own = [suite(&user), identity(&user, 25, 96), identity(&user, 217, 48)];
    encodings::<UserSecretKey<Waters>>(file, "AbeUserSecretKeyWaters", &user, &own);
    let own = [
        suite(&header),
        identity(&header, 14, 48),
        identity(&header, 62, 48),
        identity(&header, 158, 96),
        ("fewer elements than rows in the policy", "Rows", with_policy(&header, "a and b and c")),
        ("more elements than rows in the policy", "Rows", with_policy(&header, "a")),
    ];
    encodings::<Header<Waters>>(file, "AbeHeaderWaters", &header, &own);
}
