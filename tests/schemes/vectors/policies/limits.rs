//! Texts at and just beyond the limits of `docs/policy.md`, section 8.

use super::{Case, deep, refused, valid};

fn parenthesised(n: usize, text: &str) -> String {
    format!("{}{text}{}", "(".repeat(n), ")".repeat(n))
}

/// `k of` the given number of names, followed by `branches`, without spaces.
fn threshold(k: usize, names: usize, branches: &str) -> String {
    format!("{k} of ({}{branches})", "a,".repeat(names))
}

/// A valid text without spaces after its commas; its canonical text has them.
fn dense(comment: &'static str, text: &str) -> Case {
    valid(comment, text, &text.replace(',', ", "))
}

pub(super) fn policies() -> Vec<Case> {
    [depth(), leaves(), entries()].concat()
}

fn depth() -> Vec<Case> {
    let (within, beyond) = (parenthesised(127, "a"), parenthesised(128, "a"));
    let twice = format!("{within} or {within}");
    let gates = |parentheses| parenthesised(parentheses, &deep(31));
    // The 32nd gate merges into one comparison and adds no level.
    let merged = deep(31).replace('a', "x >= 1 and x <= 3");
    vec![
        valid("127 nested parentheses", &within, "a"),
        valid("127 nested parentheses, twice", &twice, "a or a"),
        valid("31 gates within 96 parentheses", &gates(96), &deep(31)),
        valid("32 gates, one of which merges", &merged, &deep(31).replace('a', "x in 1..3")),
        refused("128 nested parentheses", "Depth", &beyond, 129),
        refused("31 gates within 97 parentheses", "Depth", &gates(97), 97 + 31 * 6 + 1),
    ]
}

fn leaves() -> Vec<Case> {
    let names = |n: usize| threshold(1, n - 1, "a");
    // 62 rows each.
    let mixed = |n| threshold(1, n, &["x in 1..4294967294"; 66].join(","));
    let comparisons = vec!["x=1"; 4097].join(" and ");
    vec![
        dense("4096 leaves", &names(4096)),
        dense("4 names and 66 ranges of 62 rows", &mixed(4)),
        refused("4097 leaves", "Leaves", &names(4097), 6 + 2 * 4096 + 1),
        refused("5 names and 66 ranges of 62 rows", "Leaves", &mixed(5), 1),
        refused("4097 comparisons that merge into one", "Leaves", &comparisons, 8 * 4096 + 1),
    ]
}

/// A row has `k` entries for a `k of n` above it, plus those of the gates further up.
fn entries() -> Vec<Case> {
    let full = threshold(512, 2047, "a");
    // 1699 rows of 512 entries and n rows of 513 entries.
    let nested = |n: usize| threshold(512, 1699, &threshold(2, n - 1, "a"));
    vec![
        dense("2^20 entries", &full),
        dense("a threshold 2048 of 2048, which is additive", &threshold(2048, 2047, "a")),
        dense("1048412 entries of nested gates", &nested(348)),
        refused("2^20 + 1 entries", "Entries", &format!("a or {full}"), 1),
        refused("1048925 entries of nested gates", "Entries", &nested(349), 1),
    ]
}

/// `not` counts as the other two values of the vocabulary.
pub(super) fn negations() -> Vec<Case> {
    let of = |names| threshold(1, names, "not role:nurse");
    let printed = threshold(1, 4094, "role#3:doctor or role#3:\"head nurse\"").replace(',', ", ");
    vec![
        valid("4094 names and a negation of two leaves", &of(4094), &printed),
        refused(
            "4095 names and a negation of two leaves",
            "Leaves",
            &of(4095),
            6 + 2 * 4095 + 4 + 1,
        ),
    ]
}
