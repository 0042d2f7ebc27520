//! The schemes with several issuers: Pang and Rouselakis-Waters.

use super::{encodings, identity, overlong, plus_order, with, with_policy};
use crate::common::policy;
use crate::vectors::format::{NegativeCase, NegativeFile};
use epione::abe::fabeo::epochs::{EpochAuthority, Token};
use epione::abe::pang::{self, AttributeAuthority, AttributeKey, Component, KeyShare, Pang};
use epione::abe::rouselakis_waters::{self, RouselakisWaters};
use epione::abe::waters::Waters;
use epione::abe::{self, CpaHeader, MasterSecretKey, PublicParameters, Scheme, UserSecretKey};
use epione::algebra::codec::{Canonical, Writer};
use epione::policy::Name;
use rand_chacha::ChaCha20Rng;

/// `bytes` with the 3-byte identifier after the length at `position` emptied.
fn unnamed(bytes: &[u8], position: usize) -> Vec<u8> {
    [&bytes[..position], &[0; 4], &bytes[position + 7..]].concat()
}

pub(super) fn pang(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (parameters, master) = pang::setup(rng);
    let mut authority = AttributeAuthority::new(Name::new("a").unwrap(), rng);
    let share = pang::key_share(&master, "Ada", authority.attribute()).unwrap();
    let component = authority.issue(share.clone().verify().unwrap()).unwrap();
    let public = authority.public_key();
    let user = pang::enrol(&master, "Ada").unwrap().with_component(&component, &public).unwrap();
    let parameters = parameters.with_attribute_key(&public).unwrap();
    let header = abe::try_encapsulate_cpa(&parameters, &policy("a"), rng).unwrap().0.to_bytes();

    let bytes = parameters.to_bytes();
    let mut own = vec![identity(&bytes, 3, 48), overlong(&bytes, 627), identity(&bytes, 640, 96)];
    own.extend(attribute_keys(&bytes));
    encodings::<PublicParameters<Pang>>(file, "AbePublicParametersPang", &bytes, &own);
    // Lengths in bytes: suite 1, set 17, gid 4 + 3, D 48, D' 96, count 4, epoch 4, D_x 48.
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
    encodings::<UserSecretKey<Pang>>(file, "AbeUserSecretKeyPang", &bytes, &own);
    let own = [
        ("fewer elements than rows in the policy", "Rows", with_policy(&header, "a and b")),
        identity(&header, 12, 96),
    ];
    encodings::<CpaHeader<Pang>>(file, "AbeCpaHeaderPang", &header, &own);
    let own = exponents(&master.to_bytes(), [3, 35]);
    encodings::<MasterSecretKey<Pang>>(file, "AbeMasterSecretKeyPang", &master.to_bytes(), &own);
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
    encodings::<KeyShare>(file, "AbeShare", &bytes, &own);
    let bytes = component.to_bytes();
    let own = [identity(&bytes, 18, 48), ("an empty identifier", "Identifier", unnamed(&bytes, 2))];
    encodings::<Component>(file, "AbeComponent", &bytes, &own);

    let (_, master) = abe::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    authority.issue("Ada", &"a".parse().unwrap()).unwrap();
    let bytes = authority.token("Ada", 0).unwrap().to_bytes();
    encodings::<Token>(file, "AbeToken", &bytes, &[identity(&bytes, 10, 48)]);
}

/// Parameters with other lists of attribute keys, all with the same point. Attributes are ordered
/// by their bytes, not by length, UTF-16 units or epochs.
fn attribute_keys(honest: &[u8]) -> Vec<NegativeCase> {
    // Lengths in bytes: suite 1, g1^a 48, Z^beta 576, count 4; length 4, name 1, epoch 4, g2^v 96.
    let (head, point) = (&honest[..627], &honest[640..]);
    let of = |keys: &[(&str, u32)]| {
        let mut w = Writer::default();
        w.fixed(head);
        w.list(keys, |w, (name, epoch)| {
            w.bytes(name.as_bytes());
            w.u32(*epoch);
            w.fixed(point);
        });
        w.finish()
    };
    vec![
        ("no attribute keys", "Valid", of(&[])),
        ("two attribute keys", "Valid", of(&[("a", 1), ("b", 0)])),
        ("the longer name first", "Valid", of(&[("aa", 0), ("b", 0)])),
        ("a name above U+FFFF last", "Valid", of(&[("\u{ff5e}", 0), ("\u{1d49f}", 0)])),
        ("two attributes in descending order", "Order", of(&[("b", 0), ("a", 1)])),
        ("the shorter name first", "Order", of(&[("b", 0), ("aa", 0)])),
        ("a name above U+FFFF first", "Order", of(&[("\u{1d49f}", 0), ("\u{ff5e}", 0)])),
        ("an attribute twice", "Order", of(&[("a", 0), ("a", 0)])),
        ("an attribute in two epochs", "Order", of(&[("a", 0), ("a", 1)])),
        ("an empty attribute", "Name", of(&[("", 0)])),
        ("an invisible character in an attribute", "Name", of(&[("a\u{200b}", 0)])),
    ]
}

/// Invalid secret scalars at two positions.
fn exponents(honest: &[u8], positions: [usize; 2]) -> Vec<NegativeCase> {
    let zero = |i: usize| [&honest[..i], &[0; 32], &honest[i + 32..]].concat();
    let [first, second] = positions;
    vec![
        ("the first exponent zero", "Zero", zero(first)),
        ("the second exponent zero", "Zero", zero(second)),
        ("r added to the first exponent", "NotReduced", plus_order(honest, first)),
        ("r added to the second exponent", "NotReduced", plus_order(honest, second)),
    ]
}

pub(super) fn rouselakis_waters(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (parameters, master) = rouselakis_waters::setup("H", rng);
    let bytes = parameters.to_bytes();
    // Lengths in bytes: suite 1, count 4; length 4, name 1, Z^alpha 576, g2^y 96.
    let mut own = vec![
        ("another suite", "Suite", with(&bytes, 2, Waters::SUITE)),
        overlong(&bytes, 3),
        overlong(&bytes, 7),
        identity(&bytes, 588, 96),
    ];
    own.extend(authorities(&bytes[..3], &bytes[12..]));
    let name = "AbePublicParametersRouselakisWaters";
    encodings::<PublicParameters<RouselakisWaters>>(file, name, &bytes, &own);

    // Lengths in bytes: suite 1; length 4, name 1, alpha 32, y 32.
    let bytes = master.to_bytes();
    let mut own = exponents(&bytes, [8, 40]);
    own.extend([
        ("an empty name", "Name", [&bytes[..3], &[0; 4], &bytes[8..]].concat()),
        ("an @ in the name", "Name", with(&bytes, 7, b'@')),
    ]);
    let name = "AbeMasterSecretKeyRouselakisWaters";
    encodings::<MasterSecretKey<RouselakisWaters>>(file, name, &bytes, &own);
}

/// Parameters with other lists of authorities, all with the same key.
fn authorities(head: &[u8], key: &[u8]) -> Vec<NegativeCase> {
    let of = |names: &[&str]| {
        let mut w = Writer::default();
        w.fixed(head);
        w.list(names, |w, name| {
            w.bytes(name.as_bytes());
            w.fixed(key);
        });
        w.finish()
    };
    vec![
        ("no authority", "Valid", of(&[])),
        ("two authorities", "Valid", of(&["H", "L"])),
        ("the longer name first", "Valid", of(&["HH", "L"])),
        ("a name above U+FFFF last", "Valid", of(&["\u{ff5e}", "\u{1d49f}"])),
        ("two authorities in descending order", "Order", of(&["L", "H"])),
        ("the shorter name first", "Order", of(&["L", "HH"])),
        ("a name above U+FFFF first", "Order", of(&["\u{1d49f}", "\u{ff5e}"])),
        ("an authority twice", "Order", of(&["H", "H"])),
        ("an empty name", "Name", of(&[""])),
        ("an @ in a name", "Name", of(&["a@H"])),
    ]
}
