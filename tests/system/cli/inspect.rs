//! `epione inspect`, and the table of sensitive codes.

use super::{Folder, json, keys, text};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BUNDLE: &str = r#"{"resourceType": "Bundle", "entry": [
    {"resource": {"resourceType": "Patient", "name": [{"family": "Müller-Åström"}]}},
    {"resource": {"resourceType": "Claim", "diagnosis": [{"sequence": 1}],
        "patient": {"reference": "Patient/1", "display": "Müller-Åström"}}},
    {"resource": {"resourceType": "Observation", "meta": {"security": [{"code": "PSY",
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}]}}} ]}"#;

fn inspect(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_epione")).arg("inspect").args(arguments).output().unwrap()
}

fn successful(arguments: &[&str]) -> String {
    let output = inspect(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the only line of stderr; stdout is empty.
fn failure_of(arguments: &[&str]) -> String {
    let output = inspect(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("epione: ") && errors.lines().count() == 1, "{errors}");
    errors
}

#[test]
fn sections_are_explained_by_rules_and_paths() {
    let folder = Folder::new();
    let file = folder.file("a b.json", BUNDLE.as_bytes());
    let outcome: Value = serde_json::from_str(&successful(&[text(&file), "--json"])).unwrap();
    keys(&outcome, &["records"]);
    let record = &outcome["records"][0];
    keys(record, &["file", "bytes", "keywords", "sections"]);
    assert_eq!(record["file"], text(&file));
    let sections = record["sections"].as_array().unwrap();
    let bytes: u64 = sections.iter().map(|section| section["bytes"].as_u64().unwrap()).sum();
    assert_eq!((bytes, &record["bytes"]), (BUNDLE.len() as u64, &json!(BUNDLE.len())));
    let of = |class: &str| sections.iter().find(|section| section["class"] == class).unwrap();
    let label = "http://terminology.hl7.org/CodeSystem/v3-ActCode|PSY";
    assert_eq!(of("restricted")["labels"], json!([label]));
    assert_eq!(of("identity")["types"], json!({"Patient": 1}));
    let reason = |class: &str, rule: &str, path: &str| {
        let reason = json!({"rule": rule, "path": path, "count": 1});
        assert_eq!(of(class)["reasons"], json!([reason]));
    };
    reason("clinical", "clinical content", "Claim.diagnosis");
    reason("identity", "identifying element", "Claim.patient.display");
    reason("restricted", &format!("label {label}"), "Observation.meta.security");

    let lines = successful(&[text(&file)]);
    assert!(lines.contains("clinical content: Claim.diagnosis"), "{lines}");
    assert!(!lines.contains("Åström"), "values of the record are not printed");
}

#[test]
fn a_file_that_is_not_fhir_has_a_reason() {
    let folder = Folder::new();
    let dicom = [&[0; 128][..], b"DICM"].concat();
    for (name, content, keywords, reason) in [
        ("image.dcm", &dicom[..], "1 keyword", "not JSON"),
        ("notes.txt", b"no resource", "0 keywords", "not JSON"),
        ("a.json", br#"{"a": 1}"#, "0 keywords", "JSON without a FHIR resource type"),
    ] {
        let file = folder.file(name, content);
        let lines = successful(&[text(&file)]);
        let mut lines = lines.lines();
        let first = format!("{}: {} bytes, {keywords}", text(&file), content.len());
        assert_eq!(lines.next(), Some(&*first));
        assert!(lines.next().unwrap().trim_start().starts_with("document "));
        let words: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(words.join(" "), format!("1 {reason}"));
        assert_eq!(lines.next(), None);
        let outcome: Value = serde_json::from_str(&successful(&[text(&file), "--json"])).unwrap();
        let reasons = json!([{"rule": reason, "path": "", "count": 1}]);
        assert_eq!(outcome["records"][0]["sections"][0]["reasons"], reasons);
    }
    let resource = folder.file("patient.json", br#"{"resourceType": "Patient"}"#);
    let lines = successful(&[text(&resource)]);
    assert!(lines.contains(" 1 Patient") && !lines.contains("JSON"), "{lines}");
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let folder = Folder::new();
    let file = folder.file("x.json", br#"{"resourceType": "\u001b[2J\u0007"}"#);
    let lines = successful(&[text(&file)]);
    assert!(lines.chars().all(|c| c == '\n' || !c.is_control()), "{lines:?}");
}

#[test]
fn errors_name_file_line_and_limit() {
    let folder = Folder::new();
    let record = folder.file("a.json", BUNDLE.as_bytes());
    let broken = folder.file("b.json", b"{\"a\":\n 1,}");
    let error = failure_of(&[text(&record), text(&broken)]);
    assert!(error.contains(text(&broken)) && error.contains("line 2 column 4"), "{error}");
    assert!(failure_of(&[text(&folder.path("none.json"))]).contains("no such file"));
    assert_eq!(inspect(&[]).status.code(), Some(2));

    let table = folder.file("codes.tsv", b"# codes\nhttp://loinc.org\t1\n");
    let options = ["--sensitive-codes", text(&table), text(&record)];
    let error = failure_of(&options);
    assert!(error.contains(text(&table)) && error.contains("line 2: a row has three"), "{error}");

    let codings: Vec<String> = (0..5000).map(|i| format!(r#"{{"code": "{i}"}}"#)).collect();
    let many = format!(r#"{{"resourceType": "Basic", "code": [{}]}}"#, codings.join(","));
    let many = folder.file("many.json", many.as_bytes());
    let error = failure_of(&[text(&many)]);
    assert!(error.contains(text(&many)) && error.contains("more than 4096"), "{error}");
}

#[test]
fn the_demo_uses_the_given_table_of_codes() {
    let folder = Folder::new();
    let file = folder.file("a.json", super::BUNDLE.as_bytes());
    let table = folder.file("codes.tsv", b"s\tc\tTBOO\n");
    let common = ["--json", "--replicas", "4", text(&file)];
    let sections =
        |options: &[&str]| json(&[&common, options].concat())["records"][0]["sections"].clone();
    assert_eq!(sections(&[]), 3);
    let given = ["--sensitive-codes", text(&table)];
    assert_eq!(sections(&given), 3);
    let outcome: Value =
        serde_json::from_str(&successful(&[&["--json", text(&file)], &given[..]].concat()))
            .unwrap();
    let classes: Vec<&Value> =
        outcome["records"][0]["sections"].as_array().unwrap().iter().map(|s| &s["class"]).collect();
    assert_eq!(classes, ["identity", "restricted", "administrative"]);
}

/// Runs `inspect` with 64 MiB of address space, code and stack included.
#[cfg(target_os = "linux")]
fn inspect_in_64_mib(file: &Path) -> Output {
    let script = r#"ulimit -v 65536 && exec "$0" inspect "$1""#;
    let program = env!("CARGO_BIN_EXE_epione");
    Command::new("sh").args(["-c", script, program]).arg(file).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn long_strings_and_millions_of_codings_are_not_kept() {
    let folder = Folder::new();
    let long = "c".repeat(48 << 20);
    let coding = r#"{"system": "http://loinc.org", "code": "1"},"#;
    let start = r#"{"resourceType": "Observation", "code": {"coding": ["#;
    let cases: [(&str, String); 5] = [
        ("key", format!(r#"{{"{long}": 1}}"#)),
        ("code", format!(r#"{start}{{"code": "{long}"}}]}}}}"#)),
        ("type", format!(r#"{{"resourceType": "{long}"}}"#)),
        ("codings", format!("{start}{}0]}}}}", coding.repeat(1_000_000))),
        (
            "labels",
            format!(
                r#"{{"resourceType": "Basic", "meta": {{"security": [{}0]}}}}"#,
                coding.repeat(1_000_000)
            ),
        ),
    ];
    for (name, content) in cases {
        let file: PathBuf = folder.file(&format!("{name}.json"), content.as_bytes());
        let output = inspect_in_64_mib(&file);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {errors}");
    }
}
