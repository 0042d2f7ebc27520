//! From security against chosen plaintexts to security against chosen ciphertexts.
//!
//! **Paper.** Fujisaki and Okamoto, *Secure Integration of Asymmetric and Symmetric Encryption
//! Schemes*, J. Cryptology 26 (2013), as a transform of KEMs (Hofheinz, Hövelmanns, Kiltz, TCC 2017)
//! with explicit rejection.
//!
//! **Algorithms.** `Encaps` and `Decaps` are the scheme's own, `Z_s` is the element they agree on.
//!
//! ```text
//! Encaps  m random;  (K, seed) = KDF(m; suite, H(parameters), policy, ad)
//!         coins = H(seed || i), the shares before the masks
//!         (encapsulation, Z_s) = Encaps(policy; coins)
//!         masked = m xor KDF(Z_s; the header without it)
//! Decaps  Z_s = Decaps(key, encapsulation);  m = masked xor KDF(Z_s; ...);  (K, seed) = KDF(m; ...)
//!         refuse unless encapsulation is what Encaps(policy; coins) gives
//! ```
//!
//! **The verdict is the same for all who may open.** If one of them accepts, the encapsulation is an honest
//! one of some `m`, so that everyone computes the same `Z_s`, hence the same `m`, and accepts.
//! Otherwise everyone refuses. No header opens differently for two users.
//!
//! **The check** is cheaper than encapsulating again: the scheme compares what has no structure as it
//! is and sums the rows with weights of 128 bits, which are a hash of header and `m`. Rows that are
//! wrong pass with probability `2^-128`; the weights are fixed by what they check, so there is nothing
//! to try again without changing it.
#![forbid(unsafe_code)]

use super::scheme::{Coins, VerifyEncapsulation, select_rows};
use super::{CpaHeader, Header, OpenError, PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::{digest, kdf, weights};
use crate::algebra::{Gt, Rng, Secret, random_bytes, tag};
use crate::dem::ContentKey;
use crate::error::DecryptionFailed;
use crate::policy::{AccessPolicy, SpanProgram};
use std::convert::Infallible;
use zeroize::Zeroizing;

/// What a message becomes: the key, and the seed of the coins.
struct Derived {
    key: ContentKey,
    seed: Secret<[u8; 32]>,
}

impl Derived {
    /// `(K, seed) = KDF(m; suite, H(parameters), policy, ad)`
    fn new<S: VerifyEncapsulation>(
        parameters: &PublicParameters<S>,
        policy: &AccessPolicy,
        ad: &[u8],
        message: &Secret<[u8; 32]>,
    ) -> Self {
        let parameters = digest(tag::ABE_PARAMETERS, &[&parameters.to_bytes()]);
        let policy = policy.to_string();
        let context = [&[S::SUITE], &parameters[..], policy.as_bytes(), ad];
        let both = kdf::<64>(tag::ABE_MESSAGE, message.expose(), &context);
        let half = |from: usize| {
            let mut bytes = Secret::new([0; 32]);
            bytes.expose_mut().copy_from_slice(&both.expose()[from..from + 32]);
            bytes
        };
        Self { key: ContentKey::from_secret(half(0)), seed: half(32) }
    }
}

/// A key for whoever satisfies the policy, bound to the associated data `ad`.
///
/// Cost: the scheme's Encaps.
pub fn encapsulate<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> (Header<S>, ContentKey) {
    encapsulate_with_randomness(parameters, policy, ad, &Secret::new(random_bytes(rng)))
}

/// [`encapsulate`] with a given message `m`, for test vectors. Whoever knows it has the key.
pub fn encapsulate_with_randomness<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    message: &Secret<[u8; 32]>,
) -> (Header<S>, ContentKey) {
    let Derived { key, seed } = Derived::new(parameters, policy, ad, message);
    let program = policy.span_program();
    let coins = Coins::from_seed::<S>(&program, seed.expose());
    let Ok((encapsulation, shared)) = S::encapsulate(&parameters.0, &program, &coins);
    let cpa = CpaHeader { policy: policy.clone(), encapsulation };
    let masked = *mask(&shared, &cpa, message.expose()).expose();
    (Header { cpa, masked }, key)
}

/// The key of a header.
///
/// Cost: the scheme's Decaps and its check.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`], or [`OpenError::Decryption`] for a header that was not made
/// honestly for these parameters and this associated data, which no key opens.
pub fn decapsulate<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    ad: &[u8],
    header: &Header<S>,
) -> Result<ContentKey, OpenError> {
    let program = header.policy().span_program();
    let selection = select_rows(&program, key, &header.cpa.encapsulation)
        .ok_or(OpenError::PolicyNotSatisfied)?;
    let shared = S::decapsulate(key.elements.expose(), &selection, &header.cpa.encapsulation);
    checked(parameters, &program, ad, header, &shared)
}

/// The key of a header whose element was found, if the header is honest.
pub(super) fn checked<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    program: &SpanProgram,
    ad: &[u8],
    header: &Header<S>,
    shared: &Gt,
) -> Result<ContentKey, OpenError> {
    let message = mask(shared, &header.cpa, &header.masked);
    let derived = Derived::new(parameters, header.policy(), ad, &message);
    let coins = Coins::from_seed::<S>(program, derived.seed.expose());
    let seed = [&header.to_bytes()[..], message.expose()];
    let weights = Zeroizing::new(weights(tag::ABE_WEIGHT, &seed, program.rows().len()));
    if S::verify_encapsulation(&parameters.0, program, &header.cpa.encapsulation, &coins, &weights)
    {
        Ok(derived.key)
    } else {
        Err(DecryptionFailed.into())
    }
}

/// `message xor KDF(Z_s; header)`, which is its own inverse.
fn mask<S: VerifyEncapsulation>(
    shared: &Gt,
    header: &CpaHeader<S>,
    message: &[u8; 32],
) -> Secret<[u8; 32]> {
    let shared = Zeroizing::new(shared.to_bytes());
    let mut masked = kdf(tag::ABE_MASK, &shared[..], &[&header.to_bytes()]);
    masked.expose_mut().iter_mut().zip(message).for_each(|(mask, byte)| *mask ^= byte);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abe::Scheme;
    use crate::abe::fabeo::{self, Fabeo};
    use crate::abe::waters;
    use crate::algebra::{G1, Scalar};
    use crate::policy::AttributeSet;
    use rand::SeedableRng;

    /// Errors in two rows that cancel in a sum without weights.
    #[test]
    fn rows_that_are_wrong_together_are_found() {
        let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let (parameters, _) = fabeo::setup(rng);
        let policy: AccessPolicy = "a or b or c".parse().expect("a policy");
        let program = policy.span_program();
        let coins = Coins::random::<Fabeo>(&program, rng);
        let Ok((mut encapsulation, _)) = Fabeo::encapsulate(&parameters.0, &program, &coins);
        let check = |encapsulation: &_, weights: &[Scalar]| {
            Fabeo::verify_encapsulation(&parameters.0, &program, encapsulation, &coins, weights)
        };
        let (ones, hashed) = ([Scalar::ONE; 3], weights(tag::ABE_WEIGHT, &[b"header", b"m"], 3));
        assert!(check(&encapsulation, &ones) && check(&encapsulation, &hashed));
        encapsulation.ct3[0] += G1::generator();
        encapsulation.ct3[2] += -G1::generator();
        assert!(check(&encapsulation, &ones), "planted: weights that are all one");
        assert!(!check(&encapsulation, &hashed));
    }

    /// Each element of an encapsulation negated in turn, under a mask that is made for what one key then finds: but
    /// for the check, that key would take the header and others would not.
    fn headers_for_one_key_are_refused<S: VerifyEncapsulation<Error = Infallible>>(
        (parameters, key): (&PublicParameters<S>, &UserSecretKey<S>),
        element_sizes: &[usize],
    ) {
        let policy: AccessPolicy = "(a and b) or (a and c)".parse().expect("a policy");
        let program = policy.span_program();
        let message = Secret::new([7; 32]);
        let (honest, _) = encapsulate_with_randomness(parameters, &policy, b"ad", &message);
        let honest = honest.cpa.to_bytes();
        let fitted = |bytes: &[u8]| {
            let cpa = CpaHeader::<S>::from_bytes(bytes).expect("a point's negative is a point");
            let selection =
                select_rows(&program, key, &cpa.encapsulation).expect("a and b are held");
            let shared = S::decapsulate(key.elements.expose(), &selection, &cpa.encapsulation);
            let masked = *mask(&shared, &cpa, message.expose()).expose();
            decapsulate(parameters, key, b"ad", &Header { cpa, masked }).map(drop)
        };
        assert_eq!(fitted(&honest), Ok(()));
        let mut position = honest.len() - element_sizes.iter().sum::<usize>();
        for size in element_sizes {
            let mut changed = honest.clone();
            changed[position] ^= 0x20;
            assert_eq!(fitted(&changed), Err(DecryptionFailed.into()), "at {position}");
            position += size;
        }
    }

    #[test]
    fn a_header_that_its_author_made_for_one_key_is_refused_by_it() {
        let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(2);
        let held: AttributeSet = "a, b".parse().expect("a set");
        let (parameters, master) = fabeo::setup(rng);
        let key = fabeo::keygen(&master, &held, rng);
        let (ct1, ct2, ct3) = ([96], [96; 2], [48; 4]);
        headers_for_one_key_are_refused((&parameters, &key), &[&ct1[..], &ct2, &ct3].concat());
        let (parameters, master) = waters::setup(rng);
        let key = waters::keygen(&master, &held, rng);
        let (c_prime, c, d) = ([48], [48; 4], [96; 4]);
        headers_for_one_key_are_refused((&parameters, &key), &[&c_prime[..], &c, &d].concat());
    }
}
