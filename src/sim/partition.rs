//! Partitions of the network.
#![forbid(unsafe_code)]

use crate::consensus::ReplicaId;
use std::collections::BTreeSet;

/// A replica in the network. Twins have the same identity and two endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The identity.
    pub id: ReplicaId,
    /// The second replica with this identity.
    pub twin: bool,
}

impl From<ReplicaId> for Endpoint {
    fn from(id: ReplicaId) -> Self {
        Self { id, twin: false }
    }
}

/// The restriction of the links: sides between which no message passes, and one-way cuts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partition {
    sides: Vec<BTreeSet<Endpoint>>,
    cuts: Vec<(BTreeSet<Endpoint>, BTreeSet<Endpoint>)>,
}

impl Partition {
    /// Separates sides from each other. The endpoints in none of them form one more side; one in
    /// two of them reaches both.
    pub fn into_sides<S: IntoIterator<Item = Endpoint>>(
        sides: impl IntoIterator<Item = S>,
    ) -> Self {
        let sides = sides.into_iter().map(|side| side.into_iter().collect());
        let sides = sides.filter(|side: &BTreeSet<Endpoint>| !side.is_empty()).collect();
        Self { sides, cuts: Vec::new() }
    }

    /// Cuts the links from some endpoints to others, in this direction only.
    #[must_use]
    pub fn with_cut(
        mut self,
        from: impl IntoIterator<Item = Endpoint>,
        to: impl IntoIterator<Item = Endpoint>,
    ) -> Self {
        self.cuts.push((from.into_iter().collect(), to.into_iter().collect()));
        self
    }

    /// Returns `true` if a message passes.
    pub fn connects(&self, from: Endpoint, to: Endpoint) -> bool {
        let together = self.sides.iter().any(|side| side.contains(&from) && side.contains(&to))
            || !self.sides.iter().any(|side| side.contains(&from) || side.contains(&to));
        let cut = self.cuts.iter().any(|(a, b)| a.contains(&from) && b.contains(&to));
        together && !cut
    }

    /// Returns `true` if every message passes.
    pub fn is_empty(&self) -> bool {
        self.sides.is_empty() && self.cuts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_and_cuts_restrict_the_links() {
        let sides: [&[u16]; 2] = [&[0, 1], &[1, 2]];
        let partition = Partition::into_sides(sides.map(|side| side.iter().map(|id| (*id).into())));
        let connects = |p: &Partition, a: u16, b: u16| p.connects(a.into(), b.into());
        assert!(connects(&partition, 0, 1) && connects(&partition, 2, 1));
        assert!(!connects(&partition, 0, 2) && !connects(&partition, 3, 0));
        assert!(connects(&partition, 3, 4));
        let cut = Partition::default().with_cut([0.into()], [1.into(), 2.into()]);
        assert!(!connects(&cut, 0, 1) && connects(&cut, 1, 0) && connects(&cut, 1, 2));
    }
}
