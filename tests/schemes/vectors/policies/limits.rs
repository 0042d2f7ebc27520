//! The limits of `docs/policy.md`, from both sides.

use super::{Case, deep, refused, valid};

fn parenthesised(n: usize, text: &str) -> String {
    format!("{}{text}{}", "(".repeat(n), ")".repeat(n))
}

/// `k of` so many names and these branches behind them, without spaces.
fn threshold(k: usize, names: usize, branches: &str) -> String {
    format!("{k} of ({}{branches})", "a,".repeat(names))
}

/// A valid text without spaces behind its commas: it is printed with them.
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
    // The 32nd gate has one branch and no place of its own.
    let merged = deep(31).replace('a', "x >= 1 and x <= 3");
    vec![
        valid("127 parentheses inside each other", &within, "a"),
        valid("twice 127 parentheses, beside each other", &twice, "a or a"),
        valid("31 gates in 96 parentheses", &gates(96), &deep(31)),
        valid("32 gates, of which one is merged", &merged, &deep(31).replace('a', "x in 1..3")),
        refused("128 parentheses inside each other", "Depth", &beyond, 129),
        refused("31 gates in 97 parentheses", "Depth", &gates(97), 97 + 31 * 6 + 1),
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
        refused("4097 comparisons that are one", "Leaves", &comparisons, 8 * 4096 + 1),
    ]
}

/// Each row has `k` entries below a `k of n`, and those that the gates above it add.
fn entries() -> Vec<Case> {
    let full = threshold(512, 2047, "a");
    // 1699 rows of 512 entries, and n of 513.
    let nested = |n: usize| threshold(512, 1699, &threshold(2, n - 1, "a"));
    vec![
        dense("2^20 entries", &full),
        dense("2048 of 2048, which is an and", &threshold(2048, 2047, "a")),
        dense("1048412 entries of nested gates", &nested(348)),
        refused("2^20 + 1 entries", "Entries", &format!("a or {full}"), 1),
        refused("1048925 entries of nested gates", "Entries", &nested(349), 1),
    ]
}

/// `not` stands for the other values of the vocabulary, of which there are two.
pub(super) fn negations() -> Vec<Case> {
    let of = |names| threshold(1, names, "not role:nurse");
    let printed = threshold(1, 4094, "role#3:doctor or role#3:\"head nurse\"").replace(',', ", ");
    vec![
        valid("4094 names and two values", &of(4094), &printed),
        refused("4095 names and two values", "Leaves", &of(4095), 6 + 2 * 4095 + 4 + 1),
    ]
}
