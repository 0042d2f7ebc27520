//! Attacks that need private fields: altered deliveries, tickets and sealed records.
#![forbid(unsafe_code)]

mod consent;
mod lengths;
mod messages;
mod release;
mod storage;

use super::deliveries::Deliveries;
use super::seal::{NamedObject, name_of};
use super::*;
use crate::algebra::codec::{self, Canonical};
use crate::algebra::{G2, Scalar, Secret, random_bytes};
use crate::consensus::{
    Application, Certificate, Config, Decision, Digest, Format, Location, Member, Parameters,
    Phase, ProposalContext,
};
use crate::ledger::{
    AccessAction, Action, Basis, Draft, EPOCH, GrantAction, Ledger, Receipt, Rule, State, Time,
    Transaction, Validity,
};
use crate::pre::conditional::{InvalidReEncryption, InvalidReKey, ReKey};
use crate::record::{Class, Record};
use crate::sign::{InvalidSignature, SigningKey, VerifyingKey};
use crate::store::{Cid, DirectoryStore};
use crate::{abe, peks, pre};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::cell::RefCell;
use std::io::{Cursor, Write};

pub(super) const CHAIN: &str = "test";
const NOW: Time = 1_000_000_000;
const VALIDITY: Validity<'static> = Validity { chain: CHAIN, until: NOW + 1000 };
/// The greatest length of an opened record.
const LIMIT: u64 = 1 << 20;
const FILE: &[u8] = br#"{"resourceType": "Bundle", "entry": [
    {"resource": {"resourceType": "Patient"}}, {"resource": {"resourceType": "Condition"}}]}"#;

/// All roles, a store, and a ledger without consensus.
pub(super) struct World {
    pub(super) rng: ChaCha20Rng,
    pub(super) ledger: Ledger,
    pub(super) patient: Patient,
    pub(super) author: Doctor,
    pub(super) reader: Doctor,
    pub(super) keeper: StoreKeeper<DirectoryStore>,
    centre: RegistrationCentre,
    authority: AttributeAuthority,
    institution: Institution,
    proxy: Proxy,
    config: Config,
    _folder: tempfile::TempDir,
    /// The source of [`World::fork`].
    forks: RefCell<ChaCha20Rng>,
}

impl World {
    pub(super) fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let centre = RegistrationCentre::new(&mut rng);
        let (until, r) = (NOW + EPOCH, &mut rng);
        let patient = Patient::register("Ada Byron", until, &centre, r).unwrap();
        let author = Doctor::register("Dr. Ruiz", until, &centre, r).unwrap();
        let reader = Doctor::register("Dr. Bose", until, &centre, r).unwrap();
        let institution = Institution::register("Hospital", until, &centre, r).unwrap();
        let proxy = Proxy::register("Proxy", until, &centre, r).unwrap();
        let member = |id| Member {
            id,
            key: SigningKey::generate(r).verifying_key(),
            location: Location::default(),
            rating: 0,
        };
        let members = (0..4).map(member).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self {
            ledger: Ledger::new(CHAIN, centre.verifying_key()),
            authority: AttributeAuthority::new(centre.verifying_key(), &mut rng),
            keeper: StoreKeeper::new(
                DirectoryStore::open(folder.path()).unwrap(),
                SigningKey::generate(&mut rng).verifying_key(),
            ),
            config: Config::new(Parameters::new(CHAIN), members).unwrap(),
            _folder: folder,
            forks: RefCell::new(ChaCha20Rng::seed_from_u64(2)),
            rng,
            patient,
            author,
            reader,
            centre,
            institution,
            proxy,
        };
        let r = &mut world.rng;
        let validity = Validity { chain: CHAIN, until };
        let announced = [
            world.author.announce(validity, r),
            world.reader.announce(validity, r),
            world.institution.announce(validity, r),
            world.proxy.announce(validity, r),
        ];
        for transaction in announced {
            assert_eq!(world.commit(&transaction), None);
        }
        world
    }

    /// Returns a fresh generator, for steps that borrow the parties.
    fn fork(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(random_bytes(&mut *self.forks.borrow_mut()))
    }

    pub(super) fn state(&self) -> State {
        self.ledger.state().clone()
    }

    fn view(&self) -> LedgerView<'_> {
        LedgerView { state: self.ledger.state(), now: NOW }
    }

    fn commit(&mut self, transaction: &Transaction) -> Option<Rule> {
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
        assert_eq!(Ok(self.ledger.state().root()), self.ledger.state().root_of_entries());
        self.ledger.persist(&[]).unwrap();
        self.ledger.entry(&transaction.id()).unwrap().unwrap().rejected_by
    }

    /// The introduction of the patient to the author.
    fn introduce(&mut self) -> Introduction {
        let (author, rng) = (self.author.certificate(), &mut self.fork());
        let message = self.patient.introduce(self.view(), author, rng).unwrap();
        self.author.receive_introduction(self.view(), &message).unwrap()
    }

    fn seal(&mut self) -> (SealedRecord, Introduction, Vec<Vec<u8>>) {
        self.seal_under(&self.epoch_policies())
    }

    fn seal_under(
        &mut self,
        current: &EpochPolicies,
    ) -> (SealedRecord, Introduction, Vec<Vec<u8>>) {
        let introduction = self.introduce();
        let record = Record::scan(&mut Cursor::new(FILE), "x.json").unwrap();
        let rng = &mut self.rng;
        let (file, author) = (&mut Cursor::new(FILE), &self.author);
        let sealed = author.seal(&record, file, &introduction, current, rng).unwrap();
        let at = (CHAIN, &self.keeper.verifying_key());
        for Object { name, length, mut bytes } in sealed.objects().unwrap() {
            let offer = author.offer(at, sealed.record_id(), (&name, length), NOW);
            self.keeper.upload(self.view(), &offer, &mut bytes).unwrap();
        }
        let index = self.index(&sealed, &introduction);
        (sealed, introduction, index)
    }

    /// The terms of [`FILE`].
    fn terms(&self) -> Vec<SearchTerm> {
        self.author.terms(&Record::scan(&mut Cursor::new(FILE), "x.json").unwrap()).unwrap()
    }

    fn index(&mut self, sealed: &SealedRecord, introduction: &Introduction) -> Vec<Vec<u8>> {
        let (terms, rng) = (self.terms(), &mut self.rng);
        self.author.batch_index(&terms, sealed, introduction, rng).unwrap()
    }

    fn store(&self, sealed: &SealedRecord, bytes: &[u8]) {
        let (at, length) = ((CHAIN, &self.keeper.verifying_key()), bytes.len() as u64);
        let offer = self.author.offer(at, sealed.record_id(), (&name_of(bytes), length), NOW);
        self.keeper.upload(self.view(), &offer, &mut &bytes[..]).unwrap();
    }

    fn draft(
        &mut self,
        (sealed, introduction, index): (&SealedRecord, &Introduction, Vec<Vec<u8>>),
    ) -> Draft {
        let hospital = self.institution.verifying_key();
        self.author.draft_record(VALIDITY, sealed, index, introduction, hospital, &mut self.rng)
    }

    fn epoch_policies(&self) -> EpochPolicies {
        self.authority.epoch_policies(&Policies::uniform("neurology".parse().unwrap())).unwrap()
    }

    pub(super) fn publish(&mut self) -> Digest {
        let (mut sealed, introduction, index) = self.seal();
        let draft = self.draft((&sealed, &introduction, index));
        let hospital = self.institution.countersign(&draft, self.view()).unwrap();
        let request = self.request_consent(&draft, &mut sealed, &introduction).unwrap();
        let consent = self.receive(&request, &sealed).unwrap();
        let transaction = self.author.publish(draft, &hospital, &consent).unwrap();
        assert_eq!(self.commit(&transaction), None);
        transaction.id()
    }

    /// Publishes a record that the patient signs without any check.
    fn publish_unchecked(&mut self, sealed: &SealedRecord, introduction: &Introduction) -> Digest {
        let index = self.index(sealed, introduction);
        let draft = self.draft((sealed, introduction, index));
        let hospital = self.institution.countersign(&draft, self.view()).unwrap();
        let author = self.author.verifying_key();
        let owner = self.patient.owner_key(&author, introduction.epoch());
        let consent = Countersignature::new(&draft, &owner);
        let transaction = self.author.publish(draft, &hospital, &consent).unwrap();
        assert_eq!(self.commit(&transaction), None);
        transaction.id()
    }

    /// Terms over all classes of a record.
    fn grant_terms(&self, record: Digest) -> Terms {
        Terms {
            records: vec![record],
            later_records: false,
            classes: Class::ALL.to_vec(),
            search: vec![SearchTerm::everything()],
            proxy: self.proxy.verifying_key(),
            from: 0,
            until: NOW + EPOCH,
        }
    }

    fn grant(&mut self, record: Digest) -> (Delivery, Ticket) {
        let terms = self.grant_terms(record);
        let (rng, reader) = (&mut self.fork(), self.reader.verifying_key());
        let issued = self.patient.grant(VALIDITY, self.view(), &reader, &terms, rng).unwrap();
        assert_eq!(self.commit(&issued.transaction), None);
        let delivery = self.proxy.open_message::<Delivery>(CHAIN, &issued.delivery).unwrap();
        let delivery = delivery.authorise(|_, _| Ok::<_, Refusal>(())).unwrap();
        (delivery, self.reader.receive_ticket(self.ledger.state(), &issued.ticket).unwrap())
    }

    /// A published record with a grant whose keys the proxy has.
    fn granted(&mut self) -> (Digest, Ticket) {
        let record = self.publish();
        let (delivery, ticket) = self.grant(record);
        let state = self.state();
        self.proxy.restore(at(&state), delivery).unwrap();
        (record, ticket)
    }

    /// Requests all sections of a record.
    fn request(&mut self, record: Digest, ticket: &Ticket) -> Digest {
        let basis = Basis::Grant(*ticket.grant());
        let sections = self.ledger.state().record(&record).unwrap().unwrap().sections.len() as u8;
        let sections: Vec<u8> = (0..sections).collect();
        let request = self.reader.request(VALIDITY, (record, &sections), basis, &mut self.rng);
        assert_eq!(self.commit(&request), None);
        request.id()
    }

    /// The re-encryptions of an honest proxy for a new request.
    fn reencrypted(&mut self, record: Digest, ticket: &Ticket) -> Vec<SectionReEncryption> {
        let (request, state) = (self.request(record, ticket), self.state());
        let view = LedgerView { state: &state, now: NOW };
        let mut rng = self.fork();
        self.proxy.reencrypt(view, &request, self, &mut rng).unwrap().sections
    }

    /// The release of the proxy, as the reader receives it.
    fn release(&self, view: LedgerView<'_>, request: &Digest) -> Result<Release, ProtocolError> {
        let message = self.proxy.release(view, request, &mut self.fork())?;
        self.reader.receive_release(view.state, &message)
    }

    /// The release of a proxy that reports and signs the given sections.
    fn release_any(&mut self, request: Digest, sections: Vec<SectionReEncryption>) -> Release {
        let reencryptions = sections.iter().map(SectionReEncryption::digest).collect();
        let proxy = self.proxy.verifying_key();
        let released = AccessAction { proxy, request, reencryptions };
        let draft = Draft::new(VALIDITY, Action::Access(released.clone()), &mut self.rng);
        assert_eq!(self.commit(&draft.signed_by(&[&self.proxy.key])), None);
        Release { receipt: Receipt::issue(CHAIN, released, &self.proxy.key), sections }
    }
}

impl ObjectSource for World {
    fn keeper(&self) -> VerifyingKey {
        self.keeper.verifying_key()
    }
    fn fetch(&self, fetch: &Fetch, response: &mut dyn Write) -> Result<(), ProtocolError> {
        self.keeper.serve(self.view(), fetch, response, &mut self.fork())
    }
}

/// The view of a party with the current time.
fn at(state: &State) -> LedgerView<'_> {
    LedgerView { state, now: NOW }
}

fn other_point(rng: &mut ChaCha20Rng) -> G2 {
    G2::generator() * Scalar::random(rng)
}

/// Returns a re-encryption key with the given halves.
fn rekey(rk1: &[u8], rk2: &[u8]) -> ReKey {
    let header = [codec::VERSION, ReKey::KIND as u8];
    ReKey::from_bytes(&[&header[..], rk1, rk2].concat()).unwrap()
}

#[test]
fn a_delivery_must_match_the_commitments_of_its_grant() {
    let mut world = World::new();
    let record = world.publish();
    let (delivery, _) = world.grant(record);
    let (other, _) = world.grant(record);
    let state = world.state();
    let point = other_point(&mut world.rng).to_bytes();
    let refused = |world: &mut World, change: &dyn Fn(&mut Delivery)| {
        let mut changed = delivery.clone();
        change(&mut changed);
        world.proxy.restore(at(&state), changed).unwrap_err()
    };
    let halves = |rekey: &ReKey| {
        let bytes = rekey.to_bytes();
        (bytes[2..98].to_vec(), bytes[98..].to_vec())
    };
    let (rk1, rk2) = halves(&delivery.rekeys[0]);

    let digest = |error: ProtocolError| match error {
        ProtocolError::DigestMismatch(item) => item,
        other => panic!("{other:?}"),
    };
    let of_key = Item::ReKey;
    assert_eq!(digest(refused(&mut world, &|d| d.rekeys.swap(0, 1))), of_key);
    assert_eq!(digest(refused(&mut world, &|d| d.rekeys = other.rekeys.clone())), of_key);
    assert_eq!(digest(refused(&mut world, &|d| d.rekeys[0] = rekey(&rk1, &point))), of_key);
    let of_list = Item::ReKeys;
    assert_eq!(digest(refused(&mut world, &|d| drop(d.rekeys.pop()))), of_list);
    assert_eq!(digest(refused(&mut world, &|d| d.rekeys.push(d.rekeys[0].clone()))), of_list);
    let unregistered = *pre::keygen(&mut world.rng).0.public_key();
    assert_eq!(digest(refused(&mut world, &|d| d.patient = unregistered)), of_key);
    // The delivery of another grant under this grant's identifier.
    let renamed = refused(&mut world, &|d| *d = Delivery { grant: d.grant, ..other.clone() });
    assert_eq!(digest(renamed), Item::Trapdoors);
    let salt = Secret::new([0; 32]);
    let salted = refused(&mut world, &|d| d.salt = salt.clone());
    assert_eq!(digest(salted), Item::Trapdoors);
    // The public half matches the grant, the secret half does not.
    for rk1 in [&point[..], &halves(&other.rekeys[0]).0, &halves(&delivery.rekeys[1]).0] {
        let error = refused(&mut world, &|d| d.rekeys[0] = rekey(rk1, &rk2));
        assert!(matches!(error, ProtocolError::ReKey(InvalidReKey)), "{error:?}");
    }
    // Missing, substituted and additional trapdoors.
    let (foreign, _) = peks::keygen(&mut world.rng);
    let substitute = peks::trapdoor(&foreign, b"anything");
    for trapdoors in [vec![], vec![substitute.clone()], vec![substitute.clone(), substitute]] {
        let error = refused(&mut world, &|d| d.trapdoors = trapdoors.clone());
        assert_eq!(digest(error), Item::Trapdoors);
    }
    // The delivery of a grant that names another proxy.
    let mut second = Proxy::register("Second", NOW + EPOCH, &world.centre, &mut world.rng).unwrap();
    let outcome = second.restore(at(&state), delivery.clone());
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherProxy))), "{outcome:?}");
    assert!(world.proxy.deliveries.len() == 0);
    world.proxy.restore(at(&state), delivery).unwrap();
}

#[test]
fn an_altered_ticket_or_re_encryption_does_not_open() {
    let mut world = World::new();
    let record = world.publish();
    let (delivery, ticket) = world.grant(record);
    let (_, other) = world.grant(record);
    let request = world.request(record, &ticket);
    let state = world.state();
    world.proxy.restore(at(&state), delivery).unwrap();
    let mut rng = world.fork();
    let view = LedgerView { state: &state, now: NOW };
    let prepared = world.proxy.reencrypt(view, &request, &world, &mut rng).unwrap();
    let journal = &mut Vec::new();
    let access = world.proxy.report(VALIDITY, view, prepared, journal, &mut rng).unwrap();
    assert_eq!(world.commit(&access), None);
    let state = world.state();
    let view = LedgerView { state: &state, now: NOW };
    let release = world.release(view, &request).unwrap();
    let open = |ticket: &Ticket| {
        let mut output = Cursor::new(Vec::new());
        world
            .reader
            .open_granted(
                view,
                &request,
                (ticket, &release),
                &world,
                Output::new(&mut output, LIMIT),
                &mut world.fork(),
            )
            .map(|_| output.into_inner())
    };
    assert_eq!(open(&ticket).unwrap(), FILE);

    let unregistered = *pre::keygen(&mut rng).0.public_key();
    let changed = [
        Ticket { rk2: vec![other_point(&mut rng); 3], ..ticket.clone() },
        Ticket { rk2: other.rk2.clone(), ..ticket.clone() },
        Ticket { rk2: ticket.rk2.iter().rev().copied().collect(), ..ticket.clone() },
        Ticket { rk2: vec![], ..ticket.clone() },
        Ticket { patient: unregistered, ..ticket.clone() },
    ];
    for ticket in &changed {
        let error = open(ticket).unwrap_err();
        assert!(matches!(error, ProtocolError::DigestMismatch(Item::ReKey)), "{error:?}");
    }
    // The ledger has no request under the other grant.
    let renamed = Ticket { grant: *other.grant(), ..ticket.clone() };
    assert!(matches!(open(&renamed), Err(ProtocolError::Refused(Refusal::NotRequested))));
}

/// The query manager authenticates the whole query.
#[test]
fn the_signature_of_a_forwarded_query_covers_the_query() {
    let mut world = World::new();
    let manager =
        QueryManager::register("Manager", NOW + EPOCH, &world.centre, &mut world.rng).unwrap();
    let announced = manager.announce(VALIDITY, &mut world.rng);
    assert_eq!(world.commit(&announced), None);
    let introduction = world.patient.introduction(&world.reader.verifying_key(), NOW);
    let mut rng = world.rng.clone();
    let mut ask = |purpose: &str| {
        let contents =
            QueryContents { terms: vec![], classes: vec![], purpose: purpose.to_owned() };
        world.reader.ask(CHAIN, &introduction, &contents, NOW, &mut rng).unwrap()
    };
    let forwarded = manager.forward(world.view(), &ask("treatment")).unwrap();
    assert!(world.patient.receive(world.view(), &forwarded).is_ok());
    // The reader has signed the other query, and the manager has not seen it.
    let replaced = forwarded.with_query(ask("research"));
    let outcome = world.patient.receive(world.view(), &replaced);
    let expected = ProtocolError::Signature(Item::ForwardedQuery, InvalidSignature);
    assert_eq!(outcome.unwrap_err().to_string(), expected.to_string());
}

/// The signatures do not suffice: the envelope must list the ciphertexts on the ledger.
#[test]
fn an_envelope_that_lists_other_ciphertexts_is_rejected() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index));
    assert!(world.consent(&draft, &sealed).is_ok(), "the patient learns the classes");
    let mut envelope = Envelope::from_bytes(&sealed.envelope.bytes).unwrap();
    envelope.sections.swap(0, 1);
    let changed = NamedObject::new(envelope.to_bytes());
    world.store(&sealed, &changed.bytes);
    let honest = std::mem::replace(&mut sealed.envelope, changed);
    let record = world.publish_unchecked(&sealed, &introduction);
    let (delivery, ticket) = world.grant(record);
    let (request, state) = (world.request(record, &ticket), world.state());
    let view = LedgerView { state: &state, now: NOW };
    // The wrapped keys name the honest envelope, the ledger commits to the other one.
    let hit = Hit { record, location: honest.name };
    let (output, rng) = (&mut Cursor::new(vec![]), &mut world.fork());
    let output = Output::new(output, LIMIT);
    let error = world.patient.open(view, &hit, &world, output, rng).unwrap_err();
    assert!(matches!(error, ProtocolError::DigestMismatch(Item::EnvelopeName)), "{error:?}");
    // The index leads the proxy to the other envelope, which is stored under its name.
    world.proxy.restore(at(&state), delivery).unwrap();
    let mut rng = world.fork();
    let error = world.proxy.reencrypt(view, &request, &world, &mut rng).unwrap_err();
    assert!(matches!(error, ProtocolError::DigestMismatch(Item::Envelope)), "{error:?}");
}
