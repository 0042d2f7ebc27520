//! Consensus: seeded campaigns, and single transitions driven by hand-written messages.

mod admission;
pub(crate) mod campaigns;
mod costs;
mod evidence;
mod harness;
mod known_failures;
mod limits;
mod liveness;
mod memory;
mod messages;
mod restore;
mod scripted;
mod stalls;
mod traces;
mod transitions;
mod view_change;
