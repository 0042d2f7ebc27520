//! Counts operations and compares them with the cost tables of the schemes.
#![forbid(unsafe_code)]

use super::fabeo::{self, Fabeo, epochs};
use super::pang::{self, AttributeAuthority, Pang};
use super::rouselakis_waters::{self, RouselakisWaters};
use super::scheme::{Coins, Scheme, VerifyEncapsulation, select_rows};
use super::waters::{self, Waters};
use super::{PublicParameters, UserSecretKey};
use crate::algebra::Scalar;
use crate::algebra::count::{Operation, counted};
use crate::algebra::hash::hash_to_scalar;
use crate::algebra::tag;
use crate::policy::{AccessPolicy, AttributeSet, Name};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;

type Cost = BTreeMap<Operation, usize>;

fn cost<const N: usize>(parts: [(Operation, usize); N]) -> Cost {
    parts.into_iter().filter(|(_, times)| *times > 0).collect()
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// A policy, attributes that satisfy it, and the variables of the tables.
struct Shape {
    policy: AccessPolicy,
    attributes: AttributeSet,
    /// The number of rows.
    n: usize,
    /// The maximal number of occurrences of an attribute.
    tau: usize,
    /// The number of components of the key.
    k: usize,
}

/// Returns policies of different shapes, each with all of its attributes.
fn shapes(suffix: &str) -> Vec<Shape> {
    let list = |n: usize| (0..n).map(|i| format!("u{i}{suffix}")).collect::<Vec<_>>();
    let texts = [
        list(1).join(" and "),
        list(100).join(" and "),
        list(20).join(" or "),
        format!("5 of ({})", list(9).join(", ")),
        format!("({}) and 2 of ({})", list(5).join(" or "), list(4).join(", ")),
    ];
    let shape = |text: String| {
        let policy: AccessPolicy = text.parse().expect("a policy");
        let names = policy
            .span_program()
            .rows()
            .iter()
            .map(|row| row.attribute.to_string())
            .collect::<Vec<_>>();
        let attributes = AttributeSet::from_names(names.iter().map(String::as_str)).expect("names");
        let ((n, tau), k) = (policy.counts(), attributes.components());
        Shape { policy, attributes, n, tau, k }
    };
    texts.into_iter().map(shape).collect()
}

/// The costs of Encaps and Decaps, with `|I|` and the number of coefficients other than 1.
struct Measured {
    encapsulate: Cost,
    decapsulate: Cost,
    selected: usize,
    powers: usize,
}

fn measure<S: Scheme>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    shape: &Shape,
) -> Measured {
    let program = shape.policy.span_program();
    let coins = Coins::random::<S>(&program, &mut rng());
    let (made, encapsulate) = counted(|| S::encapsulate(&parameters.0, &program, &coins));
    let (encapsulation, shared) = made.expect("the parameters cover the policy");
    let selection =
        select_rows(&program, key, &encapsulation).expect("the attributes satisfy the policy");
    let (opened, decapsulate) =
        counted(|| S::decapsulate(key.elements.expose(), &selection, &encapsulation));
    assert_eq!(opened, shared, "{}", shape.policy);
    let powers = selection.iter().filter(|selected| !selected.gamma.is_one()).count();
    let text = shape.policy.to_string();
    assert_eq!(
        powers > 0,
        text.contains(" of "),
        "all coefficients of and/or policies are 1: {text}"
    );
    Measured { encapsulate, decapsulate, selected: selection.len(), powers }
}

/// Verifies an honest encapsulation against its coins and returns the cost.
fn check<S: VerifyEncapsulation>(parameters: &PublicParameters<S>, shape: &Shape) -> Cost {
    let program = shape.policy.span_program();
    let coins = Coins::random::<S>(&program, &mut rng());
    let made = S::encapsulate(&parameters.0, &program, &coins);
    let (encapsulation, _) = made.expect("the parameters cover the policy");
    let weights: Vec<Scalar> =
        (0..shape.n).map(|i| hash_to_scalar(tag::ABE_WEIGHT, &i.to_be_bytes())).collect();
    let check =
        || S::verify_encapsulation(&parameters.0, &program, &encapsulation, &coins, &weights);
    let (honest, cost) = counted(check);
    assert!(bool::from(honest));
    cost
}

#[test]
fn fabeo_costs_match_the_table() {
    let rng = &mut rng();
    let (parameters, master) = fabeo::setup(rng);
    // Builds the fixed-base table of B, once per process.
    fabeo::keygen(&master, &AttributeSet::default(), rng);
    for shape in shapes("") {
        let Shape { policy, attributes, n, tau, k } = &shape;
        let (n, tau, k) = (*n, *tau, *k);
        let keygen = cost([(Operation::G1, k + 1), (Operation::G2, 1), (Operation::HashG1, k)]);
        let (key, found) = counted(|| fabeo::keygen(&master, attributes, rng));
        assert_eq!(found, keygen);
        let measured = measure::<Fabeo>(&parameters, &key, &shape);
        let expected = [
            (Operation::G1, 2 * n),
            (Operation::G2, 1 + tau),
            (Operation::Gt, 1),
            (Operation::HashG1, n),
        ];
        assert_eq!(measured.encapsulate, cost(expected), "{policy}");
        let expected = [
            (Operation::G1Term, 2 * measured.powers),
            (Operation::Miller, 2 + tau),
            (Operation::Final, 1),
        ];
        assert_eq!(measured.decapsulate, cost(expected), "{policy}");
        let expected = [
            (Operation::G1Term, 2 * n),
            (Operation::G1, tau + 1),
            (Operation::G2, 1 + tau),
            (Operation::HashG1, n),
            (Operation::Equality, tau + 2),
        ];
        assert_eq!(check::<Fabeo>(&parameters, &shape), cost(expected), "{policy}");

        let (delegated, found) = counted(|| fabeo::delegate(&key, attributes, rng));
        assert!(delegated.is_ok());
        assert_eq!(found, keygen, "the cost of delegation is that of keygen");
        let (valid, found) = counted(|| fabeo::verify_key(&parameters, &key));
        assert_eq!(valid, Ok(()));
        let expected = [
            (Operation::G1Term, 2 * k),
            (Operation::HashG1, k + 1),
            (Operation::Miller, 2),
            (Operation::Final, 1),
        ];
        assert_eq!(found, cost(expected));
        let (_, found) = counted(|| fabeo::transform_keys(&key, rng));
        assert_eq!(found, cost([(Operation::G1, k + 1), (Operation::G2, 1)]));
        let (header, _) = super::encapsulate_cpa(&parameters, policy, rng);
        let (valid, found) = counted(|| fabeo::verify_consistency(&header));
        assert_eq!(valid, Ok(()));
        let expected = [
            (Operation::G1Term, 2 * n),
            (Operation::G1, 1),
            (Operation::HashG1, n + 1),
            (Operation::Miller, 2 + tau),
            (Operation::Final, 1),
        ];
        assert_eq!(found, cost(expected), "{policy}");
        let (valid, found) = counted(|| fabeo::batch_verify_consistency(&[&header; 3]));
        assert_eq!(valid, [Ok(()); 3]);
        let expected = [
            (Operation::G1Term, 6 * n),
            (Operation::G1, 3),
            (Operation::HashG1, 3 * (n + 1)),
            (Operation::Miller, 3 * (1 + tau) + 1),
            (Operation::Final, 1),
        ];
        assert_eq!(found, cost(expected), "{policy}");
    }
}

#[test]
fn a_token_costs_one_hash_and_one_exponentiation() {
    let rng = &mut rng();
    let (_, master) = fabeo::setup(rng);
    let mut authority = epochs::EpochAuthority::new(master, rng);
    let key = authority.issue("Ada", &AttributeSet::default()).expect("an identifier");
    authority.rekey();
    let (token, found) = counted(|| authority.token("Ada", 1).expect("an active key"));
    assert_eq!(found, cost([(Operation::G1, 1), (Operation::HashG1, 1)]));
    let (refreshed, found) = counted(|| epochs::refresh(&key, &token));
    assert!(refreshed.is_ok());
    let expected = [(Operation::HashG1, 1), (Operation::Miller, 2), (Operation::Final, 1)];
    assert_eq!(found, cost(expected));
}

#[test]
fn waters_costs_match_the_table() {
    let rng = &mut rng();
    let (parameters, master) = waters::setup(rng);
    for shape in shapes("") {
        let Shape { policy, attributes, n, k, .. } = &shape;
        let (n, k) = (*n, *k);
        let (key, found) = counted(|| waters::keygen(&master, attributes, rng));
        let expected = [(Operation::G1, k), (Operation::G2, 2), (Operation::HashG1, k)];
        assert_eq!(found, cost(expected));
        let measured = measure::<Waters>(&parameters, &key, &shape);
        let expected = [
            (Operation::G1, 2 * n + 1),
            (Operation::G2, n),
            (Operation::Gt, 1),
            (Operation::HashG1, n),
        ];
        assert_eq!(measured.encapsulate, cost(expected), "{policy}");
        let expected = [
            (Operation::G1Term, 2 * measured.powers),
            (Operation::Miller, 2 + measured.selected),
            (Operation::Final, 1),
        ];
        assert_eq!(measured.decapsulate, cost(expected), "{policy}");
        let expected = [
            (Operation::G1, n + 2),
            (Operation::G1Term, n),
            (Operation::G2, 1),
            (Operation::G2Term, n),
            (Operation::HashG1, n),
            (Operation::Equality, 3),
        ];
        assert_eq!(check::<Waters>(&parameters, &shape), cost(expected), "{policy}");
    }
}

#[test]
fn rouselakis_waters_costs_match_the_table() {
    let rng = &mut rng();
    let (parameters, master) = rouselakis_waters::setup("H", rng);
    for shape in shapes("@H") {
        let Shape { policy, attributes, n, k, .. } = &shape;
        let (n, k) = (*n, *k);
        let (key, found) = counted(|| rouselakis_waters::keygen(&master, "Ada", attributes, rng));
        let expected = [(Operation::G1, k + 2), (Operation::G2, k), (Operation::HashG1, k + 1)];
        assert_eq!(found, cost(expected));
        let key = key.expect("the authority's own attributes");
        let measured = measure::<RouselakisWaters>(&parameters, &key, &shape);
        let expected = [
            (Operation::G1, n),
            (Operation::G2, 3 * n),
            (Operation::Gt, 2 * n + 1),
            (Operation::HashG1, n),
        ];
        assert_eq!(measured.encapsulate, cost(expected), "{policy}");
        let expected = [
            (Operation::G1Term, 2 * measured.powers),
            (Operation::G2, measured.powers),
            (Operation::Gt, measured.powers),
            (Operation::HashG1, 1),
            (Operation::Miller, 2 * measured.selected + 1),
            (Operation::Final, 1),
        ];
        assert_eq!(measured.decapsulate, cost(expected), "{policy}");
    }
}

#[test]
fn pang_costs_match_the_table() {
    let rng = &mut rng();
    let (parameters, master) = pang::setup(rng);
    for shape in shapes("") {
        let Shape { policy, attributes, n, .. } = &shape;
        let n = *n;
        let (key, found) = counted(|| pang::enrol(&master, "Ada").expect("an identifier"));
        assert_eq!(found, cost([(Operation::G1, 1), (Operation::G2, 1)]));
        let (mut key, mut parameters) = (key, parameters.clone());
        let check = cost([(Operation::HashG1, 1), (Operation::Miller, 2), (Operation::Final, 1)]);
        for attribute in attributes.iter() {
            let x = Name::new(attribute.to_string()).expect("a name");
            let mut authority = AttributeAuthority::new(x.clone(), rng);
            let (public, found) = counted(|| authority.public_key());
            let expected = [(Operation::G1, 1), (Operation::G2, 1), (Operation::HashG1, 1)];
            assert_eq!(found, cost(expected));
            let (valid, found) = counted(|| public.key().clone().verify());
            assert_eq!((valid.as_ref(), &found), (Ok(&public), &check));
            let (share, found) =
                counted(|| pang::key_share(&master, "Ada", &x).expect("an identifier"));
            let expected = [(Operation::G1, 1), (Operation::G2, 1), (Operation::HashG1, 1)];
            assert_eq!(found, cost(expected));
            let (share, found) = counted(|| share.verify().expect("an honest share"));
            assert_eq!(found, check);
            let (component, found) = counted(|| authority.issue(share).expect("its attribute"));
            assert_eq!(found, cost([(Operation::G1, 1)]));
            let (grown, found) =
                counted(|| key.with_component(&component, &public).expect("a component"));
            assert_eq!(found, check);
            (key, parameters) = (grown, parameters.with_attribute_key(&public).expect("one key"));
        }
        let measured = measure::<Pang>(&parameters, &key, &shape);
        let expected = [
            (Operation::G1, 2 * n),
            (Operation::G2, n + 1),
            (Operation::Gt, 1),
            (Operation::HashG1, n),
        ];
        assert_eq!(measured.encapsulate, cost(expected), "{policy}");
        let expected = [
            (Operation::G1Term, 2 * measured.powers),
            (Operation::Miller, 2 + measured.selected),
            (Operation::Final, 1),
        ];
        assert_eq!(measured.decapsulate, cost(expected), "{policy}");
    }
}
