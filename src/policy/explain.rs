//! Why a policy is satisfied or not, for people. Public data only.
#![forbid(unsafe_code)]

use super::tree::Text;
use super::{AccessPolicy, Attribute, AttributeSet, Node};
use std::collections::HashSet;
use std::fmt;

/// A policy beside a user's attributes: what holds, what does not, and what would be enough.
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

/// A gate or leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    depth: usize,
    holds: bool,
    text: String,
}

impl Explanation {
    /// Whether the attributes satisfy the policy.
    pub fn is_satisfied(&self) -> bool {
        self.lines[0].holds
    }

    /// What is missing: fewest leaves, each a [`Node::Leaf`] or [`Node::Comparison`], that satisfy
    /// the policy together with those that hold; none if it is satisfied.
    ///
    /// Of several smallest sets it is one that asks for the fewest other values under labels that have
    /// one, then the one that stands first. A leaf that stands in several places is counted in each and
    /// named once. Whether one user can hold them all is not asked: nested comparisons may exclude each
    /// other, and what holds may hold no longer if a value changes.
    pub fn missing(&self) -> &[Node] {
        &self.missing
    }
}

impl AccessPolicy {
    /// Says what of the policy the attributes satisfy, and what is missing.
    pub fn explain(&self, attributes: &AttributeSet) -> Explanation {
        let mut lines = Vec::new();
        let lack = walk(self.root(), 0, attributes, &mut lines);
        let mut named = HashSet::new();
        let missing = lack.leaves.into_iter().filter(|leaf| named.insert(*leaf));
        Explanation { missing: missing.cloned().collect(), lines }
    }
}

/// The fewest leaves that a node lacks.
#[derive(Default)]
struct Lack<'a> {
    leaves: Vec<&'a Node>,
    /// How many of them are values of labels that have another.
    changes: usize,
}

/// Writes the lines of a node, parents first, and chooses the least lack bottom-up.
fn walk<'a>(node: &'a Node, depth: usize, held: &AttributeSet, lines: &mut Vec<Line>) -> Lack<'a> {
    let (k, children, text) = match node {
        Node::And(children) => (children.len(), children, "all of".to_owned()),
        Node::Or(children) => (1, children, "any of".to_owned()),
        Node::Threshold(k, children) => (*k, children, format!("{k} of {}", children.len())),
        leaf => {
            let (line, lack) = compare(leaf, depth, held);
            lines.push(line);
            return lack;
        }
    };
    let line = lines.len();
    lines.push(Line { depth, holds: false, text });
    let lacks = children.iter().map(|child| walk(child, depth + 1, held, lines));
    let mut lacks: Vec<(usize, Lack<'_>)> = lacks.enumerate().collect();
    lacks.sort_by_key(|(i, lack)| (lack.leaves.len(), lack.changes, *i));
    lacks.truncate(k);
    lacks.sort_by_key(|(i, _)| *i);
    let mut all = Lack::default();
    for (_, lack) in lacks {
        all.leaves.extend(lack.leaves);
        all.changes += lack.changes;
    }
    lines[line].holds = all.leaves.is_empty();
    all
}

/// A leaf beside what is held.
fn compare<'a>(leaf: &'a Node, depth: usize, held: &AttributeSet) -> (Line, Lack<'a>) {
    let holds = leaf.is_satisfied_by(held);
    let mut text = Text(leaf).to_string();
    if holds {
        return (Line { depth, holds, text }, Lack::default());
    }
    let others = under_its_label(leaf, held);
    if !others.is_empty() {
        text += &format!(" (held: {})", others.join(", "));
    }
    let lack = Lack { leaves: vec![leaf], changes: usize::from(!others.is_empty()) };
    (Line { depth, holds, text }, lack)
}

/// What a user holds under the label of a leaf.
fn under_its_label(leaf: &Node, held: &AttributeSet) -> Vec<String> {
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

/// What is missing, then the tree with a line a gate or leaf.
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
