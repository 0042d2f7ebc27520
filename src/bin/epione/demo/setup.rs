//! Setup of the authorities and of the hospitals' network with its faulty members, and registration
//! of all parties.

use super::hospitals::{Hospital, hospitals};
use super::report::{Report, count};
use super::world::{CHAIN, Failure, Folder, Infrastructure, World, network};
use super::{Options, Profile};
use epione::algebra::codec::Canonical;
use epione::consensus::{self, Config, Parameters, ReplicaId};
use epione::database::Redb;
use epione::ledger::Ledger;
use epione::policy::AccessPolicy;
use epione::protocol::{AttributeAuthority, Policies, RegistrationCentre, StoreKeeper};
use epione::record::Class;
use epione::sign::SigningKey;
use epione::sim::{Behaviour, Network};
use epione::store::DirectoryStore;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use std::{fs, io};

/// The policy of the sections. Neither doctor A nor doctor B satisfies it, but the union of their
/// attributes does.
const POLICY: &str = "doctor and licence >= 2026-12-01 and clearance >= 2u8 \
                      and (neurology or (emergency and \"stroke unit\"))";
const ATTRIBUTES: [&str; 3] = [
    "doctor, licence = 2030-06-30, clearance = 2u8, emergency",
    "doctor, licence = 2030-06-30, clearance = 2u8, \"stroke unit\"",
    "doctor, licence = 2028-03-31, clearance = 3u8, neurology",
];

/// Sets up the authorities and the ledger, and registers all parties.
pub(super) fn set_up(options: &Options, report: &mut Report) -> Result<World, Failure> {
    let mut rng = options.seed.map_or_else(ChaCha20Rng::from_entropy, SeedableRng::seed_from_u64);
    let start = Instant::now();
    let centre = RegistrationCentre::new(&mut rng);
    let authority = AttributeAuthority::new(centre.verifying_key(), &mut rng);
    let hospitals = hospitals(options.replicas);
    let folder = folder(options.out.as_deref())?;
    let databases = databases(folder.path(), hospitals.len())?;
    let ledgers = ledgers(&databases, &centre)?;
    let network = hospital_network(options, &hospitals, ledgers, &mut rng)?;
    let store = folder.path().join("store");
    let store =
        DirectoryStore::open(&store).map_err(|error| format!("{}: {error}", store.display()))?;
    let keeper = StoreKeeper::new(store, SigningKey::generate(&mut rng).verifying_key());
    report.print("The ledger");
    describe(&network, &hospitals, report);
    report.print("\nThe parties");
    report.header();
    let bytes = authority.parameters().to_bytes().len() as u64;
    let what = "public parameters, chain configuration";
    report.step("setup", "registration centre, attribute authority", bytes, start, what);

    let start = Instant::now();
    let infrastructure =
        Infrastructure { rng, network, databases, keeper, folder, centre, authority };
    let world = World::register(infrastructure, policies()?, ATTRIBUTES)?;
    let mut bytes = 0;
    for committed in world.ledger().blocks() {
        let entries = committed?.block.entries.into_iter();
        bytes += entries.map(|entry| entry.transaction.len() as u64).sum::<u64>();
    }
    let what = "key generation, proofs of possession, certificates";
    report.step("register", "all parties", bytes, start, what);
    Ok(world)
}

/// Creates the directory of the run: the given one, which must be new or empty, or a temporary one.
fn folder(out: Option<&Path>) -> Result<Folder, Failure> {
    let Some(out) = out else { return Ok(Folder::Temporary(tempfile::tempdir()?)) };
    let because = |reason: String| format!("--out {}: {reason}", out.display());
    let failed = |error: io::Error| because(format!("the directory cannot be used: {error}"));
    if out.exists() && !out.is_dir() {
        return Err(because("the path is not a directory".to_owned()).into());
    }
    fs::create_dir_all(out).map_err(failed)?;
    if fs::read_dir(out).map_err(failed)?.next().is_some() {
        return Err(because("the directory is not empty; name a new one".to_owned()).into());
    }
    Ok(Folder::Kept(out.to_owned()))
}

fn policies() -> Result<Policies, Failure> {
    let parse = |text: String| text.parse::<AccessPolicy>();
    Ok(Policies::uniform(parse(POLICY.to_owned())?)
        .with(Class::Identity, parse(format!("registration or ({POLICY})"))?)
        .with(Class::Financial, parse(format!("billing or ({POLICY})"))?))
}

/// Creates the database of each replica.
fn databases(folder: &Path, replicas: usize) -> Result<Vec<Redb>, Failure> {
    let folder = folder.join("ledger");
    fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let open = |id| Ok(Redb::open(&folder.join(format!("replica-{id:02}.redb")))?);
    (0..replicas).map(open).collect()
}

/// Opens the ledger in each database.
fn ledgers(databases: &[Redb], centre: &RegistrationCentre) -> Result<Vec<Ledger>, Failure> {
    let centre = centre.verifying_key();
    let open = |database: &Redb| Ok(Ledger::open(Arc::new(database.clone()), CHAIN, centre)?);
    databases.iter().map(open).collect()
}

/// The network of the hospitals, with the faulty replicas that the options ask for.
fn hospital_network(
    options: &Options,
    hospitals: &[Hospital],
    ledgers: Vec<Ledger>,
    rng: &mut ChaCha20Rng,
) -> Result<Network<Ledger>, Failure> {
    let profile = match options.profile {
        Profile::Flat => consensus::Profile::Flat,
        Profile::MemberQuorum => consensus::Profile::MemberQuorum,
    };
    let parameters = Parameters { profile, ..Parameters::new(CHAIN) };
    let replicas: Vec<_> = hospitals.iter().map(|h| (h.location, h.rating)).collect();
    let mut network = network(parameters, &replicas, ledgers, rng)?;
    for (id, behaviour) in faulty(options, network.config())? {
        network.set_behaviour(id, behaviour);
    }
    Ok(network)
}

/// Assigns equivocating, then silent behaviour to replicas in the order in which they lead.
fn faulty(options: &Options, config: &Config) -> Result<Vec<(ReplicaId, Behaviour)>, Failure> {
    let equivocating = options.equivocating.unwrap_or(u16::from(options.silent == 0));
    let (asked, tolerated) =
        (usize::from(equivocating) + usize::from(options.silent), config.faults());
    if asked > tolerated {
        let (silent, size) = (options.silent, config.size());
        return Err(format!(
            "--silent {silent} --equivocating {equivocating}: \
             at most {tolerated} of {size} replicas may be faulty, not {asked}"
        )
        .into());
    }
    let behaviours = std::iter::repeat_n(Behaviour::Equivocating, equivocating.into())
        .chain(std::iter::repeat_n(Behaviour::Silent, options.silent.into()));
    // The schedule has F + 1 members; the first height is 1.
    let leaders = (0..).map(|view| config.leader(1, view));
    Ok(leaders.zip(behaviours).collect())
}

/// Prints the size of the network and its faulty replicas.
fn describe(network: &Network<Ledger>, hospitals: &[Hospital], report: &Report) {
    let config = network.config();
    let (size, faults, quorum) = (config.size(), config.faults(), config.quorum());
    let profile = match config.profile() {
        consensus::Profile::Flat => "flat".to_owned(),
        consensus::Profile::MemberQuorum => {
            format!("two layers, {} groups", config.groups().len())
        }
    };
    report.print(&format!(
        "  {size} hospitals ({profile}); quorum {quorum}, tolerates {}",
        count(faults, "faulty replica", "faulty replicas")
    ));
    for (hospital, (id, _)) in hospitals.iter().zip(network.applications()) {
        let does = match network.behaviour(id) {
            Behaviour::Equivocating => "equivocates: it proposes two conflicting blocks as leader",
            Behaviour::Silent => "is silent",
            _ => continue,
        };
        let leads = if config.leader(1, 0) == id { " (first leader)" } else { "" };
        report.print(&format!("  {}{leads} {does}", hospital.name));
    }
}
