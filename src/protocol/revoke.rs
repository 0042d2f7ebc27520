//! Revoke: the patient withdraws a grant; the proxy erases what it was given.
#![forbid(unsafe_code)]

use super::{Patient, ProtocolError, Proxy};
use crate::algebra::Rng;
use crate::consensus::Digest;
use crate::ledger::{Action, Draft, RevokeAction, State, Time, Transaction, Validity};
use crate::sign::VerifyingKey;

impl Patient {
    /// Withdraws a grant that is on the ledger.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if it is not hers.
    pub fn revoke(
        &self,
        validity: Validity<'_>,
        state: &State,
        grant: &Digest,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Transaction, ProtocolError> {
        let owners = state.grant(grant).map(|grant| grant.owners.as_slice()).unwrap_or_default();
        self.withdraw(validity, state, (grant, owners), rng)
    }

    /// Withdraws a grant that she has made and that may not be on the ledger yet: wherever it comes
    /// after the revocation, it is refused.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if it is not hers.
    pub fn revoke_pending(
        &self,
        validity: Validity<'_>,
        state: &State,
        grant: &Transaction,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Transaction, ProtocolError> {
        let owners = match grant.action() {
            Action::Grant(action) => action.owners.as_slice(),
            _ => &[],
        };
        self.withdraw(validity, state, (&grant.id(), owners), rng)
    }

    /// Signs with one of her owner keys among the grant's.
    fn withdraw(
        &self,
        validity: Validity<'_>,
        state: &State,
        (grant, owners): (&Digest, &[VerifyingKey]),
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Transaction, ProtocolError> {
        let not_hers = ProtocolError::NotAuthorised("the grant is not this patient's");
        let mut own = state.records().filter(|(_, record)| owners.contains(&record.owner));
        let (_, record) = own.find(|(_, record)| self.owns(record)).ok_or(not_hers)?;
        let action = Action::Revoke(RevokeAction { owner: record.owner, grant: *grant });
        let key = self.owner_key(&record.author, record.epoch);
        Ok(Draft::new(validity, action, rng).signed_by(&[&key]))
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
