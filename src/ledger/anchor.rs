//! Anchors: one digest of many blocks, to be published elsewhere (Qin et al. 2021, section 3.4).
//!
//! An anchor is the Merkle root of the hashes of all blocks since the last one. A verifier who has
//! it from another place, for example a newspaper, verifies a block of this chain by a Merkle path,
//! whatever the keys of the replicas have signed since.
#![forbid(unsafe_code)]

use super::certificate::Role;
use super::rule::{CheckError, Rule};
use super::state::State;
use super::{Time, merkle};
use crate::algebra::codec::sequence;
use crate::consensus::Digest;
use crate::database::DatabaseError;
use crate::sign::VerifyingKey;

/// The maximum number of blocks of an anchor.
pub const MAX_ANCHORED: u64 = 256;

/// The price of an anchor: reading and hashing its blocks.
pub(super) const ANCHOR_COST: u32 = 32;

/// An anchor of the blocks since the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorAction {
    /// The registered institution that anchors.
    pub institution: VerifyingKey,
    /// The height of the last anchored block.
    pub until: u64,
    /// [`anchor_root`] of the blocks.
    pub root: Digest,
}
sequence!(Codec for AnchorAction { institution, until, root });

/// Returns the Merkle root of the hashes of blocks in order of their heights.
pub fn anchor_root(hashes: &[Digest]) -> Digest {
    let leaves: Vec<Digest> = hashes.iter().map(|hash| merkle::leaf(&[hash])).collect();
    merkle::root(&leaves)
}

/// Records an anchor whose root is that of the blocks.
pub(super) fn anchor(
    state: &mut State,
    action: &AnchorAction,
    time: Time,
) -> Result<(), CheckError> {
    let otherwise = CheckError::from(Rule::UnknownInstitution);
    state.valid_party(&action.institution, Role::Institution, time, otherwise)?;
    let from = state.anchored()? + 1;
    // The block under execution has no hash yet.
    let range = from..=action.until;
    let is_last = action.until < state.height;
    if !is_last || range.is_empty() || action.until - from >= MAX_ANCHORED {
        return Err(Rule::AnchorRange.into());
    }
    let hash = |height| Ok(state.header(height)?.map(|(header, _)| header.hash()));
    let hashes: Result<Option<Vec<Digest>>, DatabaseError> =
        range.map(hash).collect::<Result<Option<_>, _>>();
    if hashes?.map(|hashes| anchor_root(&hashes)) != Some(action.root) {
        return Err(Rule::AnchorRoot.into());
    }
    state.insert_anchor(from, action);
    Ok(())
}
