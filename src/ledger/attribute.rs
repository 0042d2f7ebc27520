//! Revocations of attributes, recorded by the attribute authority.
//!
//! An authority stops renewing key components, and without a record it alone knows of which holder
//! and from which key epoch on. An entry names holder and attribute by a digest: a party that knows
//! both finds it, or proves its absence.
#![forbid(unsafe_code)]

use super::Time;
use super::certificate::Role;
use super::rule::{CheckError, Rule};
use super::state::State;
use crate::algebra::codec::sequence;
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_ATTRIBUTE;
use crate::consensus::Digest;
use crate::sign::VerifyingKey;

/// The revocation of an attribute of one holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRevocationAction {
    /// The attribute authority.
    pub authority: VerifyingKey,
    /// [`AttributeRevocationAction::entry_of`] holder and attribute.
    pub entry: Digest,
    /// The first key epoch for which the authority issues no component.
    pub from_epoch: u32,
}
sequence!(Codec for AttributeRevocationAction { authority, entry, from_epoch });

impl AttributeRevocationAction {
    /// Returns the digest of a holder and an attribute, in the spelling of the policy language.
    pub fn entry_of(holder: &VerifyingKey, attribute: &str) -> Digest {
        digest(LEDGER_ATTRIBUTE, &[holder.as_bytes(), attribute.as_bytes()])
    }
}

/// Records a revocation. A later one can only begin earlier.
pub(super) fn revoke_attribute(
    state: &mut State,
    action: &AttributeRevocationAction,
    time: Time,
) -> Result<(), CheckError> {
    let otherwise = CheckError::from(Rule::UnknownAuthority);
    state.valid_party(&action.authority, Role::AttributeAuthority, time, otherwise)?;
    let known = state.attribute_revocation(&action.authority, &action.entry)?;
    if known.is_some_and(|epoch| epoch <= action.from_epoch) {
        return Err(Rule::AttributeRevoked.into());
    }
    state.insert_attribute_revocation(action);
    Ok(())
}
