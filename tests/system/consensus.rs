//! Consensus: seeded campaigns, and single transitions driven by hand-written messages.

mod admission;
mod campaigns;
mod harness;
mod messages;
mod view_change;
