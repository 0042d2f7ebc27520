//! Trees of gates: their rules, their normal form and their text.
#![forbid(unsafe_code)]

use super::{
    Attribute, AttributeSet, Comparison, Domain, MAX_DEPTH, MAX_ENTRIES, MAX_LEAVES, MAX_LENGTH,
    Name,
};
use std::collections::BTreeMap;
use std::fmt;

/// A gate or leaf of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// The attribute must be held.
    Leaf(Attribute),
    /// The value of a label must be in an interval.
    Comparison(Comparison),
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
    /// More leaves than [`MAX_LEAVES`], each comparison counted with its rows.
    #[error("the policy has more than {MAX_LEAVES} attributes, comparisons counted by their rows")]
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
    /// Comparisons in one `and` that no value satisfies together.
    #[error("no value satisfies both {0} and {1}")]
    Exclusive(Comparison, Comparison),
    /// Comparisons in one `and` that nobody compares alike.
    #[error("{0} is compared as {1} and, in the same 'and', as {2}")]
    Domains(Name, Domain, Domain),
}

/// The tree in its normal form, its rules and limits checked.
pub(super) fn checked(root: Node) -> Result<Node, InvalidPolicy> {
    // First what makes the tree safe to walk.
    check(&root, 1)?;
    let root = normal(root)?;
    if rows(&root) > MAX_LEAVES {
        return Err(InvalidPolicy::TooManyLeaves);
    }
    if entries(&root, 1) > MAX_ENTRIES {
        return Err(InvalidPolicy::TooLarge);
    }
    // What is made can be sent: its text is within the limit of reading.
    if Text(&root).to_string().len() > MAX_LENGTH { Err(InvalidPolicy::TooLong) } else { Ok(root) }
}

fn check(node: &Node, depth: usize) -> Result<(), InvalidPolicy> {
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
    children.iter().try_for_each(|child| check(child, depth + 1))
}

/// The one tree of all that mean the same by comparisons, so that it is what its text says.
fn normal(node: Node) -> Result<Node, InvalidPolicy> {
    let each = |children: Vec<Node>| children.into_iter().map(normal).collect::<Result<_, _>>();
    Ok(match node {
        Node::Leaf(Attribute::Prefix(prefix)) => Node::Comparison(Comparison::block(prefix)),
        Node::Leaf(_) | Node::Comparison(_) => node,
        Node::And(children) => conjunction(each(children)?).map_err(|(_, error)| error)?,
        Node::Or(children) => Node::Or(each(children)?),
        Node::Threshold(k, children) => Node::Threshold(k, each(children)?),
    })
}

/// `and`, in which the comparisons of one label are one interval, at the place of the first: fewer
/// rows, and an empty interval is found before a record is locked for ever. An error names the child.
pub(super) fn conjunction(children: Vec<Node>) -> Result<Node, (usize, InvalidPolicy)> {
    let mut places = BTreeMap::new();
    let mut merged: Vec<Node> = Vec::new();
    for (i, child) in children.into_iter().enumerate() {
        let Node::Comparison(next) = child else {
            merged.push(child);
            continue;
        };
        let place = *places.entry(next.label().clone()).or_insert(merged.len());
        match merged.get_mut(place) {
            Some(Node::Comparison(held)) => {
                *held = both(held, &next).map_err(|error| (i, error))?
            }
            _ => merged.push(Node::Comparison(next)),
        }
    }
    Ok(if merged.len() == 1 { merged.remove(0) } else { Node::And(merged) })
}

fn both(one: &Comparison, other: &Comparison) -> Result<Comparison, InvalidPolicy> {
    if one.domain() != other.domain() {
        return Err(InvalidPolicy::Domains(one.label().clone(), one.domain(), other.domain()));
    }
    let exclusive = || InvalidPolicy::Exclusive(one.clone(), other.clone());
    one.intersect(other).ok_or_else(exclusive)
}

/// Rows of the span program: leaves, each comparison as its cover.
fn rows(node: &Node) -> usize {
    match node {
        Node::Leaf(_) => 1,
        Node::Comparison(comparison) => comparison.rows(),
        Node::And(children) | Node::Or(children) | Node::Threshold(_, children) => {
            children.iter().map(rows).sum()
        }
    }
}

/// Entries of the span program below a node whose own row has `row` of them.
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
    /// Whether the attributes satisfy the tree: for a comparison, whether one of its cover is held.
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

    /// Calls `each` with the attribute of every row, in order.
    pub(super) fn each_attribute(&self, each: &mut impl FnMut(Attribute)) {
        match self {
            Self::Leaf(attribute) => each(attribute.clone()),
            Self::Comparison(comparison) => {
                comparison.cover().map(Attribute::Prefix).for_each(each);
            }
            Self::And(children) | Self::Or(children) | Self::Threshold(_, children) => {
                children.iter().for_each(|child| child.each_attribute(each));
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
