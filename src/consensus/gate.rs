//! The verification of incoming messages that does not depend on the replica's state.
//!
//! Bytes become a [`Received`] message (length, encoding, statement), and this becomes a
//! [`Verified`] one (signature, certificates, value, requests). Both steps are pure and share no
//! state with the replica but a cache of successful verifications, so worker threads perform them
//! while the replica's own steps stay sequential.
#![forbid(unsafe_code)]

mod cache;
#[cfg(test)]
mod tests;

use super::application::{Format, Price, Rejection, request_id};
use super::config::{Config, Limits};
use super::wire::{
    Body, Certificate, Ed25519, Message, NewViewProof, Phase, Scheme, SignedStatement,
    SignedViewChange, Statement, ViewChange,
};
use super::{Digest, MessageError, ReplicaId, RequestId};
use crate::algebra::{hash, tag};
pub(crate) use cache::Cache;
use cache::CachedScheme;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of requests whose verification is remembered: those of 64 full values by default.
const CACHED_REQUESTS: usize = 1 << 15;

/// The number of signatures that are remembered: those of several views of one height.
fn cached_signatures(members: usize) -> usize {
    1024 + 16 * members
}

/// A decoded message with the peer that delivered it, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub(crate) peer: ReplicaId,
    pub(crate) message: Message,
    pub(crate) statement: Statement,
    /// The positions of requests whose signatures need not be verified.
    pub(crate) inadmissible: BTreeSet<usize>,
}

impl Received {
    /// A message that was delivered by a peer.
    pub fn new(peer: ReplicaId, message: Message) -> Self {
        let statement = message.statement();
        Self { peer, message, statement, inadmissible: BTreeSet::new() }
    }

    /// The statement with its signature.
    pub(crate) fn signed(&self) -> SignedStatement {
        SignedStatement { statement: self.statement, signature: self.message.signature }
    }
}

/// A decoded value with its digest and the identifiers of its requests.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<V> {
    pub(crate) digest: Digest,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) value: V,
    pub(crate) requests: Vec<RequestId>,
}

/// The length, cost and number of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) bytes: usize,
    pub(crate) cost: u64,
    pub(crate) requests: usize,
}

impl Load {
    /// Adds a request. Returns `None` if the sum exceeds the capacity.
    pub(crate) fn with(self, length: usize, cost: u32, limits: &Limits) -> Option<Self> {
        let (bytes, cost) = (self.bytes + length, self.cost + u64::from(cost));
        let sum = Self { bytes, cost, requests: self.requests + 1 };
        let capacity = limits.capacity;
        let fits = bytes <= capacity.bytes as usize
            && cost <= u64::from(capacity.cost)
            && sum.requests <= usize::from(capacity.requests);
        fits.then_some(sum)
    }
}

/// An encoded request that fits a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PricedRequest {
    pub(crate) id: RequestId,
    pub(crate) bytes: Vec<u8>,
    pub(crate) price: Price,
}

/// The verified content of a message beside the message itself.
#[derive(Clone)]
pub(crate) enum Content<F: Format> {
    /// Everything is in the message.
    Message,
    /// The requests of a request, batch or certified batch, which have passed
    /// [`Format::verify_request`].
    Requests(Vec<(PricedRequest, F::Request)>),
    /// The value of a proposal, whose requests have passed [`Format::verify_request`], or of an
    /// answer, whose requests have not.
    Value(Box<Candidate<F::Value>>),
}

/// A message whose signature is verified, with the result of the checks of its certificates, values
/// and requests.
#[derive(Clone)]
pub struct Verified<F: Format> {
    pub(crate) received: Received,
    pub(crate) content: Result<Content<F>, MessageError>,
}

/// The state-independent checks of one replica. Clones share the cache.
#[derive(Clone)]
pub struct Gate<F> {
    config: Arc<Config>,
    scheme: Arc<dyn Scheme>,
    format: F,
    limits: Limits,
    requests: Arc<Cache>,
    signatures: Arc<Cache>,
}

impl<F: Format> Gate<F> {
    pub(crate) fn new(config: Arc<Config>, format: F) -> Self {
        let requests = Arc::new(Cache::new(CACHED_REQUESTS));
        let signatures = Arc::new(Cache::new(cached_signatures(config.size())));
        let (limits, scheme) = (config.limits(), Arc::new(Ed25519));
        Self { config, scheme, format, limits, requests, signatures }
    }

    #[cfg(feature = "sim")]
    pub(crate) fn with_scheme(self, scheme: Arc<dyn Scheme>) -> Self {
        Self { scheme, ..self }
    }

    pub(crate) fn scheme(&self) -> Arc<dyn Scheme> {
        self.scheme.clone()
    }

    /// Decodes a message from a peer.
    ///
    /// # Errors
    /// The message is longer than any message of the configuration, or does not decode.
    pub fn receive(&self, peer: ReplicaId, bytes: &[u8]) -> Result<Received, MessageError> {
        let (found, limit) = (bytes.len(), self.limits.message);
        if found > limit {
            return Err(MessageError::TooLong { found, limit });
        }
        let (message, statement) = Message::from_bytes_with_statement(bytes)?;
        Ok(Received { peer, message, statement, inadmissible: BTreeSet::new() })
    }

    fn cached_scheme(&self) -> CachedScheme<'_> {
        CachedScheme { scheme: &*self.scheme, cache: &self.signatures }
    }

    /// Verifies signature, certificates, values and requests. Cost: one verification per signature
    /// of the message, of its certificates and of its requests that this gate has not verified
    /// before.
    ///
    /// # Errors
    /// The signature is not valid. The other checks are part of the result: a proposal that fails
    /// them is still the one proposal of its leader.
    pub fn verify(&self, received: Received) -> Result<Verified<F>, MessageError> {
        self.verify_signature(&received)?;
        Ok(self.check_content(received))
    }

    /// Checks the certificates, values and requests of a message whose signature is verified.
    pub(crate) fn check_content(&self, received: Received) -> Verified<F> {
        let content = self.content(&received);
        Verified { received, content }
    }

    /// Verifies that a member of the roster signed the message.
    pub(crate) fn verify_signature(&self, received: &Received) -> Result<(), MessageError> {
        let Received { message, statement, .. } = received;
        match message.verify_with(&self.cached_scheme(), &self.config, statement) {
            true => Ok(()),
            false => Err(MessageError::Signature),
        }
    }

    fn content(&self, received: &Received) -> Result<Content<F>, MessageError> {
        match &received.message.body {
            Body::Request(request) => Ok(Content::Requests(vec![self.request(request)?])),
            Body::Batch(requests) => self.batch(requests, received),
            Body::CertifiedBatch { requests, certificate } => {
                if (certificate.phase, certificate.digest) != (Phase::Batch, batch_digest(requests))
                {
                    return Err(MessageError::CertificateMismatch);
                }
                self.certificate(certificate)?;
                self.batch(requests, received)
            }
            Body::PrePrepare { value, .. } => Ok(Content::Value(Box::new(self.candidate(value)?))),
            // Accepted only if a certificate names it: honest members have verified the signatures.
            Body::Value { value, .. } => Ok(Content::Value(Box::new(self.decode_value(value)?))),
            Body::PartialCertificate(partial) | Body::LateVotes(partial) => {
                if partial.phase == Phase::Batch || partial.group != 0 {
                    return Err(MessageError::CertificateMismatch);
                }
                partial.verify_signatures(&self.cached_scheme(), &self.config)?;
                Ok(Content::Message)
            }
            Body::Certificate(certificate) => {
                if certificate.phase == Phase::Batch {
                    return Err(MessageError::CertificateMismatch);
                }
                self.certificate(certificate)?;
                Ok(Content::Message)
            }
            Body::ViewChange { change, certificate } => {
                self.report(change, certificate.as_ref())?;
                Ok(Content::Message)
            }
            Body::NewView { height, view, proof, value } => {
                self.new_view((*height, *view), proof)?;
                Ok(Content::Value(Box::new(self.candidate(value)?)))
            }
            Body::Decisions(decisions) => {
                for decision in decisions {
                    let (phase, digest) = (decision.certificate.phase, decision.certificate.digest);
                    let candidate = self.decode_value(&decision.value)?;
                    if (phase, digest) != (Phase::Commit, candidate.digest) {
                        return Err(MessageError::CertificateMismatch);
                    }
                    self.certificate(&decision.certificate)?;
                }
                Ok(Content::Message)
            }
            Body::Vote { .. }
            | Body::BatchVote { .. }
            | Body::FetchValue { .. }
            | Body::FetchDecisions { .. }
            | Body::Status { .. } => Ok(Content::Message),
        }
    }

    /// Checks a client's request, so that the replica's own step verifies no signature.
    ///
    /// # Errors
    /// The request is too long, or does not pass the application's checks.
    pub fn verify_request(&self, request: &[u8]) -> Result<(), MessageError> {
        self.request(request).map(|_| ())
    }

    /// Decodes a request and checks its signatures.
    fn request(&self, bytes: &[u8]) -> Result<(PricedRequest, F::Request), MessageError> {
        let (request, decoded) = self.decode_request(bytes)?;
        self.verify_request_once(&request.id, &decoded)?;
        Ok((request, decoded))
    }

    /// Decodes a request and checks its length and price, but no signature.
    pub(crate) fn decode_request(
        &self,
        bytes: &[u8],
    ) -> Result<(PricedRequest, F::Request), MessageError> {
        self.check_length(bytes)?;
        let decoded = self.format.decode_request(bytes).map_err(MessageError::Rejected)?;
        let price = self.format.price(&decoded);
        let load = Load::default().with(bytes.len(), price.cost, &self.limits);
        load.ok_or(MessageError::Capacity)?;
        let request = PricedRequest { id: request_id(bytes), bytes: bytes.to_vec(), price };
        Ok((request, decoded))
    }

    /// The application's checks.
    pub(crate) fn format(&self) -> &F {
        &self.format
    }

    fn check_length(&self, request: &[u8]) -> Result<(), MessageError> {
        let (found, limit) = (request.len(), self.limits.capacity.request_bytes as usize);
        if found <= limit {
            return Ok(());
        }
        let reason = format!("the request has {found} bytes: the maximum is {limit}");
        Err(MessageError::Rejected(Rejection(reason)))
    }

    /// Verifies the signatures of a request, unless that has succeeded before.
    pub(crate) fn verify_request_once(
        &self,
        id: &RequestId,
        request: &F::Request,
    ) -> Result<(), MessageError> {
        let verify = || {
            let verified = self.format.verify_request(&self.config, request);
            verified.map_err(MessageError::Rejected)
        };
        self.requests.verify_once(*id, verify)
    }

    fn batch(&self, requests: &[Vec<u8>], received: &Received) -> Result<Content<F>, MessageError> {
        let requests = requests.iter().enumerate();
        let relevant = requests.filter(|(index, _)| !received.inadmissible.contains(index));
        let requests = relevant.map(|(_, request)| self.request(request));
        Ok(Content::Requests(requests.collect::<Result<_, _>>()?))
    }

    /// Decodes a value and verifies the signatures of its requests and its parent's certificate.
    pub(crate) fn candidate(&self, bytes: &[u8]) -> Result<Candidate<F::Value>, MessageError> {
        let candidate = self.decode_value(bytes)?;
        if let Some(certificate) = self.format.parent_certificate(&candidate.value) {
            self.certificate(certificate)?;
        }
        let requests = self.format.requests(&candidate.value);
        let mut checks = candidate.requests.iter().zip(requests);
        checks.try_for_each(|(id, (_, request))| self.verify_request_once(id, request))?;
        Ok(candidate)
    }

    /// Decodes a value and checks its length, that its requests fit the capacity, and that none
    /// is repeated. Verifies no signature.
    pub(crate) fn decode_value(&self, bytes: &[u8]) -> Result<Candidate<F::Value>, MessageError> {
        if bytes.len() > self.limits.value {
            return Err(MessageError::Capacity);
        }
        let (digest, value) = self.format.decode(bytes).map_err(MessageError::Rejected)?;
        let (mut requests, mut load) = (Vec::new(), Load::default());
        for (bytes, request) in self.format.requests(&value) {
            self.check_length(bytes)?;
            let cost = self.format.price(request).cost;
            load = load.with(bytes.len(), cost, &self.limits).ok_or(MessageError::Capacity)?;
            requests.push(request_id(bytes));
        }
        if requests.iter().collect::<BTreeSet<_>>().len() != requests.len() {
            return Err(MessageError::DuplicateRequest);
        }
        Ok(Candidate { digest, bytes: bytes.into(), value, requests })
    }

    /// Checks the certificate that a view change reports.
    fn report(
        &self,
        change: &ViewChange,
        certificate: Option<&Certificate>,
    ) -> Result<(), MessageError> {
        if certificate.map(Certificate::prepared) != change.prepared {
            return Err(MessageError::CertificateMismatch);
        }
        let Some(certificate) = certificate else { return Ok(()) };
        let fits = certificate.phase == Phase::Prepare
            && certificate.height == change.height
            && certificate.view < change.view;
        if !fits {
            return Err(MessageError::CertificateMismatch);
        }
        self.certificate(certificate)
    }

    /// Checks the view changes of a `NewView` before its value is decoded: they are those of a
    /// quorum for its view.
    fn new_view(
        &self,
        (height, view): (u64, u64),
        proof: &NewViewProof,
    ) -> Result<(), MessageError> {
        let changes = &proof.changes;
        let fits = |signed: &SignedViewChange| {
            (signed.change.height, signed.change.view) == (height, view)
        };
        let quorum = changes.len() >= self.config.quorum()
            && changes.is_sorted_by(|a, b| a.from < b.from)
            && changes.iter().all(fits);
        if !quorum || changes.len() > self.config.size() {
            return Err(MessageError::NewViewProof);
        }
        let scheme = self.cached_scheme();
        if !changes.iter().all(|signed| signed.verify(&scheme, &self.config)) {
            return Err(MessageError::Signature);
        }
        proof.certificate.as_ref().map_or(Ok(()), |certificate| self.certificate(certificate))
    }

    /// Verifies a certificate.
    pub(crate) fn certificate(&self, certificate: &Certificate) -> Result<(), MessageError> {
        Ok(certificate.verify_with(&self.cached_scheme(), &self.config)?)
    }
}

/// The digest of a batch of requests.
pub(crate) fn batch_digest(requests: &[Vec<u8>]) -> Digest {
    let parts: Vec<&[u8]> = requests.iter().map(Vec::as_slice).collect();
    hash::digest(tag::CONSENSUS_BATCH, &parts)
}
