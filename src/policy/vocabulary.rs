//! Vocabularies: closed lists of values, over which `not` is defined.
//!
//! A key has components for the attributes of its holder, so a monotone policy cannot require the
//! absence of an attribute. If the values of a label are listed and every user holds one of them,
//! `not role:nurse` requires another listed value. The version is part of each value's identity: a
//! value that a later version adds does not satisfy earlier policies.
#![forbid(unsafe_code)]

use super::attribute::{InvalidLabel, check_label};
use super::cursor::Cursor;
use super::token::Token;
use super::{Listed, MAX_LEAVES, Name, ParseError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The values of a label in one version. Vocabularies are public.
///
/// ```
/// use epione::policy::Vocabulary;
/// let role: Vocabulary = "role#3: doctor, nurse, \"head nurse\"".parse().unwrap();
/// assert_eq!(role.version(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    label: Name,
    version: u32,
    values: BTreeSet<Name>,
}

/// A violated rule of vocabularies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVocabulary {
    /// A label with a colon.
    #[error(transparent)]
    Label(#[from] InvalidLabel),
    /// A value that is listed twice.
    #[error("{0} is listed twice")]
    DuplicateValue(Name),
    /// No value, or more than [`MAX_LEAVES`].
    #[error("a vocabulary has 1 to {MAX_LEAVES} values")]
    ValueCount,
    /// Two vocabularies with the same label.
    #[error("the vocabulary {0} is given twice")]
    DuplicateLabel(Name),
}

impl Vocabulary {
    /// Returns the vocabulary of these values.
    ///
    /// # Errors
    /// [`InvalidVocabulary`] if the label has a colon, a value is listed twice, or the number of
    /// values is not in `1..=MAX_LEAVES`.
    pub fn new(
        label: Name,
        version: u32,
        values: impl IntoIterator<Item = Name>,
    ) -> Result<Self, InvalidVocabulary> {
        check_label(&label)?;
        let mut listed = BTreeSet::new();
        for value in values {
            if listed.len() == MAX_LEAVES {
                return Err(InvalidVocabulary::ValueCount);
            }
            if let Some(value) = listed.replace(value) {
                return Err(InvalidVocabulary::DuplicateValue(value));
            }
        }
        if listed.is_empty() {
            return Err(InvalidVocabulary::ValueCount);
        }
        Ok(Self { label, version, values: listed })
    }

    /// The label of the values.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The values in byte order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.values.iter()
    }

    /// Returns a value as an attribute; `None` if it is not listed.
    pub fn value(&self, value: &str) -> Option<Listed> {
        self.values.get(value).map(|value| self.listed(value))
    }

    /// Returns all values except one, in byte order; `None` if that value is not listed.
    pub(super) fn others(&self, value: &str) -> Option<impl ExactSizeIterator<Item = Listed>> {
        let excluded = self.values.get(value)?;
        // Collected for the exact length, which the caller checks before it allocates.
        let others: Vec<&Name> = self.values.iter().filter(|value| *value != excluded).collect();
        Some(others.into_iter().map(|value| self.listed(value)))
    }

    fn listed(&self, value: &Name) -> Listed {
        Listed { label: self.label.clone(), version: self.version, value: value.clone() }
    }
}

/// The canonical text, as `role#3: doctor, nurse`.
impl fmt::Display for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}:", self.label, self.version)?;
        for (i, value) in self.values.iter().enumerate() {
            write!(f, "{} {value}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Parses `role#3: doctor, nurse`, with the values in any order.
impl FromStr for Vocabulary {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(text)?;
        let label = cursor.name("the label of a vocabulary")?;
        let version = cursor.version()?;
        cursor.expect(&Token::Colon)?;
        let mut values = Vec::new();
        loop {
            values.push(cursor.name("a value")?);
            if !cursor.advance_if(&Token::Comma)? {
                break;
            }
        }
        cursor.finish("',' or the end of the text")?;
        Self::new(label, version, values).map_err(ParseError::at(1))
    }
}

/// The vocabularies known to the parser of a policy, at most one per label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vocabularies(BTreeMap<Name, Vocabulary>);

impl Vocabularies {
    /// Returns the set of these vocabularies.
    ///
    /// # Errors
    /// [`InvalidVocabulary::DuplicateLabel`] if two of them have the same label.
    pub fn new(
        vocabularies: impl IntoIterator<Item = Vocabulary>,
    ) -> Result<Self, InvalidVocabulary> {
        let mut set = BTreeMap::new();
        for vocabulary in vocabularies {
            if let Some(other) = set.insert(vocabulary.label.clone(), vocabulary) {
                return Err(InvalidVocabulary::DuplicateLabel(other.label));
            }
        }
        Ok(Self(set))
    }

    /// Returns the vocabulary of a label.
    pub fn get(&self, label: &str) -> Option<&Vocabulary> {
        self.0.get(label)
    }
}
