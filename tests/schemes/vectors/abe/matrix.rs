//! The monotone span program, restated with small integers.

use super::identities::{compared, listed, plain};
use epione::algebra::Scalar;
use epione::policy::{AccessPolicy, Attribute, Node};
use std::collections::BTreeMap;

/// A row with its share: `occurrence` is the number of earlier rows with the same attribute.
pub(crate) struct Row {
    pub(crate) identity: Vec<u8>,
    pub(crate) occurrence: usize,
    pub(crate) lambda: Scalar,
}

/// The matrix with one row per leaf or prefix of a comparison, each labelled with the identity of
/// its attribute.
pub(crate) struct Matrix {
    pub(crate) rows: Vec<(Vec<u8>, Vec<i64>)>,
    pub(crate) columns: usize,
}

impl Matrix {
    pub(crate) fn of(policy: &AccessPolicy) -> Self {
        let mut matrix = Self { rows: Vec::new(), columns: 1 };
        matrix.walk(policy.root(), vec![1]);
        matrix
    }

    /// `lambda_i = M_i . shares`
    pub(crate) fn share(&self, shares: &[Scalar]) -> Vec<Row> {
        let mut seen = BTreeMap::<&[u8], usize>::new();
        let row = |(identity, row): &(Vec<u8>, Vec<i64>)| Row {
            identity: identity.clone(),
            occurrence: 0,
            lambda: row.iter().zip(shares).map(|(m, v)| scalar(*m) * *v).sum(),
        };
        let mut rows: Vec<Row> = self.rows.iter().map(row).collect();
        for (row, (identity, _)) in rows.iter_mut().zip(&self.rows) {
            let count = seen.entry(identity).or_insert(0);
            row.occurrence = *count;
            *count += 1;
        }
        rows
    }

    /// The rows as comma-separated integers.
    pub(crate) fn text(&self) -> Vec<String> {
        let filled = |row: &Vec<i64>| -> Vec<String> {
            let zeros = std::iter::repeat_n(&0, self.columns - row.len());
            row.iter().chain(zeros).map(i64::to_string).collect()
        };
        self.rows.iter().map(|(_, row)| filled(row).join(",")).collect()
    }

    fn walk(&mut self, node: &Node, vector: Vec<i64>) {
        match node {
            Node::Leaf(Attribute::Name(name)) => self.rows.push((plain(name), vector)),
            Node::Leaf(Attribute::Listed(value)) => self.rows.push((listed(value), vector)),
            Node::Leaf(Attribute::Prefix(prefix)) => {
                panic!("{prefix:?} is written as a comparison")
            }
            Node::Comparison(comparison) => {
                let identities = compared(comparison).into_iter();
                self.rows.extend(identities.map(|identity| (identity, vector.clone())));
            }
            Node::Or(children) => children.iter().for_each(|c| self.walk(c, vector.clone())),
            Node::And(children) => self.and(children, vector),
            Node::Threshold(1, children) => {
                children.iter().for_each(|c| self.walk(c, vector.clone()))
            }
            Node::Threshold(k, children) if *k == children.len() => self.and(children, vector),
            Node::Threshold(k, children) => {
                let first = self.columns;
                self.columns += k - 1;
                for (i, child) in (1_i64..).zip(children) {
                    let mut row = vector.clone();
                    row.resize(self.columns, 0);
                    (1..*k).for_each(|d| row[first + d - 1] += i.pow(d as u32));
                    self.walk(child, row);
                }
            }
        }
    }

    /// Each child but the last takes the unit vector of a fresh column; the last takes the parent's
    /// vector minus their sum.
    fn and(&mut self, children: &[Node], mut last: Vec<i64>) {
        let (final_child, others) = children.split_last().unwrap();
        for child in others {
            let column = self.columns;
            self.columns += 1;
            let mut unit = vec![0; self.columns];
            unit[column] = 1;
            last.resize(self.columns, 0);
            last[column] -= 1;
            self.walk(child, unit);
        }
        self.walk(final_child, last);
    }
}

fn scalar(number: i64) -> Scalar {
    let magnitude = Scalar::from(number.unsigned_abs());
    if number < 0 { -magnitude } else { magnitude }
}
