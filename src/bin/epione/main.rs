//! The `epione` program.
#![forbid(unsafe_code)]

mod demo;
mod files;
mod inspect;
mod sim;
mod verify;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

const ABOUT: &str = concat!("Start with `epione demo`.\n\n", env!("CARGO_PKG_DESCRIPTION"));

#[derive(Debug, Parser)]
#[command(version, about = ABOUT)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Share a record among simulated hospitals, and attempt steps that must be refused
    Demo(demo::Options),
    /// Show how files are divided into sections, and why; writes nothing
    Inspect(inspect::Options),
    /// Simulate replicas of the ledger with faults, and measure their messages and latencies
    Sim(sim::Options),
    /// Verify a proof of a transaction, a grant or the state, without the ledger
    Verify(verify::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(options) => {
            let backend = epione::algebra::backend().map_err(Into::into);
            backend.and_then(|_| demo::run(&options))
        }
        Command::Inspect(options) => inspect::run(&options),
        Command::Sim(options) => return sim::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("epione: {error}");
            ExitCode::FAILURE
        }
    }
}
