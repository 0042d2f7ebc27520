//! The parties of the integration tests: those of the demo with simpler policies, and helpers that
//! expect success.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::type_complexity)]

#[path = "../../src/bin/epione/demo/world.rs"]
mod cast;

pub(crate) use cast::*;

use epione::algebra::codec::Canonical;
use epione::consensus::{Digest, Location, Parameters, Profile};
use epione::ledger::{Basis, Ledger, Time, Transaction};
use epione::policy::AccessPolicy;
use epione::protocol::{
    AttributeAuthority, Envelope, Fetch, FetchBasis, Institution, Introduction, KeeperLink,
    LedgerView, Object, ObjectSource, Opened, Output, Patient, Policies, ProtocolError, Proxy,
    Query, QueryContents, RegistrationCentre, Release, SealedRecord, SearchTerm, StoreKeeper,
    Terms, Ticket,
};
use epione::record::{Class, Record};
use epione::sign::SigningKey;
use epione::store::{Cid, DirectoryStore, RecordStore};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::io::{Cursor, Write};

pub const POLICY: &str = "doctor and (neurology or (emergency and \"stroke unit\"))";
const ATTRIBUTES: [&str; 3] = ["doctor, emergency", "doctor, \"stroke unit\"", "doctor, neurology"];

/// The greatest length of an opened record.
pub const MAX_RECORD: u64 = 1 << 30;

/// The second patient, as an index.
pub const BEA: usize = 1;

/// A bundle with four classes of sections.
pub const BUNDLE: &[u8] = r#"{"resourceType": "Bundle", "type": "collection", "entry": [
    {"resource": {"resourceType": "Patient", "id": "patient-4711", "name": [{"family": "Åström"}],
        "identifier": [{"system": "urn:oid:1.2.276", "value": "X110411675"}]}},
    {"resource": {"resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "230690007"}]}}},
    {"resource": {"resourceType": "Observation", "meta": {"security": [{"code": "PSY"}]},
        "code": {"coding": [{"system": "http://loinc.org", "code": "44249-1"}]}}} ]}
"#
.as_bytes();

/// A keyword of [`BUNDLE`].
pub fn stroke() -> SearchTerm {
    SearchTerm::new("code", "http://snomed.info/sct|230690007")
}

/// A record that is sealed and stored, and not yet on the ledger.
pub struct Sealed {
    pub sealed: SealedRecord,
    pub introduction: Introduction,
    pub terms: Vec<SearchTerm>,
    pub index: Vec<Vec<u8>>,
}

impl World {
    /// Creates the parties with a ledger of four replicas.
    pub fn new(seed: u64) -> Self {
        Self::of(4, Profile::Flat, seed)
    }

    pub fn of(replicas: u16, profile: Profile, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let centre = RegistrationCentre::new(&mut rng);
        let authority = AttributeAuthority::new(centre.verifying_key(), &mut rng);
        let location = |i| Location {
            latitude: 40_000_000 + i * 100_000,
            longitude: 8_000_000 + i % 4 * 1_000_000,
        };
        let locations: Vec<_> = (0..i32::from(replicas)).map(|i| (location(i), 50)).collect();
        let parameters = Parameters { profile, ..Parameters::new(CHAIN) };
        let ledgers = locations.iter().map(|_| Ledger::new(CHAIN, centre.verifying_key()));
        let network = network(parameters, &locations, ledgers.collect(), &mut rng).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::generate(&mut rng).verifying_key();
        let keeper = StoreKeeper::new(DirectoryStore::open(folder.path()).unwrap(), key);
        let folder = Folder::Temporary(folder);
        let infrastructure = Infrastructure {
            rng,
            network,
            databases: Vec::new(),
            keeper,
            folder,
            centre,
            authority,
        };
        let policies = Policies::uniform(policy(POLICY))
            .with(Class::Identity, policy(&format!("registration or ({POLICY})")))
            .with(Class::Restricted, policy("psychiatry and doctor"));
        let mut world = Self::register(infrastructure, policies, ATTRIBUTES).unwrap();
        world.register_others();
        world
    }

    /// Registers a second patient, institution and proxy.
    fn register_others(&mut self) {
        let (validity, centre, rng) = (self.validity(), &self.centre, &mut self.rng);
        let until = CERTIFIED_UNTIL;
        self.patients.push(Patient::register("Bea Lamarr", until, centre, rng).unwrap());
        let institution = Institution::register("Linden Clinic", until, centre, rng).unwrap();
        let proxy = Proxy::register("Second proxy", until, centre, rng).unwrap();
        let announced = [institution.announce(validity, rng), proxy.announce(validity, rng)];
        self.institutions.push(institution);
        self.proxies.push(proxy);
        for transaction in &announced {
            self.commit(transaction).unwrap();
        }
    }

    /// Seals, stores and indexes a file of a doctor for a patient.
    pub fn seal(&mut self, doctor: usize, patient: usize, file: &[u8], name: &str) -> Sealed {
        let introduction = self.introduce(patient, doctor).unwrap();
        let doctor = &self.doctors[doctor];
        let record = Record::scan(&mut Cursor::new(file), name).unwrap();
        let current = self.authority.epoch_policies(&self.policies).unwrap();
        let rng = &mut self.rng;
        let sealed =
            doctor.seal(&record, &mut Cursor::new(file), &introduction, &current, rng).unwrap();
        let terms = doctor.terms(&record).unwrap();
        let index = doctor.batch_index(&terms, &sealed, &introduction, rng).unwrap();
        let at = (CHAIN, &self.keeper.verifying_key());
        for Object { name, length, mut bytes } in sealed.objects().unwrap() {
            let offer = doctor.offer(at, sealed.record_id(), (&name, length), self.now());
            self.keeper.upload(self.view(), &offer, &mut bytes).unwrap();
        }
        Sealed { sealed, introduction, terms, index }
    }

    /// Publishes a sealed record.
    pub fn publish_sealed(
        &mut self,
        doctor: usize,
        patient: usize,
        institution: usize,
        record: Sealed,
    ) -> Transaction {
        let validity = self.validity();
        let (author, institution) = (&self.doctors[doctor], &self.institutions[institution]);
        let Sealed { mut sealed, introduction, terms, index } = record;
        let hospital = institution.verifying_key();
        let draft =
            author.draft_record(validity, &sealed, index, &introduction, hospital, &mut self.rng);
        let signature = institution.countersign(&draft, self.view()).unwrap();
        let parties = (doctor, patient);
        let consent = self.consent(parties, &draft, &mut sealed, &introduction, &terms).unwrap();
        let transaction = self.doctors[doctor].publish(draft, &signature, &consent).unwrap();
        self.commit(&transaction).unwrap();
        transaction
    }

    /// Seals and publishes a file.
    pub fn publish(&mut self, doctor: usize, patient: usize, file: &[u8], name: &str) -> Digest {
        let sealed = self.seal(doctor, patient, file, name);
        self.publish_sealed(doctor, patient, 0, sealed).id()
    }

    /// Returns terms over all classes of `records` for a week, with a search for [`stroke`].
    pub fn terms(&self, records: &[Digest]) -> Terms {
        Terms {
            records: records.to_vec(),
            later_records: false,
            classes: Class::ALL.to_vec(),
            search: vec![stroke()],
            proxy: self.proxies[0].verifying_key(),
            from: self.now() - HOUR,
            until: self.now() + 7 * DAY,
        }
    }

    /// Commits a grant from Ada to doctor B, and delivers the keys to the first proxy.
    pub fn grant(&mut self, terms: &Terms) -> Ticket {
        let (issued, ticket) = self.grant_undelivered(terms).unwrap();
        let (state, now) = (self.state().clone(), self.now());
        self.proxies[0].accept(LedgerView { state: &state, now }, &issued.delivery).unwrap();
        ticket
    }

    /// Doctor `doctor` asks for everything, with an introduction of Ada to doctor B.
    pub fn ask(&mut self, doctor: usize, now: Time) -> Query {
        let introduction = self.introduce(ADA, B).unwrap();
        let contents = QueryContents {
            terms: vec![stroke()],
            classes: vec![Class::Clinical],
            purpose: "stroke unit".to_owned(),
        };
        let (doctor, rng) = (&self.doctors[doctor], &mut self.rng);
        doctor.ask(CHAIN, &introduction, &contents, now, rng).unwrap()
    }

    /// Commits doctor B's request under a ticket.
    pub fn request_granted(&mut self, record: Digest, ticket: &Ticket) -> Digest {
        self.request(B, record, Basis::Grant(*ticket.grant())).unwrap()
    }

    pub fn open_granted(
        &self,
        doctor: usize,
        request: &Digest,
        ticket: &Ticket,
        release: &Release,
    ) -> Result<(Opened, Vec<u8>), ProtocolError> {
        let (doctor, mut output) = (&self.doctors[doctor], Cursor::new(Vec::new()));
        let (into, rng) = (Output::new(&mut output, MAX_RECORD), &mut self.fork());
        let opened =
            doctor.open_granted(self.view(), request, (ticket, release), self, into, rng)?;
        Ok((opened, output.into_inner()))
    }

    pub fn open_by_policy(
        &self,
        doctor: usize,
        request: &Digest,
    ) -> Result<(Opened, Vec<u8>), ProtocolError> {
        let (doctor, mut output) = (&self.doctors[doctor], Cursor::new(Vec::new()));
        let (into, rng) = (Output::new(&mut output, MAX_RECORD), &mut self.fork());
        let opened = doctor.open_by_policy(self.view(), request, self, into, rng)?;
        Ok((opened, output.into_inner()))
    }

    /// Commits a doctor's request by policy for one section.
    pub fn request_class(&mut self, doctor: usize, record: Digest, class: Class) -> Digest {
        let (validity, section) = (self.validity(), self.section(&record, class));
        let (doctor, rng) = (&self.doctors[doctor], &mut self.rng);
        let request = doctor.request(validity, (record, &[section]), Basis::Policy, rng);
        self.commit(&request).unwrap();
        request.id()
    }

    /// Returns the index of a record's section, which its patient knows; 255 if there is none.
    pub fn section(&self, record: &Digest, class: Class) -> u8 {
        let record = self.state().record(record).unwrap().unwrap();
        let is_class = |s| self.patients.iter().any(|patient| patient.class_of(s) == Some(class));
        record.sections.iter().position(is_class).map_or(u8::MAX, |i| i as u8)
    }

    /// Reads an object without access control.
    pub fn stored(&self, name: &Cid) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.keeper.store().read(name, &mut bytes).unwrap();
        bytes
    }

    /// Sends a doctor's fetch to the keeper, and returns the object.
    pub fn fetched(
        &self,
        doctor: usize,
        name: &Cid,
        basis: FetchBasis,
        time: Time,
    ) -> Result<Vec<u8>, ProtocolError> {
        let at = (CHAIN, &self.keeper.verifying_key());
        let pending = self.doctors[doctor].fetch(at, (name, basis), time, &mut self.fork());
        let (mut response, mut object) = (Vec::new(), Vec::new());
        self.fetch(pending.fetch(), &mut response)?;
        let mut opener = pending.open_response(&mut object);
        opener.write_all(&response)?;
        opener.finish()?;
        Ok(object)
    }

    /// A dishonest keeper, who serves `replaced` for an object that the honest one serves. Refused
    /// fetches are served with `refused`, if it returns an object.
    pub fn dishonest<'a>(
        &'a self,
        replaced: impl Fn(Vec<u8>) -> Vec<u8> + 'a,
        refused: impl Fn() -> Option<Vec<u8>> + 'a,
    ) -> impl ObjectSource + 'a {
        let keeper = self.keeper.verifying_key();
        let fetch = move |fetch: &Fetch, response: &mut dyn Write| {
            let object = match self.fetch(fetch, &mut std::io::sink()) {
                Ok(()) => replaced(self.stored(fetch.name())),
                Err(error) => refused().ok_or(error)?,
            };
            let mut sealer = fetch.respond((CHAIN, &keeper), response, &mut self.fork())?;
            sealer.write_all(&object)?;
            Ok(sealer.finish()?)
        };
        KeeperLink { keeper, fetch }
    }

    /// Returns the name and the envelope of a record, as its patient finds it.
    pub fn envelope(&self, record: &Digest) -> (Cid, Envelope) {
        let hits = self.patients.iter().flat_map(|patient| patient.find(self.state()).unwrap());
        let location = hits.into_iter().find(|hit| hit.record == *record).unwrap().location;
        (location, Envelope::from_bytes(&self.stored(&location)).unwrap())
    }

    /// Returns the name of a section's ciphertext.
    pub fn ciphertext(&self, record: &Digest, class: Class) -> Cid {
        let (_, envelope) = self.envelope(record);
        envelope.sections[usize::from(self.section(record, class))].name()
    }

    /// Returns the path of an object's first chunk.
    pub fn chunk_file(&self, object: &Cid) -> std::path::PathBuf {
        let store = self.keeper.store();
        store.block_path(&store.chunks(object).unwrap()[0])
    }
}

/// Returns the plaintext of a section.
pub fn section_of(file: &[u8], name: &str, class: Class) -> Vec<u8> {
    let record = Record::scan(&mut Cursor::new(file), name).unwrap();
    let mut section = Vec::new();
    std::io::Read::read_to_end(&mut record.section(class, &mut Cursor::new(file)), &mut section)
        .unwrap();
    section
}

pub fn policy(text: &str) -> AccessPolicy {
    text.parse().unwrap()
}
