//! Requests on their way to a leader: the pool, and the batches of a group.
#![forbid(unsafe_code)]

mod batch;
mod pool;

pub(crate) use batch::Batches;
pub(crate) use pool::{Origin, Overdue, Pool, Refused};
