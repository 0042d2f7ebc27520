//! What travels inside messages: decisions, and claims about a view.
#![forbid(unsafe_code)]

use super::ReplicaId;
use super::config::Config;
use super::quorum::{Certificate, Statement, Verifier};
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::algebra::{hash, tag};
use crate::error::DecodeError;
use crate::sign::Signature;

/// A value and the proof that it is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The value.
    pub value: Vec<u8>,
    /// The commit certificate; it names height, view and digest.
    pub certificate: Certificate,
}

/// "I left every view below this one; this is the highest certificate I hold."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewChange {
    /// The height in question.
    pub height: u64,
    /// The view asked for.
    pub view: u64,
    /// The highest prepare certificate of the height, if any.
    pub prepared: Option<Certificate>,
}

/// A `ViewChange` as it travels inside a `NewView`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedViewChange {
    /// Who signed it.
    pub from: ReplicaId,
    /// The signature of the message that it was.
    pub signature: Signature,
    /// What it says.
    pub change: ViewChange,
}

impl ViewChange {
    pub(super) fn statement(&self) -> Statement {
        let mut w = Writer::default();
        self.write(&mut w);
        let digest = hash::digest(tag::CONSENSUS_MESSAGE, &[&w.finish()]);
        let (height, view) = (self.height, self.view);
        Statement { layer: 2, group: 0, kind: 24, height, view, digest }
    }
    pub(super) fn write(&self, w: &mut Writer) {
        w.u64(self.height);
        w.u64(self.view);
        w.option(self.prepared.as_ref(), |w, certificate| certificate.write(w));
    }
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (height, view) = (r.u64()?, r.u64()?);
        Ok(Self { height, view, prepared: r.option(Certificate::read)? })
    }
}

impl SignedViewChange {
    pub(super) fn verify(&self, config: &Config, verifier: &dyn Verifier) -> bool {
        self.change.statement().verify(config, verifier, self.from, &self.signature)
    }
    pub(super) fn write(&self, w: &mut Writer) {
        w.u16(self.from);
        self.signature.write(w);
        self.change.write(w);
    }
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (from, signature) = (r.u16()?, Signature::read(r)?);
        Ok(Self { from, signature, change: ViewChange::read(r)? })
    }
}
