//! The summary of a simulation.

use super::lagging;
use super::options::Options;
use super::values::{Attack, name};
use crate::files::{self, Failure};
use comfy_table::{CellAlignment, Table, presets};
use epione::consensus::{Profile, ReplicaId};
use epione::sim::{Behaviour, Journal, Network, Observation, Observed, Traffic};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Write};

/// The end of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All blocks are decided.
    Decided,
    /// A rule of safety is violated.
    Violated,
    /// Blocks are missing.
    #[default]
    Stalled,
}

/// The decided blocks of a run.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) outcome: Outcome,
    pub(super) blocks: u64,
    /// The number of requests that clients have submitted.
    pub(super) submitted: u64,
    /// The number of decided requests.
    pub(super) requests: usize,
    /// The number of blocks that were not committed in view 0.
    pub(super) later_views: u64,
    /// The virtual time of the last block.
    pub(super) last: u64,
    /// The latencies of the replies, sorted at the end of the run.
    latencies: Vec<u64>,
}

/// Percentiles of latencies in virtual milliseconds, by nearest rank.
pub(super) struct Percentiles {
    pub(super) median: u64,
    pub(super) p90: u64,
    pub(super) p99: u64,
    pub(super) maximum: u64,
}

impl Summary {
    /// Counts a decision or reply.
    pub(super) fn record(&mut self, observation: &Observation) {
        match &observation.event {
            Observed::Decided { view, submitted, .. } => {
                self.blocks += 1;
                self.requests += submitted.len();
                self.later_views += u64::from(*view > 0);
                self.last = observation.time;
            }
            Observed::Replied { submitted, .. } => {
                self.latencies.push(observation.time - submitted)
            }
            _ => {}
        }
    }

    /// Determines the outcome at the end of the run.
    pub(super) fn finish(&mut self, options: &Options, network: &Network<Journal>) {
        self.latencies.sort_unstable();
        self.outcome = match network.violation() {
            Some(_) => Outcome::Violated,
            None if self.blocks < options.blocks => Outcome::Stalled,
            None => Outcome::Decided,
        };
    }

    /// The number of replies.
    pub(super) fn samples(&self) -> usize {
        self.latencies.len()
    }

    /// The percentiles of the latencies; `None` without replies.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        let at = |percent: usize| {
            let rank = (self.latencies.len() * percent).div_ceil(100);
            self.latencies.get(rank.checked_sub(1)?).copied()
        };
        Some(Percentiles { median: at(50)?, p90: at(90)?, p99: at(99)?, maximum: at(100)? })
    }

    /// The number of messages of agreement on the decided blocks.
    pub(super) fn agreement(&self, network: &Network<Journal>) -> u64 {
        let blocks = network.agreement().range(1..=self.blocks);
        blocks.map(|(_, traffic)| traffic.messages).sum()
    }

    /// Prints the summary.
    pub(super) fn print(
        &self,
        options: &Options,
        network: &Network<Journal>,
    ) -> Result<(), Failure> {
        let mut text = String::new();
        write_network(&mut text, options, network)?;
        writeln!(text, "{}", self.traffic(network))?;
        self.write_agreement(&mut text, options, network)?;
        writeln!(
            text,
            "{} ({} after a view change) with {} of {} in {} virtual ms",
            plural(self.blocks, "block", "blocks"),
            self.later_views,
            self.requests,
            plural(self.submitted, "submitted request", "submitted requests"),
            self.last
        )?;
        self.write_latencies(&mut text)?;
        let verifications = network.verifications();
        writeln!(
            text,
            "{} requested, {} computed",
            plural(verifications.requested, "signature verification", "signature verifications"),
            verifications.computed
        )?;
        if options.crashes > 0 {
            let planned = plural(options.crashes, "planned crash", "planned crashes");
            writeln!(text, "{} of {planned}", network.crashes())?;
        }
        let (culprits, proofs) = (culprits(network).len(), network.evidence().len());
        writeln!(
            text,
            "{}: {}",
            plural(culprits, "member equivocated", "members equivocated"),
            plural(proofs, "proof", "proofs")
        )?;
        writeln!(text, "trace {}", hex::encode(network.trace()))?;
        self.write_verdict(&mut text, options, network)?;
        files::write_stdout(&text)?;
        Ok(())
    }

    fn traffic(&self, network: &Network<Journal>) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["message", "messages", "bytes", "messages/block", "bytes/block"]);
        let per_block = |count: u64| count as f64 / self.blocks.max(1) as f64;
        let mut add = |kind: &str, Traffic { messages, bytes }: Traffic| {
            table.add_row([
                kind.to_owned(),
                messages.to_string(),
                bytes.to_string(),
                format!("{:.1}", per_block(messages)),
                format!("{:.0}", per_block(bytes)),
            ]);
        };
        network.traffic().iter().for_each(|(kind, traffic)| add(kind, *traffic));
        add("total", network.total());
        for column in 1..=4 {
            let column = table.column_mut(column).expect("the header has five columns");
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    fn write_agreement(
        &self,
        text: &mut String,
        options: &Options,
        network: &Network<Journal>,
    ) -> fmt::Result {
        if self.blocks == 0 {
            return Ok(());
        }
        let measured = self.agreement(network) as f64 / self.blocks as f64;
        write!(
            text,
            "agreement (pre-prepare, prepare, commit, partial certificate, certificate): \
             {measured:.1} messages/block"
        )?;
        if options.byzantine == 0 && options.crashes == 0 && options.loss == 0 {
            let n = u64::from(options.replicas);
            let (formula, value) = match network.config().profile() {
                Profile::Flat => ("2N^2 - N - 1", 2 * n * n - n - 1),
                Profile::MemberQuorum => ("5(N - 1)", 5 * (n - 1)),
            };
            write!(text, "; {formula} = {value} with equal delays")?;
        }
        writeln!(text)
    }

    fn write_latencies(&self, text: &mut String) -> fmt::Result {
        let decided = plural(self.requests, "request", "requests");
        write!(text, "latency of {} of {decided} in virtual ms: ", self.samples())?;
        match self.percentiles() {
            None => writeln!(text, "no sample"),
            Some(Percentiles { median, p90, p99, maximum }) => {
                writeln!(text, "median {median}, 90 % {p90}, 99 % {p99}, maximum {maximum}")
            }
        }
    }

    fn write_verdict(
        &self,
        text: &mut String,
        options: &Options,
        network: &Network<Journal>,
    ) -> fmt::Result {
        if self.outcome == Outcome::Decided {
            let late: Vec<ReplicaId> = lagging(network, options.blocks).collect();
            if !late.is_empty() {
                let down = late.iter().filter(|id| !network.is_up(**id)).count();
                let honest = network.honest().len();
                writeln!(
                    text,
                    "{} of {honest} honest replicas lack the last block; {down} of them down",
                    late.len()
                )?;
            }
        } else {
            let blocks = plural(options.blocks, "block", "blocks");
            let event = if self.outcome == Outcome::Stalled { "STALLED" } else { "ended" };
            let now = network.now();
            writeln!(text, "{event} at {now} virtual ms with {} of {blocks}", self.blocks)?;
        }
        match network.violation() {
            Some(violation) => writeln!(text, "VIOLATION: {violation}"),
            None => writeln!(text, "No violation of safety."),
        }
    }
}

/// Writes the network and its faults.
fn write_network(text: &mut String, options: &Options, network: &Network<Journal>) -> fmt::Result {
    let config = network.config();
    writeln!(
        text,
        "{} replicas in {}, {:?}, F = {}, Q = {}, {} Byzantine, seed {}",
        config.size(),
        plural(config.groups().len(), "group", "groups"),
        config.profile(),
        config.faults(),
        config.quorum(),
        options.byzantine,
        options.seed,
    )?;
    if options.byzantine > 0 {
        let mut counts: BTreeMap<Behaviour, usize> = BTreeMap::new();
        for member in config.members() {
            *counts.entry(network.behaviour(member.id)).or_default() += 1;
        }
        counts.remove(&Behaviour::Honest);
        let behaviour = |(behaviour, count): (&Behaviour, &usize)| {
            format!("{count} {}", Attack::name_of(*behaviour))
        };
        let list: Vec<String> = counts.iter().map(behaviour).collect();
        let placement = name(&options.placement.unwrap_or_default());
        writeln!(text, "behaviours, placed by {placement}: {}", list.join(", "))?;
    }
    if options.loss > 0 {
        let until = options.stabilisation_time();
        writeln!(text, "{} % of messages lost until {until} virtual ms", options.loss)?;
    }
    if let Some(bandwidth) = options.bandwidth {
        let bytes = plural(bandwidth, "byte", "bytes");
        writeln!(text, "bandwidth of each sender: {bytes} per virtual ms")?;
    }
    Ok(())
}

/// The members that equivocated.
pub(super) fn culprits(network: &Network<Journal>) -> BTreeSet<ReplicaId> {
    network.evidence().iter().map(|evidence| evidence.signer).collect()
}

/// A number with its noun.
fn plural(count: impl Display + PartialEq + From<u8>, one: &str, many: &str) -> String {
    let noun = if count == 1.into() { one } else { many };
    format!("{count} {noun}")
}
