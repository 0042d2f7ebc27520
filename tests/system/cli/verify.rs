//! `epione verify`, on the proofs that a run of the demo writes.

use super::{Folder, demo, keys, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_epione")).arg("verify").args(arguments).output().unwrap()
}

fn successful(arguments: &[&str]) -> String {
    let output = verify(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the only line of stderr; stdout is empty.
fn failure_of(arguments: &[&str]) -> String {
    let output = verify(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("epione: ") && errors.lines().count() == 1, "{errors}");
    errors
}

/// Runs the demo. Returns the digest of the configuration, and the proofs by name.
fn proofs(folder: &Path) -> (String, Vec<PathBuf>) {
    let output = demo(&["--replicas", "4", "--out", text(folder)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let digest = lines.split_once("epione verify PROOF --config ").unwrap().1;
    let digest = digest.lines().next().unwrap().to_owned();
    let entries = fs::read_dir(folder.join("proofs")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    (digest, paths)
}

#[test]
fn the_proofs_of_a_run_verify_under_its_configuration_only() {
    let folder = Folder::new();
    let (digest, paths) = proofs(&folder.path("run"));
    let mut statements = String::new();
    for path in &paths {
        statements += &successful(&[text(path), "--config", &digest]);
    }
    for expected in [
        "executed",
        "rejected: the patient has revoked the grant",
        "rejected: the grant is for another reader",
        "revoked by the owner",
        "not revoked by the owner",
    ] {
        assert!(statements.contains(expected), "{expected} in {statements}");
    }
    let first = text(&paths[0]);
    let outcome = successful(&[first, "--config", &digest, "--json"]);
    let outcome: Value = serde_json::from_str(&outcome).unwrap();
    let members = ["config", "chain", "epoch", "members", "quorum", "height", "time", "statements"];
    keys(&outcome, &members);
    assert_eq!((&outcome["config"], &outcome["quorum"]), (&digest.clone().into(), &3.into()));

    // A proof is worth what its configuration is worth.
    let unnamed = failure_of(&[first]);
    assert!(unnamed.contains(&format!("--config {digest}")), "{unnamed}");
    let other = "00".repeat(32);
    let refused = failure_of(&[first, "--config", &other]);
    assert!(refused.contains("another configuration") && refused.contains(&digest), "{refused}");
}

#[test]
fn a_changed_or_foreign_file_is_refused_with_a_reason() {
    let folder = Folder::new();
    let (digest, paths) = proofs(&folder.path("run"));
    let original: Value = serde_json::from_slice(&fs::read(&paths[0]).unwrap()).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = original.clone();
        change(&mut value);
        let path = folder.file("changed.json", value.to_string().as_bytes());
        failure_of(&[text(&path), "--config", &digest])
    };
    let proof = original["proof"].as_str().unwrap();
    // The last byte is that of a sibling, or of the transaction if it is alone in its block.
    let last = if proof.ends_with('0') { "1" } else { "0" };
    let other = format!("{}{last}", &proof[..proof.len() - 1]);
    let reason = changed(&|value| value["proof"] = other.clone().into());
    assert!(reason.contains("changed.json: "), "{reason}");
    let reason = changed(&|value| value["proof"] = proof[..100].into());
    assert!(reason.contains("truncated"), "{reason}");
    let reason = changed(&|value| value["format"] = "epione proof 2".into());
    assert!(reason.contains("epione proof 1"), "{reason}");
    let reason = changed(&|value| value["more"] = 1.into());
    assert!(reason.contains("unknown field"), "{reason}");

    for (name, content) in
        [("empty.json", &b""[..]), ("text.json", b"proof"), ("not.json", &[0xff])]
    {
        let reason = failure_of(&[text(&folder.file(name, content)), "--config", &digest]);
        assert!(reason.contains("no proof of this format"), "{reason}");
    }
    let long = vec![b' '; (16 << 20) + 1];
    let reason = failure_of(&[text(&folder.file("long.json", &long)), "--config", &digest]);
    assert!(reason.contains("longer than 16 MiB"), "{reason}");
    assert!(
        failure_of(&[text(&folder.path("absent")), "--config", &digest]).contains("no such file")
    );
}
