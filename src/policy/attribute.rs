//! Attributes and sets of them.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The most bytes of an attribute's name.
const MAX_BYTES: usize = 256;

/// Words that need quotes to be attributes, in whatever case.
pub(super) const RESERVED: [&str; 3] = ["and", "or", "of"];

/// A name like `doctor`, `department:neurology` or `Dr. Ada Ruiz`; compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute(String);

/// A text that is no attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attribute has 1 to {MAX_BYTES} bytes and no control or invisible characters")]
pub struct InvalidAttribute;

impl Attribute {
    /// Takes a name as it is, quotes and spaces included.
    ///
    /// # Errors
    /// [`InvalidAttribute`] if it is empty, too long or holds control or invisible characters: two
    /// policies that look alike must be alike.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidAttribute> {
        let name = name.into();
        let fits = (1..=MAX_BYTES).contains(&name.len());
        if fits && !name.chars().any(|c| c.is_control() || is_invisible(c)) {
            Ok(Self(name))
        } else {
            Err(InvalidAttribute)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name can be written without quotes.
    fn is_bare(&self) -> bool {
        let number = self.0.bytes().all(|b| b.is_ascii_digit());
        let gate = RESERVED.contains(&self.0.to_ascii_lowercase().as_str());
        !number && !gate && self.0.chars().all(is_bare_character)
    }
}

/// Characters that show nothing, or turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

pub(super) fn is_bare_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.:@/".contains(c)
}

impl FromStr for Attribute {
    type Err = InvalidAttribute;
    fn from_str(name: &str) -> Result<Self, InvalidAttribute> {
        Self::new(name)
    }
}

/// As it stands in a policy: bare where possible, quoted otherwise.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bare() {
            return f.write_str(&self.0);
        }
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}

/// The attributes that a user holds, in byte order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSet(BTreeSet<Attribute>);

impl AttributeSet {
    /// The set of these names.
    ///
    /// # Errors
    /// [`InvalidAttribute`] if one of them is none.
    pub fn from_names<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidAttribute> {
        names.into_iter().map(Attribute::new).collect()
    }
    /// Whether the attribute is held.
    pub fn contains(&self, attribute: &Attribute) -> bool {
        self.0.contains(attribute)
    }
    /// The attributes in byte order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Attribute> {
        self.0.iter()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Attribute> for AttributeSet {
    fn from_iter<I: IntoIterator<Item = Attribute>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}
