//! Elements with independent randomness are not related by factors that an adversary can guess.

use super::FAILED;
use crate::common::{AbeKey, attributes, fields, forge, policy, rng};
use epione::abe::fabeo::epochs::{EpochAuthority, EpochError, refresh};
use epione::abe::fabeo::{self, delegate, transform_keys};
use epione::abe::pang::{self, AttributeAuthority};
use epione::abe::rouselakis_waters::{self, RouselakisWaters};
use epione::abe::{self, Scheme, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, G2, Scalar, tag};
use epione::policy::{AttributeSet, Name};

/// `0, ±1, ..., ±64`, and the inverses.
fn guesses() -> Vec<Scalar> {
    let small = (1..=64_u64).map(Scalar::from);
    let with_inverses = small.flat_map(|n| [n, n.inverse().unwrap()]);
    with_inverses.flat_map(|n| [n, -n]).chain([Scalar::ZERO]).collect()
}

/// Asserts that `b = a^x` for none of the guesses.
fn assert_unrelated_in_g1(a: &G1, b: &G1, what: &str) {
    let guesses = guesses();
    let multiples = G1::batch_mul(&vec![*a; guesses.len()], &guesses);
    assert!(!multiples.contains(b), "{what}");
}

/// As [`assert_unrelated_in_g1`].
fn assert_unrelated_in_g2(a: &G2, b: &G2, what: &str) {
    let guesses = guesses();
    let multiples = G2::batch_mul(&vec![*a; guesses.len()], &guesses);
    assert!(!multiples.contains(b), "{what}");
}

/// The elements of a transform key, `(sk1, sk2, sk3)^{1/z}`.
fn transform_elements(key: &fabeo::TransformKey) -> AbeKey {
    let mut bytes = key.to_bytes();
    bytes[1] = <UserSecretKey>::KIND as u8;
    AbeKey::of(&UserSecretKey::from_bytes(&bytes).unwrap())
}

#[test]
fn transform_keys_reveal_neither_the_key_nor_each_other() {
    let rng = &mut rng(121);
    let (parameters, master) = abe::setup(rng);
    let user = abe::keygen(&master, &attributes(&["a", "b"]), rng);
    let keys: Vec<_> = (0..3).map(|_| transform_keys(&user, rng)).collect();
    let elements: Vec<AbeKey> = keys.iter().map(|(key, _)| transform_elements(key)).collect();
    for (i, one) in elements.iter().enumerate() {
        for other in elements[i + 1..].iter().chain([&AbeKey::of(&user)]) {
            assert_unrelated_in_g1(&one.sk1, &other.sk1, "sk1");
            assert_unrelated_in_g2(&one.sk3, &other.sk3, "sk3");
            for ((name, one), (_, other)) in one.sk2.iter().zip(&other.sk2) {
                assert_unrelated_in_g1(one, other, name);
            }
        }
    }
    // The server with a guess of z opens nothing.
    let (header, content) = abe::encapsulate_cpa(&parameters, &policy("a and b"), rng);
    for z in guesses().into_iter().filter(|z| !z.is_zero()).step_by(16) {
        let AbeKey { sk1, sk2, sk3 } = elements[0].clone();
        let sk2 = sk2.into_iter().map(|(name, point)| (name, point * z)).collect();
        let guessed = AbeKey { sk1: sk1 * z, sk2, sk3: sk3 * z }.assemble();
        assert_ne!(abe::decapsulate_cpa(&guessed, &header), Ok(content.clone()));
    }
}

/// `sk3' / sk3 = g2^{r'}`: with a known `r'`, the delegatee computes `sk1 = sk1' B^{-r'}`.
#[test]
fn a_delegated_key_does_not_reveal_the_delegating_key() {
    let rng = &mut rng(122);
    let (_, master) = abe::setup(rng);
    let whole = abe::keygen(&master, &attributes(&["a", "b", "c"]), rng);
    let parts = [["a", "b"], ["b", "c"], ["a", "b"]];
    let parts = parts.map(|names| AbeKey::of(&delegate(&whole, &attributes(&names), rng).unwrap()));
    let [one, two, three] = &parts;
    let whole = &AbeKey::of(&whole);
    let base = hash_to_g1(tag::FABEO_BASE, b"");
    for (from, to) in [(whole, one), (whole, two), (whole, three), (one, two), (one, three)] {
        assert_unrelated_in_g2(&G2::generator(), &(to.sk3 - from.sk3), "sk3");
        assert_unrelated_in_g1(&base, &(to.sk1 - from.sk1), "sk1");
        let b = [to, from].map(|key| key.component("b").unwrap());
        assert_unrelated_in_g1(&hash_to_g1(tag::FABEO_ATTRIBUTE, b"b"), &(b[0] - b[1]), "sk2[b]");
    }
}

/// The reissued key and its tokens are of no use to a holder of the key that it replaces.
#[test]
fn a_key_reissued_for_the_same_attributes_has_independent_randomness() {
    let rng = &mut rng(123);
    let (parameters, master) = fabeo::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    let set: AttributeSet = "oncology".parse().unwrap();
    // The first key is stolen, and its owner receives another.
    let stolen = authority.issue("Ada", &set).unwrap();
    authority.revoke("Ada");
    let reissued = authority.issue("Ada", &set).unwrap();
    let (old, new) = (AbeKey::of(&stolen), AbeKey::of(&reissued));
    assert_unrelated_in_g2(&old.sk3, &new.sk3, "sk3");
    for name in ["oncology", "epoch:0"] {
        let [old, new] = [&old, &new].map(|key| key.component(name).unwrap());
        assert_unrelated_in_g1(&old, &new, name);
    }
    let epoch = authority.rekey();
    let token = authority.token("Ada", epoch).unwrap();
    assert_eq!(refresh(&stolen, &token).map(drop), Err(EpochError::InvalidToken));
    let restricted = fabeo::epochs::restrict(&policy("oncology"), epoch).unwrap();
    let sealed = abe::seal(&parameters, &restricted, b"", b"text", rng);
    let mut spliced = old;
    let point = AbeKey::of(&refresh(&reissued, &token).unwrap()).component("epoch:1").unwrap();
    spliced.sk2.push(("epoch:1".to_owned(), point));
    assert_eq!(abe::open(&parameters, &spliced.assemble(), b"", &sealed).err(), Some(FAILED));
}

/// The exponents of three epochs: neither a known factor nor a small linear relation links them.
#[test]
fn a_revoked_component_does_not_yield_that_of_the_next_epoch() {
    let rng = &mut rng(124);
    let (_, master) = pang::setup(rng);
    let mut authority = AttributeAuthority::new(Name::new("a").unwrap(), rng);
    for gid in ["Ada", "Bose", "Cohn"] {
        let share = pang::key_share(&master, gid, authority.attribute()).unwrap();
        authority.issue(share.verify().unwrap()).unwrap();
    }
    // Ada's components D_x, as she would compute them from an earlier one, and the public keys.
    let observe = |authority: &AttributeAuthority| {
        let components = authority.components();
        let ada = components.iter().find(|component| component.gid() == "Ada").unwrap();
        let bytes = ada.to_secret_bytes();
        let mut r = fields(&bytes);
        assert!(r.text(9).is_ok() && r.text(9).is_ok() && r.u32().is_ok());
        let d_x = r.g1().unwrap();
        let bytes = authority.public_key().key().to_bytes();
        let mut r = fields(&bytes);
        assert!(r.text(9).is_ok() && r.u32().is_ok());
        (d_x, r.g2().unwrap())
    };
    let mut seen = vec![observe(&authority)];
    authority.revoke(&["Bose"], rng);
    seen.push(observe(&authority));
    authority.rekey(rng);
    seen.push(observe(&authority));
    for (i, (d_x, g2_v)) in seen.iter().enumerate() {
        assert_unrelated_in_g2(&G2::generator(), g2_v, "v_x");
        for (later_d_x, later_g2_v) in &seen[i + 1..] {
            assert_unrelated_in_g1(d_x, later_d_x, "D_x");
            assert_unrelated_in_g2(g2_v, later_g2_v, "g2^v_x");
        }
    }
    // v'' = x v' + y v + z
    let small: Vec<Scalar> = (0..=3_u64).map(Scalar::from).flat_map(|n| [n, -n]).collect();
    let multiples = |point: G2| G2::batch_mul(&vec![point; small.len()], &small);
    let [first, second, third] = [0, 1, 2].map(|i| seen[i].1);
    let (first, second, ones) = (multiples(first), multiples(second), multiples(G2::generator()));
    for (x, y) in second.iter().flat_map(|x| first.iter().map(move |y| (*x, *y))) {
        assert!(!ones.contains(&(third - x - y)));
    }
}

/// `K_u = g1^alpha H(gid)^y F(u)^t;  K'_u = g2^t`
struct Issued {
    k: Vec<G1>,
    k_prime: Vec<G2>,
}

fn issued(key: &UserSecretKey<RouselakisWaters>, n: usize) -> Issued {
    let bytes = key.to_bytes();
    let mut r = fields(&bytes);
    r.u8().unwrap();
    AttributeSet::read(&mut r).unwrap();
    r.text(256).unwrap();
    Issued { k: r.batch_g1(n).unwrap(), k_prime: r.batch_g2(n).unwrap() }
}

/// With a known `t`, `K_a F(a)^{-t} = g1^alpha H(gid)^y` is the component for every attribute.
#[test]
fn a_component_of_one_attribute_does_not_yield_others() {
    let rng = &mut rng(125);
    let (parameters, master) = rouselakis_waters::setup("H", rng);
    let mut keygen = |names: &[&str]| {
        let key = rouselakis_waters::keygen(&master, "Ada", &attributes(names), rng).unwrap();
        issued(&key, names.len())
    };
    let (both, again, alone) = (keygen(&["a@H", "b@H"]), keygen(&["a@H", "b@H"]), keygen(&["a@H"]));
    let k_prime = [&both, &again, &alone].map(|key| &key.k_prime[..]).concat();
    for (i, point) in k_prime.iter().enumerate() {
        assert_unrelated_in_g2(&G2::generator(), point, "t is known");
        for other in &k_prime[i + 1..] {
            assert_unrelated_in_g2(point, other, "two t are related");
        }
    }

    let hash = |name: &str| hash_to_g1(tag::DECENTRALISED_ATTRIBUTE, name.as_bytes());
    let forged = |t: Scalar, claimed: G2| {
        forge::<UserSecretKey<RouselakisWaters>>(|w| {
            w.u8(RouselakisWaters::SUITE);
            attributes(&["c@H"]).write(w);
            w.bytes(b"Ada");
            w.g1(&(alone.k[0] + (hash("c@H") - hash("a@H")) * t));
            w.g2(&claimed);
        })
    };
    let rng = &mut crate::common::rng(126);
    let sealed = abe::try_seal_cpa(&parameters, &policy("c@H"), b"", b"text", rng).unwrap();
    for t in guesses().into_iter().filter(|t| !t.is_zero()).step_by(8) {
        for claimed in [G2::generator() * t, alone.k_prime[0]] {
            let opened = abe::open_cpa(&forged(t, claimed), b"", &sealed);
            assert_eq!(opened.err(), Some(FAILED));
        }
    }
    // Deliberate fault: t = 1.
    let known = rouselakis_waters::keygen_with_randomness(
        &master,
        "Ada",
        &attributes(&["a@H"]),
        &[Scalar::ONE],
    );
    let common = issued(&known.unwrap(), 1).k[0] - hash("a@H");
    let fault = forge::<UserSecretKey<RouselakisWaters>>(|w| {
        w.u8(RouselakisWaters::SUITE);
        attributes(&["c@H"]).write(w);
        w.bytes(b"Ada");
        w.g1(&(common + hash("c@H")));
        w.g2(&G2::generator());
    });
    assert!(abe::open_cpa(&fault, b"", &sealed).is_ok());
}
