//! The parties of the demo and of the integration tests: authorities, people, institutions, a
//! store, and a ledger on a simulated network. `tests/system/world.rs` includes this file.

use epione::abe::UserSecretKey;
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::consensus::{Config, Digest, Location, Member, Parameters, ReplicaId};
use epione::database::{DatabaseError, Redb};
use epione::error::DecodeError;
use epione::ledger::{Basis, Draft, Ledger, Rule, State, Time, Transaction, Validity};
use epione::policy::AttributeSet;
use epione::protocol::{
    AttributeAuthority, Countersignature, Doctor, Fetch, Institution, Introduction, IssuedGrant,
    LedgerView, ObjectSource, Patient, Policies, PreparedAccess, ProtocolError, Proxy,
    QueryManager, RegistrationCentre, Release, SealedRecord, SearchRequest, SearchTerm,
    StoreKeeper, Terms, Ticket,
};
use epione::sign::{SigningKey, VerifyingKey};
use epione::sim::{CommitError, Committed, Network};
use epione::store::DirectoryStore;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// An error that ends the run. Its message is a sentence for the user.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// The name of the chain.
pub(crate) const CHAIN: &str = "epione-demo";

/// The start of virtual time: 2026-12-01, 09:00 UTC, in milliseconds.
pub(crate) const START: Time = 1_796_115_600_000;

pub(crate) const HOUR: Time = 3_600_000;
pub(crate) const DAY: Time = 24 * HOUR;

/// The end of all certificates.
pub(crate) const CERTIFIED_UNTIL: Time = START + 100 * DAY;

/// The patient, as an index.
pub(crate) const ADA: usize = 0;

/// The doctors, as indices. In the demo A writes, B reads under a grant, C reads by policy.
pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;
pub(crate) const C: usize = 2;

/// All parties, the store and the ledger. Tests add a second patient, institution and proxy.
pub(crate) struct World {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) network: Network<Ledger>,
    /// The databases of the replicas; none if they are in memory.
    pub(crate) databases: Vec<Redb>,
    pub(crate) keeper: StoreKeeper<DirectoryStore>,
    pub(crate) folder: Folder,
    pub(crate) centre: RegistrationCentre,
    pub(crate) authority: AttributeAuthority,
    pub(crate) policies: Policies,
    pub(crate) patients: Vec<Patient>,
    pub(crate) doctors: [Doctor; 3],
    pub(crate) institutions: Vec<Institution>,
    pub(crate) manager: QueryManager,
    pub(crate) proxies: Vec<Proxy>,
    /// The journal of the first proxy.
    pub(crate) journal: Vec<Vec<u8>>,
    /// The source of [`World::fork`].
    forks: RefCell<ChaCha20Rng>,
}

/// The part of a [`World`] that exists before the parties register.
pub(crate) struct Infrastructure {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) network: Network<Ledger>,
    pub(crate) databases: Vec<Redb>,
    pub(crate) keeper: StoreKeeper<DirectoryStore>,
    pub(crate) folder: Folder,
    pub(crate) centre: RegistrationCentre,
    pub(crate) authority: AttributeAuthority,
}

/// The directory of the store, and of opened records if it is kept.
pub(crate) enum Folder {
    Kept(PathBuf),
    /// Removed at the end.
    Temporary(tempfile::TempDir),
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// Returns the directory in which opened records are kept.
    pub(crate) fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept(path) => Some(path),
            Self::Temporary(_) => None,
        }
    }
}

/// The reason why a transaction had no effect.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotCommitted {
    #[error(transparent)]
    Refused(#[from] Rule),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Ledger(#[from] DatabaseError),
}

/// Returns a network of ledgers, with one replica per location and rating.
pub(crate) fn network(
    parameters: Parameters,
    replicas: &[(Location, u32)],
    ledgers: Vec<Ledger>,
    rng: &mut ChaCha20Rng,
) -> Result<Network<Ledger>, Failure> {
    let keys: Vec<SigningKey> = replicas.iter().map(|_| SigningKey::generate(rng)).collect();
    let member = |(id, (key, replica)): (ReplicaId, (&SigningKey, &(Location, u32)))| Member {
        id,
        key: key.verifying_key(),
        location: replica.0,
        rating: replica.1,
    };
    let members = (0..).zip(keys.iter().zip(replicas)).map(member).collect();
    let config = Config::new(parameters, members)?;
    let mut network = Network::new(config, keys, ledgers, rng.next_u64());
    network.advance(START);
    Ok(network)
}

impl World {
    /// Registers all parties with the centre, and all but the patients on the ledger. `attributes`
    /// are the doctors'.
    pub(crate) fn register(
        infrastructure: Infrastructure,
        policies: Policies,
        attributes: [&str; 3],
    ) -> Result<Self, Failure> {
        let Infrastructure { mut rng, network, databases, keeper, folder, centre, mut authority } =
            infrastructure;
        let (until, r) = (CERTIFIED_UNTIL, &mut rng);
        let mut doctor = |name, attributes: &str, r: &mut _| -> Result<Doctor, Failure> {
            let mut doctor = Doctor::register(name, until, &centre, r)?;
            let attributes: AttributeSet = attributes.parse()?;
            let key = authority.issue(doctor.certificate(), &attributes, START)?;
            doctor.receive_attributes(authority.parameters().clone(), key);
            Ok(doctor)
        };
        let hospital = Institution::register("Harbour University Hospital", until, &centre, r)?;
        let mut world = Self {
            patients: vec![Patient::register("Ada Byron", until, &centre, r)?],
            doctors: [
                doctor("Dr. Ruiz (A)", attributes[A], r)?,
                doctor("Dr. Bose (B)", attributes[B], r)?,
                doctor("Dr. Cohn (C)", attributes[C], r)?,
            ],
            institutions: vec![hospital],
            manager: QueryManager::register("Query manager", until, &centre, r)?,
            proxies: vec![Proxy::register("Proxy at Linden Clinic", until, &centre, r)?],
            journal: Vec::new(),
            keeper,
            forks: RefCell::new(ChaCha20Rng::from_rng(&mut rng)?),
            rng,
            network,
            databases,
            folder,
            centre,
            authority,
            policies,
        };
        for transaction in world.announcements() {
            world.commit(&transaction)?;
        }
        Ok(world)
    }

    fn announcements(&mut self) -> Vec<Transaction> {
        let (validity, rng) = (self.validity(), &mut self.rng);
        let mut all = Vec::new();
        all.extend(self.doctors.iter().map(|party| party.announce(validity, rng)));
        all.extend(self.institutions.iter().map(|party| party.announce(validity, rng)));
        all.extend(self.proxies.iter().map(|party| party.announce(validity, rng)));
        all.push(self.manager.announce(validity, rng));
        all
    }

    /// Returns a fresh generator, for steps that borrow the parties.
    pub(crate) fn fork(&self) -> ChaCha20Rng {
        let mut seed = [0; 32];
        self.forks.borrow_mut().fill_bytes(&mut seed);
        ChaCha20Rng::from_seed(seed)
    }

    /// Returns the virtual time of the network.
    pub(crate) fn now(&self) -> Time {
        self.network.now()
    }

    /// Returns the validity of a transaction created now.
    pub(crate) fn validity(&self) -> Validity<'static> {
        Validity { chain: CHAIN, until: self.now() + HOUR }
    }

    /// Returns the ledger of an honest replica.
    pub(crate) fn ledger(&self) -> &Ledger {
        self.network.application(self.honest_replica())
    }

    pub(crate) fn state(&self) -> &State {
        self.ledger().state()
    }

    pub(crate) fn view(&self) -> LedgerView<'_> {
        LedgerView { state: self.state(), now: self.now() }
    }

    fn honest_replica(&self) -> ReplicaId {
        *self.network.honest().last().expect("at most F of N replicas are faulty")
    }

    /// Commits a transaction by consensus. Fails if the contract refuses it.
    pub(crate) fn commit(&mut self, transaction: &Transaction) -> Result<Committed, NotCommitted> {
        let committed = self.network.commit(self.honest_replica(), transaction.to_bytes())?;
        let entry = self.ledger().entry(&transaction.id())?.expect("it was just committed");
        entry.rejected_by.map_or(Ok(committed), |rule| Err(rule.into()))
    }

    /// Creates a grant from Ada to a doctor, without committing it.
    pub(crate) fn grant_uncommitted(
        &self,
        reader: usize,
        terms: &Terms,
    ) -> Result<IssuedGrant, Failure> {
        let (reader, validity) = (self.doctors[reader].verifying_key(), self.validity());
        let rng = &mut self.fork();
        Ok(self.patients[ADA].grant(validity, self.view(), &reader, terms, rng)?)
    }

    /// Commits a grant from Ada to doctor B, without delivery to the proxy.
    pub(crate) fn grant_undelivered(
        &mut self,
        terms: &Terms,
    ) -> Result<(IssuedGrant, Ticket), Failure> {
        let issued = self.grant_uncommitted(B, terms)?;
        self.commit(&issued.transaction)?;
        let ticket = self.doctors[B].receive_ticket(self.state(), &issued.ticket)?;
        Ok((issued, ticket))
    }

    /// Introduces a patient to a doctor.
    pub(crate) fn introduce(
        &self,
        patient: usize,
        doctor: usize,
    ) -> Result<Introduction, ProtocolError> {
        let (doctor, rng) = (&self.doctors[doctor], &mut self.fork());
        let message = self.patients[patient].introduce(self.view(), doctor.certificate(), rng)?;
        doctor.receive_introduction(self.view(), &message)
    }

    /// A doctor requests a patient's consent to a draft, and the patient answers.
    pub(crate) fn consent(
        &mut self,
        (doctor, patient): (usize, usize),
        draft: &Draft,
        sealed: &mut SealedRecord,
        introduction: &Introduction,
        terms: &[SearchTerm],
    ) -> Result<Countersignature, ProtocolError> {
        let (state, now, rng) = (self.state().clone(), self.now(), &mut self.fork());
        let view = LedgerView { state: &state, now };
        let doctor = &self.doctors[doctor];
        let request = doctor.request_consent(view, draft, sealed, introduction, terms, rng)?;
        let current = self.authority.epoch_policies(&self.policies)?;
        self.patients[patient].consent(view, &request, sealed, &current)
    }

    /// Commits a doctor's request for all sections of a record that the basis may cover, and
    /// returns its identifier.
    pub(crate) fn request(
        &mut self,
        doctor: usize,
        record: Digest,
        basis: Basis,
    ) -> Result<Digest, NotCommitted> {
        let sections = self.covered(&record, &basis)?;
        let (validity, rng) = (self.validity(), &mut self.rng);
        let request = self.doctors[doctor].request(validity, (record, &sections), basis, rng);
        self.commit(&request).map(|_| request.id())
    }

    /// Returns the indices of the sections that a grant covers; all sections if it covers none, or
    /// for a request by policy.
    pub(crate) fn covered(&self, record: &Digest, basis: &Basis) -> Result<Vec<u8>, DatabaseError> {
        let state = self.state();
        let record = state.record(record)?.expect("the demo requests published records");
        let all = || (0..).zip(&record.sections);
        let granted = match basis {
            Basis::Grant(grant) => state.grant(grant)?,
            Basis::Policy => None,
        };
        let delegations = granted.map(|grant| grant.delegations).unwrap_or_default();
        let covered = |section| delegations.iter().any(|d| d.covers(&record, section));
        let covered: Vec<u8> = all().filter(|(_, s)| covered(s)).map(|(index, _)| index).collect();
        let whole = || all().map(|(index, _)| index).collect();
        Ok(if covered.is_empty() { whole() } else { covered })
    }

    /// Signs a doctor's request for a search by the first proxy.
    pub(crate) fn search_request(
        &self,
        doctor: usize,
        grant: &Digest,
        after: Option<Digest>,
    ) -> SearchRequest {
        let at = (CHAIN, &self.proxies[0].verifying_key());
        self.doctors[doctor].request_search(at, (grant, after), self.now(), &mut self.fork())
    }

    /// Re-encrypts at the first proxy for a request.
    pub(crate) fn reencrypt(&self, request: &Digest) -> Result<PreparedAccess, ProtocolError> {
        self.proxies[0].reencrypt(self.view(), request, self, &mut self.fork())
    }

    /// Re-encrypts, reports the access on the ledger, and releases the re-encryptions.
    pub(crate) fn release(&mut self, request: &Digest) -> Result<Release, Failure> {
        let prepared = self.reencrypt(request)?;
        let (validity, state, now) = (self.validity(), self.state().clone(), self.now());
        let view = LedgerView { state: &state, now };
        let (rng, journal) = (&mut self.rng, &mut self.journal);
        let access = self.proxies[0].report(validity, view, prepared, journal, rng)?;
        self.commit(&access)?;
        self.receive_release(request)
    }

    /// Doctor B receives a release whose access is on the ledger.
    pub(crate) fn receive_release(&self, request: &Digest) -> Result<Release, Failure> {
        let message = self.proxies[0].release(self.view(), request, &mut self.fork())?;
        Ok(self.doctors[B].receive_release(self.state(), &message)?)
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

/// Returns the attribute key `a` with the components of `b` that it lacks.
pub(crate) fn splice_keys(a: &[u8], b: &[u8]) -> Result<UserSecretKey, Failure> {
    // [version][kind][suite], the set, then sk1 48, sk3 96 and 48 bytes for each of its attributes.
    const SUITE: usize = 3;
    let parts = |bytes: &[u8]| {
        let mut r = Reader::new(&bytes[SUITE..]);
        let set = AttributeSet::read(&mut r)?;
        let fixed = r.fixed::<{ 48 + 96 }>()?;
        let components = set.expanded().into_iter().map(|u| Ok((u, r.fixed::<48>()?)));
        let components = components.collect::<Result<BTreeMap<_, _>, DecodeError>>()?;
        Ok::<_, DecodeError>((set, fixed, components))
    };
    let ((mut set, fixed, own), (others, _, mut components)) = (parts(a)?, parts(b)?);
    others.iter().try_for_each(|attribute| set.insert(attribute))?;
    components.extend(own);
    let mut w = Writer::default();
    w.fixed(&a[..SUITE]);
    set.write(&mut w);
    w.fixed(&fixed);
    components.values().for_each(|component| w.fixed(component));
    Ok(UserSecretKey::from_bytes(&w.finish())?)
}
