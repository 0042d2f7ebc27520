//! The deliveries that a proxy verifies and keeps, and their limits (Qin 3.5.4).
#![forbid(unsafe_code)]

use super::binding::{Condition, rekey_digest, trapdoor_digest};
use super::grant::{Delivery, check_owner};
use super::message::SealedMessage;
use super::{Item, LedgerView, ProtocolError, Proxy, Refusal};
use crate::algebra::Secret;
use crate::consensus::Digest;
use crate::database::DatabaseError;
use crate::ledger::{DelegationDigest, GrantAction, State};
use crate::pre::conditional::{InvalidReKey, ReKey, VerifiedReKey};
use crate::sign::VerifyingKey;
use crate::{peks, pre};
use std::collections::BTreeMap;

/// The maximum number of re-encryption keys and trapdoors of a proxy.
const MAX_KEYS: usize = 1 << 20;
/// The maximum number of those for the grants of which an owner key is the first owner.
const MAX_KEYS_PER_OWNER: usize = 1 << 10;

/// The verified deliveries by grant. A proxy is bounded in memory, and one owner key cannot use all
/// of it.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    entries: BTreeMap<Digest, Entry>,
    keys_of: BTreeMap<VerifyingKey, usize>,
    keys: usize,
}

#[derive(Debug)]
struct Entry {
    accepted: Accepted,
    charge: (usize, VerifyingKey),
}

/// The number of keys of a grant, and the owner key to which they are charged. It has a record on
/// the ledger.
fn charge(grant: &GrantAction) -> (usize, VerifyingKey) {
    (grant.delegations.len() + grant.trapdoors.len(), grant.owners[0])
}

impl Deliveries {
    pub(super) fn get(&self, grant: &Digest) -> Option<&Accepted> {
        self.entries.get(grant).map(|entry| &entry.accepted)
    }

    #[cfg(test)]
    pub(super) fn set_keys(&mut self, keys: usize) {
        self.keys = keys;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Checks that the keys of a grant fit, before they are verified.
    pub(super) fn check_limits(&self, grant: &GrantAction) -> Result<(), Refusal> {
        let (keys, payer) = charge(grant);
        let of_owner = self.keys_of.get(&payer).copied().unwrap_or(0);
        let fits = self.keys + keys <= MAX_KEYS && of_owner + keys <= MAX_KEYS_PER_OWNER;
        if fits { Ok(()) } else { Err(Refusal::ProxyFull) }
    }

    /// Adds the verified delivery of a grant, for which [`Self::check_limits`] succeeded.
    pub(super) fn add(&mut self, id: Digest, grant: &GrantAction, accepted: Accepted) {
        let (keys, payer) = charge(grant);
        let entry = Entry { accepted, charge: (keys, payer) };
        if self.entries.insert(id, entry).is_none() {
            self.keys += keys;
            *self.keys_of.entry(payer).or_default() += keys;
        }
    }

    /// Erases the deliveries of ended grants, and returns these grants.
    pub(super) fn erase(
        &mut self,
        has_ended: impl Fn(&Digest) -> Result<bool, DatabaseError>,
    ) -> Result<Vec<Digest>, DatabaseError> {
        let mut ended = Vec::new();
        for grant in self.entries.keys() {
            if has_ended(grant)? {
                ended.push(*grant);
            }
        }
        for entry in ended.iter().filter_map(|grant| self.entries.remove(grant)) {
            let (keys, payer) = entry.charge;
            self.keys -= keys;
            let of_owner = self.keys_of.entry(payer).or_default();
            *of_owner -= keys;
            if *of_owner == 0 {
                self.keys_of.remove(&payer);
            }
        }
        Ok(ended)
    }

    /// Returns a delivery as it was received.
    pub(super) fn delivery(&self, grant: &Digest) -> Option<Delivery> {
        self.get(grant).map(|accepted| accepted.delivery(*grant))
    }
}

/// A delivery that the proxy has verified. [`Proxy::erase_ended`] erases it.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    patient: pre::PublicKey,
    salt: Secret<[u8; 32]>,
    pub(super) rekeys: Vec<(DelegationDigest, VerifiedReKey)>,
    pub(super) trapdoors: Vec<peks::Trapdoor>,
}

impl Accepted {
    /// Returns the delivery as it was received.
    pub(super) fn delivery(&self, grant: Digest) -> Delivery {
        let rekeys = self.rekeys.iter().map(|(_, rekey)| rekey.rekey()).collect();
        let (salt, trapdoors) = (self.salt.clone(), self.trapdoors.clone());
        Delivery { grant, patient: self.patient, salt, rekeys, trapdoors }
    }

    /// Returns the trapdoors for the records of an owner key.
    pub(super) fn trapdoors_for(
        &self,
        grant: &GrantAction,
        owner: &VerifyingKey,
    ) -> &[peks::Trapdoor] {
        &self.trapdoors[grant.trapdoors_for(owner)]
    }
}

impl Proxy {
    /// Opens a delivery, verifies it against the commitments of its grant, and stores it. Returns
    /// the grant. Cost: one pairing product per re-encryption key.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant has ended, [`Refusal::ProxyFull`], or another
    /// [`ProtocolError`] with the check that failed.
    pub fn accept(
        &mut self,
        view: LedgerView<'_>,
        message: &SealedMessage,
    ) -> Result<Digest, ProtocolError> {
        let state = view.state;
        let signed = self.open_message::<Delivery>(state.chain(), message)?;
        let delivery =
            signed.authorise(|sender, delivery| check_owner(state, sender, &delivery.grant))?;
        let grant = delivery.grant;
        self.restore(view, delivery).map(|()| grant)
    }

    /// Verifies a delivery against the commitments of its grant, and stores it: one that was saved
    /// before a restart.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant has ended: the saved delivery is to be deleted.
    /// [`Refusal::UnknownGrant`] if the view does not contain it, [`Refusal::ProxyFull`], or
    /// another [`ProtocolError`] with the check that failed.
    pub fn restore(
        &mut self,
        view: LedgerView<'_>,
        delivery: Delivery,
    ) -> Result<(), ProtocolError> {
        let grant = view.state.grant(&delivery.grant)?.ok_or(Refusal::UnknownGrant)?;
        if grant.proxy != self.verifying_key() {
            return Err(Refusal::OtherProxy.into());
        }
        view.check_not_ended(&delivery.grant, &grant)?;
        if self.deliveries.get(&delivery.grant).is_some() {
            return Ok(());
        }
        self.deliveries.check_limits(&grant)?;
        let accepted = verify(view.state, &grant, &delivery)?;
        self.deliveries.add(delivery.grant, &grant, accepted);
        Ok(())
    }

    /// Returns the delivery of a grant, to be saved in a file of its own.
    pub fn delivery(&self, grant: &Digest) -> Option<Delivery> {
        self.deliveries.delivery(grant)
    }

    /// Returns the verified delivery for a grant.
    pub(super) fn accepted_for(&self, grant: &Digest) -> Result<&Accepted, Refusal> {
        self.deliveries.get(grant).ok_or(Refusal::NoDelivery)
    }
}

/// Verifies a delivery against the commitments of its grant.
fn verify(
    state: &State,
    grant: &GrantAction,
    delivery: &Delivery,
) -> Result<Accepted, ProtocolError> {
    let reader = state.party(&grant.reader)?.ok_or(Refusal::UnregisteredReader)?;
    let reader = reader.pre_key().map_err(|error| ProtocolError::Decode(Item::ReaderKey, error))?;
    let digest = |trapdoor| trapdoor_digest(&delivery.salt, trapdoor);
    if !delivery.trapdoors.iter().map(digest).eq(grant.trapdoors.iter().copied()) {
        return Err(ProtocolError::DigestMismatch(Item::Trapdoors));
    }
    if delivery.rekeys.len() != grant.delegations.len() {
        return Err(ProtocolError::DigestMismatch(Item::ReKeys));
    }
    let mut conditions = Vec::new();
    for (delegation, rekey) in grant.delegations.iter().zip(&delivery.rekeys) {
        if rekey_digest(&delivery.patient, &reader, rekey.rk2()) != delegation.rekey {
            return Err(ProtocolError::DigestMismatch(Item::ReKey));
        }
        conditions.push(Condition::of_delegation(delegation).to_bytes());
    }
    let rekeys: Vec<(&ReKey, &[u8])> =
        delivery.rekeys.iter().zip(conditions.iter().map(Vec::as_slice)).collect();
    let verified = ReKey::batch_verify(&delivery.patient, &reader, &rekeys);
    let rekeys = (grant.delegations.iter().zip(verified))
        .map(|(delegation, rekey)| Ok((delegation.clone(), rekey?)))
        .collect::<Result<_, InvalidReKey>>()?;
    let (salt, trapdoors) = (delivery.salt.clone(), delivery.trapdoors.clone());
    Ok(Accepted { patient: delivery.patient, salt, rekeys, trapdoors })
}
