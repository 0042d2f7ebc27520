//! Agreement: campaigns over seeds, and single transitions with hand-written messages.

mod admission;
mod campaigns;
mod harness;
mod messages;
mod view_change;
