//! The `epione` program.
#![forbid(unsafe_code)]

mod demo;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Share a record among simulated hospitals, and attempt steps that must be refused
    Demo(demo::Options),
}

fn main() -> ExitCode {
    let Command::Demo(options) = Arguments::parse().command;
    let backend = epione::algebra::backend().map_err(Into::into);
    match backend.and_then(|_| demo::run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("epione: {error}");
            ExitCode::FAILURE
        }
    }
}
