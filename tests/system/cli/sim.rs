//! `epione sim`: summary, trace, exit codes, malformed options.

use super::Folder;
use serde_json::Value;
use std::process::{Command, Output};

fn sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_epione")).arg("sim").args(arguments).output().unwrap()
}

/// Runs a simulation successfully and returns its standard output.
fn summary(arguments: &[&str]) -> String {
    let output = sim(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The errors of a run that is refused with exit code 2.
fn refusal(arguments: &[&str]) -> String {
    let output = sim(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// Runs a simulation successfully and returns the objects of its trace.
fn trace(arguments: &[&str]) -> Vec<Value> {
    let folder = Folder::new();
    let path = folder.path("trace.jsonl");
    summary(&[arguments, &["--trace", super::text(&path)]].concat());
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(trace: &'a [Value], event: &str) -> Vec<&'a Value> {
    trace.iter().filter(|object| object["event"] == event).collect()
}

#[test]
fn the_summary_states_costs_and_the_absence_of_violations() {
    let text =
        summary(&["--replicas", "16", "--blocks", "5", "--byzantine", "5", "--crashes", "2"]);
    for expected in [
        "16 replicas in 4 groups, MemberQuorum, F = 5, Q = 11, 5 Byzantine, seed 1",
        "behaviours, placed by schedule: 1 silent, 1 equivocating, 1 withholding-primary, \
         1 silent-leader, 1 forged-partials",
        "messages/block",
        "view change",
        "signature verifications requested, ",
        " of 2 planned crashes",
        "1 member equivocated: ",
        "No violation of safety.",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(text.lines().any(|line| line.starts_with("5 blocks (")), "{text}");
    assert!(!text.contains("with equal delays"), "{text}");
}

/// Without crashes the run ends with a reply to every decided request.
#[test]
fn every_decided_request_has_a_latency() {
    for arguments in [&["--blocks=1"][..], &["--blocks=7"], &["--blocks=3", "--replicas=4"]] {
        let text = summary(arguments);
        let line = text.lines().find(|line| line.starts_with("latency of ")).unwrap();
        let words = words(line);
        assert_eq!(words[2], words[4], "{line}");
        assert_ne!(words[2], "0", "{line}");
        assert!(line.contains(" requests in virtual ms: median ") || words[2] == "1", "{line}");
    }
}

#[test]
fn the_summary_of_one_block_is_in_the_singular() {
    let text = summary(&["--replicas=4", "--blocks=1", "--requests=1", "--byzantine=1"]);
    assert!(text.contains("4 replicas in 1 group, Flat"), "{text}");
    assert!(text.contains("\n1 block ("), "{text}");
    assert!(text.contains(" with 1 of 1 submitted request in "), "{text}");
    assert!(text.contains("behaviours, placed by schedule: 1 silent\n"), "{text}");
    assert!(text.contains("\nlatency of 1 of 1 request in virtual ms: median "), "{text}");
}

#[test]
fn the_messages_of_agreement_stand_beside_the_formula() {
    let measured = |arguments: &[&str], formula: &str| -> f64 {
        let text = summary(arguments);
        let line = text.lines().find(|line| line.starts_with("agreement (")).unwrap();
        assert!(line.ends_with(formula), "{line}");
        line.split_once("): ").unwrap().1.split_once(' ').unwrap().0.parse().unwrap()
    };
    let tree = measured(&["--blocks=4"], "; 5(N - 1) = 75 with equal delays");
    assert!((60.0..=80.0).contains(&tree), "{tree}");
    let flat = measured(&["--replicas=7", "--blocks=4"], "; 2N^2 - N - 1 = 90 with equal delays");
    assert!((72.0..=90.0).contains(&flat), "{flat}");
}

/// No more bytes of a sender arrive than its bandwidth permits, also if a message is queued for
/// longer than the bound on its propagation.
#[test]
fn bandwidth_is_obeyed_after_stabilisation() {
    let arguments = ["--replicas=4", "--blocks=3", "--requests=20", "--bandwidth=5", "--events"];
    assert!(summary(&arguments[..4]).contains("bandwidth of each sender: 5 bytes per virtual ms"));
    let trace = trace(&arguments);
    let messages = of(&trace, "message");
    let arrival = |message: &Value| message["arrivals"][0].as_u64().unwrap();
    let delays =
        messages.iter().map(|message| arrival(message) - message["time"].as_u64().unwrap());
    assert!(delays.max() > Some(1000));
    for sender in 0..4 {
        let mut arrivals: Vec<(u64, u64)> = messages
            .iter()
            .filter(|message| message["from"] == sender)
            .map(|message| (arrival(message), message["bytes"].as_u64().unwrap()))
            .collect();
        arrivals.sort_unstable();
        let mut total = 0;
        for (at, bytes) in arrivals {
            total += bytes;
            assert!(total <= 5 * at, "{total} bytes of sender {sender} arrived until {at}");
        }
    }
}

#[test]
fn equal_options_give_equal_summaries() {
    let run = |seed| summary(&["--replicas=7", "--byzantine=2", "--loss=10", "--seed", seed]);
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
    assert!(run("7").contains("\n10 % of messages lost until 10000 virtual ms\n"));
}

#[test]
fn the_trace_has_a_schema_one_object_per_event_and_a_summary() {
    let arguments = ["--replicas", "4", "--blocks", "3", "--signatures", "ideal"];
    let blocks = trace(&arguments);
    assert_eq!(blocks[0]["schema"], "epione.sim.trace");
    assert_eq!(blocks[0]["version"], 2);
    let options = &blocks[0]["options"];
    for (option, value) in [
        ("replicas", Value::from(4)),
        ("groups", Value::Null),
        ("byzantine", 0.into()),
        ("behaviours", vec!["all"].into()),
        ("placement", "schedule".into()),
        ("blocks", 3.into()),
        ("requests", 4.into()),
        ("crashes", 0.into()),
        ("loss", 0.into()),
        ("gst", 0.into()),
        ("bandwidth", Value::Null),
        ("signatures", "ideal".into()),
        ("seed", 1.into()),
        ("events", false.into()),
    ] {
        assert_eq!(options.get(option), Some(&value), "{option}");
    }
    assert_eq!(blocks[0]["profile"], "flat");
    assert_eq!((of(&blocks, "block").len(), of(&blocks, "message").len()), (3, 0));
    let last = blocks.last().unwrap();
    assert_eq!((&last["event"], &last["blocks"]), (&"summary".into(), &3.into()));
    assert_eq!((&last["violation"], &last["outcome"]), (&Value::Null, &"decided".into()));
    let events = trace(&[&arguments[..], &["--events"]].concat());
    assert_eq!(of(&events, "message").len() as u64, last["messages"].as_u64().unwrap());
}

#[test]
fn blocks_of_the_trace_have_leaders_and_times_of_submission() {
    let trace = trace(&["--replicas=16", "--blocks=4"]);
    let (blocks, replies) = (of(&trace, "block"), of(&trace, "reply"));
    let schedule = trace[0]["schedule"].as_array().unwrap();
    let mut requests = 0;
    for block in blocks {
        let number = |field: &str| block[field].as_u64().unwrap();
        let place = (number("height") + number("view")) as usize % schedule.len();
        assert_eq!(block["leader"], schedule[place]);
        let submitted = block["submitted"].as_array().unwrap();
        assert_eq!(submitted.len() as u64, number("requests"));
        assert!(submitted.iter().all(|time| time.as_u64().unwrap() <= number("time")));
        requests += submitted.len();
    }
    assert_eq!(replies.len(), requests);
    let mut latencies: Vec<u64> =
        replies.iter().map(|reply| reply["latency"].as_u64().unwrap()).collect();
    latencies.sort_unstable();
    let latency = &trace.last().unwrap()["latency"];
    assert_eq!(latency["samples"].as_u64(), Some(requests as u64));
    assert_eq!(latency["maximum"].as_u64(), latencies.last().copied());
    assert_eq!(latency["median"].as_u64(), Some(latencies[requests.div_ceil(2) - 1]));
}

#[test]
fn evidence_names_culprit_and_reporter() {
    let trace = trace(&["--byzantine=5", "--behaviours=equivocating", "--blocks=3"]);
    let byzantine: Vec<&Value> =
        trace[0]["byzantine"].as_array().unwrap().iter().map(|o| &o["replica"]).collect();
    let evidence = of(&trace, "evidence");
    assert!(!evidence.is_empty());
    assert!(evidence.iter().all(|proof| byzantine.contains(&&proof["culprit"])));
    assert!(evidence.iter().any(|proof| !byzantine.contains(&&proof["reporter"])));
    let last = trace.last().unwrap();
    assert_eq!(last["evidence"].as_u64(), Some(evidence.len() as u64));
    assert!(last["culprits"].as_array().unwrap().len() <= 5);
}

/// Loss of all messages ends the patience only after the global stabilisation time.
#[test]
fn stalls_have_an_exit_code_and_count_from_stabilisation() {
    let decided = summary(&["--replicas=4", "--blocks=1", "--loss=100", "--gst=700000"]);
    assert!(decided.contains("No violation of safety."), "{decided}");
    let output = sim(&["--replicas=4", "--blocks=2", "--bandwidth=1", "--requests=1000"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in ["\nSTALLED at ", " with 0 of 2 blocks\n", ": no sample\n"] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(text.ends_with("\nNo violation of safety.\n"), "{text}");
}

#[test]
fn lists_of_behaviours_have_spaces_and_the_value_all() {
    let run =
        |list| summary(&["--replicas=7", "--byzantine=2", "--blocks=2", "--behaviours", list]);
    assert!(run("silent, Equivocating").contains(": 1 silent, 1 equivocating\n"));
    assert_eq!(run("all"), summary(&["--replicas=7", "--byzantine=2", "--blocks=2"]));
}

#[test]
fn malformed_options_are_explained() {
    for (option, value, reason) in [
        ("--replicas", "3", "the number of replicas is an integer from 4 to 1024"),
        ("--groups", "3", "the number of groups is an integer from 4 to 256"),
        ("--byzantine", "-1", "the number of Byzantine replicas is an integer from 0 to F"),
        ("--blocks", "0", "the number of blocks is an integer from 1 to 1000000"),
        ("--loss", "101", "the loss is an integer from 0 to 100"),
        ("--behaviours", "rude", "forged-partials"),
        ("--seed", "x", "the seed is an integer from 0 to 18446744073709551615 (2^64 - 1)"),
        ("--seed", "-2", "the seed is an integer from 0 to 18446744073709551615 (2^64 - 1)"),
    ] {
        for arguments in [&[&*[option, value].join("=")][..], &[option, value]] {
            let errors = refusal(arguments);
            assert!(errors.contains(reason), "{errors}");
        }
    }
}

#[test]
fn impossible_networks_and_options_without_effect_are_refused_in_one_sentence() {
    let folder = Folder::new();
    let missing = folder.path("missing").join("trace");
    for (arguments, reason) in [
        (&["--byzantine=6"][..], "at most 5 of 16 replicas may be Byzantine"),
        (&["--groups=5"], "16 replicas form at most 4 groups"),
        (&["--groups=4", "--profile=flat"], "flat PBFT has no groups; omit --groups or --profile"),
        (&["--groups=4", "--replicas=15"], "15 replicas use flat PBFT, which has no groups"),
        (&["--profile=member-quorum", "--replicas=15"], "needs at least 16 replicas"),
        (&["--behaviours=silent"], "--behaviours has no effect without --byzantine"),
        (&["--placement=group"], "--placement has no effect without --byzantine"),
        (&["--gst=5"], "--gst has no effect without --loss"),
        (&["--loss=5", "--gst=0"], "--loss has no effect with --gst 0"),
        (&["--replicas=4", "--trace", super::text(&missing)], "cannot be written"),
    ] {
        let errors = refusal(arguments);
        assert!(errors.starts_with("epione: ") && errors.contains(reason), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

/// The help describes every line and field of a trace, and only lines that an option produces.
#[test]
fn the_help_describes_exit_codes_and_the_trace() {
    let text = summary(&["--help"]);
    for expected in [
        "epione sim --replicas 100 --groups 10 --byzantine 33 --seed 7",
        "Exit codes:",
        "  3  the run stalled",
        "the same replicas as `schedule` in another order",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(summary(&["-h"]).contains("Exit codes:"));
    let (_, format) = text.split_once("Trace, version 2").unwrap();
    let trace = trace(&[
        "--byzantine=5",
        "--behaviours=equivocating",
        "--crashes=4",
        "--loss=1",
        "--gst=100",
        "--events",
    ]);
    for object in &trace {
        let event = object["event"].as_str().unwrap_or("header");
        assert!(format.contains(&format!("\n  {event} ")), "{event}");
        for field in object.as_object().unwrap().keys() {
            assert!(format.contains(field), "{event}: {field}");
        }
    }
    for line in format.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let event = line.split_whitespace().next().unwrap();
        assert!(event == "header" || !of(&trace, event).is_empty(), "{event}");
    }
}
