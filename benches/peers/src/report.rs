//! The result of a run, as a table and as JSON for `benches/page.py`.

use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The results of a run.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The method of measurement.
    pub(crate) method: String,
    pub(crate) rows: Vec<Row>,
}

/// One operation in all libraries that have it.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) topic: String,
    pub(crate) operation: String,
    pub(crate) unit: Unit,
    /// One cell per library. Ratios are to the first.
    pub(crate) cells: Vec<Cell>,
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
}

/// The measurement of one library.
#[derive(Serialize)]
pub(crate) struct Cell {
    pub(crate) library: String,
    /// The minimum over the rounds, or a number of bytes. `None` if the result is incorrect.
    pub(crate) value: Option<f64>,
}

impl Report {
    /// Returns `true` if every library computed the expected result.
    pub(crate) fn is_correct(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.value.is_some())
    }
}

impl Row {
    /// `blst 619.00µs (0.99)`, with the ratio to the first cell.
    fn text(&self, cell: &Cell) -> String {
        let Some(value) = cell.value else { return format!("{} WRONG RESULT", cell.library) };
        let ratio = value / self.cells[0].value.unwrap_or(f64::NAN);
        let value = match self.unit {
            Unit::Nanoseconds => format!("{:.2?}", Duration::from_nanos(value as u64)),
            Unit::Bytes => format!("{value} B"),
        };
        format!("{} {value} ({ratio:.2})", cell.library)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}.", self.method)?;
        let mut topic = "";
        for row in &self.rows {
            if row.topic != topic {
                topic = &row.topic;
                writeln!(f, "\n{topic}")?;
            }
            write!(f, "{:<30}", row.operation)?;
            for cell in &row.cells {
                write!(f, "{:<36}", row.text(cell))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
