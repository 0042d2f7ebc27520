//! The schemes with more than one who issues: managers of epochs, and authorities.

use super::{encodings, identity, overlong, retitled, with};
use crate::common::policy;
use crate::vectors::format::Refusals;
use epione::abe::fabeo::epochs::{EpochAuthority, Token};
use epione::abe::revocable::{self, AttributeKey, Component, Manager, Pang, Share};
use epione::abe::waters::Waters;
use epione::abe::{self, CpaHeader, PublicParameters, Scheme, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::policy::Name;
use rand_chacha::ChaCha20Rng;

/// `bytes` without the identifier of three bytes whose length stands at `position`.
fn unnamed(bytes: &[u8], position: usize) -> Vec<u8> {
    [&bytes[..position], &[0; 4], &bytes[position + 7..]].concat()
}

pub(super) fn revocable(file: &mut Refusals, rng: &mut ChaCha20Rng) {
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
