//! Attacks that need what only this floor can take apart: deliveries, tickets, sealed records.
#![forbid(unsafe_code)]

mod consent;

use super::*;
use crate::abe;
use crate::algebra::codec::Canonical;
use crate::algebra::{G2, Scalar};
use crate::consensus::{
    Application, Certificate, Config, Digest, Location, Member, Parameters, Phase, ProposalContext,
};
use crate::ledger::{Basis, Ledger, Rule, State, Time, Transaction, Validity};
use crate::pre::conditional::{InvalidReEncryption, InvalidReKey, ReKey};
use crate::record::{Class, Record};
use crate::sign::SigningKey;
use crate::store::{self, Cid, DirectoryStore};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::io::{Cursor, Write};

const CHAIN: &str = "desk";
const NOW: Time = 1_000_000_000;
const VALIDITY: Validity<'static> = Validity { chain: CHAIN, until: NOW + 1000 };
const FILE: &[u8] = br#"{"resourceType": "Bundle", "entry": [
    {"resource": {"resourceType": "Patient"}}, {"resource": {"resourceType": "Condition"}}]}"#;

/// All roles at one desk, with a ledger that one process writes.
pub(super) struct Desk {
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
}

impl Desk {
    pub(super) fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let centre = RegistrationCentre::new(&mut rng);
        let certify = &|enrolment: &_| centre.certify(enrolment);
        let (until, r) = (NOW + EPOCH, &mut rng);
        let patient = Patient::register("Ada", until, certify, r).unwrap();
        let author = Doctor::register("A", until, certify, r).unwrap();
        let reader = Doctor::register("B", until, certify, r).unwrap();
        let institution = Institution::register("H", until, certify, r).unwrap();
        let proxy = Proxy::register("P", until, certify, r).unwrap();
        let member = |id| Member {
            id,
            key: SigningKey::generate(r).verifying_key(),
            location: Location::default(),
            rating: 0,
        };
        let members = (0..4).map(member).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Self {
            ledger: Ledger::new(CHAIN, centre.verifying_key()),
            authority: AttributeAuthority::new(centre.verifying_key(), &mut rng),
            keeper: StoreKeeper::new(DirectoryStore::open(folder.path()).unwrap()),
            config: Config::new(Parameters::new(CHAIN), members).unwrap(),
            _folder: folder,
            rng,
            patient,
            author,
            reader,
            centre,
            institution,
            proxy,
        };
        let r = &mut desk.rng;
        let validity = Validity { chain: CHAIN, until };
        let announced = [
            desk.author.announce(validity, r),
            desk.reader.announce(validity, r),
            desk.institution.announce(validity, r),
            desk.proxy.announce(validity, r),
        ];
        for transaction in announced {
            assert_eq!(desk.commit(&transaction), None);
        }
        desk
    }

    pub(super) fn state(&self) -> State {
        self.ledger.state().clone()
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
        let value = self.ledger.propose(&context, &[transaction.to_bytes()]);
        // Nobody checks it here.
        let certificate = Certificate {
            phase: Phase::Commit,
            group: 0,
            height,
            view: 0,
            digest: [0; 32],
            signatures: vec![],
        };
        self.ledger.apply(height, &value, &certificate);
        self.ledger.find(&transaction.id()).unwrap().1.rejected_by
    }

    fn seal(&mut self) -> (SealedRecord, Introduction, Vec<Vec<u8>>) {
        self.seal_with_randomness(&self.locks())
    }

    fn seal_with_randomness(
        &mut self,
        locks: &EpochPolicies,
    ) -> (SealedRecord, Introduction, Vec<Vec<u8>>) {
        let introduction = self.patient.introduce(&self.author.verifying_key(), NOW);
        let centre = self.centre.verifying_key();
        let key = self.author.check_introduction(&introduction, &centre, NOW).unwrap();
        let record = Record::scan(&mut Cursor::new(FILE), "x.json").unwrap();
        let rng = &mut self.rng;
        let (file, author) = (&mut Cursor::new(FILE), &self.author);
        let sealed = author.seal(&record, file, (&introduction, &key), locks, rng).unwrap();
        for (name, mut object) in sealed.objects().unwrap() {
            self.keeper.upload(self.ledger.state(), &author.offer(&name), &mut object).unwrap();
        }
        let index = self.index(&sealed, &introduction);
        (sealed, introduction, index)
    }

    fn index(&mut self, sealed: &SealedRecord, introduction: &Introduction) -> Vec<Vec<u8>> {
        let (term, rng) = (SearchTerm::everything(), &mut self.rng);
        vec![self.author.index(&term, sealed, introduction, rng).unwrap()]
    }

    fn store(&self, bytes: &[u8]) -> Cid {
        let name = store::cid_of(&mut &bytes[..]).unwrap();
        let offer = self.author.offer(&name);
        self.keeper.upload(self.ledger.state(), &offer, &mut &bytes[..]).unwrap();
        name
    }

    fn draft(
        &mut self,
        (sealed, introduction, index): (&SealedRecord, &Introduction, Vec<Vec<u8>>),
    ) -> crate::ledger::Draft {
        let hospital = self.institution.verifying_key();
        self.author.draft_record(VALIDITY, sealed, index, introduction, hospital, &mut self.rng)
    }

    /// What the authority publishes.
    fn locks(&self) -> EpochPolicies {
        self.authority.locks(&Policies::uniform("neurology".parse().unwrap())).unwrap()
    }

    fn consent(
        &self,
        draft: &crate::ledger::Draft,
        sealed: &SealedRecord,
    ) -> Result<crate::sign::Signature, ProtocolError> {
        self.patient.consent(draft, sealed, &self.locks())
    }

    pub(super) fn publish(&mut self) -> Digest {
        let (sealed, introduction, index) = self.seal();
        let draft = self.draft((&sealed, &introduction, index));
        let hospital = self.institution.countersign(&draft, self.ledger.state()).unwrap();
        let consent = self.consent(&draft, &sealed).unwrap();
        let transaction = self.author.publish(draft, hospital, consent);
        assert_eq!(self.commit(&transaction), None);
        transaction.id()
    }

    fn grant(&mut self, record: Digest) -> (Delivery, Ticket) {
        let terms = Terms {
            records: vec![record],
            classes: Class::ALL.to_vec(),
            search: vec![SearchTerm::everything()],
            proxy: self.proxy.verifying_key(),
            from: 0,
            until: NOW + EPOCH,
        };
        let state = self.state();
        let reader = state.party(&self.reader.verifying_key()).unwrap();
        let rng = &mut self.rng;
        let (transaction, delivery, ticket) =
            self.patient.grant(VALIDITY, &state, reader, &terms, rng).unwrap();
        assert_eq!(self.commit(&transaction), None);
        (delivery, ticket)
    }

    fn request(&mut self, record: Digest, ticket: &Ticket) -> Digest {
        let basis = Basis::Grant(*ticket.grant());
        let request = self.reader.request(VALIDITY, record, basis, &mut self.rng);
        assert_eq!(self.commit(&request), None);
        request.id()
    }

    fn serve(&self, fetch: &Fetch, object: &mut dyn Write) -> Result<(), ProtocolError> {
        self.keeper.serve(self.ledger.state(), fetch, NOW, object)
    }
}

fn other_point(rng: &mut ChaCha20Rng) -> G2 {
    G2::generator() * Scalar::random(rng)
}

/// A key of given halves.
fn rekey(rk1: &[u8], rk2: &[u8]) -> ReKey {
    let honest_start = [crate::algebra::codec::VERSION, ReKey::KIND as u8];
    ReKey::from_bytes(&[&honest_start[..], rk1, rk2].concat()).unwrap()
}

#[test]
fn a_delivery_with_other_keys_than_granted_is_refused() {
    let mut desk = Desk::new();
    let record = desk.publish();
    let (delivery, _) = desk.grant(record);
    let (other, _) = desk.grant(record);
    let state = desk.state();
    let point = other_point(&mut desk.rng).to_bytes();
    let refused = |desk: &mut Desk, change: &dyn Fn(&mut Delivery)| {
        let mut changed = delivery.clone();
        change(&mut changed);
        desk.proxy.accept(&state, changed).unwrap_err()
    };
    let halves = |rekey: &ReKey| {
        let bytes = rekey.to_bytes();
        (bytes[2..98].to_vec(), bytes[98..].to_vec())
    };
    let (rk1, rk2) = halves(&delivery.rekeys[0]);

    let digest = |error: ProtocolError| match error {
        ProtocolError::DigestMismatch(what) => what,
        other => panic!("{other:?}"),
    };
    let of_key = "the re-encryption key";
    assert_eq!(digest(refused(&mut desk, &|d| d.rekeys.swap(0, 1))), of_key);
    assert_eq!(digest(refused(&mut desk, &|d| d.rekeys = other.rekeys.clone())), of_key);
    assert_eq!(digest(refused(&mut desk, &|d| d.rekeys[0] = rekey(&rk1, &point))), of_key);
    let of_set = "the set of re-encryption keys";
    assert_eq!(digest(refused(&mut desk, &|d| drop(d.rekeys.pop()))), of_set);
    assert_eq!(digest(refused(&mut desk, &|d| d.rekeys.push(d.rekeys[0].clone()))), of_set);
    let stranger = *crate::pre::keygen(&mut desk.rng).0.public_key();
    assert_eq!(digest(refused(&mut desk, &|d| d.patient = stranger)), of_key);
    // Another grant's delivery under this grant's name.
    let renamed = refused(&mut desk, &|d| *d = Delivery { grant: d.grant, ..other.clone() });
    assert_eq!(digest(renamed), of_key);
    // The public half is as granted, the secret half is not.
    for wrong in [&point[..], &halves(&other.rekeys[0]).0, &halves(&delivery.rekeys[1]).0] {
        let error = refused(&mut desk, &|d| d.rekeys[0] = rekey(wrong, &rk2));
        assert!(matches!(error, ProtocolError::ReKey(InvalidReKey)), "{error:?}");
    }
    assert!(desk.proxy.accepted.is_empty());
    desk.proxy.accept(&state, delivery).unwrap();
}

#[test]
fn a_ticket_with_another_key_is_refused() {
    let mut desk = Desk::new();
    let record = desk.publish();
    let (delivery, ticket) = desk.grant(record);
    let (_, other) = desk.grant(record);
    let request = desk.request(record, &ticket);
    let state = desk.state();
    desk.proxy.accept(&state, delivery).unwrap();
    let mut rng = desk.rng.clone();
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| desk.serve(fetch, object);
    let work = desk.proxy.reencrypt(&state, &request, fetcher, NOW, &mut rng).unwrap();
    let open = |ticket: &Ticket| {
        let mut output = Cursor::new(Vec::new());
        desk.reader
            .open_granted((&state, NOW), &request, ticket, &work, fetcher, &mut output)
            .map(|_| output.into_inner())
    };
    assert_eq!(open(&ticket).unwrap(), FILE);

    let stranger = *crate::pre::keygen(&mut rng).0.public_key();
    let changed = [
        Ticket { rk2: vec![other_point(&mut rng); 3], ..ticket.clone() },
        Ticket { rk2: other.rk2.clone(), ..ticket.clone() },
        Ticket { rk2: ticket.rk2.iter().rev().copied().collect(), ..ticket.clone() },
        Ticket { rk2: vec![], ..ticket.clone() },
        Ticket { patient: stranger, ..ticket.clone() },
    ];
    for ticket in &changed {
        let error = open(ticket).unwrap_err();
        let named = matches!(error, ProtocolError::DigestMismatch("the re-encryption key"));
        assert!(named, "{error:?}");
    }
    // The other grant's name on it: there is no request for that.
    let renamed = Ticket { grant: *other.grant(), ..ticket.clone() };
    assert!(matches!(open(&renamed), Err(ProtocolError::NotAuthorised(_))));
    // And a proxy with another key of its own making is found out by the reader alone.
    let foreign = work[0].reencryption.clone();
    let mut misplaced = work.clone();
    misplaced[1].reencryption = foreign;
    let output = &mut Cursor::new(Vec::new());
    let outcome =
        desk.reader.open_granted((&state, NOW), &request, &ticket, &misplaced, fetcher, output);
    assert!(matches!(outcome, Err(ProtocolError::ReEncryption(InvalidReEncryption))));
}

/// Locked under today's policy, while what goes on the ledger names another.
/// Whatever both of them signed: what is read is what the ledger lists.
#[test]
fn an_envelope_that_lists_something_else_is_not_read() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, _) = desk.seal();
    let mut envelope = Envelope::from_bytes(&sealed.envelope.1).unwrap();
    envelope.sections.swap(0, 1);
    let bytes = envelope.to_bytes();
    let honest = std::mem::replace(&mut sealed.envelope, (desk.store(&bytes), bytes));
    let index = desk.index(&sealed, &introduction);
    let draft = desk.draft((&sealed, &introduction, index));
    let hospital = desk.institution.countersign(&draft, desk.ledger.state()).unwrap();
    let author = desk.author.verifying_key();
    let consent = draft.sign(&desk.patient.owner_key(&author, introduction.epoch));
    let transaction = desk.author.publish(draft, hospital, consent);
    assert_eq!(desk.commit(&transaction), None);

    let record = transaction.id();
    let (delivery, ticket) = desk.grant(record);
    let (request, state) = (desk.request(record, &ticket), desk.state());
    // Her locks lead to the honest one, which is not that of the ledger.
    let open = |fetcher: Fetcher<'_>| {
        let hit = Hit { record, location: honest.0 };
        desk.patient.open((&state, NOW), &hit, fetcher, &mut Cursor::new(vec![])).unwrap_err()
    };
    let serve = &|fetch: &Fetch, object: &mut dyn Write| desk.serve(fetch, object);
    let error = open(serve);
    let located = matches!(error, ProtocolError::DigestMismatch("the location of the record"));
    assert!(located, "{error:?}");
    // The index leads the proxy to the other one, whose bytes are those of its name.
    desk.proxy.accept(&state, delivery).unwrap();
    let mut rng = desk.rng.clone();
    let serve = &|fetch: &Fetch, object: &mut dyn Write| desk.serve(fetch, object);
    let error = desk.proxy.reencrypt(&state, &request, serve, NOW, &mut rng).unwrap_err();
    let listed = matches!(error, ProtocolError::DigestMismatch("the record's envelope"));
    assert!(listed, "{error:?}");
}

#[test]
fn no_lock_is_read_without_end() {
    let mut desk = Desk::new();
    let hit = Hit { record: desk.publish(), location: Cid::default() };
    let endless = &|_: &Fetch, object: &mut dyn Write| loop {
        object.write_all(&[0; 1 << 16])?;
    };
    let view = (&desk.state(), NOW);
    let error = desk.patient.open(view, &hit, endless, &mut Cursor::new(vec![])).unwrap_err();
    assert!(matches!(error, ProtocolError::Io(_)), "{error:?}");
}
