//! Explanations of a policy's evaluation. No secret key is an input; the attribute set may be
//! personal.
#![forbid(unsafe_code)]

use super::tree::Text;
use super::{AccessPolicy, Attribute, AttributeSet, Node};
use std::collections::HashSet;
use std::fmt;

/// The evaluation of a policy on an attribute set, and a smallest set of missing leaves.
///
/// ```
/// use epione::policy::{AccessPolicy, AttributeSet};
/// let policy: AccessPolicy = "doctor and (neurology or age >= 60u8)".parse().unwrap();
/// let set: AttributeSet = "doctor, age = 42u8".parse().unwrap();
/// assert_eq!(
///     policy.explain(&set).to_string(),
///     "\
/// not satisfied, missing: neurology
/// no   all of
/// yes    doctor
/// no     any of
/// no       neurology
/// no       age >= 60u8 (held: age = 42u8)
/// ",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    lines: Vec<Line>,
    missing: Vec<Node>,
}

/// The line of a gate or leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    depth: usize,
    holds: bool,
    text: String,
}

impl Explanation {
    /// Returns `true` if the attribute set satisfies the policy.
    pub fn is_satisfied(&self) -> bool {
        self.lines[0].holds
    }

    /// Returns a smallest set of leaves, each a [`Node::Leaf`] or [`Node::Comparison`], that
    /// satisfies the policy together with the leaves that hold; empty if the policy is satisfied.
    ///
    /// Among several smallest sets, one that requires the fewest other values under labels that
    /// already have one is preferred, then the first. A leaf that occurs several times counts as
    /// often and is named once. A user may be unable to hold all of them: nested comparisons may
    /// contradict each other, and a changed value may falsify a leaf that holds.
    pub fn missing(&self) -> &[Node] {
        &self.missing
    }
}

impl AccessPolicy {
    /// Evaluates the policy on an attribute set and explains the result.
    pub fn explain(&self, attributes: &AttributeSet) -> Explanation {
        let mut lines = Vec::new();
        let root = walk(self.root(), 0, attributes, &mut lines);
        let mut named = HashSet::new();
        let missing = root.leaves.into_iter().filter(|leaf| named.insert(*leaf));
        Explanation { missing: missing.cloned().collect(), lines }
    }
}

/// A smallest set of leaves whose truth would satisfy a node.
#[derive(Default)]
struct Missing<'a> {
    leaves: Vec<&'a Node>,
    /// The number of leaves under labels for which the user holds another value.
    changes: usize,
}

/// Appends the lines of a node in preorder, and returns its missing leaves.
fn walk<'a>(
    node: &'a Node,
    depth: usize,
    held: &AttributeSet,
    lines: &mut Vec<Line>,
) -> Missing<'a> {
    let (k, children, text) = match node {
        Node::And(children) => (children.len(), children, "all of".to_owned()),
        Node::Or(children) => (1, children, "any of".to_owned()),
        Node::Threshold(k, children) => (*k, children, format!("{k} of {}", children.len())),
        leaf => {
            let (line, missing) = evaluate(leaf, depth, held);
            lines.push(line);
            return missing;
        }
    };
    let line = lines.len();
    lines.push(Line { depth, holds: false, text });
    let missing = children.iter().map(|child| walk(child, depth + 1, held, lines));
    let mut branches: Vec<(usize, Missing<'_>)> = missing.enumerate().collect();
    branches.sort_by_key(|(i, missing)| (missing.leaves.len(), missing.changes, *i));
    branches.truncate(k);
    branches.sort_by_key(|(i, _)| *i);
    let mut all = Missing::default();
    for (_, missing) in branches {
        all.leaves.extend(missing.leaves);
        all.changes += missing.changes;
    }
    lines[line].holds = all.leaves.is_empty();
    all
}

/// Evaluates a leaf, and names the values held under its label if it does not hold.
fn evaluate<'a>(leaf: &'a Node, depth: usize, held: &AttributeSet) -> (Line, Missing<'a>) {
    let holds = leaf.is_satisfied_by(held);
    let mut text = Text(leaf).to_string();
    if holds {
        return (Line { depth, holds, text }, Missing::default());
    }
    let others = held_under_label(leaf, held);
    if !others.is_empty() {
        text += &format!(" (held: {})", others.join(", "));
    }
    let missing = Missing { leaves: vec![leaf], changes: usize::from(!others.is_empty()) };
    (Line { depth, holds, text }, missing)
}

/// Returns the values held under the label of a leaf.
fn held_under_label(leaf: &Node, held: &AttributeSet) -> Vec<String> {
    match leaf {
        Node::Comparison(comparison) => {
            held.numbers_of(comparison.label()).map(ToString::to_string).collect()
        }
        Node::Leaf(Attribute::Listed(listed)) => {
            held.listed(listed.label()).map(ToString::to_string).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The result and the missing leaves, then the tree with one line per gate or leaf.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_satisfied() {
            writeln!(f, "satisfied")?;
        } else {
            let missing: Vec<_> = self.missing.iter().map(|leaf| Text(leaf).to_string()).collect();
            writeln!(f, "not satisfied, missing: {}", missing.join(", "))?;
        }
        for Line { depth, holds, text } in &self.lines {
            let verdict = if *holds { "yes" } else { "no" };
            writeln!(f, "{verdict:<5}{:indent$}{text}", "", indent = 2 * depth)?;
        }
        Ok(())
    }
}
