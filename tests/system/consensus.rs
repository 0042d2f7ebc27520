//! Agreement: campaigns over seeds, and single transitions with hand-written messages.

mod admission;
mod campaigns;
mod messages;
mod table;
mod view_change;
