//! Names: plain attributes, labels, and the values of vocabularies.
#![forbid(unsafe_code)]

use std::borrow::Borrow;
use std::fmt;

/// The most bytes of a name.
const MAX_BYTES: usize = 256;

/// Words that need quotes to be names, in whatever case.
pub(super) const RESERVED: [&str; 5] = ["and", "in", "not", "of", "or"];

/// A name like `doctor`, `department:neurology` or `Dr. Ada Ruiz`; compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {MAX_BYTES} bytes and no control or invisible characters")]
pub struct InvalidName;

impl Name {
    /// The most bytes of a name.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// Takes a name as it is, quotes and spaces included.
    ///
    /// # Errors
    /// [`InvalidName`] if it is empty, too long or holds control or invisible characters, with which two
    /// policies would look alike. Letters that look alike, and a letter with an accent that is written as
    /// one character or as two, are not told: names are compared byte by byte.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let fits = (1..=MAX_BYTES).contains(&name.len());
        if fits && !name.chars().any(|c| c.is_control() || is_invisible(c)) {
            Ok(Self(name))
        } else {
            Err(InvalidName)
        }
    }

    /// The name without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name can be written without quotes.
    fn is_bare(&self) -> bool {
        let gate = RESERVED.contains(&self.0.to_ascii_lowercase().as_str());
        !gate && self.0.starts_with(starts_bare) && self.0.chars().all(is_bare_character)
    }
}

/// Names are ordered and equal as their texts are.
impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Characters that show nothing, or turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What starts with a digit is a number or a date, so that `18u9` or `2026-1-1` never become names.
pub(super) fn starts_bare(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

pub(super) fn is_bare_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.:@/".contains(c)
}

/// As it stands in a policy: bare where possible, quoted otherwise.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bare() {
            return f.write_str(&self.0);
        }
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}
