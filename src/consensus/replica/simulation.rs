//! Access for the simulator: another signature scheme, and the parts of a second proposal.
#![forbid(unsafe_code)]

use super::Replica;
use crate::consensus::{Application, Body, Message, Scheme};
use std::sync::Arc;

impl<A: Application> Replica<A> {
    /// Replaces the signature scheme.
    #[must_use]
    pub(crate) fn with_scheme(mut self, scheme: Arc<dyn Scheme>) -> Self {
        self.out.set_scheme(scheme.clone());
        self.gate = self.gate.with_scheme(scheme);
        self
    }

    /// Signs a body in this replica's name.
    pub(crate) fn sign_as(&self, body: Body) -> Message {
        self.out.sign(body)
    }

    /// Returns the value that this replica would propose for these requests at this time.
    pub(crate) fn build_value(&self, requests: &[&[u8]], time: u64) -> Vec<u8> {
        self.chain.propose((self.out.id, self.view()), requests, time)
    }

    /// The pending requests that fit into one value.
    pub(crate) fn pending_requests(&self) -> Vec<Vec<u8>> {
        let (selected, _) = self.pool.clone().select(|request| self.chain.admit(request));
        selected.iter().filter_map(|id| self.pool.get(id).map(<[u8]>::to_vec)).collect()
    }
}
