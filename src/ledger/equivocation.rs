//! Evidence against members of consensus, recorded for the operators.
//!
//! The ledger changes no roster. A proven equivocation is a reason for the registration centre and
//! the operators to do so.
#![forbid(unsafe_code)]

use super::Time;
use super::rule::{CheckError, Rule};
use super::state::State;
use crate::algebra::codec::sequence;
use crate::consensus::Evidence;
use crate::sign::VerifyingKey;

/// The proof that a member of consensus signed two different statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EquivocationAction {
    /// The registered party that submits the evidence.
    pub reporter: VerifyingKey,
    /// The two statements, of the epoch of the block.
    pub evidence: Evidence,
}
sequence!(Codec for EquivocationAction { reporter, evidence });

/// Records evidence, whose signatures are verified. One proof per member and epoch suffices.
pub(super) fn add_equivocation(
    state: &mut State,
    action: &EquivocationAction,
    time: Time,
) -> Result<(), CheckError> {
    let reporter = state.party(&action.reporter)?.expect("the reporter is registered: it pays");
    state.check_certificate(&reporter, time)?;
    if state.equivocation(state.epoch, action.evidence.signer)?.is_some() {
        return Err(Rule::AlreadyProven.into());
    }
    state.insert_equivocation(&action.evidence);
    Ok(())
}
