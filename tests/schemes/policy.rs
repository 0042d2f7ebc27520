//! Access policies: each text has one meaning, and its span program has that access structure.

mod attributes;
mod comparisons;
mod contradictions;
mod explain;
pub(crate) mod generate;
mod language;
mod limits;
mod mutations;
mod span;
mod values;
mod vocabularies;
