//! `epione sim`: a network of replicas in virtual time, with faults, and its costs.
//!
//! `options` parses the command line and builds the network, from the values of `values`; `report`
//! prints the summary; `trace` streams the observations; `help` describes exit codes and trace.

mod help;
mod options;
mod report;
mod trace;
mod values;

use crate::files::Failure;
use epione::consensus::ReplicaId;
use epione::sim::{Journal, Network, Observation, Observed};
use options::Faults;
pub(crate) use options::Options;
use report::{Outcome, Summary};
use std::process::ExitCode;
use trace::Trace;

/// The virtual time without a decision after which the run ends, in milliseconds.
const PATIENCE: u64 = 600_000;

/// The virtual time for which the replicas may deliver the last block, in milliseconds.
const DRAIN: u64 = 60_000;

/// Runs the simulation. The exit codes are 0 if all blocks are decided, 1 if a rule of safety is
/// violated, 2 after an error, and 3 if the run stalled.
pub(crate) fn run(options: &Options) -> ExitCode {
    match simulate(options) {
        Ok(Outcome::Decided) => ExitCode::SUCCESS,
        Ok(Outcome::Violated) => ExitCode::FAILURE,
        Ok(Outcome::Stalled) => ExitCode::from(3),
        Err(error) => {
            eprintln!("epione: {error}");
            ExitCode::from(2)
        }
    }
}

fn simulate(options: &Options) -> Result<Outcome, Failure> {
    options.check()?;
    let Faults { mut network, crashes } = options.network();
    let mut trace = options.trace.as_deref().map(Trace::create).transpose()?;
    network.record_observations(options.events);
    if let Some(trace) = &mut trace {
        trace.header(options, &network)?;
    }
    let mut summary = Summary::default();
    let mut crashes = crashes.into_iter().peekable();
    submit(options, &mut network, &mut summary);
    while !is_over(options, &network, &summary) {
        while let Some(crash) = crashes.next_if(|crash| crash.block <= summary.blocks) {
            let after = network.effects(crash.id) + crash.effects;
            network.crash_after(crash.id, after, crash.downtime);
        }
        if !network.step() {
            break;
        }
        for observation in network.take_observations() {
            if height(&observation).is_some_and(|height| height > options.blocks) {
                continue;
            }
            if let Some(trace) = &mut trace {
                trace.write(&observation, network.config())?;
            }
            summary.record(&observation);
            let decided = matches!(observation.event, Observed::Decided { .. });
            if decided && summary.blocks < options.blocks {
                submit(options, &mut network, &mut summary);
            }
        }
    }
    summary.finish(options, &network);
    if let Some(trace) = trace {
        trace.finish(&summary, &network)?;
    }
    summary.print(options, &network)?;
    Ok(summary.outcome)
}

/// Submits the requests of the next block at the honest replicas in turn.
fn submit(options: &Options, network: &mut Network<Journal>, summary: &mut Summary) {
    let honest = network.honest();
    for _ in 0..options.requests {
        let at = honest[summary.submitted as usize % honest.len()];
        summary.submitted += 1;
        network.schedule_request(network.now(), at, summary.submitted.to_be_bytes().to_vec());
    }
}

/// Returns `true` if a rule is violated, the run stalled, or the last block is delivered.
fn is_over(options: &Options, network: &Network<Journal>, summary: &Summary) -> bool {
    if network.violation().is_some() {
        return true;
    }
    if summary.blocks < options.blocks {
        return network.now() > summary.last.max(options.stabilisation_time()) + PATIENCE;
    }
    let delivered = lagging(network, options.blocks).all(|id| !network.is_up(id));
    delivered || network.now() > summary.last + DRAIN
}

/// The honest replicas that have not delivered the last block.
fn lagging(network: &Network<Journal>, blocks: u64) -> impl Iterator<Item = ReplicaId> {
    network.honest().into_iter().filter(move |id| network.replica(*id).height() <= blocks)
}

/// The height of a decision or reply. Those above the last block are not part of the run.
fn height(observation: &Observation) -> Option<u64> {
    match observation.event {
        Observed::Decided { height, .. } | Observed::Replied { height, .. } => Some(height),
        _ => None,
    }
}
