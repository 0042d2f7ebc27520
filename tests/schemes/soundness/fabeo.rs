//! Attacks on FABEO by unauthorised users, alone and colluding.

mod dishonest_headers;

use crate::common::{AbeHeader, AbeKey, attributes, policy, rng};
use crate::soundness::formal::content_key;
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::fabeo::{self, Fabeo as Library};
use epione::abe::{self, Coins, MasterSecretKey, PublicParameters};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, tag};
use epione::policy::{AccessPolicy, Attribute};
use rand_chacha::ChaCha20Rng;

/// FABEO restated, with faults of published implementations.
#[derive(Clone, Copy)]
struct Fabeo {
    /// One `s'` for all rows instead of one per occurrence.
    shared_mask: bool,
    /// `H(u) = g1^{h(u)}` instead of a hash to the curve.
    known_logarithm: bool,
}

const HONEST: Fabeo = Fabeo { shared_mask: false, known_logarithm: false };
const SHARED_MASK: Fabeo = Fabeo { shared_mask: true, ..HONEST };
const KNOWN_LOGARITHM: Fabeo = Fabeo { known_logarithm: true, ..HONEST };

/// `h(u)` of the faulty hash `H(u) = g1^{h(u)}`.
fn logarithm(name: &str) -> Scalar {
    hash_to_scalar(tag::FABEO_ATTRIBUTE, name.as_bytes())
}

/// The text of an attribute that is a plain name.
fn name(attribute: &Attribute) -> &str {
    match attribute {
        Attribute::Name(name) => name.as_str(),
        other => panic!("{other} is not a plain name"),
    }
}

fn base() -> G1 {
    hash_to_g1(tag::FABEO_BASE, b"")
}

impl Fabeo {
    fn hash(&self, name: &str) -> G1 {
        if self.known_logarithm {
            G1::generator() * logarithm(name)
        } else {
            hash_to_g1(tag::FABEO_ATTRIBUTE, name.as_bytes())
        }
    }

    /// `sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r`
    fn keygen(&self, alpha: Scalar, names: &[&str], r: Scalar) -> AbeKey {
        AbeKey {
            sk1: G1::generator() * alpha + base() * r,
            sk2: names.iter().map(|u| (u.to_string(), self.hash(u) * r)).collect(),
            sk3: G2::generator() * r,
        }
    }

    /// `ct1 = g2^s;  ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}`
    fn encapsulate(&self, policy: &AccessPolicy, coins: &Coins) -> AbeHeader {
        let program = policy.span_program();
        let mask = |j: usize| coins.masks[if self.shared_mask { 0 } else { j }];
        let lambdas = program.share(&coins.vector);
        let rows = program.rows().iter().zip(lambdas);
        AbeHeader {
            policy: policy.clone(),
            ct1: G2::generator() * coins.vector[0],
            ct2: (0..coins.masks.len()).map(|j| G2::generator() * mask(j)).collect(),
            ct3: rows
                .map(|(row, lambda)| {
                    base() * lambda + self.hash(name(&row.attribute)) * mask(row.occurrence)
                })
                .collect(),
        }
    }
}

/// Draws the coins of one encapsulation.
fn coins(policy: &AccessPolicy, rng: &mut ChaCha20Rng) -> Coins {
    Coins::random::<Library>(&policy.span_program(), rng)
}

/// Decaps with arbitrary components and coefficients:
/// `e(sk1, ct1) prod_j e(prod_{rho(i) = j} sk2_i^{gamma_i}, ct2[j]) e(prod ct3[i]^{-gamma_i}, sk3)`
fn decaps(header: &AbeHeader, sk1: G1, sk3: G2, rows: &[(usize, Scalar, G1)]) -> Gt {
    let program = header.policy.span_program();
    let mut pairs = vec![(sk1, header.ct1)];
    for (i, gamma, component) in rows {
        let j = program.rows()[*i].occurrence;
        pairs.push((*component * *gamma, header.ct2[j]));
        pairs.push((-(header.ct3[*i] * *gamma), sk3));
    }
    multi_pairing(&pairs)
}

/// Returns parameters and master key for a fixed `alpha`, and `alpha`.
fn authority() -> (PublicParameters, MasterSecretKey, Scalar) {
    let alpha = Scalar::from(0xa11ce);
    let (parameters, master) = fabeo::setup_with_randomness(&alpha);
    (parameters, master, alpha)
}

#[test]
fn the_restatement_equals_the_library_without_faults() {
    let (parameters, master, alpha) = authority();
    let policy = policy("a and (a or b) and 2 of (a, c, d and b)");
    let (coins, r) = (coins(&policy, &mut rng(1)), Scalar::from(77));
    let Ok((header, key)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
    assert_eq!(HONEST.encapsulate(&policy, &coins).assemble(), header);
    let z_s = Gt::generator().pow(&(alpha * coins.vector[0]));
    assert_eq!(content_key(&z_s, &header), *key.expose());

    let user = fabeo::keygen_with_randomness(&master, &attributes(&["a", "c"]), &r);
    assert_eq!(HONEST.keygen(alpha, &["a", "c"], r).assemble().to_bytes(), user.to_bytes());
}

#[test]
fn no_substitute_replaces_a_missing_component() {
    // lambda_a = v, lambda_b = s - v: row a alone yields only e(B, g2)^{r v}.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(2));
    let view = AbeHeader::of(&header);
    let decrypts = |user: &AbeKey, substitute: G1, gammas: [Scalar; 2]| {
        let a = user.component("a").unwrap();
        let rows = [(0, gammas[0], a), (1, gammas[1], substitute)];
        content_key(&decaps(&view, user.sk1, user.sk3, &rows), &header) == *key.expose()
    };

    let authorised = AbeKey::of(&abe::keygen(&master, &attributes(&["a", "b"]), &mut rng(3)));
    let b = authorised.component("b").unwrap();
    assert!(decrypts(&authorised, b, [Scalar::ONE; 2]), "the attack works with the component");

    let user = AbeKey::of(&abe::keygen(&master, &attributes(&["a"]), &mut rng(4)));
    let a = user.component("a").unwrap();
    let hash_b = hash_to_g1(tag::FABEO_ATTRIBUTE, b"b");
    let substitutes = [G1::identity(), a, -a, user.sk1, base(), hash_b, view.ct3[1]];
    let coefficients = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(2)];
    for substitute in substitutes {
        for gammas in coefficients.iter().flat_map(|x| coefficients.iter().map(|y| [*x, *y])) {
            assert!(!decrypts(&user, substitute, gammas));
        }
    }
    assert_eq!(
        abe::decapsulate_cpa(&user.assemble(), &header).err(),
        Some(abe::OpenError::PolicyNotSatisfied)
    );
}

#[test]
fn a_component_relabelled_as_another_attribute_does_not_decrypt() {
    // sk2["a"] labelled "b" is well formed; Q_j then contains H(a)^r instead of H(b)^r.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(5));
    let mut user = AbeKey::of(&abe::keygen(&master, &attributes(&["a"]), &mut rng(6)));
    let a = user.component("a").unwrap();
    user.sk2.push(("b".into(), a));
    assert_ne!(abe::decapsulate_cpa(&user.assemble(), &header).unwrap(), key);
}

/// All keys for `a and b` assembled from elements of Alice's and Bob's keys, their products and
/// quotients.
fn mixed_keys(alice: &AbeKey, bob: &AbeKey) -> Vec<AbeKey> {
    let a = alice.component("a").unwrap();
    let b = bob.component("b").unwrap();
    let sk1 = [alice.sk1, bob.sk1, alice.sk1 + bob.sk1, alice.sk1 - bob.sk1];
    let sk3 = [alice.sk3, bob.sk3, alice.sk3 + bob.sk3, alice.sk3 - bob.sk3];
    let sk2 = [(a, b), (a + b, b), (a, a + b), (a + b, a + b)];
    let mut keys = Vec::new();
    for sk1 in sk1 {
        for sk3 in sk3.iter().filter(|point| !point.is_identity()) {
            for (a, b) in sk2 {
                keys.push(AbeKey { sk1, sk2: vec![("a".into(), a), ("b".into(), b)], sk3: *sk3 });
            }
        }
    }
    keys.retain(|key| !key.sk1.is_identity());
    keys
}

#[test]
fn colluding_users_cannot_decrypt() {
    // Alice's components have r_A, Bob's r_B: the product retains e(B, g2)^{(r_A - r_B) v}.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(7));
    let users = |r_alice, r_bob| {
        let alice = fabeo::keygen_with_randomness(&master, &attributes(&["a"]), &r_alice);
        let bob = fabeo::keygen_with_randomness(&master, &attributes(&["b"]), &r_bob);
        (AbeKey::of(&alice), AbeKey::of(&bob))
    };
    let mixed = |(alice, bob): (AbeKey, AbeKey)| {
        let mut keys = mixed_keys(&alice, &bob).into_iter();
        keys.any(|mixed| abe::decapsulate_cpa(&mixed.assemble(), &header).unwrap() == key)
    };
    // One key per row, which no single mixed key expresses:
    // e(sk1, ct1) prod_i e(sk2_i, ct2) / e(ct3[i], sk3_i).
    let view = AbeHeader::of(&header);
    let key_per_row = |(alice, bob): (AbeKey, AbeKey)| {
        [alice.sk1, bob.sk1].into_iter().any(|sk1| {
            let z_s = multi_pairing(&[
                (sk1, view.ct1),
                (alice.component("a").unwrap(), view.ct2[0]),
                (-view.ct3[0], alice.sk3),
                (bob.component("b").unwrap(), view.ct2[0]),
                (-view.ct3[1], bob.sk3),
            ]);
            content_key(&z_s, &header) == *key.expose()
        })
    };
    let [r, r_alice, r_bob] = [11, 12, 13].map(Scalar::from);
    assert!(mixed(users(r, r)), "deliberate fault: one r for two users");
    assert!(!mixed(users(r_alice, r_bob)));
    assert!(key_per_row(users(r, r)), "deliberate fault: one r for two users");
    assert!(!key_per_row(users(r_alice, r_bob)));
}

#[test]
fn rows_of_a_repeated_attribute_have_independent_masks() {
    // `a and (a or b)` has the shares v, s - v, s - v. With one s' both rows of a have one mask, so
    // that ct3[0] / ct3[1] = B^{2v - s}, and a user with b alone computes
    //   e(B, g2)^{r s} = (e(ct3[2], sk3) / e(sk2[b], ct2[0]))^2  e(ct3[0] / ct3[1], sk3),
    //   Z_s = e(sk1, ct1) / e(B, g2)^{r s}.
    let (parameters, master, alpha) = authority();
    let policy = policy("a and (a or b)");
    let two = Scalar::from(2);
    let attack = |header: &AbeHeader, user: &AbeKey, j: usize, quotient: G1| {
        multi_pairing(&[
            (user.sk1, header.ct1),
            (-(header.ct3[2] * two), user.sk3),
            (user.component("b").unwrap() * two, header.ct2[j]),
            (-quotient, user.sk3),
        ])
    };
    let decrypts = |scheme: Fabeo| {
        let coins = coins(&policy, &mut rng(8));
        let header = scheme.encapsulate(&policy, &coins);
        let user = scheme.keygen(alpha, &["b"], Scalar::from(99));
        let z_s = attack(&header, &user, 0, header.ct3[0] - header.ct3[1]);
        z_s == Gt::generator().pow(&(alpha * coins.vector[0]))
    };
    assert!(decrypts(SHARED_MASK), "deliberate fault: one s' for all rows");
    assert!(!decrypts(HONEST));

    // The same attack, with every choice of ct2[j] and quotient, on a header of the library.
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy, &mut rng(16));
    let user = AbeKey::of(&abe::keygen(&master, &attributes(&["b"]), &mut rng(17)));
    let view = AbeHeader::of(&header);
    assert_ne!(view.ct2[0], view.ct2[1], "one mask per occurrence");
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let z_s = attack(&view, &user, i, view.ct3[j] - view.ct3[1 - j]);
        assert_ne!(content_key(&z_s, &header), *key.expose());
    }
}

#[test]
fn components_cannot_be_derived_from_other_components() {
    // If H(u) = g1^{h(u)}, then sk2[a]^{h(b) / h(a)} = H(b)^r: one component yields all others.
    let (_, _, alpha) = authority();
    let policy = policy("a and b");
    let decrypts = |scheme: Fabeo| {
        let coins = coins(&policy, &mut rng(9));
        let header = scheme.encapsulate(&policy, &coins);
        let user = scheme.keygen(alpha, &["a"], Scalar::from(55));
        let a = user.component("a").unwrap();
        let derived = a * (logarithm("b") * logarithm("a").inverse().unwrap());
        let rows = [(0, Scalar::ONE, a), (1, Scalar::ONE, derived)];
        let z_s = decaps(&header, user.sk1, user.sk3, &rows);
        z_s == Gt::generator().pow(&(alpha * coins.vector[0]))
    };
    assert!(decrypts(KNOWN_LOGARITHM), "deliberate fault: H(u) = g1^h(u)");
    assert!(!decrypts(HONEST));
}
