//! Who may open: attributes, access policies and their span programs.
//!
//! A policy is a monotone formula in a small language with one meaning a text:
//!
//! ```text
//! doctor and (neurology or 2 of (surgery, imaging, icu))       gates
//! "Dr. Ada Ruiz" or department:neurology                       names, quoted or bare
//! age >= 18u8 and valid_until >= 2026-12-01                    numbers of a width, dates
//! age in 18..65u8                                              both ends included
//! role#3:doctor                                                version 3 of a vocabulary
//! not role:nurse                                               another value of a vocabulary
//! ```
//!
//! `docs/policy.md` has the grammar, the meaning of each construct and what it costs. In short:
//!
//! - Mixing `and` with `or` needs parentheses: libraries disagree about what `a and b or c` means.
//! - A number is of 8, 16 or 32 bits, and its width is part of what it is. A comparison is the `or` of
//!   at most `2w - 2` prefixes of its bits ([`Comparison::cover`]), of which a holder has one.
//! - A user holds **one value under a label** ([`AttributeSet`]); comparisons of one label in one `and`
//!   are one interval, and an empty interval is an error.
//! - `not` chooses from the [`Vocabularies`] at hand ([`AccessPolicy::parse_with`]).
//! - Depth, leaves, length and matrix are limited, comparisons counted by their rows. The whole input
//!   is consumed, and printing is canonical: `parse(print(p)) == p`, without any vocabulary.
//!
//! **Architecture invariant.** The parser is part of the trusted base: a policy that silently
//! becomes weaker is a broken lock. It therefore refuses whatever it does not fully understand, and
//! what can never hold.
//!
//! ```
//! use epione::policy::{AccessPolicy, AttributeSet};
//! let policy: AccessPolicy = "doctor and (neurology or valid_until >= 2026-12-01)".parse().unwrap();
//! let set: AttributeSet = "doctor, valid_until = 2027-03-31".parse().unwrap();
//! assert!(policy.is_satisfied_by(&set));
//! assert!("doctor and neurology or icu".parse::<AccessPolicy>().is_err());
//! assert!("age >= 65 and age < 18".parse::<AccessPolicy>().is_err());
//! ```
#![forbid(unsafe_code)]

mod attribute;
mod comparison;
mod cursor;
mod date;
mod explain;
mod msp;
mod name;
mod parse;
mod relation;
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
pub use msp::{Row, SpanProgram};
pub use name::{InvalidName, Name};
pub use set::{AttributeSet, InvalidAttributes, MAX_ATTRIBUTES};
pub use tree::{InvalidPolicy, Node};
pub use user::{Number, UserAttribute};
pub use value::{Domain, Value};
pub use vocabulary::{InvalidVocabulary, Vocabularies, Vocabulary};

use std::collections::BTreeMap;
use std::fmt;

/// The most bytes of a text.
pub const MAX_LENGTH: usize = 1 << 20;
/// The most leaves of a policy, each comparison counted with its rows.
pub const MAX_LEAVES: usize = 4096;
/// The deepest nesting of a policy.
pub const MAX_DEPTH: usize = 32;

/// The most entries of a policy's span program that are not zero. A policy of a few kilobytes with
/// one large threshold would otherwise take its reader hundreds of megabytes.
pub const MAX_ENTRIES: usize = 1 << 20;

/// A monotone access policy; always within the limits above and in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPolicy(Node);

impl AccessPolicy {
    /// Checks the limits and gates of a tree and brings it into its normal form: in every `and`, the
    /// comparisons of one label become one, and a [`Attribute::Prefix`] becomes the comparison it is.
    ///
    /// # Errors
    /// [`InvalidPolicy`] with the broken rule.
    pub fn new(root: Node) -> Result<Self, InvalidPolicy> {
        tree::checked(root).map(Self)
    }

    /// The tree.
    pub fn root(&self) -> &Node {
        &self.0
    }

    /// Whether the attributes satisfy the policy. Public data only.
    pub fn is_satisfied_by(&self, attributes: &AttributeSet) -> bool {
        self.0.is_satisfied_by(attributes)
    }

    /// `n` and `tau` of the span program without its matrix: how many rows there are, and how often
    /// the most frequent attribute occurs.
    pub fn counts(&self) -> (usize, usize) {
        let mut seen = BTreeMap::new();
        self.0.each_attribute(&mut |attribute| *seen.entry(attribute).or_insert(0) += 1);
        (seen.values().sum(), seen.into_values().max().unwrap_or(0))
    }

    /// The monotone span program. A threshold gate `k of n` has about `k n` matrix entries.
    pub fn span_program(&self) -> SpanProgram {
        SpanProgram::new(self)
    }
}

/// The canonical text, which parses back to the same policy.
impl fmt::Display for AccessPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tree::Text(&self.0).fmt(f)
    }
}
