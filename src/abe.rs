//! Ciphertext-policy attribute-based encryption: a lock that opens for a policy.
//!
//! The attribute authority runs [`setup`] once and gives each user a [`UserSecretKey`] for her
//! attributes ([`keygen`]). Anyone encrypts under an [`AccessPolicy`]; whoever holds attributes
//! that satisfy it opens. Users who do not satisfy it cannot pool their keys.
//!
//! **Paper.** FABEO: Riepel and Wee, *FABEO: Fast Attribute-Based Encryption with Optimal
//! Security*, ACM CCS 2022; ciphertext-policy scheme. See [`fabeo`] for equations, security and
//! cost.
//!
//! | function | does |
//! |---|---|
//! | [`setup`], [`keygen`] | keys |
//! | [`encapsulate_cpa`], [`decapsulate_cpa`] | a 32-byte key under a policy |
//! | [`seal_cpa`], [`open_cpa`] | a plaintext under that key, with associated data |
//!
//! **Security.** CPA only, and named so: whoever can have changed ciphertexts opened and watch the
//! outcome is outside the model. The DEM refuses changed bodies, but nothing here proves that a
//! header was made honestly: a writer can make one that opens differently for two users.
//!
//! ```
//! use epione::{abe, policy::{AccessPolicy, AttributeSet}};
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = abe::setup(rng);
//! let attributes = AttributeSet::from_names(["doctor", "neurology"]).unwrap();
//! let key = abe::keygen(&master, &attributes, rng);
//!
//! let policy: AccessPolicy = "doctor and (neurology or icu)".parse().unwrap();
//! let sealed = abe::seal_cpa(&parameters, &policy, b"record 7", b"content key", rng);
//! assert_eq!(&*abe::open_cpa(&key, b"record 7", &sealed).unwrap(), b"content key");
//! ```
#![forbid(unsafe_code)]

mod ciphertext;
pub mod fabeo;
mod keys;

pub use ciphertext::{Ciphertext, Header};
pub use fabeo::{decapsulate_cpa, encapsulate_cpa, keygen, setup};
pub use keys::{MasterSecretKey, PublicParameters, UserSecretKey};

use crate::algebra::Rng;
use crate::algebra::codec::Canonical;
use crate::algebra::hash::framed;
use crate::dem;
use crate::error::DecryptionFailed;
use crate::policy::AccessPolicy;
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
/// Cost: [`encapsulate_cpa`] and one DEM.
pub fn seal_cpa(
    parameters: &PublicParameters,
    policy: &AccessPolicy,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext {
    let (header, key) = encapsulate_cpa(parameters, policy, rng);
    let body = dem::seal(&key, &context(ad, &header), plaintext);
    Ciphertext { header, body }
}

/// Decrypts with a user's key.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`], or [`OpenError::Decryption`] for all else.
pub fn open_cpa(
    key: &UserSecretKey,
    ad: &[u8],
    ciphertext: &Ciphertext,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let content = decapsulate_cpa(key, &ciphertext.header)?;
    Ok(dem::open(&content, &context(ad, &ciphertext.header), &ciphertext.body)?)
}

/// A body is bound to its header and to the caller's associated data.
fn context(ad: &[u8], header: &Header) -> Vec<u8> {
    framed(&[ad, &header.to_bytes()])
}
