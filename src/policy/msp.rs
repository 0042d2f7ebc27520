//! Monotone span programs: a policy as linear algebra.
//!
//! A secret `s` is shared as `lambda_i = M_i . (s, v_1, v_2, ...)`; the rows of a satisfying set
//! combine to `s`, the rows of any other set say nothing about it.
//!
//! | gate | rows of the children |
//! |---|---|
//! | or | each the parent's |
//! | and | child `j < n` a fresh unit column, the last one the parent's minus their sum |
//! | k of n | Shamir: child `i` the parent's plus `sum_d i^d u_d` over `k-1` fresh columns |
//!
//! `1 of n` is an `or`, `n of n` an `and`. An `and` takes a child's column when its turn comes, after those
//! of the children before it; a threshold takes its columns first. Opening takes the fewest rows, of equally
//! few the first. A comparison is the `or` of its cover, so it has a row a prefix, each the parent's.
//!
//! The additive `and` makes every reconstruction coefficient 1, so opening a policy of plain `and`
//! and `or` needs no scalar multiplication; Vandermonde rows would cost 20 times more at 100
//! attributes.
#![forbid(unsafe_code)]

use super::{AccessPolicy, Attribute, AttributeSet, Node};
use crate::algebra::Scalar;
use std::collections::BTreeMap;

/// One row of the matrix with its attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// `pi(i)`: the attribute of the row.
    pub attribute: Attribute,
    /// `rho(i)`: how many earlier rows have the same attribute.
    pub occurrence: usize,
    /// The entries that are not zero: column and value, columns ascending.
    pub entries: Vec<(usize, Scalar)>,
}

/// The matrix `M` with its labels `pi`, `rho`, and the tree it came from.
#[derive(Debug)]
pub struct SpanProgram {
    rows: Vec<Row>,
    columns: usize,
    root: Node,
}

impl SpanProgram {
    pub(super) fn new(policy: &AccessPolicy) -> Self {
        let mut builder = Builder { rows: Vec::new(), columns: 1, seen: BTreeMap::new() };
        builder.walk(policy.root(), vec![(0, Scalar::ONE)]);
        Self { rows: builder.rows, columns: builder.columns, root: policy.root().clone() }
    }

    /// The tree it came from.
    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// The rows, in the order of the policy's leaves and of a comparison's cover.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of columns, the secret's included.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// `tau`: how often the most frequent attribute occurs.
    pub fn max_occurrences(&self) -> usize {
        self.rows.iter().map(|row| row.occurrence + 1).max().unwrap_or(0)
    }

    /// `lambda_i = M_i . vector`, the vector being `(s, v_1, ...)`.
    ///
    /// # Panics
    /// If the vector does not have [`Self::columns`] entries.
    pub fn share(&self, vector: &[Scalar]) -> Vec<Scalar> {
        assert_eq!(vector.len(), self.columns, "one entry a column");
        let dot = |row: &Row| row.entries.iter().map(|(column, m)| vector[*column] * *m).sum();
        self.rows.iter().map(dot).collect()
    }

    /// A smallest satisfying set of rows with coefficients `gamma_i` such that
    /// `sum gamma_i M_i = (1, 0, ...)`; `None` if the attributes do not satisfy the policy.
    pub fn reconstruct(&self, attributes: &AttributeSet) -> Option<Vec<(usize, Scalar)>> {
        self.reconstruct_of(|row| attributes.contains(&self.rows[row].attribute))
    }

    /// [`Self::reconstruct`] of the rows that one has.
    pub fn reconstruct_of(&self, has: impl Fn(usize) -> bool) -> Option<Vec<(usize, Scalar)>> {
        select(&self.root, &has, &mut 0)
    }
}

struct Builder {
    rows: Vec<Row>,
    columns: usize,
    seen: BTreeMap<Attribute, usize>,
}

impl Builder {
    fn walk(&mut self, node: &Node, vector: Vec<(usize, Scalar)>) {
        match node {
            Node::Leaf(attribute) => self.leaf(attribute.clone(), vector),
            Node::Comparison(comparison) => {
                let cover = comparison.cover().map(Attribute::Prefix);
                cover.for_each(|attribute| self.leaf(attribute, vector.clone()));
            }
            Node::Or(children) => children.iter().for_each(|c| self.walk(c, vector.clone())),
            Node::And(children) => self.and(children, vector),
            Node::Threshold(1, children) => {
                children.iter().for_each(|c| self.walk(c, vector.clone()));
            }
            Node::Threshold(k, children) if *k == children.len() => self.and(children, vector),
            Node::Threshold(k, children) => self.threshold(*k, children, &vector),
        }
    }

    fn leaf(&mut self, attribute: Attribute, entries: Vec<(usize, Scalar)>) {
        let seen = self.seen.entry(attribute.clone()).or_insert(0);
        let occurrence = *seen;
        *seen += 1;
        self.rows.push(Row { attribute, occurrence, entries });
    }

    fn and(&mut self, children: &[Node], mut last: Vec<(usize, Scalar)>) {
        let (final_child, others) = children.split_last().expect("a gate has children");
        for child in others {
            let column = self.fresh_column();
            last.push((column, -Scalar::ONE));
            self.walk(child, vec![(column, Scalar::ONE)]);
        }
        self.walk(final_child, last);
    }

    fn threshold(&mut self, k: usize, children: &[Node], parent: &[(usize, Scalar)]) {
        let columns: Vec<usize> = (1..k).map(|_| self.fresh_column()).collect();
        for (i, child) in children.iter().enumerate() {
            let x = point(i);
            let mut power = Scalar::ONE;
            let mut vector = parent.to_vec();
            for column in &columns {
                power *= x;
                vector.push((*column, power));
            }
            self.walk(child, vector);
        }
    }

    fn fresh_column(&mut self) -> usize {
        self.columns += 1;
        self.columns - 1
    }
}

/// The evaluation point of a threshold gate's child.
fn point(child: usize) -> Scalar {
    Scalar::from(child as u64 + 1)
}

/// The smallest satisfying rows below `node`, bottom-up; `row` counts the rows passed.
fn select(
    node: &Node,
    has: &impl Fn(usize) -> bool,
    row: &mut usize,
) -> Option<Vec<(usize, Scalar)>> {
    let mut next = |rows: usize| {
        let first = *row;
        *row += rows;
        (first..*row).find(|row| has(*row)).map(|row| vec![(row, Scalar::ONE)])
    };
    let (k, children) = match node {
        Node::Leaf(_) => return next(1),
        // The blocks are disjoint: a value has one of the prefixes or none.
        Node::Comparison(comparison) => return next(comparison.rows()),
        Node::And(children) => (children.len(), children),
        Node::Or(children) => (1, children),
        Node::Threshold(k, children) => (*k, children),
    };
    // Every child is visited, so that the row counter stays right.
    let selections: Vec<_> = children.iter().map(|child| select(child, has, row)).collect();
    let n = selections.len();
    let mut satisfied: Vec<(usize, Vec<_>)> =
        selections.into_iter().enumerate().filter_map(|(i, s)| Some((i, s?))).collect();
    if satisfied.len() < k {
        return None;
    }
    satisfied.sort_by_key(|(i, rows)| (rows.len(), *i));
    satisfied.truncate(k);
    satisfied.sort_by_key(|(i, _)| *i);
    let shamir = 1 < k && k < n;
    let points: Vec<Scalar> = satisfied.iter().map(|(i, _)| point(*i)).collect();
    let weight = |position| if shamir { lagrange(&points, position) } else { Scalar::ONE };
    let weighted = satisfied.into_iter().enumerate().flat_map(|(position, (_, rows))| {
        let weight = weight(position);
        rows.into_iter().map(move |(row, gamma)| (row, gamma * weight))
    });
    Some(weighted.collect())
}

/// The Lagrange coefficient at zero of the point at `position`.
fn lagrange(points: &[Scalar], position: usize) -> Scalar {
    let own = points[position];
    let others = points.iter().enumerate().filter(|(i, _)| *i != position);
    let (mut numerator, mut denominator) = (Scalar::ONE, Scalar::ONE);
    for (_, other) in others {
        numerator *= *other;
        denominator *= *other - own;
    }
    numerator * denominator.inverse().expect("the points of a gate differ")
}
