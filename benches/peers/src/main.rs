//! The same work done by epione and by other libraries, in one process and one table.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml                  # all of it
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- n = 50        # rows with this in them
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --json        # for programs
//! ```
//!
//! A topic is a file with one function `rows`. Within a topic a trait says what is compared, and
//! each library implements it once; a new library is one `impl` and one line in `rows`.

// Groups of BLS12-381.
mod algebra;

// Ciphertext-policy attribute-based encryption.
mod abe;

// Proxy re-encryption.
mod pre;

// Searchable encryption.
mod peks;

use clap::Parser;
use epione_peers::report::Report;
use epione_peers::timing::Suite;

/// Time epione against other libraries.
#[derive(Parser)]
struct Arguments {
    /// Only rows whose topic, operation or library contains these words.
    filter: Vec<String>,
    /// How often each case is timed; the least counts.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Milliseconds of one timing.
    #[arg(long, default_value_t = 5)]
    sample: u64,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    json: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let filter = arguments.filter.join(" ");
    let mut suite = Suite::new((!filter.is_empty()).then_some(filter));
    algebra::rows(&mut suite);
    abe::rows(&mut suite);
    pre::rows(&mut suite);
    peks::rows(&mut suite);

    let sample = std::time::Duration::from_millis(arguments.sample);
    let report = Report::new(suite.run(arguments.rounds.max(1), sample), arguments.rounds.max(1));
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain data"));
    } else {
        print!("{report}");
    }
    if report.is_wrong() {
        std::process::exit(1);
    }
}
