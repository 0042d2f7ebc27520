//! Cases and their measurement.
//!
//! A case is one operation of one library on precomputed inputs. Its result is checked first; a
//! case with a wrong result is not timed. Each round times all cases, in random order, so that
//! changes in the machine's speed affect all libraries alike. The clock is the CPU time of the
//! process: it excludes other processes and includes threads started by a library. A case is
//! reported by the minimum over the rounds, because disturbances only add time.

use crate::report::{Cell, Report, Row, Unit};
use cpu_time::ProcessTime;
use rand::seq::SliceRandom;
use std::hint::black_box;
use std::io::IsTerminal;
use std::time::Duration;

/// Runs one operation of one library the given number of times.
type Work = Box<dyn FnMut(u32)>;

/// The cases of a run.
pub(crate) struct Suite {
    filter: String,
    rows: Vec<Row>,
    /// Row index, cell index and work of each timed case.
    cases: Vec<(usize, usize, Work)>,
}

impl Suite {
    /// An empty suite that accepts cases whose topic, operation or library contains `filter`.
    pub(crate) fn new(filter: &str) -> Self {
        Self { filter: filter.into(), rows: Vec::new(), cases: Vec::new() }
    }

    /// Adds a case. `correct` states the outcome of the check of its result.
    pub(crate) fn time<T>(
        &mut self,
        name: (&str, &str, &str),
        correct: bool,
        mut work: impl FnMut() -> T + 'static,
    ) {
        let Some((row, cell)) = self.add_cell(name, Unit::Nanoseconds, None) else { return };
        if correct {
            let repeat = move |times| (0..times).for_each(|_| drop(black_box(work())));
            self.cases.push((row, cell, Box::new(repeat)));
        }
    }

    /// Adds the size of an encoding.
    pub(crate) fn size(&mut self, name: (&str, &str, &str), bytes: usize) {
        self.add_cell(name, Unit::Bytes, Some(bytes as f64));
    }

    /// Times every case `rounds` times, each time for about `sample`.
    pub(crate) fn run(mut self, rounds: u32, sample: Duration) -> Report {
        let counts: Vec<u32> =
            self.cases.iter_mut().map(|case| repetitions(&mut case.2, sample)).collect();
        let mut best = vec![f64::INFINITY; self.cases.len()];
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        for round in 1..=rounds {
            order.shuffle(&mut rand::thread_rng());
            for &i in &order {
                best[i] = best[i].min(nanoseconds(&mut self.cases[i].2, counts[i]));
            }
            if std::io::stderr().is_terminal() {
                eprint!("\rround {round} of {rounds}{}", if round == rounds { "\n" } else { "" });
            }
        }
        for ((row, cell, _), best) in self.cases.into_iter().zip(best) {
            self.rows[row].cells[cell].value = Some(best);
        }
        let backend = epione::algebra::backend().expect("the backend computed the checks");
        let method = format!(
            "CPU time on one thread, minimum of {rounds} interleaved rounds, backend {backend} of \
             epione;\nin parentheses, the ratio to the first column"
        );
        Report { method, rows: self.rows }
    }

    /// Adds a cell, and its row unless the row exists. Returns their indices, or `None` if the
    /// filter rejects the name.
    fn add_cell(
        &mut self,
        (topic, operation, library): (&str, &str, &str),
        unit: Unit,
        value: Option<f64>,
    ) -> Option<(usize, usize)> {
        if ![topic, operation, library].iter().any(|name| name.contains(&self.filter)) {
            return None;
        }
        let known = self.rows.iter().position(|r| r.topic == topic && r.operation == operation);
        let row = known.unwrap_or_else(|| {
            let (topic, operation) = (topic.into(), operation.into());
            self.rows.push(Row { topic, operation, unit, cells: Vec::new() });
            self.rows.len() - 1
        });
        let cells = &mut self.rows[row].cells;
        cells.push(Cell { library: library.into(), value });
        Some((row, cells.len() - 1))
    }
}

/// The number of repetitions that take about as long as a sample.
fn repetitions(work: &mut Work, sample: Duration) -> u32 {
    work(1);
    let once = nanoseconds(work, 1).max(1.0);
    (sample.as_nanos() as f64 / once).clamp(1.0, 100_000.0) as u32
}

fn nanoseconds(work: &mut Work, times: u32) -> f64 {
    let start = ProcessTime::now();
    work(times);
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_results_are_reported_and_not_timed() {
        let mut suite = Suite::new("");
        suite.time(("t", "o", "correct"), true, || 1);
        suite.time(("t", "o", "wrong"), false, || unreachable!("the check failed") as u8);
        suite.size(("t", "bytes", "correct"), 48);
        let report = suite.run(3, Duration::from_micros(10));
        let rows = &report.rows;
        assert!(rows[0].cells[0].value.is_some_and(|time| time >= 0.0));
        assert_eq!(rows[0].cells[1].value, None);
        assert_eq!(rows[1].cells[0].value, Some(48.0));
        assert!(!report.is_correct() && report.to_string().contains("wrong WRONG RESULT"));
    }

    #[test]
    fn the_filter_matches_topic_operation_and_library() {
        for (filter, accepted) in [("topic", 2), ("n = 50", 1), ("library", 2), ("nothing", 0)] {
            let mut suite = Suite::new(filter);
            suite.size(("topic", "n = 10", "library"), 1);
            suite.size(("topic", "n = 50", "library"), 1);
            assert_eq!(suite.rows.len(), accepted, "{filter}");
        }
    }
}
