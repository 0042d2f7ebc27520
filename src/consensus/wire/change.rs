//! View changes, and the proof that a `NewView` carries.
//!
//! PBFT's VIEW-CHANGE message (Castro and Liskov 1999, section 4.4) reports a stable checkpoint and
//! the prepared certificates of all sequence numbers above it. One height is in flight here, so one
//! report suffices: view and digest of the prepare certificate. The certificate is sent alongside,
//! outside of the signed statement. A `NewView` thus contains the `Q` reports and only the highest
//! certificate among them, `O(N)` signatures instead of `O(N^2)`.
#![forbid(unsafe_code)]

use super::{Certificate, Scheme, Statement};
use crate::algebra::codec::{Codec, sequence};
use crate::algebra::{hash, tag};
use crate::consensus::config::{Config, MAX_MEMBERS};
use crate::consensus::{Digest, ReplicaId};
use crate::sign::Signature;

/// The tag of a view change among the messages.
pub(super) const VIEW_CHANGE: u8 = 24;

/// The content of a prepare certificate: a quorum accepted `digest` in `view`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prepared {
    /// The view of the PREPARE votes.
    pub view: u64,
    /// The digest of the value.
    pub digest: Digest,
}

/// The statement that a member no longer votes below `view`, with its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewChange {
    /// The height.
    pub height: u64,
    /// The requested view.
    pub view: u64,
    /// The member's prepare certificate of the highest view at this height, if it holds one.
    pub prepared: Option<Prepared>,
}

/// A view change with its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedViewChange {
    /// The signer.
    pub from: ReplicaId,
    /// The signature of the `ViewChange` message.
    pub signature: Signature,
    /// The signed report.
    pub change: ViewChange,
}

/// The view changes of a quorum, ascending by sender, and the certificate of the highest report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewViewProof {
    /// The view changes.
    pub changes: Vec<SignedViewChange>,
    /// The prepare certificate of the highest report; `None` if no view change reports one.
    pub certificate: Option<Certificate>,
}

sequence!(Codec for Prepared { view, digest });
sequence!(Codec for ViewChange { height, view, prepared });
sequence!(Codec for SignedViewChange { from, signature, change });
sequence!(Codec for NewViewProof { changes: list(MAX_MEMBERS), certificate });

impl ViewChange {
    pub(super) fn statement(&self) -> Statement {
        let digest = hash::digest(tag::CONSENSUS_MESSAGE, &[&self.encode()]);
        let (height, view) = (self.height, self.view);
        Statement { layer: 2, group: 0, kind: VIEW_CHANGE, height, view, digest }
    }
}

impl SignedViewChange {
    pub(crate) fn verify(&self, scheme: &dyn Scheme, config: &Config) -> bool {
        self.change.statement().verify(scheme, config, self.from, &self.signature)
    }
}
