//! Running the crate's benches and the comparison with peers.

use crate::criterion;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The crate's benches in the order of the page, then the comparison.
pub(crate) const BENCHES: [&str; 13] = [
    "algebra",
    "abe",
    "pre",
    "peks",
    "pseudonym",
    "policy",
    "dem",
    "record",
    "store",
    "protocol",
    "ledger",
    "consensus",
    PEERS,
];
/// The bench that the backends differ in.
const ALGEBRA: &str = "algebra";
const PEERS: &str = "peers";

/// Where the crate's builds go, and criterion's data.
pub(crate) fn target_directory(root: &Path) -> PathBuf {
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()))
}

/// Runs what is chosen; the comparison's findings go to a file.
pub(crate) fn all(
    root: &Path,
    target: &Path,
    chosen: &[&str],
    backends: &[String],
    peers: &Path,
) -> Result<(), Box<dyn Error>> {
    for name in chosen {
        match *name {
            ALGEBRA => algebra(root, target, backends)?,
            PEERS => compare(root, peers)?,
            _ if !bench(root, name, None)? => return Err(format!("bench {name} failed").into()),
            _ => {}
        }
    }
    Ok(())
}

/// Once under every backend. One that the build or the processor does not have refuses to run and
/// is left out; where the identifiers name no backend, once is all.
fn algebra(root: &Path, target: &Path, backends: &[String]) -> Result<(), Box<dyn Error>> {
    let mut any = false;
    for backend in backends {
        let start = SystemTime::now();
        if !bench(root, ALGEBRA, Some(backend))? {
            eprintln!("not measured: backend {backend}");
            continue;
        }
        any = true;
        let measured = criterion::read(&target.join("criterion"))?;
        if !measured.iter().any(|m| m.written >= start && m.backend().is_some()) {
            break;
        }
    }
    if any { Ok(()) } else { Err("bench algebra failed under every backend".into()) }
}

/// Whether the bench ran to its end.
fn bench(root: &Path, name: &str, backend: Option<&str>) -> std::io::Result<bool> {
    let mut cargo = cargo(root);
    cargo.args(["bench", "--locked", "--bench", name]);
    if let Some(backend) = backend {
        cargo.env("EPIONE_BACKEND", backend);
    }
    Ok(cargo.status()?.success())
}

fn compare(root: &Path, peers: &Path) -> Result<(), Box<dyn Error>> {
    let manifest = root.join("benches/peers/Cargo.toml");
    let output = cargo(root)
        .args(["run", "--locked", "--release", "--bin", "epione-peers", "--manifest-path"])
        .arg(manifest)
        .args(["--", "--json"])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    // A wrong result has its place in the table; only what is no report is a failure.
    serde_json::from_slice::<serde_json::Value>(&output.stdout)
        .map_err(|_| "the comparison with peers failed")?;
    Ok(std::fs::write(peers, output.stdout)?)
}

fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bench_of_the_crate_is_forgotten() {
        let manifest = include_str!("../../../../../Cargo.toml");
        let benches = manifest.split("[[bench]]\nname = \"").skip(1);
        let mut names: Vec<&str> = benches.filter_map(|rest| rest.split('"').next()).collect();
        names.push(PEERS);
        names.sort_unstable();
        let mut ours = BENCHES;
        ours.sort_unstable();
        assert_eq!(names, ours);
    }
}
