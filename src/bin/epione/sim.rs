//! `epione sim`: a network of replicas in virtual time, with faults, and its costs.
//!
//! `options` parses the command line and builds the network, from the values of `values`; `report`
//! prints the summary; `trace` streams the observations; `help` describes the exit codes.

mod help;
mod options;
mod report;
mod trace;
mod values;

use crate::files::Failure;
use epione::sim::{Journal, Network, Observed};
use options::Faults;
pub(crate) use options::Options;
use report::{Outcome, Summary};
use trace::Trace;

/// The virtual time without a decision after which the run ends, in milliseconds.
const PATIENCE: u64 = 600_000;

/// Runs the simulation. Returns `true` if all blocks are decided and `false` if a rule of safety is
/// violated; exits with code 2 after an error, and 3 if the run stalled.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    match simulate(options) {
        Ok(Outcome::Decided) => Ok(true),
        Ok(Outcome::Violated) => Ok(false),
        Ok(Outcome::Stalled) => std::process::exit(3),
        Err(error) => {
            eprintln!("epione: {error}");
            std::process::exit(2)
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
    let mut clients = Clients { requests: 0, per_block: options.requests };
    let mut crashes = crashes.into_iter().peekable();
    clients.submit(&mut network);
    while summary.blocks < options.blocks {
        let patience = summary.last.max(options.stabilisation_time()) + PATIENCE;
        if network.violation().is_some() || network.now() > patience {
            break;
        }
        while let Some(crash) = crashes.next_if(|crash| crash.block <= summary.blocks) {
            let after = network.effects(crash.id) + crash.effects;
            network.crash_after(crash.id, after, crash.downtime);
        }
        if !network.step() {
            break;
        }
        let observations = network.take_observations();
        for observation in &observations {
            if let Some(trace) = &mut trace {
                trace.write(observation)?;
            }
            if let Observed::Decided { view, submitted, .. } = &observation.event {
                summary.decided(observation.time, *view, submitted.len());
                clients.submit(&mut network);
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

/// Clients that submit the requests of the next block as soon as a block is decided.
struct Clients {
    requests: u64,
    per_block: u16,
}

impl Clients {
    fn submit(&mut self, network: &mut Network<Journal>) {
        let honest = network.honest();
        for _ in 0..self.per_block {
            let at = honest[self.requests as usize % honest.len()];
            self.requests += 1;
            network.schedule_request(network.now(), at, self.requests.to_be_bytes().to_vec());
        }
    }
}
