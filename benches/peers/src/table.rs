//! Columns of text, plain for a terminal and as Markdown, and how figures are written.

/// Where the text of a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Align {
    Left,
    Right,
}

/// A table: headings and rows of cells.
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With its first column.
    pub fn new(heading: &str, align: Align) -> Self {
        Self { columns: vec![(heading.into(), align)], rows: Vec::new() }
    }

    /// One column more.
    pub fn column(&mut self, heading: &str, align: Align) {
        self.columns.push((heading.into(), align));
    }

    /// One row more: a cell a column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let row: Vec<String> = cells.into_iter().collect();
        assert_eq!(row.len(), self.columns.len(), "a cell a column");
        self.rows.push(row);
    }

    /// The heading of the first column.
    pub fn title(&self) -> &str {
        &self.columns[0].0
    }

    /// Tables under each other, the first columns of one width so that they read as one.
    pub fn plain(tables: &[Self]) -> String {
        let first = tables.iter().map(|table| table.width(0)).max().unwrap_or(0);
        tables.iter().map(|table| table.lines(first)).collect::<Vec<_>>().join("\n")
    }

    /// A Markdown table.
    pub fn markdown(&self) -> String {
        let mut text = markdown_line(self.columns.iter().map(|(heading, _)| heading.as_str()));
        let rule =
            |(_, align): &(String, Align)| if *align == Align::Left { "---" } else { "---:" };
        text += &markdown_line(self.columns.iter().map(rule));
        for row in &self.rows {
            text += &markdown_line(row.iter().map(String::as_str));
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| &row[column]).chain([&self.columns[column].0]);
        cells.map(|text| text.chars().count()).max().unwrap_or(0)
    }

    fn lines(&self, first: usize) -> String {
        let others = (1..self.columns.len()).map(|column| self.width(column));
        let widths: Vec<usize> = std::iter::once(first).chain(others).collect();
        let headings = self.columns.iter().map(|(heading, _)| heading.clone()).collect();
        let rules = widths.iter().map(|width| "-".repeat(*width)).collect();
        let rows = [&headings, &rules].into_iter().chain(&self.rows);
        rows.map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.columns);
        let cells = cells.map(|((cell, width), (_, align))| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    }
}

/// Several spaces in a row would be one in Markdown anyway.
fn markdown_line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let words = |cell: &'a str| cell.split_whitespace().collect::<Vec<_>>().join(" ");
    let padded =
        cells.map(words).map(|cell| if cell.is_empty() { cell } else { format!(" {cell}") });
    format!("|{} |\n", padded.collect::<Vec<_>>().join(" |"))
}

/// Nanoseconds with three digits that count, in the unit that suits.
pub fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n < 999.5 => (n, "ns"),
        n if n < 999.5e3 => (n / 1e3, "us"),
        n if n < 999.5e6 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// Microseconds, always: for columns that are compared.
pub fn microseconds(nanoseconds: f64) -> String {
    digits(nanoseconds / 1e3)
}

/// A number of bytes.
pub fn bytes(count: f64) -> String {
    format!("{count:.0} B")
}

/// Things or bytes in a second.
pub fn rate(per_second: f64, unit: &str) -> String {
    match per_second {
        r if r < 9995.0 => format!("{} {unit}/s", digits(r)),
        r if r < 999.5e3 => format!("{} k{unit}/s", digits(r / 1e3)),
        r if r < 999.5e6 => format!("{} M{unit}/s", digits(r / 1e6)),
        r => format!("{} G{unit}/s", digits(r / 1e9)),
    }
}

/// How many times as much.
pub fn ratio(times: f64) -> String {
    match times {
        t if t < 0.995 => format!("({t:.2})"),
        t if t < 9.95 => format!("({t:.1})"),
        t => format!("({t:.0})"),
    }
}

/// Three digits that count; more only before the point.
pub fn digits(value: f64) -> String {
    match value {
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        for (nanoseconds, text) in [
            (0.0, "0.00 ns"),
            (21.04, "21.0 ns"),
            (999.6, "1.00 us"),
            (63_940.0, "63.9 us"),
            (999_499.0, "999 us"),
            (445e6, "445 ms"),
            (2.5e9, "2.50 s"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
        assert_eq!(microseconds(4_693_000.0), "4693");
        assert_eq!(ratio(6.449), "(6.4)");
        assert_eq!(ratio(0.618), "(0.62)");
        assert_eq!(ratio(0.999), "(1.0)");
        assert_eq!(ratio(9.96), "(10)");
        assert_eq!(rate(15_770.0, "entries"), "15.8 kentries/s");
        assert_eq!(rate(1.25e9, "B"), "1.25 GB/s");
    }

    #[test]
    fn plain_tables_share_the_width_of_their_first_column() {
        let mut a = Table::new("a", Align::Left);
        a.column("time", Align::Right);
        a.row(["pairing".into(), "1".into()]);
        let b = Table::new("b", Align::Left);
        assert_eq!(
            Table::plain(&[a, b]),
            "a        time\n-------  ----\npairing     1\n\nb\n-------\n"
        );
    }

    #[test]
    fn markdown_has_one_line_a_row() {
        let mut table = Table::new("operation", Align::Left);
        table.column("us", Align::Right);
        table.row(["pairing".into(), "1   (2)".into()]);
        assert_eq!(table.markdown(), "| operation | us |\n| --- | ---: |\n| pairing | 1 (2) |\n");
    }
}
