//! Closed lists of values, which make `not` mean something.
//!
//! A key has components for what its holder has and none for what he lacks, so an absence cannot be
//! asked for. Where the values of a label are listed and everyone holds one, `not role:nurse` is
//! "holds another listed value". The version is part of every value's identity: a value that is added
//! later, under a new version, never opens what `not` locked before.
#![forbid(unsafe_code)]

use super::attribute::{InvalidLabel, check_label};
use super::cursor::Cursor;
use super::token::Token;
use super::{Listed, MAX_LEAVES, Name, ParseError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The values that a label can have, in one version. Public configuration.
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

/// What is no vocabulary, or no set of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVocabulary {
    /// A label that no vocabulary may have.
    #[error(transparent)]
    Label(#[from] InvalidLabel),
    /// A value twice.
    #[error("{0} is listed twice")]
    Twice(Name),
    /// No value, or more than a policy has leaves.
    #[error("a vocabulary has 1 to {MAX_LEAVES} values")]
    Values,
    /// Two vocabularies of one label.
    #[error("there are two vocabularies {0}")]
    SecondVocabulary(Name),
}

impl Vocabulary {
    /// The vocabulary of these values.
    ///
    /// # Errors
    /// [`InvalidVocabulary`].
    pub fn new(
        label: Name,
        version: u32,
        values: impl IntoIterator<Item = Name>,
    ) -> Result<Self, InvalidVocabulary> {
        check_label(&label)?;
        let mut listed = BTreeSet::new();
        for value in values {
            if listed.len() == MAX_LEAVES {
                return Err(InvalidVocabulary::Values);
            }
            if let Some(value) = listed.replace(value) {
                return Err(InvalidVocabulary::Twice(value));
            }
        }
        if listed.is_empty() {
            return Err(InvalidVocabulary::Values);
        }
        Ok(Self { label, version, values: listed })
    }

    /// What the values are values of.
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

    /// A value as an attribute; `None` if it is not listed.
    pub fn value(&self, value: &str) -> Option<Listed> {
        self.values.get(value).map(|value| self.listed(value))
    }

    /// All values but one, in byte order; `None` if that one is not listed.
    pub(super) fn others(&self, value: &str) -> Option<impl ExactSizeIterator<Item = Listed>> {
        let excluded = self.values.get(value)?;
        // Collected, because only then their number is known beforehand.
        let others: Vec<&Name> = self.values.iter().filter(|value| *value != excluded).collect();
        Some(others.into_iter().map(|value| self.listed(value)))
    }

    fn listed(&self, value: &Name) -> Listed {
        Listed { label: self.label.clone(), version: self.version, value: value.clone() }
    }
}

/// `role#3: doctor, nurse`.
impl fmt::Display for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}:", self.label, self.version)?;
        for (i, value) in self.values.iter().enumerate() {
            write!(f, "{} {value}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// As [`fmt::Display`] writes it, the values in any order.
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
        cursor.finish("',' or the end")?;
        Self::new(label, version, values).map_err(ParseError::at(1))
    }
}

/// The vocabularies at hand when a policy is read, one a label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vocabularies(BTreeMap<Name, Vocabulary>);

impl Vocabularies {
    /// The set of these.
    ///
    /// # Errors
    /// [`InvalidVocabulary::SecondVocabulary`].
    pub fn new(
        vocabularies: impl IntoIterator<Item = Vocabulary>,
    ) -> Result<Self, InvalidVocabulary> {
        let mut set = BTreeMap::new();
        for vocabulary in vocabularies {
            if let Some(other) = set.insert(vocabulary.label.clone(), vocabulary) {
                return Err(InvalidVocabulary::SecondVocabulary(other.label));
            }
        }
        Ok(Self(set))
    }

    /// The vocabulary of a label.
    pub fn of(&self, label: &str) -> Option<&Vocabulary> {
        self.0.get(label)
    }
}
