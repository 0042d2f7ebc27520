//! Revoke: the patient withdraws a grant; the proxy erases what it was given.
#![forbid(unsafe_code)]

use super::{Patient, ProtocolError, Proxy};
use crate::algebra::Rng;
use crate::consensus::Digest;
use crate::ledger::{Action, Draft, RevokeAction, State, Time, Transaction};

impl Patient {
    /// Withdraws a grant.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if it is not hers.
    pub fn revoke(
        &self,
        (chain, valid_until): (&str, Time),
        state: &State,
        grant: &Digest,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Transaction, ProtocolError> {
        let not_hers = ProtocolError::NotAuthorised("the grant is not this patient's");
        let owners = state.grant(grant).map(|grant| grant.owners.as_slice()).unwrap_or_default();
        let mut own = state.records().filter(|(_, record)| owners.contains(&record.owner));
        let record = own.find(|(_, record)| self.owns(record)).ok_or(not_hers)?.1;
        let action = Action::Revoke(RevokeAction { owner: record.owner, grant: *grant });
        let key = self.owner_key(&record.author, record.epoch);
        Ok(Draft::new(chain, valid_until, action, rng).signed_by(&[&key]))
    }
}

impl Proxy {
    /// Erases what was delivered for grants that are revoked or over; gives how many.
    pub fn erase_ended(&mut self, state: &State, now: Time) -> usize {
        let before = self.accepted.len();
        self.accepted.retain(|id, _| {
            state.grant(id).is_some_and(|grant| now < grant.until && !state.is_revoked(id, grant))
        });
        before - self.accepted.len()
    }
}
