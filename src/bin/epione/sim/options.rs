//! The options of `epione sim`, and the network that they describe.

use crate::files::Failure;
use epione::consensus::{self, Parameters, ReplicaId};
use epione::sim::{
    Behaviour, Journal, Latency, Link, Network, Placement, Signatures, Stabilisation, Transport,
};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::path::PathBuf;

/// Options of `epione sim`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  epione sim --replicas 100 --groups 10 --byzantine 33 --seed 7")]
pub(crate) struct Options {
    /// Number N of replicas, from 4 to 1024
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = replicas)]
    pub(super) replicas: u16,
    /// Number of groups [default: the square root of N]
    #[arg(long, value_name = "COUNT", value_parser = groups)]
    pub(super) groups: Option<u16>,
    /// Consensus profile; fewer than 16 replicas always use flat PBFT
    #[arg(long, value_enum, ignore_case = true, default_value_t = Profile::MemberQuorum)]
    pub(super) profile: Profile,
    /// Number of Byzantine replicas, at most F = (N - 1) / 3, rounded down
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = byzantine)]
    pub(super) byzantine: u16,
    /// Behaviours of the Byzantine replicas, which take turns, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_enum, value_delimiter = ',', ignore_case = true)]
    behaviours: Vec<Attack>,
    /// Positions of the Byzantine replicas
    #[arg(long, value_enum, default_value_t = Position::Schedule)]
    placement: Position,
    /// Number of blocks to decide
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = blocks)]
    pub(super) blocks: u64,
    /// Number of requests that clients submit after each block, from 1 to 1000
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = requests)]
    pub(super) requests: u16,
    /// Number of crashes of honest replicas, each between two effects of a step, with a restart
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = crashes)]
    crashes: u16,
    /// Lost messages in percent, until the links are reliable
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = loss)]
    loss: u32,
    /// Virtual time in milliseconds from which the links are reliable (the global stabilisation
    /// time) [default: 0, or 10000 with --loss]
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    gst: Option<u64>,
    /// Bandwidth of each sender in bytes per millisecond [default: unlimited]
    #[arg(long, value_name = "BYTES", value_parser = bandwidth)]
    bandwidth: Option<u64>,
    /// Signature scheme; ideal signatures are faster and cannot be forged
    #[arg(long, value_enum, default_value_t = Scheme::Ed25519)]
    signatures: Scheme,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1, value_parser = seed)]
    pub(super) seed: u64,
    /// Write a trace to this file: one JSON object per line, first the schema, then one per block,
    /// crash, partition and proof of misbehaviour, last the summary
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Add every message to the trace
    #[arg(long, requires = "trace")]
    pub(super) events: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Profile {
    /// PBFT with all-to-all communication
    Flat,
    /// Two-layer PBFT; every quorum counts members of all groups
    #[value(alias = "memberquorum")]
    MemberQuorum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Position {
    /// The first leaders
    Schedule,
    /// A whole group, then the first leaders
    Group,
    /// The first-ranked primaries, then the first leaders
    Primaries,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scheme {
    /// Ed25519, each signature verified once
    Ed25519,
    /// A hash that only the signer computes
    Ideal,
}

/// The behaviours as values of the command line.
macro_rules! attacks {
    ($($name:ident $doc:literal)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
        enum Attack { $(#[doc = $doc] $name,)* }

        impl Attack {
            fn behaviour(self) -> Behaviour {
                match self { $(Self::$name => Behaviour::$name,)* }
            }
        }
    };
}
attacks! {
    Silent "Sends nothing"
    Equivocating "Proposes two values and votes for both"
    WithholdingPrimary "Sends only its own votes"
    SilentLeader "Never proposes"
    ForgedPartials "Reports votes of other members"
    SelectiveCertificates "Omits members from certificates"
    ConflictingVotes "Votes for two digests"
    PoisonedBatches "Proposes invalid requests"
    UnavailableValues "Proposes to too few members"
    HiddenValues "Proposes to members that never lead"
    LateCertificates "Delays certificates"
    Replay "Repeats messages"
    MalformedViewChanges "Sends invalid view changes"
    FalseHeights "Claims heights up to 2^64 - 1"
    Flooding "Fetches without end"
}

fn integer<T: std::str::FromStr + PartialOrd>(
    text: &str,
    range: std::ops::RangeInclusive<T>,
    reason: &'static str,
) -> Result<T, &'static str> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or(reason)
}

fn replicas(text: &str) -> Result<u16, &'static str> {
    integer(text, 4..=1024, "the number of replicas is an integer from 4 to 1024")
}
fn groups(text: &str) -> Result<u16, &'static str> {
    integer(text, 1..=256, "the number of groups is an integer from 1 to 256")
}
fn byzantine(text: &str) -> Result<u16, &'static str> {
    integer(text, 0..=u16::MAX, "the number of Byzantine replicas is an integer from 0 to F")
}
fn blocks(text: &str) -> Result<u64, &'static str> {
    integer(text, 1..=1_000_000, "the number of blocks is an integer from 1 to 1000000")
}
fn requests(text: &str) -> Result<u16, &'static str> {
    integer(text, 1..=1000, "the number of requests is an integer from 1 to 1000")
}
fn crashes(text: &str) -> Result<u16, &'static str> {
    integer(text, 0..=10_000, "the number of crashes is an integer from 0 to 10000")
}
fn loss(text: &str) -> Result<u32, &'static str> {
    integer(text, 0..=100, "the loss is an integer from 0 to 100")
}
fn milliseconds(text: &str) -> Result<u64, &'static str> {
    integer(text, 0..=86_400_000, "the time is an integer from 0 to 86400000 (one day)")
}
fn bandwidth(text: &str) -> Result<u64, &'static str> {
    integer(text, 1..=u64::MAX, "the bandwidth is an integer above 0")
}
fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "the seed is an integer from 0 to 18446744073709551615 (2^64 - 1)")
}

/// The simulated network and the crashes to come, by block.
pub(super) struct Faults {
    pub(super) network: Network<Journal>,
    pub(super) crashes: Vec<Crash>,
}

/// A crash of a replica some effects after a block is decided.
pub(super) struct Crash {
    pub(super) block: u64,
    pub(super) id: ReplicaId,
    pub(super) effects: u64,
    pub(super) downtime: u64,
}

impl Options {
    /// Creates the network.
    pub(super) fn network(&self) -> Result<Faults, Failure> {
        let profile = match self.profile {
            Profile::Flat => consensus::Profile::Flat,
            Profile::MemberQuorum => consensus::Profile::MemberQuorum,
        };
        let (size, groups) = (usize::from(self.replicas), usize::from(self.groups.unwrap_or(0)));
        if profile == consensus::Profile::MemberQuorum && size >= 16 && groups > size / 4 {
            return Err(format!(
                "--groups {groups}: a group has at least four members, so {size} replicas form at \
                 most {} groups",
                size / 4
            )
            .into());
        }
        let parameters =
            Parameters { profile, groups: self.groups.unwrap_or(0), ..Parameters::new("sim") };
        let network = Network::with_journals(parameters, self.replicas, self.seed);
        let mut network = network.with_signatures(match self.signatures {
            Scheme::Ed25519 => Signatures::Ed25519,
            Scheme::Ideal => Signatures::Ideal,
        });
        network.set_link(Link { loss: self.loss * 10, ..Link::default() });
        let bandwidth = self.bandwidth;
        let latency = Latency::Geographic;
        network.set_transport(Transport { latency, bandwidth, ..Transport::default() });
        let at = self.gst.unwrap_or(if self.loss > 0 { 10_000 } else { 0 });
        let bound = network.config().timing().fallback;
        network.set_stabilisation(Stabilisation { at, bound });
        self.corrupt(&mut network)?;
        let crashes = self.planned_crashes(&network);
        Ok(Faults { network, crashes })
    }

    fn corrupt(&self, network: &mut Network<Journal>) -> Result<(), Failure> {
        let (asked, tolerated) = (usize::from(self.byzantine), network.config().faults());
        if asked > tolerated {
            return Err(format!(
                "--byzantine {asked}: at most {tolerated} of {} replicas may be Byzantine",
                self.replicas
            )
            .into());
        }
        let placement = match self.placement {
            Position::Schedule => Placement::Schedule,
            Position::Group => Placement::Group,
            Position::Primaries => Placement::Primaries,
        };
        let behaviours: Vec<Behaviour> = match self.behaviours.as_slice() {
            [] => Behaviour::BYZANTINE.to_vec(),
            list => list.iter().map(|attack| attack.behaviour()).collect(),
        };
        let members = placement.members(network.config(), asked);
        for (id, behaviour) in members.into_iter().zip(behaviours.into_iter().cycle()) {
            network.set_behaviour(id, behaviour);
        }
        Ok(())
    }

    fn planned_crashes(&self, network: &Network<Journal>) -> Vec<Crash> {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let honest = network.honest();
        let mut crashes: Vec<Crash> = (0..self.crashes)
            .map(|_| Crash {
                block: rng.gen_range(0..self.blocks),
                id: honest[rng.gen_range(0..honest.len())],
                effects: rng.gen_range(0..40),
                downtime: rng.gen_range(1..5000),
            })
            .collect();
        crashes.sort_by_key(|crash| crash.block);
        crashes
    }
}
