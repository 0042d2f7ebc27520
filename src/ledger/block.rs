//! Blocks: ordered transactions with their outcomes.
//!
//! ```text
//! header   height, time, epoch, first view and leader, hash of the previous block,
//!          size and Merkle root of the entries, state root, commit certificate of the parent
//! body     entries: transaction, outcome
//! ```
//!
//! The hash of a block is the hash of its header, which binds the entries by their Merkle root. The
//! votes of a block's commit certificate sign this hash; the next block contains the certificate.
#![forbid(unsafe_code)]

use super::rule::Rule;
use super::{Time, merkle};
use crate::algebra::codec::{Codec, Reader, Writer, public_encoding, sequence};
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_BLOCK;
use crate::consensus::{self, Digest, ReplicaId};
use crate::error::DecodeError;

/// The maximum number of entries in a block.
const MAX_ENTRIES: usize = 4096;
/// The maximum length of a transaction in bytes.
pub(super) const MAX_TRANSACTION: usize = 1 << 20;

/// The header of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The height, from 1.
    pub height: u64,
    /// The block time, later than the parent's.
    pub time: Time,
    /// The consensus epoch.
    pub epoch: u64,
    /// The view of the first proposal.
    pub first_view: u64,
    /// The leader of the first proposal.
    pub leader: ReplicaId,
    /// The hash of the previous block; at height 1 the digest of the configuration.
    pub previous: Digest,
    /// The length of the encoded entries in bytes.
    pub size: u32,
    /// The Merkle root of the entries.
    pub entries_root: Digest,
    /// The Merkle root of the state after this block.
    pub state_root: Digest,
    /// The commit certificate of the previous block; `None` at height 1.
    pub parent_certificate: Option<consensus::Certificate>,
}

impl Header {
    /// Returns the hash of the block: `digest(LEDGER_BLOCK, fields of the header)`.
    pub fn hash(&self) -> Digest {
        digest(LEDGER_BLOCK, &[&self.encode()])
    }
}
sequence!(Codec for Header {
    height, time, epoch, first_view, leader, previous, size, entries_root, state_root,
    parent_certificate,
});

/// A transaction in a block, with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transaction's encoding.
    pub transaction: Vec<u8>,
    /// The rule that rejected it; `None` if it was executed.
    pub rejected_by: Option<Rule>,
}

impl Entry {
    /// Returns the Merkle leaf, with two parts: the transaction's encoding, and the outcome.
    pub fn leaf(&self) -> Digest {
        merkle::leaf(&[&self.transaction, &[self.outcome()]])
    }

    /// The encoded outcome: 0, or the code of the rule.
    fn outcome(&self) -> u8 {
        self.rejected_by.map_or(0, |rule| rule as u8)
    }
}

impl Codec for Entry {
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.transaction);
        w.u8(self.outcome());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let transaction = r.bytes(MAX_TRANSACTION)?.to_vec();
        let unknown = DecodeError::Invalid("unknown code of a contract rule");
        let rejected_by = match r.u8()? {
            0 => None,
            code => Some(Rule::from_code(code).ok_or(unknown)?),
        };
        Ok(Self { transaction, rejected_by })
    }
}

/// A block of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The entries in order of execution.
    pub entries: Vec<Entry>,
}

/// A block with the commit certificate of its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedBlock {
    /// The block.
    pub block: Block,
    /// The commit certificate.
    pub certificate: consensus::Certificate,
}

impl Block {
    /// Returns the Merkle path from an entry to the header's root; `None` if there is no such
    /// entry.
    pub fn path(&self, index: usize) -> Option<Vec<Digest>> {
        let leaves: Vec<Digest> = self.entries.iter().map(Entry::leaf).collect();
        merkle::path(&leaves, index)
    }

    /// Returns `true` if the header's size and Merkle root match the entries.
    pub(super) fn header_matches_entries(&self) -> bool {
        let (size, root) = summarise(&self.entries);
        self.header.size == size && self.header.entries_root == root
    }
}

/// Returns the size and Merkle root of entries.
pub(super) fn summarise(entries: &[Entry]) -> (u32, Digest) {
    let leaves: Vec<Digest> = entries.iter().map(Entry::leaf).collect();
    let size: usize = entries.iter().map(|entry| entry.transaction.len() + 5).sum();
    (u32::try_from(size).expect("blocks are limited far below 4 GiB"), merkle::root(&leaves))
}

sequence!(Canonical for Block = Block { header, entries: list(MAX_ENTRIES) });
public_encoding!(Block);
