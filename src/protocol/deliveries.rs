//! The deliveries that a proxy has verified, and their limits.
#![forbid(unsafe_code)]

use super::Refusal;
use super::grant::{Accepted, Delivery};
use crate::consensus::Digest;
use crate::ledger::GrantAction;
use crate::sign::VerifyingKey;
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
    pub(super) fn erase(&mut self, has_ended: impl Fn(&Digest) -> bool) -> Vec<Digest> {
        let ended: Vec<Digest> = self.entries.keys().copied().filter(has_ended).collect();
        for entry in ended.iter().filter_map(|grant| self.entries.remove(grant)) {
            let (keys, payer) = entry.charge;
            self.keys -= keys;
            let of_owner = self.keys_of.entry(payer).or_default();
            *of_owner -= keys;
            if *of_owner == 0 {
                self.keys_of.remove(&payer);
            }
        }
        ended
    }

    /// Returns a delivery as it was received.
    pub(super) fn delivery(&self, grant: &Digest) -> Option<Delivery> {
        self.get(grant).map(|accepted| accepted.delivery(*grant))
    }
}
