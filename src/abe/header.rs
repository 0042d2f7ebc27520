//! Headers and ciphertexts.
#![forbid(unsafe_code)]

use super::fabeo::Fabeo;
use super::keys::read_suite;
use super::scheme::{PolicyShape, Scheme, VerifyEncapsulation};
use crate::algebra::codec::{Canonical, Codec, Reader, ShapedCodec, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use crate::policy::AccessPolicy;
use std::fmt::Debug;

/// The maximal length of a body in bytes.
const MAX_BODY: usize = 1 << 30;

/// The header of the CPA-secure KEM: policy and encapsulation, with one row per row of the span
/// program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpaHeader<S: Scheme = Fabeo> {
    pub(super) policy: AccessPolicy,
    pub(super) encapsulation: S::Encapsulation,
}

impl<S: Scheme> CpaHeader<S> {
    /// The access policy.
    pub fn policy(&self) -> &AccessPolicy {
        &self.policy
    }
}

/// Encoding: the suite, the canonical text of the policy, the encapsulation.
impl<S: Scheme> Canonical for CpaHeader<S> {
    const KIND: Kind = Kind::AbeCpaHeader;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        Codec::write(&self.policy, w);
        self.encapsulation.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_suite::<S>(r)?;
        let policy: AccessPolicy = Codec::read(r)?;
        // Counting avoids the span program, whose matrix is large for a hostile policy.
        let (rows, occurrences) = policy.counts();
        Ok(Self { policy, encapsulation: ShapedCodec::read(r, PolicyShape { rows, occurrences })? })
    }
}

/// The header of the CCA-secure KEM: policy, encapsulation and masked message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<S: VerifyEncapsulation = Fabeo> {
    pub(super) cpa: CpaHeader<S>,
    /// The masked message `m`, from which the coins are derived.
    pub(super) masked: [u8; 32],
}

impl<S: VerifyEncapsulation> Header<S> {
    /// The policy and the encapsulation.
    pub fn cpa(&self) -> &CpaHeader<S> {
        &self.cpa
    }

    /// The access policy.
    pub fn policy(&self) -> &AccessPolicy {
        &self.cpa.policy
    }
}

/// Encoding: the fields of the [`CpaHeader`], the masked message.
impl<S: VerifyEncapsulation> Canonical for Header<S> {
    const KIND: Kind = Kind::AbeHeader;
    fn write(&self, w: &mut Writer) {
        Canonical::write(&self.cpa, w);
        w.fixed(&self.masked);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { cpa: Canonical::read(r)?, masked: r.fixed()? })
    }
}

/// A header, and the body encrypted under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext<H = Header<Fabeo>> {
    pub(super) header: H,
    pub(super) body: Vec<u8>,
}

impl<H> Ciphertext<H> {
    /// The header.
    pub fn header(&self) -> &H {
        &self.header
    }
}

/// The header of a [`Ciphertext`].
pub trait CiphertextHeader: Canonical {
    /// The kind byte of a ciphertext with this header.
    const CIPHERTEXT_KIND: Kind;
}
impl<S: Scheme> CiphertextHeader for CpaHeader<S> {
    const CIPHERTEXT_KIND: Kind = Kind::AbeCpaCiphertext;
}
impl<S: VerifyEncapsulation> CiphertextHeader for Header<S> {
    const CIPHERTEXT_KIND: Kind = Kind::AbeCiphertext;
}

/// Encoding: the fields of the header, the body.
impl<H: CiphertextHeader> Canonical for Ciphertext<H> {
    const KIND: Kind = H::CIPHERTEXT_KIND;
    fn write(&self, w: &mut Writer) {
        self.header.write(w);
        w.bytes(&self.body);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { header: H::read(r)?, body: r.bytes(MAX_BODY)?.to_vec() })
    }
}
public_encoding!(impl<S: Scheme> CpaHeader<S>);
public_encoding!(impl<S: VerifyEncapsulation> Header<S>);
public_encoding!(impl<H: CiphertextHeader> Ciphertext<H>);
