//! Opening: decryption of a record under a grant, by policy, as its author or as the patient
//! (Qin Eq. 16; Pang Step 6).
//!
//! Everything is verified against the ledger first: the envelope against its digest, each
//! ciphertext against its digest and name, each re-encryption against the grant.
#![forbid(unsafe_code)]

use super::binding::{
    AUTHOR_CONDITION, Origin, SectionKey, StoredCiphertext, WrappedKeyBinding, rekey_digest,
};
use super::reencrypt::{Release, SectionReEncryption};
use super::seal::name_of;
use super::source::SignedSource;
use super::{
    Doctor, FetchBasis, Hit, Item, LedgerView, ObjectSource, Patient, ProtocolError, Refusal,
    Ticket,
};
use crate::algebra::codec::Canonical;
use crate::algebra::{G2, Rng};
use crate::consensus::Digest;
use crate::ledger::{
    Basis, GrantAction, RecordAction, RequestAction, Role, Rule, SectionDigests, StoredRequest,
};
use crate::pre::conditional::{
    self, Ciphertext, Delegation, PublicReKey, ReEncryption, ReKeyMismatch, VerifiedReEncryption,
};
use crate::record::{Assembly, Class, Coverage, max_section_length};
use crate::store::{self, Cid};
use crate::{abe, dem, pre};
use std::fs::File;
use std::io::{BufReader, BufWriter, IntoInnerError, Seek, Write};
use zeroize::Zeroizing;

/// The output of an opened record, with the greatest length that the caller accepts. The author has
/// stated the length of the record, and a reader of some sections cannot verify it.
#[derive(Debug)]
pub struct Output<'a, W> {
    writer: &'a mut W,
    max_length: u64,
}

impl<'a, W: Write + Seek> Output<'a, W> {
    /// Returns an output for a record of at most `max_length` bytes. A longer record is refused
    /// before anything is fetched or written.
    pub fn new(writer: &'a mut W, max_length: u64) -> Self {
        Self { writer, max_length }
    }
}

/// The result of opening a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The part of the record that was written.
    pub coverage: Coverage,
    /// The classes of the sections that were opened.
    pub classes: Vec<Class>,
}

impl Opened {
    /// Returns the result if the record is complete.
    ///
    /// # Errors
    /// [`ProtocolError::Incomplete`] if sections are missing.
    pub fn require_complete(self) -> Result<Self, ProtocolError> {
        let Coverage { written, length } = self.coverage;
        if self.coverage.is_complete() {
            Ok(self)
        } else {
            Err(ProtocolError::Incomplete { written, length })
        }
    }
}

/// An unwrapped section key; `None` for a section that is skipped.
type Unwrapped = Result<Option<Zeroizing<Vec<u8>>>, ProtocolError>;

/// Opens the sections of a record into `output`, each with the key that `unwrap` returns for its
/// index.
fn open_sections<W: Write + Seek>(
    record: &RecordAction,
    source: &SignedSource<'_>,
    unwrap: &dyn Fn(u8, &SectionDigests) -> Unwrapped,
    Output { writer, max_length }: Output<'_, W>,
) -> Result<Opened, ProtocolError> {
    let mut keys = Vec::new();
    for (index, section) in (0..).zip(&record.sections) {
        if let Some(key) = unwrap(index, section)? {
            keys.push((index, section_key(&key)?));
        }
    }
    let (location, length) = common_values(&keys)?;
    if length > max_length {
        return Err(ProtocolError::RecordTooLong { length, max_length });
    }
    let envelope = source.envelope(record, &location)?;
    let max_ciphertext = max_section_length(length).map(dem::sealed_length);
    if envelope.sections.iter().any(|ciphertext| Some(ciphertext.length) > max_ciphertext) {
        return Err(Refusal::CiphertextTooLong.into());
    }

    let mut output = BufWriter::new(writer);
    let mut assembly = Assembly::new(&mut output, length);
    for (index, key) in &keys {
        let ciphertext = envelope.ciphertext(*index).expect("checked in `SignedSource::envelope`");
        let mut ciphertext = fetch_to_file(source, ciphertext)?;
        let ad = Origin::of(record).section_ad(*index);
        dem::open_stream(&key.content_key, &ad, &mut ciphertext, &mut assembly.section())?;
    }
    let coverage = assembly.finish()?;
    output.flush()?;
    let mut classes: Vec<Class> = keys.iter().map(|(_, key)| key.class).collect();
    classes.sort();
    Ok(Opened { coverage, classes })
}

/// Returns the name of the envelope and the length of the record, on which all section keys agree.
fn common_values(keys: &[(u8, SectionKey)]) -> Result<(Cid, u64), Refusal> {
    let (_, first) = keys.first().ok_or(Refusal::NothingToOpen)?;
    let values = |key: &SectionKey| (key.envelope, key.length);
    if keys.iter().any(|(_, key)| values(key) != values(first)) {
        return Err(Refusal::ContradictoryKeys);
    }
    Ok((store::cid_of_digest(&first.envelope), first.length))
}

fn section_key(bytes: &[u8]) -> Result<SectionKey, ProtocolError> {
    SectionKey::from_bytes(bytes).map_err(|error| ProtocolError::Decode(Item::SectionKey, error))
}

/// Fetches a ciphertext into a temporary file. A file decouples the two streams.
fn fetch_to_file(
    source: &SignedSource<'_>,
    ciphertext: &StoredCiphertext,
) -> Result<BufReader<File>, ProtocolError> {
    let mut writer = BufWriter::new(tempfile::tempfile()?);
    source.ciphertext(ciphertext, &mut writer)?;
    let mut file = writer.into_inner().map_err(IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(BufReader::new(file))
}

/// A section that the proxy has re-encrypted, with the values that its re-encryption is verified
/// against.
struct GrantedSection<'a> {
    reencrypted: &'a SectionReEncryption,
    binding: WrappedKeyBinding,
    rk2: &'a G2,
}

impl<'a> GrantedSection<'a> {
    /// Checks the wrapped key and `rk2` against their digests on the ledger.
    fn new(
        record: &RecordAction,
        grant: &GrantAction,
        ticket: &'a Ticket,
        reader: &pre::PublicKey,
        reencrypted: &'a SectionReEncryption,
    ) -> Result<Self, ProtocolError> {
        let index = reencrypted.section;
        let section = &record.sections[usize::from(index)];
        let binding = WrappedKeyBinding::of(record, index);
        let mut delegations = grant.delegations.iter();
        let index = delegations.position(|delegation| delegation.covers(record, section));
        let index = index.ok_or(ReKeyMismatch)?;
        let rk2 = ticket.rk2.get(index).filter(|rk2| {
            rekey_digest(&ticket.patient, reader, rk2) == grant.delegations[index].rekey
        });
        let rk2 = rk2.ok_or(ProtocolError::DigestMismatch(Item::ReKey))?;
        let name = name_of(&reencrypted.wrapped_key.to_bytes());
        if name != store::cid_of_digest(&section.wrapped_for_patient) {
            return Err(ProtocolError::DigestMismatch(Item::WrappedForPatient));
        }
        Ok(Self { reencrypted, binding, rk2 })
    }
}

impl Doctor {
    /// Opens a record from the proxy's release, verified against the grant and the reported access
    /// on the ledger.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed. The caller must then discard the output.
    pub fn open_granted<W: Write + Seek>(
        &self,
        view: LedgerView<'_>,
        request_id: &Digest,
        (ticket, release): (&Ticket, &Release),
        objects: &dyn ObjectSource,
        output: Output<'_, W>,
        mut rng: &mut (impl Rng + ?Sized),
    ) -> Result<Opened, ProtocolError> {
        let (request, record) = self.requested(view, request_id, Basis::Grant(ticket.grant))?;
        let grant = view.state.grant(&ticket.grant)?.ok_or(Refusal::UnknownGrant)?;
        release.check(view, request_id, &request.sections)?;
        let source = self.source(objects, FetchBasis::Request(*request_id), view, &mut rng);
        let verified = self.verify_granted(&record, &grant, ticket, &release.sections)?;
        let unwrap = |index: u8, _: &SectionDigests| {
            let reencryption = verified.iter().find(|(other, _)| *other == index);
            let open = |(_, verified): &_| conditional::open_reencrypted(&self.pre, verified);
            Ok(reencryption.map(open).transpose()?)
        };
        open_sections(&record, &source, &unwrap, output)
    }

    /// Verifies the proxy's re-encryption of each section.
    fn verify_granted(
        &self,
        record: &RecordAction,
        grant: &GrantAction,
        ticket: &Ticket,
        reencryptions: &[SectionReEncryption],
    ) -> Result<Vec<(u8, VerifiedReEncryption)>, ProtocolError> {
        let own = self.pre.public_key();
        // `Release::check` has compared the indices with the request, hence with the record.
        let granted = reencryptions.iter();
        let granted = granted.map(|r| GrantedSection::new(record, grant, ticket, own, r));
        let sections = granted.collect::<Result<Vec<_>, _>>()?;

        let wrapped_keys: Vec<_> = (sections.iter())
            .map(|section| section.binding.with(&section.reencrypted.wrapped_key))
            .collect();
        let wrapped_keys = Ciphertext::batch_verify(&wrapped_keys);
        let wrapped_keys = wrapped_keys.into_iter().collect::<Result<Vec<_>, _>>()?;
        let public_rekeys: Vec<_> = (sections.iter())
            .map(|GrantedSection { binding, rk2, .. }| PublicReKey {
                condition: &binding.condition,
                rk2,
            })
            .collect();
        let delegations = Delegation::batch_new(&ticket.patient, own, &public_rekeys);
        let unverified: Vec<_> = (0..sections.len())
            .map(|i| (&sections[i].reencrypted.reencryption, &delegations[i], &wrapped_keys[i]))
            .collect();
        let verified = ReEncryption::batch_verify(&unverified);
        sections
            .iter()
            .zip(verified)
            .map(|(s, verified)| Ok((s.reencrypted.section, verified?)))
            .collect()
    }

    /// Opens the requested sections whose policies the doctor's attributes satisfy, without a
    /// grant. The ledger does not show the classes of sections: the policies are in the wrapped
    /// keys.
    ///
    /// # Errors
    /// [`ProtocolError::Policy`] if the attributes satisfy no policy, or another [`ProtocolError`]
    /// with the check that failed.
    pub fn open_by_policy<W: Write + Seek>(
        &self,
        view: LedgerView<'_>,
        request_id: &Digest,
        objects: &dyn ObjectSource,
        output: Output<'_, W>,
        mut rng: &mut (impl Rng + ?Sized),
    ) -> Result<Opened, ProtocolError> {
        let (parameters, key) = self.abe.as_ref().ok_or(Refusal::NoAttributes)?;
        let (request, record) = self.requested(view, request_id, Basis::Policy)?;
        let source = self.source(objects, FetchBasis::Request(*request_id), view, &mut rng);
        let unwrap = |index: u8, digests: &SectionDigests| {
            if !request.sections.contains(&index) {
                return Ok(None);
            }
            let wrapped: abe::Ciphertext = source.wrapped_key(&digests.wrapped_for_policy)?;
            let ad = Origin::of(&record).wrapped_key_ad(index);
            match abe::open(parameters, key, &ad, &wrapped) {
                Err(abe::OpenError::PolicyNotSatisfied) => Ok(None),
                opened => Ok(Some(opened?)),
            }
        };
        match open_sections(&record, &source, &unwrap, output) {
            Err(ProtocolError::Refused(Refusal::NothingToOpen)) => {
                Err(abe::OpenError::PolicyNotSatisfied.into())
            }
            outcome => outcome,
        }
    }

    /// Opens a record that this doctor has written, with the keys wrapped for its author.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn open_as_author<W: Write + Seek>(
        &self,
        view: LedgerView<'_>,
        record_id: &Digest,
        objects: &dyn ObjectSource,
        output: Output<'_, W>,
        mut rng: &mut (impl Rng + ?Sized),
    ) -> Result<Opened, ProtocolError> {
        let record = view.state.record(record_id)?.ok_or(Refusal::UnknownRecord)?;
        let source = self.source(objects, FetchBasis::Own(*record_id), view, &mut rng);
        let unwrap = |index: u8, section: &SectionDigests| {
            let wrapped = source.wrapped_key(&section.wrapped_for_author)?;
            let ad = Origin::of(&record).wrapped_key_ad(index);
            Ok(Some(conditional::open(&self.pre, AUTHOR_CONDITION, &ad, &wrapped)?))
        };
        open_sections(&record, &source, &unwrap, output)
    }

    fn source<'a>(
        &'a self,
        objects: &'a dyn ObjectSource,
        basis: FetchBasis,
        view: LedgerView<'a>,
        rng: &'a mut dyn Rng,
    ) -> SignedSource<'a> {
        SignedSource::new(objects, basis, view, &self.key, rng)
    }

    /// Returns the request of this doctor on the given basis, and its record.
    fn requested(
        &self,
        LedgerView { state, now }: LedgerView<'_>,
        request_id: &Digest,
        basis: Basis,
    ) -> Result<(RequestAction, RecordAction), ProtocolError> {
        let otherwise = ProtocolError::from(Rule::UnknownReader);
        state.valid_party(&self.verifying_key(), Role::Doctor, now, otherwise)?;
        let own = |request: &RequestAction| {
            request.reader == self.verifying_key() && request.basis == basis
        };
        match state.request(request_id)? {
            Some(StoredRequest { action: request, .. }) if own(&request) => {
                let record = state.record(&request.record)?.ok_or(Refusal::UnknownRecord)?;
                Ok((request, record))
            }
            _ => Err(Refusal::NotRequested.into()),
        }
    }
}

impl Patient {
    /// Opens one of the patient's own records with the patient's keys only.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn open<W: Write + Seek>(
        &self,
        view: LedgerView<'_>,
        hit: &Hit,
        objects: &dyn ObjectSource,
        output: Output<'_, W>,
        mut rng: &mut (impl Rng + ?Sized),
    ) -> Result<Opened, ProtocolError> {
        let record = view.state.record(&hit.record)?.ok_or(Refusal::UnknownRecord)?;
        let key = self.owner_key(&record.author, record.epoch);
        let basis = FetchBasis::Own(hit.record);
        let source = SignedSource::new(objects, basis, view, &key, &mut rng);
        let unwrap = |index: u8, section: &SectionDigests| {
            self.unwrap(&record, index, section, &source).map(Some)
        };
        open_sections(&record, &source, &unwrap, output)
    }

    /// Reads the classes of a record's sections from the keys wrapped for the patient, for example
    /// after the patient's memory of consents was lost.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn restore_classes(
        &mut self,
        view: LedgerView<'_>,
        hit: &Hit,
        objects: &dyn ObjectSource,
        mut rng: &mut (impl Rng + ?Sized),
    ) -> Result<(), ProtocolError> {
        let record = view.state.record(&hit.record)?.ok_or(Refusal::UnknownRecord)?;
        let key = self.owner_key(&record.author, record.epoch);
        let basis = FetchBasis::Own(hit.record);
        let source = SignedSource::new(objects, basis, view, &key, &mut rng);
        let unwrap =
            |(index, section)| section_key(&self.unwrap(&record, index, section, &source)?);
        let keys = (0..).zip(&record.sections).map(unwrap).collect::<Result<Vec<_>, _>>()?;
        self.learn(&record, &keys);
        Ok(())
    }

    fn unwrap(
        &self,
        record: &RecordAction,
        index: u8,
        section: &SectionDigests,
        source: &SignedSource<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, ProtocolError> {
        let wrapped = source.wrapped_key(&section.wrapped_for_patient)?;
        let WrappedKeyBinding { condition, ad } = WrappedKeyBinding::of(record, index);
        Ok(conditional::open(&self.pre, &condition, &ad, &wrapped)?)
    }
}
