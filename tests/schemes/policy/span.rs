//! The span program accepts exactly the authorised sets: rows, occurrences, reconstruction.

use crate::common::{attribute, rng};
use crate::policy::generate::{
    config, expanded, policies, row_name, small_policies, small_sets, spans_target,
};
use epione::algebra::Scalar;
use epione::policy::{AttributeSet, Name, Node};
use proptest::prelude::*;

/// Returns `true` for trees without thresholds.
fn is_without_thresholds(node: &Node) -> bool {
    match node {
        Node::Leaf(_) | Node::Comparison(_) => true,
        Node::And(children) | Node::Or(children) => children.iter().all(is_without_thresholds),
        Node::Threshold(..) => false,
    }
}

/// The least number of rows that satisfy a node; one for a comparison.
fn smallest(node: &Node, held: &AttributeSet) -> Option<usize> {
    let (k, children) = match node {
        Node::Leaf(attribute) => return held.contains(attribute).then_some(1),
        Node::Comparison(comparison) => {
            let value = held.value(comparison.label(), comparison.domain())?;
            return (comparison.low()..=comparison.high()).contains(&value).then_some(1);
        }
        Node::And(children) => (children.len(), children),
        Node::Or(children) => (1, children),
        Node::Threshold(k, children) => (*k, children),
    };
    let mut sizes: Vec<_> = children.iter().filter_map(|child| smallest(child, held)).collect();
    sizes.sort_unstable();
    (sizes.len() >= k).then(|| sizes[..k].iter().sum())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_span_program_accepts_exactly_the_authorised_sets(
        policy in small_policies(),
        held in small_sets(),
    ) {
        let program = policy.span_program();
        let rows = program.rows();
        let satisfied = policy.is_satisfied_by(&held);
        let components = held.expanded();
        let by_algebra = spans_target(&program, |u| components.contains(u));
        prop_assert_eq!(by_algebra, satisfied, "{}", policy);

        let selection = program.reconstruct(&held);
        prop_assert_eq!(selection.is_some(), satisfied);
        prop_assert_eq!(selection.as_ref().map(Vec::len), smallest(policy.root(), &held));
        let Some(selection) = selection else { return Ok(()) };
        let rng = &mut rng(1);
        let vector: Vec<Scalar> = (0..program.columns()).map(|_| Scalar::random(rng)).collect();
        let shares = program.share(&vector);
        let secret = selection.iter().map(|(i, gamma)| shares[*i] * *gamma).sum::<Scalar>();
        prop_assert_eq!(secret, vector[0], "the coefficients reconstruct the secret");
        prop_assert!(selection.is_sorted_by(|a, b| a.0 < b.0), "each row once, ascending");
        prop_assert!(selection.iter().all(|(i, _)| components.contains(&rows[*i].attribute)));
        if is_without_thresholds(policy.root()) {
            prop_assert!(selection.iter().all(|(_, gamma)| gamma.is_one()), "{}", policy);
        }
    }

    #[test]
    fn rows_are_the_leaves_and_the_prefixes_of_covers(policy in policies()) {
        let program = policy.span_program();
        let leaves = expanded(policy.root());
        let rows: Vec<_> = program.rows().iter().map(|row| row_name(&row.attribute)).collect();
        prop_assert_eq!(&rows, &leaves);
        for (i, row) in program.rows().iter().enumerate() {
            let earlier = leaves[..i].iter().filter(|u| **u == leaves[i]).count();
            prop_assert_eq!(row.occurrence, earlier);
            prop_assert!(row.entries.is_sorted_by(|a, b| a.0 < b.0));
            prop_assert!(row.entries.iter().all(|(column, _)| *column < program.columns()));
            prop_assert!(row.entries.iter().all(|(_, m)| !m.is_zero()));
        }
        let most = leaves.iter().map(|u| leaves.iter().filter(|v| v == &u).count()).max();
        prop_assert_eq!(Some(program.max_occurrences()), most);
        prop_assert_eq!(policy.counts(), (leaves.len(), program.max_occurrences()));
    }

    #[test]
    fn access_structures_are_monotone(policy in small_policies(), held in small_sets()) {
        for extra in ["a", "b", "c", "d"] {
            let mut more = held.clone();
            more.insert(Name::new(extra).unwrap()).unwrap();
            prop_assert!(more.contains(&attribute(extra)));
            prop_assert!(!policy.is_satisfied_by(&held) || policy.is_satisfied_by(&more));
        }
    }
}

#[test]
fn a_prefix_shared_by_two_comparisons_occurs_twice() {
    let policy = crate::common::policy("(x in 6..9u8 and a) or x in 5..7u8");
    let rows = policy.span_program();
    let rows: Vec<_> =
        rows.rows().iter().map(|row| (row.attribute.to_string(), row.occurrence)).collect();
    let expected =
        [("x in 6..7u8", 0), ("x in 8..9u8", 0), ("a", 0), ("x = 5u8", 0), ("x in 6..7u8", 1)];
    assert_eq!(rows, expected.map(|(text, occurrence)| (text.to_owned(), occurrence)));
    assert_eq!(policy.counts(), (5, 2));
}
