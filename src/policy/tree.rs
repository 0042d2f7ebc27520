//! Policy trees: validation, normal form, evaluation and canonical text.
#![forbid(unsafe_code)]

use super::{
    Attribute, AttributeSet, Comparison, Domain, MAX_DEPTH, MAX_LEAVES, MAX_MATRIX_ENTRIES,
    MAX_TEXT_BYTES, Name, contradiction,
};
use std::collections::BTreeMap;
use std::fmt;

/// A gate or leaf of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// The user holds the attribute.
    Leaf(Attribute),
    /// The user's value of a label is in an interval.
    Comparison(Comparison),
    /// All children hold. At least two children.
    And(Vec<Node>),
    /// Any child holds. At least two children.
    Or(Vec<Node>),
    /// At least `k` of the `n` children hold. `1 <= k <= n`.
    Threshold(usize, Vec<Node>),
}

/// A violated rule of policies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// More than [`MAX_LEAVES`] leaves, each comparison counted by its rows.
    #[error("the policy has more than {MAX_LEAVES} leaves, each comparison counted by its rows")]
    TooManyLeaves,
    /// A canonical text of more than [`MAX_TEXT_BYTES`].
    #[error("the canonical text of the policy is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// A span program of more than [`MAX_MATRIX_ENTRIES`].
    #[error(
        "the matrix of the policy has more than {MAX_MATRIX_ENTRIES} non-zero entries; \
         use smaller thresholds"
    )]
    TooLarge,
    /// More than [`MAX_DEPTH`] levels.
    #[error("the policy is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A threshold outside `1..=n`.
    #[error("{k} of {n} is not a threshold: k of n requires 1 <= k <= n")]
    Threshold {
        /// The threshold.
        k: usize,
        /// The number of children.
        n: usize,
    },
    /// A gate with too few children.
    #[error("a gate needs at least {0} branches")]
    TooFewBranches(usize),
    /// Comparisons in one `and` whose intersection is empty.
    #[error("no value satisfies both {0} and {1}")]
    EmptyIntersection(Comparison, Comparison),
    /// A gate that requires several values of one label.
    #[error(
        "no user satisfies the policy: one gate requires {one} and {other}, \
         and a user holds one value of {label}"
    )]
    Contradiction {
        /// The label.
        label: Name,
        /// The text of a required leaf.
        one: String,
        /// The text of another required leaf.
        other: String,
    },
    /// Comparisons of a label in one `and` in different domains.
    #[error("an 'and' compares {0} as {1} and as {2}; use one domain")]
    DomainMismatch(Name, Domain, Domain),
}

/// Checks the rules and limits of a tree, and returns its normal form.
pub(super) fn validate(root: Node) -> Result<Node, InvalidPolicy> {
    // Runs first, because it bounds the recursion of all other functions.
    check_gates(&root, 1)?;
    let root = normalise(root)?;
    if rows(&root) > MAX_LEAVES {
        return Err(InvalidPolicy::TooManyLeaves);
    }
    contradiction::check(&root)?;
    if entries(&root, 1) > MAX_MATRIX_ENTRIES {
        return Err(InvalidPolicy::TooLarge);
    }
    // Ensures that the parser accepts the canonical text.
    if Text(&root).to_string().len() > MAX_TEXT_BYTES {
        Err(InvalidPolicy::TooLong)
    } else {
        Ok(root)
    }
}

/// Checks the depth and the number of children of each gate.
fn check_gates(node: &Node, depth: usize) -> Result<(), InvalidPolicy> {
    if depth > MAX_DEPTH {
        return Err(InvalidPolicy::TooDeep);
    }
    let (children, least) = match node {
        Node::Leaf(_) | Node::Comparison(_) => return Ok(()),
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
    children.iter().try_for_each(|child| check_gates(child, depth + 1))
}

/// Merges the comparisons of each `and`, and replaces prefixes by comparisons.
fn normalise(node: Node) -> Result<Node, InvalidPolicy> {
    let all = |children: Vec<Node>| children.into_iter().map(normalise).collect::<Result<_, _>>();
    Ok(match node {
        Node::Leaf(Attribute::Prefix(prefix)) => Node::Comparison(Comparison::block(prefix)),
        Node::Leaf(_) | Node::Comparison(_) => node,
        Node::And(children) => conjunction(all(children)?).map_err(|(_, error)| error)?,
        Node::Or(children) => Node::Or(all(children)?),
        Node::Threshold(k, children) => Node::Threshold(k, all(children)?),
    })
}

/// Returns the `and` of nodes, with the comparisons of each label merged into their intersection,
/// at the position of the first. Merging saves rows and rejects a policy that no user satisfies.
///
/// An error has the index of the later child.
pub(super) fn conjunction(children: Vec<Node>) -> Result<Node, (usize, InvalidPolicy)> {
    let mut positions = BTreeMap::new();
    let mut merged: Vec<Node> = Vec::new();
    for (i, child) in children.into_iter().enumerate() {
        let Node::Comparison(next) = child else {
            merged.push(child);
            continue;
        };
        let position = *positions.entry(next.label().clone()).or_insert(merged.len());
        match merged.get_mut(position) {
            Some(Node::Comparison(earlier)) => {
                *earlier = intersection(earlier, &next).map_err(|error| (i, error))?
            }
            _ => merged.push(Node::Comparison(next)),
        }
    }
    Ok(if merged.len() == 1 { merged.remove(0) } else { Node::And(merged) })
}

fn intersection(one: &Comparison, other: &Comparison) -> Result<Comparison, InvalidPolicy> {
    if one.domain() != other.domain() {
        return Err(InvalidPolicy::DomainMismatch(
            one.label().clone(),
            one.domain(),
            other.domain(),
        ));
    }
    let empty = || InvalidPolicy::EmptyIntersection(one.clone(), other.clone());
    one.intersect(other).ok_or_else(empty)
}

/// Counts the rows of the span program.
fn rows(node: &Node) -> usize {
    match node {
        Node::Leaf(_) => 1,
        Node::Comparison(comparison) => comparison.rows(),
        Node::And(children) | Node::Or(children) | Node::Threshold(_, children) => {
            children.iter().map(rows).sum()
        }
    }
}

/// Counts the non-zero matrix entries below a node whose vector has `row` of them.
fn entries(node: &Node, row: usize) -> usize {
    let (children, last) = match node {
        Node::Leaf(_) => return row,
        Node::Comparison(comparison) => return row * comparison.rows(),
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

impl Node {
    /// Evaluates the tree; a comparison holds if the set contains a prefix of its cover.
    pub(super) fn is_satisfied_by(&self, held: &AttributeSet) -> bool {
        match self {
            Self::Leaf(attribute) => held.contains(attribute),
            Self::Comparison(comparison) => {
                comparison.cover().any(|prefix| held.contains(&Attribute::Prefix(prefix)))
            }
            Self::And(children) => children.iter().all(|child| child.is_satisfied_by(held)),
            Self::Or(children) => children.iter().any(|child| child.is_satisfied_by(held)),
            Self::Threshold(k, children) => {
                children.iter().filter(|child| child.is_satisfied_by(held)).count() >= *k
            }
        }
    }

    /// Calls `f` with each plain name, in order of the leaves.
    pub(super) fn for_each_name<'a>(&'a self, f: &mut impl FnMut(&'a Name)) {
        match self {
            Self::Leaf(Attribute::Name(name)) => f(name),
            Self::Leaf(_) | Self::Comparison(_) => {}
            Self::And(children) | Self::Or(children) | Self::Threshold(_, children) => {
                children.iter().for_each(|child| child.for_each_name(f));
            }
        }
    }

    /// Calls `f` with the attribute of each row, in row order.
    pub(super) fn for_each_row(&self, f: &mut impl FnMut(Attribute)) {
        match self {
            Self::Leaf(attribute) => f(attribute.clone()),
            Self::Comparison(comparison) => {
                comparison.cover().map(Attribute::Prefix).for_each(f);
            }
            Self::And(children) | Self::Or(children) | Self::Threshold(_, children) => {
                children.iter().for_each(|child| child.for_each_row(f));
            }
        }
    }
}

/// The canonical text of a tree.
pub(super) struct Text<'a>(pub(super) &'a Node);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.0, f)
    }
}

fn print(node: &Node, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (children, separator) = match node {
        Node::Leaf(attribute) => return write!(f, "{attribute}"),
        Node::Comparison(comparison) => return write!(f, "{comparison}"),
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
        // `and` and `or` are in parentheses within each other, but not within a threshold.
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
