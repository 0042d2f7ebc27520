//! Limits are exact, and hostile texts are rejected with little time and memory.

use crate::common::{attribute, policy};
use crate::policy::generate::name;
use epione::abe::CpaHeader;
use epione::abe::fabeo::Fabeo;
use epione::algebra::codec::{Canonical, VERSION};
use epione::policy::{
    AccessPolicy, AttributeSet, Comparison, InvalidPolicy, MAX_DEPTH, MAX_LEAVES, MAX_NAME_BYTES,
    MAX_TEXT_BYTES, Node, Vocabulary,
};

#[test]
fn the_limits_of_texts_and_trees_are_exact() {
    let wide = |n: usize| vec!["a"; n].join(" or ");
    assert!(wide(MAX_LEAVES).parse::<AccessPolicy>().is_ok());
    assert!(wide(MAX_LEAVES + 1).parse::<AccessPolicy>().is_err());
    let deep = |n: usize| format!("{}a{}", "1 of (".repeat(n), ")".repeat(n));
    assert!(deep(MAX_DEPTH - 1).parse::<AccessPolicy>().is_ok());
    assert!(deep(MAX_DEPTH).parse::<AccessPolicy>().is_err());
    let long = format!("a{}", " ".repeat(MAX_TEXT_BYTES - 1));
    assert!(long.parse::<AccessPolicy>().is_ok());
    assert!(format!("{long} ").parse::<AccessPolicy>().is_err());
    assert!(long.parse::<AttributeSet>().is_ok());
    assert!(format!("{long} ").parse::<AttributeSet>().is_err());
    assert!(format!("{long} ").parse::<Vocabulary>().is_err());

    let leaf = || Node::Leaf(attribute("a"));
    let nested = (1..MAX_DEPTH).fold(leaf(), |node, _| Node::Or(vec![leaf(), node]));
    assert!(AccessPolicy::new(nested.clone()).is_ok());
    let deeper = Node::Or(vec![leaf(), nested]);
    assert_eq!(AccessPolicy::new(deeper), Err(InvalidPolicy::TooDeep));
    assert_eq!(
        AccessPolicy::new(Node::Or(vec![leaf(); MAX_LEAVES + 1])),
        Err(InvalidPolicy::TooManyLeaves)
    );
    for children in [vec![], vec![leaf()]] {
        assert_eq!(
            AccessPolicy::new(Node::And(children.clone())),
            Err(InvalidPolicy::TooFewBranches(2))
        );
        assert_eq!(AccessPolicy::new(Node::Or(children)), Err(InvalidPolicy::TooFewBranches(2)));
    }
    for (k, n) in [(0, 2), (3, 2), (1, 0)] {
        let gate = Node::Threshold(k, vec![leaf(); n]);
        assert_eq!(AccessPolicy::new(gate), Err(InvalidPolicy::Threshold { k, n }));
    }
}

#[test]
fn comparisons_count_by_their_rows() {
    // 62 rows each: 66 of them are 4092.
    let ranges = |n: usize| {
        let range = |i| format!("x{i} in 1..4294967294");
        (0..n).map(range).collect::<Vec<_>>().join(" or ")
    };
    assert_eq!(policy(&ranges(66)).counts(), (4092, 1));
    let four_more = format!("{} or a or b or c or d", ranges(66));
    assert_eq!(policy(&four_more).counts(), (4096, 1));
    let error = format!("{four_more} or e").parse::<AccessPolicy>().unwrap_err();
    assert!(error.reason.contains("counted by its rows"), "{error}");
    assert!(ranges(67).parse::<AccessPolicy>().is_err());

    let range = |i| Comparison::range(name(&format!("x{i}")), 1_u32, u32::MAX - 1).unwrap();
    let tree = |n: usize| Node::Or((0..n).map(|i| Node::Comparison(range(i))).collect());
    assert!(AccessPolicy::new(tree(66)).is_ok());
    assert_eq!(AccessPolicy::new(tree(67)), Err(InvalidPolicy::TooManyLeaves));

    // Comparisons of one label merge, but count separately in the text.
    let repeated = |n: usize| vec!["x in 1..4294967294"; n].join(" and ");
    assert_eq!(policy(&repeated(MAX_LEAVES)).counts(), (62, 1));
    assert!(repeated(MAX_LEAVES + 1).parse::<AccessPolicy>().is_err());
}

#[test]
fn every_constructed_policy_has_a_canonical_text_that_parses() {
    let leaf = Node::Leaf(attribute(&"x".repeat(MAX_NAME_BYTES)));
    for gate in [Node::Or, |leaves| Node::Threshold(1, leaves)] {
        let policy = AccessPolicy::new(gate(vec![leaf.clone(); 2000])).unwrap();
        assert!(policy.to_string().parse() == Ok(policy));
        let tree = gate(vec![leaf.clone(); MAX_LEAVES]);
        assert_eq!(AccessPolicy::new(tree).err(), Some(InvalidPolicy::TooLong));
    }
    // Without spaces after its commas, a text is within the limit although its canonical text,
    // `1 of (` to `)`, exceeds it by up to five bytes.
    let text = |shorter: usize| {
        let names = [vec!["x".repeat(253); shorter], vec!["x".repeat(254); MAX_LEAVES - shorter]];
        format!("1 of({})", names.concat().join(","))
    };
    for shorter in 0..5 {
        let error = text(shorter).parse::<AccessPolicy>().unwrap_err();
        assert!(error.reason.contains("canonical text"), "{error}");
    }
    let policy: AccessPolicy = text(5).parse().unwrap();
    let canonical = policy.to_string();
    assert_eq!(canonical.len(), MAX_TEXT_BYTES);
    assert!(canonical.parse() == Ok(policy));
}

#[test]
fn hostile_texts_are_rejected_on_a_small_stack() {
    let n = MAX_TEXT_BYTES;
    let texts = [
        "(".repeat(n),
        ")".repeat(n),
        "1 of (".repeat(n / 6),
        "a and ".repeat(n / 6),
        "a and (".repeat(n / 7),
        "not ".repeat(n / 4),
        "x >= 1 and ".repeat(n / 11),
        "x in 1..4294967294 or ".repeat(n / 22),
        "x in ".repeat(n / 5),
        "1..".repeat(n / 3),
        ".".repeat(n),
        "#".repeat(n),
        "<".repeat(n),
        "\"".repeat(n),
        "\\".repeat(n),
        ",".repeat(n),
        "9".repeat(n),
        format!("x >= {}", "9".repeat(n - 5)),
        format!("x >= 2026-12-{}", "0".repeat(n - 13)),
        format!("a#{}", "9".repeat(n - 2)),
        "a".repeat(n),
        format!("\"{}", "\\\"".repeat(n / 2 - 1)),
        " ".repeat(n),
        format!("{}a{}", "(".repeat(n / 2 - 1), ")".repeat(n / 2)),
    ];
    for text in texts {
        // Recursion in proportion to the text would overflow this stack.
        let thread = std::thread::Builder::new().stack_size(256 << 10);
        let start: String = text.chars().take(20).collect();
        let parsed = thread.spawn(move || text.parse::<AccessPolicy>().map(drop)).unwrap();
        let error = parsed.join().unwrap().unwrap_err();
        assert!(error.reason.len() < 200, "{start}: {error}");
    }
}

#[test]
fn short_texts_with_large_matrices_are_rejected() {
    // 2048 of 4096 has 8 million matrix entries in 12 kB of text. 60 ranges have 3720 rows in 2 kB;
    // nine thresholds around them give each row 289 entries.
    let ranges = (0..60).map(|i| format!("x{i} in 1..4294967294")).collect::<Vec<_>>().join(", ");
    let nested = (0..8).fold(format!("33 of ({ranges})"), |inner, _| {
        format!("33 of ({}, {inner})", ["a"; 33].join(", "))
    });
    for text in [format!("2048 of ({})", vec!["a"; MAX_LEAVES].join(", ")), nested] {
        let error = text.parse::<AccessPolicy>().unwrap_err();
        assert!(error.reason.contains("matrix"), "{error}");
        let mut bytes = vec![VERSION, CpaHeader::<Fabeo>::KIND as u8, 1];
        bytes.extend((text.len() as u32).to_be_bytes());
        bytes.extend(text.as_bytes());
        assert!(<CpaHeader>::from_bytes(&bytes).is_err());
    }
}

#[test]
fn matrix_entries_are_counted_exactly() {
    // `k of n` over leaves has n rows of k entries each.
    for (k, n, rows) in [(256, 4096, 4096), (2, 4096, 4096), (64, 128, 128)] {
        let text = format!("{k} of ({})", vec!["a"; n].join(", "));
        let program = policy(&text).span_program();
        let entries: usize = program.rows().iter().map(|row| row.entries.len()).sum();
        assert_eq!((program.rows().len(), entries), (rows, k * n));
    }
    assert!(format!("257 of ({})", vec!["a"; 4096].join(", ")).parse::<AccessPolicy>().is_err());
    // `k of n` over ranges of 62 rows has 62 k entries per range.
    let ranges = (0..66).map(|i| format!("x{i} in 1..4294967294")).collect::<Vec<_>>().join(", ");
    let program = policy(&format!("65 of ({ranges})")).span_program();
    let entries: usize = program.rows().iter().map(|row| row.entries.len()).sum();
    assert_eq!((program.rows().len(), entries), (66 * 62, 66 * 62 * 65));
}
