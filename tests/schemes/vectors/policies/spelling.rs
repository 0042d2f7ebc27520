//! Characters, bytes and columns: lengths, excluded characters, positions and order.

use super::{Case, refused, valid};

/// A letter of four bytes in UTF-8, two units in UTF-16, and one code point.
const ASTRAL: &str = "\u{1d49f}";
/// A character that precedes [`ASTRAL`] in UTF-8 order and follows it in UTF-16 order.
const WIDE: &str = "\u{ff5e}";

fn quoted(name: &str, times: usize) -> String {
    format!("\"{}\"", name.repeat(times))
}

pub(super) fn names() -> Vec<Case> {
    [lengths(), characters(), columns()].concat()
}

fn lengths() -> Vec<Case> {
    let bare = |n| "a".repeat(n);
    let listed = |n: usize| format!("x#1:{}", "a".repeat(n));
    let compared = |n: usize| format!("{} >= 1", "a".repeat(n));
    let accented = quoted("\u{e9}", 128);
    // The limit counts the name without quotes and backslashes.
    let escaped = |n| quoted("\\\"", n);
    vec![
        valid("a name of 256 bytes", &bare(256), &bare(256)),
        valid("128 letters of two bytes", &accented, &accented),
        valid("64 letters of four bytes", &quoted(ASTRAL, 64), &quoted(ASTRAL, 64)),
        valid("256 escaped quotes", &escaped(256), &escaped(256)),
        valid("a listed value of 256 bytes", &listed(256), &listed(256)),
        valid("a label of 256 bytes", &compared(256), &compared(256)),
        refused("a name of 257 bytes", "Length", &bare(257), 1),
        refused("129 letters of two bytes", "Length", &quoted("\u{e9}", 129), 1),
        refused("65 letters of four bytes", "Length", &quoted(ASTRAL, 65), 1),
        refused("257 escaped quotes", "Length", &escaped(257), 1),
        refused("a listed value of 257 bytes", "Length", &listed(257), 5),
        refused("a label of 257 bytes", "Length", &compared(257), 1),
    ]
}

fn characters() -> Vec<Case> {
    let name = |c: char| format!("b or \"a{c}\"");
    let seen = |comment, c| valid(comment, &name(c), &name(c));
    let unseen = |comment, c| refused(comment, "Invisible", &name(c), 6);
    vec![
        seen("a combining accent", '\u{301}'),
        seen("a space", ' '),
        seen("an Egyptian mirror, which is no format character", '\u{13440}'),
        seen("the character before the variation selectors", '\u{fdff}'),
        unseen("a combining grapheme joiner", '\u{34f}'),
        unseen("a Hangul filler", '\u{3164}'),
        unseen("a variation selector", '\u{fe0f}'),
        unseen("a variation selector beyond 16 bits", '\u{e0100}'),
        unseen("a soft hyphen", '\u{ad}'),
        unseen("a right-to-left override", '\u{202e}'),
        unseen("a byte order mark", '\u{feff}'),
        unseen("a no-break space", '\u{a0}'),
        unseen("an ogham space", '\u{1680}'),
        unseen("an em space", '\u{2003}'),
        unseen("an ideographic space", '\u{3000}'),
        unseen("an Arabic number sign", '\u{600}'),
        unseen("a braille blank", '\u{2800}'),
        unseen("an Egyptian joiner", '\u{13430}'),
        unseen("an Egyptian blank", '\u{13441}'),
        unseen("a Khitan filler", '\u{16fe4}'),
        unseen("a null notehead", '\u{1d159}'),
        unseen("an unassigned ignorable character", '\u{e0fff}'),
    ]
}

/// A column counts the code points of the whole text.
fn columns() -> Vec<Case> {
    let two = format!("\"{ASTRAL}r. Ruiz\" or \"{ASTRAL}\" and b");
    vec![
        refused("after a character of two bytes", "Character", "\"\u{e9}\" & b", 5),
        refused("after a surrogate pair", "Character", &format!("\"{ASTRAL}\" & b"), 5),
        refused("after two surrogate pairs", "Mixed", &two, 19),
        refused("after a combining character", "Gate", "\"e\u{301}\" x", 6),
        refused("after an escaped quote", "Gate", "\"\\\"\" x", 6),
        refused("on the second line", "Gate", "a and\r\n\tb c", 11),
        refused("at the end, after a surrogate pair", "Operand", &format!("\"{ASTRAL}\" and"), 8),
    ]
}

/// A vocabulary whose values are not in byte order.
pub(super) const UNORDERED: &str = "role#3: nurse, \"\u{1d49f}\", doctor, \"\u{ff5e}\"";

pub(super) fn negations() -> Vec<Case> {
    let of = |values: [&str; 3]| values.map(|value| format!("role#3:{value}")).join(" or ");
    let (astral, wide) = (quoted(ASTRAL, 1), quoted(WIDE, 1));
    vec![
        valid("the other values in byte order", "not role:doctor", &of(["nurse", &wide, &astral])),
        valid(
            "the other values, starting with the second",
            "not role:nurse",
            &of(["doctor", &wide, &astral]),
        ),
        refused("a value in another case", "Vocabulary", "not role:Nurse", 5),
    ]
}

pub(super) fn sets() -> Vec<Case> {
    let (astral, wide) = (quoted(ASTRAL, 1), quoted(WIDE, 1));
    let numbers = |a: &str, b: &str| format!("{a} = 5u8, {b} = 5u8");
    vec![
        valid(
            "names outside the BMP",
            &format!("{astral}, {wide}, z, aa, b"),
            &format!("aa, b, z, {wide}, {astral}"),
        ),
        valid("labels outside the BMP", &numbers(&astral, &wide), &numbers(&wide, &astral)),
        refused(
            "a second value under a label outside the BMP",
            "SecondValue",
            &format!("{astral} = 5, {astral} = 6"),
            10,
        ),
        refused("a name of 257 bytes", "Length", &format!("a, {}", "b".repeat(257)), 4),
        refused("an invisible character in a name", "Invisible", "a, \"\u{3164}\"", 4),
    ]
}

pub(super) fn vocabularies() -> Vec<Case> {
    let (astral, wide) = (quoted(ASTRAL, 1), quoted(WIDE, 1));
    vec![
        valid("ordered values", "role#3: doctor, nurse", "role#3: doctor, nurse"),
        valid("unordered values", "role#3: nurse, doctor", "role#3: doctor, nurse"),
        valid(
            "values outside the BMP",
            &format!("r#0: {astral}, {wide}"),
            &format!("r#0: {wide}, {astral}"),
        ),
        valid("quotes and spaces", " \"role\" # 3:\"doctor\" ,nurse ", "role#3: doctor, nurse"),
        valid("one value", "r#4294967295: \"in\"", "r#4294967295: \"in\""),
        valid("a colon in a value", "r#1:a:b", "r#1: a:b"),
        refused("a duplicate value", "Duplicate", "role#3: a, b, a", 1),
        refused("a duplicate value, once in quotes", "Duplicate", "role#3: a, \"a\"", 1),
        refused("a colon in the label", "Label", "a:b#3: c", 1),
        refused("no value", "Operand", "role#3:", 8),
        refused("a trailing comma", "Operand", "role#3: a,", 11),
        refused("a gate between values", "Gate", "role#3: a or b", 11),
        refused("no version", "Operand", "role: a", 7),
        refused("a version with leading zeros", "Number", "role#03: a", 6),
        refused("a version beyond 32 bits", "Number", "role#4294967296: a", 6),
        refused("an invisible character in a value", "Invisible", "role#3: a, \"b\u{fe0f}\"", 12),
        refused("an invisible character in the label", "Invisible", "\"r\u{34f}\"#3: a", 1),
    ]
}
