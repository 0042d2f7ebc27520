//! The page's text.

use crate::backends::{Comparison, Measured, natural, rate_of, unique};
use crate::criterion::Measurement;
use crate::plot::Plot;
use epione_peers::machine::{Machine, Version};
use epione_peers::report::{Report, Row, Unit};
use epione_peers::table::{Align, Table, duration};
use std::time::{SystemTime, UNIX_EPOCH};

/// The figure, beside the page.
pub(crate) const FIGURE: &str = "benchmarks.svg";
/// Between these a person writes.
const READING: [&str; 2] = [
    "<!-- reading: written by hand, kept when the page is written anew -->",
    "<!-- end of reading -->",
];
const COMMAND: &str = "cargo run --release --manifest-path benches/peers/Cargo.toml --bin page";

/// All that the page tells.
pub(crate) struct Contents {
    pub(crate) date: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) machine: Machine,
    pub(crate) versions: Vec<Version>,
    pub(crate) measurements: Vec<Measurement>,
    pub(crate) report: Option<Report>,
}

impl Contents {
    /// The page; the old one gives what was written by hand.
    pub(crate) fn text(&self, old: &str) -> String {
        let comparison = Comparison::new(&self.measurements);
        let mut sections = vec![self.head(), reading(old)];
        if self.figure().is_some() {
            sections.push(format!("![{}]({FIGURE})\n", self.plot().title));
        }
        if let Some(comparison) = &comparison {
            sections.push(format!(
                "## Groups, by backend\n\n{BACKENDS}\n{}",
                comparison.table().markdown()
            ));
        }
        sections.extend(self.report.as_ref().map(beside_others));
        sections.extend(self.modules());
        sections.join("\n")
    }

    /// The figure's SVG, if there is anything to draw.
    pub(crate) fn figure(&self) -> Option<String> {
        self.plot().svg()
    }

    /// Backends where criterion's names tell them, else the groups beside those of others.
    fn plot(&self) -> Plot {
        let title = "Groups of BLS12-381: time of one operation, logarithmic scale";
        let comparison = Comparison::new(&self.measurements)
            .or_else(|| groups_of(self.report.as_ref()?))
            .unwrap_or(Comparison { backends: Vec::new(), rows: Vec::new() });
        let groups = comparison.rows.into_iter().map(|(operation, cells)| {
            (operation, cells.into_iter().map(|cell| cell.map(|m| m.nanoseconds)).collect())
        });
        Plot { title: title.into(), series: comparison.backends, groups: groups.collect() }
    }

    fn head(&self) -> String {
        let Machine { processor, cores, flags, system, compiler } = &self.machine;
        let versions: Vec<String> = self.versions.iter().map(ToString::to_string).collect();
        let command = [COMMAND.to_owned()].into_iter().chain(self.separated_arguments());
        format!(
            "# Benchmarks\n\nWritten by a program; only the part \"Reading\" is written by hand.\n\n\
             | | |\n| --- | --- |\n\
             | date | {} |\n\
             | processor | {processor}, {cores} cores |\n\
             | its flags | {} |\n\
             | system | {system} |\n\
             | compiler | {compiler} |\n\
             | versions | {} |\n\
             | command | `{}` |\n",
            self.date,
            flags.join(" "),
            versions.join(", "),
            command.collect::<Vec<_>>().join(" "),
        )
    }

    fn separated_arguments(&self) -> impl Iterator<Item = String> {
        let separator = (!self.arguments.is_empty()).then(|| "--".to_owned());
        separator.into_iter().chain(self.arguments.iter().cloned())
    }

    /// The groups of benchmarks that name no backend.
    fn modules(&self) -> Option<String> {
        let plain: Vec<&Measurement> =
            self.measurements.iter().filter(|m| m.backend().is_none()).collect();
        if plain.is_empty() {
            return None;
        }
        let mut text = String::from("## Modules\n\n");
        text += "Medians by criterion, by size where there is one; in brackets what a second gets \
                 through.\n";
        for group in unique(plain.iter().map(|m| &m.group)) {
            let members: Vec<&Measurement> =
                plain.iter().copied().filter(|m| m.group == group).collect();
            text += &format!("\n### {group}\n\n{}", group_table(&members).markdown());
        }
        Some(text)
    }
}

const BACKENDS: &str = "\
Medians by criterion, in microseconds. `raw-blst` and `arkworks` are those libraries called directly, the
others are epione under `EPIONE_BACKEND`. The last columns divide the time of the library named by that of
epione's fastest backend: above one, epione is faster.
";

/// What was written by hand in an old page, or room for it.
fn reading(old: &str) -> String {
    let [start, end] = READING;
    let kept = old.split_once(start).and_then(|(_, rest)| Some(rest.split_once(end)?.0));
    format!("## Reading\n\n{start}{}{end}\n", kept.unwrap_or("\n\nNothing is written yet.\n\n"))
}

/// The comparison with other libraries, a table a topic.
fn beside_others(report: &Report) -> String {
    let mut text = format!(
        "## Beside other libraries\n\n{}. What is compared, and what is not comparable: \
         `benches/peers/README.md`.\n",
        report.method
    );
    for table in report.tables() {
        text += &format!("\n{}", table.markdown());
    }
    text
}

/// The first topic of the comparison as operations by libraries.
fn groups_of(report: &Report) -> Option<Comparison> {
    let topic = &report.rows.first()?.topic;
    let rows: Vec<&Row> = report
        .rows
        .iter()
        .filter(|row| row.topic == *topic && row.unit == Unit::Nanoseconds)
        .collect();
    let backends = unique(rows.iter().flat_map(|row| &row.cells).map(|cell| &cell.library));
    let cells = |row: &Row| {
        let find = |name: &String| row.cells.iter().find(|cell| cell.library == *name);
        backends.iter().map(|name| Some(Measured::time(find(name)?.value?))).collect()
    };
    let rows = rows.iter().map(|row| (row.operation.clone(), cells(row))).collect();
    Some(Comparison { backends, rows })
}

/// Functions by sizes.
fn group_table(members: &[&Measurement]) -> Table {
    let mut functions = unique(members.iter().map(|m| &m.function));
    functions.sort_by_key(|function| natural(function));
    let mut sizes = unique(members.iter().filter_map(|m| m.size.as_ref()));
    sizes.sort_by_key(|size| natural(size));
    let unsized_ones = members.iter().any(|m| m.size.is_none());
    let columns: Vec<Option<String>> =
        unsized_ones.then_some(None).into_iter().chain(sizes.into_iter().map(Some)).collect();

    let mut table = Table::new("operation", Align::Left);
    for column in &columns {
        table.column(column.as_deref().unwrap_or("time"), Align::Right);
    }
    for function in functions {
        let cell = |size: &Option<String>| {
            members.iter().find(|m| m.function == function && m.size == *size).map(|m| time(m))
        };
        let cells: Vec<String> =
            columns.iter().map(|size| cell(size).unwrap_or_default()).collect();
        table.row([function].into_iter().chain(cells));
    }
    table
}

fn time(m: &Measurement) -> String {
    let rate = m.throughput.and_then(|throughput| rate_of(throughput, m.nanoseconds));
    match rate {
        Some(rate) => format!("{} ({rate})", duration(m.nanoseconds)),
        None => duration(m.nanoseconds),
    }
}

/// The day of a moment, in UTC, as `2026-12-31`.
pub(crate) fn date(moment: SystemTime) -> String {
    let seconds = moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut day, mut year) = (seconds / 86_400, 1970);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criterion::Throughput;
    use crate::criterion::tests::measured;
    use std::time::Duration;

    fn contents(measurements: Vec<Measurement>) -> Contents {
        Contents {
            date: "2026-12-31".into(),
            arguments: vec!["--no-run".into()],
            machine: Machine::here(),
            versions: Vec::new(),
            measurements,
            report: None,
        }
    }

    #[test]
    fn what_is_written_by_hand_stays() {
        let page = contents(vec![measured("pairing/raw-blst", None, 4e5)]);
        let first = page.text("");
        assert!(first.contains("Nothing is written yet."));
        let edited = first.replace("Nothing is written yet.", "The pairing is *fast*.\n\nVery.");
        assert_eq!(page.text(&edited), edited);
        assert!(contents(Vec::new()).text(&edited).contains("The pairing is *fast*.\n\nVery."));
    }

    #[test]
    fn an_old_page_without_its_end_mark_gives_nothing() {
        assert_eq!(reading(READING[0]), reading(""));
    }

    #[test]
    fn the_command_is_the_one_that_was_given() {
        let text = contents(Vec::new()).text("");
        assert!(text.contains("--bin page -- --no-run`"), "{text}");
    }

    #[test]
    fn a_figure_is_shown_if_there_is_one() {
        let text = contents(vec![measured("pairing/raw-blst", None, 4e5)]).text("");
        assert!(text.contains("](benchmarks.svg)") && text.contains("| pairing | 400 |"), "{text}");
        assert!(!contents(Vec::new()).text("").contains("benchmarks.svg"));
    }

    #[test]
    fn sizes_are_columns() {
        let mut rate = measured("seal", Some("65536"), 65_536.0);
        rate.throughput = Some(Throughput::Bytes(65_536.0));
        let all = [measured("keygen", Some("50"), 5e6), measured("keygen", Some("10"), 1e6), rate];
        let text = group_table(&all.iter().collect::<Vec<_>>()).markdown();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "| operation | 10 | 50 | 65536 |");
        assert_eq!(lines[2], "| keygen | 1.00 ms | 5.00 ms | |");
        assert_eq!(lines[3], "| seal | | | 65.5 us (1.00 GB/s) |");
    }

    #[test]
    fn days_have_dates() {
        for (day, text) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (11_016, "2000-02-29"),
            (20_454, "2026-01-01"),
            (20_818, "2026-12-31"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(day * 86_400 + 86_399)), text);
        }
    }
}
