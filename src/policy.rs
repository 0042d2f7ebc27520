//! Who may open: attributes, access policies and their span programs.
//!
//! A policy is a monotone formula over attributes with `and`, `or` and `k of (...)` gates, written
//! in a small language with one meaning a string:
//!
//! ```text
//! policy    = conjunct / disjunct / primary
//! conjunct  = primary 1*("and" primary)
//! disjunct  = primary 1*("or" primary)
//! primary   = attribute / threshold / "(" policy ")"
//! threshold = number "of" "(" policy *("," policy) ")"
//! attribute = bare / quoted             ; doctor, department:neurology, "Dr. Ada Ruiz"
//! bare      = 1*(ALPHA / DIGIT / "_" / "-" / "." / ":" / "@" / "/")
//! quoted    = %x22 *(any character, with \" and \\ escaped) %x22
//! ```
//!
//! Mixing `and` with `or` needs parentheses: libraries disagree about what `a and b or c` means,
//! so here it is an error. `and`, `or` and `of` are reserved unless quoted. The whole input must be
//! consumed, depth, leaves and length are limited, and printing is canonical:
//! `parse(print(p)) == p`.
//!
//! **Architecture invariant.** The parser is part of the trusted base: a policy that silently
//! becomes weaker is a broken lock. It therefore refuses whatever it does not fully understand.
//! There is no negation and no comparison in the language yet.
//!
//! ```
//! use epione::policy::{AccessPolicy, AttributeSet};
//! let policy: AccessPolicy = "doctor and (neurology or 2 of (surgery, imaging, icu))".parse().unwrap();
//! let set = AttributeSet::from_names(["doctor", "surgery", "icu"]).unwrap();
//! assert!(policy.is_satisfied_by(&set));
//! assert!("doctor and neurology or icu".parse::<AccessPolicy>().is_err());
//! ```
#![forbid(unsafe_code)]

mod attribute;
mod class;
mod date;
mod msp;
mod parse;
mod value;

pub use attribute::{Attribute, AttributeSet, InvalidAttribute};
pub use class::Class;
pub use date::{Date, InvalidDate};
pub use msp::{Row, SpanProgram};
pub use parse::ParseError;
pub use value::{Domain, Value};

use std::collections::BTreeMap;
use std::fmt;

/// The most characters (bytes) of a policy's text.
pub const MAX_LENGTH: usize = 1 << 20;
/// The most leaves of a policy.
pub const MAX_LEAVES: usize = 4096;
/// The deepest nesting of a policy.
pub const MAX_DEPTH: usize = 32;

/// The most entries of a policy's span program that are not zero. A policy of a few kilobytes with
/// one large threshold would otherwise take its reader hundreds of megabytes.
pub const MAX_ENTRIES: usize = 1 << 20;

/// A monotone access policy; always within the limits above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPolicy(Node);

/// A gate or leaf of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// The attribute must be held.
    Leaf(Attribute),
    /// All children, at least two.
    And(Vec<Node>),
    /// Any child, at least two.
    Or(Vec<Node>),
    /// At least `k` of the children, `1 <= k <= n`.
    Threshold(usize, Vec<Node>),
}

/// A tree that is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// More leaves than [`MAX_LEAVES`].
    #[error("the policy has more than {MAX_LEAVES} attributes")]
    TooManyLeaves,
    /// A canonical text longer than [`MAX_LENGTH`].
    #[error("the policy's text is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// Thresholds over so many branches that the matrix has more than [`MAX_ENTRIES`].
    #[error("the policy's thresholds need a matrix of more than {MAX_ENTRIES} entries")]
    TooLarge,
    /// Deeper than [`MAX_DEPTH`].
    #[error("the policy is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// `k` is zero or more than the children.
    #[error("{k} of {n} can never be a threshold")]
    Threshold {
        /// The threshold.
        k: usize,
        /// The number of children.
        n: usize,
    },
    /// A gate with too few children.
    #[error("a gate needs at least {0} branches")]
    TooFewBranches(usize),
}

impl AccessPolicy {
    /// Checks the limits and gates of a tree.
    ///
    /// # Errors
    /// [`InvalidPolicy`] with the broken rule.
    pub fn new(root: Node) -> Result<Self, InvalidPolicy> {
        let leaves = check(&root, 1)?;
        if leaves > MAX_LEAVES {
            return Err(InvalidPolicy::TooManyLeaves);
        }
        if entries(&root, 1) > MAX_ENTRIES {
            return Err(InvalidPolicy::TooLarge);
        }
        let policy = Self(root);
        // What is made can be sent: its text is within the limit of reading.
        if policy.to_string().len() > MAX_LENGTH { Err(InvalidPolicy::TooLong) } else { Ok(policy) }
    }

    /// The tree.
    pub fn root(&self) -> &Node {
        &self.0
    }

    /// Whether the attributes satisfy the policy. Public data only.
    pub fn is_satisfied_by(&self, attributes: &AttributeSet) -> bool {
        satisfied(&self.0, attributes)
    }

    /// `n` and `tau` of the span program without its matrix: how many leaves there are, and how
    /// often the most frequent attribute occurs.
    pub fn counts(&self) -> (usize, usize) {
        let mut seen = BTreeMap::new();
        count(&self.0, &mut seen);
        (seen.values().sum(), seen.into_values().max().unwrap_or(0))
    }

    /// The monotone span program. A threshold gate `k of n` has about `k n` matrix entries.
    pub fn span_program(&self) -> SpanProgram {
        SpanProgram::new(self)
    }
}

fn check(node: &Node, depth: usize) -> Result<usize, InvalidPolicy> {
    if depth > MAX_DEPTH {
        return Err(InvalidPolicy::TooDeep);
    }
    let (children, least) = match node {
        Node::Leaf(_) => return Ok(1),
        Node::And(children) | Node::Or(children) => (children, 2),
        Node::Threshold(k, children) => {
            let (k, n) = (*k, children.len());
            if k == 0 || k > n {
                return Err(InvalidPolicy::Threshold { k, n });
            }
            (children, 1)
        }
    };
    if children.len() < least {
        return Err(InvalidPolicy::TooFewBranches(least));
    }
    children.iter().map(|child| check(child, depth + 1)).sum()
}

/// Entries of the span program below a node whose own row has `row` of them.
fn entries(node: &Node, row: usize) -> usize {
    let (children, last) = match node {
        Node::Leaf(_) => return row,
        Node::Or(children) | Node::Threshold(1, children) => {
            return children.iter().map(|child| entries(child, row)).sum();
        }
        Node::Threshold(k, children) if *k < children.len() => {
            return children.iter().map(|child| entries(child, row + k - 1)).sum();
        }
        Node::And(children) | Node::Threshold(_, children) => {
            children.split_last().map(|(last, others)| (others, last)).expect("a gate has children")
        }
    };
    let others: usize = children.iter().map(|child| entries(child, 1)).sum();
    others + entries(last, row + children.len())
}

fn count<'a>(node: &'a Node, seen: &mut BTreeMap<&'a Attribute, usize>) {
    match node {
        Node::Leaf(attribute) => *seen.entry(attribute).or_insert(0) += 1,
        Node::And(children) | Node::Or(children) | Node::Threshold(_, children) => {
            children.iter().for_each(|child| count(child, seen));
        }
    }
}

fn satisfied(node: &Node, attributes: &AttributeSet) -> bool {
    match node {
        Node::Leaf(attribute) => attributes.contains(attribute),
        Node::And(children) => children.iter().all(|child| satisfied(child, attributes)),
        Node::Or(children) => children.iter().any(|child| satisfied(child, attributes)),
        Node::Threshold(k, children) => {
            children.iter().filter(|child| satisfied(child, attributes)).count() >= *k
        }
    }
}

/// The canonical text, which parses back to the same policy.
impl fmt::Display for AccessPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(&self.0, f)
    }
}

fn print(node: &Node, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (children, separator) = match node {
        Node::Leaf(attribute) => return write!(f, "{attribute}"),
        Node::And(children) => (children, " and "),
        Node::Or(children) => (children, " or "),
        Node::Threshold(k, children) => {
            write!(f, "{k} of (")?;
            (children, ", ")
        }
    };
    let in_threshold = matches!(node, Node::Threshold(..));
    for (i, child) in children.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        // Inside and/or every gate of and/or is parenthesised; between commas none is.
        if !in_threshold && matches!(child, Node::And(_) | Node::Or(_)) {
            f.write_str("(")?;
            print(child, f)?;
            f.write_str(")")?;
        } else {
            print(child, f)?;
        }
    }
    if in_threshold { f.write_str(")") } else { Ok(()) }
}
