//! The view-change proof: a member's signed report for a `NewView`.
//!
//! PBFT's VIEW-CHANGE message (Castro and Liskov 1999, section 4.4) reports a stable checkpoint and
//! the prepared certificates of all sequence numbers above it. One height is in flight here, so one
//! certificate suffices. The value that it names is outside the signature: its digest binds it.
#![forbid(unsafe_code)]

use super::ReplicaId;
use super::certificate::{Certificate, Statement, Verifier};
use super::config::Config;
use crate::algebra::codec::{Codec, sequence};
use crate::algebra::{hash, tag};
use crate::sign::Signature;

/// The statement that a member no longer votes below `view`, with its prepare certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewChange {
    /// The height.
    pub height: u64,
    /// The requested view.
    pub view: u64,
    /// The prepare certificate of the highest view at this height, if the member holds one.
    pub prepared: Option<Certificate>,
}

/// A view change with its signature, as a `NewView` contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedViewChange {
    /// The signer.
    pub from: ReplicaId,
    /// The signature of the original `ViewChange` message.
    pub signature: Signature,
    /// The signed report.
    pub change: ViewChange,
}

impl ViewChange {
    pub(super) fn statement(&self) -> Statement {
        let digest = hash::digest(tag::CONSENSUS_MESSAGE, &[&self.encode()]);
        let (height, view) = (self.height, self.view);
        Statement { layer: 2, group: 0, kind: 24, height, view, digest }
    }
}
sequence!(Codec for ViewChange { height, view, prepared });

impl SignedViewChange {
    pub(super) fn verify(&self, config: &Config, verifier: &dyn Verifier) -> bool {
        self.change.statement().verify(config, verifier, self.from, &self.signature)
    }
}
sequence!(Codec for SignedViewChange { from, signature, change });
