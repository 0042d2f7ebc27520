//! Contradictions: policies that no user satisfies, because a user holds one value per label.
//!
//! For each label, a node has the set of values with which it can hold; all values, if it does not
//! depend on the label. A gate `k of n` can hold with the values with which at least `k` branches
//! can hold; `and` is `n of n`, `or` is `1 of n`. A gate with an empty set is a contradiction.
//!
//! The sets of one label disregard the other labels, so no satisfiable policy is rejected. A policy
//! that is contradictory only in several labels together is accepted: to decide this in general
//! means to decide satisfiability of Boolean formulas.
//!
//! A set is a list of disjoint intervals, at most one per leaf below the node. For `L` leaves, the
//! cost is `O(L log L)` per level of the policy.
#![forbid(unsafe_code)]

use super::tree::Text;
use super::{Attribute, InvalidPolicy, Name, Node};
use std::collections::BTreeMap;

/// The values under one label that exclude each other. Equal numbers of several widths do not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Number,
    Date,
    Listed,
}

/// A value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Point<'a> {
    Number(u32),
    Listed(u32, &'a Name),
}

/// The values of one label with which a node can hold.
struct Values<'a> {
    /// Disjoint and ascending, both ends included.
    intervals: Vec<(Point<'a>, Point<'a>)>,
    /// A leaf on the label, for messages.
    leaf: &'a Node,
}

type ByLabel<'a, V> = BTreeMap<(&'a Name, Kind), V>;

/// Rejects a policy in normal form with a contradictory gate.
pub(super) fn check(root: &Node) -> Result<(), InvalidPolicy> {
    values(root).map(drop)
}

/// Returns the values of the labels on which a node depends.
fn values(node: &Node) -> Result<ByLabel<'_, Values<'_>>, InvalidPolicy> {
    let leaf = |label, kind, low, high| {
        BTreeMap::from([((label, kind), Values { intervals: vec![(low, high)], leaf: node })])
    };
    match node {
        Node::Leaf(Attribute::Listed(listed)) => {
            let point = Point::Listed(listed.version(), listed.value());
            Ok(leaf(listed.label(), Kind::Listed, point, point))
        }
        // Prefixes are comparisons in normal form.
        Node::Leaf(Attribute::Name(_) | Attribute::Prefix(_)) => Ok(BTreeMap::new()),
        Node::Comparison(comparison) => {
            let (low, high) = (comparison.low(), comparison.high());
            let kind = if low.is_date() { Kind::Date } else { Kind::Number };
            let point = Point::Number;
            Ok(leaf(comparison.label(), kind, point(low.number()), point(high.number())))
        }
        Node::And(children) => gate(children.len(), children),
        Node::Or(children) => gate(1, children),
        Node::Threshold(k, children) => gate(*k, children),
    }
}

fn gate(k: usize, children: &[Node]) -> Result<ByLabel<'_, Values<'_>>, InvalidPolicy> {
    let mut branches: ByLabel<'_, Vec<Values<'_>>> = BTreeMap::new();
    for child in children {
        for (label, values) in values(child)? {
            branches.entry(label).or_default().push(values);
        }
    }
    let mut found = BTreeMap::new();
    for (label, branches) in branches {
        // The other branches can hold with any value of the label.
        let others = children.len() - branches.len();
        if k <= others {
            continue;
        }
        let intervals = common_to(k - others, &branches);
        if intervals.is_empty() {
            return Err(contradiction(label.0, &branches));
        }
        found.insert(label, Values { intervals, leaf: branches[0].leaf });
    }
    Ok(found)
}

/// Returns the values that at least `count` of the sets contain.
fn common_to<'a>(count: usize, sets: &[Values<'a>]) -> Vec<(Point<'a>, Point<'a>)> {
    // The ends in order; at one point, an interval begins before another ends.
    let ends = sets.iter().flat_map(|set| &set.intervals);
    let mut ends: Vec<_> = ends.flat_map(|(low, high)| [(*low, false), (*high, true)]).collect();
    ends.sort_unstable();
    let (mut open, mut first, mut common) = (0, None, Vec::new());
    for (point, is_end) in ends {
        if is_end {
            if open == count {
                common.extend(first.take().map(|first| (first, point)));
            }
            open -= 1;
        } else {
            open += 1;
            if open == count {
                first = Some(point);
            }
        }
    }
    common
}

/// Names two leaves that exclude each other, if there are such leaves beside the first.
fn contradiction(label: &Name, branches: &[Values<'_>]) -> InvalidPolicy {
    let (first, others) = branches.split_first().expect("a contradiction has branches");
    let excludes = |other: &&Values<'_>| {
        let pair = [first, *other].map(|v| Values { intervals: v.intervals.clone(), ..*v });
        common_to(2, &pair).is_empty()
    };
    let other = others.iter().find(excludes).or(others.first()).unwrap_or(first);
    let [one, other] = [first, other].map(|values| Text(values.leaf).to_string());
    InvalidPolicy::Contradiction { label: label.clone(), one, other }
}
