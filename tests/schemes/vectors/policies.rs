//! Rejected texts with the column of the error, and valid texts with their canonical text.

mod limits;
mod spelling;

use crate::vectors::format::{Fields, NegativeFile, compare_or_write};
use epione::policy::{AccessPolicy, AttributeSet, ParseError, Vocabularies, Vocabulary};

/// Comment, class of the error, text, and the canonical text or the column of the error.
type Case = (&'static str, &'static str, String, Result<String, usize>);

fn valid(comment: &'static str, text: &str, canonical: &str) -> Case {
    (comment, "Valid", text.to_owned(), Ok(canonical.to_owned()))
}

fn refused(comment: &'static str, flag: &'static str, text: &str, column: usize) -> Case {
    (comment, flag, text.to_owned(), Err(column))
}

fn deep(n: usize) -> String {
    format!("{}a{}", "1 of (".repeat(n), ")".repeat(n))
}

fn gates() -> Vec<Case> {
    let policy = "a and (b or 2 of (c, d, e and f))";
    vec![
        valid("an attribute", "doctor", "doctor"),
        valid("all gates", policy, policy),
        valid("quoted reserved words", "\"and\" and \"AND\"", "\"and\" and \"AND\""),
        valid("escapes", "\"\\\"\\\\\"", "\"\\\"\\\\\""),
        valid("31 nested gates", &deep(31), &deep(31)),
        valid("redundant parentheses and spaces", " ( a  and\tb ) ", "a and b"),
        valid("redundant quotes", "\"a\" and \"2nd\"", "a and \"2nd\""),
        refused("the empty text", "Empty", "", 1),
        refused("only spaces", "Empty", " \t\n", 4),
        refused("a missing operand", "Operand", "a and", 6),
        refused("a leading gate", "Operand", "or a", 1),
        refused("two operands without a gate", "Gate", "a b", 3),
        refused("two gates", "Gate", "a and and b", 7),
        refused("mixed gates", "Mixed", "a and b or c", 9),
        refused("mixed gates, other order", "Mixed", "a or b and c", 8),
        refused("a missing closing parenthesis", "Parenthesis", "(a", 3),
        refused("a missing opening parenthesis", "Parenthesis", "a)", 2),
        refused("empty parentheses", "Parenthesis", "()", 2),
        refused("a gate in capitals", "Case", "a AND b", 3),
        refused("a capitalised gate", "Case", "Or", 1),
        refused("an operator of C", "Character", "a && b", 3),
        refused("a negation of C", "Character", "a and !b", 7),
        refused("a no-break space", "Character", "a\u{a0}and b", 2),
        refused("a full-width letter", "Character", "\u{ff41} and b", 1),
        refused("a missing closing quote", "Quote", "\"a", 1),
        refused("an unknown escape", "Quote", "\"\\n\"", 1),
        refused("an empty name", "Name", "\"\"", 1),
        refused("a control character in a name", "Name", "\"a\u{7}\"", 1),
        refused("an invisible character in a name", "Name", "b or \"a\u{200b}\"", 6),
        refused("a name of one space", "Name", "a or \" \"", 6),
        refused("a name of spaces", "Name", "\"   \"", 1),
        refused("a name that starts with a digit", "Name", "a and 2nd", 7),
        refused("a threshold of zero", "Threshold", "0 of (a, b)", 1),
        refused("a threshold above the number of branches", "Threshold", "3 of (a, b)", 1),
        refused("a threshold with leading zeros", "Threshold", "02 of (a, b)", 1),
        refused("a threshold with a width", "Threshold", "2u8 of (a, b)", 1),
        refused("a threshold without branches", "Threshold", "1 of ()", 7),
        refused("a trailing comma", "Threshold", "1 of (a,)", 9),
        refused("32 nested gates", "Depth", &deep(32), 1),
    ]
}

/// Unsatisfiable, but not in one label.
const TWO_LABELS: &str =
    "((x = 1 and y = 1) or (x = 2 and y = 2)) and (a and x = 1) and (a and y = 2)";

fn comparisons() -> Vec<Case> {
    vec![
        valid("a number of 32 bits", "age >= 18", "age >= 18"),
        valid("the default width, written out", "age >= 18u32", "age >= 18"),
        valid("a number of 8 bits", "age < 18u8", "age <= 17u8"),
        valid("an interval of one value", "x < 1u16", "x = 0u16"),
        valid("the interval of all values", "x <= 255u8", "x >= 0u8"),
        valid("a range", "age in 18..65u8", "age in 18..65u8"),
        valid("a range with the width at both ends", "age in 18u8 .. 65u8", "age in 18..65u8"),
        valid("a range up to the maximum", "x in 9..65535u16", "x >= 9u16"),
        valid("a date", "\"valid until\" > 2026-11-30", "\"valid until\" >= 2026-12-01"),
        valid(
            "a range that starts on 29 February",
            "d in 2024-02-29..2024-03-01",
            "d in 2024-02-29..2024-03-01",
        ),
        valid("comparisons of one label in one and", "x >= 3 and a and x < 9", "x in 3..8 and a"),
        valid("a merged comparison that merges again", "x < 8 and (x >= 3 and x < 9)", "x in 3..7"),
        valid(
            "comparisons that a gate separates",
            "x >= 3 and (a and x < 9)",
            "x >= 3 and (a and x <= 8)",
        ),
        valid("disjoint comparisons in an or", "x < 5 or x > 10", "x <= 4 or x >= 11"),
        valid(
            "two of three comparisons that overlap",
            "2 of (x < 5, x > 10, x in 3..7)",
            "2 of (x <= 4, x >= 11, x in 3..7)",
        ),
        valid(
            "a branch on another label",
            "2 of (x < 5, x > 10, y = 1)",
            "2 of (x <= 4, x >= 11, y = 1)",
        ),
        valid("a contradiction in two labels", TWO_LABELS, TWO_LABELS),
        refused("less than the minimum", "Unsatisfiable", "x < 0", 5),
        refused("greater than the maximum", "Unsatisfiable", "x > 255u8", 5),
        refused("before the first date", "Unsatisfiable", "d < 1900-01-01", 5),
        refused("after the last date", "Unsatisfiable", "d > 2079-06-06", 5),
        refused("an empty range", "Unsatisfiable", "x in 9..5", 6),
        refused("an empty intersection", "Unsatisfiable", "x >= 5 and a and x <= 4", 18),
        refused("a value beside a range", "Unsatisfiable", "x in 5..9 and x = 4", 15),
        refused("separated by a gate", "Contradiction", "x < 5 and (a and x > 9)", 1),
        refused("in different widths", "Contradiction", "x < 5u8 and (a and x > 9)", 1),
        refused("in an or", "Contradiction", "(x < 5 or x > 9) and (a and x = 7)", 1),
        refused("two of two", "Contradiction", "b or 2 of (x < 5, x > 9)", 1),
        refused("two of three", "Contradiction", "2 of (x < 5, x > 10, x = 7)", 1),
        refused("three of three overlaps", "Contradiction", "3 of (x < 5, x in 3..7, x > 6)", 1),
        refused("two of two dates", "Contradiction", "2 of (d < 2026-01-01, d > 2026-01-01)", 1),
        refused("too large for 8 bits", "Width", "x >= 256u8", 6),
        refused("too large for 32 bits", "Width", "x >= 4294967296", 6),
        refused("an unknown width", "Width", "x >= 18u64", 6),
        refused("a lower end beyond the width of the upper end", "Width", "x in 300..4u8", 6),
        refused("a range with two widths", "Width", "x in 5u8..9u16", 6),
        refused("a range with the width at the lower end only", "Width", "x in 5u8..9", 6),
        refused("two widths in one and", "Width", "x >= 5u8 and x <= 9", 14),
        refused("a range from a number to a date", "Width", "x in 5..2026-12-01", 6),
        refused("a number and a date in one and", "Width", "x >= 5 and x <= 2026-12-01", 12),
        refused("29 February of a common year", "Date", "d >= 2026-02-29", 6),
        refused("a thirteenth month", "Date", "d >= 2026-13-01", 6),
        refused("29 February 1900", "Date", "d >= 1900-02-29", 6),
        refused("a date beyond 16 bits", "Date", "d >= 2079-06-07", 6),
        refused("a date without leading zeros", "Date", "d >= 2026-1-1", 6),
        refused("a fraction", "Number", "x >= 1.5", 6),
        refused("a negative number", "Number", "x >= -1", 6),
        refused("leading zeros", "Number", "x >= 007", 6),
        refused("a word for a number", "Number", "x >= ten", 6),
        refused("no value after a relation", "Operand", "x >=", 5),
        refused("no label", "Operand", ">= 18", 1),
        refused("the label on the right", "Operand", "18 <= x", 4),
        refused("a range without an upper end", "Operand", "x in 5", 7),
        refused("a range that ends after its dots", "Operand", "x in 5..", 9),
        refused("a double equals sign", "Operand", "x == 5", 4),
        refused("a reversed relation sign", "Operand", "x => 5", 4),
        refused("an inequality of C", "Character", "x != 5", 3),
        refused("a mathematical relation sign", "Character", "x \u{2265} 5", 3),
        refused("a space within a relation sign", "Operand", "x > = 5", 5),
        refused("a space before the width", "Gate", "x >= 18 u8", 9),
        refused("a comparison without a gate", "Gate", "x >= 65 doctor", 9),
    ]
}

const REPEATED: &str = "2 of (role#3:a, role#3:b, role#3:a)";

fn listed() -> Vec<Case> {
    vec![
        valid("a listed value", "role#3:doctor", "role#3:doctor"),
        valid("quotes and spaces", "\"my role\" # 3 : \"Dr\"", "\"my role\"#3:Dr"),
        valid("a plain name that looks like a listed value", "role:doctor", "role:doctor"),
        valid("two values in an or", "role#3:a or role#3:b", "role#3:a or role#3:b"),
        valid("values of two labels", "role#3:a and rule#3:b", "role#3:a and rule#3:b"),
        valid("two of three values, one repeated", REPEATED, REPEATED),
        refused("two values in an and", "Contradiction", "role#3:a and role#3:b", 1),
        refused("two versions in an and", "Contradiction", "role#3:a and role#4:a", 1),
        refused("two of two values", "Contradiction", "2 of (role#3:a, role#3:b)", 1),
        refused("two of three values", "Contradiction", "2 of (role#3:a, role#3:b, role#4:a)", 1),
        refused(
            "a value and two others",
            "Contradiction",
            "(role#3:a or role#3:b) and role#3:c",
            1,
        ),
        refused("no value", "Operand", "role#3", 7),
        refused("no version", "Operand", "role#:doctor", 6),
        refused("a version with leading zeros", "Number", "role#03:doctor", 6),
        refused("a version beyond 32 bits", "Number", "role#4294967296:doctor", 6),
        refused("a colon in the label", "Label", "a:b#3:doctor", 1),
        refused("a negation without its vocabulary", "Vocabulary", "a or not role:nurse", 10),
    ]
}

const VOCABULARIES: &str = "role#3: doctor, \"head nurse\", nurse";

fn negations() -> Vec<Case> {
    let others = "role#3:doctor or role#3:\"head nurse\"";
    vec![
        valid("a negation", "not role:nurse", others),
        valid("a negation with its version", "not role#3:nurse", others),
        valid("a quoted value", "not \"role:head nurse\"", "role#3:doctor or role#3:nurse"),
        valid("a listed value", "role#3:nurse", "role#3:nurse"),
        refused("a value and its negation", "Contradiction", "role#3:nurse and not role:nurse", 1),
        refused("a negation of an unknown value", "Vocabulary", "not role:janitor", 5),
        refused("a negation in an unknown vocabulary", "Vocabulary", "not rule:nurse", 5),
        refused("a negation in another version", "Vocabulary", "not role#2:nurse", 5),
        refused("a plain name with the label of a vocabulary", "Vocabulary", "a and role:nurse", 7),
        refused("a negated name", "Negation", "not nurse", 5),
        refused("a negated gate", "Negation", "not (role:nurse)", 5),
        refused("a negated comparison", "Negation", "not age >= 18", 9),
        refused("a double negation", "Negation", "not not role:nurse", 5),
        refused("a negation without an operand", "Negation", "a and not", 10),
    ]
}

fn sets() -> Vec<Case> {
    let all = "age = 42u8, valid_until = 2026-12-01, role#3:doctor, \"Dr. Ada Ruiz\"";
    vec![
        valid("attributes of all kinds", all, all),
        valid("unordered attributes", "b, a, y = 2, x = 1", "x = 1, y = 2, a, b"),
        valid("one number in two widths", "x = 5, x = 5u8", "x = 5u8, x = 5"),
        valid("the empty set", "", ""),
        refused("two numbers", "SecondValue", "x = 5u8, x = 30u8", 10),
        refused("different numbers in two widths", "SecondValue", "x = 5u8, x = 30u16", 10),
        refused("two dates", "SecondValue", "d = 2026-01-01, d = 2026-01-02", 17),
        refused("two values of one vocabulary", "SecondValue", "role#3:a, role#3:b", 11),
        refused("one value in two versions", "SecondValue", "role#3:a, role#4:a", 11),
        refused("a comparison", "Operand", "age >= 18", 5),
        refused("a gate", "Gate", "a and b", 3),
        refused("a trailing comma", "Operand", "a,", 3),
        refused("too large for its width", "Width", "age = 256u8", 7),
    ]
}

fn group<T: ToString>(
    file: &mut NegativeFile,
    (name, context): (&'static str, Fields),
    cases: Vec<Case>,
    parse: impl Fn(&str) -> Result<T, ParseError>,
) {
    file.group(name, context);
    for (comment, flag, text, verdict) in cases {
        let found = parse(&text).map(|value| value.to_string()).map_err(|error| error.column);
        assert_eq!(found, verdict, "{comment}: {text}");
        file.text(comment, flag, &text, verdict);
    }
}

#[test]
fn policy_texts_match_the_vectors() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-POLICIES",
        "Texts of policies, attribute sets and vocabularies, in UTF-8.",
    );
    for cases in [gates(), comparisons(), listed(), spelling::names(), limits::policies()] {
        group(&mut file, ("AccessPolicy", Fields::default()), cases, str::parse::<AccessPolicy>);
    }
    for (vocabulary, cases) in [
        (VOCABULARIES, negations()),
        (spelling::UNORDERED, spelling::negations()),
        (VOCABULARIES, limits::negations()),
    ] {
        let context = Fields::default().text("vocabulary", vocabulary);
        let vocabularies = Vocabularies::new([vocabulary.parse().unwrap()]).unwrap();
        group(&mut file, ("AccessPolicy", context), cases, |text| {
            AccessPolicy::parse_with(text, &vocabularies)
        });
    }
    for cases in [sets(), spelling::sets()] {
        group(&mut file, ("AttributeSet", Fields::default()), cases, str::parse::<AttributeSet>);
    }
    let vocabularies = spelling::vocabularies();
    group(&mut file, ("Vocabulary", Fields::default()), vocabularies, str::parse::<Vocabulary>);
    compare_or_write("invalid/policies.json", &file);
}
