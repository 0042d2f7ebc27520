//! Measures, and writes `docs/benchmarks.md` with its figure.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin page               # all of it
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin page -- --no-run   # from the data there is
//! ```

// Running the benches and the comparison.
mod runs;

// What criterion leaves behind.
mod criterion;

// Measurements of one operation under several backends.
mod backends;

// The page's text.
mod page;

// The figure.
mod plot;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use epione_peers::machine::{Machine, Version};
use epione_peers::report::Report;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Measure, and write docs/benchmarks.md.
#[derive(Parser)]
struct Arguments {
    /// Measure nothing: write the page from the data there is.
    #[arg(long)]
    no_run: bool,
    /// Measure these benches only, and take the rest from the data there is; `peers` is one of them.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(runs::BENCHES))]
    only: Vec<String>,
    /// What EPIONE_BACKEND is set to, one after the other, for the bench of the groups.
    #[arg(long, value_delimiter = ',', default_value = "portable,blst,ifma")]
    backends: Vec<String>,
    /// The date on the page; today's if it is not given.
    #[arg(long)]
    date: Option<String>,
    /// Where the page goes.
    #[arg(long, default_value = "docs")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let target = runs::target_directory(&root);
    let peers = target.join("peers.json");
    let start = SystemTime::now();

    let chosen: Vec<&str> = runs::BENCHES
        .into_iter()
        .filter(|name| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name))
        .collect();
    if !arguments.no_run {
        runs::all(&root, &target, &chosen, &arguments.backends, &peers)?;
    }

    // What a whole run did not measure is of a bench that is no more.
    let whole_run = !arguments.no_run && arguments.only.is_empty();
    let mut measurements = criterion::read(&target.join("criterion"))?;
    measurements.retain(|m| !whole_run || m.written >= start);
    let report: Option<Report> = match std::fs::read(&peers) {
        Ok(json) => Some(serde_json::from_slice(&json)?),
        Err(_) => None,
    };

    let out = root.join(&arguments.out);
    let page = out.join("benchmarks.md");
    let old = std::fs::read_to_string(&page).unwrap_or_default();
    let contents = page::Contents {
        date: arguments.date.unwrap_or_else(|| page::date(SystemTime::now())),
        arguments: std::env::args().skip(1).collect(),
        machine: Machine::here(),
        versions: Version::of_peers(),
        measurements,
        report,
    };
    if let Some(figure) = contents.figure() {
        std::fs::write(out.join(page::FIGURE), figure)?;
    }
    std::fs::write(&page, contents.text(&old))?;
    eprintln!("written: {}", page.display());
    Ok(())
}
