//! Revocation: the patient withdraws a grant; the proxy erases the keys delivered for it.
#![forbid(unsafe_code)]

use super::{LedgerView, Patient, ProtocolError, Proxy, Refusal};
use crate::algebra::Rng;
use crate::consensus::Digest;
use crate::ledger::{Action, Draft, RevokeAction, State, Transaction, Validity};
use crate::sign::VerifyingKey;

impl Patient {
    /// Revokes a grant that is on the ledger.
    ///
    /// # Errors
    /// [`Refusal::NotOwnGrant`] if the grant is not on the ledger, or is another patient's.
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

    /// Revokes a grant that may not be on the ledger yet. The contract refuses a grant that arrives
    /// after its revocation.
    ///
    /// # Errors
    /// [`Refusal::NotOwnGrant`] if the transaction is not a grant, or is another patient's.
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

    /// Builds the revocation, signed with the first of the grant's owner keys that is the patient's
    /// and has a record on the ledger.
    fn withdraw(
        &self,
        validity: Validity<'_>,
        state: &State,
        (grant, owners): (&Digest, &[VerifyingKey]),
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Transaction, ProtocolError> {
        let mut own = state.records().filter(|(_, record)| owners.contains(&record.owner));
        let (_, record) = own.find(|(_, record)| self.owns(record)).ok_or(Refusal::NotOwnGrant)?;
        let action = Action::Revoke(RevokeAction { owner: record.owner, grant: *grant });
        let key = self.owner_key(&record.author, record.epoch);
        Ok(Draft::new(validity, action, rng).signed_by(&[&key]))
    }
}

impl Proxy {
    /// Erases the deliveries whose grants are revoked or have ended, verified or not, and returns
    /// their number. The re-encryptions of expired requests are erased too. Nothing is erased that
    /// concerns a grant or request which the view does not contain: the view may be old.
    pub fn erase_ended(&mut self, view: LedgerView<'_>) -> usize {
        let before = self.accepted.len() + self.unverified.len();
        self.accepted.retain(|grant, _| !view.has_ended(grant));
        self.unverified.retain(|grant, _| !view.has_ended(grant));
        let height = view.state.height();
        self.journaled.retain(|request, _| {
            view.state.request(request).is_none_or(|request| request.is_open(height))
        });
        before - self.accepted.len() - self.unverified.len()
    }
}
