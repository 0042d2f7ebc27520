//! What criterion leaves behind: a directory a benchmark, in it `new/benchmark.json` (its name) and
//! `new/estimates.json` (its time).

use crate::backends;
use serde::Deserialize;
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// One benchmark's name and time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measurement {
    /// `abe`, `ledger/audit`.
    pub(crate) group: String,
    /// `keygen`.
    pub(crate) function: String,
    /// `50`, where the benchmark has a size.
    pub(crate) size: Option<String>,
    /// Median nanoseconds of one iteration.
    pub(crate) nanoseconds: f64,
    /// What an iteration gets through, where it is a rate.
    pub(crate) throughput: Option<Throughput>,
    /// When criterion wrote it.
    pub(crate) written: SystemTime,
}

/// What an iteration gets through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Throughput {
    Items(f64),
    Bytes(f64),
}

impl Measurement {
    /// The backend that the name tells, and the operation without it.
    pub(crate) fn backend(&self) -> Option<(String, String)> {
        let parts: Vec<&str> = self.function.split('/').chain(self.size.as_deref()).collect();
        if let Some(i) = parts.iter().position(|part| backends::is_one(part)) {
            let rest: Vec<&str> =
                parts.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, part)| *part).collect();
            let operation = if rest.is_empty() { self.group.clone() } else { rest.join("/") };
            return Some((parts[i].to_owned(), operation));
        }
        None
    }
}

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Value>,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// All benchmarks under a directory, by name; none if there is no such directory.
pub(crate) fn read(directory: &Path) -> Result<Vec<Measurement>, Box<dyn Error>> {
    let mut found = Vec::new();
    collect(directory, &mut found)?;
    found.sort_by(|a: &Measurement, b| (&a.group, &a.function).cmp(&(&b.group, &b.function)));
    Ok(found)
}

fn collect(directory: &Path, found: &mut Vec<Measurement>) -> Result<(), Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && path.ends_with("new") {
            found.extend(measurement(&path)?);
        } else if path.is_dir() {
            collect(&path, found)?;
        }
    }
    Ok(())
}

/// None where the directory has a name only: a benchmark that was broken off.
fn measurement(new: &Path) -> Result<Option<Measurement>, Box<dyn Error>> {
    let (name, time) = (new.join("benchmark.json"), new.join("estimates.json"));
    if !name.exists() || !time.exists() {
        return Ok(None);
    }
    let written = fs::metadata(&time)?.modified()?;
    Ok(Some(parse(&fs::read_to_string(name)?, &fs::read_to_string(time)?, written)?))
}

fn parse(name: &str, time: &str, written: SystemTime) -> serde_json::Result<Measurement> {
    let name: Benchmark = serde_json::from_str(name)?;
    let time: Estimates = serde_json::from_str(time)?;
    let (function, size) = match (name.function_id, name.value_str) {
        (Some(function), None) => split_size(function),
        (function, size) => (function.unwrap_or_else(|| name.group_id.clone()), size),
    };
    Ok(Measurement {
        group: name.group_id,
        function,
        size,
        nanoseconds: time.median.point_estimate,
        throughput: name.throughput.as_ref().and_then(throughput),
        written,
    })
}

/// `pairing/16` is `pairing` of size 16.
fn split_size(function: String) -> (String, Option<String>) {
    match function.rsplit_once('/') {
        Some((name, size)) if size.parse::<u64>().is_ok() => (name.into(), Some(size.into())),
        _ => (function, None),
    }
}

/// `{"Elements": 16}`, `{"Bytes": 65536}`; the others are not in use here.
fn throughput(value: &Value) -> Option<Throughput> {
    let (kind, count) = value.as_object()?.iter().next()?;
    match (kind.as_str(), count.as_f64()?) {
        ("Elements", items) => Some(Throughput::Items(items)),
        ("Bytes" | "BytesDecimal", bytes) => Some(Throughput::Bytes(bytes)),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const TIME: &str = r#"{"mean": {"point_estimate": 9.0}, "slope": null,
        "median": {"confidence_interval": {}, "point_estimate": 1282.5, "standard_error": 1.0}}"#;

    /// As criterion would have written it.
    pub(crate) fn measured(function: &str, size: Option<&str>, nanoseconds: f64) -> Measurement {
        Measurement {
            group: "algebra".into(),
            function: function.into(),
            size: size.map(Into::into),
            nanoseconds,
            throughput: None,
            written: SystemTime::UNIX_EPOCH,
        }
    }

    fn name(function: &str, size: &str, throughput: &str) -> String {
        format!(
            r#"{{"group_id": "algebra", "function_id": {function}, "value_str": {size},
                "throughput": {throughput}, "full_id": "x", "directory_name": "x", "title": "x"}}"#
        )
    }

    #[test]
    fn names_have_function_and_size() {
        for (function, size, expected) in [
            (r#""keygen""#, r#""50""#, ("keygen", Some("50"))),
            (r#""pairing/1""#, "null", ("pairing", Some("1"))),
            (r#""pairing/raw-blst""#, "null", ("pairing/raw-blst", None)),
            (r#""g1-mul""#, "null", ("g1-mul", None)),
            ("null", r#""4""#, ("algebra", Some("4"))),
        ] {
            let m = parse(&name(function, size, "null"), TIME, SystemTime::UNIX_EPOCH).unwrap();
            assert_eq!((m.function.as_str(), m.size.as_deref()), expected);
            assert_eq!((m.group.as_str(), m.nanoseconds), ("algebra", 1282.5));
        }
    }

    #[test]
    fn rates_are_of_items_or_bytes() {
        for (text, expected) in [
            ("null", None),
            (r#"{"Elements": 16}"#, Some(Throughput::Items(16.0))),
            (r#"{"Bytes": 65536}"#, Some(Throughput::Bytes(65536.0))),
            (r#"{"Bits": 8}"#, None),
        ] {
            let m = parse(&name(r#""f""#, "null", text), TIME, SystemTime::UNIX_EPOCH).unwrap();
            assert_eq!(m.throughput, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_benchmark_is_an_error() {
        assert!(parse("{}", TIME, SystemTime::UNIX_EPOCH).is_err());
        assert!(parse(&name("null", "null", "null"), "{}", SystemTime::UNIX_EPOCH).is_err());
    }

    #[test]
    fn backends_stand_anywhere_in_a_name() {
        let backend = |function, size| {
            let (backend, operation) = measured(function, size, 1.0).backend()?;
            Some(format!("{backend}: {operation}"))
        };
        assert_eq!(backend("pairing/raw-blst", None).as_deref(), Some("raw-blst: pairing"));
        assert_eq!(
            backend("product", Some("epione-ifma")).as_deref(),
            Some("epione-ifma: product")
        );
        assert_eq!(
            backend("product/arkworks", Some("16")).as_deref(),
            Some("arkworks: product/16")
        );
        assert_eq!(backend("arkworks", None).as_deref(), Some("arkworks: algebra"));
        assert_eq!(backend("pairing", Some("1")), None);
    }

    #[test]
    fn directories_are_searched_and_halves_left_out() {
        let directory = tempfile::tempdir().unwrap();
        for (benchmark, halves) in [("abe/keygen/50", 2), ("abe/keygen/10", 1)] {
            let new = directory.path().join(benchmark).join("new");
            fs::create_dir_all(&new).unwrap();
            fs::write(new.join("benchmark.json"), name(r#""keygen""#, r#""50""#, "null")).unwrap();
            if halves == 2 {
                fs::write(new.join("estimates.json"), TIME).unwrap();
            }
        }
        assert_eq!(read(directory.path()).unwrap().len(), 1);
        assert_eq!(read(&directory.path().join("absent")).unwrap(), []);
    }
}
