//! Policies that no user satisfies are rejected, and no others.

use crate::policy::generate::{config, name, trees};
use epione::policy::{
    AccessPolicy, Attribute, AttributeSet, Comparison, InvalidPolicy, Listed, MAX_LEAVES, Node,
    Number,
};
use proptest::prelude::*;
use proptest::sample::select;

/// The greatest number of the universe.
const MAX: u8 = 7;
const ROLES: [(u32, &str); 3] = [(1, "r"), (1, "s"), (2, "r")];

fn role((version, value): (u32, &str)) -> Listed {
    Listed::new(name("role"), version, name(value)).unwrap()
}

/// Leaves on two numbers in two widths, a vocabulary in two versions, and names.
fn leaves() -> impl Strategy<Value = Node> {
    let ends = (0..=MAX, 0..=MAX).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let comparison = (select(&["x", "y"][..]), ends, any::<bool>());
    let comparison = comparison.prop_map(|(label, (low, high), is_wide)| {
        let label = name(label);
        Node::Comparison(match is_wide {
            true => Comparison::range(label, u16::from(low), u16::from(high)).unwrap(),
            false => Comparison::range(label, low, high).unwrap(),
        })
    });
    prop_oneof![
        1 => Just(Node::Leaf(Attribute::new("a").unwrap())),
        4 => comparison,
        3 => select(&ROLES[..]).prop_map(|value| Node::Leaf(Attribute::Listed(role(value)))),
    ]
}

/// The sets of maximal users: all names, one number per label in both widths, one role.
fn universe() -> Vec<AttributeSet> {
    let numbers = || 0..=MAX;
    let values = numbers().flat_map(|x| numbers().flat_map(move |y| ROLES.map(|r| (x, y, r))));
    let set = |(x, y, value)| {
        let mut set = AttributeSet::from_names(["a"]).unwrap();
        for (label, number) in [("x", x), ("y", y)] {
            set.insert(Number::new(name(label), number)).unwrap();
            set.insert(Number::new(name(label), u16::from(number))).unwrap();
        }
        set.insert(role(value)).unwrap();
        set
    };
    values.map(set).collect()
}

/// Evaluates a tree without normalisation. Policies of one leaf are never contradictory.
fn holds(node: &Node, set: &AttributeSet) -> bool {
    let count = |children: &[Node]| children.iter().filter(|child| holds(child, set)).count();
    match node {
        Node::Leaf(_) | Node::Comparison(_) => {
            AccessPolicy::new(node.clone()).unwrap().is_satisfied_by(set)
        }
        Node::And(children) => count(children) == children.len(),
        Node::Or(children) => count(children) > 0,
        Node::Threshold(k, children) => count(children) >= *k,
    }
}

fn is_contradiction(root: &Node) -> bool {
    use InvalidPolicy::{Contradiction, EmptyIntersection};
    let found = AccessPolicy::new(root.clone());
    matches!(found, Err(Contradiction { .. } | EmptyIntersection(..)))
}

/// Returns `true` if the node or one below it holds for no user.
fn contains_unsatisfiable(node: &Node, universe: &[AttributeSet]) -> bool {
    let below = match node {
        Node::Leaf(_) | Node::Comparison(_) => return false,
        Node::And(children) | Node::Or(children) | Node::Threshold(_, children) => children,
    };
    below.iter().any(|child| contains_unsatisfiable(child, universe))
        || !universe.iter().any(|set| holds(node, set))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_satisfiable_gate_is_rejected(root in trees(leaves())) {
        if is_contradiction(&root) {
            prop_assert!(contains_unsatisfiable(&root, &universe()), "{:?}", root);
        }
    }

    /// With one label the decision is exact.
    #[test]
    fn gates_over_one_label_are_decided_exactly(
        values in prop::collection::vec(select(&ROLES[..]), 1..6),
        ends in prop::collection::vec((0..=MAX, 0..=MAX), 1..6),
        k in any::<prop::sample::Index>(),
    ) {
        let listed = values.into_iter().map(|v| Node::Leaf(Attribute::Listed(role(v)))).collect();
        let range = |(a, b): (u8, u8)| Comparison::range(name("x"), a.min(b), a.max(b)).unwrap();
        let numbers = ends.into_iter().map(|ends| Node::Comparison(range(ends))).collect();
        for children in [listed, numbers] {
            let children: Vec<Node> = children;
            let root = Node::Threshold(k.index(children.len()) + 1, children);
            let satisfiable = universe().iter().any(|set| holds(&root, set));
            prop_assert_eq!(is_contradiction(&root), !satisfiable, "{:?}", root);
        }
    }
}

#[test]
fn the_error_names_the_label_and_both_values() {
    for (text, label, one, other) in [
        ("role#3:doctor and a and role#3:nurse", "role", "role#3:doctor", "role#3:nurse"),
        ("role#3:doctor and role#4:doctor", "role", "role#3:doctor", "role#4:doctor"),
        ("2 of (age < 5, age > 10, age = 7)", "age", "age <= 4", "age >= 11"),
        ("age < 5u8 and (a and age > 10)", "age", "age <= 4u8", "age >= 11"),
    ] {
        let error = text.parse::<AccessPolicy>().unwrap_err();
        let expected = InvalidPolicy::Contradiction {
            label: name(label),
            one: one.to_owned(),
            other: other.to_owned(),
        };
        assert_eq!((error.column, error.reason), (1, expected.to_string()), "{text}");
    }
}

/// The cost does not multiply along the levels.
#[test]
fn the_largest_policies_are_checked_quickly() {
    let value = |i: usize| format!("role#3:v{i}");
    let values: Vec<String> = (0..MAX_LEAVES - 1).map(value).collect();
    let nested = |inner: String| (0..29).fold(inner, |inner, _| format!("1 of ({inner})"));
    let text = format!("{} and role#3:v7", nested(values.join(" or ")));
    assert!(text.parse::<AccessPolicy>().is_ok());
    let text = format!("{} and role#3:w", nested(values.join(" or ")));
    assert!(text.parse::<AccessPolicy>().is_err());
}
