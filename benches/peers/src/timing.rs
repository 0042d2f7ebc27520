//! Cases and their measurement.
//!
//! A case is one operation of one library on inputs made before. It is checked before it is timed:
//! a wrong result gets no time. Timing goes in rounds over *all* cases, each round in another
//! order, so that whatever the machine does meanwhile falls on every library alike. The clock is
//! the CPU time of the process: waiting for other processes does not count, threads that a library
//! starts do. The least of the rounds stands for the case: what disturbs only ever adds.

use crate::report::{Cell, Row, Unit};
use cpu_time::ProcessTime;
use rand::seq::SliceRandom;
use std::hint::black_box;
use std::io::IsTerminal;
use std::time::Duration;

/// One operation of one library; the argument says how often.
type Work = Box<dyn FnMut(u32)>;

/// All cases of a run, in the rows of its table.
pub struct Suite {
    filter: Option<String>,
    rows: Vec<Row>,
    /// Row, cell and work of each case that is timed.
    cases: Vec<(usize, usize, Work)>,
}

impl Suite {
    /// No cases yet; later only those whose name contains the filter are taken.
    pub fn new(filter: Option<String>) -> Self {
        Self { filter, rows: Vec::new(), cases: Vec::new() }
    }

    /// A case to be timed, with its check: whether the library's result is right.
    pub fn time<T>(
        &mut self,
        (topic, operation, library): (&str, &str, &str),
        right: bool,
        mut work: impl FnMut() -> T + 'static,
    ) {
        if !self.takes(topic, operation, library) {
            return;
        }
        let (row, cell) = self.place(topic, operation, library, Unit::Nanoseconds);
        if right {
            let repeat = move |times| (0..times).for_each(|_| drop(black_box(work())));
            self.cases.push((row, cell, Box::new(repeat)));
        }
    }

    /// How many bytes a library takes.
    pub fn size(&mut self, (topic, operation, library): (&str, &str, &str), bytes: usize) {
        if self.takes(topic, operation, library) {
            let (row, cell) = self.place(topic, operation, library, Unit::Bytes);
            self.rows[row].cells[cell].value = Some(bytes as f64);
        }
    }

    /// Times every case `rounds` times, each time for about `sample`, and gives the rows.
    pub fn run(mut self, rounds: usize, sample: Duration) -> Vec<Row> {
        let batches: Vec<u32> =
            self.cases.iter_mut().map(|case| batch(&mut case.2, sample)).collect();
        let mut times = vec![Vec::with_capacity(rounds); self.cases.len()];
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        for round in 0..rounds {
            order.shuffle(&mut rand::thread_rng());
            for &i in &order {
                times[i].push(nanoseconds(&mut self.cases[i].2, batches[i]));
            }
            progress(round + 1, rounds);
        }
        for ((row, cell, _), mut times) in self.cases.into_iter().zip(times) {
            times.sort_by(f64::total_cmp);
            self.rows[row].cells[cell].value = times.first().copied();
            self.rows[row].cells[cell].median = Some(median(&times));
        }
        self.rows
    }

    fn takes(&self, topic: &str, operation: &str, library: &str) -> bool {
        let Some(filter) = &self.filter else { return true };
        [topic, operation, library].iter().any(|name| name.contains(filter.as_str()))
    }

    /// The cell of a row that may have to be made.
    fn place(&mut self, topic: &str, operation: &str, library: &str, unit: Unit) -> (usize, usize) {
        let known = self.rows.iter().position(|r| r.topic == topic && r.operation == operation);
        let row = known.unwrap_or_else(|| {
            self.rows.push(Row::new(topic, operation, unit));
            self.rows.len() - 1
        });
        self.rows[row].cells.push(Cell::empty(library));
        (row, self.rows[row].cells.len() - 1)
    }
}

/// For who waits at a terminal.
fn progress(round: usize, rounds: usize) {
    if std::io::stderr().is_terminal() {
        let end = if round == rounds { "\r\x1b[K" } else { "" };
        eprint!("\rround {round} of {rounds}{end}");
    }
}

/// How many repetitions last about as long as a sample.
fn batch(work: &mut Work, sample: Duration) -> u32 {
    work(1);
    let once = nanoseconds(work, 1).max(1.0);
    (sample.as_nanos() as f64 / once).clamp(1.0, 100_000.0) as u32
}

fn nanoseconds(work: &mut Work, times: u32) -> f64 {
    let start = ProcessTime::now();
    work(times);
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

/// The middle of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }

    #[test]
    fn what_is_wrong_is_not_timed() {
        let mut suite = Suite::new(None);
        suite.time(("t", "o", "right"), true, || 1);
        suite.time(("t", "o", "wrong"), false, || unreachable!("it is wrong") as u8);
        suite.size(("t", "bytes", "right"), 48);
        let rows = suite.run(3, Duration::from_micros(10));
        assert!(rows[0].cells[0].value.is_some_and(|time| time >= 0.0));
        assert_eq!(rows[0].cells[1].value, None);
        assert_eq!(rows[1].cells[0].value, Some(48.0));
    }

    #[test]
    fn the_filter_looks_at_every_name() {
        for (filter, taken) in [("topic", 2), ("n = 50", 1), ("library", 2), ("nothing", 0)] {
            let mut suite = Suite::new(Some(filter.into()));
            suite.size(("topic", "n = 10", "library"), 1);
            suite.size(("topic", "n = 50", "library"), 1);
            assert_eq!(suite.rows.len(), taken, "{filter}");
        }
    }
}
