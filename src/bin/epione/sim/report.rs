//! The summary of a simulation.

use super::options::Options;
use crate::files::{self, Failure};
use comfy_table::{CellAlignment, Table, presets};
use epione::sim::{Journal, Network, Traffic};
use std::fmt::{self, Write};

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
    pub(super) requests: usize,
    /// The number of blocks that were not committed in view 0.
    pub(super) later_views: u64,
    /// The virtual time of the last block.
    pub(super) last: u64,
}

impl Summary {
    pub(super) fn decided(&mut self, time: u64, view: u64, requests: usize) {
        self.blocks += 1;
        self.requests += requests;
        self.later_views += u64::from(view > 0);
        self.last = time;
    }

    /// Determines the outcome at the end of the run.
    pub(super) fn finish(&mut self, options: &Options, network: &Network<Journal>) {
        self.outcome = match network.violation() {
            Some(_) => Outcome::Violated,
            None if self.blocks < options.blocks => Outcome::Stalled,
            None => Outcome::Decided,
        };
    }

    /// Prints the summary.
    pub(super) fn print(
        &self,
        options: &Options,
        network: &Network<Journal>,
    ) -> Result<(), Failure> {
        let config = network.config();
        let mut text = String::new();
        writeln!(
            text,
            "{} replicas in {} groups, {:?}, F = {}, Q = {}, {} Byzantine, seed {}",
            config.size(),
            config.groups().len(),
            config.profile(),
            config.faults(),
            config.quorum(),
            options.byzantine,
            options.seed,
        )?;
        writeln!(text, "{}", self.traffic(network))?;
        writeln!(
            text,
            "{} blocks ({} after a view change) with {} requests in {} virtual ms",
            self.blocks, self.later_views, self.requests, self.last
        )?;
        let latencies = sorted(network.latencies());
        let at = |percent| percentile(&latencies, percent);
        writeln!(
            text,
            "latency of a request in virtual ms: median {}, 90 % {}, 99 % {}, maximum {}",
            at(50),
            at(90),
            at(99),
            at(100)
        )?;
        let verifications = network.verifications();
        writeln!(
            text,
            "{} signature verifications requested, {} computed",
            verifications.requested, verifications.computed
        )?;
        writeln!(
            text,
            "{} crashes, {} proofs that a member contradicted itself",
            network.crashes(),
            network.evidence().len()
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

    fn write_verdict(
        &self,
        text: &mut String,
        options: &Options,
        network: &Network<Journal>,
    ) -> fmt::Result {
        if self.outcome == Outcome::Stalled {
            let (now, blocks) = (network.now(), options.blocks);
            writeln!(text, "STALLED at {now} virtual ms with {} of {blocks} blocks", self.blocks)?;
        }
        match network.violation() {
            Some(violation) => writeln!(text, "VIOLATION: {violation}"),
            None => writeln!(text, "No violation of safety."),
        }
    }
}

fn sorted(latencies: &[u64]) -> Vec<u64> {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    sorted
}

/// The nearest-rank percentile of a sorted list; 0 if it is empty.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}
