//! What a run found: plain data, its JSON and its table.

use crate::machine::{Machine, Version};
use crate::table::{Align, Table, bytes, duration, ratio};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One run.
#[derive(Serialize, Deserialize, Debug)]
pub struct Report {
    /// What it ran on.
    pub machine: Machine,
    /// The libraries.
    pub versions: Vec<Version>,
    /// What was measured, in words.
    pub method: String,
    /// In the order of the table.
    pub rows: Vec<Row>,
}

/// One operation, by all libraries that have it.
#[derive(Serialize, Deserialize, Debug)]
pub struct Row {
    /// The heading it stands under.
    pub topic: String,
    /// What is done.
    pub operation: String,
    /// Of the cells' values.
    pub unit: Unit,
    /// One a library. The first is what the others are divided by.
    pub cells: Vec<Cell>,
}

/// What a value counts.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Unit {
    Nanoseconds,
    Bytes,
}

/// One library's figure.
#[derive(Serialize, Deserialize, Debug)]
pub struct Cell {
    /// Who did it.
    pub library: String,
    /// The least time of the rounds, or number of bytes; none if the result was wrong.
    pub value: Option<f64>,
    /// The median of the rounds.
    pub median: Option<f64>,
    /// `value` divided by that of the row's first cell.
    pub ratio: Option<f64>,
}

impl Cell {
    /// Not measured yet.
    pub fn empty(library: &str) -> Self {
        Self { library: library.into(), value: None, median: None, ratio: None }
    }

    /// Value and ratio; the first cell of a row is its own measure and has none.
    fn text(&self, unit: Unit, first: bool) -> String {
        let Some(value) = self.value else { return "WRONG RESULT".into() };
        let value = match unit {
            Unit::Nanoseconds => duration(value),
            Unit::Bytes => bytes(value),
        };
        match self.ratio.filter(|_| !first) {
            Some(times) => format!("{value} {:>6}", ratio(times)),
            None => value,
        }
    }
}

impl Row {
    /// A row without cells.
    pub fn new(topic: &str, operation: &str, unit: Unit) -> Self {
        Self { topic: topic.into(), operation: operation.into(), unit, cells: Vec::new() }
    }
}

impl Report {
    /// Of rows measured now, here.
    pub fn new(mut rows: Vec<Row>, rounds: usize) -> Self {
        for row in &mut rows {
            let own = row.cells.first().and_then(|cell| cell.value);
            for cell in &mut row.cells {
                cell.ratio = own.zip(cell.value).map(|(own, value)| value / own);
            }
        }
        let backend = epione::algebra::backend().map_or_else(|e| e.to_string(), |b| b.to_string());
        let method = format!(
            "CPU time, one thread, epione's backend {backend}, least of {rounds} rounds over all \
             cases; in brackets the time divided by that of the first column"
        );
        Self { machine: Machine::here(), versions: Version::of_peers(), method, rows }
    }

    /// Whether some library computed something else than it should.
    pub fn is_wrong(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.value.is_none())
    }

    /// The rows of each topic as one table: a column a library.
    pub fn tables(&self) -> Vec<Table> {
        let mut topics: Vec<&str> = self.rows.iter().map(|row| row.topic.as_str()).collect();
        topics.dedup();
        topics.into_iter().map(|topic| self.table(topic)).collect()
    }

    fn table(&self, topic: &str) -> Table {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.topic == topic).collect();
        let mut libraries: Vec<&str> = Vec::new();
        for cell in rows.iter().flat_map(|row| &row.cells) {
            if !libraries.contains(&cell.library.as_str()) {
                libraries.push(&cell.library);
            }
        }
        let mut table = Table::new(topic, Align::Left);
        libraries.iter().for_each(|library| table.column(library, Align::Right));
        for row in rows {
            let cell = |library: &&str| {
                let i = row.cells.iter().position(|cell| cell.library == *library)?;
                Some(row.cells[i].text(row.unit, i == 0))
            };
            let cells = libraries.iter().map(|library| cell(library).unwrap_or_default());
            table.row(std::iter::once(row.operation.clone()).chain(cells));
        }
        table
    }
}

/// Machine, versions and one table with a heading a topic.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions: Vec<String> = self.versions.iter().map(ToString::to_string).collect();
        writeln!(f, "{}\n{}\n{}\n", self.machine, versions.join(", "), self.method)?;
        write!(f, "{}", Table::plain(&self.tables()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let cell = |library, value| Cell { value, ..Cell::empty(library) };
        let row = |operation, unit, cells| Row { cells, ..Row::new("groups", operation, unit) };
        let rows = vec![
            row(
                "pairing",
                Unit::Nanoseconds,
                vec![cell("epione", Some(5e4)), cell("blst", Some(4e5))],
            ),
            row("encoding", Unit::Bytes, vec![cell("epione", Some(48.0)), cell("ark", None)]),
        ];
        Report::new(rows, 15)
    }

    #[test]
    fn ratios_are_the_others_by_the_first() {
        let report = report();
        assert_eq!(report.rows[0].cells[1].ratio, Some(8.0));
        assert!(report.is_wrong());
    }

    #[test]
    fn a_topic_is_one_table_with_a_column_a_library() {
        let text = Table::plain(&report().tables());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0].split_whitespace().collect::<Vec<_>>(),
            ["groups", "epione", "blst", "ark"]
        );
        assert_eq!(
            lines[2].split_whitespace().collect::<Vec<_>>(),
            ["pairing", "50.0", "us", "400", "us", "(8.0)"]
        );
        assert!(lines[3].contains("48 B") && lines[3].ends_with("WRONG RESULT"));
    }

    #[test]
    fn json_comes_back() {
        let text = serde_json::to_string(&report()).unwrap();
        let back: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(back.rows[0].cells[1].value, Some(4e5));
        assert_eq!(back.to_string(), report().to_string());
    }
}
