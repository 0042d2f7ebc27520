//! State transfer: what others have decided, and what this replica gives them.
//!
//! PBFT brings a slow replica up to date with a stable checkpoint (Castro and Liskov 1999, section
//! 4.3). Here each decision carries its commit certificate, so any member may be asked, and a
//! faulty one costs one deadline. Ranges are fetched from several peers at once.
#![forbid(unsafe_code)]

mod budget;
mod heights;
mod window;

pub(crate) use budget::Budget;
pub(crate) use heights::Heights;
pub(crate) use window::{Fetch, Window};
