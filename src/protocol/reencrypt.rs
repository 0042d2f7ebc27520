//! Re-encryption: after all checks, the proxy re-encrypts the keys wrapped for the patient to the
//! reader (Qin 3.5.4, Eq. 15 and the two checks of the master node).
//!
//! The proxy computes, journals, reports, and then releases. The ledger therefore shows every
//! release of a proxy that follows these steps, and a crash between the steps loses none: when the
//! steps are repeated, they report and release the same re-encryptions.
#![forbid(unsafe_code)]

use super::binding::WrappedKeyBinding;
use super::deliveries::Accepted;
use super::journal::Journal;
use super::locate::batch_locate;
use super::message::SealedMessage;
use super::search::SEARCH_BUDGET;
use super::source::SignedSource;
use super::{Doctor, FetchBasis, Item, LedgerView, ObjectSource, ProtocolError, Proxy, Refusal};
use crate::algebra::codec::{Canonical, sequence};
use crate::algebra::{Rng, hash::digest, tag::PROTOCOL_REENCRYPTION};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::ledger::{
    AccessAction, Action, Basis, Draft, GrantAction, Receipt, RecordAction, RequestAction, Role,
    State, StoredRequest, Transaction, Validity,
};
use crate::peks::Trapdoor;
use crate::pre::conditional::{self, Ciphertext, ReEncryption, VerifiedReKey};
use crate::record::Class;
use crate::sign::VerifyingKey;
use std::collections::btree_map::Entry;
use std::io;

/// The re-encryption of a section's wrapped key, with the original for verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionReEncryption {
    /// The index of the section in the record.
    pub section: u8,
    /// The section's key, wrapped for the patient.
    pub wrapped_key: Ciphertext,
    /// The re-encryption with its proof.
    pub reencryption: ReEncryption,
}

sequence!(Codec for SectionReEncryption { section, wrapped_key, reencryption });

impl SectionReEncryption {
    /// Returns the number of bytes on the wire.
    pub fn size(&self) -> u64 {
        (self.wrapped_key.to_bytes().len() + self.reencryption.to_bytes().len()) as u64
    }

    /// Returns the digest that an access reports.
    pub(super) fn digest(&self) -> Digest {
        digest(PROTOCOL_REENCRYPTION, &[&self.reencryption.to_bytes()])
    }
}

/// The re-encryptions of a request, with the proxy's receipt. For the reader only: two of them
/// under one grant are linkable to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// One re-encryption per section of the request.
    pub sections: Vec<SectionReEncryption>,
    /// The proxy's signature on their digests.
    pub receipt: Receipt,
}

sequence!(Canonical for Release = Release { sections: list(Class::ALL.len()), receipt });

impl Release {
    /// Checks that the release has the requested sections, and the receipt against the
    /// re-encryptions and the access on the ledger.
    ///
    /// # Errors
    /// [`Refusal::OtherSections`], [`Refusal::InvalidReceipt`] or [`Refusal::UnreportedAccess`].
    pub(super) fn check(
        &self,
        view: LedgerView<'_>,
        request: &Digest,
        requested: &[u8],
    ) -> Result<(), ProtocolError> {
        let released = &self.receipt.released;
        let digests: Vec<Digest> = self.sections.iter().map(SectionReEncryption::digest).collect();
        let indices = self.sections.iter().map(|section| section.section);
        let is_complete = indices.eq(requested.iter().copied());
        let of_sections = released.request == *request && released.reencryptions == digests;
        if !is_complete {
            return Err(Refusal::OtherSections.into());
        }
        if !of_sections || self.receipt.verify(view.state.chain()).is_err() {
            return Err(Refusal::InvalidReceipt.into());
        }
        let is_reported = view.state.access(request)?.as_ref() == Some(released);
        if is_reported { Ok(()) } else { Err(Refusal::UnreportedAccess.into()) }
    }
}

/// A proxy's re-encryptions for a request: the entry of its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedAccess {
    proxy: VerifyingKey,
    request: Digest,
    pub(super) sections: Vec<SectionReEncryption>,
}

sequence!(Canonical for PreparedAccess = ProxyJournalEntry {
    proxy, request, sections: list(Class::ALL.len()),
});

impl PreparedAccess {
    /// Returns the number of re-encrypted sections.
    pub fn sections(&self) -> usize {
        self.sections.len()
    }

    /// Returns the report of the access.
    fn access(&self) -> AccessAction {
        let reencryptions = self.sections.iter().map(SectionReEncryption::digest).collect();
        AccessAction { proxy: self.proxy, request: self.request, reencryptions }
    }
}

/// The cost of an attempt to re-encrypt that fails, at least, in tests of a search entry. A reader
/// can make 128 of them in two minutes.
const ATTEMPT_COST: u64 = SEARCH_BUDGET / 128;

/// An open request, its record, and its grant with the identifier.
type Requested = (RequestAction, RecordAction, (Digest, GrantAction));

/// A section that a request names.
struct RequestedSection<'a> {
    index: u8,
    rekey: &'a VerifiedReKey,
    binding: WrappedKeyBinding,
    wrapped_key: Ciphertext,
}

impl Proxy {
    /// Re-encrypts the sections of a request on the ledger, or returns their journaled
    /// re-encryptions. Nothing leaves the proxy before [`Self::report`] and [`Self::release`].
    ///
    /// The checks, in order: the request is on the ledger and open; its grant is not revoked, has a
    /// window that contains the proxy's own time, and names this proxy; the certificates of reader
    /// and proxy are valid; every ciphertext in the store matches its digest on the ledger; the
    /// public tag of the wrapped key verifies. The proxy re-encrypts a wrapped key only after all
    /// of them.
    ///
    /// Cost: linear in the requested ciphertexts, which are fetched; the search for the envelope
    /// tests at most all entries of the record with the trapdoors of its owner key, and counts with
    /// the reader's searches. So does every attempt that fails.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn reencrypt(
        &self,
        view: LedgerView<'_>,
        request_id: &Digest,
        objects: &dyn ObjectSource,
        mut rng: &mut (impl Rng + ?Sized),
    ) -> Result<PreparedAccess, ProtocolError> {
        let (request, record, grant) = self.requested(view, request_id)?;
        if let Some(prepared) = self.journaled.get(request_id) {
            return Ok(prepared.clone());
        }
        let basis = FetchBasis::Request(*request_id);
        let source = SignedSource::new(objects, basis, view, &self.key, &mut rng);
        let accepted = self.accepted_for(&grant.0)?;
        let trapdoors = accepted.trapdoors_for(&grant.1, &record.owner);
        let tests = (record.index.len() * trapdoors.len()) as u64;
        let attempt = self.searches().charge(&request.reader, view.now, tests.max(ATTEMPT_COST))?;
        let mut tested = 0_usize;
        check_ciphertexts(&record, &request, (trapdoors, &mut tested), &source)?;
        let sections = requested_sections(&record, &request, accepted, &source)?;
        let sections = reencrypt(sections, rng)?;
        // A reader pays for an attempt that fails, and otherwise with the request on the ledger.
        self.searches().settle(attempt, (tested * trapdoors.len()).max(1) as u64);
        Ok(PreparedAccess { proxy: self.verifying_key(), request: *request_id, sections })
    }

    /// Journals re-encryptions and returns the transaction that reports the access. A repeated call
    /// discards the new re-encryptions and reports the journaled ones, for example when the first
    /// transaction has expired.
    ///
    /// # Errors
    /// [`Refusal::JournalLost`] if the ledger reports an access that is not in the journal, and
    /// [`ProtocolError::Io`] if the journal fails.
    pub fn report(
        &mut self,
        validity: Validity<'_>,
        view: LedgerView<'_>,
        prepared: PreparedAccess,
        journal: &mut dyn Journal,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Transaction, ProtocolError> {
        let is_reported = view.state.access(&prepared.request)?.is_some();
        let journaled = match self.journaled.entry(prepared.request) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if is_reported => {
                return Err(Refusal::JournalLost.into());
            }
            Entry::Vacant(entry) => {
                journal.append(&prepared.to_bytes())?;
                entry.insert(prepared)
            }
        };
        let action = Action::Access(journaled.access());
        Ok(Draft::new(validity, action, rng).signed_by(&[&self.key]))
    }

    /// Releases the journaled re-encryptions of a request to its reader, once the ledger reports
    /// the access. The message is encrypted to the reader.
    ///
    /// # Errors
    /// [`ProtocolError`] if the request has expired, its grant is not valid now, the access is not
    /// on the ledger, or nothing is journaled.
    pub fn release(
        &self,
        view: LedgerView<'_>,
        request_id: &Digest,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedMessage, ProtocolError> {
        let (request, _, _) = self.requested(view, request_id)?;
        let journaled = self.journaled.get(request_id).ok_or(Refusal::JournalLost)?;
        let access = journaled.access();
        if view.state.access(request_id)?.as_ref() != Some(&access) {
            return Err(Refusal::UnreportedAccess.into());
        }
        let receipt = Receipt::issue(view.state.chain(), access, &self.key);
        let release = Release { sections: journaled.sections.clone(), receipt };
        let unregistered = Refusal::UnregisteredReader;
        let reader = view.require_party(&request.reader, Role::Doctor, unregistered)?;
        self.seal_message(view.state.chain(), &reader, &release, rng)
    }

    /// Loads a journal entry after a restart.
    ///
    /// # Errors
    /// [`ProtocolError::Decode`] if the bytes are not an entry of this proxy.
    pub fn recover(&mut self, entry: &[u8]) -> Result<(), ProtocolError> {
        let decode = |error| ProtocolError::Decode(Item::JournalEntry, error);
        let entry = PreparedAccess::from_bytes(entry).map_err(decode)?;
        if entry.proxy != self.verifying_key() {
            return Err(decode(DecodeError::Invalid("the entry is of another proxy")));
        }
        self.journaled.insert(entry.request, entry);
        Ok(())
    }

    /// Returns an open request, its record and the grant, if the grant is valid now and names this
    /// proxy.
    fn requested(
        &self,
        view: LedgerView<'_>,
        request_id: &Digest,
    ) -> Result<Requested, ProtocolError> {
        let LedgerView { state, now } = view;
        let stored = state.request(request_id)?.ok_or(Refusal::UnknownRequest)?;
        if !stored.is_open(state.height()) {
            return Err(Refusal::ExpiredRequest.into());
        }
        let StoredRequest { action: request, .. } = stored;
        let Basis::Grant(grant_id) = request.basis else {
            return Err(Refusal::NotUnderGrant.into());
        };
        let record = state.record(&request.record)?.ok_or(Refusal::UnknownRecord)?;
        let grant = state.check_grant(&grant_id, &request.reader, &request.record, now)?;
        if grant.proxy != self.verifying_key() {
            return Err(Refusal::OtherProxy.into());
        }
        view.check_parties(&grant)?;
        Ok((request, record, (grant_id, grant)))
    }
}

impl Doctor {
    /// Opens a release to this doctor, which its proxy has signed. [`Doctor::open_granted`] checks
    /// it against the ledger.
    ///
    /// # Errors
    /// [`ProtocolError::Message`] or [`Refusal::OtherSender`].
    pub fn receive_release(
        &self,
        state: &State,
        message: &SealedMessage,
    ) -> Result<Release, ProtocolError> {
        let signed = self.open_message::<Release>(state.chain(), message)?;
        Ok(signed.authorise(|sender, release| {
            let is_proxy = release.receipt.released.proxy == *sender;
            if is_proxy { Ok(()) } else { Err(Refusal::OtherSender) }
        })?)
    }
}

/// Fetches the wrapped keys of a request, each with the re-encryption key that covers it.
fn requested_sections<'a>(
    record: &RecordAction,
    request: &RequestAction,
    accepted: &'a Accepted,
    source: &SignedSource<'_>,
) -> Result<Vec<RequestedSection<'a>>, ProtocolError> {
    let section = |index: &u8| {
        let section = &record.sections[usize::from(*index)];
        let mut rekeys = accepted.rekeys.iter();
        let (_, rekey) = rekeys
            .find(|(delegation, _)| delegation.covers(record, section))
            .ok_or(conditional::ReKeyMismatch)?;
        let wrapped_key = source.wrapped_key(&section.wrapped_for_patient)?;
        let binding = WrappedKeyBinding::of(record, *index);
        Ok(RequestedSection { index: *index, rekey, binding, wrapped_key })
    };
    request.sections.iter().map(section).collect()
}

/// Verifies the public tags and re-encrypts.
fn reencrypt(
    sections: Vec<RequestedSection<'_>>,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Vec<SectionReEncryption>, ProtocolError> {
    let unverified: Vec<_> =
        sections.iter().map(|section| section.binding.with(&section.wrapped_key)).collect();
    let verified = Ciphertext::batch_verify(&unverified);
    let reencrypt = |(section, verified): (RequestedSection<'_>, Result<_, _>)| {
        let RequestedSection { index, rekey, wrapped_key, .. } = section;
        let reencryption = conditional::reencrypt(rekey, &verified?, rng)?;
        Ok(SectionReEncryption { section: index, wrapped_key, reencryption })
    };
    sections.into_iter().zip(verified).map(reencrypt).collect()
}

/// Checks that the store holds the requested ciphertexts whose digests are on the ledger.
fn check_ciphertexts(
    record: &RecordAction,
    request: &RequestAction,
    (trapdoors, tested): (&[Trapdoor], &mut usize),
    source: &SignedSource<'_>,
) -> Result<(), ProtocolError> {
    let location = batch_locate(&[record], trapdoors, tested).pop().flatten();
    let location = location.ok_or(ProtocolError::NoMatch)?;
    let envelope = source.envelope(record, &location)?;
    for index in &request.sections {
        let ciphertext = envelope.ciphertext(*index).expect("checked in `SignedSource::envelope`");
        source.ciphertext(ciphertext, &mut io::sink())?;
    }
    Ok(())
}
