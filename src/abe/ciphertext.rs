//! Headers and ciphertexts.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2};
use crate::error::DecodeError;
use crate::policy::{AccessPolicy, MAX_LENGTH};

/// The most bytes of a body; a lock's body is one content key.
const MAX_BODY: usize = 1 << 30;

/// What an encapsulation sends. Its rows always fit its policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub(super) policy: AccessPolicy,
    /// `g2^s`.
    pub(super) ct1: G2,
    /// `g2^{s'[j]}`, one an occurrence.
    pub(super) ct2: Vec<G2>,
    /// One a row.
    pub(super) ct3: Vec<G1>,
}

impl Header {
    /// The policy that opens it.
    pub fn policy(&self) -> &AccessPolicy {
        &self.policy
    }
}

/// The policy's canonical text, then `ct1`, `ct2`, `ct3`; the policy says how many of each.
impl Canonical for Header {
    const KIND: Kind = Kind::AbeHeader;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.policy.to_string().as_bytes());
        w.g2(&self.ct1);
        w.g2_each(&self.ct2);
        w.g1_each(&self.ct3);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = r.text(MAX_LENGTH)?;
        let policy: AccessPolicy =
            text.parse().map_err(|_| DecodeError::Invalid("the policy does not parse"))?;
        if policy.to_string() != text {
            return Err(DecodeError::Invalid("the policy is not in canonical form"));
        }
        // The matrix of a hostile policy is large, and counting needs none.
        let (rows, occurrences) = policy.counts();
        let ct1 = r.g2()?;
        Ok(Self { policy, ct1, ct2: r.g2_each(occurrences)?, ct3: r.g1_each(rows)? })
    }
}

/// A header and the body that its key encrypts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    pub(super) header: Header,
    pub(super) body: Vec<u8>,
}

impl Ciphertext {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }
}

impl Canonical for Ciphertext {
    const KIND: Kind = Kind::AbeCiphertext;
    fn write(&self, w: &mut Writer) {
        self.header.write(w);
        w.bytes(&self.body);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { header: Header::read(r)?, body: r.bytes(MAX_BODY)?.to_vec() })
    }
}
public_encoding!(Header, Ciphertext);
