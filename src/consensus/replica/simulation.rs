//! Access for the simulator: another signature scheme, and the parts of a second proposal.
#![forbid(unsafe_code)]

use super::Replica;
use super::requests::admit;
use crate::consensus::{Application, Body, Format, Message, Scheme};
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

    /// Returns the value that this replica would propose for these requests at this time. Those
    /// that do not decode are left out.
    pub(crate) fn build_value(&self, requests: &[&[u8]], time: u64) -> Vec<u8> {
        let decode = |bytes: &&'_ [u8]| self.gate.format().decode_request(bytes).ok();
        let requests = requests.iter().filter_map(|bytes| Some((*bytes, decode(bytes)?)));
        let requests: Vec<_> = requests.collect();
        self.chain.propose((self.out.id, self.view()), &requests, time)
    }

    /// The pending requests that fit into one value.
    pub(crate) fn pending_requests(&self) -> Vec<Vec<u8>> {
        let admit = |bytes: &[u8]| admit(&self.gate, &self.chain, bytes);
        let (selected, _) = self.pool.clone().select(admit);
        selected.iter().filter_map(|(id, _)| self.pool.get(id).map(<[u8]>::to_vec)).collect()
    }
}
