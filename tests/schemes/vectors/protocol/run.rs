//! One run of the sharing protocol over the public interface, on a ledger without consensus.

use super::formulas::{self, inner};
use crate::algebra::encodings::protocol::Keeping;
use epione::abe;
use epione::algebra::codec::Canonical;
use epione::consensus::{
    Application, Certificate, Config, Decision, Digest, Format, Location, Member, Parameters,
    Phase, ProposalContext,
};
use epione::ledger::{
    self, Action, Basis, Draft, EPOCH, EvidenceAction, Ledger, Receipt, RecordAction, Time,
    Transaction, Validity,
};
use epione::protocol::{
    AttributeAuthority, Doctor, Enrolment, EpochPolicies, FetchBasis, ForwardedQuery, Institution,
    Introduction, KeeperLink, LedgerView, Object, Patient, PendingFetch, Policies, PreparedAccess,
    Proxy, Query, QueryContents, QueryManager, RegistrationCentre, SealedMessage, SealedRecord,
    SearchRequest, SearchTerm, StoreKeeper, Terms, Upload,
};
use epione::record::{Class, Record};
use epione::sign::{SigningKey, VerifyingKey};
use epione::store::{Cid, DirectoryStore};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::io::{Cursor, Write};

pub(crate) const CHAIN: &str = "vectors";
pub(crate) const NOW: Time = 1_796_115_600_000;
pub(crate) const UNTIL: Time = NOW + EPOCH;
pub(crate) const VALIDITY: Validity<'static> = Validity { chain: CHAIN, until: NOW + 60_000 };
const FILE: &[u8] = br#"{"resourceType": "Bundle", "entry": [
    {"resource": {"resourceType": "Patient", "gender": "female"}},
    {"resource": {"resourceType": "Condition", "code": {"coding": [
        {"system": "http://snomed.info/sct", "code": "230690007"}]}}}]}"#;

/// The secrets of a party, read from its encoding.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    pub(crate) signing: [u8; 32],
    pub(crate) hpke: [u8; 32],
    /// The re-encryption exponent of patients and doctors; other bytes of other parties.
    pub(crate) pre: [u8; 32],
}

/// The 32 bytes at an offset.
pub(crate) fn bytes_at(bytes: &[u8], offset: usize) -> [u8; 32] {
    bytes[offset..offset + 32].try_into().unwrap()
}

impl Keys {
    pub(crate) fn of(party: &impl Canonical) -> Self {
        let bytes = party.to_bytes();
        let [signing, hpke, pre] = [2, 34, 66].map(|offset| bytes_at(&bytes, offset));
        Self { signing, hpke, pre }
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        formulas::public_key(&self.signing)
    }
}

/// A section of the sealed record, as it is stored.
pub(crate) struct StoredSection {
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) for_patient: Vec<u8>,
    pub(crate) for_policy: Vec<u8>,
    pub(crate) for_author: Vec<u8>,
}

/// A fetch, the seed of its response key, and the response.
pub(crate) struct Fetched {
    pub(crate) seed: [u8; 32],
    pub(crate) pending: PendingFetch,
    pub(crate) response: Vec<u8>,
}

/// The parties, and everything that they exchanged.
pub(crate) struct Run {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) ledger: Ledger,
    pub(crate) centre: Keeping,
    pub(crate) authority: AttributeAuthority,
    pub(crate) patient: Patient,
    pub(crate) author: Doctor,
    pub(crate) reader: Doctor,
    pub(crate) institution: Institution,
    pub(crate) manager: QueryManager,
    pub(crate) proxy: Proxy,
    pub(crate) keeper: StoreKeeper<DirectoryStore>,
    pub(crate) enrolments: Vec<Enrolment>,
    pub(crate) registrations: Vec<Transaction>,
    config: Config,
    _folder: tempfile::TempDir,
}

/// A published record.
pub(crate) struct Published {
    pub(crate) message: SealedMessage,
    pub(crate) introduction: Introduction,
    pub(crate) policies: EpochPolicies,
    pub(crate) sections: Vec<StoredSection>,
    pub(crate) envelope: Vec<u8>,
    pub(crate) terms: Vec<SearchTerm>,
    pub(crate) transaction: Transaction,
    pub(crate) uploads: Vec<(Upload, Cid, u64)>,
}

impl Published {
    pub(crate) fn record(&self) -> &RecordAction {
        let Action::Record(record) = self.transaction.action() else { panic!("not a record") };
        record
    }
}

/// A query on its way to the patient.
pub(crate) struct Asked {
    pub(crate) contents: QueryContents,
    pub(crate) query: Query,
    pub(crate) forwarded: ForwardedQuery,
}

/// A grant with its messages, the request under it, and what was released.
pub(crate) struct Shared {
    pub(crate) transaction: Transaction,
    pub(crate) delivery: SealedMessage,
    pub(crate) ticket: SealedMessage,
    /// The shared record.
    pub(crate) record: Digest,
    /// A first search, and one after the record.
    pub(crate) searches: [SearchRequest; 2],
    pub(crate) request: Transaction,
    pub(crate) prepared: PreparedAccess,
    pub(crate) access: Transaction,
    pub(crate) release: SealedMessage,
    pub(crate) fetched: Vec<Fetched>,
}

impl Run {
    pub(crate) fn new(mut rng: ChaCha20Rng) -> Self {
        let r = &mut rng;
        let centre = Keeping::new(RegistrationCentre::new(r));
        let mut enrolments = Vec::new();
        let mut enrolled = || enrolments.push(centre.last.take().unwrap());
        let patient = Patient::register("Ada Byron", UNTIL, &centre, r).unwrap();
        enrolled();
        let author = Doctor::register("Dr. Ruiz", UNTIL, &centre, r).unwrap();
        enrolled();
        let mut reader = Doctor::register("Dr. Bose", UNTIL, &centre, r).unwrap();
        enrolled();
        let institution = Institution::register("Hospital", UNTIL, &centre, r).unwrap();
        enrolled();
        let manager = QueryManager::register("Query manager", UNTIL, &centre, r).unwrap();
        enrolled();
        let proxy = Proxy::register("Proxy", UNTIL, &centre, r).unwrap();
        enrolled();
        let centre_key = centre.centre.verifying_key();
        let mut authority = AttributeAuthority::new(centre_key, r);
        let attributes = "doctor, neurology".parse().unwrap();
        let key = authority.issue(reader.certificate(), &attributes, NOW).unwrap();
        reader.receive_attributes(authority.parameters().clone(), key);
        let member = |id| Member {
            id,
            key: SigningKey::generate(r).verifying_key(),
            location: Location::default(),
            rating: 0,
        };
        let config = Config::new(Parameters::new(CHAIN), (0..4).map(member).collect()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path()).unwrap();
        let keeper = StoreKeeper::new(store, SigningKey::generate(r).verifying_key());
        let validity = Validity { chain: CHAIN, until: UNTIL };
        let registrations = vec![
            author.announce(validity, r),
            reader.announce(validity, r),
            institution.announce(validity, r),
            manager.announce(validity, r),
            proxy.announce(validity, r),
        ];
        let ledger = Ledger::new(CHAIN, centre_key);
        let mut run = Self {
            rng,
            ledger,
            centre,
            authority,
            patient,
            author,
            reader,
            institution,
            manager,
            proxy,
            keeper,
            enrolments,
            registrations,
            config,
            _folder: folder,
        };
        run.registrations.clone().iter().for_each(|transaction| run.commit(transaction));
        run
    }

    pub(crate) fn view(&self) -> LedgerView<'_> {
        LedgerView { state: self.ledger.state(), now: NOW }
    }

    /// Commits a transaction that the contract must accept.
    pub(crate) fn commit(&mut self, transaction: &Transaction) {
        let height = self.ledger.height() + 1;
        let context = ProposalContext {
            height,
            view: 0,
            leader: 0,
            parent: [0; 32],
            parent_certificate: None,
            time: NOW,
            config: &self.config,
        };
        let request = transaction.to_bytes();
        let decoded = self.ledger.format().decode_request(&request).unwrap();
        let value = self.ledger.propose(&context, &[(&request, decoded)]);
        let (_, block) = self.ledger.format().decode(&value).unwrap();
        // The ledger does not verify the certificate.
        let certificate = Certificate {
            phase: Phase::Commit,
            group: 0,
            height,
            view: 0,
            digest: [0; 32],
            signatures: vec![],
        };
        self.ledger.apply(height, block, &Decision { value, certificate });
        let entry = self.ledger.entry(&transaction.id()).unwrap().unwrap();
        assert_eq!(entry.rejected_by, None);
    }

    /// Publishes a record, from the introduction to its transaction.
    pub(crate) fn publish(&mut self) -> Published {
        let mut rng = self.rng.clone();
        let author = self.author.certificate();
        let message = self.patient.introduce(self.view(), author, &mut rng).unwrap();
        let introduction = self.author.receive_introduction(self.view(), &message).unwrap();
        let policies = Policies::uniform("doctor and neurology".parse().unwrap())
            .with(Class::Identity, "doctor".parse().unwrap());
        let policies = self.authority.epoch_policies(&policies).unwrap();
        let record = Record::scan(&mut Cursor::new(FILE), "stroke.json").unwrap();
        let terms = self.author.terms(&record).unwrap();
        let (sealed, transaction) =
            self.seal_and_sign(&record, &introduction, &policies, &terms, &mut rng);
        let (sections, envelope) = stored(&sealed);
        let at = (CHAIN, &self.keeper.verifying_key());
        let upload = |mut object: Object<'_>| {
            let offered = (&object.name, object.length);
            let upload = self.author.offer(at, sealed.record_id(), offered, NOW);
            self.keeper.upload(self.view(), &upload, &mut object.bytes).unwrap();
            (upload, object.name, object.length)
        };
        let uploads = sealed.objects().unwrap().into_iter().map(upload).collect();
        self.rng = rng;
        self.commit(&transaction);
        Published {
            message,
            introduction,
            policies,
            sections,
            envelope,
            terms,
            transaction,
            uploads,
        }
    }

    /// Seals a record, and has institution and patient sign it.
    fn seal_and_sign(
        &mut self,
        record: &Record,
        introduction: &Introduction,
        policies: &EpochPolicies,
        terms: &[SearchTerm],
        rng: &mut ChaCha20Rng,
    ) -> (SealedRecord, Transaction) {
        let (author, file) = (&self.author, &mut Cursor::new(FILE));
        let mut sealed = author.seal(record, file, introduction, policies, rng).unwrap();
        let index = author.batch_index(terms, &sealed, introduction, rng).unwrap();
        let hospital = self.institution.verifying_key();
        let draft = author.draft_record(VALIDITY, &sealed, index, introduction, hospital, rng);
        let view = LedgerView { state: self.ledger.state(), now: NOW };
        let hospital = self.institution.countersign(&draft, view).unwrap();
        let request = author.request_consent(view, &draft, &mut sealed, introduction, terms, rng);
        let consent = self.patient.consent(view, &request.unwrap(), &sealed, policies).unwrap();
        let transaction = author.publish(draft, &hospital, &consent).unwrap();
        (sealed, transaction)
    }

    /// Sends a query of the reader to the patient.
    pub(crate) fn ask(&mut self) -> Asked {
        let mut rng = self.rng.clone();
        let reader = self.reader.certificate();
        let message = self.patient.introduce(self.view(), reader, &mut rng).unwrap();
        let introduction = self.reader.receive_introduction(self.view(), &message).unwrap();
        let contents = QueryContents {
            terms: vec![SearchTerm::everything(), SearchTerm::new("type", "Condition")],
            classes: vec![Class::Clinical, Class::Identity],
            purpose: "treatment".to_owned(),
        };
        let query = self.reader.ask(CHAIN, &introduction, &contents, NOW, &mut rng).unwrap();
        let forwarded = self.manager.forward(self.view(), &query).unwrap();
        assert!(self.patient.receive(self.view(), &forwarded).unwrap() == contents);
        self.rng = rng;
        Asked { contents, query, forwarded }
    }

    /// Shares all sections of a record with the reader.
    pub(crate) fn share(&mut self, published: &Published) -> Shared {
        let mut rng = self.rng.clone();
        let record = published.transaction.id();
        let terms = Terms {
            records: vec![record],
            later_records: false,
            classes: Class::ALL.to_vec(),
            search: published.terms[..2].to_vec(),
            proxy: self.proxy.verifying_key(),
            from: NOW,
            until: NOW + EPOCH / 2,
        };
        let reader = self.reader.verifying_key();
        let issued = self.patient.grant(VALIDITY, self.view(), &reader, &terms, &mut rng).unwrap();
        self.commit(&issued.transaction);
        let view = LedgerView { state: self.ledger.state(), now: NOW };
        self.proxy.accept(view, &issued.delivery).unwrap();
        self.reader.receive_ticket(self.ledger.state(), &issued.ticket).unwrap();
        let grant = issued.transaction.id();
        let proxy = self.proxy.verifying_key();
        let mut search =
            |after| self.reader.request_search((CHAIN, &proxy), (&grant, after), NOW, &mut rng);
        let searches = [search(None), search(Some(record))];
        let found = searches.each_ref().map(|search| self.proxy.search(self.view(), search));
        assert_eq!(found.map(|answer| answer.unwrap().hits.len()), [1, 0]);
        let sections: Vec<u8> = (0..published.sections.len() as u8).collect();
        let basis = Basis::Grant(grant);
        let request = self.reader.request(VALIDITY, (record, &sections), basis, &mut rng);
        self.commit(&request);
        let (prepared, access) = self.reencrypt(&request.id(), &mut rng);
        self.commit(&access);
        let release = self.proxy.release(self.view(), &request.id(), &mut rng).unwrap();
        self.reader.receive_release(self.ledger.state(), &release).unwrap();
        let by_request = FetchBasis::Request(request.id());
        let ciphertext = formulas::cid(&published.sections[0].ciphertext);
        let envelope = formulas::cid(&published.envelope);
        let fetched = vec![
            self.fetch(&self.reader, &ciphertext, by_request, &mut rng),
            self.fetch(&self.author, &envelope, FetchBasis::Own(record), &mut rng),
        ];
        self.rng = rng;
        Shared {
            transaction: issued.transaction,
            delivery: issued.delivery,
            ticket: issued.ticket,
            record,
            searches,
            request,
            prepared,
            access,
            release,
            fetched,
        }
    }

    fn reencrypt(
        &mut self,
        request: &Digest,
        rng: &mut ChaCha20Rng,
    ) -> (PreparedAccess, Transaction) {
        let state = self.ledger.state().clone();
        let view = LedgerView { state: &state, now: NOW };
        let keeper = &self.keeper;
        let objects = KeeperLink {
            keeper: keeper.verifying_key(),
            fetch: |fetch: &epione::protocol::Fetch, response: &mut dyn Write| {
                keeper.serve(view, fetch, response, &mut ChaCha20Rng::seed_from_u64(0))
            },
        };
        let prepared = self.proxy.reencrypt(view, request, &objects, rng).unwrap();
        let journal = &mut Vec::new();
        let access = self.proxy.report(VALIDITY, view, prepared.clone(), journal, rng).unwrap();
        (prepared, access)
    }

    fn fetch(
        &self,
        doctor: &Doctor,
        name: &Cid,
        basis: FetchBasis,
        rng: &mut ChaCha20Rng,
    ) -> Fetched {
        // The seed of the response key is drawn first.
        let seed = crate::vectors::format::draw(&mut rng.clone());
        let keeper = self.keeper.verifying_key();
        let pending = doctor.fetch((CHAIN, &keeper), (name, basis), NOW, rng);
        let mut response = Vec::new();
        self.keeper.serve(self.view(), pending.fetch(), &mut response, rng).unwrap();
        Fetched { seed, pending, response }
    }

    /// Evidence that a party submits about a release of another request.
    pub(crate) fn evidence(&mut self, reporter: &Keys, receipt: Receipt) -> Transaction {
        let reporter_key = reporter.verifying_key();
        let action = Action::Evidence(EvidenceAction { reporter: reporter_key, receipt });
        let draft = Draft::new(VALIDITY, action, &mut self.rng);
        draft.signed_by(&[&formulas::signing_key(&reporter.signing)])
    }
}

/// The objects of a sealed record: per section the ciphertext and the keys wrapped for patient,
/// policy and author; the envelope last.
fn stored(sealed: &SealedRecord) -> (Vec<StoredSection>, Vec<u8>) {
    let read = |mut object: Object<'_>| {
        let mut bytes = Vec::new();
        std::io::copy(&mut object.bytes, &mut bytes).unwrap();
        bytes
    };
    let objects: Vec<Vec<u8>> = sealed.objects().unwrap().into_iter().map(read).collect();
    let (envelope, sections) = objects.split_last().unwrap();
    let section = |objects: &[Vec<u8>]| {
        let [ciphertext, for_patient, for_policy, for_author] =
            objects.to_vec().try_into().unwrap();
        StoredSection { ciphertext, for_patient, for_policy, for_author }
    };
    (sections.chunks(4).map(section).collect(), envelope.clone())
}

/// The attribute key of the reader with its parameters, as they are saved.
pub(crate) fn attribute_key(run: &Run) -> (abe::PublicParameters, abe::UserSecretKey) {
    let key = run.reader.attribute_key().unwrap();
    let key = abe::UserSecretKey::from_bytes(&key.to_bytes()).unwrap();
    (run.authority.parameters().clone(), key)
}

/// The fields of a certificate.
pub(crate) fn certificate(certificate: &ledger::Certificate) -> Vec<u8> {
    inner(&certificate.to_bytes())
}
