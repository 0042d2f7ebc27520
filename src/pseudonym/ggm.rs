//! Series of pseudonyms from a tree-based PRF over epochs.
//!
//! # Paper
//!
//! Goldreich, Goldwasser, Micali, *How to Construct Random Functions*, J. ACM 1986. The
//! key of an inner node is a constrained key for the epochs below the node (Boneh and Waters 2013).
//!
//! # Algorithms
//!
//! ```math
//! root   = KDF(patient secret of 32 random bytes)
//! K_d    = KDF(root, doctor's public key)                  root of the tree of one doctor
//! child  = KDF(parent, bit)                                GGM tree, 32 levels, leaf = epoch
//! name   = KDF("name", K_{d,E}, E, i)                      i-th pseudonym of epoch E: may be shown
//! secret = KDF("secret", K_{d,E}, E, i)                    its secret: for patient and doctor only
//! ```
//!
//! The key of a window of epochs is the list of the highest nodes that cover it: at most 62 nodes,
//! for any length. Decoding accepts at most 64 nodes, in ascending order and disjoint, with or
//! without gaps. Two sibling nodes are rejected, because their parent covers the same epochs: a set
//! of epochs has one list of nodes.
//!
//! # Security
//!
//! HKDF-SHA-256 is assumed to be a PRF. Then the pseudonyms of an epoch are pseudorandom, jointly
//! over doctors and indices, to an adversary without a node key that covers the epoch. The secret
//! of a pseudonym is pseudorandom also to an adversary who knows its name. The construction does
//! not prevent:
//!
//! - *Disclosure.* A doctor can share a window key, and can link the pseudonyms of past windows.
//!   A name that is shown twice links the two occurrences.
//! - *Unregistered patients.* Doctor and patient recognise a pseudonym, but nothing proves that it
//!   belongs to a registered person.
//!
//! # Deviations
//!
//! No key is derived from a national identifier. A doctor's key covers one window
//! of epochs.
//!
//! # Cost
//!
//! At most 34 HKDF calls per pseudonym. A node takes 37 bytes.
//!
//! # Example
//!
//! ```
//! use epione::algebra::codec::Canonical;
//! use epione::pseudonym::ggm::{SeriesSecret, WindowKey};
//! let patient = SeriesSecret::generate(&mut rand::thread_rng());
//! let (ruiz, wolf) = (patient.for_doctor(b"Dr. Ruiz"), patient.for_doctor(b"Dr. Wolf"));
//! assert_ne!(ruiz.pseudonym(677, 0), wolf.pseudonym(677, 0));
//!
//! // The doctor decodes the window key and computes the patient's pseudonyms.
//! let bytes = ruiz.window(675..=680).unwrap().to_secret_bytes();
//! let window = WindowKey::from_bytes(&bytes).unwrap();
//! assert_eq!(window.pseudonym(675, 3), Some(ruiz.pseudonym(675, 3)));
//! ```
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Reader, Writer, sequence};
use crate::algebra::hash::kdf;
use crate::algebra::tag::{self, Kind};
use crate::algebra::{Rng, Secret, random_bytes};
use crate::error::DecodeError;
use std::fmt;
use std::ops::RangeInclusive;

/// The index of a period of time. The caller defines the length of a period.
pub type Epoch = u32;

const LEVELS: u32 = Epoch::BITS;

/// The patient's master key, from which all pseudonyms are derived.
#[derive(Debug, Clone)]
pub struct SeriesSecret(Secret<[u8; 32]>);

impl SeriesSecret {
    /// Generates a fresh master key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::from_secret(Secret::new(random_bytes(rng)))
    }

    /// Derives the master key from 32 secret bytes.
    pub fn from_secret(secret: Secret<[u8; 32]>) -> Self {
        Self(kdf(tag::PSEUDONYM_ROOT, secret.expose(), &[]))
    }

    /// Derives the PRF key for one doctor, identified by their public key.
    pub fn for_doctor(&self, doctor: &[u8]) -> DoctorSeries {
        let key = kdf(tag::PSEUDONYM_DOCTOR, self.0.expose(), &[doctor]);
        DoctorSeries(Node { level: 0, prefix: 0, key })
    }
}

sequence!(Codec for SeriesSecret { 0 });

/// The PRF key for all epochs of one doctor. The patient keeps it.
#[derive(Debug, Clone)]
pub struct DoctorSeries(Node);

impl DoctorSeries {
    /// Returns the `index`-th pseudonym of an epoch.
    pub fn pseudonym(&self, epoch: Epoch, index: u32) -> Pseudonym {
        self.0.pseudonym(epoch, index)
    }

    /// Derives the constrained key of a window of epochs, for the doctor.
    ///
    /// # Errors
    /// [`EmptyWindow`] if the window ends before it starts.
    pub fn window(&self, epochs: RangeInclusive<Epoch>) -> Result<WindowKey, EmptyWindow> {
        let mut nodes = Vec::new();
        cover(&self.0, &epochs, &mut nodes);
        if nodes.is_empty() { Err(EmptyWindow) } else { Ok(WindowKey(nodes)) }
    }
}

/// The window contains no epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the window ends before it starts")]
pub struct EmptyWindow;

/// A constrained key: evaluates the PRF on a window of epochs.
#[derive(Debug, Clone)]
pub struct WindowKey(Vec<Node>);

impl WindowKey {
    /// Returns the `index`-th pseudonym of an epoch, or `None` outside the window.
    pub fn pseudonym(&self, epoch: Epoch, index: u32) -> Option<Pseudonym> {
        let node = self.0.iter().find(|node| node.range().contains(&epoch))?;
        Some(node.pseudonym(epoch, index))
    }
}

/// A pseudonym of the patient: a name that may be shown, and a secret of patient and doctor.
#[derive(Clone, PartialEq, Eq)]
pub struct Pseudonym {
    name: [u8; 32],
    secret: Secret<[u8; 32]>,
}

impl Pseudonym {
    /// Returns the name, 32 pseudorandom bytes. It may be shown to third parties, such as a query
    /// manager.
    pub fn name(&self) -> &[u8; 32] {
        &self.name
    }

    /// Returns the secret, from which searchable keywords are derived. It never leaves patient and
    /// doctor.
    pub fn secret(&self) -> &Secret<[u8; 32]> {
        &self.secret
    }
}

/// Shows the first bytes of the name and no byte of the secret.
impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonym({}..)", hex::encode(&self.name[..4]))
    }
}

/// A node of the tree: the key of all epochs whose first `level` bits are `prefix`.
#[derive(Debug, Clone)]
struct Node {
    level: u32,
    prefix: Epoch,
    key: Secret<[u8; 32]>,
}

impl Node {
    fn range(&self) -> RangeInclusive<Epoch> {
        let below = Epoch::MAX.checked_shr(self.level).unwrap_or(0);
        let first = self.prefix.checked_shl(LEVELS - self.level).unwrap_or(0);
        first..=first | below
    }

    fn child(&self, bit: Epoch) -> Self {
        let key = kdf(tag::PSEUDONYM_NODE, self.key.expose(), &[&[bit as u8]]);
        Self { level: self.level + 1, prefix: self.prefix << 1 | bit, key }
    }

    fn pseudonym(&self, epoch: Epoch, index: u32) -> Pseudonym {
        let mut node = self.clone();
        while node.level < LEVELS {
            node = node.child(epoch >> (LEVELS - 1 - node.level) & 1);
        }
        let context = [&epoch.to_be_bytes()[..], &index.to_be_bytes()];
        let name = *kdf(tag::PSEUDONYM_NAME, node.key.expose(), &context).expose();
        Pseudonym { name, secret: kdf(tag::PSEUDONYM_SECRET, node.key.expose(), &context) }
    }
}

/// Appends the highest nodes of the subtree of `node` whose epochs all lie in `epochs`.
fn cover(node: &Node, epochs: &RangeInclusive<Epoch>, nodes: &mut Vec<Node>) {
    let range = node.range();
    if epochs.start() <= range.start() && range.end() <= epochs.end() {
        nodes.push(node.clone());
    } else if range.start() <= epochs.end() && epochs.start() <= range.end() {
        cover(&node.child(0), epochs, nodes);
        cover(&node.child(1), epochs, nodes);
    }
}

/// Encodes the nodes in ascending order of their epochs.
impl Canonical for WindowKey {
    const KIND: Kind = Kind::PseudonymWindow;
    fn write(&self, w: &mut Writer) {
        w.list(&self.0, |w, node| {
            w.u8(node.level as u8);
            w.u32(node.prefix);
            w.fixed(node.key.expose());
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let nodes = r.list(2 * LEVELS as usize, |r| {
            let (level, prefix) = (u32::from(r.u8()?), r.u32()?);
            if level > LEVELS || prefix.checked_shr(level).unwrap_or(0) != 0 {
                return Err(DecodeError::Invalid("a node lies outside the tree"));
            }
            Ok(Node { level, prefix, key: Secret::new(r.fixed()?) })
        })?;
        let ascending = nodes.is_sorted_by(|a, b| a.range().end() < b.range().start());
        if nodes.is_empty() || !ascending {
            return Err(DecodeError::Invalid("the nodes of a window are not in ascending order"));
        }
        // Siblings are neighbours in the list, and differ in the last bit of the prefix.
        let siblings = |a: &Node, b: &Node| a.level == b.level && a.prefix ^ b.prefix == 1;
        if nodes.windows(2).any(|pair| siblings(&pair[0], &pair[1])) {
            return Err(DecodeError::Invalid("two sibling nodes replace their parent"));
        }
        Ok(Self(nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> DoctorSeries {
        SeriesSecret::from_secret(Secret::new([1; 32])).for_doctor(b"doctor")
    }

    #[test]
    fn a_window_key_covers_exactly_its_epochs() {
        let series = series();
        let edges = [0, 1, 2, 7, 8, 1000, Epoch::MAX - 1, Epoch::MAX];
        for from in edges {
            for to in edges.into_iter().filter(|to| *to >= from) {
                let window = series.window(from..=to).unwrap();
                assert!(window.0.len() <= 62);
                for epoch in edges.into_iter().chain([from.saturating_sub(1), to.saturating_add(1)])
                {
                    let inside = (from..=to).contains(&epoch);
                    let expected = inside.then(|| series.pseudonym(epoch, 3));
                    assert_eq!(window.pseudonym(epoch, 3), expected, "{from}..={to} at {epoch}");
                }
            }
        }
        #[allow(clippy::reversed_empty_ranges)]
        let empty = series.window(5..=4);
        assert_eq!(empty.err(), Some(EmptyWindow));
    }

    #[test]
    fn decoding_rejects_nodes_outside_the_tree() {
        let bytes = series().window(3..=9).unwrap().to_bytes();
        let decoded = WindowKey::from_bytes(&bytes).unwrap();
        assert_eq!(decoded.pseudonym(9, 0), Some(series().pseudonym(9, 0)));
        let mut outside = bytes.clone();
        outside[6] = 2; // level 2, but a prefix of more than two bits
        assert!(WindowKey::from_bytes(&outside).is_err());
        // A single node is always in order. Bytes: version, kind, count 4, level, prefix 4, key 32.
        let single = series().window(8..=9).unwrap().to_bytes();
        assert_eq!((single.len(), &single[6..11]), (6 + 37, &[31, 0, 0, 0, 4][..]));
        for (level, prefix, valid) in [
            (31, 5, true),
            (3, 7, true),
            (3, 8, false),
            (0, 0, true),
            (0, 1, false),
            (33, 4, false),
        ] {
            let mut node = single.clone();
            (node[6], node[10]) = (level, prefix);
            assert_eq!(WindowKey::from_bytes(&node).is_ok(), valid, "level {level}, {prefix}");
        }
    }
}
