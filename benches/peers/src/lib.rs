//! What the comparison and the page of benchmarks share.
//!
//! | module | what it is |
//! |---|---|
//! | [`timing`] | cases, and their measurement in rounds |
//! | [`report`] | what a run found: one JSON object, or one table |
//! | [`table`] | columns of text, plain and Markdown |
//! | [`machine`] | processor, system, compiler, versions |

pub mod machine;
pub mod report;
pub mod table;
pub mod timing;
