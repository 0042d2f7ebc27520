//! Ciphertext-policy attribute-based encryption: a lock that opens for a policy.
//!
//! The attribute authority runs [`setup`] once and gives each user a [`UserSecretKey`] for her
//! attributes ([`keygen`]). Anyone encrypts under an [`AccessPolicy`]; whoever holds attributes
//! that satisfy it opens. Users who do not satisfy it cannot pool their keys.
//!
//! | function | does |
//! |---|---|
//! | [`setup`], [`keygen`] | keys |
//! | [`encapsulate`], [`decapsulate`] | a 32-byte key under a policy |
//! | [`seal`], [`open`] | a plaintext under that key, with associated data |
//! | [`encapsulate_cpa`], [`decapsulate_cpa`], [`seal_cpa`], [`open_cpa`] | the same, weaker |
//!
//! A ciphertext is a header and a DEM under its key, in the context `framed(ad, header)`.
//!
//! **Schemes.** The functions are one set; which scheme runs is the type of the parameters.
//!
//! | scheme | keys by | secure against chosen | proof |
//! |---|---|---|---|
//! | [`fabeo`], the default, suite 1 | one authority | ciphertexts | adaptive; generic groups, random oracles |
//! | [`waters`], suite 2 | one authority | ciphertexts | selective; a q-type assumption, random oracle |
//! | [`pang`], suite 4 | a centre, and managers who take attributes away | plaintexts | none for the whole |
//! | [`rouselakis_waters`], suite 3 | any number that need not know of each other | plaintexts | static; a q-type assumption, random oracle |
//!
//! **Security.** [`seal`] gives security against chosen ciphertexts by the transform in [`fujisaki_okamoto`], and
//! with it that all who may open agree: a header opens with one key for all of them or for none. The
//! variants against chosen plaintexts have `cpa` in their names: whoever can have changed ciphertexts
//! opened and watch the outcome is outside their model, and a writer can make a header that opens
//! differently for two users. The authority can open everything: attribute-based encryption has
//! key escrow by design.
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

/// Why a ciphertext did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key's attributes do not satisfy the policy: public data decides this.
    #[error("the attributes of this key do not satisfy the policy")]
    PolicyNotSatisfied,
    /// Anything else.
    #[error(transparent)]
    Decryption(#[from] DecryptionFailed),
}

/// Encrypts `plaintext` for whoever satisfies `policy`; the associated data `ad` is authenticated.
///
/// Cost: [`encapsulate`] and one DEM.
pub fn seal<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext<Header<S>> {
    let (header, key) = encapsulate(parameters, policy, ad, rng);
    let body = dem::seal(&key, &context(ad, &header), plaintext);
    Ciphertext { header, body }
}

/// Decrypts with a user's key.
///
/// Cost: [`decapsulate`] and one DEM.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`], or [`OpenError::Decryption`] for all else.
pub fn open<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    ad: &[u8],
    ciphertext: &Ciphertext<Header<S>>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let content = decapsulate(parameters, key, ad, &ciphertext.header)?;
    Ok(dem::open(&content, &context(ad, &ciphertext.header), &ciphertext.body)?)
}

/// [`seal`] by [`encapsulate_cpa`].
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

/// [`seal_cpa`] for a scheme that may refuse a policy.
///
/// # Errors
/// The scheme's refusal.
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

/// [`open`] by [`decapsulate_cpa`].
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`], or [`OpenError::Decryption`] for all else.
pub fn open_cpa<S: Scheme>(
    key: &UserSecretKey<S>,
    ad: &[u8],
    ciphertext: &Ciphertext<CpaHeader<S>>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let content = decapsulate_cpa(key, &ciphertext.header)?;
    Ok(dem::open(&content, &context(ad, &ciphertext.header), &ciphertext.body)?)
}

/// A body is bound to its header and to the caller's associated data.
fn context(ad: &[u8], header: &impl Canonical) -> Vec<u8> {
    framed(&[ad, &header.to_bytes()])
}
