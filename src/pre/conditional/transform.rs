//! Re-encryption, its public verification, and decryption by the delegatee.
#![forbid(unsafe_code)]

use super::ciphertext::unmask;
use super::hashes::context;
use super::{Delegation, VerifiedCiphertext, VerifiedReKey};
use crate::algebra::codec::{Canonical, public_encoding, sequence};
use crate::algebra::hash::{framed, hash_to_scalar};
use crate::algebra::{G1, G2, Rng, Scalar, multi_pairing, random_bytes, tag};
use crate::error::DecryptionFailed;
use crate::pre::SecretKey;
use crate::pre::batch_verification::verify_equations;
use crate::pre::schnorr::Schnorr;
use zeroize::Zeroizing;

/// An unverified re-encryption `(D1, T, D2)` with the proof that `log T = log_{C1} D1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReEncryption {
    d1: G1,
    t: G1,
    d2: G2,
    proof: Schnorr,
}

sequence!(Canonical for ReEncryption = PreReEncryption { d1, t, d2, proof });
public_encoding!(ReEncryption);

/// A re-encryption that was verified against its delegation and ciphertext.
#[derive(Debug, Clone)]
pub struct VerifiedReEncryption {
    d1: G1,
    d2: G2,
    delegation: Delegation,
    source: VerifiedCiphertext,
}

/// The error of [`reencrypt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the re-encryption key does not cover the ciphertext's condition")]
pub struct ReKeyMismatch;

/// The error of [`ReEncryption::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the re-encryption is invalid for this delegation and ciphertext")]
pub struct InvalidReEncryption;

/// ReEncrypt: `t;  D1 = C1^t;  T = g1^t;  D2 = rk1^{1/t}`, with a proof that `log T = log_{C1} D1`.
///
/// A ciphertext of another delegator is re-encrypted as well, because its tag does not show the
/// delegator. The result decrypts to nothing.
///
/// # Errors
/// [`ReKeyMismatch`] if the key is for another condition.
pub fn reencrypt(
    rekey: &VerifiedReKey,
    ciphertext: &VerifiedCiphertext,
    rng: &mut (impl Rng + ?Sized),
) -> Result<ReEncryption, ReKeyMismatch> {
    require_coverage(&rekey.delegation, ciphertext)?;
    let c1 = ciphertext.ciphertext.c1;
    let binding = binding(&rekey.delegation, ciphertext);
    let t = Zeroizing::new(hedged_exponent(rekey.rk1.expose(), random_bytes(rng), &binding));
    let inverse = Zeroizing::new(t.inverse().expect("a hash is zero with probability 2^-255"));
    let (t_point, d1, d2) = (G1::generator_mul(&t), c1 * *t, *rekey.rk1.expose() * *inverse);
    let (bases, images) = ([G1::generator(), c1], [t_point, d1]);
    let statement = statement(binding, &d2);
    let proof = Schnorr::prove(tag::PRE_PROOF, &bases, &images, &t, &statement, rng);
    Ok(ReEncryption { d1, t: t_point, d2, proof })
}

/// `t = H(rk1, fresh, binding)`. The holder of `t` computes `rk1` from `D2`; with a weak RNG, `t`
/// stays secret, and it repeats only for the same key and ciphertext.
fn hedged_exponent(rk1: &G2, fresh: [u8; 32], binding: &[u8]) -> Scalar {
    let rk1 = Zeroizing::new(rk1.to_bytes());
    let input = Zeroizing::new(framed(&[&rk1[..], &fresh, binding]));
    hash_to_scalar(tag::PRE_REENCRYPTION, &input)
}

fn require_coverage(
    delegation: &Delegation,
    ciphertext: &VerifiedCiphertext,
) -> Result<(), ReKeyMismatch> {
    if delegation.condition == ciphertext.condition { Ok(()) } else { Err(ReKeyMismatch) }
}

/// `framed(ctx, the ciphertext, pk_j, rk2)`, the values that a re-encryption is bound to. `ctx` has
/// the delegation's delegator and condition.
fn binding(delegation: &Delegation, ciphertext: &VerifiedCiphertext) -> Vec<u8> {
    framed(&[
        &context(&delegation.delegator, &delegation.condition, &ciphertext.ad),
        &ciphertext.ciphertext.to_bytes(),
        &delegation.delegatee.to_bytes(),
        &delegation.rk2.to_bytes(),
    ])
}

/// The statement `framed(ctx, the ciphertext, pk_j, rk2, D2)` of the proof, besides its points.
fn statement(mut binding: Vec<u8>, d2: &G2) -> Vec<u8> {
    binding.extend(framed(&[&d2.to_bytes()]));
    binding
}

impl ReEncryption {
    /// Checks the proof and `e(T, D2) = e(X_i, Q) e(X_j, rk2)`.
    ///
    /// # Errors
    /// [`InvalidReEncryption`] if either check fails.
    pub fn verify(
        &self,
        delegation: &Delegation,
        ciphertext: &VerifiedCiphertext,
    ) -> Result<VerifiedReEncryption, InvalidReEncryption> {
        let mut results = Self::batch_verify(&[(self, delegation, ciphertext)]);
        results.pop().expect("a batch of one has one result")
    }

    /// Batch version of [`Self::verify`]: each re-encryption with its delegation and ciphertext.
    pub fn batch_verify(
        reencryptions: &[(&Self, &Delegation, &VerifiedCiphertext)],
    ) -> Vec<Result<VerifiedReEncryption, InvalidReEncryption>> {
        // e(T, D2) e(X_i, Q)^-1 e(X_j, rk2)^-1 = 1
        let equations: Vec<_> = (reencryptions.iter())
            .map(|(reencryption, delegation, _)| {
                let [first, second] = delegation.inverse();
                vec![(reencryption.t, reencryption.d2), first, second]
            })
            .collect();
        (reencryptions.iter().zip(verify_equations(&equations)))
            .map(|((reencryption, delegation, ciphertext), holds)| {
                if holds && reencryption.verify_proof(delegation, ciphertext) {
                    Ok(reencryption.verified(delegation, ciphertext))
                } else {
                    Err(InvalidReEncryption)
                }
            })
            .collect()
    }

    /// Returns `true` if `log T = log_{C1} D1` is proven for this delegation and ciphertext.
    fn verify_proof(&self, delegation: &Delegation, ciphertext: &VerifiedCiphertext) -> bool {
        let (bases, images) = ([G1::generator(), ciphertext.ciphertext.c1], [self.t, self.d1]);
        let statement = statement(binding(delegation, ciphertext), &self.d2);
        require_coverage(delegation, ciphertext).is_ok()
            && self.proof.verify(tag::PRE_PROOF, &bases, &images, &statement)
    }

    fn verified(
        &self,
        delegation: &Delegation,
        ciphertext: &VerifiedCiphertext,
    ) -> VerifiedReEncryption {
        VerifiedReEncryption {
            d1: self.d1,
            d2: self.d2,
            delegation: delegation.clone(),
            source: ciphertext.clone(),
        }
    }
}

/// Decrypts as the delegatee: `K = e(D1, D2) / e(C1, rk2^{x_j})`.
///
/// # Errors
/// [`DecryptionFailed`] if the key is not the delegatee's, or the ciphertext was not formed by the
/// encryption algorithm for the delegation's delegator.
pub fn open_reencrypted(
    secret: &SecretKey,
    reencryption: &VerifiedReEncryption,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let VerifiedReEncryption { d1, d2, delegation, source } = reencryption;
    if delegation.delegatee != *secret.public_key() {
        return Err(DecryptionFailed);
    }
    let VerifiedCiphertext { ciphertext, condition, ad } = source;
    let blinding = Zeroizing::new(delegation.rk2 * secret.exponent());
    let k = multi_pairing(&[(*d1, *d2), (-ciphertext.c1, *blinding)]);
    unmask(&k, ciphertext, &context(&delegation.delegator, condition, ad))
}
