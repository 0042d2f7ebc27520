//! README's excerpt of the demo's output, compared with a run.

use std::process::Command;

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
    assert_eq!(excerpt.len(), 7, "the excerpt is the second block of text");

    let output = Command::new(env!("CARGO_BIN_EXE_epione")).arg("demo").output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<String> = output.lines().map(words).collect();
    let mut from = 0;
    for line in excerpt {
        let quoted = words(line);
        let found = printed[from..].iter().position(|printed| match quoted.strip_suffix("...") {
            Some(start) => printed.starts_with(start),
            None => *printed == quoted,
        });
        from += found.unwrap_or_else(|| panic!("the demo does not print, in this order: {line}"));
    }
}
