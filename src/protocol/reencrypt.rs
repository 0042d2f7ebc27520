//! Re-encryption: after all checks, the proxy re-encrypts the keys wrapped for the patient to the
//! reader (Qin 3.5.4, Eq. 15 and the two checks of the master node).
#![forbid(unsafe_code)]

use super::binding::WrappedKeyBinding;
use super::grant::Accepted;
use super::locate::locate;
use super::source::SignedSource;
use super::{FetchBasis, LedgerView, ObjectSource, ProtocolError, Proxy, Refusal};
use crate::algebra::codec::Canonical;
use crate::algebra::{Rng, hash::digest, tag::PROTOCOL_REENCRYPTION};
use crate::consensus::Digest;
use crate::ledger::{
    AccessAction, Action, Basis, Draft, RecordAction, RequestAction, Transaction, Validity,
};
use crate::pre::conditional::{self, Ciphertext, ReEncryption, VerifiedReKey};
use crate::record::Class;
use crate::store;
use std::io;

/// The re-encryption of a section's wrapped key, with the original for verification.
#[derive(Debug, Clone)]
pub struct SectionReEncryption {
    /// The class of the section.
    pub class: Class,
    /// The section's key, wrapped for the patient.
    pub wrapped_key: Ciphertext,
    /// The re-encryption with its proof.
    pub reencryption: ReEncryption,
}

impl SectionReEncryption {
    /// Returns the number of bytes on the wire.
    pub fn size(&self) -> u64 {
        (self.wrapped_key.to_bytes().len() + self.reencryption.to_bytes().len()) as u64
    }
}

/// A section that the grant covers.
struct CoveredSection<'a> {
    class: Class,
    rekey: &'a VerifiedReKey,
    binding: WrappedKeyBinding,
    wrapped_key: Ciphertext,
}

impl Proxy {
    /// Re-encrypts the granted sections of a record for a request on the ledger.
    ///
    /// The checks, in order: the request is on the ledger; its grant is not revoked, has a window
    /// that contains the proxy's own time, and names this proxy; every ciphertext in the store
    /// matches its digest on the ledger; the public tag of the wrapped key verifies. A wrapped key
    /// is re-encrypted only after all of them.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn reencrypt(
        &self,
        view: LedgerView<'_>,
        request_id: &Digest,
        objects: &dyn ObjectSource,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Vec<SectionReEncryption>, ProtocolError> {
        let (request, _) = view.state.request(request_id).ok_or(Refusal::UnknownRequest)?;
        let (record, grant_id) = self.granted(view, request)?;
        let basis = FetchBasis::Request(*request_id);
        let source = SignedSource { objects, basis, time: view.now, key: &self.key };
        let accepted = self.accepted_for(grant_id)?;
        check_ciphertexts(record, accepted, &source)?;

        let mut sections = Vec::new();
        for section in &record.sections {
            let mut rekeys = accepted.rekeys.iter();
            let Some((_, rekey)) = rekeys.find(|(d, _)| d.covers(record, section)) else {
                continue;
            };
            sections.push(CoveredSection {
                class: section.class,
                rekey,
                binding: WrappedKeyBinding::of(record, section),
                wrapped_key: source.wrapped_key(&section.wrapped_for_patient)?,
            });
        }
        let unverified: Vec<_> =
            sections.iter().map(|section| section.binding.with(&section.wrapped_key)).collect();
        let verified = Ciphertext::batch_verify(&accepted.patient, &unverified);
        let reencrypt = |(section, verified): (CoveredSection<'_>, Result<_, _>)| {
            let CoveredSection { class, rekey, wrapped_key, .. } = section;
            let reencryption = conditional::reencrypt(rekey, &verified?, rng)?;
            Ok(SectionReEncryption { class, wrapped_key, reencryption })
        };
        sections.into_iter().zip(verified).map(reencrypt).collect()
    }

    /// Returns the record of a request, and the grant, if it is valid now and names this proxy.
    fn granted<'a>(
        &self,
        LedgerView { state, now }: LedgerView<'a>,
        request: &'a RequestAction,
    ) -> Result<(&'a RecordAction, &'a Digest), ProtocolError> {
        let Basis::Grant(grant_id) = &request.basis else {
            return Err(Refusal::NotUnderGrant.into());
        };
        let record = state.record(&request.record).expect("a request is admitted for a record");
        let grant = state.check_grant(grant_id, &request.reader, &request.record, now)?;
        if grant.proxy != self.verifying_key() {
            return Err(Refusal::OtherProxy.into());
        }
        Ok((record, grant_id))
    }

    /// Builds the transaction that reports the re-encryptions for the audit trail.
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

/// Checks that the store holds the ciphertexts whose digests are on the ledger.
fn check_ciphertexts(
    record: &RecordAction,
    accepted: &Accepted,
    source: &SignedSource<'_>,
) -> Result<(), ProtocolError> {
    let location = locate(record, &accepted.trapdoors).ok_or(ProtocolError::NoMatch)?;
    let envelope = source.envelope(record, &location)?;
    for (_, hash) in &envelope.sections {
        source.stream(&store::cid_of_digest(hash), &mut io::sink())?;
    }
    Ok(())
}
