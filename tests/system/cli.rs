//! The program: output, options and error messages, and README's excerpt.

mod inspect;
mod options;
mod sim;
mod verify;

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

const BUNDLE: &str = r#"{"resourceType": "Bundle", "entry": [
    {"resource": {"resourceType": "Patient", "name": [{"family": "Müller-Åström"}]}},
    {"resource": {"resourceType": "Condition",
        "code": {"coding": [{"system": "s", "code": "c"}]}}} ]}"#;

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_epione")).arg("demo").args(arguments).output().unwrap()
}

/// Runs the demo successfully and returns its JSON object.
fn json(arguments: &[&str]) -> Value {
    let output = demo(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "one object on one line");
    serde_json::from_str(&text).unwrap()
}

/// Asserts that an object has exactly these keys.
fn keys(value: &Value, expected: &[&str]) {
    let mut found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

fn check_shape(outcome: &Value) {
    keys(outcome, &["ok", "records", "steps", "refused", "ledger"]);
    assert_eq!(outcome["ok"], Value::Bool(true));
    let list = |name: &str| outcome[name].as_array().unwrap().clone();
    for record in list("records") {
        keys(&record, &["file", "bytes", "sha256_in", "sha256_out", "sections"]);
        assert!(record["file"].is_string() && record["bytes"].is_u64());
        assert!(record["sections"].as_u64().unwrap() >= 1);
        let hash = record["sha256_in"].as_str().unwrap();
        assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(record["sha256_in"], record["sha256_out"]);
    }
    for step in list("steps") {
        keys(&step, &["step", "role", "bytes", "micros"]);
        assert!(step["step"].is_string() && step["role"].is_string());
        assert!(step["bytes"].is_u64() && step["micros"].is_u64());
    }
    for refusal in list("refused") {
        keys(&refusal, &["case", "error"]);
        assert!(!refusal["case"].as_str().unwrap().is_empty());
        assert!(!refusal["error"].as_str().unwrap().is_empty());
    }
    keys(&outcome["ledger"], &["replicas", "height", "transactions"]);
}

/// Returns the given member of each object in a list.
fn names<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|object| object[member].as_str().unwrap()).collect()
}

fn sha256(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A directory whose name contains a space and a non-ASCII letter.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("with space é ").tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

#[test]
fn json_output_lists_every_step_and_attempt() {
    let outcome = json(&["--json", "--seed", "1"]);
    check_shape(&outcome);
    assert_eq!(outcome["ledger"]["replicas"], 16);
    assert_eq!(outcome["records"].as_array().unwrap().len(), 1);
    let steps = names(&outcome["steps"], "step");
    let expected = "setup, register, introduce, seal, store, index, publish, query, grant, search, \
                    request, re-encrypt, open, open by policy, open as author, find as patient, \
                    open as patient, revoke, renew, audit";
    for step in expected.split(", ") {
        assert!(steps.contains(&step), "{step} is in {steps:?}");
    }
    let refused = names(&outcome["refused"], "case");
    let cases = [
        "a request under another doctor's grant",
        "an unsatisfied policy",
        "two doctors who pool their attribute keys",
        "an upload that does not match its hash",
        "a forged transaction signature",
        "keys for the proxy, changed in transit",
        "a flipped bit in a stored ciphertext",
        "a revoked grant",
        "an expired window",
        "a revoked attribute key",
        "an attribute key newer than the record",
    ];
    for case in cases {
        assert!(refused.contains(&case), "{case} is in {refused:?}");
    }
    let (height, transactions) = (&outcome["ledger"]["height"], &outcome["ledger"]["transactions"]);
    assert!(transactions.as_u64().unwrap() >= 15 && height.as_u64().unwrap() >= 5);
}

#[test]
fn files_of_any_kind_and_name_are_restored_identically() {
    let folder = Folder::new();
    let binary: Vec<u8> =
        (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let files = [
        folder.file("Zoë Müller.json", BUNDLE.as_bytes()),
        folder.file("bild \u{1f9ec}.dcm", &binary),
        folder.file("same name", b"\0"),
        folder.file("no extension {", b"{ this is no JSON"),
    ];
    let out = folder.path("kept here");
    let mut arguments = vec!["--json", "--replicas", "4", "--out", text(&out)];
    arguments.extend(files.iter().map(|path| text(path)));
    let outcome = json(&arguments);
    check_shape(&outcome);
    let records = outcome["records"].as_array().unwrap();
    assert_eq!(records.len(), files.len());
    for (i, (record, path)) in records.iter().zip(&files).enumerate() {
        assert_eq!(record["file"], text(path));
        assert_eq!(record["bytes"], fs::metadata(path).unwrap().len());
        assert_eq!(record["sha256_in"], sha256(path).as_str());
        let name = path.file_name().unwrap().to_str().unwrap();
        let opened = out.join("opened").join(format!("{}-{name}", i + 1));
        assert!(fs::read(&opened).unwrap() == fs::read(path).unwrap(), "{}", opened.display());
    }
    assert_eq!(records[0]["sections"], 3);
    assert_eq!(fs::read_dir(out.join("opened")).unwrap().count(), files.len());
    // The store holds no plaintext.
    for plaintext in [b"Condition", &binary[1000..1009]] {
        assert_eq!(holding(&out.join("store"), plaintext), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_silent_leader_does_not_stop_the_ledger() {
    let outcome = json(&["--json", "--replicas", "7", "--silent", "1", "--seed", "2"]);
    check_shape(&outcome);
    assert_eq!(outcome["ledger"]["replicas"], 7);
}

#[test]
fn runs_with_the_same_seed_are_identical() {
    let run = |seed| json(&["--json", "--replicas", "4", "--seed", seed]);
    let (one, two) = (run("7"), run("7"));
    for part in ["ok", "records", "refused", "ledger"] {
        assert_eq!(one[part], two[part], "{part}");
    }
    let bytes = |outcome: &Value| -> Vec<(Value, Value)> {
        let steps = outcome["steps"].as_array().unwrap();
        steps.iter().map(|step| (step["step"].clone(), step["bytes"].clone())).collect()
    };
    assert_eq!(bytes(&one), bytes(&two));
}

#[test]
fn text_output_covers_the_life_of_a_record() {
    let folder = Folder::new();
    let file = folder.file("a.json", BUNDLE.as_bytes());
    let output = demo(&["--replicas", "4", text(&file)]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for sentence in [
        "The life of a record",
        "Attempts that must be refused",
        " attempts refused.",
        "All checks passed.",
        "identical",
    ] {
        assert!(text.contains(sentence), "{sentence}");
    }
    assert!(!text.contains("FAILED"));
}

#[test]
fn the_demo_prints_the_policy_of_every_class() {
    let output = String::from_utf8(demo(&[]).stdout).unwrap();
    let (_, seal) = output.split_once("\n  seal ").unwrap();
    let lines = seal.lines().skip(1).take_while(|line| line.starts_with("    "));
    let lines: Vec<&str> = lines.inspect(|line| assert!(line.len() < 100, "{line}")).collect();
    let names = lines.iter().filter_map(|line| line[4..].split(' ').next());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    assert_eq!(names, ["identity", "clinical", "restricted", "financial", "administrative"]);
    let last = "(neurology or (emergency and \"stroke unit\"))";
    assert_eq!(words(&lines.concat()).matches(last).count(), 5);
}

/// Joins the words of a line by one space, without numbers and without the unit of a time.
fn words(line: &str) -> String {
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let is_unit = |word: &str| ["us", "ms", "s"].contains(&word);
    let words: Vec<&str> =
        line.split_whitespace().filter(|w| !is_number(w) && !is_unit(w)).collect();
    words.join(" ")
}

#[test]
fn readme_quotes_the_output_of_the_demo() {
    let readme = include_str!("../../README.md");
    let excerpt = readme.split("```text\n").nth(2).and_then(|rest| rest.split("```").next());
    let excerpt: Vec<&str> = excerpt.unwrap().lines().filter(|line| *line != "...").collect();
    assert_eq!(excerpt.len(), 11, "the excerpt is the second block of text");

    let output = demo(&[]);
    assert!(output.status.success());
    let output = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<String> = output.lines().map(words).collect();
    let mut from = 0;
    for line in excerpt {
        let quoted = words(line);
        let found = printed[from..].iter().position(|printed| match quoted.strip_suffix("...") {
            Some(start) => printed.starts_with(start),
            None => *printed == quoted,
        });
        let found =
            found.unwrap_or_else(|| panic!("the demo does not print, in this order: {line}"));
        from += found + 1;
    }
}

#[test]
fn readme_names_existing_features_and_the_version_of_rand() {
    let (readme, manifest) = (include_str!("../../README.md"), include_str!("../../Cargo.toml"));
    let snippet = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let between = |text: &str, start: &str, end: &str| {
        let rest = text.split_once(start).map(|(_, rest)| rest.to_owned());
        rest.and_then(|rest| rest.split_once(end).map(|(found, _)| found.to_owned())).unwrap()
    };
    for feature in between(snippet.unwrap(), "features = [", "]").split(", ") {
        assert!(manifest.contains(&format!("\n{} = [", feature.trim_matches('"'))), "{feature}");
    }
    let rand = between(snippet.unwrap(), "\nrand = \"", "\"");
    assert_eq!(rand, between(manifest, "\nrand = { version = \"", "\""));
}

/// Runs the demo and returns its error: one sentence on stderr, with nothing on stdout.
fn failure_of(arguments: &[&str]) -> String {
    let output = demo(arguments);
    assert!(!output.status.success());
    assert!(output.status.code().is_some(), "the process exits by itself");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{errors}");
    assert!(!errors.contains("panicked") && !errors.contains("RUST_BACKTRACE"), "{errors}");
    assert_eq!(errors.lines().count(), 1, "one line: {errors}");
    errors
}

#[test]
fn unreadable_files_are_reported_without_output() {
    let folder = Folder::new();
    let good = folder.file("good.json", BUNDLE.as_bytes());
    let coding = |i| format!(r#"{{"system": "s", "code": "{i}"}}"#);
    let with_codes = |count: u32| {
        let codings: Vec<String> = (0..count).map(coding).collect();
        let codings = codings.join(", ");
        format!(r#"{{"resourceType": "Condition", "code": {{"coding": [{codings}]}}}}"#)
    };
    // One keyword is the resource type.
    let (one_more, many) = (with_codes(4095), with_codes(5000));
    let cases: [(PathBuf, &str); 8] = [
        (
            folder.file("one more.json", one_more.as_bytes()),
            "the record has 4096 keywords; its index holds at most 4095",
        ),
        (folder.file("many.json", many.as_bytes()), "more than 4096 distinct codes"),
        (folder.file("brokén.json", b"{\"a\": "), "cannot be read as JSON"),
        (folder.file("two.json", b"{} {}"), "cannot be read as JSON"),
        (folder.file("UPPER.JSON", b"<html>"), "cannot be read as JSON"),
        (folder.file("empty", b""), "the file is empty"),
        (folder.path(""), "the path is a directory"),
        (folder.path("missing.json"), "no such file exists"),
    ];
    for (bad, reason) in &cases {
        for files in [vec![bad], vec![&good, bad], vec![bad, &good]] {
            for json in [&["--json"][..], &[]] {
                let out = folder.path("out");
                let mut arguments = json.to_vec();
                arguments.extend(["--out", text(&out), "--replicas", "4"]);
                arguments.extend(files.iter().map(|path| text(path)));
                let error = failure_of(&arguments);
                assert!(error.starts_with("epione: "), "{error}");
                assert!(error.contains(text(bad)) && error.contains(reason), "{error}");
                assert!(!out.exists(), "output was created for {}", bad.display());
            }
        }
    }
}

#[test]
fn more_faults_than_the_replicas_tolerate_are_refused() {
    for (replicas, option, count, sentence) in [
        ("4", "--silent", "2", "at most 1 of 4 replicas may be faulty, not 2"),
        ("7", "--silent", "3", "at most 2 of 7 replicas may be faulty, not 3"),
        ("16", "--equivocating", "6", "at most 5 of 16 replicas may be faulty, not 6"),
    ] {
        let error = failure_of(&["--json", "--replicas", replicas, option, count]);
        assert!(error.contains(sentence), "{error}");
        assert!(error.contains(&format!("{option} {count}")), "{error}");
    }
    // More than there are replicas.
    for option in ["--silent", "--equivocating"] {
        assert!(failure_of(&["--json", option, "65535"]).contains("at most 5 of 16 replicas"));
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_refused_without_waiting_for_a_writer() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = Command::new(env!("CARGO_BIN_EXE_epione"))
        .args(["demo", text(&pipe)])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(!status.success());
            let errors = child.wait_with_output().unwrap().stderr;
            assert!(String::from_utf8(errors).unwrap().contains("is not a regular file"));
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    panic!("the demo waits for a writer");
}

/// Returns the files under a directory that contain these bytes.
fn holding(directory: &Path, marker: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if fs::read(&path).unwrap().windows(marker.len()).any(|bytes| bytes == marker) {
            found.push(path);
        }
    }
    found
}

/// The run is killed after each of these steps. The last case runs to its end.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_plaintext_behind() {
    const MARKER: &[u8] = b"the plaintext of the marked record";
    let input = Folder::new();
    let file = input.file("marked", &MARKER.repeat(10_000));
    for last in ["seal", "open ", "open as author", "open as patient", "revoke", "never"] {
        let scratch = Folder::new();
        let mut child = Command::new(env!("CARGO_BIN_EXE_epione"))
            .args(["demo", "--replicas", "4", text(&file)])
            .env("TMPDIR", scratch.0.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reached = lines.any(|line| line.unwrap().trim_start().starts_with(last));
        assert_eq!(reached, last != "never", "{last}");
        if reached {
            child.kill().unwrap();
        }
        assert_eq!(child.wait().unwrap().success(), !reached);
        let left = fs::read_dir(scratch.0.path()).unwrap().count();
        assert_eq!(left > 0, reached, "a killed run leaves its store: {last}");
        assert_eq!(holding(scratch.0.path(), MARKER), Vec::<PathBuf>::new(), "{last}");
    }
}

#[test]
fn an_unknown_backend_is_named() {
    let with_backend = |value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_epione"));
        let command = command.args(["demo", "--replicas", "4", "--json"]);
        command.env("EPIONE_BACKEND", value).output().unwrap()
    };
    let output = with_backend("abacus");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(output.stdout.is_empty() && errors.lines().count() == 1, "{errors}");
    assert!(errors.starts_with("epione: EPIONE_BACKEND is set to \"abacus\""), "{errors}");
    assert!(errors.contains("available: portable"), "{errors}");
    assert!(with_backend("portable").status.success());
}

#[test]
fn an_unusable_output_directory_is_reported() {
    let folder = Folder::new();
    let file = folder.file("not a directory", b"x");
    let cases = [
        (file.clone(), "the path is not a directory"),
        (file.join("below"), "the directory cannot be used"),
        (folder.path(""), "the directory is not empty"),
    ];
    for (path, reason) in &cases {
        let error = failure_of(&["--json", "--replicas", "4", "--out", text(path)]);
        assert!(error.starts_with("epione: "), "{error}");
        assert!(error.contains(text(path)) && error.contains(reason), "{error}");
    }
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

/// The exit status reports a full disk.
#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_standard_output_is_a_failure() {
    let folder = Folder::new();
    let bundle = folder.file("bundle.json", BUNDLE.as_bytes());
    for arguments in [
        &["demo", "--replicas", "4", "--json"][..],
        &["demo", "--replicas", "4"],
        &["inspect", text(&bundle), "--json"],
        &["inspect", text(&bundle)],
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_epione"))
            .args(arguments)
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("standard output cannot be written"), "{errors}");
    }
}

/// `epione demo | head -1` ends without a panic.
#[cfg(unix)]
#[test]
fn a_closed_pipe_causes_no_panic() {
    for json in [&["--json"][..], &[]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_epione"))
            .args(["demo", "--replicas", "4"])
            .args(json)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!errors.contains("panicked"), "{errors}");
    }
}
