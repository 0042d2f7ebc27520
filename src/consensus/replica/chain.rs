//! The decided values, and the application that executes them.
#![forbid(unsafe_code)]

use crate::consensus::application::{FirstProposal, ProposalContext, VerifyContext};
use crate::consensus::config::Config;
use crate::consensus::gate::Candidate;
use crate::consensus::wire::{Certificate, Decision, Entry};
use crate::consensus::{
    Application, Digest, Format, MessageError, PersistError, Rejection, ReplicaId,
};
use std::sync::Arc;

/// The value type of an application.
pub(super) type ValueOf<A> = <<A as Application>::Format as Format>::Value;
/// The request type of an application.
pub(super) type RequestOf<A> = <<A as Application>::Format as Format>::Request;

/// The application with the last decision that it has executed.
#[derive(Debug, Clone)]
pub(super) struct Chain<A> {
    config: Arc<Config>,
    application: A,
    height: u64,
    parent: Digest,
    parent_certificate: Option<Certificate>,
}

impl<A: Application> Chain<A> {
    pub(super) fn new(config: Arc<Config>, application: A) -> Self {
        let (height, parent) = application.tip().unwrap_or((0, config.digest()));
        let parent_certificate = application.decision(height).map(|last| last.certificate);
        Self { config, application, height: height + 1, parent, parent_certificate }
    }

    pub(super) fn application(&self) -> &A {
        &self.application
    }

    /// The height to be decided next.
    pub(super) fn height(&self) -> u64 {
        self.height
    }

    pub(super) fn decision(&self, height: u64) -> Option<Decision> {
        self.application.decision(height)
    }

    pub(super) fn persist(&mut self, entries: &[&Entry]) -> Result<(), PersistError> {
        self.application.persist(entries)
    }

    /// Returns the value that a leader proposes for these requests at a time.
    pub(super) fn propose(
        &self,
        (leader, view): (ReplicaId, u64),
        requests: &[(&[u8], RequestOf<A>)],
        time: u64,
    ) -> Vec<u8> {
        let context = ProposalContext {
            height: self.height(),
            view,
            leader,
            parent: self.parent,
            parent_certificate: self.parent_certificate.as_ref(),
            time,
            config: &self.config,
        };
        self.application.propose(&context, requests)
    }

    /// Executes a value against the current state.
    pub(super) fn verify(
        &self,
        candidate: &mut Candidate<ValueOf<A>>,
        first: Option<FirstProposal>,
    ) -> Result<(), MessageError> {
        let (height, parent) = (self.height(), self.parent);
        let context = VerifyContext { height, parent, config: &self.config, first };
        self.application.verify(&context, &mut candidate.value).map_err(MessageError::Rejected)
    }

    pub(super) fn admit(&self, request: &RequestOf<A>) -> Result<(), Rejection> {
        self.application.admit(request)
    }

    /// Executes a decided value.
    pub(super) fn apply(&mut self, candidate: Candidate<ValueOf<A>>, decision: &Decision) {
        self.application.apply(self.height, candidate.value, decision);
        self.height += 1;
        self.parent = candidate.digest;
        self.parent_certificate = Some(decision.certificate.clone());
    }
}
