//! User keys: the same exponent in both source groups.
#![forbid(unsafe_code)]

use super::schnorr::Schnorr;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding, sequence};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, G2, Rng, Scalar, Secret, multi_pairing};
use crate::error::DecodeError;
use crate::sign::InvalidSignature;

/// The public key `X = g1^x`, `Y = g2^x`. Decoding checks `e(X, g2) = e(g1, Y)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    pub(super) x: G1,
    pub(super) y: G2,
}

sequence!(Canonical for PublicKey = PrePublicKey { x, y } => PublicKey::check_exponents);

impl PublicKey {
    /// `e(X, g2) = e(g1, Y)`.
    fn check_exponents(self) -> Result<Self, DecodeError> {
        let pairs = [(self.x, G2::generator()), (-G1::generator(), self.y)];
        if multi_pairing(&pairs).is_identity() {
            Ok(self)
        } else {
            Err(DecodeError::Invalid("X and Y have different exponents"))
        }
    }
}

/// The secret key `x`, with its public key.
#[derive(Debug, Clone)]
pub struct SecretKey {
    x: Secret<Scalar>,
    public: PublicKey,
}

impl SecretKey {
    fn new(x: Scalar) -> Self {
        let public = PublicKey { x: G1::generator_mul(&x), y: G2::generator_mul(&x) };
        Self { x: Secret::new(x), public }
    }

    /// Returns the public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn exponent(&self) -> Scalar {
        *self.x.expose()
    }

    /// Proves possession of this key to a registration centre. The context is the subject of the
    /// certificate.
    pub fn prove_possession(
        &self,
        context: &[u8],
        rng: &mut (impl Rng + ?Sized),
    ) -> ProofOfPossession {
        ProofOfPossession(Schnorr::prove(
            tag::PRE_POSSESSION,
            &[G1::generator()],
            &[self.public.x],
            &self.exponent(),
            context,
            rng,
        ))
    }
}

impl Canonical for SecretKey {
    const KIND: Kind = Kind::PreSecretKey;
    fn write(&self, w: &mut Writer) {
        w.scalar(self.x.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(r.nonzero_scalar()?))
    }
}

/// KeyGen: `x`; `X = g1^x`, `Y = g2^x`.
pub fn keygen(rng: &mut (impl Rng + ?Sized)) -> (SecretKey, PublicKey) {
    let secret = SecretKey::new(Scalar::random(rng));
    let public = secret.public;
    (secret, public)
}

/// A proof of possession: a Schnorr proof of knowledge of a public key's exponent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOfPossession(Schnorr);

impl PublicKey {
    /// Checks a proof of possession for a context.
    ///
    /// # Errors
    /// [`InvalidSignature`] if the proof, a Schnorr signature on the context, is invalid under this
    /// key.
    pub fn verify_possession(
        &self,
        context: &[u8],
        proof: &ProofOfPossession,
    ) -> Result<(), InvalidSignature> {
        let (bases, images) = ([G1::generator()], [self.x]);
        if proof.0.verify(tag::PRE_POSSESSION, &bases, &images, context) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }
}

sequence!(Canonical for ProofOfPossession = PrePossession { 0 });
public_encoding!(PublicKey, ProofOfPossession);
