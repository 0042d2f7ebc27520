//! The receiver's keys and trapdoors.
#![forbid(unsafe_code)]

use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::{G1, G2, PreparedG2, Scalar, Secret};

/// The receiver's public key `P = g1^s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(super) G1);

sequence!(Canonical for PublicKey = PeksPublicKey { 0 });

/// The receiver's secret key `s`.
#[derive(Debug, Clone)]
pub struct SecretKey(pub(super) Secret<Scalar>);

impl SecretKey {
    /// Returns the public key `g1^s`.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(G1::generator_mul(self.0.expose()))
    }
}

sequence!(Canonical for SecretKey = PeksSecretKey { 0 });

/// The trapdoor `T_w = H(w)^s` of one keyword. Secret: its holder can test ciphertexts, and guesses
/// of the keyword.
#[derive(Debug, Clone)]
pub struct Trapdoor(pub(super) Secret<G2>);

sequence!(Canonical for Trapdoor = PeksTrapdoor { 0 });
public_encoding!(PublicKey);

impl Trapdoor {
    /// Precomputes the line coefficients of the pairing, for tests of many ciphertexts. Cost: a
    /// tenth of a pairing.
    pub fn prepare(&self) -> PreparedTrapdoor {
        PreparedTrapdoor(PreparedG2::new(self.0.expose()))
    }
}

/// A [`Trapdoor`] as the line coefficients of its pairing, 20 KB, shared between clones and erased
/// with the last one. Secret like the trapdoor.
#[derive(Debug, Clone)]
pub struct PreparedTrapdoor(pub(super) PreparedG2);
