//! Ciphertext-policy attribute-based encryption (CP-ABE).
//!
//! The attribute authority runs [`setup`] once and issues each user a [`UserSecretKey`] for a set
//! of attributes ([`keygen`]). Anyone encrypts under an [`AccessPolicy`]; a user whose attributes
//! satisfy the policy decrypts. Keys of different users do not combine (collusion resistance).
//!
//! | function | purpose |
//! |---|---|
//! | [`setup`], [`keygen`] | public parameters and keys |
//! | [`encapsulate`], [`decapsulate`] | a 32-byte key under a policy |
//! | [`seal`], [`open`] | a plaintext under such a key, with associated data |
//! | [`encapsulate_cpa`], [`decapsulate_cpa`], [`seal_cpa`], [`open_cpa`] | the CPA-secure variants |
//!
//! # Terms
//!
//! A scheme's *encapsulation* is its list of group elements. A *header* is the policy and the
//! encapsulation ([`CpaHeader`]), with CCA security also the masked message ([`Header`]). A
//! *ciphertext* is a header and a body, the plaintext encrypted by the [`dem`] under the key of the
//! header with the context `framed(ad, header)`.
//!
//! # Schemes
//!
//! The functions are generic; the type of the parameters selects the scheme.
//!
//! | scheme | suite | keys issued by | security | proof |
//! |---|---|---|---|---|
//! | [`fabeo`], the default | 1 | one authority | CCA | CPA: adaptive, generic groups, random oracles; CCA: unproven |
//! | [`waters`] | 2 | one authority | CCA | CPA: selective, a q-type assumption, random oracle; CCA: unproven |
//! | [`rouselakis_waters`] | 3 | independent authorities | CPA | static; a q-type assumption, random oracle |
//! | [`pang`] | 4 | a central authority, and one per attribute, which revokes | CPA | none for the complete scheme |
//!
//! # Security
//!
//! [`seal`] is secure against chosen-ciphertext attacks by the transform in [`fujisaki_okamoto`].
//! The transform also makes decryption consistent: a header yields the same key for all authorised
//! users or for none. The functions named `cpa` resist chosen-plaintext attacks only. An adversary
//! who submits modified ciphertexts and observes the outcome is outside their model, and an
//! encryptor can make a header that decrypts differently for two users. The authority can decrypt
//! everything: CP-ABE with one authority has key escrow by design.
//!
//! # Example
//!
//! ```
//! use epione::{abe, policy::{AccessPolicy, AttributeSet}};
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = abe::setup(rng);
//! let attributes = AttributeSet::from_names(["doctor", "neurology"]).unwrap();
//! let key = abe::keygen(&master, &attributes, rng);
//!
//! let policy: AccessPolicy = "doctor and (neurology or icu)".parse().unwrap();
//! let sealed = abe::seal(&parameters, &policy, b"record 7", b"content key", rng);
//! let opened = abe::open(&parameters, &key, b"record 7", &sealed).unwrap();
//! assert_eq!(&*opened, b"content key");
//! ```
#![forbid(unsafe_code)]

#[cfg(test)]
mod cost;
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
mod cpa;
pub mod fabeo;
pub mod fujisaki_okamoto;
mod gid;
mod header;
mod keys;
pub mod pang;
pub mod rouselakis_waters;
mod scheme;
pub mod waters;

#[cfg(feature = "hazmat")]
pub use cpa::encapsulate_cpa_with_randomness;
pub use cpa::{decapsulate_cpa, encapsulate_cpa, try_encapsulate_cpa};
pub use fabeo::{keygen, setup};
pub(crate) use fujisaki_okamoto::{KemMessage, seal_with_randomness};
pub use fujisaki_okamoto::{decapsulate, encapsulate};
pub use header::{Ciphertext, CpaHeader, Header};
pub use keys::{MasterSecretKey, PublicParameters, UserSecretKey};
#[cfg(feature = "hazmat")]
pub use scheme::Coins;
pub use scheme::{Scheme, VerifyEncapsulation};

use crate::algebra::Rng;
use crate::algebra::codec::Canonical;
use crate::algebra::hash::framed;
use crate::dem;
use crate::error::DecryptionFailed;
use crate::policy::AccessPolicy;
use std::convert::Infallible;
use zeroize::Zeroizing;

/// The reason why a ciphertext could not be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key's attributes do not satisfy the policy. Decided from the policy and the key's
    /// attribute set, without its secret elements. In [`pang`], components of other epochs than the
    /// ciphertext's do not count.
    #[error("the attributes of this key do not satisfy the policy")]
    PolicyNotSatisfied,
    /// Any other failure. The cause is not disclosed.
    #[error(transparent)]
    Decryption(#[from] DecryptionFailed),
}

/// Encrypts `plaintext` under `policy` and authenticates the associated data `ad`.
///
/// Cost: [`encapsulate`] and one DEM encryption.
pub fn seal<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext<Header<S>> {
    seal_with_randomness(parameters, policy, ad, plaintext, &KemMessage::generate(rng))
}

/// Decrypts a ciphertext of [`seal`].
///
/// Cost: [`decapsulate`] and one DEM decryption.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`] if the attributes of the key do not satisfy the policy;
/// [`OpenError::Decryption`] for every other failure.
pub fn open<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    ad: &[u8],
    ciphertext: &Ciphertext<Header<S>>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let content = decapsulate(parameters, key, ad, &ciphertext.header)?;
    Ok(dem::open(&content, &context(ad, &ciphertext.header), &ciphertext.body)?)
}

/// The CPA-secure variant of [`seal`], by [`encapsulate_cpa`].
pub fn seal_cpa<S: Scheme<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext<CpaHeader<S>> {
    let Ok(ciphertext) = try_seal_cpa(parameters, policy, ad, plaintext, rng);
    ciphertext
}

/// [`seal_cpa`] for schemes that cannot encrypt under every policy.
///
/// # Errors
/// The error of [`try_encapsulate_cpa`].
pub fn try_seal_cpa<S: Scheme>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Result<Ciphertext<CpaHeader<S>>, S::Error> {
    let (header, key) = try_encapsulate_cpa(parameters, policy, rng)?;
    let body = dem::seal(&key, &context(ad, &header), plaintext);
    Ok(Ciphertext { header, body })
}

/// Decrypts a ciphertext of [`seal_cpa`], by [`decapsulate_cpa`].
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`] if the attributes of the key do not satisfy the policy;
/// [`OpenError::Decryption`] for every other failure.
pub fn open_cpa<S: Scheme>(
    key: &UserSecretKey<S>,
    ad: &[u8],
    ciphertext: &Ciphertext<CpaHeader<S>>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let content = decapsulate_cpa(key, &ciphertext.header)?;
    Ok(dem::open(&content, &context(ad, &ciphertext.header), &ciphertext.body)?)
}

/// Returns the DEM context of the body, `framed(ad, header)`.
fn context(ad: &[u8], header: &impl Canonical) -> Vec<u8> {
    framed(&[ad, &header.to_bytes()])
}
