//! Signed statements and the messages that carry them.
#![forbid(unsafe_code)]

mod certificate;
mod change;
mod entry;
mod evidence;
mod message;
mod scheme;
mod statement;

pub use certificate::{Certificate, CertificateError, Decision};
pub use change::{NewViewProof, Prepared, SignedViewChange, ViewChange};
pub use entry::Entry;
pub use evidence::{Evidence, EvidenceError, SignedStatement};
pub use message::{Body, Message};
pub(crate) use scheme::{Ed25519, Scheme};
pub use statement::{Phase, Statement, Vote};
