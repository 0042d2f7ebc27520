//! `epione demo`: one patient, three doctors, a ledger with a faulty leader, and attempts that must
//! be refused.
//!
//! `setup` builds the `world`; `lifecycle` performs the steps and attempts in it and writes to the
//! `report`, which depends on neither.

mod attempts;
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

use crate::files::CodesOption;
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
    /// Number N of hospitals, each of which runs a replica of the ledger; from 4 to 100
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = replicas)]
    replicas: u16,
    /// Consensus profile; fewer than 16 replicas always use flat PBFT
    #[arg(long, value_enum, ignore_case = true, default_value_t = Profile::MemberQuorum)]
    profile: Profile,
    /// Number of silent replicas, chosen among the next leaders; with the equivocating ones at most
    /// F = (N - 1) / 3, rounded down
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = count)]
    silent: u16,
    /// Number of equivocating replicas, beginning with the first leader [default: 1, or 0 with
    /// --silent]
    #[arg(long, value_name = "COUNT", value_parser = count)]
    equivocating: Option<u16>,
    /// Keep the store and the opened records in this new or empty directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of all randomness, including keys, for reproducible runs
    #[arg(long, value_parser = seed)]
    seed: Option<u64>,
    #[command(flatten)]
    codes: CodesOption,
}

fn replicas(text: &str) -> Result<u16, &'static str> {
    let number = text.parse().ok().filter(|number| (4..=100).contains(number));
    number.ok_or("the number of replicas is an integer from 4 to 100")
}

fn count(text: &str) -> Result<u16, &'static str> {
    text.parse().map_err(|_| "the number of faulty replicas is an integer from 0 to F")
}

fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "the seed is an integer from 0 to 18446744073709551615 (2^64 - 1)")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    /// PBFT with all-to-all communication
    Flat,
    /// Two-layer PBFT; every quorum counts members of all groups
    #[value(alias = "memberquorum")]
    MemberQuorum,
}

/// Runs the demo. Returns `true` if every record is restored and every attempt refused.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    // All inputs are validated before any output is created.
    let mut inputs = Input::open_all(&options.files, &*options.codes.table()?)?;
    let mut report = Report::new(options.json);
    let mut world = setup::set_up(options, &mut report)?;
    lifecycle::run(&mut world, &mut inputs, &mut report)?;
    report.finish(lifecycle::ledger_summary(&world)?)
}
