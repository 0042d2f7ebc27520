//! The world of the demo: authorities, people, institutions, a store, and a ledger run by
//! hospitals of which one is not honest.

use super::hospitals::{Hospital, hospitals};
use super::report::Report;
use super::{Failure, Options, Profile};
use epione::algebra::codec::Canonical;
use epione::consensus::{self, Config, Member, Parameters, ReplicaId};
use epione::ledger::{Ledger, Rule, State, Time, Transaction, Validity};
use epione::policy::{AccessPolicy, AttributeSet};
use epione::protocol::{
    AttributeAuthority, Doctor, Fetch, Institution, Patient, Policies, ProtocolError, Proxy,
    QueryManager, RegistrationCentre, StoreKeeper,
};
use epione::record::Class;
use epione::sign::SigningKey;
use epione::sim::{Behaviour, CommitError, Committed, Network};
use epione::store::DirectoryStore;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the demo's chain.
pub(super) const CHAIN: &str = "epione-demo";

/// 2026-12-01, 09:00 UTC, in milliseconds: time in the demo is virtual, and starts here.
const START: Time = 1_796_115_600_000;

pub(super) const HOUR: Time = 3_600_000;
pub(super) const DAY: Time = 24 * HOUR;

/// Whose attributes are whose. A and B do not satisfy the policy of the sections; together their
/// attributes would.
const POLICY: &str = "doctor and licence >= 2026-12-01 and clearance >= 2u8 \
                      and (neurology or (emergency and \"stroke unit\"))";
const ATTRIBUTES_A: &str = "doctor, licence = 2030-06-30, clearance = 2u8, emergency";
const ATTRIBUTES_B: &str = "doctor, licence = 2030-06-30, clearance = 2u8, \"stroke unit\"";
const ATTRIBUTES_C: &str = "doctor, licence = 2028-03-31, clearance = 3u8, neurology";
/// What C leaves behind when he goes, and B takes over.
pub(super) const ATTRIBUTES_OF_SUCCESSOR: &str =
    "doctor, licence = 2030-06-30, clearance = 2u8, \"stroke unit\", neurology";

/// Everyone and everything.
pub(super) struct World {
    pub(super) rng: ChaCha20Rng,
    pub(super) network: Network<Ledger>,
    pub(super) keeper: StoreKeeper<DirectoryStore>,
    pub(super) centre: RegistrationCentre,
    pub(super) authority: AttributeAuthority,
    pub(super) policies: Policies,
    pub(super) patient: Patient,
    /// Writes.
    pub(super) doctor_a: Doctor,
    /// Reads by the patient's grant.
    pub(super) doctor_b: Doctor,
    /// Reads by policy.
    pub(super) doctor_c: Doctor,
    pub(super) institutions: [Institution; 2],
    pub(super) manager: QueryManager,
    pub(super) proxy: Proxy,
    out: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

/// What became of a transaction.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error("{0}")]
    Refused(#[from] Rule),
    #[error("{0}")]
    Commit(#[from] CommitError),
}

impl World {
    /// Setup and registration.
    pub(super) fn new(options: &Options, report: &mut Report) -> Result<Self, Failure> {
        let rng =
            &mut options.seed.map_or_else(ChaCha20Rng::from_entropy, SeedableRng::seed_from_u64);
        let temporary = options.out.is_none().then(tempfile::tempdir).transpose()?;
        let out = match (&options.out, &temporary) {
            (Some(out), _) => out.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => unreachable!("without --out there is a temporary directory"),
        };

        let start = report.start();
        let centre = RegistrationCentre::new(rng);
        let mut authority = AttributeAuthority::new(centre.verifying_key(), rng);
        let hospitals = hospitals(options.replicas);
        let network = network(options, &hospitals, &centre, rng)?;
        let keeper = StoreKeeper::new(DirectoryStore::open(&out.join("store"))?);
        let bytes = authority.parameters().to_bytes().len() as u64;
        report.say("The ledger");
        describe(&network, &hospitals, report);
        report.say("\nThe parties");
        let what = "public parameters, chain configuration";
        report.step("setup", "registration centre, attribute authority", bytes, start, what);

        let start = report.start();
        let certify = |enrolment: &_| centre.certify(enrolment);
        let until = START + 5 * 365 * DAY;
        let patient = Patient::register("Ada Byron", until, &certify, rng)?;
        let mut doctor = |name, attributes: &str| -> Result<Doctor, Failure> {
            let mut doctor = Doctor::register(name, until, &certify, rng)?;
            let attributes: AttributeSet = attributes.parse()?;
            let key = authority.issue(doctor.certificate(), &attributes, START)?;
            doctor.receive_attributes(authority.parameters().clone(), key);
            Ok(doctor)
        };
        let doctor_a = doctor("Dr. Ruiz (A)", ATTRIBUTES_A)?;
        let doctor_b = doctor("Dr. Bose (B)", ATTRIBUTES_B)?;
        let doctor_c = doctor("Dr. Cohn (C)", ATTRIBUTES_C)?;
        let institutions = [
            Institution::register("Harbour University Hospital", until, &certify, rng)?,
            Institution::register("Linden Clinic", until, &certify, rng)?,
        ];
        let manager = QueryManager::register("Query manager", until, &certify, rng)?;
        let proxy = Proxy::register("Proxy at Linden Clinic", until, &certify, rng)?;

        let rng = rng.clone();
        let mut world = Self {
            rng,
            network,
            keeper,
            policies: policies()?,
            centre,
            authority,
            patient,
            doctor_a,
            doctor_b,
            doctor_c,
            institutions,
            manager,
            proxy,
            out,
            _temporary: temporary,
        };
        let bytes = world.announce_all()?;
        report.step("register", "everyone", bytes, start, "own keys, possession, certificates");
        Ok(world)
    }

    /// Everyone but the patient becomes known on the ledger.
    fn announce_all(&mut self) -> Result<u64, Failure> {
        let (validity, rng) = (self.validity(), &mut self.rng);
        let transactions = [
            self.doctor_a.announce(validity, rng),
            self.doctor_b.announce(validity, rng),
            self.doctor_c.announce(validity, rng),
            self.institutions[0].announce(validity, rng),
            self.institutions[1].announce(validity, rng),
            self.manager.announce(validity, rng),
            self.proxy.announce(validity, rng),
        ];
        let mut bytes = 0;
        for transaction in transactions {
            bytes += transaction.to_bytes().len() as u64;
            self.commit(&transaction)?;
        }
        Ok(bytes)
    }

    /// The time now: virtual, the network's.
    pub(super) fn now(&self) -> Time {
        self.network.now()
    }

    /// The validity of a transaction made now.
    pub(super) fn validity(&self) -> Validity<'static> {
        Validity { chain: CHAIN, until: self.now() + HOUR }
    }

    /// An honest replica's ledger.
    pub(super) fn ledger(&self) -> &Ledger {
        self.network.application(self.honest_replica())
    }

    /// An honest replica's state.
    pub(super) fn state(&self) -> &State {
        self.ledger().state()
    }

    fn honest_replica(&self) -> ReplicaId {
        *self.network.honest().last().expect("at most F of N replicas are faulty")
    }

    /// Brings a transaction to consensus; done if the contract did not refuse it.
    pub(super) fn commit(&mut self, transaction: &Transaction) -> Result<Committed, NotDone> {
        let committed = self.network.commit(self.honest_replica(), transaction.to_bytes())?;
        let (_, entry) = self.ledger().find(&transaction.id()).expect("it was just committed");
        match entry.rejected_by {
            None => Ok(committed),
            Some(rule) => Err(rule.into()),
        }
    }

    /// The store's keeper at work for somebody.
    pub(super) fn serve(&self, fetch: &Fetch, object: &mut dyn Write) -> Result<(), ProtocolError> {
        self.keeper.serve(self.state(), fetch, self.now(), object)
    }

    /// Where opened records go.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }
}

fn policies() -> Result<Policies, Failure> {
    let parse = |text: String| text.parse::<AccessPolicy>();
    Ok(Policies::uniform(parse(POLICY.to_owned())?)
        .with(Class::Identity, parse(format!("registration or ({POLICY})"))?)
        .with(Class::Financial, parse(format!("billing or ({POLICY})"))?))
}

/// The hospitals' network with its faulty members.
fn network(
    options: &Options,
    hospitals: &[Hospital],
    centre: &RegistrationCentre,
    rng: &mut ChaCha20Rng,
) -> Result<Network<Ledger>, Failure> {
    let keys: Vec<SigningKey> = hospitals.iter().map(|_| SigningKey::generate(rng)).collect();
    let member = |(id, (hospital, key)): (usize, (&Hospital, &SigningKey))| {
        let (location, rating) = (hospital.location, hospital.rating);
        Member { id: id as ReplicaId, key: key.verifying_key(), location, rating }
    };
    let members = hospitals.iter().zip(&keys).enumerate().map(member).collect();
    let profile = match options.profile {
        Profile::Flat => consensus::Profile::Flat,
        Profile::MemberQuorum => consensus::Profile::MemberQuorum,
    };
    let config = Config::new(Parameters { profile, ..Parameters::new(CHAIN) }, members)?;
    let ledgers = hospitals.iter().map(|_| Ledger::new(CHAIN, centre.verifying_key())).collect();
    let faulty = faulty(options, &config)?;
    let mut network = Network::new(config, keys, ledgers, rng.next_u64());
    network.advance(START);
    for (id, behaviour) in faulty {
        network.set_behaviour(id, behaviour);
    }
    Ok(network)
}

/// Who runs the ledger, and who of them is faulty.
fn describe(network: &Network<Ledger>, hospitals: &[Hospital], report: &Report) {
    let config = network.config();
    let (size, faults, quorum) = (config.size(), config.faults(), config.quorum());
    let profile = match config.profile() {
        consensus::Profile::Flat => "flat".to_owned(),
        consensus::Profile::MemberQuorum => {
            format!("two layers, {} groups", config.groups().len())
        }
    };
    report.say(&format!(
        "  {size} hospitals ({profile}); a quorum is {quorum}, {faults} may be faulty"
    ));
    for (hospital, (id, _)) in hospitals.iter().zip(network.applications()) {
        let does = match network.behaviour(id) {
            Behaviour::Equivocating => "proposes two blocks at once whenever it leads",
            Behaviour::Silent => "never answers",
            _ => continue,
        };
        let leads = if config.leader(1, 0) == id { ", and is the first to lead" } else { "" };
        report.say(&format!("  {} {does}{leads}", hospital.name));
    }
}

/// Equivocating replicas first, then silent ones, in the order in which they would lead.
fn faulty(options: &Options, config: &Config) -> Result<Vec<(ReplicaId, Behaviour)>, Failure> {
    let equivocating = options.equivocating.unwrap_or(u16::from(options.silent == 0));
    let (asked, tolerated) =
        (usize::from(equivocating) + usize::from(options.silent), config.faults());
    if asked > tolerated {
        let size = config.size();
        return Err(format!("{size} replicas tolerate {tolerated} faulty ones, not {asked}").into());
    }
    let behaviours = std::iter::repeat_n(Behaviour::Equivocating, equivocating.into())
        .chain(std::iter::repeat_n(Behaviour::Silent, options.silent.into()));
    // The schedule has F + 1 members; the first height is 1.
    let leaders = (0..).map(|view| config.leader(1, view));
    Ok(leaders.zip(behaviours).collect())
}
