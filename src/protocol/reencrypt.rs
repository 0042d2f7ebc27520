//! Re-encrypt: the proxy turns the patient's locks towards the reader, after all checks
//! (Qin 3.5.4, Eq. 15 and the master node's two checks).
#![forbid(unsafe_code)]

use super::binding::WrappedKeyBinding;
use super::grant::Accepted;
use super::locate::locate;
use super::source::{Fetcher, Source};
use super::{ProtocolError, Proxy};
use crate::algebra::codec::Canonical;
use crate::algebra::{Rng, hash::digest, tag::PROTOCOL_REENCRYPTION};
use crate::consensus::Digest;
use crate::ledger::{
    AccessAction, Action, Basis, Draft, GrantAction, RecordAction, RequestAction, State, Time,
    Transaction, Validity,
};
use crate::pre::conditional::{self, ReEncryption};
use crate::record::Class;
use crate::store::{self, Cid};
use std::io;

/// A section's lock, reencrypted towards the reader. It travels with the original lock, which the
/// reader checks it against.
#[derive(Debug, Clone)]
pub struct SectionReEncryption {
    /// The section.
    pub class: Class,
    /// The patient's lock.
    pub lock: conditional::Ciphertext,
    /// The proxy's work and proof.
    pub reencryption: ReEncryption,
}

impl SectionReEncryption {
    /// Bytes on the wire.
    pub fn size(&self) -> u64 {
        (self.lock.to_bytes().len() + self.reencryption.to_bytes().len()) as u64
    }
}

impl Proxy {
    /// Re-encrypts the granted sections of a record for a request on the ledger.
    ///
    /// Checked first, in this order: the request is on the ledger and for this proxy; the grant
    /// is not revoked and its window open by the proxy's own clock; every ciphertext in the store
    /// hashes to the digest on the ledger; every lock's public tag holds. Only then is a key
    /// touched.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn reencrypt(
        &self,
        state: &State,
        request_id: &Digest,
        fetcher: Fetcher<'_>,
        now: Time,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Vec<SectionReEncryption>, ProtocolError> {
        let unknown = ProtocolError::NotAuthorised("the request is not on the ledger");
        let (request, _) = state.request(request_id).ok_or(unknown)?;
        let (record, grant_id) = self.granted(state, request, now)?;
        let sign = |name: &Cid| self.fetch(name, *request_id, now);
        let source = Source { fetcher, sign: &sign };
        let accepted = self.accepted_for(grant_id)?;
        check_ciphertexts(record, accepted, &source)?;

        let mut locks = Vec::new();
        for section in &record.sections {
            let mut rekeys = accepted.rekeys.iter();
            let Some((_, rekey)) = rekeys.find(|(d, _)| d.covers(record, section)) else {
                continue;
            };
            let lock: conditional::Ciphertext = source.lock(&section.wrapped_for_patient)?;
            locks.push((section.class, rekey, WrappedKeyBinding::of(record, section), lock));
        }
        let checks: Vec<_> = locks.iter().map(|(.., binding, lock)| binding.with(lock)).collect();
        let verified = conditional::Ciphertext::batch_verify(&accepted.patient, &checks);
        let mut reencryptions = Vec::new();
        for ((class, rekey, _, lock), verified) in locks.into_iter().zip(verified) {
            let reencryption = conditional::reencrypt(rekey, &verified?, rng)?;
            reencryptions.push(SectionReEncryption { class, lock, reencryption });
        }
        Ok(reencryptions)
    }

    /// The record of a request whose grant is valid now and names this proxy.
    fn granted<'a>(
        &self,
        state: &'a State,
        request: &'a RequestAction,
        now: Time,
    ) -> Result<(&'a RecordAction, &'a Digest), ProtocolError> {
        let Basis::Grant(grant_id) = &request.basis else {
            return Err(ProtocolError::NotAuthorised("the request rests on no grant"));
        };
        let record = state.record(&request.record).expect("a request is admitted for a record");
        let grant: &GrantAction =
            state.check_grant(grant_id, &request.reader, &record.owner, now)?;
        if grant.proxy != self.verifying_key() {
            return Err(ProtocolError::NotAuthorised("the grant names another proxy"));
        }
        Ok((record, grant_id))
    }

    /// The report that goes onto the audit trail.
    pub fn report(
        &self,
        validity: Validity<'_>,
        request: Digest,
        reencryptions: &[SectionReEncryption],
        rng: &mut (impl Rng + ?Sized),
    ) -> Transaction {
        let digest = |section: &SectionReEncryption| {
            digest(PROTOCOL_REENCRYPTION, &[&section.reencryption.to_bytes()])
        };
        let action = Action::Access(AccessAction {
            proxy: self.verifying_key(),
            request,
            reencryptions: reencryptions.iter().map(digest).collect(),
        });
        Draft::new(validity, action, rng).signed_by(&[&self.key])
    }
}

/// The ciphertexts in the store are those whose digests are on the ledger.
fn check_ciphertexts(
    record: &RecordAction,
    accepted: &Accepted,
    source: &Source<'_>,
) -> Result<(), ProtocolError> {
    let location = locate(record, &accepted.trapdoors).ok_or(ProtocolError::NoMatch)?;
    let envelope = source.envelope(record, &location)?;
    for (_, hash) in &envelope.sections {
        source.stream(&store::cid_of_digest(hash), &mut io::sink())?;
    }
    Ok(())
}
