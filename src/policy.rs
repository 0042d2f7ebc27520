//! Access policies, attribute sets and monotone span programs.
//!
//! A policy is a monotone Boolean formula over attributes. Every text has exactly one meaning:
//!
//! ```text
//! doctor and (neurology or 2 of (surgery, imaging, icu))       gates
//! "Dr. Ada Ruiz" or department:neurology                       names, quoted or bare
//! age >= 18u8 and valid_until >= 2026-12-01                    numbers with a width, dates
//! age in 18..65u8                                              a range with both ends
//! role#3:doctor                                                a value of a vocabulary, version 3
//! not role:nurse                                               any other value of the vocabulary
//! ```
//!
//! `docs/policy.md` is the specification. In short:
//!
//! - `and` and `or` do not mix without parentheses: libraries disagree about `a and b or c`.
//! - A number has 8, 16 or 32 bits, and its width is part of the attribute. A comparison is the
//!   `or` of at most `2w - 2` prefixes of `w` bits ([`Comparison::cover`]); a user holds one of
//!   them or none.
//! - A user holds **one number, one date and one listed value per label** at most
//!   ([`AttributeSet`]). The comparisons of a label in one `and` are merged into one interval; an
//!   empty interval is an error.
//! - `not` is the `or` over the other values of a known vocabulary ([`AccessPolicy::parse_with`]).
//! - Text length, depth, leaves and matrix entries are limited. The parser consumes the whole
//!   input. Each policy has one canonical text: `parse(print(p)) == p`, without any vocabulary.
//!
//! **Architecture invariant.** The parser is part of the trusted computing base: a policy that is
//! read as a weaker one discloses the record. The parser rejects every text that it does not fully
//! understand, and every gate that no value of one label satisfies.
//!
//! ```
//! use epione::policy::{AccessPolicy, AttributeSet};
//! let policy = "doctor and (neurology or valid_until >= 2026-12-01)";
//! let policy: AccessPolicy = policy.parse().unwrap();
//! let set: AttributeSet = "doctor, valid_until = 2027-03-31".parse().unwrap();
//! assert!(policy.is_satisfied_by(&set));
//! assert!("doctor and neurology or icu".parse::<AccessPolicy>().is_err());
//! assert!("age >= 65 and age < 18".parse::<AccessPolicy>().is_err());
//! ```
#![forbid(unsafe_code)]

mod attribute;
mod comparison;
mod contradiction;
mod cursor;
mod date;
mod dual;
mod explain;
mod limits;
mod msp;
mod name;
mod parse;
mod set;
mod token;
mod tree;
mod user;
mod value;
mod vocabulary;

pub use attribute::{Attribute, InvalidLabel, Listed};
pub use comparison::{Comparison, InvalidComparison, Prefix, Relation};
pub use cursor::ParseError;
pub use date::{Date, InvalidDate};
pub use explain::Explanation;
pub use limits::{
    MAX_COMPONENTS, MAX_DEPTH, MAX_LEAVES, MAX_MATRIX_ENTRIES, MAX_NAME_BYTES, MAX_TEXT_BYTES,
};
pub use msp::{Row, SpanProgram};
pub use name::{InvalidName, Name};
pub use set::{AttributeSet, InvalidAttributes};
pub use tree::{InvalidPolicy, Node};
pub use user::{Number, UserAttribute};
pub use value::{Domain, Value};
pub use vocabulary::{InvalidVocabulary, Vocabularies, Vocabulary};

use std::collections::BTreeMap;
use std::fmt;

/// A monotone access policy in normal form, within the limits of this module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPolicy(Node);

impl AccessPolicy {
    /// Checks the gates and limits of a tree and normalises it: the comparisons of a label in one
    /// `and` become one interval, and an [`Attribute::Prefix`] becomes a comparison.
    ///
    /// # Errors
    /// [`InvalidPolicy`] with the violated rule.
    pub fn new(root: Node) -> Result<Self, InvalidPolicy> {
        tree::validate(root).map(Self)
    }

    /// The root of the tree.
    pub fn root(&self) -> &Node {
        &self.0
    }

    /// Returns `true` if the attribute set is authorised. Both inputs are public.
    pub fn is_satisfied_by(&self, attributes: &AttributeSet) -> bool {
        self.0.is_satisfied_by(attributes)
    }

    /// Returns the plain names, in order of the leaves.
    pub(crate) fn names(&self) -> Vec<&Name> {
        let mut names = Vec::new();
        self.0.for_each_name(&mut |name| names.push(name));
        names
    }

    /// Returns `(n, tau)` without computing the matrix: the number of rows, and the number of
    /// rows of the most frequent attribute.
    pub fn counts(&self) -> (usize, usize) {
        let mut seen = BTreeMap::new();
        self.0.for_each_row(&mut |attribute| *seen.entry(attribute).or_insert(0) += 1);
        (seen.values().sum(), seen.into_values().max().unwrap_or(0))
    }

    /// Computes the monotone span program. A threshold `k of n` has about `k n` matrix entries.
    pub fn span_program(&self) -> SpanProgram {
        SpanProgram::new(self)
    }
}

/// The canonical text; it parses to the same policy.
impl fmt::Display for AccessPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tree::Text(&self.0).fmt(f)
    }
}
