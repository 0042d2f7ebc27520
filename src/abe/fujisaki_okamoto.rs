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

#[cfg(feature = "hazmat")]
pub use derandomised::encapsulate_with_randomness;

use self::derandomised::{Derived, mask};
use super::cpa::decapsulate_element;
use super::scheme::{Coins, VerifyEncapsulation};
use super::{Header, OpenError, PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::weights;
use crate::algebra::{Gt, Rng, Secret, random_bytes, tag};
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
    let message = Secret::new(random_bytes(rng));
    derandomised::encapsulate_with_randomness(parameters, policy, ad, &message)
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
    let message = mask(shared, &header.cpa, &header.masked);
    let derived = Derived::new(parameters, header.policy(), ad, &message);
    let coins = Coins::from_seed::<S>(program, derived.seed.expose());
    let seed = [&header.to_bytes()[..], message.expose()];
    let weights = Zeroizing::new(weights(tag::ABE_WEIGHT, &seed, program.rows().len()));
    let accepted = S::verify_encapsulation(&parameters.0, program, encapsulation, &coins, &weights);
    if accepted.into() { Ok(derived.key) } else { Err(DecryptionFailed.into()) }
}

#[cfg(test)]
mod tests {
    use super::derandomised::encapsulate_with_randomness;
    use super::*;
    use crate::abe::fabeo::{self, Fabeo};
    use crate::abe::scheme::select_rows;
    use crate::abe::{CpaHeader, Scheme, waters};
    use crate::algebra::count::counted;
    use crate::algebra::{G1, Scalar};
    use crate::policy::AttributeSet;
    use rand::SeedableRng;

    /// The errors of the two rows cancel in a sum without weights.
    #[test]
    fn weights_reveal_errors_that_cancel_in_a_sum() {
        let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let (parameters, _) = fabeo::setup(rng);
        let policy: AccessPolicy = "a or b or c".parse().expect("a policy");
        let program = policy.span_program();
        let coins = Coins::random::<Fabeo>(&program, rng);
        let Ok((mut encapsulation, _)) = Fabeo::encapsulate(&parameters.0, &program, &coins);
        let check = |encapsulation: &_, weights: &[Scalar]| {
            let fabeo = Fabeo::verify_encapsulation;
            bool::from(fabeo(&parameters.0, &program, encapsulation, &coins, weights))
        };
        let (ones, hashed) = ([Scalar::ONE; 3], weights(tag::ABE_WEIGHT, &[b"header", b"m"], 3));
        assert!(check(&encapsulation, &ones) && check(&encapsulation, &hashed));
        encapsulation.ct3[0] += G1::generator();
        encapsulation.ct3[2] += -G1::generator();
        assert!(check(&encapsulation, &ones), "deliberate fault: all weights are one");
        assert!(!check(&encapsulation, &hashed));
    }

    /// Negates each element of an encapsulation in turn. The header keeps the masked message, or has
    /// one that is masked for the element that one key then decapsulates. Without the check, that
    /// key alone would accept the latter. All refusals take the same operations.
    fn refusals_are_alike<S: VerifyEncapsulation<Error = Infallible>>(
        (parameters, key): (&PublicParameters<S>, &UserSecretKey<S>),
        element_sizes: &[usize],
    ) {
        let policy: AccessPolicy = "(a and b) or (a and c)".parse().expect("a policy");
        let program = policy.span_program();
        let message = Secret::new([7; 32]);
        let (honest, _) = encapsulate_with_randomness(parameters, &policy, b"ad", &message);
        let (honest, masked) = (honest.cpa.to_bytes(), honest.masked);
        let fitted = |bytes: &[u8]| {
            let cpa =
                CpaHeader::<S>::from_bytes(bytes).expect("the negative of a point is a point");
            let selection =
                select_rows(&program, key, &cpa.encapsulation).expect("the key has a and b");
            let shared = S::decapsulate(key.elements.expose(), &selection, &cpa.encapsulation);
            let fitted = *mask(&shared, &cpa, message.expose()).expose();
            [masked, fitted].map(|masked| {
                let header = Header { cpa: cpa.clone(), masked };
                counted(|| decapsulate(parameters, key, b"ad", &header).map(drop))
            })
        };
        let [(opened, accepted), _] = fitted(&honest);
        assert_eq!(opened, Ok(()));
        let refused = (Err(DecryptionFailed.into()), accepted);
        let mut position = honest.len() - element_sizes.iter().sum::<usize>();
        for size in element_sizes {
            let mut changed = honest.clone();
            changed[position] ^= 0x20;
            for found in fitted(&changed) {
                assert_eq!(found, refused, "at {position}");
            }
            position += size;
        }
    }

    #[test]
    fn a_refusal_takes_the_same_operations_whichever_element_was_changed() {
        let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(2);
        let held: AttributeSet = "a, b".parse().expect("an attribute set");
        let (parameters, master) = fabeo::setup(rng);
        let key = fabeo::keygen(&master, &held, rng);
        let (ct1, ct2, ct3) = ([96], [96; 2], [48; 4]);
        refusals_are_alike((&parameters, &key), &[&ct1[..], &ct2, &ct3].concat());
        let (parameters, master) = waters::setup(rng);
        let key = waters::keygen(&master, &held, rng);
        let (c_prime, c, d) = ([48], [48; 4], [96; 4]);
        refusals_are_alike((&parameters, &key), &[&c_prime[..], &c, &d].concat());
    }
}
