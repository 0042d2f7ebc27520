//! Access policies: one meaning per text, and a span program for exactly that access structure.

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
