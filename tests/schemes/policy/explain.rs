//! Explanations name a smallest set of missing leaves.

use crate::common::policy;
use crate::policy::generate::{config, small_policies, small_sets};
use epione::policy::{AccessPolicy, AttributeSet, Node};
use proptest::prelude::*;

/// Evaluates the tree with a verdict per leaf, in order.
fn evaluate(node: &Node, leaf: &mut impl FnMut(&Node) -> bool) -> bool {
    let (k, children) = match node {
        Node::Leaf(_) | Node::Comparison(_) => return leaf(node),
        Node::And(children) => (children.len(), children),
        Node::Or(children) => (1, children),
        Node::Threshold(k, children) => (*k, children),
    };
    // Visits every leaf, without short-circuit evaluation.
    children.iter().map(|child| evaluate(child, leaf)).filter(|holds| *holds).count() >= k
}

fn holds(leaf: &Node, held: &AttributeSet) -> bool {
    AccessPolicy::new(leaf.clone()).unwrap().is_satisfied_by(held)
}

fn leaves(policy: &AccessPolicy) -> usize {
    let mut leaves = 0;
    evaluate(policy.root(), &mut |_| {
        leaves += 1;
        false
    });
    leaves
}

/// The least number of additional leaves that satisfy the policy, by exhaustive search.
fn fewest(policy: &AccessPolicy, held: &AttributeSet) -> u32 {
    (0_u32..1 << leaves(policy))
        .filter(|chosen| {
            let mut i = 0;
            evaluate(policy.root(), &mut |leaf| {
                i += 1;
                chosen >> (i - 1) & 1 == 1 || holds(leaf, held)
            })
        })
        .map(u32::count_ones)
        .min()
        .unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_missing_leaves_suffice_and_are_a_smallest_set(
        policy in small_policies(),
        held in small_sets(),
    ) {
        let explanation = policy.explain(&held);
        let missing = explanation.missing();
        prop_assert_eq!(explanation.is_satisfied(), policy.is_satisfied_by(&held));
        prop_assert_eq!(missing.is_empty(), explanation.is_satisfied());
        prop_assert!(missing.iter().all(|leaf| !holds(leaf, &held)));
        let mut leaf = |leaf: &Node| missing.contains(leaf) || holds(leaf, &held);
        prop_assert!(evaluate(policy.root(), &mut leaf));
        prop_assert_eq!(&policy.explain(&held), &explanation);
        let lines = explanation.to_string().lines().count();
        prop_assert!(lines > leaves(&policy), "{}", explanation);
        if leaves(&policy) <= 10 {
            prop_assert!(missing.len() <= fewest(&policy, &held) as usize, "{}", explanation);
        }
    }
}

#[test]
fn explanations_prefer_leaves_that_need_no_other_value() {
    let missing = |text: &str, held: &str| -> String {
        let explanation = policy(text).explain(&held.parse().unwrap());
        let names: Vec<_> = explanation
            .missing()
            .iter()
            .map(|leaf| AccessPolicy::new(leaf.clone()).unwrap().to_string())
            .collect();
        names.join(", ")
    };
    for (text, held, expected) in [
        ("a", "a", ""),
        ("a and b", "", "a, b"),
        ("a and b", "b", "a"),
        ("a or b", "", "a"),
        ("(a and b) or c", "", "c"),
        ("(a and b) or (c and d)", "d", "c"),
        ("2 of (a, b and c, d)", "b", "a, c"),
        ("2 of (a and b, c and d, e)", "", "a, b, e"),
        ("a and (a or b)", "", "a"),
        ("age >= 60u8 and a", "age = 42u8", "age >= 60u8, a"),
        // A guardian can be added; an age would have to change.
        ("age >= 18u8 or guardian", "age = 12u8", "guardian"),
        ("age >= 18u8 or guardian", "", "age >= 18u8"),
        ("role#3:doctor or guardian", "role#3:nurse", "guardian"),
        ("role#3:doctor or guardian", "", "role#3:doctor"),
    ] {
        assert_eq!(missing(text, held), expected, "{text} on {held}");
    }
}

#[test]
fn an_explanation_prints_every_branch() {
    let policy = policy(
        "doctor and 2 of (age in 18..65, valid_until >= 2026-12-01, role#3:nurse or \"on call\")",
    );
    let held = "doctor, age = 42u8, valid_until = 2027-03-31, role#2:nurse".parse().unwrap();
    let expected = "\
not satisfied, missing: \"on call\"
no   all of
yes    doctor
no     2 of 3
no       age in 18..65 (held: age = 42u8)
yes      valid_until >= 2026-12-01
no       any of
no         role#3:nurse (held: role#2:nurse)
no         \"on call\"
";
    assert_eq!(policy.explain(&held).to_string(), expected);
    let held = "doctor, age = 42, valid_until = 2027-03-31".parse().unwrap();
    assert!(policy.explain(&held).to_string().starts_with("satisfied\nyes  all of\n"));
}
