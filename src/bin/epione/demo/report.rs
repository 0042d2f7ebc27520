//! What the demo tells: lines as it goes and a closing table, or one JSON object.

use super::Failure;
use super::world::World;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::io::{self, Write};
use std::time::Instant;

/// Everything that was done and refused.
pub(super) struct Report {
    json: bool,
    result: Outcome,
}

#[derive(Serialize, Default)]
struct Outcome {
    ok: bool,
    records: Vec<RecordLine>,
    steps: Vec<StepLine>,
    refused: Vec<RefusalLine>,
    ledger: LedgerLine,
    #[serde(skip)]
    failures: Vec<String>,
}

/// A record that went the whole way.
#[derive(Serialize)]
pub(super) struct RecordLine {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) sha256_in: String,
    pub(super) sha256_out: String,
    pub(super) sections: usize,
}

#[derive(Serialize)]
struct StepLine {
    step: &'static str,
    role: &'static str,
    bytes: u64,
    micros: u64,
}

#[derive(Serialize)]
struct RefusalLine {
    case: &'static str,
    error: String,
}

#[derive(Serialize, Default)]
struct LedgerLine {
    replicas: usize,
    height: u64,
    transactions: usize,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, result: Outcome::default() }
    }

    /// Says a sentence between the steps.
    pub(super) fn say(&self, sentence: &str) {
        if !self.json {
            print(sentence);
        }
    }

    /// Starts a step's clock.
    pub(super) fn start(&self) -> Instant {
        Instant::now()
    }

    /// A step that was done.
    pub(super) fn step(
        &mut self,
        step: &'static str,
        role: &'static str,
        bytes: u64,
        start: Instant,
        what: &str,
    ) {
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (size, time) = (in_bytes(bytes), in_time(micros));
        self.say(&format!("  {step:<14} {role:<40} {size:>10} {time:>10}  {what}"));
        self.result.steps.push(StepLine { step, role, bytes, micros });
    }

    /// A record that came out at the granted reader.
    pub(super) fn record(&mut self, line: RecordLine) {
        if line.sha256_in != line.sha256_out {
            self.fail(format!("{} came back changed", line.file));
        }
        self.result.records.push(line);
    }

    /// Something that must not have happened.
    pub(super) fn fail(&mut self, what: String) {
        self.say(&format!("  FAILED: {what}"));
        self.result.failures.push(what);
    }

    /// A case that must be refused, and what came of it.
    pub(super) fn refusal<T, E: std::fmt::Display>(
        &mut self,
        case: &'static str,
        outcome: Result<T, E>,
    ) {
        match outcome {
            Ok(_) => self.fail(format!("{case} was not refused")),
            Err(error) => {
                let error = error.to_string();
                self.say(&format!("  {case:<42} {error}"));
                self.result.refused.push(RefusalLine { case, error });
            }
        }
    }

    /// The closing table or object; whether all went as it must.
    pub(super) fn finish(mut self, world: &World) -> Result<bool, Failure> {
        let ledger = world.ledger();
        self.result.ledger = LedgerLine {
            replicas: world.network.config().size(),
            height: ledger.height(),
            transactions: ledger
                .blocks()
                .iter()
                .map(|committed| committed.block.entries.len())
                .sum(),
        };
        self.result.ok = self.result.failures.is_empty();
        if self.json {
            print(&serde_json::to_string(&self.result)?);
        } else {
            self.summary(world);
        }
        Ok(self.result.ok)
    }

    fn summary(&self, world: &World) {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["record", "bytes", "sections", "SHA-256 in", "SHA-256 out", ""]);
        for line in &self.result.records {
            let same = if line.sha256_in == line.sha256_out { "identical" } else { "CHANGED" };
            table.add_row([
                &line.file,
                &line.bytes.to_string(),
                &line.sections.to_string(),
                &line.sha256_in[..16],
                &line.sha256_out[..16],
                same,
            ]);
        }
        for column in 1..=2 {
            let column = table.column_mut(column).expect("the header has six columns");
            column.set_cell_alignment(CellAlignment::Right);
        }
        let LedgerLine { replicas, height, transactions } = &self.result.ledger;
        let total = world.network.total();
        let later = ledger_views(world);
        print(&format!("\n{table}"));
        print(&format!(
            "{replicas} replicas, {height} blocks ({later} in a later view), {transactions} \
             transactions, {} messages ({})",
            total.messages,
            in_bytes(total.bytes),
        ));
        print(&format!("{} cases refused as they must be.", self.result.refused.len()));
        print(if self.result.ok { "All is well." } else { "NOT all is well." });
    }
}

/// A line on standard output. Whoever closed it early (`| head`) has seen enough: the run goes on,
/// and its exit status still says how it ended.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// How many blocks the first leader of their height did not bring to agreement.
fn ledger_views(world: &World) -> usize {
    world.ledger().blocks().iter().filter(|committed| committed.certificate.view > 0).count()
}

fn in_bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn in_time(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} us"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}
