//! Encapsulation and sealing as functions of the message `m`.
#![forbid(unsafe_code)]

use crate::abe::scheme::{Coins, VerifyEncapsulation};
use crate::abe::{Ciphertext, CpaHeader, Header, PublicParameters, context};
use crate::algebra::codec::{Canonical, sequence};
use crate::algebra::hash::{digest, kdf};
use crate::algebra::{Gt, Rng, Secret, random_bytes, tag};
use crate::dem::{self, ContentKey};
use crate::policy::AccessPolicy;
use std::convert::Infallible;
use zeroize::Zeroizing;

/// The message `m` of one encapsulation. Secret: with public values it determines the key of the
/// header. Requires the feature `hazmat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KemMessage(Secret<[u8; 32]>);
sequence!(Codec for KemMessage { 0 });

impl KemMessage {
    /// Generates a fresh message.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self(Secret::new(random_bytes(rng)))
    }

    /// Creates a message from uniformly random bytes.
    pub fn from_secret(secret: Secret<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// Exposes the bytes.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// [`seal`](crate::abe::seal) with a given message `m`: the ciphertext is a function of the
/// arguments. Requires the feature `hazmat`.
///
/// A third party who receives `m` and the plaintext recomputes the ciphertext and compares it byte
/// for byte. Equality proves that every user authorised by `policy` opens the ciphertext to this
/// plaintext, because the scheme is correct for honestly generated `parameters` and keys. Neither
/// the consistency of a header nor its decryption by one user proves as much: the masked message
/// and the body may be malformed for all users or for some.
///
/// Whoever has `m` derives the key without attributes. `m` is sent only to those who may read the
/// plaintext, and is erased after the comparison.
///
/// `m` is drawn for *one* plaintext. The key does not depend on the plaintext, so two plaintexts
/// with equal parameters, policy, `ad` and `m` are encrypted under one key and one nonce, which
/// reveals their difference and permits forgeries. Sealing the same plaintext again yields the same
/// ciphertext and reveals nothing. The third party seals only to compare and publishes nothing, so
/// a false plaintext does not make it reuse the key.
pub fn seal_with_randomness<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    plaintext: &[u8],
    message: &KemMessage,
) -> Ciphertext<Header<S>> {
    let (header, key) = encapsulate_with_randomness(parameters, policy, ad, message);
    let body = dem::seal(&key, &context(ad, &header), plaintext);
    Ciphertext { header, body }
}

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
        message: &KemMessage,
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

/// [`encapsulate`](super::encapsulate) with a given message `m`. Requires the feature `hazmat`.
pub fn encapsulate_with_randomness<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    message: &KemMessage,
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
