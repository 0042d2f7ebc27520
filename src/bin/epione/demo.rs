//! `epione demo`: one patient, three doctors, a ledger with a faulty leader, and attacks that must
//! fail.
//!
//! `setup` builds the `world`; `lifecycle` performs the steps and attacks in it and writes to the
//! `report`, which depends on neither.

mod attacks;
mod hospitals;
mod input;
mod lifecycle;
mod progress;
mod publication;
mod report;
mod revocation;
mod setup;
mod sharing;
mod steps;
mod world;

use input::Input;
use report::Report;
use std::path::PathBuf;
use world::Failure;

/// Options of `epione demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  epione demo bundle.json image.dcm --json")]
pub(crate) struct Options {
    /// Records to share: FHIR bundles (.json) or any other files [default: a synthetic stroke
    /// record]
    files: Vec<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Number of hospitals, each of which runs a replica of the ledger
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(4..=100))]
    replicas: u16,
    /// Consensus profile; fewer than 16 replicas always use flat PBFT
    #[arg(long, value_enum, ignore_case = true, default_value_t = Profile::MemberQuorum)]
    profile: Profile,
    /// Number of silent replicas, chosen among the next leaders
    #[arg(long, default_value_t = 0)]
    silent: u16,
    /// Number of equivocating replicas, beginning with the first leader [default: 1, or 0 with
    /// --silent]
    #[arg(long)]
    equivocating: Option<u16>,
    /// Keep the store and the opened records in this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of all randomness, including keys, for reproducible runs
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    /// PBFT with all-to-all communication
    Flat,
    /// Two-layer PBFT; every quorum counts members of all groups
    #[value(alias = "memberquorum")]
    MemberQuorum,
}

/// Runs the demo. Returns `true` if every record is restored and every attack refused.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    // All inputs are validated before any output is created.
    let mut inputs = Input::open_all(&options.files)?;
    let mut report = Report::new(options.json);
    let mut world = setup::set_up(options, &mut report)?;
    lifecycle::run(&mut world, &mut inputs, &mut report)?;
    report.finish(lifecycle::ledger_summary(&world))
}
