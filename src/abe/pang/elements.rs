//! The elements of the scheme and their encoding.
#![forbid(unsafe_code)]

use crate::abe::gid::read_gid;
use crate::abe::scheme::{KeyShape, PolicyShape};
use crate::algebra::codec::{Reader, ShapedCodec, Writer, sequence};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use crate::policy::{Attribute, Name};
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// The maximal number of attributes in decoded parameters.
const MAX_ATTRIBUTES: usize = 1 << 16;
/// The maximal number of epochs per attribute in a decoded key.
const MAX_EPOCHS: usize = 1 << 16;

/// The public key of an attribute, `g2^{v_x}`, with its epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EpochKey {
    pub(super) epoch: u32,
    pub(super) g2_v: G2,
}
sequence!(Codec for EpochKey { epoch, g2_v });

/// The public parameters `(g1^a, Z^beta)` and the public keys of attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    pub(super) g1_a: G1,
    pub(super) z_beta: Gt,
    pub(super) attribute_keys: BTreeMap<Name, EpochKey>,
}
sequence!(Codec for Parameters { g1_a, z_beta, attribute_keys: map(MAX_ATTRIBUTES) });

impl Parameters {
    /// Returns the public key of an attribute.
    pub(super) fn key_for(&self, attribute: &Attribute) -> Option<&EpochKey> {
        match attribute {
            Attribute::Name(name) => self.attribute_keys.get(name),
            Attribute::Prefix(_) | Attribute::Listed(_) => None,
        }
    }
}

/// The master secret key of the central authority: `a`, `beta`, and the PRF key of the users' `t`.
#[derive(Zeroize)]
pub struct MasterKey {
    pub(super) a: Scalar,
    pub(super) beta: Scalar,
    pub(super) prf_key: [u8; 32],
}
sequence!(Codec for MasterKey { a: nonzero(), beta: nonzero(), prf_key });

/// A user's key: the identifier, `D`, `D'` and `D_x`.
#[derive(Clone, Zeroize)]
pub struct UserKey {
    pub(super) gid: String,
    pub(super) d: G1,
    pub(super) d_prime: G2,
    /// For each attribute, in set order: `D_x` by epoch, ascending.
    pub(super) components: Vec<Vec<(u32, G1)>>,
}

impl UserKey {
    /// Returns `D_x` of an epoch.
    pub(super) fn component(&self, attribute: usize, epoch: u32) -> Option<&G1> {
        let held = &self.components[attribute];
        let position = held.binary_search_by_key(&epoch, |(epoch, _)| *epoch).ok()?;
        Some(&held[position].1)
    }

    /// Inserts a verified `D_x`. A component of the same epoch would be the same point. The list is
    /// copied and erased, because a reallocation would leave key material in freed memory.
    pub(super) fn insert(&mut self, attribute: usize, epoch: u32, d_x: &G1) {
        let held = &mut self.components[attribute];
        let Err(position) = held.binary_search_by_key(&epoch, |(epoch, _)| *epoch) else { return };
        let mut grown = Vec::with_capacity(held.len() + 1);
        grown.extend_from_slice(&held[..position]);
        grown.push((epoch, *d_x));
        grown.extend_from_slice(&held[position..]);
        std::mem::replace(held, grown).zeroize();
    }
}

/// An encapsulation `(C'', C_i, C'_i)`, preceded by the epoch of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    pub(super) epochs: Vec<u32>,
    pub(super) c_second: G2,
    pub(super) c: Vec<G2>,
    pub(super) c_prime: Vec<G1>,
}
sequence!(ShapedCodec<PolicyShape> for Encapsulation {
    epochs: items(rows), c_second, c: batch_g2(rows), c_prime: batch_g1(rows),
});

/// Encoding: the identifier, `D`, `D'`, the epochs of each attribute, all components.
impl ShapedCodec<KeyShape> for UserKey {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.gid.as_bytes());
        w.g1(&self.d);
        w.g2(&self.d_prime);
        for component in &self.components {
            w.list(component, |w, (epoch, _)| w.u32(*epoch));
        }
        let components = Zeroizing::new(self.components.concat());
        let points = components.iter().map(|(_, d_x)| *d_x);
        w.batch_g1(&Zeroizing::new(points.collect::<Vec<_>>()));
    }
    fn read(r: &mut Reader<'_>, KeyShape { components }: KeyShape) -> Result<Self, DecodeError> {
        let (gid, d, d_prime) = (read_gid(r)?, r.g1()?, r.g2()?);
        let mut epochs = Vec::new();
        for _ in 0..components {
            let ascending = r.list(MAX_EPOCHS, Reader::u32)?;
            if ascending.is_empty() || !ascending.is_sorted_by(|a, b| a < b) {
                return Err(DecodeError::Invalid("the epochs are not strictly ascending"));
            }
            epochs.push(ascending);
        }
        let points = Zeroizing::new(r.batch_g1(epochs.iter().map(Vec::len).sum())?);
        let mut points = points.iter().copied();
        let with_points =
            |ascending: Vec<u32>| ascending.into_iter().zip(points.by_ref()).collect();
        Ok(Self { gid, d, d_prime, components: epochs.into_iter().map(with_points).collect() })
    }
}
