//! The output of the demo: lines and a closing table, or one JSON object.

use super::Failure;
use crate::files;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::cell::OnceCell;
use std::io;
use std::time::Instant;

/// The steps, records and refusals of the run.
pub(super) struct Report {
    json: bool,
    result: Outcome,
    /// The first error of standard output.
    unwritable: OnceCell<io::Error>,
}

#[derive(Serialize, Default)]
struct Outcome {
    ok: bool,
    records: Vec<RecordLine>,
    steps: Vec<StepLine>,
    refused: Vec<RefusalLine>,
    ledger: LedgerSummary,
    #[serde(skip)]
    failures: Vec<String>,
}

/// A record that the granted reader has opened.
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

/// The ledger and the network at the end of the run.
#[derive(Serialize, Default)]
pub(super) struct LedgerSummary {
    pub(super) replicas: usize,
    pub(super) height: u64,
    pub(super) transactions: usize,
    /// The number of blocks that were not committed in view 0.
    #[serde(skip)]
    pub(super) later_views: usize,
    #[serde(skip)]
    pub(super) messages: u64,
    #[serde(skip)]
    pub(super) bytes: u64,
    /// The calls of `fsync` by all replicas.
    #[serde(skip)]
    pub(super) syncs: u64,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, result: Outcome::default(), unwritable: OnceCell::new() }
    }

    /// Prints a line of text.
    pub(super) fn print(&self, sentence: &str) {
        if !self.json {
            self.write(sentence);
        }
    }

    /// Writes a line to standard output. After an error, the run continues.
    fn write(&self, line: &str) {
        if let Err(error) = files::write_stdout(&format!("{line}\n")) {
            self.unwritable.get_or_init(|| error);
        }
    }

    /// Prints the header of the steps.
    pub(super) fn header(&self) {
        self.print(&format!("  {:<16} {:<40} {:>10} {:>10}", "step", "parties", "size", "time"));
    }

    /// Reports a completed step.
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
        self.print(&format!("  {step:<16} {role:<40} {size:>10} {time:>10}  {what}"));
        self.result.steps.push(StepLine { step, role, bytes, micros });
    }

    /// Prints a detail of the step before, in lines of less than 100 columns.
    pub(super) fn detail(&self, name: &str, text: &str) {
        let mut name = name;
        for line in wrapped(text, 99 - 21) {
            self.print(&format!("    {name:<16} {line}"));
            name = "";
        }
    }

    /// Reports a record that the granted reader has opened.
    pub(super) fn record(&mut self, line: RecordLine) {
        if line.sha256_in != line.sha256_out {
            self.fail(format!("{} was changed", line.file));
        }
        self.result.records.push(line);
    }

    /// Reports a failure of the demo.
    pub(super) fn fail(&mut self, what: String) {
        self.print(&format!("  FAILED: {what}"));
        self.result.failures.push(what);
    }

    /// Reports the outcome of an attempt that must be refused.
    pub(super) fn refusal<T, E: std::fmt::Display>(
        &mut self,
        case: &'static str,
        outcome: Result<T, E>,
    ) {
        match outcome {
            Ok(_) => self.fail(format!("{case} was not refused")),
            Err(error) => {
                let error = error.to_string();
                self.print(&format!("  {case:<42} {error}"));
                self.result.refused.push(RefusalLine { case, error });
            }
        }
    }

    /// Prints the closing table or the JSON object. Returns `true` if nothing failed. Fails if
    /// standard output could not be written.
    pub(super) fn finish(mut self, ledger: LedgerSummary) -> Result<bool, Failure> {
        self.result.ledger = ledger;
        self.result.ok = self.result.failures.is_empty();
        if self.json {
            self.write(&serde_json::to_string(&self.result)?);
        } else {
            self.summary();
        }
        match self.unwritable.into_inner() {
            Some(error) => Err(error.into()),
            None => Ok(self.result.ok),
        }
    }

    fn summary(&self) {
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
        let LedgerSummary { replicas, height, transactions, later_views, messages, bytes, syncs } =
            &self.result.ledger;
        self.write(&format!("\n{table}"));
        self.write(&format!(
            "{replicas} replicas, {height} blocks ({later_views} after a view change), \
             {transactions} transactions, {messages} messages ({})",
            in_bytes(*bytes),
        ));
        let per_block = *syncs as f64 / (*replicas as f64 * (*height).max(1) as f64);
        self.write(&format!("{per_block:.1} calls of fsync per block and replica"));
        self.write(&format!("{} attempts refused.", self.result.refused.len()));
        self.write(if self.result.ok { "All checks passed." } else { "CHECKS FAILED." });
    }
}

/// Divides a text at spaces into lines of at most `width` characters, unless a word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.len() + 1 + word.len() <= width) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns a number with its noun.
pub(super) fn count<N: TryInto<u64>>(number: N, singular: &str, plural: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { singular } else { plural })
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
