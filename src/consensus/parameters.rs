//! What a configuration is made from: places, members, delays, choices.
#![forbid(unsafe_code)]

use super::ReplicaId;
use crate::sign::VerifyingKey;
use thiserror::Error;

/// A place on earth, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Location {
    /// -90 000 000 to 90 000 000.
    pub latitude: i32,
    /// -180 000 000 to 180 000 000.
    pub longitude: i32,
}

/// A member of the roster: one hospital's replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number, unique in the roster.
    pub id: ReplicaId,
    /// The key that verifies its votes, used for nothing else.
    pub key: VerifyingKey,
    /// Where it is.
    pub location: Location,
    /// Its comprehensive rating; higher is better.
    pub rating: u32,
}

/// How the members agree; see the table of guarantees in [`crate::consensus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Profile {
    /// PBFT, all to all.
    Flat = 0,
    /// Two layers with the groups as a tree, the quorum counted over all members.
    MemberQuorum = 1,
}

/// Delays in milliseconds of virtual or real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// An undelivered request is passed to everyone after this.
    pub relay: u64,
    /// Without progress for this long, votes and proposals are sent again, and directly.
    pub fallback: u64,
    /// A view without a commit ends after this; more than four fallback delays.
    pub view: u64,
    /// The view delay doubles once per pass through the schedule, at most this often.
    pub doublings: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self { relay: 400, fallback: 250, view: 2000, doublings: 6 }
    }
}

/// What is chosen about an epoch besides its roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// The chain's name, 1 to 64 bytes.
    pub chain: String,
    /// The epoch's number.
    pub epoch: u64,
    /// The profile wished for.
    pub profile: Profile,
    /// The number of groups wished for; 0 takes the square root of the number of members.
    pub groups: u16,
    /// Eq. 4's `alpha` in thousandths; `beta` is the rest.
    pub distance_weight: u16,
    /// The delays.
    pub timing: Timing,
}

impl Parameters {
    /// `MemberQuorum` with groups of its own choice, distance and rating weighing the same.
    pub fn new(chain: &str) -> Self {
        Self {
            chain: chain.to_owned(),
            epoch: 0,
            profile: Profile::MemberQuorum,
            groups: 0,
            distance_weight: 500,
            timing: Timing::default(),
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The chain's name is empty or longer than 64 bytes.
    #[error("the chain's name must have 1 to 64 bytes")]
    Chain,
    /// Fewer than four members tolerate no fault.
    #[error("{0} members are too few: four are needed to tolerate one fault")]
    TooFew(usize),
    /// More than [`super::config::MAX_MEMBERS`].
    #[error("{0} members are too many")]
    TooMany(usize),
    /// Two members with one id.
    #[error("the id {0} occurs twice")]
    DuplicateId(ReplicaId),
    /// Two members with one key, which would vote twice.
    #[error("member {0} has the key of another member")]
    DuplicateKey(ReplicaId),
    /// A location off the globe.
    #[error("member {0} is at a place that does not exist")]
    Location(ReplicaId),
    /// Groups below four members tolerate no fault.
    #[error("{members} members make no {groups} groups of at least four")]
    SmallGroups {
        /// The members there are.
        members: usize,
        /// The groups wished for.
        groups: usize,
    },
    /// `alpha` above one.
    #[error("the weight of the distance is above 1000 thousandths")]
    Weight,
    /// A delay of zero, above a day, or a view delay that leaves no room for four fallbacks.
    #[error("a delay is zero or too long, or the view delay is not above four fallback delays")]
    Timing,
}

pub(super) fn check_parameters(parameters: &Parameters) -> Result<(), ConfigError> {
    let Timing { relay, fallback, view, doublings } = parameters.timing;
    const DAY: u64 = 86_400_000;
    if parameters.chain.is_empty() || parameters.chain.len() > 64 {
        return Err(ConfigError::Chain);
    }
    if parameters.distance_weight > 1000 {
        return Err(ConfigError::Weight);
    }
    let sound = relay > 0 && fallback > 0 && relay.max(fallback).max(view) <= DAY;
    if sound && view > 4 * fallback && doublings <= 16 { Ok(()) } else { Err(ConfigError::Timing) }
}
