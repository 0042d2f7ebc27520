//! `epione demo`: one patient, three doctors, a ledger with a faulty leader, and everything that
//! must be refused.

mod hospitals;
mod input;
mod progress;
mod refusals;
mod report;
mod sharing;
mod steps;
mod story;
mod succession;
mod world;
mod writing;

use input::Input;
use report::Report;
use std::path::PathBuf;
use world::World;

/// What `epione demo` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  epione demo bundle.json image.dcm --json")]
pub(crate) struct Options {
    /// Records: FHIR bundles (.json) or any other file; without one, a synthetic stroke record.
    files: Vec<PathBuf>,
    /// Print one JSON object instead of the story.
    #[arg(long)]
    json: bool,
    /// Hospitals that run a ledger replica.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(4..=100))]
    replicas: u16,
    /// How the replicas agree; below 16 replicas it is always flat.
    #[arg(long, value_enum, ignore_case = true, default_value_t = Profile::MemberQuorum)]
    profile: Profile,
    /// Replicas that never answer; they are the next in line to lead.
    #[arg(long, default_value_t = 0)]
    silent: u16,
    /// Replicas that propose two blocks at once, the first leader among them; one by default, none
    /// with --silent.
    #[arg(long)]
    equivocating: Option<u16>,
    /// Keep the store and the opened records in this directory.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw all randomness from this number, to see the same run again.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    /// PBFT, all to all.
    Flat,
    /// Two layers, the quorum counted over all members.
    #[value(alias = "memberquorum")]
    MemberQuorum,
}

/// What ends a demo early: a sentence for the user.
type Failure = Box<dyn std::error::Error>;

/// Runs the demo; whether every record came back and every refusal was refused.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    // Every input is looked at before anything is made.
    let mut inputs = Input::open_all(&options.files)?;
    let mut report = Report::new(options.json);
    let mut world = World::new(options, &mut report)?;
    story::tell(&mut world, &mut inputs, &mut report)?;
    report.finish(&world)
}
