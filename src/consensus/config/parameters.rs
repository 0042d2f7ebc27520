//! Parameters of a configuration: members, locations, delays, profile.
#![forbid(unsafe_code)]

use super::{MAX_REQUEST, MAX_REQUESTS, MAX_VALUE};
use crate::algebra::codec::{Codec, Reader, Writer, choice, sequence};
use crate::consensus::ReplicaId;
use crate::error::DecodeError;
use crate::sign::VerifyingKey;
use thiserror::Error;

/// The maximum length of a chain's name in bytes.
const MAX_CHAIN: usize = 64;

/// A location on earth in microdegrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Location {
    /// -90 000 000 to 90 000 000.
    pub latitude: i32,
    /// -180 000 000 to 180 000 000.
    pub longitude: i32,
}

impl Codec for Location {
    fn write(&self, w: &mut Writer) {
        w.u32(self.latitude as u32);
        w.u32(self.longitude as u32);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { latitude: r.u32()? as i32, longitude: r.u32()? as i32 })
    }
}

/// A member of the roster: the replica of one hospital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member's number, unique in the roster.
    pub id: ReplicaId,
    /// The key that verifies its messages. It must have no other use.
    pub key: VerifyingKey,
    /// Its location.
    pub location: Location,
    /// Its comprehensive rating (Chang et al. 2022); higher is better.
    pub rating: u32,
}
sequence!(Codec for Member { id, key, location, rating });

/// The agreement protocol; see the table of guarantees in [`consensus`](crate::consensus).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Profile {
    /// PBFT with all-to-all communication.
    Flat = 0,
    /// Two layers: the groups form a dissemination tree, and quorums count all members.
    MemberQuorum = 1,
}
choice!(Profile, "unknown profile: expected Flat (0) or MemberQuorum (1)" [Flat, MemberQuorum]);

/// Delays in milliseconds of virtual or real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The age at which an undelivered request is first sent to the leader and `2F` other members.
    pub relay: u64,
    /// The time without progress after which votes and proposals are retransmitted directly.
    pub fallback: u64,
    /// The time without a decision after which a view ends; more than four fallback delays.
    pub view: u64,
    /// The maximum number of doublings of the view delay, one per pass through the schedule.
    pub doublings: u32,
}
sequence!(Codec for Timing { relay, fallback, view, doublings });

impl Default for Timing {
    fn default() -> Self {
        Self { relay: 400, fallback: 250, view: 2000, doublings: 6 }
    }
}

/// The limits of one value. Every voter enforces them, so they also bound the work of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// The length of a request in bytes, at most 1 MiB.
    pub request_bytes: u32,
    /// The total length of the requests in bytes, at most 3 MiB.
    pub bytes: u32,
    /// The number of requests, at most 4096.
    pub requests: u16,
    /// The total cost of the requests, see [`Price`](super::super::Price).
    pub cost: u32,
}
sequence!(Codec for Capacity { request_bytes, bytes, requests, cost });

impl Default for Capacity {
    fn default() -> Self {
        Self { request_bytes: 1 << 20, bytes: 2 << 20, requests: 512, cost: 2048 }
    }
}

/// The parameters of an epoch, except its roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// The chain's name, 1 to 64 bytes.
    pub chain: String,
    /// The epoch's number.
    pub epoch: u64,
    /// The requested profile.
    pub profile: Profile,
    /// The requested number of groups; 0 selects the square root of the number of members.
    pub groups: u16,
    /// The weight `alpha` of the distance in Eq. 4, in thousandths; `beta = 1 - alpha`.
    pub distance_weight: u16,
    /// The delays.
    pub timing: Timing,
    /// The limits of one value.
    pub capacity: Capacity,
}
sequence!(Codec for Parameters {
    chain: text(MAX_CHAIN), epoch, profile, groups, distance_weight, timing, capacity,
});

impl Parameters {
    /// `MemberQuorum` with the default number of groups and `alpha = beta`.
    pub fn new(chain: &str) -> Self {
        Self {
            chain: chain.to_owned(),
            epoch: 0,
            profile: Profile::MemberQuorum,
            groups: 0,
            distance_weight: 500,
            timing: Timing::default(),
            capacity: Capacity::default(),
        }
    }
}

/// The rule that a configuration violates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The chain's name is empty or longer than 64 bytes.
    #[error("the name of the chain must have 1 to 64 bytes")]
    Chain,
    /// Fewer than four members tolerate no fault.
    #[error("{0} members are too few: tolerating one fault requires four")]
    TooFew(usize),
    /// More than 1024 members.
    #[error("{0} members are too many: the maximum is 1024")]
    TooMany(usize),
    /// Two members have the same id.
    #[error("two members have the id {0}")]
    DuplicateId(ReplicaId),
    /// Two members have the same key, whose holder would vote twice.
    #[error("member {0} has the key of another member")]
    DuplicateKey(ReplicaId),
    /// A latitude or longitude is out of range.
    #[error("member {0}: the latitude exceeds 90 degrees or the longitude exceeds 180 degrees")]
    Location(ReplicaId),
    /// A group of fewer than four members tolerates no fault.
    #[error("{members} members do not fill {groups} groups of at least four members")]
    SmallGroups {
        /// The number of members.
        members: usize,
        /// The requested number of groups.
        groups: usize,
    },
    /// `alpha` exceeds one.
    #[error("distance_weight exceeds 1000 thousandths")]
    Weight,
    /// A delay is out of range, or the view delay does not exceed four fallback delays.
    #[error(
        "delays must be 1 ms to 1 day with at most 16 doublings, and the view delay must exceed \
         four fallback delays"
    )]
    Timing,
    /// A limit of a value is zero or above its maximum, or a largest request does not fit.
    #[error(
        "the capacity must be 1 to 4096 requests, 1 byte to 1 MiB per request, at most 3 MiB in \
         total, and at least the length and cost of one request"
    )]
    Capacity,
}

pub(super) fn check_parameters(parameters: &Parameters) -> Result<(), ConfigError> {
    let Timing { relay, fallback, view, doublings } = parameters.timing;
    const DAY: u64 = 86_400_000;
    if parameters.chain.is_empty() || parameters.chain.len() > MAX_CHAIN {
        return Err(ConfigError::Chain);
    }
    if parameters.distance_weight > 1000 {
        return Err(ConfigError::Weight);
    }
    check_capacity(parameters.capacity)?;
    let sound = relay > 0 && fallback > 0 && relay.max(fallback).max(view) <= DAY;
    if sound && view > 4 * fallback && doublings <= 16 { Ok(()) } else { Err(ConfigError::Timing) }
}

fn check_capacity(capacity: Capacity) -> Result<(), ConfigError> {
    let Capacity { request_bytes, bytes, requests, cost } = capacity;
    let request = 1..=MAX_REQUEST;
    let sound = request.contains(&(request_bytes as usize))
        && (request_bytes..=MAX_BYTES).contains(&bytes)
        && (1..=MAX_REQUESTS).contains(&usize::from(requests))
        && cost > 0;
    if sound { Ok(()) } else { Err(ConfigError::Capacity) }
}

/// The greatest total length of the requests of a value: the rest of a value is its header.
const MAX_BYTES: u32 = (MAX_VALUE - (1 << 20)) as u32;
