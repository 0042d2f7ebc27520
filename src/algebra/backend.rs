//! Which kernel computes a group operation.
//!
//! Everything above `algebra` sees one set of types and one set of functions. Today there is one
//! kernel, [`portable`]: arkworks alone, no C compiler, no `unsafe`. A faster kernel enters here,
//! with the portable one as its oracle, and nothing above changes.
#![forbid(unsafe_code)]

mod portable;

pub(super) use portable::*;
