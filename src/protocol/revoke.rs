//! Revocation: the patient withdraws a grant; the proxy erases the keys delivered for it.
#![forbid(unsafe_code)]

use super::{Journal, LedgerView, Patient, ProtocolError, Proxy, Refusal};
use crate::algebra::{Rng, codec::Canonical};
use crate::consensus::Digest;
use crate::ledger::{Action, Basis, Draft, RevokeAction, State, Transaction, Validity};
use crate::sign::VerifyingKey;
use std::io;

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
        let owners = state.grant(grant)?.map(|grant| grant.owners).unwrap_or_default();
        self.withdraw(validity, state, (grant, &owners), rng)
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
        let mut records = owners.iter().flat_map(|owner| state.records_of(owner));
        let is_own = |item: &Result<_, _>| match item {
            Ok((_, record)) => self.owns(record),
            Err(_) => true,
        };
        let (_, record) = records.find(is_own).ok_or(Refusal::NotOwnGrant)??;
        let action = Action::Revoke(RevokeAction { owner: record.owner, grant: *grant });
        let key = self.owner_key(&record.author, record.epoch);
        Ok(Draft::new(validity, action, rng).signed_by(&[&key]))
    }
}

impl Proxy {
    /// Erases the deliveries whose grants are revoked or have ended, and returns these grants: the
    /// saved deliveries are to be deleted. The re-encryptions for requests under these grants, and
    /// for requests that have expired ([`REQUEST_BLOCKS`](crate::ledger::REQUEST_BLOCKS) blocks
    /// later), are erased too; a journal contains them until [`Self::compact`]. Nothing is erased
    /// that concerns a grant or request which the view does not contain: the view may be old.
    ///
    /// # Errors
    /// [`ProtocolError::Ledger`].
    pub fn erase_ended(&mut self, view: LedgerView<'_>) -> Result<Vec<Digest>, ProtocolError> {
        let mut obsolete = Vec::new();
        for id in self.journaled.keys() {
            let Some(request) = view.state.request(id)? else { continue };
            let has_ended = match request.action.basis {
                Basis::Grant(grant) => view.has_ended(&grant)?,
                Basis::Policy => false,
            };
            if has_ended || !request.is_open(view.state.height()) {
                obsolete.push(*id);
            }
        }
        obsolete.iter().for_each(|id| _ = self.journaled.remove(id));
        Ok(self.deliveries.erase(|grant| view.has_ended(grant))?)
    }

    /// Removes the re-encryptions that were erased from the journal.
    ///
    /// # Errors
    /// [`io::Error`] of the journal, which then keeps its entries.
    pub fn compact(&self, journal: &mut dyn Journal) -> io::Result<()> {
        journal.replace(&mut self.journaled.values().map(Canonical::to_bytes))
    }
}
