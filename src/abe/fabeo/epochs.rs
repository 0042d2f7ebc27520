//! Keys that have to be renewed: what is written in an epoch opens with a token of the epoch.
//!
//! A writer adds the attribute of the epoch to the policy ([`restrict`]). A key has it for the epoch that it
//! was issued in. For others the authority gives it as a *token* of 48 bytes, computed from the randomness of
//! the user's key, which it finds again by a pseudorandom function:
//!
//! ```text
//! key     r = PRF(k, identifier, generation, H(attributes));  KeyGen with r
//! token   H(epoch E)^r, the component of the epoch's attribute
//!         checked: e(token, g2) = e(H(epoch E), sk3)
//! ```
//!
//! | verb | who | does |
//! |---|---|---|
//! | [`EpochAuthority::rekey`] | authority | the next epoch: what is written from now on opens after a refresh |
//! | [`EpochAuthority::token`] | authority | what a user's key needs for an epoch |
//! | [`refresh`] | user | takes a token into the key |
//! | [`EpochAuthority::revoke`] | authority | gives a user no token any more, unless a new key is issued to him |
//! | [`EpochAuthority::prune`], [`prune`] | both | forget the epochs before one |
//!
//! The verbs are those of `cover_crypt`, where a key has a component a right and a rotation changes it.
//!
//! **A generation a key.** Every key that a user is issued has randomness of its own, and tokens exist for
//! the latest alone. With `r = PRF(k, identifier)` the key that someone had before he lost an attribute and
//! the token that he gets afterwards would be one key (`tests/schemes/soundness.rs`). What he lost ends with the
//! epoch: call [`EpochAuthority::rekey`] after [`EpochAuthority::issue`] or [`EpochAuthority::revoke`].
//! The attributes enter the function as well: an authority that lost its latest state and counts a
//! generation twice gives keys for two sets randomness of two kinds. Store the state before a key leaves all
//! the same, for an old state brings back who was revoked.
//!
//! **Whom a token is for.** A delegated key has randomness of its own, and a transform key a factor: who lends
//! one lends it anew in the next epoch. A token for an old epoch opens what was written in it, attributes that
//! came later included, until the epoch is pruned.
//!
//! **Security.** A token is a component of a key, so that everything said of FABEO holds; it may be public,
//! for without `sk1` of the same `r` it opens nothing. Who can make tokens can do everything: one `r` and
//! its user's `sk1` give the master key. Records of old epochs stay open to whoever has their tokens. All keys
//! of the master key must come from here: plain `keygen` gives the attribute of any epoch.
#![forbid(unsafe_code)]

use super::{Fabeo, keygen_with_randomness};
use crate::abe::{MasterSecretKey, UserSecretKey};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::{digest, framed, hash_to_g1_cached, hash_to_scalar};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, G2, Rng, Scalar, Secret, multi_pairing, random_bytes};
use crate::error::DecodeError;
use crate::policy::{
    AccessPolicy, Attribute, AttributeSet, InvalidAttributes, InvalidPolicy, Name, Node,
    UserAttribute,
};
use std::collections::BTreeMap;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// The most bytes of a user's identifier.
const MAX_GID: usize = 256;
/// The most users in an authority's state that is read.
const MAX_USERS: usize = 1 << 24;
/// What the names of epochs' attributes begin with.
const PREFIX: &str = "epoch:";

/// The attribute of an epoch, `epoch:7`: as a name, for a user holds those of many epochs.
pub fn attribute(epoch: u32) -> Name {
    Name::new(format!("{PREFIX}{epoch}")).expect("a short name")
}

/// Epochs come by tokens and by [`restrict`], and from nowhere else.
fn no_epoch(name: &Name) -> Result<(), EpochError> {
    if name.as_str().starts_with(PREFIX) {
        Err(EpochError::ReservedName(name.clone()))
    } else {
        Ok(())
    }
}

/// The policy and the attribute of an epoch.
///
/// # Errors
/// [`EpochError::Policy`] if the policy is at one of its limits already, [`EpochError::ReservedName`] if it asks for an
/// epoch itself: in one branch of an `or`, that would open for everyone who was renewed.
pub fn restrict(policy: &AccessPolicy, epoch: u32) -> Result<AccessPolicy, EpochError> {
    for row in policy.span_program().rows() {
        if let Attribute::Name(name) = &row.attribute {
            no_epoch(name)?;
        }
    }
    let epoch = Node::Leaf(Attribute::Name(attribute(epoch)));
    let branches = match policy.root() {
        Node::And(children) => children.iter().cloned().chain([epoch]).collect(),
        root => vec![root.clone(), epoch],
    };
    Ok(AccessPolicy::new(Node::And(branches))?)
}

/// `H(epoch E)`
fn hash(epoch: u32) -> G1 {
    hash_to_g1_cached(tag::FABEO_ATTRIBUTE, attribute(epoch).as_str().as_bytes())
}

/// What a key needs for an epoch. It may be public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    generation: u32,
    epoch: u32,
    point: G1,
}

impl Token {
    /// Which of its user's keys it is for.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The epoch that it opens.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }
}

impl Canonical for Token {
    const KIND: Kind = Kind::AbeToken;
    fn write(&self, w: &mut Writer) {
        w.u32(self.generation);
        w.u32(self.epoch);
        w.g1(&self.point);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { generation: r.u32()?, epoch: r.u32()?, point: r.g1()? })
    }
}
public_encoding!(Token);

/// Why a key was not issued or not refreshed, or a policy not put within an epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EpochError {
    /// An identifier that no state could be read with.
    #[error("an identifier has 1 to {MAX_GID} bytes")]
    InvalidIdentifier,
    /// The name of an epoch among the attributes to be issued, or in a policy.
    #[error("{0} is given by a token alone")]
    ReservedName(Name),
    /// Nobody of that name has a key, or it was revoked.
    #[error("the user has no key that tokens are given for")]
    NoActiveKey,
    /// An epoch that was pruned or is not there yet.
    #[error("there are no tokens for epoch {0}")]
    UnavailableEpoch(u32),
    /// A token of another key or epoch.
    #[error("the token is not valid for this key")]
    InvalidToken,
    /// More attributes than a key can have.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
    /// A policy at one of its limits.
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
}

/// A user as the authority knows him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct User {
    /// Of the latest key.
    generation: u32,
    /// `H(attributes)` of that key.
    attributes: [u8; 32],
    revoked: bool,
}

/// `H(attributes)`
fn digest_of(attributes: &AttributeSet) -> [u8; 32] {
    let mut writer = Writer::default();
    attributes.write(&mut writer);
    digest(tag::FABEO_SET, &[&writer.finish()])
}

/// An authority whose keys have to be renewed.
pub struct EpochAuthority {
    master: MasterSecretKey<Fabeo>,
    /// `k`
    exponents: Secret<[u8; 32]>,
    oldest: u32,
    epoch: u32,
    users: BTreeMap<String, User>,
}

impl EpochAuthority {
    /// In epoch 0, with nobody who has a key.
    pub fn new(master: MasterSecretKey<Fabeo>, rng: &mut (impl Rng + ?Sized)) -> Self {
        let exponents = Secret::new(random_bytes(rng));
        Self { master, exponents, oldest: 0, epoch: 0, users: BTreeMap::new() }
    }

    /// The epoch that is written in.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// A key of a new generation, with the token of the epoch that is written in; also for a user who was
    /// revoked.
    ///
    /// # Errors
    /// [`EpochError::InvalidIdentifier`], [`EpochError::ReservedName`] or [`EpochError::Attributes`].
    ///
    /// # Panics
    /// At the last of `2^32` generations.
    pub fn issue(
        &mut self,
        gid: &str,
        attributes: &AttributeSet,
    ) -> Result<UserSecretKey<Fabeo>, EpochError> {
        if !(1..=MAX_GID).contains(&gid.len()) {
            return Err(EpochError::InvalidIdentifier);
        }
        for attribute in attributes.iter() {
            if let UserAttribute::Name(name) = attribute {
                no_epoch(&name)?;
            }
        }
        let mut with_epoch = attributes.clone();
        with_epoch.insert(attribute(self.epoch))?;
        let last = self.users.get(gid).map(|user| user.generation);
        let generation = last.map_or(0, |last| last.checked_add(1).expect("a generation is left"));
        let user = User { generation, attributes: digest_of(attributes), revoked: false };
        self.users.insert(gid.to_owned(), user);
        Ok(keygen_with_randomness(&self.master, &with_epoch, &self.exponent(gid, &user)))
    }

    /// The token of a user's latest key.
    ///
    /// Cost: a hash to G1, an exponentiation.
    ///
    /// # Errors
    /// [`EpochError::NoActiveKey`] or [`EpochError::UnavailableEpoch`].
    pub fn token(&self, gid: &str, epoch: u32) -> Result<Token, EpochError> {
        let user =
            self.users.get(gid).filter(|user| !user.revoked).ok_or(EpochError::NoActiveKey)?;
        if !(self.oldest..=self.epoch).contains(&epoch) {
            return Err(EpochError::UnavailableEpoch(epoch));
        }
        let point = hash(epoch) * *self.exponent(gid, user);
        Ok(Token { generation: user.generation, epoch, point })
    }

    /// Everyone's token of the epoch that is written in, in the order of the identifiers.
    pub fn tokens(&self) -> Vec<(&str, Token)> {
        let users = || self.users.iter().filter(|(_, user)| !user.revoked);
        let r = users().map(|(gid, user)| *self.exponent(gid, user));
        let r = Zeroizing::new(r.collect::<Vec<Scalar>>());
        let points = G1::batch_mul(&vec![hash(self.epoch); r.len()], &r);
        let with_points = users().zip(points).map(|((gid, user), point)| {
            (gid.as_str(), Token { generation: user.generation, epoch: self.epoch, point })
        });
        with_points.collect()
    }

    /// Starts the next epoch.
    ///
    /// # Panics
    /// In the last of `2^32` epochs.
    pub fn rekey(&mut self) -> u32 {
        self.epoch = self.epoch.checked_add(1).expect("an epoch is left");
        self.epoch
    }

    /// Gives a user no token any more. `false` if he has no key.
    pub fn revoke(&mut self, gid: &str) -> bool {
        let user = self.users.get_mut(gid).filter(|user| !user.revoked);
        user.map(|user| user.revoked = true).is_some()
    }

    /// Gives nobody tokens of the epochs before this one, nor of a later one than is written in.
    pub fn prune(&mut self, oldest: u32) {
        self.oldest = self.oldest.max(oldest.min(self.epoch));
    }

    /// `r = PRF(k, identifier, generation, H(attributes))`
    fn exponent(&self, gid: &str, user: &User) -> Zeroizing<Scalar> {
        let generation = user.generation.to_be_bytes();
        let parts = [&self.exponents.expose()[..], gid.as_bytes(), &generation, &user.attributes];
        let message = Zeroizing::new(framed(&parts));
        Zeroizing::new(hash_to_scalar(tag::FABEO_EXPONENT, &message))
    }
}

/// The key with a token's epoch: `e(token, g2) = e(H(epoch E), sk3)`.
///
/// # Errors
/// [`EpochError::InvalidToken`] or [`EpochError::Attributes`].
pub fn refresh(
    key: &UserSecretKey<Fabeo>,
    token: &Token,
) -> Result<UserSecretKey<Fabeo>, EpochError> {
    let mut elements = key.elements.clone();
    let pairs = [(token.point, G2::generator()), (-hash(token.epoch), elements.expose().sk3)];
    if !multi_pairing(&pairs).is_identity() {
        return Err(EpochError::InvalidToken);
    }
    let mut attributes = key.attributes.clone();
    let epoch = attribute(token.epoch);
    if !attributes.contains(&Attribute::Name(epoch.clone())) {
        attributes.insert(epoch.clone())?;
        let expanded = attributes.expanded();
        let place = expanded.binary_search(&Attribute::Name(epoch)).expect("it was inserted");
        let sk2 = &mut elements.expose_mut().sk2;
        // A list that grows would leave its old memory behind.
        let grown = [&sk2[..place], &[token.point], &sk2[place..]].concat();
        std::mem::replace(sk2, grown).zeroize();
    }
    Ok(UserSecretKey { attributes, elements })
}

/// The key without the epochs before this one.
#[must_use]
pub fn prune(key: &UserSecretKey<Fabeo>, oldest: u32) -> UserSecretKey<Fabeo> {
    let number = |name: &Name| name.as_str().strip_prefix(PREFIX)?.parse::<u32>().ok();
    let of_epoch = |name: &Name| number(name).filter(|epoch| attribute(*epoch) == *name);
    let stays = |name: &Name| of_epoch(name).is_none_or(|epoch| epoch >= oldest);
    let kept = key.attributes.iter().filter(|u| !matches!(u, UserAttribute::Name(u) if !stays(u)));
    let attributes = AttributeSet::new(kept).expect("a part of a set is a set");
    let mut elements = key.elements.clone();
    let mut held = key.attributes.expanded().into_iter();
    elements.expose_mut().sk2.retain(|_| attributes.contains(&held.next().expect("one each")));
    UserSecretKey { attributes, elements }
}

/// Who has a key may be personal.
impl fmt::Debug for EpochAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochAuthority(epoch {})", self.epoch)
    }
}

/// The master key, `k`, the oldest and the current epoch, then the users strictly ascending: identifier,
/// generation, digest of the attributes, and whether they were revoked.
impl Canonical for EpochAuthority {
    const KIND: Kind = Kind::AbeEpochAuthority;
    fn write(&self, w: &mut Writer) {
        self.master.write(w);
        w.fixed(self.exponents.expose());
        w.u32(self.oldest);
        w.u32(self.epoch);
        let users: Vec<(&String, &User)> = self.users.iter().collect();
        w.list(&users, |w, (gid, user)| {
            w.bytes(gid.as_bytes());
            w.u32(user.generation);
            w.fixed(&user.attributes);
            w.u8(user.revoked.into());
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let master = MasterSecretKey::read(r)?;
        let exponents = Secret::new(r.fixed()?);
        let (oldest, epoch) = (r.u32()?, r.u32()?);
        if oldest > epoch {
            return Err(DecodeError::Invalid("the oldest epoch is not there yet"));
        }
        let users = r.list(MAX_USERS, |r| {
            let (gid, generation, attributes) = (r.text(MAX_GID)?, r.u32()?, r.fixed()?);
            if gid.is_empty() {
                return Err(DecodeError::Invalid("an empty identifier"));
            }
            let revoked = match r.u8()? {
                0 => false,
                1 => true,
                _ => return Err(DecodeError::Invalid("neither revoked nor not")),
            };
            Ok((gid, User { generation, attributes, revoked }))
        })?;
        if !users.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::Invalid("the identifiers are not strictly ascending"));
        }
        Ok(Self { master, exponents, oldest, epoch, users: users.into_iter().collect() })
    }
}
