//! Attacks that need what only this floor can take apart: deliveries, tickets, sealed records.
#![forbid(unsafe_code)]

use super::*;
use crate::abe;
use crate::algebra::codec::Canonical;
use crate::algebra::{G2, Scalar};
use crate::consensus::{
    Application, Certificate, Config, Digest, Location, Member, Parameters, Phase, ProposalContext,
};
use crate::ledger::{Basis, Ledger, Rule, State, Time, Transaction};
use crate::pre::conditional::{InvalidReEncryption, InvalidReKey, ReKey};
use crate::record::{Class, Record};
use crate::sign::SigningKey;
use crate::store::DirectoryStore;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::io::{Cursor, Write};

const CHAIN: &str = "desk";
const NOW: Time = 1_000_000_000;
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
        let announced = [
            desk.author.announce(CHAIN, until, r),
            desk.reader.announce(CHAIN, until, r),
            desk.institution.announce(CHAIN, until, r),
            desk.proxy.announce(CHAIN, until, r),
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
        self.ledger.find(&transaction.id()).unwrap().1.refused
    }

    fn seal(&mut self) -> (SealedRecord, Introduction, Vec<Vec<u8>>) {
        self.seal_with(&self.locks())
    }

    fn seal_with(&mut self, locks: &PolicyLocks) -> (SealedRecord, Introduction, Vec<Vec<u8>>) {
        let introduction = self.patient.introduce(&self.author.verifying_key(), NOW);
        let centre = self.centre.verifying_key();
        let key = self.author.check_introduction(&introduction, &centre, NOW).unwrap();
        let record = Record::scan(&mut Cursor::new(FILE), "x.json").unwrap();
        let rng = &mut self.rng;
        let (file, author) = (&mut Cursor::new(FILE), &self.author);
        let sealed = author.seal(&record, file, (&introduction, &key), locks, rng).unwrap();
        let term = SearchTerm::everything();
        let index = vec![author.index(&term, &sealed, &introduction, rng).unwrap()];
        for (name, mut object) in sealed.objects().unwrap() {
            self.keeper.upload(self.ledger.state(), &author.offer(&name), &mut object).unwrap();
        }
        (sealed, introduction, index)
    }

    fn draft(
        &mut self,
        (sealed, introduction, index): (&SealedRecord, &Introduction, Vec<Vec<u8>>),
    ) -> crate::ledger::Draft {
        let (chain, hospital) = ((CHAIN, NOW + 1000), self.institution.verifying_key());
        self.author.draft_record(chain, sealed, index, introduction, hospital, &mut self.rng)
    }

    /// What the authority publishes.
    fn locks(&self) -> PolicyLocks {
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
        let (state, chain) = (self.state(), (CHAIN, NOW + 1000));
        let reader = state.party(&self.reader.verifying_key()).unwrap();
        let rng = &mut self.rng;
        let (transaction, delivery, ticket) =
            self.patient.grant(chain, &state, reader, &terms, rng).unwrap();
        assert_eq!(self.commit(&transaction), None);
        (delivery, ticket)
    }

    fn request(&mut self, record: Digest, ticket: &Ticket) -> Digest {
        let basis = Basis::Grant(*ticket.grant());
        let request = self.reader.request((CHAIN, NOW + 1000), record, basis, &mut self.rng);
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

#[test]
fn a_patient_does_not_consent_to_an_envelope_that_lists_something_else() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    // Her locks lead to the envelope, which lists the sections in another order.
    sealed.sections.swap(0, 1);
    let draft = desk.draft((&sealed, &introduction, index.clone()));
    let listed =
        |outcome| matches!(outcome, Err(ProtocolError::DigestMismatch("the record's envelope")));
    assert!(listed(desk.consent(&draft, &sealed)));
    sealed.sections.swap(0, 1);
    let draft = desk.draft((&sealed, &introduction, index));
    // The envelope's bytes are not those of its name.
    let honest = std::mem::take(&mut sealed.envelope.1);
    assert!(listed(desk.consent(&draft, &sealed)));
    let mut changed = Envelope::from_bytes(&honest).unwrap();
    changed.length += 1;
    sealed.envelope.1 = changed.to_bytes();
    assert!(listed(desk.consent(&draft, &sealed)));
    sealed.envelope.1 = honest;
    assert!(desk.consent(&draft, &sealed).is_ok());
}

#[test]
fn a_patient_does_not_consent_to_a_lock_that_no_proxy_would_touch() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    let draft = desk.draft((&sealed, &introduction, index.clone()));
    assert!(desk.consent(&draft, &sealed).is_ok());
    // [version][kind] C1 48, W 32, then the tag C4: another point, everything else as it was.
    let mut lock = sealed.sections[0].patient_lock().to_vec();
    lock[82..178].copy_from_slice(&other_point(&mut desk.rng).to_bytes());
    sealed.sections[0].replace_patient_lock(lock);
    let draft = desk.draft((&sealed, &introduction, index));
    let error = desk.consent(&draft, &sealed).unwrap_err();
    assert!(matches!(error, ProtocolError::Lock(_)), "{error}");
}

#[test]
fn a_patient_does_not_consent_to_a_policy_lock_that_opens_differently_for_two() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    let draft = desk.draft((&sealed, &introduction, index.clone()));
    assert!(desk.consent(&draft, &sealed).is_ok());
    let honest = sealed.sections[0].policy_lock().to_vec();
    let refused = |desk: &mut Desk, sealed: &SealedRecord| {
        let draft = desk.draft((sealed, &introduction, index.clone()));
        desk.consent(&draft, sealed).unwrap_err()
    };
    // The same elements under a policy that fewer satisfy, or more.
    let lock = <abe::Ciphertext>::from_bytes(&honest).unwrap();
    let text = lock.header().policy().to_string();
    assert_eq!(text, "neurology and epoch:0");
    let position = honest.windows(text.len()).position(|w| w == text.as_bytes()).unwrap();
    let mut renamed = honest.clone();
    renamed[position..position + 9].copy_from_slice(b"neurologx");
    sealed.sections[0].replace_policy_lock(renamed);
    let error = refused(&mut desk, &sealed);
    assert!(matches!(error, ProtocolError::NotAuthorised(_)), "{error:?}");
    // A row negated: well formed, and no honest header.
    let rows = position + text.len() + 2 * 96;
    let mut negated = honest.clone();
    negated[rows] ^= 0x20;
    assert!(<abe::Ciphertext>::from_bytes(&negated).is_ok());
    sealed.sections[0].replace_policy_lock(negated);
    let error = refused(&mut desk, &sealed);
    assert!(matches!(error, ProtocolError::PolicyLock(_)), "{error:?}");
    sealed.sections[0].replace_policy_lock(honest[..honest.len() - 1].to_vec());
    let error = refused(&mut desk, &sealed);
    assert!(matches!(error, ProtocolError::Decode("the policy lock", _)), "{error:?}");
    sealed.sections[0].replace_policy_lock(honest);
    assert!(desk.consent(&draft, &sealed).is_ok());
    // Written before somebody's attributes were taken away, shown to her afterwards.
    desk.authority.next_epoch();
    let error = refused(&mut desk, &sealed);
    assert!(matches!(error, ProtocolError::NotAuthorised(_)), "{error:?}");
}

/// Locked under today's policy, while what goes on the ledger names another.
#[test]
fn a_patient_does_not_consent_to_a_policy_that_the_ledger_would_not_hold() {
    let mut desk = Desk::new();
    let current = desk.locks();
    let other = Policies::uniform("cardiology".parse().unwrap());
    let other = desk.authority.locks(&other).unwrap();
    let (mut sealed, introduction, index) = desk.seal_with(&other);
    for section in &mut sealed.sections {
        let policy = current.policies.of(section.class());
        let lock = abe::seal(&current.parameters, policy, b"", b"", &mut desk.rng);
        section.replace_policy_lock(lock.to_bytes());
    }
    let draft = desk.draft((&sealed, &introduction, index));
    let error = desk.consent(&draft, &sealed).unwrap_err();
    let named = matches!(error, ProtocolError::DigestMismatch("the policy of a lock"));
    assert!(named, "{error:?}");
}

#[test]
fn a_patient_does_not_consent_to_a_ciphertext_that_her_key_does_not_open() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut sealed.sections[0].ciphertext().unwrap(), &mut bytes).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    sealed.sections[0].replace_ciphertext(&bytes);
    let draft = desk.draft((&sealed, &introduction, index));
    let error = desk.consent(&draft, &sealed).unwrap_err();
    assert!(matches!(error, ProtocolError::Decryption(_)), "{error}");
}
