//! The attribute authority of FABEO with key epochs.
#![forbid(unsafe_code)]

use super::{EpochError, Token, attribute, check_not_reserved, hash};
use crate::abe::fabeo::{Fabeo, authority::keygen_with_randomness};
use crate::abe::gid::{is_valid_gid, read_gid};
use crate::abe::{MasterSecretKey, UserSecretKey};
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::algebra::hash::{digest, framed, hash_to_scalar};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, Rng, Scalar, Secret, random_bytes};
use crate::error::DecodeError;
use crate::policy::{AttributeSet, UserAttribute};
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// The maximal number of users in a decoded state.
const MAX_USERS: usize = 1 << 24;

/// The authority's record of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct User {
    /// The generation of the latest key.
    generation: u32,
    /// `H(attributes)` of the latest key.
    attributes: [u8; 32],
    revoked: bool,
}

/// `H(attributes)`
fn digest_of(attributes: &AttributeSet) -> [u8; 32] {
    let mut writer = Writer::default();
    attributes.write(&mut writer);
    digest(tag::FABEO_SET, &[&writer.finish()])
}

/// An attribute authority whose keys need one token per epoch.
pub struct EpochAuthority {
    master: MasterSecretKey<Fabeo>,
    /// `k`
    prf_key: Secret<[u8; 32]>,
    oldest: u32,
    epoch: u32,
    users: BTreeMap<String, User>,
}

impl EpochAuthority {
    /// Returns an authority in epoch 0, without users.
    pub fn new(master: MasterSecretKey<Fabeo>, rng: &mut (impl Rng + ?Sized)) -> Self {
        let prf_key = Secret::new(random_bytes(rng));
        Self { master, prf_key, oldest: 0, epoch: 0, users: BTreeMap::new() }
    }

    /// Returns the current epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Issues a key of the user's next generation, including the component of the current epoch. A
    /// revoked user becomes active again.
    ///
    /// # Errors
    /// [`EpochError::InvalidIdentifier`] if the identifier is empty or longer than 256 bytes;
    /// [`EpochError::ReservedName`] if an attribute has the name of an epoch;
    /// [`EpochError::Attributes`] if there are too many attributes.
    ///
    /// # Panics
    /// If the user has had `2^32` generations.
    pub fn issue(
        &mut self,
        gid: &str,
        attributes: &AttributeSet,
    ) -> Result<UserSecretKey<Fabeo>, EpochError> {
        if !is_valid_gid(gid) {
            return Err(EpochError::InvalidIdentifier);
        }
        for attribute in attributes.iter() {
            if let UserAttribute::Name(name) = attribute {
                check_not_reserved(&name)?;
            }
        }
        let mut with_epoch = attributes.clone();
        with_epoch.insert(attribute(self.epoch))?;
        let last = self.users.get(gid).map(|user| user.generation);
        let generation = last
            .map_or(0, |last| last.checked_add(1).expect("there are fewer than 2^32 generations"));
        let user = User { generation, attributes: digest_of(attributes), revoked: false };
        self.users.insert(gid.to_owned(), user);
        Ok(keygen_with_randomness(&self.master, &with_epoch, &self.exponent(gid, &user)))
    }

    /// Computes the token of a user's latest key for an epoch.
    ///
    /// Cost: one hash to G1, one exponentiation.
    ///
    /// # Errors
    /// [`EpochError::NoActiveKey`] if the user has no key or is revoked;
    /// [`EpochError::UnavailableEpoch`] if the epoch is pruned or has not begun.
    pub fn token(&self, gid: &str, epoch: u32) -> Result<Token, EpochError> {
        let user = self.users.get(gid).filter(|user| !user.revoked);
        let user = user.ok_or(EpochError::NoActiveKey)?;
        if !(self.oldest..=self.epoch).contains(&epoch) {
            return Err(EpochError::UnavailableEpoch(epoch));
        }
        let point = hash(epoch) * *self.exponent(gid, user);
        Ok(Token { generation: user.generation, epoch, point })
    }

    /// Computes the tokens of all active users for the current epoch, in order of identifiers.
    pub fn tokens(&self) -> Vec<(&str, Token)> {
        let active: Vec<_> = self.users.iter().filter(|(_, user)| !user.revoked).collect();
        // Of known length: a reallocation would leave exponents in freed memory.
        let r = active.iter().map(|(gid, user)| *self.exponent(gid, user));
        let r = Zeroizing::new(r.collect::<Vec<Scalar>>());
        let points = G1::batch_mul(&vec![hash(self.epoch); r.len()], &r);
        let with_points = active.into_iter().zip(points).map(|((gid, user), point)| {
            (gid.as_str(), Token { generation: user.generation, epoch: self.epoch, point })
        });
        with_points.collect()
    }

    /// Starts the next epoch and returns it.
    ///
    /// # Panics
    /// In the last of `2^32` epochs.
    pub fn rekey(&mut self) -> u32 {
        self.epoch = self.epoch.checked_add(1).expect("there are fewer than 2^32 epochs");
        self.epoch
    }

    /// Revokes a user, who receives no tokens until a new key is issued. Returns `false` if the
    /// user has no active key.
    pub fn revoke(&mut self, gid: &str) -> bool {
        let user = self.users.get_mut(gid).filter(|user| !user.revoked);
        user.map(|user| user.revoked = true).is_some()
    }

    /// Prunes the epochs before `oldest`: no more tokens are computed for them. The current epoch
    /// is never pruned.
    pub fn prune(&mut self, oldest: u32) {
        self.oldest = self.oldest.max(oldest.min(self.epoch));
    }

    /// `r = PRF(k; identifier, generation, H(attributes))`
    fn exponent(&self, gid: &str, user: &User) -> Zeroizing<Scalar> {
        let generation = user.generation.to_be_bytes();
        let parts = [&self.prf_key.expose()[..], gid.as_bytes(), &generation, &user.attributes];
        let message = Zeroizing::new(framed(&parts));
        Zeroizing::new(hash_to_scalar(tag::FABEO_EXPONENT, &message))
    }
}

/// Omits the users: their identifiers may be personal.
impl fmt::Debug for EpochAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochAuthority(epoch {})", self.epoch)
    }
}

/// Encoding: the master key, `k`, the oldest and the current epoch, then the users strictly
/// ascending, each as identifier, generation, digest of the attributes and revocation flag.
impl Canonical for EpochAuthority {
    const KIND: Kind = Kind::AbeEpochAuthority;
    fn write(&self, w: &mut Writer) {
        self.master.write(w);
        w.fixed(self.prf_key.expose());
        w.u32(self.oldest);
        w.u32(self.epoch);
        w.map(&self.users, |w, gid, user| {
            w.bytes(gid.as_bytes());
            w.u32(user.generation);
            w.fixed(&user.attributes);
            w.u8(user.revoked.into());
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let master = MasterSecretKey::read(r)?;
        let prf_key = Secret::new(r.fixed()?);
        let (oldest, epoch) = (r.u32()?, r.u32()?);
        if oldest > epoch {
            return Err(DecodeError::Invalid("the oldest epoch is after the current one"));
        }
        let users = r.map(MAX_USERS, |r| {
            let (gid, generation, attributes) = (read_gid(r)?, r.u32()?, r.fixed()?);
            let revoked = match r.u8()? {
                0 => false,
                1 => true,
                _ => return Err(DecodeError::Invalid("a revocation flag is neither 0 nor 1")),
            };
            Ok((gid, User { generation, attributes, revoked }))
        })?;
        Ok(Self { master, prf_key, oldest, epoch, users })
    }
}
