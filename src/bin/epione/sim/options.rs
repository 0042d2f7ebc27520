//! The options of `epione sim`, and the network that they describe.

use super::help;
use super::values::{self, Attack, AttackParser, Position, Profile, Scheme};
use crate::files::Failure;
use epione::consensus::{Parameters, ReplicaId};
use epione::sim::{Behaviour, Journal, Latency, Link, Network, Stabilisation, Transport};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::path::PathBuf;

/// Options of `epione sim`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::SHORT, after_long_help = help::long())]
pub(crate) struct Options {
    /// Number N of replicas, from 4 to 1024
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = values::replicas)]
    #[arg(allow_negative_numbers = true)]
    pub(super) replicas: u16,
    /// Number of groups, from 4 to N / 4; only with the profile member-quorum [default: the square
    /// root of N]
    #[arg(long, value_name = "COUNT", value_parser = values::groups)]
    #[arg(allow_negative_numbers = true)]
    pub(super) groups: Option<u16>,
    /// Consensus profile [default: member-quorum, or flat with fewer than 16 replicas]
    #[arg(long, value_enum, ignore_case = true)]
    pub(super) profile: Option<Profile>,
    /// Number of Byzantine replicas, at most F = (N - 1) / 3, rounded down
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = values::byzantine)]
    #[arg(allow_negative_numbers = true)]
    pub(super) byzantine: u16,
    /// Behaviours of the Byzantine replicas, which take turns, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = AttackParser)]
    #[arg(ignore_case = true)]
    pub(super) behaviours: Vec<Attack>,
    /// Positions of the Byzantine replicas; with flat PBFT, all are the same [default: schedule]
    #[arg(long, value_enum, ignore_case = true)]
    pub(super) placement: Option<Position>,
    /// Number of blocks to decide
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = values::blocks)]
    #[arg(allow_negative_numbers = true)]
    pub(super) blocks: u64,
    /// Number of requests that clients submit at the start and after each block but the last, from
    /// 1 to 1000
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = values::requests)]
    #[arg(allow_negative_numbers = true)]
    pub(super) requests: u16,
    /// Number of crashes of honest replicas, each between two effects of a step, with a restart
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = values::crashes)]
    #[arg(allow_negative_numbers = true)]
    pub(super) crashes: u16,
    /// Lost messages in percent, until the links are reliable
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = values::loss)]
    #[arg(allow_negative_numbers = true)]
    pub(super) loss: u32,
    /// Virtual time in milliseconds from which no message is lost (the global stabilisation time);
    /// only with --loss [default: 10000]
    #[arg(long, value_name = "MS", value_parser = values::milliseconds)]
    #[arg(allow_negative_numbers = true)]
    gst: Option<u64>,
    /// Bandwidth of each sender in bytes per millisecond; messages wait in the sender's queue, in
    /// addition to the delay of the links [default: unlimited]
    #[arg(long, value_name = "BYTES", value_parser = values::bandwidth)]
    #[arg(allow_negative_numbers = true)]
    pub(super) bandwidth: Option<u64>,
    /// Signature scheme; ideal signatures are faster and cannot be forged
    #[arg(long, value_enum, ignore_case = true, default_value_t = Scheme::Ed25519)]
    pub(super) signatures: Scheme,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1, value_parser = values::seed, allow_negative_numbers = true)]
    pub(super) seed: u64,
    /// Write a trace to this file: JSON lines for header, blocks, replies, crashes, restarts,
    /// evidence, stabilisation and summary; the format is at the end of --help
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Add every message to the trace
    #[arg(long, requires = "trace")]
    pub(super) events: bool,
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

/// The minimum number of replicas of the profile member-quorum.
const GROUPED: u16 = 16;

const NO_BYZANTINE: &str = "without --byzantine";

impl Options {
    /// Checks the rules between options.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let size = self.replicas;
        let flat = self.profile == Some(Profile::Flat);
        let refusal = match self.groups {
            Some(groups) if flat => format!(
                "--groups {groups}: flat PBFT has no groups; omit --groups or --profile flat"
            ),
            Some(groups) if size < GROUPED => format!(
                "--groups {groups}: {size} replicas use flat PBFT, which has no groups; omit \
                 --groups, or choose --replicas {GROUPED} or more"
            ),
            Some(groups) if groups > size / 4 => format!(
                "--groups {groups}: a group has at least four members, so {size} replicas form at \
                 most {} groups",
                size / 4
            ),
            None if self.profile == Some(Profile::MemberQuorum) && size < GROUPED => format!(
                "--profile member-quorum: the profile needs at least {GROUPED} replicas; omit \
                 --profile, or choose --replicas {GROUPED} or more"
            ),
            _ if self.byzantine > (size - 1) / 3 => format!(
                "--byzantine {}: at most {} of {size} replicas may be Byzantine",
                self.byzantine,
                (size - 1) / 3
            ),
            _ => match self.without_effect() {
                Some((option, condition)) => {
                    format!("{option} has no effect {condition}; omit {option}")
                }
                None => return Ok(()),
            },
        };
        Err(refusal.into())
    }

    /// The first option that has no effect, and the condition.
    fn without_effect(&self) -> Option<(&'static str, &'static str)> {
        let rules = [
            (self.byzantine == 0 && !self.behaviours.is_empty(), "--behaviours", NO_BYZANTINE),
            (self.byzantine == 0 && self.placement.is_some(), "--placement", NO_BYZANTINE),
            (self.loss == 0 && self.gst.is_some(), "--gst", "without --loss"),
            (self.loss > 0 && self.gst == Some(0), "--loss", "with --gst 0"),
        ];
        let broken = rules.into_iter().find(|(broken, ..)| *broken);
        broken.map(|(_, option, condition)| (option, condition))
    }

    /// The global stabilisation time.
    pub(super) fn stabilisation_time(&self) -> u64 {
        self.gst.unwrap_or(if self.loss > 0 { 10_000 } else { 0 })
    }

    /// Creates the network.
    pub(super) fn network(&self) -> Faults {
        let profile = self.profile.unwrap_or(Profile::MemberQuorum).into();
        let parameters =
            Parameters { profile, groups: self.groups.unwrap_or(0), ..Parameters::new("sim") };
        let network = Network::with_journals(parameters, self.replicas, self.seed);
        let mut network = network.with_signatures(self.signatures.into());
        network.set_link(Link { loss: self.loss * 10, ..Link::default() });
        let bandwidth = self.bandwidth;
        let latency = Latency::Geographic;
        network.set_transport(Transport { latency, bandwidth, ..Transport::default() });
        let bound = network.config().timing().fallback;
        network.set_stabilisation(Stabilisation { at: self.stabilisation_time(), bound });
        self.corrupt(&mut network);
        let crashes = self.planned_crashes(&network);
        Faults { network, crashes }
    }

    fn corrupt(&self, network: &mut Network<Journal>) {
        let placement = epione::sim::Placement::from(self.placement.unwrap_or_default());
        let behaviours: Vec<Behaviour> = match self.behaviours.as_slice() {
            [] => Attack::All.behaviours(),
            list => list.iter().flat_map(|attack| attack.behaviours()).collect(),
        };
        let members = placement.members(network.config(), usize::from(self.byzantine));
        for (id, behaviour) in members.into_iter().zip(behaviours.into_iter().cycle()) {
            network.set_behaviour(id, behaviour);
        }
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
