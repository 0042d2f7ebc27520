//! Policies: the language has one meaning a text, the span program is the policy.

mod attributes;
mod comparisons;
mod explain;
mod generate;
mod language;
mod limits;
mod mutations;
mod span;
mod values;
mod vocabularies;
