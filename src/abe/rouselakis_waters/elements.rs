//! The elements of the scheme, and how they are written.
#![forbid(unsafe_code)]

use super::authority;
use crate::abe::scheme::{Elements, EncapsulationElements, KeyElements};
use crate::algebra::codec::{Reader, Writer};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use crate::policy::Attribute;
use std::collections::BTreeMap;
use zeroize::Zeroize;

/// The most bytes of an authority's name or a user's identifier.
pub(super) const MAX_NAME: usize = 256;
/// The most authorities in parameters that are read.
const MAX_AUTHORITIES: usize = 1 << 12;

/// An authority's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthorityKey {
    pub(super) z_alpha: Gt,
    pub(super) g2_y: G2,
}

/// The public keys of the authorities that one has, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(pub(super) BTreeMap<String, AuthorityKey>);

impl Parameters {
    /// The key of the authority that an attribute names.
    pub(super) fn of(&self, attribute: &Attribute) -> Option<&AuthorityKey> {
        match attribute {
            Attribute::Name(name) => self.0.get(authority(name)?),
            Attribute::Prefix(_) | Attribute::Listed(_) => None,
        }
    }
}

/// An authority's secret key: `alpha, y`, and its name.
pub struct MasterKey {
    pub(super) name: String,
    pub(super) alpha: Scalar,
    pub(super) y: Scalar,
}

/// `K_u, K'_u`, and the user's identifier.
#[derive(Clone)]
pub struct UserKey {
    pub(super) gid: String,
    /// One an attribute, in their order.
    pub(super) k: Vec<G1>,
    pub(super) k_prime: Vec<G2>,
}

/// `C1, C2, C3, C4`, each one a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    pub(super) c1: Vec<Gt>,
    pub(super) c2: Vec<G2>,
    pub(super) c3: Vec<G2>,
    pub(super) c4: Vec<G1>,
}

/// A name or identifier, which is never empty.
fn name(r: &mut Reader<'_>) -> Result<String, DecodeError> {
    let name = r.text(MAX_NAME)?;
    if name.is_empty() { Err(DecodeError::Invalid("an empty name")) } else { Ok(name) }
}

/// A name that attributes can end with.
fn authority_name(r: &mut Reader<'_>) -> Result<String, DecodeError> {
    let name = name(r)?;
    if name.contains('@') {
        return Err(DecodeError::Invalid("an authority's name has no @"));
    }
    Ok(name)
}

impl Elements for Parameters {
    fn write(&self, w: &mut Writer) {
        let keys: Vec<(&String, &AuthorityKey)> = self.0.iter().collect();
        w.list(&keys, |w, (name, key)| {
            w.bytes(name.as_bytes());
            w.gt(&key.z_alpha);
            w.g2(&key.g2_y);
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let keys = r.list(MAX_AUTHORITIES, |r| {
            Ok((authority_name(r)?, AuthorityKey { z_alpha: r.gt()?, g2_y: r.g2()? }))
        })?;
        if !keys.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::Invalid("the authorities are not strictly ascending"));
        }
        Ok(Self(keys.into_iter().collect()))
    }
}

impl Zeroize for MasterKey {
    fn zeroize(&mut self) {
        self.alpha.zeroize();
        self.y.zeroize();
    }
}

impl Elements for MasterKey {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.name.as_bytes());
        w.scalar(&self.alpha);
        w.scalar(&self.y);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { name: authority_name(r)?, alpha: r.nonzero_scalar()?, y: r.nonzero_scalar()? })
    }
}

impl Zeroize for UserKey {
    fn zeroize(&mut self) {
        self.gid.zeroize();
        self.k.zeroize();
        self.k_prime.zeroize();
    }
}

impl KeyElements for UserKey {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.gid.as_bytes());
        w.batch_g1(&self.k);
        w.batch_g2(&self.k_prime);
    }
    fn read(r: &mut Reader<'_>, attributes: usize) -> Result<Self, DecodeError> {
        let gid = name(r)?;
        Ok(Self { gid, k: r.batch_g1(attributes)?, k_prime: r.batch_g2(attributes)? })
    }
}

impl EncapsulationElements for Encapsulation {
    fn write(&self, w: &mut Writer) {
        self.c1.iter().for_each(|element| w.gt(element));
        w.batch_g2(&self.c2);
        w.batch_g2(&self.c3);
        w.batch_g1(&self.c4);
    }
    fn read(r: &mut Reader<'_>, rows: usize, _: usize) -> Result<Self, DecodeError> {
        let c1 = (0..rows).map(|_| r.gt()).collect::<Result<Vec<Gt>, _>>()?;
        Ok(Self { c1, c2: r.batch_g2(rows)?, c3: r.batch_g2(rows)?, c4: r.batch_g1(rows)? })
    }
}
