//! One operation under several backends: the columns of the first table and the bars of the figure.

use crate::criterion::{Measurement, Throughput};
use epione_peers::table::{Align, Table, digits, microseconds, rate};

/// What epione is measured against.
const RAW_BLST: &str = "raw-blst";
const ARKWORKS: &str = "arkworks";
/// The order of columns; what is found besides comes after.
const ORDER: [&str; 5] = [RAW_BLST, ARKWORKS, "epione-portable", "epione-blst", "epione-ifma"];

/// Whether a part of a benchmark's name is that of a backend.
pub(crate) fn is_one(part: &str) -> bool {
    ORDER.contains(&part) || is_ours(part)
}

/// Whether a backend is one of epione's.
pub(crate) fn is_ours(name: &str) -> bool {
    name == "epione" || name.starts_with("epione-") || name.starts_with("epione ")
}

/// Operations by backends.
pub(crate) struct Comparison {
    /// In the order of columns.
    pub(crate) backends: Vec<String>,
    /// A time a backend, where it has the operation.
    pub(crate) rows: Vec<(String, Vec<Option<Measured>>)>,
}

/// A time and what was got through in it.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) nanoseconds: f64,
    throughput: Option<Throughput>,
}

impl Measured {
    /// Without a rate.
    pub(crate) fn time(nanoseconds: f64) -> Self {
        Self { nanoseconds, throughput: None }
    }
}

impl Comparison {
    /// Of those measurements whose names tell a backend; none if none does.
    pub(crate) fn new(measurements: &[Measurement]) -> Option<Self> {
        let named: Vec<(String, String, Measured)> = measurements
            .iter()
            .filter_map(|m| {
                let (backend, operation) = m.backend()?;
                let Measurement { nanoseconds, throughput, .. } = *m;
                Some((backend, operation, Measured { nanoseconds, throughput }))
            })
            .collect();
        let mut backends = unique(named.iter().map(|(backend, _, _)| backend));
        backends.sort_by_key(|b| ORDER.iter().position(|o| o == b).unwrap_or(ORDER.len()));
        let find = |operation: &str, backend: &str| {
            named.iter().find(|(b, o, _)| o == operation && b == backend).map(|found| found.2)
        };
        let row = |operation: String| {
            let cells = backends.iter().map(|backend| find(&operation, backend)).collect();
            (operation, cells)
        };
        let mut operations = unique(named.iter().map(|(_, operation, _)| operation));
        operations.sort_by_key(|operation| natural(operation));
        let rows: Vec<_> = operations.into_iter().map(row).collect();
        (!rows.is_empty()).then_some(Self { backends, rows })
    }

    /// Microseconds, and how many times epione's fastest is faster than the others.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new("operation (us)", Align::Left);
        self.backends.iter().for_each(|backend| table.column(backend, Align::Right));
        let against: Vec<usize> =
            [RAW_BLST, ARKWORKS].iter().filter_map(|name| self.column(name)).collect();
        for i in &against {
            table.column(&format!("{} / fastest epione", self.backends[*i]), Align::Right);
        }
        for (operation, cells) in &self.rows {
            let times = cells.iter().map(|cell| cell.map(|m| m.text()).unwrap_or_default());
            let ratios =
                against.iter().map(|i| self.ratio(cells, *i).map(digits).unwrap_or_default());
            table.row(std::iter::once(operation.clone()).chain(times).chain(ratios));
        }
        table
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.backends.iter().position(|backend| backend == name)
    }

    fn ratio(&self, cells: &[Option<Measured>], other: usize) -> Option<f64> {
        let ours = self.backends.iter().zip(cells).filter(|(backend, _)| is_ours(backend));
        let fastest =
            ours.filter_map(|(_, cell)| Some(cell.as_ref()?.nanoseconds)).reduce(f64::min);
        Some(cells[other]?.nanoseconds / fastest?)
    }
}

impl Measured {
    fn text(&self) -> String {
        let time = microseconds(self.nanoseconds);
        self.rate().map_or(time.clone(), |rate| format!("{time} ({rate})"))
    }

    fn rate(&self) -> Option<String> {
        rate_of(self.throughput?, self.nanoseconds)
    }
}

/// Items or bytes in a second. One item an iteration is no rate, it is the time.
pub(crate) fn rate_of(throughput: Throughput, nanoseconds: f64) -> Option<String> {
    let per_second = |count: f64| count * 1e9 / nanoseconds;
    match throughput {
        Throughput::Items(items) if items <= 1.0 => None,
        Throughput::Items(items) => Some(rate(per_second(items), "")),
        Throughput::Bytes(bytes) => Some(rate(per_second(bytes), "B")),
    }
}

/// Each once, in the order of their first.
pub(crate) fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        if !unique.contains(name) {
            unique.push(name.clone());
        }
    }
    unique
}

/// A key that puts `window/12` before `window/1000`.
pub(crate) fn natural(name: &str) -> Vec<(u64, String)> {
    let parts = name.split(['/', ' ']);
    parts.map(|part| (part.parse().unwrap_or(u64::MAX), part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criterion::tests::measured;

    fn comparison() -> Comparison {
        let mut batch = measured("pairing/epione-ifma", Some("16"), 1e6);
        batch.throughput = Some(Throughput::Items(16.0));
        Comparison::new(&[
            batch,
            measured("pairing/epione-blst", None, 500e3),
            measured("pairing/arkworks", None, 800e3),
            measured("pairing/raw-blst", None, 400e3),
            measured("pairing/epione-portable", None, 900e3),
            measured("scalar-inverse", None, 1e3),
        ])
        .unwrap()
    }

    #[test]
    fn columns_have_one_order() {
        assert_eq!(
            comparison().backends,
            ["raw-blst", "arkworks", "epione-portable", "epione-blst", "epione-ifma"]
        );
    }

    #[test]
    fn the_fastest_of_ours_is_compared() {
        let text = comparison().table().markdown();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "what names no backend is not here: {text}");
        assert_eq!(lines[2], "| pairing | 400 | 800 | 900 | 500 | | 0.80 | 1.60 |");
        assert_eq!(lines[3], "| pairing/16 | | | | | 1000 (16.0 k/s) | | |");
    }

    #[test]
    fn names_without_backends_are_no_comparison() {
        assert!(Comparison::new(&[measured("pairing", None, 1.0)]).is_none());
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let mut names = ["window/1000", "name", "window/12", "window/1"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["name", "window/1", "window/12", "window/1000"]);
    }
}
