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
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::digest;
use crate::algebra::tag::{Kind, LEDGER_BLOCK};
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
    /// Returns the hash of the block.
    pub fn hash(&self) -> Digest {
        let mut w = Writer::default();
        self.write(&mut w);
        digest(LEDGER_BLOCK, &[&w.finish()])
    }

    fn write(&self, w: &mut Writer) {
        w.u64(self.height);
        w.u64(self.time);
        w.u64(self.epoch);
        w.u64(self.first_view);
        w.u16(self.leader);
        w.fixed(&self.previous);
        w.u32(self.size);
        w.fixed(&self.entries_root);
        w.fixed(&self.state_root);
        w.option(self.parent_certificate.as_ref(), |w, certificate| certificate.write(w));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            height: r.u64()?,
            time: r.u64()?,
            epoch: r.u64()?,
            first_view: r.u64()?,
            leader: r.u16()?,
            previous: r.fixed()?,
            size: r.u32()?,
            entries_root: r.fixed()?,
            state_root: r.fixed()?,
            parent_certificate: r.option(consensus::Certificate::read)?,
        })
    }
}

/// A transaction in a block, with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transaction's encoding.
    pub transaction: Vec<u8>,
    /// The rule that rejected it; `None` if it was executed.
    pub rejected_by: Option<Rule>,
}

impl Entry {
    /// Returns the Merkle leaf.
    pub fn leaf(&self) -> Digest {
        merkle::leaf(&[&self.transaction, &[self.outcome()]])
    }

    /// The encoded outcome: 0, or the code of the rule.
    fn outcome(&self) -> u8 {
        self.rejected_by.map_or(0, |rule| rule as u8)
    }

    fn write(&self, w: &mut Writer) {
        w.bytes(&self.transaction);
        w.u8(self.outcome());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let transaction = r.bytes(MAX_TRANSACTION)?.to_vec();
        let rejected_by = match r.u8()? {
            0 => None,
            code => Some(
                Rule::from_code(code)
                    .ok_or(DecodeError::Invalid("unknown code of a contract rule"))?,
            ),
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

impl Canonical for Block {
    const KIND: Kind = Kind::Block;
    fn write(&self, w: &mut Writer) {
        self.header.write(w);
        w.list(&self.entries, |w, entry| entry.write(w));
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { header: Header::read(r)?, entries: r.list(MAX_ENTRIES, Entry::read)? })
    }
}
public_encoding!(Block);
