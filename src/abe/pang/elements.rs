//! The elements of the scheme, and how they are written.
#![forbid(unsafe_code)]

use crate::abe::scheme::{Elements, EncapsulationElements, KeyElements};
use crate::algebra::codec::{Reader, Writer};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use crate::policy::{Attribute, Name};
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// The most bytes of a user's identifier.
pub(super) const MAX_NAME: usize = 256;
/// The most attributes with a manager in parameters that are read.
const MAX_MANAGERS: usize = 1 << 16;
/// The most epochs of one attribute in a key that is read.
const MAX_EPOCHS: usize = 1 << 16;

/// A manager's public key in one epoch: `g2^{v_x}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Epoch {
    pub(super) epoch: u32,
    pub(super) g2_v: G2,
}

/// `g1^a, Z^beta`, and the managers' keys that one has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    pub(super) g1_a: G1,
    pub(super) z_beta: Gt,
    pub(super) managers: BTreeMap<Name, Epoch>,
}

impl Parameters {
    /// The key of an attribute's manager.
    pub(super) fn of(&self, attribute: &Attribute) -> Option<&Epoch> {
        match attribute {
            Attribute::Name(name) => self.managers.get(name),
            Attribute::Prefix(_) | Attribute::Listed(_) => None,
        }
    }
}

/// `a, beta`, and the key of everyone's `t`.
pub struct MasterKey {
    pub(super) a: Scalar,
    pub(super) beta: Scalar,
    pub(super) users: [u8; 32],
}

/// `D, D', D_x`, and the user's identifier.
#[derive(Clone)]
pub struct UserKey {
    pub(super) gid: String,
    pub(super) d: G1,
    pub(super) d_prime: G2,
    /// For each attribute in their order: `D_x` by epoch, ascending.
    pub(super) components: Vec<Vec<(u32, G1)>>,
}

impl UserKey {
    /// `D_x` of an epoch.
    pub(super) fn component(&self, attribute: usize, epoch: u32) -> Option<&G1> {
        let held = &self.components[attribute];
        let place = held.binary_search_by_key(&epoch, |(epoch, _)| *epoch).ok()?;
        Some(&held[place].1)
    }

    /// Takes `D_x` of an epoch; what the epoch had is the same point, both having been checked. A list that
    /// grows leaves its old memory behind, so it is copied and erased.
    pub(super) fn hold(&mut self, attribute: usize, epoch: u32, d_x: &G1) {
        let held = &mut self.components[attribute];
        let Err(place) = held.binary_search_by_key(&epoch, |(epoch, _)| *epoch) else { return };
        let mut grown = Vec::with_capacity(held.len() + 1);
        grown.extend_from_slice(&held[..place]);
        grown.push((epoch, *d_x));
        grown.extend_from_slice(&held[place..]);
        held.iter_mut().for_each(|(_, point)| point.zeroize());
        *held = grown;
    }
}

/// `C'', C, C'`, and the epoch of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    pub(super) epochs: Vec<u32>,
    pub(super) c_second: G2,
    pub(super) c: Vec<G2>,
    pub(super) c_prime: Vec<G1>,
}

impl Elements for Parameters {
    fn write(&self, w: &mut Writer) {
        w.g1(&self.g1_a);
        w.gt(&self.z_beta);
        let managers: Vec<(&Name, &Epoch)> = self.managers.iter().collect();
        w.list(&managers, |w, (attribute, key)| {
            w.bytes(attribute.as_str().as_bytes());
            w.u32(key.epoch);
            w.g2(&key.g2_v);
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (g1_a, z_beta) = (r.g1()?, r.gt()?);
        let managers = r.list(MAX_MANAGERS, |r| {
            Ok((read_name(r)?, Epoch { epoch: r.u32()?, g2_v: r.g2()? }))
        })?;
        if !managers.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::Invalid("the attributes are not strictly ascending"));
        }
        Ok(Self { g1_a, z_beta, managers: managers.into_iter().collect() })
    }
}

/// A user's identifier.
pub(super) fn read_gid(r: &mut Reader<'_>) -> Result<String, DecodeError> {
    let gid = r.text(MAX_NAME)?;
    if gid.is_empty() { Err(DecodeError::Invalid("an empty identifier")) } else { Ok(gid) }
}

pub(super) fn read_name(r: &mut Reader<'_>) -> Result<Name, DecodeError> {
    let name = r.text(Name::MAX_BYTES)?;
    Name::new(name).map_err(|_| DecodeError::Invalid("not an attribute's name"))
}

impl Zeroize for MasterKey {
    fn zeroize(&mut self) {
        self.a.zeroize();
        self.beta.zeroize();
        self.users.zeroize();
    }
}

impl Elements for MasterKey {
    fn write(&self, w: &mut Writer) {
        w.scalar(&self.a);
        w.scalar(&self.beta);
        w.fixed(&self.users);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { a: r.nonzero_scalar()?, beta: r.nonzero_scalar()?, users: r.fixed()? })
    }
}

impl Zeroize for UserKey {
    fn zeroize(&mut self) {
        self.gid.zeroize();
        self.d.zeroize();
        self.d_prime.zeroize();
        self.components.iter_mut().flatten().for_each(|(_, point)| point.zeroize());
    }
}

/// The identifier, `D, D'`, the epochs of each attribute, then the components.
impl KeyElements for UserKey {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.gid.as_bytes());
        w.g1(&self.d);
        w.g2(&self.d_prime);
        for component in &self.components {
            w.list(component, |w, (epoch, _)| w.u32(*epoch));
        }
        let points = self.components.iter().flatten().map(|(_, point)| *point);
        w.batch_g1(&Zeroizing::new(points.collect::<Vec<_>>()));
    }
    fn read(r: &mut Reader<'_>, attributes: usize) -> Result<Self, DecodeError> {
        let (gid, d, d_prime) = (read_gid(r)?, r.g1()?, r.g2()?);
        let mut epochs = Vec::new();
        for _ in 0..attributes {
            let of_one = r.list(MAX_EPOCHS, Reader::u32)?;
            if of_one.is_empty() || !of_one.is_sorted_by(|a, b| a < b) {
                return Err(DecodeError::Invalid("the epochs are not strictly ascending"));
            }
            epochs.push(of_one);
        }
        let points = Zeroizing::new(r.batch_g1(epochs.iter().map(Vec::len).sum())?);
        let mut points = points.iter().copied();
        let with_points = |of_one: Vec<u32>| of_one.into_iter().zip(points.by_ref()).collect();
        Ok(Self { gid, d, d_prime, components: epochs.into_iter().map(with_points).collect() })
    }
}

/// The rows' epochs, then `C'', C, C'`.
impl EncapsulationElements for Encapsulation {
    fn write(&self, w: &mut Writer) {
        self.epochs.iter().for_each(|epoch| w.u32(*epoch));
        w.g2(&self.c_second);
        w.batch_g2(&self.c);
        w.batch_g1(&self.c_prime);
    }
    fn read(r: &mut Reader<'_>, rows: usize, _: usize) -> Result<Self, DecodeError> {
        let epochs = (0..rows).map(|_| r.u32()).collect::<Result<Vec<u32>, _>>()?;
        let c_second = r.g2()?;
        Ok(Self { epochs, c_second, c: r.batch_g2(rows)?, c_prime: r.batch_g1(rows)? })
    }
}
