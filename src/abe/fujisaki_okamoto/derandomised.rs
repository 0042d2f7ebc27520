//! Encapsulation as a function of the message `m`.
#![forbid(unsafe_code)]

use crate::abe::scheme::{Coins, VerifyEncapsulation};
use crate::abe::{CpaHeader, Header, PublicParameters};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::{digest, kdf};
use crate::algebra::{Gt, Secret, tag};
use crate::dem::ContentKey;
use crate::policy::AccessPolicy;
use std::convert::Infallible;
use zeroize::Zeroizing;

/// The values derived from a message: the key, and the seed of the coins.
pub(super) struct Derived {
    pub(super) key: ContentKey,
    pub(super) seed: Secret<[u8; 32]>,
}

impl Derived {
    /// `(K, seed) = KDF(m; suite, H(parameters), policy, ad)`
    pub(super) fn new<S: VerifyEncapsulation>(
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

/// [`encapsulate`](super::encapsulate) with a given message `m`, for test vectors. `m` determines
/// the key. Requires the feature `hazmat`.
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

/// `message xor KDF(Z_s; header)`, an involution.
pub(super) fn mask<S: VerifyEncapsulation>(
    shared: &Gt,
    header: &CpaHeader<S>,
    message: &[u8; 32],
) -> Secret<[u8; 32]> {
    let shared = Zeroizing::new(shared.to_bytes());
    let mut masked = kdf(tag::ABE_MASK, &shared[..], &[&header.to_bytes()]);
    masked.expose_mut().iter_mut().zip(message).for_each(|(mask, byte)| *mask ^= byte);
    masked
}
