//! The world that several tests play in: all roles, a store in a folder, a ledger of four replicas.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::type_complexity)]

use epione::algebra::codec::Canonical;
use epione::consensus::{Config, Digest, Location, Member, Parameters, Profile};
use epione::ledger::{Basis, Ledger, Rule, State, Time, Transaction, Validity};
use epione::policy::{AccessPolicy, AttributeSet};
use epione::protocol::{
    AttributeAuthority, Delivery, Doctor, Envelope, Fetch, Institution, Introduction, Opened,
    Patient, Policies, ProtocolError, Proxy, QueryManager, RegistrationCentre, SealedRecord,
    SearchTerm, SectionReEncryption, StoreKeeper, Terms, Ticket,
};
use epione::record::{Class, Record};
use epione::sign::SigningKey;
use epione::sim::Network;
use epione::store::{self, Cid, DirectoryStore, RecordStore};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::io::{Cursor, Write};

pub const CHAIN: &str = "test-chain";
pub const START: Time = 1_796_115_600_000;
pub const HOUR: Time = 3_600_000;
pub const DAY: Time = 24 * HOUR;

/// The doctors: A writes, B reads by grant, C reads by policy.
pub const A: usize = 0;
pub const B: usize = 1;
pub const C: usize = 2;

/// The patients.
pub const ADA: usize = 0;
pub const BEA: usize = 1;

pub const POLICY: &str = "doctor and (neurology or (emergency and \"stroke unit\"))";

/// A bundle with four classes of sections.
pub const BUNDLE: &[u8] = r#"{"resourceType": "Bundle", "type": "collection", "entry": [
    {"resource": {"resourceType": "Patient", "name": [{"family": "Åström"}]}},
    {"resource": {"resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "230690007"}]}}},
    {"resource": {"resourceType": "Observation", "meta": {"security": [{"code": "PSY"}]},
        "code": {"coding": [{"system": "http://loinc.org", "code": "44249-1"}]}}} ]}
"#
.as_bytes();

/// The term that [`BUNDLE`] is found by.
pub fn stroke() -> SearchTerm {
    SearchTerm::new("code", "http://snomed.info/sct|230690007")
}

pub struct World {
    pub rng: ChaCha20Rng,
    pub network: Network<Ledger>,
    pub keeper: StoreKeeper<DirectoryStore>,
    pub centre: RegistrationCentre,
    pub authority: AttributeAuthority,
    pub policies: Policies,
    pub patients: [Patient; 2],
    pub doctors: [Doctor; 3],
    pub institutions: [Institution; 2],
    pub manager: QueryManager,
    pub proxies: [Proxy; 2],
    pub folder: tempfile::TempDir,
}

/// A record that is sealed and stored, and not yet on the ledger.
pub struct Sealed {
    pub sealed: SealedRecord,
    pub introduction: Introduction,
    pub index: Vec<Vec<u8>>,
}

/// A network of ledgers that run flat among `n` replicas.
pub fn network(
    n: u16,
    profile: Profile,
    centre: &RegistrationCentre,
    seed: u64,
) -> Network<Ledger> {
    let rng = &mut ChaCha20Rng::seed_from_u64(seed);
    let keys: Vec<SigningKey> = (0..n).map(|_| SigningKey::generate(rng)).collect();
    let member = |(id, key): (u16, &SigningKey)| Member {
        id,
        key: key.verifying_key(),
        location: Location {
            latitude: 40_000_000 + i32::from(id) * 100_000,
            longitude: 8_000_000 + i32::from(id % 4) * 1_000_000,
        },
        rating: 50,
    };
    let members = (0..n).zip(&keys).map(member).collect();
    let config = Config::new(Parameters { profile, ..Parameters::new(CHAIN) }, members).unwrap();
    let ledgers = keys.iter().map(|_| Ledger::new(CHAIN, centre.verifying_key())).collect();
    let mut network = Network::new(config, keys, ledgers, seed);
    network.advance(START);
    network
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::of(4, Profile::Flat, seed)
    }

    pub fn of(replicas: u16, profile: Profile, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let centre = RegistrationCentre::new(&mut rng);
        let mut authority = AttributeAuthority::new(centre.verifying_key(), &mut rng);
        let network = network(replicas, profile, &centre, seed);
        let folder = tempfile::tempdir().unwrap();
        let keeper = StoreKeeper::new(DirectoryStore::open(folder.path()).unwrap());

        let certify = &|enrolment: &_| centre.certify(enrolment);
        let (until, rng_) = (START + 100 * DAY, &mut rng);
        let patients =
            ["Ada", "Bea"].map(|name| Patient::register(name, until, certify, rng_).unwrap());
        let attributes =
            [["doctor", "emergency"], ["doctor", "stroke unit"], ["doctor", "neurology"]];
        let doctors = attributes.map(|names| {
            let mut doctor = Doctor::register("Dr. X", until, certify, rng_).unwrap();
            let names = AttributeSet::from_names(names).unwrap();
            let key = authority.issue(doctor.certificate(), &names, START).unwrap();
            doctor.receive_attributes(authority.parameters().clone(), key);
            doctor
        });
        let institutions =
            ["H", "L"].map(|name| Institution::register(name, until, certify, rng_).unwrap());
        let proxies = ["P", "Q"].map(|name| Proxy::register(name, until, certify, rng_).unwrap());
        let manager = QueryManager::register("M", until, certify, rng_).unwrap();

        let policies = Policies::uniform(POLICY.parse().unwrap())
            .with(Class::Identity, format!("registration or ({POLICY})").parse().unwrap())
            .with(Class::Restricted, "psychiatry and doctor".parse().unwrap());
        let mut world = Self {
            rng,
            network,
            keeper,
            centre,
            authority,
            policies,
            patients,
            doctors,
            institutions,
            manager,
            proxies,
            folder,
        };
        world.announce();
        world
    }

    fn announce(&mut self) {
        let (validity, rng) = (self.validity(), &mut self.rng);
        let mut all = Vec::new();
        all.extend(self.doctors.iter().map(|party| party.announce(validity, rng)));
        all.extend(self.institutions.iter().map(|party| party.announce(validity, rng)));
        all.extend(self.proxies.iter().map(|party| party.announce(validity, rng)));
        all.push(self.manager.announce(validity, rng));
        for transaction in &all {
            self.network.submit(0, transaction.to_bytes());
        }
        for transaction in &all {
            assert_eq!(self.commit(transaction), Ok(()));
        }
    }

    pub fn now(&self) -> Time {
        self.network.now()
    }

    pub fn validity(&self) -> Validity<'static> {
        Validity { chain: CHAIN, until: self.now() + HOUR }
    }

    pub fn ledger(&self) -> &Ledger {
        self.network.application(self.network.honest()[0])
    }

    pub fn state(&self) -> State {
        self.ledger().state().clone()
    }

    /// Brings a transaction to consensus; what the contract says of it.
    pub fn commit(&mut self, transaction: &Transaction) -> Result<(), Rule> {
        if self.ledger().find(&transaction.id()).is_none() {
            let at = self.network.honest()[0];
            self.network.commit(at, transaction.to_bytes()).unwrap();
        }
        let (_, entry) = self.ledger().find(&transaction.id()).unwrap();
        entry.rejected_by.map_or(Ok(()), Err)
    }

    /// The keeper at work for somebody.
    pub fn serve(&self, fetch: &Fetch, object: &mut dyn Write) -> Result<(), ProtocolError> {
        self.keeper.serve(self.ledger().state(), fetch, self.now(), object)
    }

    /// A doctor seals, stores and indexes a file for a patient.
    pub fn seal(&mut self, doctor: usize, patient: usize, file: &[u8], name: &str) -> Sealed {
        let doctor = &self.doctors[doctor];
        let introduction = self.patients[patient].introduce(&doctor.verifying_key(), self.now());
        let centre = self.centre.verifying_key();
        let key = doctor.check_introduction(&introduction, &centre, self.now()).unwrap();
        let record = Record::scan(&mut Cursor::new(file), name).unwrap();
        let locks = self.authority.locks(&self.policies).unwrap();
        let rng = &mut self.rng;
        let sealed = doctor
            .seal(&record, &mut Cursor::new(file), (&introduction, &key), &locks, rng)
            .unwrap();
        let terms = doctor.terms(&record).unwrap();
        let index = doctor.batch_index(&terms, &sealed, &introduction, rng).unwrap();
        for (name, mut object) in sealed.objects().unwrap() {
            let state = self.network.application(0).state();
            self.keeper.upload(state, &doctor.offer(&name), &mut object).unwrap();
        }
        Sealed { sealed, introduction, index }
    }

    /// Brings a sealed record onto the ledger.
    pub fn publish_sealed(
        &mut self,
        doctor: usize,
        patient: usize,
        institution: usize,
        record: Sealed,
    ) -> Transaction {
        let validity = self.validity();
        let (doctor, institution) = (&self.doctors[doctor], &self.institutions[institution]);
        let Sealed { sealed, introduction, index } = record;
        let hospital = institution.verifying_key();
        let draft =
            doctor.draft_record(validity, &sealed, index, &introduction, hospital, &mut self.rng);
        let signature = institution.countersign(&draft, self.ledger().state()).unwrap();
        let current = self.authority.locks(&self.policies).unwrap();
        let consent = self.patients[patient].consent(&draft, &sealed, &current).unwrap();
        let transaction = doctor.publish(draft, signature, consent);
        assert_eq!(self.commit(&transaction), Ok(()));
        transaction
    }

    /// From the file to the ledger.
    pub fn publish(&mut self, doctor: usize, patient: usize, file: &[u8], name: &str) -> Digest {
        let sealed = self.seal(doctor, patient, file, name);
        self.publish_sealed(doctor, patient, 0, sealed).id()
    }

    /// Everything of these records for a week, searched by the stroke.
    pub fn terms(&self, records: &[Digest]) -> Terms {
        Terms {
            records: records.to_vec(),
            classes: Class::ALL.to_vec(),
            search: vec![stroke()],
            proxy: self.proxies[0].verifying_key(),
            from: self.now() - HOUR,
            until: self.now() + 7 * DAY,
        }
    }

    /// Ada's grant to doctor B on the ledger, its delivery still under way.
    pub fn grant_undelivered(&mut self, terms: &Terms) -> (Transaction, Delivery, Ticket) {
        let (validity, state) = (self.validity(), self.state());
        let reader = state.party(&self.doctors[B].verifying_key()).unwrap();
        let patient = &self.patients[ADA];
        let made = patient.grant(validity, &state, reader, terms, &mut self.rng).unwrap();
        assert_eq!(self.commit(&made.0), Ok(()));
        made
    }

    /// Ada's grant to doctor B, delivered to the first proxy.
    pub fn grant(&mut self, terms: &Terms) -> Ticket {
        let (_, delivery, ticket) = self.grant_undelivered(terms);
        let state = self.state();
        self.proxies[0].accept(&state, delivery).unwrap();
        ticket
    }

    /// A doctor's request, and what the contract says.
    pub fn request(&mut self, doctor: usize, record: Digest, basis: Basis) -> Result<Digest, Rule> {
        let validity = self.validity();
        let request = self.doctors[doctor].request(validity, record, basis, &mut self.rng);
        self.commit(&request).map(|()| request.id())
    }

    /// Doctor B's request under a ticket.
    pub fn request_granted(&mut self, record: Digest, ticket: &Ticket) -> Digest {
        self.request(B, record, Basis::Grant(*ticket.grant())).unwrap()
    }

    pub fn reencrypt(
        &mut self,
        request: &Digest,
    ) -> Result<Vec<SectionReEncryption>, ProtocolError> {
        let (state, now, mut rng) = (self.state(), self.now(), self.rng.clone());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| self.serve(fetch, object);
        let outcome = self.proxies[0].reencrypt(&state, request, fetcher, now, &mut rng);
        self.rng = rng;
        outcome
    }

    pub fn open_granted(
        &self,
        doctor: usize,
        request: &Digest,
        ticket: &Ticket,
        work: &[SectionReEncryption],
    ) -> Result<(Opened, Vec<u8>), ProtocolError> {
        let view = (&self.state(), self.now());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| self.serve(fetch, object);
        let mut output = Cursor::new(Vec::new());
        let doctor = &self.doctors[doctor];
        let opened = doctor.open_granted(view, request, ticket, work, fetcher, &mut output)?;
        Ok((opened, output.into_inner()))
    }

    pub fn open_by_policy(
        &self,
        doctor: usize,
        request: &Digest,
        class: Class,
    ) -> Result<(Opened, Vec<u8>), ProtocolError> {
        let view = (&self.state(), self.now());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| self.serve(fetch, object);
        let mut output = Cursor::new(Vec::new());
        let doctor = &self.doctors[doctor];
        let opened = doctor.open_by_policy(view, request, class, fetcher, &mut output)?;
        Ok((opened, output.into_inner()))
    }

    /// What the store holds under a name, whoever asks.
    pub fn stored(&self, name: &Cid) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.keeper.store().read(name, &mut bytes).unwrap();
        bytes
    }

    /// The envelope of a record, found by its patient.
    pub fn envelope(&self, record: &Digest) -> (Cid, Envelope) {
        let hits = self.patients.iter().flat_map(|patient| patient.find(self.ledger().state()));
        let location = hits.into_iter().find(|hit| hit.record == *record).unwrap().location;
        (location, Envelope::from_bytes(&self.stored(&location)).unwrap())
    }

    /// The name of a section's ciphertext.
    pub fn ciphertext(&self, record: &Digest, class: Class) -> Cid {
        let (_, envelope) = self.envelope(record);
        let found = envelope.sections.iter().find(|(other, _)| *other == class).unwrap();
        store::cid_of_digest(&found.1)
    }

    /// The file of an object's first chunk.
    pub fn chunk_file(&self, object: &Cid) -> std::path::PathBuf {
        let store = self.keeper.store();
        store.block_path(&store.chunks(object).unwrap()[0])
    }
}

/// The plaintext of a section, out of its file.
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
