//! `epione inspect`: the division of files into sections, and its reasons. Writes nothing.

use crate::files::{self, CodesOption, Failure};
use epione::record::{Class, Record, Rule, SensitiveCodes};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Options of `epione inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  epione inspect bundle.json --json")]
pub(crate) struct Options {
    /// Records to divide: FHIR resources and bundles (.json, .ndjson) or any other files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    codes: CodesOption,
}

#[derive(Serialize)]
struct Outcome {
    records: Vec<RecordOutline>,
}

#[derive(Serialize)]
struct RecordOutline {
    file: String,
    bytes: u64,
    keywords: usize,
    sections: Vec<SectionOutline>,
}

#[derive(Serialize)]
struct SectionOutline {
    class: &'static str,
    bytes: u64,
    types: BTreeMap<String, u64>,
    labels: BTreeSet<String>,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    rule: String,
    path: String,
    count: u64,
}

/// Prints the outline of every file. All files are read before any output.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let codes = options.codes.table()?;
    let records: Result<Vec<_>, _> =
        options.files.iter().map(|path| outline(path, &codes)).collect();
    let outcome = Outcome { records: records? };
    let text = if options.json { serde_json::to_string(&outcome)? + "\n" } else { text(&outcome) };
    files::write_stdout(&text)?;
    Ok(true)
}

fn outline(path: &Path, codes: &SensitiveCodes) -> Result<RecordOutline, Failure> {
    let (mut file, name) = (files::open(path)?, path.display().to_string());
    let record = Record::scan_with_codes(&mut file, &name, codes)
        .map_err(|error| format!("{name}: {error}"))?;
    let sections = record.classes().into_iter().map(|class| section(&record, class)).collect();
    let (bytes, keywords) = (record.length(), record.keywords().len());
    Ok(RecordOutline { file: name, bytes, keywords, sections })
}

fn section(record: &Record, class: Class) -> SectionOutline {
    let (mut types, mut labels, mut reasons) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for (finding, count) in record.findings().filter(|(finding, _)| finding.class == class) {
        match &finding.rule {
            Rule::Type => {
                types.insert(finding.path.clone(), count);
                continue;
            }
            Rule::Label(label) | Rule::UnknownLabel(label) => {
                labels.insert(label.clone());
            }
            _ => {}
        }
        let (rule, path) = (finding.rule.to_string(), finding.path.clone());
        reasons.push(Reason { rule, path, count });
    }
    let bytes = record.section_length(class);
    SectionOutline { class: class.name(), bytes, types, labels, reasons }
}

fn text(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    for record in &outcome.records {
        let RecordOutline { file, bytes, keywords, sections } = record;
        let unit = if *keywords == 1 { "keyword" } else { "keywords" };
        lines.push(format!("{file}: {bytes} bytes, {keywords} {unit}"));
        for section in sections {
            let types: Vec<String> =
                section.types.iter().map(|(name, count)| format!("{count} {name}")).collect();
            lines.push(format!(
                "  {:<15} {:>12} bytes  {}",
                section.class,
                section.bytes,
                types.join(", ")
            ));
            lines.extend(section.reasons.iter().map(|reason| {
                let Reason { rule, path, count } = reason;
                let separator = if path.is_empty() { "" } else { ": " };
                format!("{count:>24}  {rule}{separator}{path}")
            }));
        }
    }
    lines.push(String::new());
    // Keys and labels of the file could contain control sequences of the terminal.
    let is_safe = |c: char| c == '\n' || !c.is_control();
    lines.join("\n").replace(|c| !is_safe(c), "\u{fffd}")
}
