//! The help of the program, and malformed options of the demo.

use std::process::Command;

#[test]
fn the_help_begins_with_the_command_to_start_with() {
    for option in ["--help", "-h"] {
        let output = Command::new(env!("CARGO_BIN_EXE_epione")).arg(option).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().next(), Some("Start with `epione demo`."), "{text}");
        assert!(text.contains(env!("CARGO_PKG_DESCRIPTION")) && text.contains("Usage: "), "{text}");
    }
}

#[test]
fn a_malformed_seed_is_answered_with_the_range_of_seeds() {
    for seed in ["abc", "-1", "1.5", "18446744073709551616", ""] {
        let output = super::demo(&[&format!("--seed={seed}")]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let errors = String::from_utf8(output.stderr).unwrap();
        let range = "the seed is an integer from 0 to 18446744073709551615 (2^64 - 1)";
        assert!(errors.contains("--seed") && errors.contains(range), "{errors}");
    }
}

#[test]
fn invalid_options_are_explained() {
    for (arguments, reason) in [
        (["--replicas", "3"], "the number of replicas is an integer from 4 to 100"),
        (["--replicas", "101"], "the number of replicas is an integer from 4 to 100"),
        (["--replicas", "abc"], "the number of replicas is an integer from 4 to 100"),
        (["--silent", "-1"], "the number of faulty replicas is an integer from 0 to F"),
        (["--equivocating", "x"], "the number of faulty replicas is an integer from 0 to F"),
        (["--nonsense", "x"], "--nonsense"),
        (["--profile", "paper"], "member-quorum"),
    ] {
        let arguments = &[&arguments.join("=")[..]];
        let output = super::demo(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("error: ") && !errors.contains("panicked"), "{errors}");
        assert!(errors.contains(reason), "{errors}");
    }
}
