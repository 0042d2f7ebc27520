//! Blocks: an order of transactions with what became of each.
//!
//! ```text
//! header   height, time, epoch, first view and leader, previous hash,
//!          size and Merkle root of the entries, post-state root, parent's commit certificate
//! body     entries: transaction, outcome
//! ```
//!
//! A block's hash is the hash of its header; the entries are under their Merkle root. The commit
//! certificate of a block is made of votes on this hash and is not part of it.
#![forbid(unsafe_code)]

use super::contract::Rule;
use super::{Time, merkle};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::digest;
use crate::algebra::tag::{Kind, LEDGER_BLOCK};
use crate::consensus::{self, Digest, ReplicaId};
use crate::error::DecodeError;

/// The most entries of a block.
const MAX_ENTRIES: usize = 4096;
/// The most bytes of a transaction.
pub(super) const MAX_TRANSACTION: usize = 1 << 20;

/// What is known of a block without its transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The block's number, from 1.
    pub height: u64,
    /// Later than its parent's.
    pub time: Time,
    /// The consensus epoch.
    pub epoch: u64,
    /// The view of the first proposal.
    pub first_view: u64,
    /// The leader of the first proposal.
    pub leader: ReplicaId,
    /// The hash of the block before; at height 1 the digest of the configuration.
    pub previous: Digest,
    /// Bytes of the entries' encoding.
    pub size: u32,
    /// Merkle root of the entries.
    pub entries_root: Digest,
    /// Root of the state after this block.
    pub state_root: Digest,
    /// The commit certificate of the block before.
    pub parent_certificate: Option<consensus::Certificate>,
}

impl Header {
    /// The block's hash, its `id`.
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

/// A transaction in a block, and the rule that refused it, if one did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transaction's encoding.
    pub transaction: Vec<u8>,
    /// What became of it.
    pub rejected_by: Option<Rule>,
}

impl Entry {
    /// The Merkle leaf.
    pub fn leaf(&self) -> Digest {
        merkle::leaf(&[&self.transaction, &[self.outcome()]])
    }

    /// 0, or the code of the rule.
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
            code => Some(Rule::from_code(code).ok_or(DecodeError::Invalid("no such rule"))?),
        };
        Ok(Self { transaction, rejected_by })
    }
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The entries in their order.
    pub entries: Vec<Entry>,
}

impl Block {
    /// The Merkle path of an entry to the header's root.
    pub fn path(&self, index: usize) -> Option<Vec<Digest>> {
        let leaves: Vec<Digest> = self.entries.iter().map(Entry::leaf).collect();
        merkle::path(&leaves, index)
    }

    /// Whether the header's size and root are those of the entries.
    pub(super) fn body_fits(&self) -> bool {
        let (size, root) = summarise(&self.entries);
        self.header.size == size && self.header.entries_root == root
    }
}

/// Size and Merkle root of entries.
pub(super) fn summarise(entries: &[Entry]) -> (u32, Digest) {
    let leaves: Vec<Digest> = entries.iter().map(Entry::leaf).collect();
    let size: usize = entries.iter().map(|entry| entry.transaction.len() + 5).sum();
    (u32::try_from(size).expect("a block is capped far below 4 GiB"), merkle::root(&leaves))
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
