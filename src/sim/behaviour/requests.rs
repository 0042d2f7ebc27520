//! Batches and values with requests that must not be delivered.
#![forbid(unsafe_code)]

use super::Attack;
use crate::consensus::{Application, Body, Effect, Format, Message, ReplicaId};

impl<A: Application> Attack<'_, A> {
    /// Adds an empty request, or a request of the last value, to batches and proposals. Certified
    /// batches keep their certificate.
    pub(super) fn poison(&mut self, to: Vec<ReplicaId>, message: Message) -> Vec<Effect> {
        let delivered = self.delivered_request();
        let poison = |requests: &[Vec<u8>]| {
            let poison = [delivered.clone(), Some(Vec::new())].into_iter().flatten();
            requests.iter().cloned().chain(poison).collect::<Vec<_>>()
        };
        let body = match &message.body {
            Body::Batch(requests) => Body::Batch(poison(requests)),
            Body::CertifiedBatch { requests, certificate } => Body::CertifiedBatch {
                requests: poison(requests),
                certificate: certificate.clone(),
            },
            Body::PrePrepare { height, .. } if self.is_own(&message) => {
                Body::PrePrepare { height: *height, value: self.poisoned_value(poison) }
            }
            Body::NewView { height, view, proof, .. } if self.is_own(&message) => Body::NewView {
                height: *height,
                view: *view,
                proof: proof.clone(),
                value: self.poisoned_value(poison),
            },
            _ => return vec![Effect::Send { to, message }],
        };
        vec![self.send(to, body)]
    }

    fn poisoned_value(&self, poison: impl Fn(&[Vec<u8>]) -> Vec<Vec<u8>>) -> Vec<u8> {
        let mut requests = poison(&self.replica.pending_requests());
        // Every second poisoned value is well formed and repeats a delivered request.
        if self.now.is_multiple_of(2) && requests.len() > 1 {
            requests.pop();
        }
        let requests: Vec<&[u8]> = requests.iter().map(Vec::as_slice).collect();
        self.replica.build_value(&requests, self.now)
    }

    /// A request of the last value.
    fn delivered_request(&self) -> Option<Vec<u8>> {
        let last = self.replica.decision(self.replica.height().checked_sub(1)?)?;
        let format = self.replica.application().format();
        let (_, value) = format.decode(&last.value).ok()?;
        format.requests(&value).first().map(|(request, _)| request.to_vec())
    }
}
