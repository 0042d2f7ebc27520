//! Names: plain attributes, labels, and the values of vocabularies.
#![forbid(unsafe_code)]

use super::limits::MAX_NAME_BYTES;
use crate::algebra::codec::{Codec, Reader, Writer};
use crate::error::DecodeError;
use std::borrow::Borrow;
use std::fmt;

/// Words that are names only in quotes, regardless of case.
pub(super) const RESERVED: [&str; 5] = ["and", "in", "not", "of", "or"];

/// A name such as `doctor`, `department:neurology` or `Dr. Ada Ruiz`, compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// A text that is not a [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {MAX_NAME_BYTES} bytes, no control or invisible characters, and more than \
     spaces"
)]
pub struct InvalidName;

impl Name {
    /// Checks a name. Quotes and spaces are part of it.
    ///
    /// Homoglyphs are distinct, and so are the composed and decomposed form of an accented letter.
    ///
    /// # Errors
    /// [`InvalidName`] if the name is empty, is too long, consists of spaces or contains excluded
    /// characters, which would make different policies look alike: control and invisible
    /// characters, and spaces other than U+0020.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let fits = (1..=MAX_NAME_BYTES).contains(&name.len());
        if fits && !name.chars().any(is_excluded) && name.chars().any(|c| c != ' ') {
            Ok(Self(name))
        } else {
            Err(InvalidName)
        }
    }

    /// The name without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the name needs no quotes in a text.
    fn is_bare(&self) -> bool {
        let reserved = RESERVED.contains(&self.0.to_ascii_lowercase().as_str());
        !reserved && self.0.starts_with(starts_bare) && self.0.chars().all(is_bare_character)
    }
}

impl Codec for Name {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.0.as_bytes());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = r.text(MAX_NAME_BYTES)?;
        Self::new(name).map_err(|_| DecodeError::Invalid("invalid attribute name"))
    }
}

/// `Eq`, `Ord` and `Hash` of a name agree with those of its text.
impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The excluded characters, ascending ranges with both ends: by the properties of Unicode 17, those
/// of `White_Space` except the space, `Default_Ignorable_Code_Point`, and the general categories Cc
/// and Cf; and five characters that show nothing by their definition: U+2800, U+13441, U+13442,
/// U+16FE4 and U+1D159.
///
/// A list of this version, and not the tables of a library: the same name must be valid in every
/// build, since replicas agree on the validity of policies. A test compares it with the properties.
const EXCLUDED: [(char, char); 33] = [
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{13441}', '\u{13442}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Returns `true` for control characters, for spaces other than U+0020, and for characters that
/// show nothing or change the direction of the text.
fn is_excluded(c: char) -> bool {
    let next = EXCLUDED.partition_point(|(_, last)| *last < c);
    EXCLUDED.get(next).is_some_and(|(first, _)| *first <= c)
}

/// Returns `true` for the first characters of a bare name. A digit starts a number or a date, so
/// that `18u9` and `2026-1-1` are not names.
pub(super) fn starts_bare(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

pub(super) fn is_bare_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.:@/".contains(c)
}

/// The canonical text: bare if possible, quoted otherwise.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bare() {
            return f.write_str(&self.0);
        }
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}
