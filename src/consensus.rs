//! Agreement.
#![forbid(unsafe_code)]

mod agreement;
mod application;
mod batch;
mod catch_up;
pub mod config;
mod distance;
mod effect;
mod election;
mod grouping;
pub mod message;
mod pool;
mod quorum;
mod replica;
mod tally;
mod tree;
mod view_change;

pub use application::{
    Application, FirstProposal, ProposalContext, Refusal, VerifyContext, request_id,
};
pub use config::{Config, ConfigError, Group, Location, Member, Parameters, Profile, Timing};
pub use distance::distance;
pub use effect::{Effect, Fault, Input, Timer};
pub use message::{Body, Decision, Message, SignedViewChange, ViewChange};
pub use quorum::{Certificate, CertificateError, Phase, Strict, Verifier, faults, quorum};
pub use replica::Replica;

/// A member's number, unique in its roster.
pub type ReplicaId = u16;
/// SHA-256.
pub type Digest = [u8; 32];
/// The digest of a request's bytes, see [`request_id`].
pub type RequestId = Digest;
