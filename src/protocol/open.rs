//! Open: from a lock to the bytes, four ways (Qin Eq. 16; Pang Step 6).
//!
//! Whoever opens checks everything against the ledger first: the envelope against its digest, each
//! ciphertext against its digest and its name, each re-encryption against the grant.
#![forbid(unsafe_code)]

use super::binding::{AUTHOR_CONDITION, Origin, SectionKey, WrappedKeyBinding, rekey_digest};
use super::reencrypt::SectionReEncryption;
use super::source::{Fetcher, Source};
use super::{Doctor, FetchBasis, Hit, Patient, ProtocolError, Ticket};
use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::ledger::{
    Basis, DelegationDigest, GrantAction, RecordAction, SectionDigests, State, Time,
};
use crate::pre::conditional::{self, Ciphertext, Delegation, ReEncryption, VerifiedReEncryption};
use crate::record::{Assembly, Class, Coverage};
use crate::store::{self, Cid};
use crate::{abe, dem};
use std::fs::File;
use std::io::{BufReader, BufWriter, IntoInnerError, Seek, Write};
use zeroize::Zeroizing;

/// What was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// How much of the record was written.
    pub coverage: Coverage,
    /// Which sections.
    pub classes: Vec<Class>,
}

impl Opened {
    /// Insists on the whole record.
    ///
    /// # Errors
    /// [`ProtocolError::Incomplete`].
    pub fn whole(self) -> Result<Self, ProtocolError> {
        let Coverage { written, length } = self.coverage;
        if self.coverage.is_complete() {
            Ok(self)
        } else {
            Err(ProtocolError::Incomplete { written, length })
        }
    }
}

/// What a lock wraps, or nothing for a section that is not to be opened.
type UnwrappedKey = Result<Option<Zeroizing<Vec<u8>>>, ProtocolError>;

/// Opens sections of a record into `output`, each with what `unlock` finds behind its lock.
fn open_sections<W: Write + Seek>(
    record: &RecordAction,
    source: &Source<'_>,
    unlock: &dyn Fn(&SectionDigests) -> UnwrappedKey,
    output: &mut W,
) -> Result<Opened, ProtocolError> {
    let mut keys = Vec::new();
    for section in &record.sections {
        if let Some(key) = unlock(section)? {
            let key = SectionKey::from_bytes(&key)
                .map_err(|error| ProtocolError::Decode("the section's key", error))?;
            keys.push((section.class, key));
        }
    }
    let (_, first) =
        keys.first().ok_or(ProtocolError::NotAuthorised("no section may be opened"))?;
    let envelope = source.envelope(record, &store::cid_of_digest(&first.envelope))?;

    let mut output = BufWriter::new(output);
    let mut assembly = Assembly::new(&mut output, envelope.length);
    for (class, key) in &keys {
        let name = envelope.ciphertext(*class).expect("the envelope fits the record");
        let mut ciphertext = fetch_to_file(source, &name)?;
        let ad = Origin::of(record).section_ad(*class);
        dem::open_stream(&key.content_key, &ad, &mut ciphertext, &mut assembly.section())?;
    }
    let coverage = assembly.finish()?;
    output.flush()?;
    Ok(Opened { coverage, classes: keys.into_iter().map(|(class, _)| class).collect() })
}

/// A ciphertext in a temporary file: the store pushes, the cipher pulls.
fn fetch_to_file(source: &Source<'_>, name: &Cid) -> Result<BufReader<File>, ProtocolError> {
    let mut writer = BufWriter::new(tempfile::tempfile()?);
    source.stream(name, &mut writer)?;
    let mut file = writer.into_inner().map_err(IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(BufReader::new(file))
}

impl Doctor {
    /// Opens what a proxy has re-encrypted, after checking it against the grant on the ledger.
    ///
    /// # Errors
    /// [`ProtocolError`] with what is wrong; `output` must then be thrown away.
    pub fn open_granted<W: Write + Seek>(
        &self,
        (state, now): (&State, Time),
        request_id: &Digest,
        ticket: &Ticket,
        reencryptions: &[SectionReEncryption],
        fetcher: Fetcher<'_>,
        output: &mut W,
    ) -> Result<Opened, ProtocolError> {
        let record = self.requested(state, request_id, Basis::Grant(ticket.grant))?;
        let unknown = ProtocolError::NotAuthorised("the grant is not on the ledger");
        let grant = state.grant(&ticket.grant).ok_or(unknown)?;
        let sign = |name: &Cid| self.fetch(name, FetchBasis::Request(*request_id), now);
        let source = Source { fetcher, sign: &sign };
        let checked = self.check_granted(record, grant, ticket, reencryptions)?;
        let unlock = |section: &SectionDigests| {
            let receipt = checked.iter().find(|(class, _)| *class == section.class);
            let open = |(_, receipt): &_| conditional::open_reencrypted(&self.pre, receipt);
            Ok(receipt.map(open).transpose()?)
        };
        open_sections(record, &source, &unlock, output)
    }

    /// The proxy's work on each section, checked against the grant and the digests on the ledger.
    fn check_granted(
        &self,
        record: &RecordAction,
        grant: &GrantAction,
        ticket: &Ticket,
        reencryptions: &[SectionReEncryption],
    ) -> Result<Vec<(Class, VerifiedReEncryption)>, ProtocolError> {
        let (mut works, mut bindings, mut rk2) = (Vec::new(), Vec::new(), Vec::new());
        for section in &record.sections {
            let Some(work) = reencryptions.iter().find(|work| work.class == section.class) else {
                continue;
            };
            let delegation = find_delegation(&grant.delegations, record, section, ticket)?;
            let name = store::cid_of(&mut &work.lock.to_bytes()[..])?;
            if name != store::cid_of_digest(&section.wrapped_for_patient) {
                return Err(ProtocolError::DigestMismatch("the patient's lock"));
            }
            works.push(work);
            bindings.push(WrappedKeyBinding::of(record, section));
            rk2.push(&ticket.rk2[delegation]);
        }

        let bound: Vec<_> =
            bindings.iter().zip(&works).map(|(binding, work)| binding.with(&work.lock)).collect();
        let locks = Ciphertext::batch_verify(&ticket.patient, &bound);
        let locks = locks.into_iter().collect::<Result<Vec<_>, _>>()?;
        let halves: Vec<_> = bindings
            .iter()
            .zip(rk2)
            .map(|(b, rk2)| conditional::PublicReKey { condition: &b.condition, rk2 })
            .collect();
        let delegations = Delegation::batch_new(&ticket.patient, self.pre.public_key(), &halves);
        let claims: Vec<_> = (works.iter().zip(&delegations).zip(&locks))
            .map(|((work, delegation), lock)| (&work.reencryption, delegation, lock))
            .collect();
        let receipts = ReEncryption::batch_verify(&claims).into_iter();
        works.iter().zip(receipts).map(|(work, receipt)| Ok((work.class, receipt?))).collect()
    }

    /// Opens one section by its policy, without any grant.
    ///
    /// # Errors
    /// [`ProtocolError::Policy`] if the attributes do not satisfy it, or what else is wrong.
    pub fn open_by_policy<W: Write + Seek>(
        &self,
        (state, now): (&State, Time),
        request_id: &Digest,
        class: Class,
        fetcher: Fetcher<'_>,
        output: &mut W,
    ) -> Result<Opened, ProtocolError> {
        let none = ProtocolError::NotAuthorised("this doctor has no attributes");
        let (parameters, key) = self.abe.as_ref().ok_or(none)?;
        let record = self.requested(state, request_id, Basis::Policy)?;
        let sign = |name: &Cid| self.fetch(name, FetchBasis::Request(*request_id), now);
        let source = Source { fetcher, sign: &sign };
        let unlock = |section: &SectionDigests| {
            if section.class != class {
                return Ok(None);
            }
            let lock: abe::Ciphertext = source.lock(&section.wrapped_for_policy)?;
            let ad = Origin::of(record).wrapped_key_ad(class);
            Ok(Some(abe::open(parameters, key, &ad, &lock)?))
        };
        open_sections(record, &source, &unlock, output)
    }

    /// Opens a record of his own writing through the author's locks.
    ///
    /// # Errors
    /// [`ProtocolError`] with what is wrong.
    pub fn open_as_author<W: Write + Seek>(
        &self,
        (state, now): (&State, Time),
        record_id: &Digest,
        fetcher: Fetcher<'_>,
        output: &mut W,
    ) -> Result<Opened, ProtocolError> {
        let unknown = ProtocolError::NotAuthorised("the record is not on the ledger");
        let record = state.record(record_id).ok_or(unknown)?;
        let sign = |name: &Cid| self.fetch(name, FetchBasis::Own(*record_id), now);
        let source = Source { fetcher, sign: &sign };
        let unlock = |section: &SectionDigests| {
            let lock = source.lock(&section.wrapped_for_author)?;
            let ad = Origin::of(record).wrapped_key_ad(section.class);
            Ok(Some(conditional::open(&self.pre, AUTHOR_CONDITION, &ad, &lock)?))
        };
        open_sections(record, &source, &unlock, output)
    }

    /// The record of a request of his own on the ledger.
    fn requested<'a>(
        &self,
        state: &'a State,
        request_id: &Digest,
        basis: Basis,
    ) -> Result<&'a RecordAction, ProtocolError> {
        let own = |request: &crate::ledger::RequestAction| {
            request.reader == self.verifying_key() && request.basis == basis
        };
        match state.request(request_id) {
            Some((request, _)) if own(request) => {
                Ok(state.record(&request.record).expect("a request is admitted for a record"))
            }
            _ => Err(ProtocolError::NotAuthorised("there is no such request on the ledger")),
        }
    }
}

/// The delegation that covers a section, if the ticket's key is the one that the grant names.
fn find_delegation(
    delegations: &[DelegationDigest],
    record: &RecordAction,
    section: &SectionDigests,
    ticket: &Ticket,
) -> Result<usize, ProtocolError> {
    let index = delegations
        .iter()
        .position(|delegation| delegation.covers(record, section))
        .ok_or(ProtocolError::NotCovered(conditional::ReKeyMismatch))?;
    let named = ticket
        .rk2
        .get(index)
        .is_some_and(|rk2| rekey_digest(&ticket.patient, rk2) == delegations[index].rekey);
    if named { Ok(index) } else { Err(ProtocolError::DigestMismatch("the re-encryption key")) }
}

impl Patient {
    /// Opens one of her own records with her keys alone.
    ///
    /// # Errors
    /// [`ProtocolError`] with what is wrong.
    pub fn open<W: Write + Seek>(
        &self,
        (state, now): (&State, Time),
        hit: &Hit,
        fetcher: Fetcher<'_>,
        output: &mut W,
    ) -> Result<Opened, ProtocolError> {
        let unknown = ProtocolError::NotAuthorised("the record is not on the ledger");
        let record = state.record(&hit.record).ok_or(unknown)?;
        let sign = |name: &Cid| self.fetch(name, (&hit.record, record), now);
        let source = Source { fetcher, sign: &sign };
        let unlock = |section: &SectionDigests| {
            let lock = source.lock(&section.wrapped_for_patient)?;
            let WrappedKeyBinding { condition, ad } = WrappedKeyBinding::of(record, section);
            Ok(Some(conditional::open(&self.pre, &condition, &ad, &lock)?))
        };
        open_sections(record, &source, &unlock, output)
    }
}
