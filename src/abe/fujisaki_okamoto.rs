//! The Fujisaki-Okamoto transform from CPA to CCA security.
//!
//! # Paper
//!
//! Fujisaki and Okamoto, *Secure Integration of Asymmetric and Symmetric Encryption Schemes*,
//! J. Cryptology 26 (2013), as a transform of KEMs with explicit rejection: Hofheinz, Hövelmanns
//! and Kiltz, *A Modular Analysis of the Fujisaki-Okamoto Transformation*, TCC 2017.
//!
//! # Algorithms
//!
//! On the right-hand sides, `Encaps` and `Decaps` are those of the scheme; `Z_s` is the
//! encapsulated element.
//!
//! ```math
//! Encaps  m random;  (K, seed) = KDF(m; suite, H(parameters), policy, ad)
//!         coins[i] = H(seed || i), the sharing vector before the masks
//!         (encapsulation, Z_s) = Encaps(policy; coins)
//!         masked = m xor KDF(Z_s; policy, encapsulation)
//! Decaps  Z_s = Decaps(key, encapsulation)
//!         m = masked xor KDF(Z_s; policy, encapsulation)
//!         (K, seed) = KDF(m; suite, H(parameters), policy, ad)
//!         reject unless encapsulation = Encaps(policy; coins)
//! ```
//!
//! # Security
//!
//! CCA security in the random-oracle model, if the scheme is CPA-secure. The cited proofs treat
//! public-key encryption. We give no proof for CP-ABE with this check. Decryption is *consistent*:
//! if one authorised user accepts, the encapsulation is `Encaps(policy; coins)` for some `m`. Every
//! other authorised user computes the same `Z_s`, hence the same `m`, and accepts too. No header
//! yields two keys.
//!
//! A refusal takes the same operations whichever elements are malformed, so its time does not tell
//! if the opener used a malformed row. An early exit would: a header with one false row yields
//! another `m` to those who use the row, and the honest `m` to the others.
//!
//! # Deviations
//!
//! Decaps does not recompute the elements of the rows. The scheme compares the other elements one
//! by one and the rows in a random linear combination, with weights of 128 bits that are a hash of
//! the header and `m`. Malformed rows pass with probability at most `2^-128`, in the random-oracle
//! model. The weights are a function of the header, so every further attempt needs another header.
//!
//! # Cost
//!
//! Encaps costs the scheme's Encaps; Decaps the scheme's Decaps and check.
//!
//! # Example
//!
//! ```
//! use epione::{abe, policy::{AccessPolicy, AttributeSet}};
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = abe::setup(rng);
//! let key = abe::keygen(&master, &AttributeSet::from_names(["nurse"])?, rng);
//!
//! let policy: AccessPolicy = "nurse or doctor".parse()?;
//! let (header, content_key) = abe::encapsulate(&parameters, &policy, b"ward 3", rng);
//! assert_eq!(abe::decapsulate(&parameters, &key, b"ward 3", &header)?, content_key);
//! assert!(abe::decapsulate(&parameters, &key, b"ward 4", &header).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
mod derandomised;
#[cfg(test)]
mod tests;

#[cfg(feature = "hazmat")]
pub use derandomised::{KemMessage, encapsulate_with_randomness, seal_with_randomness};
#[cfg(not(feature = "hazmat"))]
pub(crate) use derandomised::{KemMessage, seal_with_randomness};

use self::derandomised::{Derived, mask};
use super::cpa::decapsulate_element;
use super::scheme::{Coins, VerifyEncapsulation};
use super::{Header, OpenError, PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::weights;
use crate::algebra::{Gt, Rng, Scalar, tag};
use crate::dem::ContentKey;
use crate::error::DecryptionFailed;
use crate::policy::{AccessPolicy, SpanProgram};
use std::convert::Infallible;
use zeroize::Zeroizing;

/// Encapsulates a fresh key under a policy, bound to the associated data `ad`.
///
/// Cost: the scheme's Encaps.
pub fn encapsulate<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> (Header<S>, ContentKey) {
    derandomised::encapsulate_with_randomness(parameters, policy, ad, &KemMessage::generate(rng))
}

/// Decapsulates the key of a header.
///
/// Cost: the scheme's Decaps and its check.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`] if the attributes of the key do not satisfy the policy;
/// [`OpenError::Decryption`] if the header was not produced by `encapsulate` for these parameters
/// and this associated data; no key decapsulates such a header.
pub fn decapsulate<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    ad: &[u8],
    header: &Header<S>,
) -> Result<ContentKey, OpenError> {
    let program = header.policy().span_program();
    let shared = decapsulate_element(&program, key, &header.cpa)?;
    verify_and_derive(parameters, &program, ad, header, &shared)
}

/// Verifies the header against the decapsulated element `Z_s` and returns its key.
pub(super) fn verify_and_derive<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    program: &SpanProgram,
    ad: &[u8],
    header: &Header<S>,
    shared: &Gt,
) -> Result<ContentKey, OpenError> {
    let encapsulation = &header.cpa.encapsulation;
    let message = KemMessage::from_secret(mask(shared, &header.cpa, &header.masked));
    let derived = Derived::new(parameters, header.policy(), ad, &message);
    let coins = Coins::from_seed::<S>(program, derived.seed.expose());
    let weights = check_weights(header, &message, program.rows().len());
    let accepted = S::verify_encapsulation(&parameters.0, program, encapsulation, &coins, &weights);
    if accepted.into() { Ok(derived.key) } else { Err(DecryptionFailed.into()) }
}

/// The weights of the rows in the check: a hash of the complete header and `m`.
fn check_weights<S: VerifyEncapsulation>(
    header: &Header<S>,
    message: &KemMessage,
    rows: usize,
) -> Zeroizing<Vec<Scalar>> {
    let seed = [&header.to_bytes()[..], message.expose()];
    Zeroizing::new(weights(tag::ABE_WEIGHT, &seed, rows))
}
