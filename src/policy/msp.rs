//! Monotone span programs (Karchmer and Wigderson, 1993) as linear secret-sharing schemes.
//!
//! A secret `s` is shared as `lambda_i = M_i . (s, v_1, v_2, ...)` with random `v_j`. The rows of
//! an authorised set span `(1, 0, ..., 0)`, so its shares determine `s`; the shares of any other
//! set are independent of `s`. The construction assigns a vector to each node, `(1)` to the root:
//!
//! | gate with vector `m` | vectors of its children |
//! |---|---|
//! | `or`, `1 of n` | `m` for each child |
//! | `and`, `n of n` | a fresh unit vector for each child but the last; `m` minus their sum for the last |
//! | `k of n` | Shamir: `m + sum_d i^d u_d` for child `i`, over `k - 1` fresh columns `u_d` |
//!
//! An `and` allocates the column of a child after the columns within the earlier children; a
//! threshold allocates its columns before those within its children. A comparison is the `or` over
//! its cover, with one row per prefix. Section 6 of `docs/policy.md` specifies the order of rows
//! and columns.
//!
//! The additive `and` has entries 0 and ±1, as in Lewko and Waters, *Decentralizing Attribute-Based
//! Encryption*, EUROCRYPT 2011. Every reconstruction coefficient is 1, so decryption under a policy
//! of `and` and `or` needs no scalar multiplication.
#![forbid(unsafe_code)]

use super::{AccessPolicy, Attribute, AttributeSet, Node};
use crate::algebra::Scalar;
use std::collections::BTreeMap;

/// A row of the matrix with its attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// `pi(i)`, the attribute of the row.
    pub attribute: Attribute,
    /// `rho(i)`, the number of earlier rows with the same attribute.
    pub occurrence: usize,
    /// The non-zero entries as `(column, value)`, by ascending column.
    pub entries: Vec<(usize, Scalar)>,
}

/// The matrix `M` with the row labels `pi` and `rho`, and the tree of its policy.
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

    /// The root of the policy's tree.
    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// The rows, in the order of the policy's leaves and of each comparison's cover.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of columns, including column 0 of the secret.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns `tau`, the number of rows of the most frequent attribute.
    pub fn max_occurrences(&self) -> usize {
        self.rows.iter().map(|row| row.occurrence + 1).max().unwrap_or(0)
    }

    /// Returns the shares `lambda_i = M_i . vector` of the sharing vector `(s, v_1, ...)`.
    ///
    /// # Panics
    /// Panics unless the vector has [`Self::columns`] entries.
    pub fn share(&self, vector: &[Scalar]) -> Vec<Scalar> {
        assert_eq!(vector.len(), self.columns, "the sharing vector has one entry per column");
        let dot = |row: &Row| row.entries.iter().map(|(column, m)| vector[*column] * *m).sum();
        self.rows.iter().map(dot).collect()
    }

    /// Returns a smallest set of rows with coefficients `gamma_i` such that
    /// `sum gamma_i M_i = (1, 0, ..., 0)`; `None` if the attribute set is not authorised.
    pub fn reconstruct(&self, attributes: &AttributeSet) -> Option<Vec<(usize, Scalar)>> {
        self.reconstruct_from(|row| attributes.contains(&self.rows[row].attribute))
    }

    /// [`Self::reconstruct`] from the rows `i` for which `has(i)` is `true`.
    pub fn reconstruct_from(&self, has: impl Fn(usize) -> bool) -> Option<Vec<(usize, Scalar)>> {
        select(&self.root, &has, &mut 0)
    }
}

/// The rows and columns of the nodes visited so far, from the root down and left to right.
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

/// The evaluation point of a threshold's child.
fn point(child: usize) -> Scalar {
    Scalar::from(child as u64 + 1)
}

/// Selects a smallest satisfying set of rows below `node`; `row` is the index of the next row.
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
        // The prefixes of a cover are disjoint: a value matches at most one.
        Node::Comparison(comparison) => return next(comparison.rows()),
        Node::And(children) => (children.len(), children),
        Node::Or(children) => (1, children),
        Node::Threshold(k, children) => (*k, children),
    };
    // Visits every child, because each advances the row index.
    combine(k, children.iter().map(|child| select(child, has, row)).collect())
}

/// Combines the `k` smallest of the children's selections, weighted for the gate.
fn combine(k: usize, children: Vec<Option<Vec<(usize, Scalar)>>>) -> Option<Vec<(usize, Scalar)>> {
    let is_shamir = 1 < k && k < children.len();
    let mut satisfied: Vec<(usize, Vec<_>)> =
        children.into_iter().enumerate().filter_map(|(i, rows)| Some((i, rows?))).collect();
    if satisfied.len() < k {
        return None;
    }
    satisfied.sort_by_key(|(i, rows)| (rows.len(), *i));
    satisfied.truncate(k);
    satisfied.sort_by_key(|(i, _)| *i);
    let points: Vec<Scalar> = satisfied.iter().map(|(i, _)| point(*i)).collect();
    let weight = |position| if is_shamir { lagrange(&points, position) } else { Scalar::ONE };
    let weighted = satisfied.into_iter().enumerate().flat_map(|(position, (_, rows))| {
        let weight = weight(position);
        rows.into_iter().map(move |(row, gamma)| (row, gamma * weight))
    });
    Some(weighted.collect())
}

/// Returns `prod_{m != position} x_m / (x_m - x_position)`, the Lagrange coefficient at zero.
fn lagrange(points: &[Scalar], position: usize) -> Scalar {
    let own = points[position];
    let others = points.iter().enumerate().filter(|(i, _)| *i != position);
    let (mut numerator, mut denominator) = (Scalar::ONE, Scalar::ONE);
    for (_, other) in others {
        numerator *= *other;
        denominator *= *other - own;
    }
    numerator * denominator.inverse().expect("the points of a gate are distinct")
}
