//! The receiver's keys and trapdoors.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, PreparedG2, Scalar, Secret};
use crate::error::DecodeError;

/// The receiver's public key `P = g1^s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(super) G1);

impl Canonical for PublicKey {
    const KIND: Kind = Kind::PeksPublicKey;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(r.g1()?))
    }
}

/// The receiver's secret key `s`.
#[derive(Debug, Clone)]
pub struct SecretKey(pub(super) Secret<Scalar>);

impl SecretKey {
    /// Returns the public key `g1^s`.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(G1::generator_mul(self.0.expose()))
    }
}

impl Canonical for SecretKey {
    const KIND: Kind = Kind::PeksSecretKey;
    fn write(&self, w: &mut Writer) {
        w.scalar(self.0.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(Secret::new(r.nonzero_scalar()?)))
    }
}

/// The trapdoor `T_w = H(w)^s` of one keyword. Its holder can test guesses of the keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trapdoor(pub(super) G2);

impl Canonical for Trapdoor {
    const KIND: Kind = Kind::PeksTrapdoor;
    fn write(&self, w: &mut Writer) {
        w.g2(&self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(r.g2()?))
    }
}
public_encoding!(PublicKey, Trapdoor);

impl Trapdoor {
    /// Precomputes the lines of the pairing, for tests of many ciphertexts. Cost: a tenth of a
    /// pairing.
    pub fn prepare(&self) -> PreparedTrapdoor {
        PreparedTrapdoor(PreparedG2::new(&self.0))
    }
}

/// A [`Trapdoor`] with the precomputed lines of its pairing, 20 KB. Clones share the lines.
#[derive(Debug, Clone)]
pub struct PreparedTrapdoor(pub(super) PreparedG2);
