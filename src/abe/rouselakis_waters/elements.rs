//! The elements of the scheme and their encoding.
#![forbid(unsafe_code)]

use super::authority_of;
use crate::abe::gid::read_gid;
use crate::abe::scheme::{KeyShape, PolicyShape};
use crate::algebra::codec::{Codec, Reader, Writer, sequence};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use crate::policy::Attribute;
use std::collections::BTreeMap;
use zeroize::Zeroize;

/// The maximal number of authorities in decoded parameters.
const MAX_AUTHORITIES: usize = 1 << 12;

/// The public key of an authority, `(Z^alpha, g2^y)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthorityKey {
    pub(super) z_alpha: Gt,
    pub(super) g2_y: G2,
}

/// The public keys of authorities, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(pub(super) BTreeMap<String, AuthorityKey>);

impl Parameters {
    /// Returns the public key of the authority of an attribute.
    pub(super) fn key_for(&self, attribute: &Attribute) -> Option<&AuthorityKey> {
        match attribute {
            Attribute::Name(name) => self.0.get(authority_of(name)?),
            Attribute::Prefix(_) | Attribute::Listed(_) => None,
        }
    }
}

/// The master secret key of an authority: its name, `alpha` and `y`.
#[derive(Zeroize)]
pub struct MasterKey {
    pub(super) name: String,
    pub(super) alpha: Scalar,
    pub(super) y: Scalar,
}
sequence!(Codec for MasterKey { name: text_by(read_authority), alpha: nonzero(), y: nonzero() });

/// A user's key: the GID, `K_u` and `K'_u`, one of each per attribute, in set order.
#[derive(Clone, Zeroize)]
pub struct UserKey {
    pub(super) gid: String,
    pub(super) k: Vec<G1>,
    pub(super) k_prime: Vec<G2>,
}
sequence!(ShapedCodec<KeyShape> for UserKey {
    gid: text_by(read_gid), k: batch_g1(components), k_prime: batch_g2(components),
});

/// An encapsulation `(C1_i, C2_i, C3_i, C4_i)`, one element of each per row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    pub(super) c1: Vec<Gt>,
    pub(super) c2: Vec<G2>,
    pub(super) c3: Vec<G2>,
    pub(super) c4: Vec<G1>,
}
sequence!(ShapedCodec<PolicyShape> for Encapsulation {
    c1: items(rows), c2: batch_g2(rows), c3: batch_g2(rows), c4: batch_g1(rows),
});

/// Reads the name of an authority.
///
/// # Errors
/// As [`read_gid`], or [`DecodeError::Invalid`] if it contains an `@`.
fn read_authority(r: &mut Reader<'_>) -> Result<String, DecodeError> {
    let name = read_gid(r)?;
    if name.contains('@') {
        return Err(DecodeError::Invalid("the name of an authority contains an @"));
    }
    Ok(name)
}

impl Codec for Parameters {
    fn write(&self, w: &mut Writer) {
        w.map(&self.0, |w, name, key| {
            w.bytes(name.as_bytes());
            w.gt(&key.z_alpha);
            w.g2(&key.g2_y);
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let read = |r: &mut Reader<'_>| {
            Ok((read_authority(r)?, AuthorityKey { z_alpha: r.gt()?, g2_y: r.g2()? }))
        };
        r.map(MAX_AUTHORITIES, read).map(Self)
    }
}
