//! Paths from entries to the state root.
#![forbid(unsafe_code)]

use super::State;
use super::tables::{PAGES, WITHDRAWN};
use crate::algebra::codec::{Canonical, Codec};
use crate::database::DatabaseError;
use crate::ledger::map::{self, Pages, Path};
use crate::ledger::proof::{EntryProof, StateKey};

impl State {
    /// Returns the proof that the map contains a key or lacks it. Cost: logarithmic in the number
    /// of entries.
    pub(in crate::ledger) fn prove(&self, key: StateKey) -> Result<EntryProof, DatabaseError> {
        let pages = Pages::new(|path: &Path| Ok(self.entries.get(&PAGES, path)?));
        let path = map::Proof::of(&pages, self.tree, &key.digest())?;
        Ok(EntryProof { key, value: self.value(&key)?, path })
    }

    /// Returns the value of a key in the map.
    fn value(&self, key: &StateKey) -> Result<Option<Vec<u8>>, DatabaseError> {
        let present = |is_present: bool| is_present.then(Vec::new);
        Ok(match key {
            StateKey::Genesis => Some(self.genesis_value()),
            StateKey::Party(key) => {
                self.certificate(key)?.map(|certificate| certificate.to_bytes())
            }
            StateKey::Withdrawn(serial) => present(self.entries.contains(&WITHDRAWN, serial)?),
            StateKey::Record(id) => present(self.record_head(id)?.is_some()),
            StateKey::Grant(id) => present(self.grant(id)?.is_some()),
            StateKey::Revocation { grant, owner } => present(self.has_revoked(grant, owner)?),
            StateKey::Request(id) => {
                self.request(id)?.map(|request| (request.height, request.time).encode())
            }
            StateKey::Access(request) => self.access(request)?.map(|access| access.encode()),
            StateKey::Evidence(request) => self.evidence(request)?.map(|receipt| receipt.encode()),
            StateKey::AttributeRevocation { authority, entry } => {
                self.attribute_revocation(authority, entry)?.map(|epoch| epoch.encode())
            }
            StateKey::Anchor(until) => self.anchor(*until)?.map(|anchor| anchor.encode()),
            StateKey::Equivocation { epoch, member } => {
                self.equivocation(*epoch, *member)?.map(|evidence| Codec::encode(&evidence))
            }
            StateKey::Transaction(id) => {
                let until = self.transaction(id)?.map(|transaction| transaction.draft.valid_until);
                until.filter(|until| *until > self.time).map(|until| until.encode())
            }
        })
    }
}
