//! The reasons for the division of a record.
#![forbid(unsafe_code)]

use super::Class;
use std::collections::BTreeMap;
use std::fmt;

/// A rule that determined the class of a resource, or separated an element from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The resource type.
    Type,
    /// A security label: `system|code`.
    Label(String),
    /// An unknown or incomplete security label, which restricts the resource.
    UnknownLabel(String),
    /// Announced labels of elements, none of which occurs. The resource is restricted.
    MissingInlineLabel,
    /// A clinical code of this sensitivity category, which restricts the resource.
    SensitiveCode(String),
    /// A diagnosis, reason, treatment or clinical code. The resource is at least clinical.
    ClinicalContent,
    /// Contradictory duplicate keys, which restrict the resource.
    Ambiguous,
    /// A nested resource that restricts the resource.
    RestrictedContent,
    /// An element that identifies a person, in the identity section.
    Identifying,
    /// A narrative or attachment, in the narrative section.
    Narrative,
    /// A file that is not JSON, which is one document.
    NotJson,
    /// JSON without a resource type of FHIR, which is a document.
    NotFhir,
    /// Rules and paths beyond the limit of distinct findings.
    Other,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => f.write_str("resource type"),
            Self::Label(label) => write!(f, "label {label}"),
            Self::UnknownLabel(label) => write!(f, "unknown label {label}"),
            Self::MissingInlineLabel => f.write_str("inline labels announced, none found"),
            Self::SensitiveCode(category) => write!(f, "code of category {category}"),
            Self::ClinicalContent => f.write_str("clinical content"),
            Self::Ambiguous => f.write_str("contradictory duplicate keys"),
            Self::RestrictedContent => f.write_str("restricted content"),
            Self::Identifying => f.write_str("identifying element"),
            Self::Narrative => f.write_str("narrative or attachment"),
            Self::NotJson => f.write_str("not JSON"),
            Self::NotFhir => f.write_str("JSON without a FHIR resource type"),
            Self::Other => f.write_str("other rules"),
        }
    }
}

/// A rule with the path of the element that it applied to. Lists add nothing to a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The class of the section that contains the resource or element.
    pub class: Class,
    /// The rule.
    pub rule: Rule,
    /// The path, such as `Claim.diagnosis`; the resource type for [`Rule::Type`]. Empty if the rule
    /// applied to the whole file.
    pub path: String,
}

/// Counted findings; a bounded number of distinct ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings(BTreeMap<Finding, u64>);

impl Findings {
    /// Maximum number of distinct findings, apart from one per class for the rest.
    const MAX: usize = 1 << 10;

    pub(super) fn add(&mut self, mut finding: Finding, count: u64) {
        if self.0.len() >= Self::MAX && !self.0.contains_key(&finding) {
            finding = Finding { rule: Rule::Other, path: String::new(), ..finding };
        }
        *self.0.entry(finding).or_default() += count;
    }

    /// Adds all findings of another list after a change.
    pub(super) fn extend(&mut self, other: Self, change: impl Fn(Finding) -> Finding) {
        if self.0.is_empty() && other.0.is_empty() {
            return;
        }
        other.0.into_iter().for_each(|(finding, count)| self.add(change(finding), count));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&Finding, u64)> {
        self.0.iter().map(|(finding, count)| (finding, *count))
    }
}
