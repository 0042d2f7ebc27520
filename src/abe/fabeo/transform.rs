//! Outsourced decryption: an untrusted server computes the pairings.
//!
//! # Paper
//!
//! Green, Hohenberger and Waters, *Outsourcing the Decryption of ABE Ciphertexts*, USENIX Security
//! 2011. A key whose elements are raised to `1/z` decapsulates `Z_s^{1/z}` instead of `Z_s`. The
//! server holds this transform key, the user the retrieval key `z`.
//!
//! ```math
//! TransformKeys  z;  tk = (sk1^{1/z}, sk2[u]^{1/z}, sk3^{1/z})
//! Transform      T = Decaps(tk, encapsulation)
//! Retrieve       Z_s = T^z
//! ```
//!
//! `T` is an element of GT from an untrusted party. Decoding verifies that it has order `r`, since
//! an element of small order would reveal `z` modulo that order.
//!
//! # Security
//!
//! The server learns neither the key nor the plaintext. The paper proves replayable CCA security
//! for the scheme of Waters; the same argument applies to FABEO, but is not written down. The
//! server can return a false answer. [`decapsulate_transformed`] verifies the complete header and
//! detects it. For a false answer, [`decapsulate_transformed_cpa`] returns another key, under which
//! the DEM fails.
#![forbid(unsafe_code)]

use super::{Fabeo, UserKey};
use crate::abe::{
    CpaHeader, Header, OpenError, PublicParameters, UserSecretKey, cpa, fujisaki_okamoto,
};
use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::{G1, Gt, Rng, Scalar, Secret};
use crate::dem::ContentKey;
use zeroize::Zeroizing;

/// The transform key, held by the server. It decrypts nothing by itself, but it reveals the
/// attributes of the user.
#[derive(Debug, Clone)]
pub struct TransformKey(UserSecretKey<Fabeo>);
sequence!(Canonical for TransformKey = AbeTransformKey { 0 });

/// The retrieval key `z`, kept by the user.
#[derive(Debug, Clone)]
pub struct RetrievalKey(Secret<Scalar>);
sequence!(Canonical for RetrievalKey = AbeRetrievalKey { 0 });

/// The answer of the server, `T = Z_s^{1/z}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformedEncapsulation(Gt);
sequence!(Canonical for TransformedEncapsulation = AbeTransformed { 0 });
public_encoding!(TransformedEncapsulation);

/// Generates a transform key and its retrieval key for a user's key.
///
/// Cost: one exponentiation per element of the key.
///
/// ```
/// use epione::{abe::{self, fabeo}, policy::AttributeSet};
/// let rng = &mut rand::thread_rng();
/// let (parameters, master) = abe::setup(rng);
/// let nurse = AttributeSet::from_names(["nurse", "ward:3"])?;
/// let key = abe::keygen(&master, &nurse, rng);
/// let (transform_key, retrieval_key) = fabeo::transform_keys(&key, rng);
///
/// let policy = "nurse and ward:3".parse()?;
/// let (header, content_key) = abe::encapsulate(&parameters, &policy, b"chart", rng);
/// let answer = fabeo::transform(&transform_key, header.cpa())?; // by the server
/// let retrieved =
///     fabeo::decapsulate_transformed(&parameters, &retrieval_key, b"chart", &header, &answer)?;
/// assert_eq!(retrieved, content_key);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn transform_keys(
    key: &UserSecretKey<Fabeo>,
    rng: &mut (impl Rng + ?Sized),
) -> (TransformKey, RetrievalKey) {
    let z = Secret::new(Scalar::random(rng));
    let inverse = Zeroizing::new(z.expose().inverse().expect("a random scalar is not zero"));
    let UserKey { sk1, sk2, sk3 } = key.elements.expose();
    let elements = UserKey {
        sk1: *sk1 * *inverse,
        sk2: G1::batch_mul_by_scalar(sk2, &inverse),
        sk3: *sk3 * *inverse,
    };
    (TransformKey(UserSecretKey::new(key.attributes.clone(), elements)), RetrievalKey(z))
}

/// Transforms the encapsulation of a header, by the server.
///
/// Cost: the scheme's Decaps.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`] if the attributes of the key do not satisfy the policy.
pub fn transform(
    key: &TransformKey,
    header: &CpaHeader<Fabeo>,
) -> Result<TransformedEncapsulation, OpenError> {
    let program = header.policy.span_program();
    cpa::decapsulate_element(&program, &key.0, header).map(TransformedEncapsulation)
}

impl RetrievalKey {
    /// `Z_s = T^z`
    fn retrieve(&self, transformed: &TransformedEncapsulation) -> Zeroizing<Gt> {
        Zeroizing::new(transformed.0.pow(self.0.expose()))
    }
}

/// Decapsulates the key of a header from the server's answer, and verifies header and answer.
///
/// Cost: one exponentiation in GT and the scheme's check.
///
/// # Errors
/// [`OpenError::Decryption`] if the header was not generated honestly for these parameters and this
/// associated data, or if the answer is false.
pub fn decapsulate_transformed(
    parameters: &PublicParameters<Fabeo>,
    key: &RetrievalKey,
    ad: &[u8],
    header: &Header<Fabeo>,
    transformed: &TransformedEncapsulation,
) -> Result<ContentKey, OpenError> {
    let (program, shared) = (header.policy().span_program(), key.retrieve(transformed));
    fujisaki_okamoto::verify_and_derive(parameters, &program, ad, header, &shared)
}

/// The CPA-secure variant of [`decapsulate_transformed`]: a false answer yields another
/// key.
///
/// Cost: one exponentiation in GT.
pub fn decapsulate_transformed_cpa(
    key: &RetrievalKey,
    header: &CpaHeader<Fabeo>,
    transformed: &TransformedEncapsulation,
) -> ContentKey {
    cpa::derive_key(&key.retrieve(transformed), header)
}
