//! Compares epione with other libraries: the same operations, in one process, in one table.
//!
//! Each topic is a file with a trait for the operations and one implementation per library.

mod abe;
mod algebra;
mod pre;
mod report;
mod timing;

use clap::Parser;
use std::time::Duration;

/// Times epione and other libraries.
#[derive(Parser)]
struct Arguments {
    /// Measure only rows with these words in topic, operation or library.
    filter: Vec<String>,
    /// Number of timings per case, of which the minimum is reported.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Milliseconds per timing.
    #[arg(long, default_value_t = 5)]
    sample: u64,
    /// Print JSON instead of the table.
    #[arg(long)]
    json: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let mut suite = timing::Suite::new(&arguments.filter.join(" "));
    algebra::rows(&mut suite);
    abe::rows(&mut suite);
    pre::rows(&mut suite);

    let report = suite.run(arguments.rounds, Duration::from_millis(arguments.sample));
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain data"));
    } else {
        print!("{report}");
    }
    if !report.is_correct() {
        std::process::exit(1);
    }
}
