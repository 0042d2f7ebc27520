//! Negative tests of the scheme of Pang et al.

use crate::common::{forge, policy, rng};
use crate::vectors::abe::{AD, PLAINTEXT, opens_cpa};
use crate::vectors::format::{Fields, NegativeFile, compare_or_write};
use crate::vectors::invalid::negated;
use epione::abe::pang::VerifiedAttributeKey;
use epione::abe::pang::{self, AttributeAuthority, AttributeKey, Component, KeyShare, Pang};
use epione::abe::{self, MasterSecretKey, UserSecretKey};
use epione::algebra::codec::{Canonical, Reader};
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, Scalar, tag};
use epione::policy::Name;

/// The length of an encoded point of G1.
const POINT: usize = 48;

#[test]
fn negative_tests_of_pang() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-INVALID-ABE-REVOCABLE",
        "Pang et al., corrected: well-formed keys, key shares, components to be rejected.",
    );
    let rng = &mut rng(2033);
    let (parameters, master) = pang::setup(rng);
    let x = Name::new("x").unwrap();
    let [v, next] = [(); 2].map(|()| Scalar::random(rng));
    let [mut old, mut new] = [(0, v), (1, next)]
        .map(|(epoch, v)| AttributeAuthority::new_with_randomness(x.clone(), epoch, &v));
    let verified = |gid| pang::key_share(&master, gid, &x).unwrap().verify().unwrap();
    let ada_component = old.issue(verified("Ada")).unwrap();
    let enrolled = pang::enrol(&master, "Ada").unwrap();
    let ada = enrolled.with_component(&ada_component, &old.public_key()).unwrap();
    let renewed =
        ada.with_component(&new.issue(verified("Ada")).unwrap(), &new.public_key()).unwrap();
    let bob_component = new.issue(verified("Bob")).unwrap().to_bytes();
    let current = parameters.with_attribute_key(&new.public_key()).unwrap();
    let sealed = abe::try_seal_cpa(&current, &policy("x"), AD, PLAINTEXT, rng).unwrap().to_bytes();

    // A key for one attribute in one epoch ends with count 4, epoch 4, D_x 48.
    let honest = ada.to_bytes();
    let start = honest.len() - 4 - POINT;
    let in_epoch_1 = |point: &[u8]| [&honest[..start], &1_u32.to_be_bytes(), point].concat();
    let revoked = &honest[start + 4..];
    let d_x = Reader::new(revoked).g1().unwrap();
    let raised = |factor: Scalar| (d_x * factor).to_bytes();
    let inverse = next.inverse().unwrap();
    let cases = [
        ("component renewed by the authority", "Valid", renewed.to_bytes()),
        ("component of the previous epoch", "Epoch", honest.clone()),
        ("revoked component relabelled with the new epoch", "Revoked", in_epoch_1(revoked)),
        (
            "component of another user for the new epoch",
            "Collusion",
            in_epoch_1(last_point(&bob_component)),
        ),
        ("revoked component raised to v", "Revoked", in_epoch_1(&raised(v))),
        // The reason why no update factor exists.
        (
            "revoked component raised to the update factor v / v'",
            "Valid",
            in_epoch_1(&raised(v * inverse)),
        ),
    ];
    let context = Fields::default().hex("ad", AD).hex("ciphertext", &sealed);
    file.group("pang: open with user key", context);
    file.cases(cases, |bytes| {
        opens_cpa(&UserSecretKey::<Pang>::from_bytes(bytes).unwrap(), &sealed)
    });

    key_shares(&mut file, &master, revoked);
    let ada_d_prime = *pang::key_share(&master, "Ada", &x).unwrap().d_prime();
    let rogue = (ada_d_prime * v).to_bytes();
    attribute_keys(&mut file, &old.public_key(), &new.public_key(), &rogue);
    components(&mut file, &enrolled, &old.public_key(), &ada_component, &bob_component);
    compare_or_write("invalid/abe-pang.json", &file);
}

/// The point of G1 at the end of an encoding.
fn last_point(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.len() - POINT..]
}

/// `bytes` with the point of G1 at the end replaced.
fn with_last_point(bytes: &[u8], point: &[u8]) -> Vec<u8> {
    [&bytes[..bytes.len() - POINT], point].concat()
}

fn key_shares(file: &mut NegativeFile, master: &MasterSecretKey<Pang>, component: &[u8]) {
    let share =
        |x: &str| pang::key_share(master, "Ada", &Name::new(x).unwrap()).unwrap().to_bytes();
    let honest = share("x");
    let mut of_y = share("y");
    let position = of_y.iter().position(|byte| *byte == b'y').unwrap();
    of_y[position] = b'x';
    let hash: G1 = hash_to_g1(tag::REVOCABLE_ATTRIBUTE, b"x");
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("share of another attribute, relabelled", "Attribute", of_y),
        ("H(x), a point chosen by the user", "Oracle", with_last_point(&honest, &hash.to_bytes())),
        ("component of the user", "Oracle", with_last_point(&honest, component)),
        ("T negated", "Element", negated(&honest, honest.len() - POINT)),
    ];
    file.group("pang: verify key share", Fields::default());
    file.cases(cases, |bytes| KeyShare::from_bytes(bytes).unwrap().verify().is_ok());
}

fn attribute_keys(
    file: &mut NegativeFile,
    old: &VerifiedAttributeKey,
    new: &VerifiedAttributeKey,
    rogue: &[u8],
) {
    // Lengths in bytes: attribute 4 + 1, epoch 4, g2^v 96, P 48.
    let honest = new.key().to_bytes();
    let (epoch, point, proof) = (2 + 5, 2 + 9, 2 + 9 + 96);
    let with_key = |bytes: &[u8]| [&honest[..point], bytes, &honest[proof..]].concat();
    let mut later = honest.clone();
    later[epoch + 3] = 2;
    let mut of_y = honest.clone();
    of_y[epoch - 1] = b'y';
    let previous = old.key().to_bytes();
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("another epoch", "Epoch", later),
        ("another attribute", "Attribute", of_y),
        ("proof negated", "Proof", negated(&honest, proof)),
        ("g2^v negated", "Key", negated(&honest, point)),
        ("g2^v of another epoch", "Key", with_key(&previous[point..proof])),
        // H(x)^{1/k} would be a component for the user of D'.
        ("rogue key D'^k for a user's D' and a known k", "RogueKey", with_key(rogue)),
    ];
    file.group("pang: verify attribute key", Fields::default());
    file.cases(cases, |bytes| AttributeKey::from_bytes(bytes).unwrap().verify().is_ok());
}

fn components(
    file: &mut NegativeFile,
    user: &UserSecretKey<Pang>,
    key: &VerifiedAttributeKey,
    component: &Component,
    of_bob: &[u8],
) {
    let honest = component.to_bytes();
    let mut later = honest.clone();
    let epoch = later.len() - POINT - 4 + 3;
    later[epoch] = 1;
    let bob_as_ada = forge::<Component>(|w| {
        w.bytes(b"Ada");
        w.bytes(b"x");
        w.u32(0);
        w.fixed(last_point(of_bob));
    });
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("component of another user", "User", of_bob.to_vec()),
        ("component of another user, relabelled", "User", bob_as_ada.to_bytes()),
        ("another epoch", "Epoch", later),
        ("point negated", "Element", negated(&honest, honest.len() - POINT)),
    ];
    let context = Fields::default()
        .hex("user_key", user.to_bytes())
        .hex("attribute_key", key.key().to_bytes());
    file.group("pang: add component to user key", context);
    file.cases(cases, |bytes| {
        user.with_component(&Component::from_bytes(bytes).unwrap(), key).is_ok()
    });
}
