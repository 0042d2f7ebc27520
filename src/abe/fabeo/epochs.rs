//! Revocation by key epochs: decryption of a ciphertext requires a token of its epoch.
//!
//! An encryptor adds the attribute of the current epoch to the policy ([`restrict`]). A key is
//! issued with the attribute of the current epoch. The component for any other epoch is a *token*
//! of 48 bytes, which the authority computes from the randomness `r` of the key. The authority does
//! not store `r`, but derives it with a pseudorandom function under its key `k`.
//!
//! # Algorithms
//!
//! With the notation of [`fabeo`](super):
//!
//! ```math
//! Issue    r = PRF(k; identifier, generation, H(attributes));  KeyGen with r
//! Token    T = H(epoch E)^r
//! Refresh  e(T, g2) = e(H(epoch E), sk3);  sk2[epoch E] = T
//! ```
//!
//! | function | party | effect |
//! |---|---|---|
//! | [`EpochAuthority::rekey`] | authority | starts the next epoch, for which keys need a token |
//! | [`EpochAuthority::token`] | authority | computes the token of a user's key for an epoch |
//! | [`refresh`] | user | adds a token to the key |
//! | [`EpochAuthority::revoke`] | authority | ends a user's tokens until a new key is issued |
//! | [`EpochAuthority::prune`], [`prune`] | both | remove the tokens of earlier epochs |
//!
//! The functions are named as in `cover_crypt`, where a key has one component per right and a
//! rotation replaces it.
//!
//! # Generations
//!
//! Every key issued to a user has its own generation and randomness, and tokens exist for the
//! latest one only. With `r = PRF(k; identifier)`, a token issued after the loss of an attribute
//! would fit the key issued before it (`tests/schemes/abe/epochs.rs`). A lost attribute remains
//! valid until the epoch ends: call [`EpochAuthority::rekey`] after [`EpochAuthority::issue`] or
//! [`EpochAuthority::revoke`]. The PRF also takes the attributes, so an authority that lost its
//! latest state and repeats a generation never issues two attribute sets with the same `r`. Store
//! the state before a key leaves the authority: an older state reinstates revoked users.
//!
//! # Security
//!
//! A token is a component of a key, so the guarantees of FABEO apply. A token may be public: it
//! decrypts nothing without `sk1` of the same `r`. `k` is as sensitive as the master key: any user
//! with `k` computes `r` and `g1^alpha = sk1 B^{-r}`. Until the authority prunes an epoch, users
//! can obtain its token, also for use with attributes issued later. No token fits a delegated key
//! or a transform key; derive both anew in each epoch. All keys under the master key must come from
//! the [`EpochAuthority`], since `keygen` issues the attribute of any epoch.
//!
//! # Cost
//!
//! A token takes one hash to G1 and one exponentiation, a refresh two Miller loops and one final
//! exponentiation.
//!
//! # Example
//!
//! ```
//! use epione::abe::{self, fabeo::epochs::{self, EpochAuthority}};
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = abe::setup(rng);
//! let mut authority = EpochAuthority::new(master, rng);
//! let mut key = authority.issue("Dr. Bose", &"oncologist".parse()?)?;
//!
//! let epoch = authority.rekey();
//! let policy = epochs::restrict(&"oncologist".parse()?, epoch)?;
//! let sealed = abe::seal(&parameters, &policy, b"biopsy", b"benign", rng);
//! assert!(abe::open(&parameters, &key, b"biopsy", &sealed).is_err());
//!
//! key = epochs::refresh(&key, &authority.token("Dr. Bose", epoch)?)?;
//! assert_eq!(&*abe::open(&parameters, &key, b"biopsy", &sealed)?, b"benign");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod authority;

pub use authority::EpochAuthority;

use super::Fabeo;
use crate::abe::UserSecretKey;
use crate::abe::gid::MAX_GID;
use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::hash::hash_to_g1_cached;
use crate::algebra::{G1, G2, multi_pairing, tag};
use crate::policy::{
    AccessPolicy, Attribute, AttributeSet, InvalidAttributes, InvalidPolicy, Name, Node,
    UserAttribute,
};
use zeroize::Zeroize;

/// The prefix of the names of epoch attributes.
const PREFIX: &str = "epoch:";

/// Returns the attribute of an epoch, such as `epoch:7`. The attribute is a name: a key has several
/// epochs, but at most one number per label.
pub fn attribute(epoch: u32) -> Name {
    Name::new(format!("{PREFIX}{epoch}")).expect("the name is short")
}

/// Rejects the names of epoch attributes, which are reserved for tokens and [`restrict`].
fn check_not_reserved(name: &Name) -> Result<(), EpochError> {
    if name.as_str().starts_with(PREFIX) {
        Err(EpochError::ReservedName(name.clone()))
    } else {
        Ok(())
    }
}

/// Restricts a policy to an epoch: `policy and epoch:E`.
///
/// # Errors
/// [`EpochError::Policy`] if the result exceeds a limit of policies; [`EpochError::ReservedName`]
/// if the policy itself names an epoch: under an `or`, such an attribute would let every holder of
/// that epoch's token decrypt.
pub fn restrict(policy: &AccessPolicy, epoch: u32) -> Result<AccessPolicy, EpochError> {
    policy.names().into_iter().try_for_each(check_not_reserved)?;
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

/// The component of a user's key for an epoch. It may be public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    generation: u32,
    epoch: u32,
    point: G1,
}
sequence!(Canonical for Token = AbeToken { generation, epoch, point });
public_encoding!(Token);

impl Token {
    /// The generation of the user's key that the token fits.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The epoch of the token.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// The reason why a key was not issued or refreshed, or a policy not restricted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EpochError {
    /// The identifier is empty or too long.
    #[error("an identifier has 1 to {MAX_GID} bytes")]
    InvalidIdentifier,
    /// The attributes to be issued, or the policy, name an epoch.
    #[error("the name {0} is reserved for key epochs: remove it")]
    ReservedName(Name),
    /// The user has no key, or it is revoked.
    #[error("the user has no active key: issue a new one")]
    NoActiveKey,
    /// The epoch is pruned or has not begun.
    #[error("there are no tokens for epoch {0}: it is pruned or has not begun")]
    UnavailableEpoch(u32),
    /// The token is for another key or epoch.
    #[error("the token is not valid for this key")]
    InvalidToken,
    /// The key would have too many attributes.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
    /// The restricted policy would exceed a limit of policies.
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
}

/// Adds a token to a key, after verifying `e(T, g2) = e(H(epoch E), sk3)`.
///
/// # Errors
/// [`EpochError::InvalidToken`] if the equation fails; [`EpochError::Attributes`] if the key cannot
/// hold another attribute.
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
        let position =
            expanded.binary_search(&Attribute::Name(epoch)).expect("the attribute was inserted");
        let sk2 = &mut elements.expose_mut().sk2;
        // Copied and erased: a reallocation would leave key material in freed memory.
        let grown = [&sk2[..position], &[token.point], &sk2[position..]].concat();
        std::mem::replace(sk2, grown).zeroize();
    }
    Ok(UserSecretKey { attributes, elements })
}

/// Returns the key without the components of epochs before `oldest`.
#[must_use]
pub fn prune(key: &UserSecretKey<Fabeo>, oldest: u32) -> UserSecretKey<Fabeo> {
    // The round trip excludes names that only resemble epochs, such as `epoch:007`.
    let number = |name: &Name| name.as_str().strip_prefix(PREFIX)?.parse::<u32>().ok();
    let epoch_of = |name: &Name| number(name).filter(|epoch| attribute(*epoch) == *name);
    let expired = |u: &UserAttribute| match u {
        UserAttribute::Name(name) => epoch_of(name).is_some_and(|epoch| epoch < oldest),
        _ => false,
    };
    let kept = key.attributes.iter().filter(|u| !expired(u));
    let attributes = AttributeSet::new(kept).expect("a subset of a valid set is valid");
    let mut elements = key.elements.clone();
    let mut held = key.attributes.expanded().into_iter();
    let kept = |_: &G1| attributes.contains(&held.next().expect("one attribute per component"));
    elements.expose_mut().sk2.retain(kept);
    UserSecretKey { attributes, elements }
}
