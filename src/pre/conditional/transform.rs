//! Re-encrypting, checking a re-encryption, and opening it.
#![forbid(unsafe_code)]

use super::{Delegation, VerifiedCiphertext, VerifiedReKey, unmask};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::framed;
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, G2, Rng, Scalar, multi_pairing};
use crate::error::{DecodeError, DecryptionFailed};
use crate::pre::SecretKey;
use crate::pre::batch_verification::verdicts;
use crate::pre::schnorr::Schnorr;
use zeroize::Zeroizing;

/// A proxy's work off the wire, with the proof that it is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReEncryption {
    d1: G1,
    t: G1,
    d2: G2,
    proof: Schnorr,
}

impl Canonical for ReEncryption {
    const KIND: Kind = Kind::PreReEncryption;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.d1);
        w.g1(&self.t);
        w.g2(&self.d2);
        self.proof.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { d1: r.g1()?, t: r.g1()?, d2: r.g2()?, proof: Schnorr::read(r)? })
    }
}
public_encoding!(ReEncryption);

/// A re-encryption that was checked against its delegation and ciphertext.
#[derive(Debug, Clone)]
pub struct VerifiedReEncryption {
    d1: G1,
    d2: G2,
    rk2: G2,
    delegatee: crate::pre::PublicKey,
    source: VerifiedCiphertext,
}

/// The key covers another delegator or condition than the ciphertext's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the re-encryption key does not cover this ciphertext")]
pub struct ReKeyMismatch;

/// A re-encryption is not what its proxy should have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the re-encryption does not fit the delegation and the ciphertext")]
pub struct InvalidReEncryption;

/// ReEncrypt: `t;  D1 = C1^t;  T = g1^t;  D2 = rk1^{1/t}` and the proof of one `t`.
///
/// # Errors
/// [`ReKeyMismatch`].
pub fn reencrypt(
    rekey: &VerifiedReKey,
    ciphertext: &VerifiedCiphertext,
    rng: &mut (impl Rng + ?Sized),
) -> Result<ReEncryption, ReKeyMismatch> {
    reencrypt_with_randomness(rekey, ciphertext, &Zeroizing::new(Scalar::random(rng)), rng)
}

/// [`reencrypt`] with a given `t`, for test vectors; the proof's nonce is hedged with `rng`.
///
/// # Errors
/// [`ReKeyMismatch`].
///
/// # Panics
/// If `t` is zero.
pub fn reencrypt_with_randomness(
    rekey: &VerifiedReKey,
    ciphertext: &VerifiedCiphertext,
    t: &Scalar,
    rng: &mut (impl Rng + ?Sized),
) -> Result<ReEncryption, ReKeyMismatch> {
    covers(&rekey.delegation, ciphertext)?;
    let c1 = ciphertext.ciphertext.c1;
    let inverse = Zeroizing::new(t.inverse().expect("a random exponent is never zero"));
    let (t_point, d1, d2) = (G1::generator_mul(t), c1 * *t, *rekey.rk1.expose() * *inverse);
    let context = statement(&rekey.delegation, ciphertext, &d2);
    let (bases, images) = ([G1::generator(), c1], [t_point, d1]);
    let proof = Schnorr::prove(tag::PRE_PROOF, &bases, &images, t, &context, rng);
    Ok(ReEncryption { d1, t: t_point, d2, proof })
}

fn covers(delegation: &Delegation, ciphertext: &VerifiedCiphertext) -> Result<(), ReKeyMismatch> {
    let same = delegation.delegator == ciphertext.delegator
        && delegation.condition == ciphertext.condition;
    if same { Ok(()) } else { Err(ReKeyMismatch) }
}

/// What the proof is about, besides its points.
fn statement(delegation: &Delegation, ciphertext: &VerifiedCiphertext, d2: &G2) -> Vec<u8> {
    framed(&[
        &ciphertext.context,
        &ciphertext.ciphertext.to_bytes(),
        &delegation.delegatee.to_bytes(),
        &delegation.rk2.to_bytes(),
        &d2.to_bytes(),
    ])
}

impl ReEncryption {
    /// Checks the proof and `e(T, D2) = e(X_i, Q) e(X_j, rk2)`. Anyone can.
    ///
    /// # Errors
    /// [`InvalidReEncryption`].
    pub fn verify(
        &self,
        delegation: &Delegation,
        ciphertext: &VerifiedCiphertext,
    ) -> Result<VerifiedReEncryption, InvalidReEncryption> {
        let mut verdicts = Self::batch_verify(&[(self, delegation, ciphertext)]);
        verdicts.pop().expect("a verdict for one re-encryption")
    }

    /// [`Self::verify`] of each re-encryption against its delegation and ciphertext.
    pub fn batch_verify(
        works: &[(&Self, &Delegation, &VerifiedCiphertext)],
    ) -> Vec<Result<VerifiedReEncryption, InvalidReEncryption>> {
        let equation = |(work, delegation, _): &(&Self, &Delegation, &VerifiedCiphertext)| {
            // e(T, D2) e(X_i, Q)^-1 e(X_j, rk2)^-1 = 1
            let [own, other] = delegation.inverse();
            vec![(work.t, work.d2), own, other]
        };
        let equations: Vec<_> = works.iter().map(equation).collect();
        let judge = |(claim, holds): (&(&Self, &Delegation, &VerifiedCiphertext), bool)| {
            let (work, delegation, ciphertext) = claim;
            if holds && work.is_proven(delegation, ciphertext) {
                Ok(work.verified(delegation, ciphertext))
            } else {
                Err(InvalidReEncryption)
            }
        };
        works.iter().zip(verdicts(&equations)).map(judge).collect()
    }

    /// Whether `log T = log_{C1} D1`, said of this delegation and ciphertext.
    fn is_proven(&self, delegation: &Delegation, ciphertext: &VerifiedCiphertext) -> bool {
        let (bases, images) = ([G1::generator(), ciphertext.ciphertext.c1], [self.t, self.d1]);
        let context = statement(delegation, ciphertext, &self.d2);
        covers(delegation, ciphertext).is_ok()
            && self.proof.verify(tag::PRE_PROOF, &bases, &images, &context)
    }

    fn verified(
        &self,
        delegation: &Delegation,
        ciphertext: &VerifiedCiphertext,
    ) -> VerifiedReEncryption {
        VerifiedReEncryption {
            d1: self.d1,
            d2: self.d2,
            rk2: delegation.rk2,
            delegatee: delegation.delegatee,
            source: ciphertext.clone(),
        }
    }
}

/// Decrypts as the delegatee: `K = e(D1, D2) / e(C1, rk2^{x_j})`.
///
/// # Errors
/// [`DecryptionFailed`], also if this is not the delegatee.
pub fn open_reencrypted(
    secret: &SecretKey,
    receipt: &VerifiedReEncryption,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    if receipt.delegatee != *secret.public_key() {
        return Err(DecryptionFailed);
    }
    let VerifiedCiphertext { ciphertext, context, .. } = &receipt.source;
    let blinding = Zeroizing::new(receipt.rk2 * secret.exponent());
    let k = multi_pairing(&[(receipt.d1, receipt.d2), (-ciphertext.c1, *blinding)]);
    unmask(&k, ciphertext, context)
}
