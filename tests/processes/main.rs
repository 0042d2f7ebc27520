//! The protocol between processes: every party runs in processes of its own, keeps its secrets in a
//! file, and exchanges files with the others. The replicas and the store keeper are processes that
//! run until the end; the keeper is killed and started again in between.
#![cfg(all(feature = "sim", unix))]
#![allow(missing_docs, clippy::unwrap_used)]

mod folder;
mod kills;
mod parties;
mod services;

use folder::Folder;
use std::process::{Child, Command, Stdio};

/// A record with an identity, a diagnosis and a restricted observation.
const RECORD: &str = r#"{"resourceType": "Bundle", "type": "collection", "entry": [
    {"resource": {"resourceType": "Patient", "name": [{"family": "Byron"}]}},
    {"resource": {"resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "230690007"}]}}},
    {"resource": {"resourceType": "Observation", "meta": {"security": [{"code": "PSY"}]},
        "code": {"coding": [{"system": "http://loinc.org", "code": "44249-1"}]}}} ]}"#;

/// Names the step that a process takes, and the folder of the exchange.
const STEP: &str = "EPIONE_TEST_STEP";
const FOLDER: &str = "EPIONE_TEST_FOLDER";

#[test]
#[ignore = "one step of a party, in the processes that the other test starts"]
fn step() {
    let Ok(step) = std::env::var(STEP) else { return };
    let folder = Folder::open(std::env::var(FOLDER).unwrap());
    parties::take(&step, &folder);
}

/// Starts a process for a step.
fn start(folder: &Folder, step: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "step", "--nocapture"])
        .env(STEP, step)
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn run(folder: &Folder, step: &str) {
    let status = start(folder, step).wait().unwrap();
    assert!(status.success(), "{step}: {status}");
}

/// A process that is killed at the end of the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // The process may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_record_goes_from_its_author_to_a_reader_between_processes() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::create(temporary.path());
    folder.put("record.json", RECORD.as_bytes());

    // Registration: the parties wait for their certificates while the centre certifies, except for
    // the patient, whose application is completed by a later process.
    run(&folder, "centre: set up");
    run(&folder, "patient: apply");
    let _replicas = Service(start(&folder, "replicas: run"));
    let steps = parties::WAITING.map(|party| format!("{party}: register"));
    let waiting: Vec<Child> = steps.iter().map(|step| start(&folder, step)).collect();
    run(&folder, "centre: certify");
    for (mut process, step) in waiting.into_iter().zip(&steps) {
        assert!(process.wait().unwrap().success(), "{step}");
    }
    run(&folder, "patient: complete");
    let keeper = Service(start(&folder, "keeper: run"));

    // Publication.
    run(&folder, "authority: set up");
    run(&folder, "doctor-b: receive attributes");
    run(&folder, "patient: introduce to doctor-a");
    run(&folder, "doctor-a: seal");
    run(&folder, "institution: countersign");
    run(&folder, "patient: consent");
    run(&folder, "doctor-a: publish");
    drop(keeper);
    let _keeper = Service(start(&folder, "keeper: run"));

    // Access.
    run(&folder, "patient: introduce to doctor-b");
    run(&folder, "doctor-b: ask");
    run(&folder, "manager: forward");
    run(&folder, "patient: grant");
    run(&folder, "proxy: accept");
    run(&folder, "doctor-b: request search");
    run(&folder, "proxy: search");
    run(&folder, "doctor-b: request");
    run(&folder, "proxy: report");
    run(&folder, "proxy: release");
    run(&folder, "doctor-b: open");
    assert!(folder.get("opened") == RECORD.as_bytes());
    run(&folder, "doctor-b: open by policy");
    run(&folder, "patient: open");
    assert!(folder.get("opened by patient") == RECORD.as_bytes());

    // Revocation and audit.
    run(&folder, "patient: revoke");
    run(&folder, "doctor-b: request in vain");
    run(&folder, "auditor: audit");
    folder.assert_secrets_are_private();
}
