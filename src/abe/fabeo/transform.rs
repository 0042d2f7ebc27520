//! Decapsulation by a server that learns nothing.
//!
//! **Paper.** Green, Hohenberger and Waters, *Outsourcing the Decryption of ABE Ciphertexts*, USENIX
//! Security 2011: a key whose every element is raised to `1/z` gives `Z_s^{1/z}` wherever the key gives
//! `Z_s`. The server has that key and the header, the user has `z`.
//!
//! ```text
//! TransformKeys  z;  tk = (sk1^{1/z}, sk2[u]^{1/z}, sk3^{1/z})
//! Transform      T = Decaps(tk, encapsulation)
//! Retrieve       Z_s = T^z
//! ```
//!
//! `T` is the one element of GT that this crate takes off the wire in FABEO: it is checked to have order
//! `r` when it is decoded. Unchecked, an element of small order would tell the server `z` modulo that
//! order.
//!
//! **Security.** The server learns neither key nor plaintext (replayable CCA in the paper, for the
//! scheme of Waters; for FABEO it follows from the same argument, which nobody has written down). It can
//! lie. Against chosen ciphertexts the user checks the whole header ([`decapsulate_transformed`]), finds
//! every lie, and pays as much as for the check alone. Against chosen plaintexts
//! ([`decapsulate_transformed_cpa`]) he pays one exponentiation in GT and finds nothing: the DEM behind
//! it fails if the server lied.
#![forbid(unsafe_code)]

use super::{Fabeo, UserKey};
use crate::abe::scheme::{Scheme, select_rows};
use crate::abe::{
    CpaHeader, Header, OpenError, PublicParameters, UserSecretKey, cpa, fujisaki_okamoto,
};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, Gt, Rng, Scalar, Secret};
use crate::dem::ContentKey;
use crate::error::DecodeError;
use zeroize::Zeroizing;

/// What the server holds. It opens nothing by itself; it is not public either, for it tells which
/// attributes its user has.
#[derive(Debug, Clone)]
pub struct TransformKey(UserSecretKey<Fabeo>);

/// What the user keeps: `z`.
#[derive(Debug, Clone)]
pub struct RetrievalKey(Secret<Scalar>);

/// What the server answers: `Z_s^{1/z}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformedEncapsulation(Gt);

/// A pair of keys for a user's key.
///
/// Cost: an exponentiation an element.
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

/// The server's part.
///
/// Cost: the scheme's Decaps.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`].
pub fn transform(
    key: &TransformKey,
    header: &CpaHeader<Fabeo>,
) -> Result<TransformedEncapsulation, OpenError> {
    let program = header.policy.span_program();
    let selection = select_rows(&program, &key.0, &header.encapsulation)
        .ok_or(OpenError::PolicyNotSatisfied)?;
    Ok(TransformedEncapsulation(Fabeo::decapsulate(
        key.0.elements.expose(),
        &selection,
        &header.encapsulation,
    )))
}

impl RetrievalKey {
    /// `Z_s = T^z`
    fn retrieve(&self, transformed: &TransformedEncapsulation) -> Zeroizing<Gt> {
        Zeroizing::new(transformed.0.pow(self.0.expose()))
    }
}

/// The user's part: the key of a header, whatever the server is.
///
/// Cost: one exponentiation in GT and the scheme's check.
///
/// # Errors
/// [`OpenError::Decryption`] for a dishonest header or answer.
pub fn decapsulate_transformed(
    parameters: &PublicParameters<Fabeo>,
    key: &RetrievalKey,
    ad: &[u8],
    header: &Header<Fabeo>,
    transformed: &TransformedEncapsulation,
) -> Result<ContentKey, OpenError> {
    let program = header.policy().span_program();
    fujisaki_okamoto::checked(parameters, &program, ad, header, &key.retrieve(transformed))
}

/// The user's part against chosen plaintexts: any answer gives some key.
///
/// Cost: one exponentiation in GT.
pub fn decapsulate_transformed_cpa(
    key: &RetrievalKey,
    header: &CpaHeader<Fabeo>,
    transformed: &TransformedEncapsulation,
) -> ContentKey {
    cpa::key(&key.retrieve(transformed), header)
}

impl Canonical for TransformKey {
    const KIND: Kind = Kind::AbeTransformKey;
    fn write(&self, w: &mut Writer) {
        self.0.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(UserSecretKey::read(r)?))
    }
}

impl Canonical for RetrievalKey {
    const KIND: Kind = Kind::AbeRetrievalKey;
    fn write(&self, w: &mut Writer) {
        w.scalar(self.0.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(Secret::new(r.nonzero_scalar()?)))
    }
}

impl Canonical for TransformedEncapsulation {
    const KIND: Kind = Kind::AbeTransformed;
    fn write(&self, w: &mut Writer) {
        w.gt(&self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(r.gt()?))
    }
}
public_encoding!(TransformedEncapsulation);
