//! The configuration of an epoch: roster, groups, schedule of leaders.
//!
//! Every signature covers the configuration's digest, so votes of one chain or epoch are invalid in
//! all others.
#![forbid(unsafe_code)]

mod distance;
mod election;
mod electorate;
mod grouping;
mod limits;
mod parameters;
mod protocol;
mod quorum;

pub use distance::distance;
pub(crate) use electorate::Electorate;
pub(crate) use limits::{CHANGE, ENTRY, HELD_VALUES, MAX_CERTIFIED, SIGNATURE, VIEW_WINDOW};
pub use limits::{Holdings, Limits};
pub use parameters::{Capacity, ConfigError, Location, Member, Parameters, Profile, Timing};
pub(crate) use protocol::{Protocol, Route};
pub use quorum::{faults, quorum};

use super::{Digest, ReplicaId};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{hash, tag};
use crate::error::DecodeError;
use parameters::check_parameters;
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of members.
pub const MAX_MEMBERS: usize = 1024;
/// The maximum length of a value in bytes.
pub const MAX_VALUE: usize = 4 << 20;
/// The maximum length of a request in bytes.
pub const MAX_REQUEST: usize = 1 << 20;
/// The maximum number of requests in a batch or value.
pub const MAX_REQUESTS: usize = 4096;
/// The maximum number of decisions in one state transfer message.
pub const MAX_DECISIONS: usize = 64;
/// The minimum size of a group, and the minimum number of groups: `3f + 1` with `f = 1`.
pub const MIN_GROUP: usize = 4;

/// A group of neighbouring members and the order in which they serve as its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's number, from 1. The number 0 denotes all members.
    pub number: u16,
    /// The members in order of rank.
    pub ranking: Vec<ReplicaId>,
}

impl Group {
    /// The number `f_i` of faulty members that the group tolerates.
    pub fn faults(&self) -> usize {
        faults(self.ranking.len())
    }
    /// The number `q_i` of votes that certify a batch.
    pub fn quorum(&self) -> usize {
        quorum(self.ranking.len())
    }
}

/// A valid configuration, determined by parameters and roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    parameters: Parameters,
    members: BTreeMap<ReplicaId, Member>,
    profile: Profile,
    groups: Vec<Group>,
    group_of: BTreeMap<ReplicaId, usize>,
    schedule: Vec<ReplicaId>,
    digest: Digest,
}

impl Config {
    /// Checks the roster, forms the groups and elects primaries and leaders.
    ///
    /// `MemberQuorum` with fewer than four groups or fewer than 16 members becomes `Flat`.
    ///
    /// # Errors
    /// The first rule that parameters or roster violate.
    pub fn new(parameters: Parameters, members: Vec<Member>) -> Result<Self, ConfigError> {
        check_parameters(&parameters)?;
        let members = check_roster(members)?;
        let (profile, count) = effective_profile(&parameters, members.len())?;
        let list: Vec<Member> = members.values().cloned().collect();
        let grouped = grouping::group(&parameters.chain, parameters.epoch, &list, count);
        let rankings: Vec<Vec<election::Score>> = grouped
            .iter()
            .map(|group| group.iter().map(|i| &list[*i]).collect::<Vec<_>>())
            .map(|group| election::rank(&group, parameters.distance_weight))
            .collect();
        let groups = numbered(&rankings);
        let mut config = Self {
            group_of: positions(&groups),
            schedule: profile.protocol().schedule.leaders(election::order(&rankings)),
            digest: [0; 32],
            parameters,
            members,
            profile,
            groups,
        };
        config.digest = hash::digest(tag::CONSENSUS_CONFIG, &[&config.to_bytes()]);
        Ok(config)
    }

    /// The digest of the configuration's encoding, with version and kind. Every signature covers
    /// it.
    pub fn digest(&self) -> Digest {
        self.digest
    }
    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }
    /// The epoch's number.
    pub fn epoch(&self) -> u64 {
        self.parameters.epoch
    }
    /// The limits that follow from capacity and roster.
    pub fn limits(&self) -> Limits {
        Limits::of(self)
    }
    /// The parts of which the effective profile is composed.
    pub(crate) fn protocol(&self) -> Protocol {
        self.profile.protocol()
    }
    /// The delays.
    pub fn timing(&self) -> Timing {
        self.parameters.timing
    }
    /// The effective profile, which may be `Flat` where `MemberQuorum` was requested.
    pub fn profile(&self) -> Profile {
        self.profile
    }
    /// The members in order of their ids.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }
    /// The member with this id.
    pub fn member(&self, id: ReplicaId) -> Option<&Member> {
        self.members.get(&id)
    }
    /// The number `N` of members.
    pub fn size(&self) -> usize {
        self.members.len()
    }
    /// The number of faulty members tolerated, `F = floor((N - 1) / 3)`.
    pub fn faults(&self) -> usize {
        faults(self.size())
    }
    /// The quorum, `Q = ceil((N + F + 1) / 2)`.
    pub fn quorum(&self) -> usize {
        quorum(self.size())
    }
    /// The groups. With the profile `Flat` a single group has all members.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
    /// The group of a member.
    pub fn group_of(&self, id: ReplicaId) -> Option<&Group> {
        self.group_of.get(&id).map(|i| &self.groups[*i])
    }
    /// The group with this number.
    pub fn group(&self, number: u16) -> Option<&Group> {
        self.groups.get(usize::from(number).checked_sub(1)?)
    }
    /// The schedule `S` of leaders.
    pub fn schedule(&self) -> &[ReplicaId] {
        &self.schedule
    }
    /// The leader of a height and view, `S[(h + V) mod |S|]`. In PBFT it is `V mod N`.
    pub fn leader(&self, height: u64, view: u64) -> ReplicaId {
        let length = self.schedule.len() as u64;
        self.schedule[((height % length + view % length) % length) as usize]
    }
    /// The primary of a member's group in a view: rank `V mod k` in a group of `k`.
    pub fn group_primary(&self, id: ReplicaId, view: u64) -> Option<ReplicaId> {
        let ranking = &self.group_of(id)?.ranking;
        Some(ranking[(view % ranking.len() as u64) as usize])
    }
    /// The duration of a view in milliseconds. It doubles once per pass through `S`, up to a cap.
    pub fn view_delay(&self, view: u64) -> u64 {
        let passes = view / self.schedule.len() as u64;
        let doublings = passes.min(u64::from(self.timing().doublings));
        self.timing().view << doublings
    }
}

fn check_roster(members: Vec<Member>) -> Result<BTreeMap<ReplicaId, Member>, ConfigError> {
    match members.len() {
        n if n < MIN_GROUP => return Err(ConfigError::TooFew(n)),
        n if n > MAX_MEMBERS => return Err(ConfigError::TooMany(n)),
        _ => {}
    }
    let (mut roster, mut keys) = (BTreeMap::new(), BTreeSet::new());
    for member in members {
        let (id, location) = (member.id, member.location);
        if location.latitude.unsigned_abs() > 90_000_000
            || location.longitude.unsigned_abs() > 180_000_000
        {
            return Err(ConfigError::Location(id));
        }
        if !keys.insert(member.key) {
            return Err(ConfigError::DuplicateKey(id));
        }
        if roster.insert(id, member).is_some() {
            return Err(ConfigError::DuplicateId(id));
        }
    }
    Ok(roster)
}

/// Returns the effective profile and number of groups.
fn effective_profile(parameters: &Parameters, n: usize) -> Result<(Profile, usize), ConfigError> {
    let requested = match usize::from(parameters.groups) {
        0 => n.isqrt().clamp(MIN_GROUP, (n / MIN_GROUP).max(MIN_GROUP)),
        groups => groups,
    };
    let flat = n < MIN_GROUP * MIN_GROUP || requested < MIN_GROUP;
    match parameters.profile {
        Profile::MemberQuorum if !flat && n / requested < MIN_GROUP => {
            Err(ConfigError::SmallGroups { members: n, groups: requested })
        }
        Profile::MemberQuorum if !flat => Ok((Profile::MemberQuorum, requested)),
        _ => Ok((Profile::Flat, 1)),
    }
}

fn numbered(rankings: &[Vec<election::Score>]) -> Vec<Group> {
    let ids = |ranking: &Vec<election::Score>| ranking.iter().map(|(_, _, id)| *id).collect();
    (1..).zip(rankings).map(|(number, ranking)| Group { number, ranking: ids(ranking) }).collect()
}

fn positions(groups: &[Group]) -> BTreeMap<ReplicaId, usize> {
    let of = |(i, group): (usize, &Group)| group.ranking.clone().into_iter().map(move |id| (id, i));
    groups.iter().enumerate().flat_map(of).collect()
}

/// The encoding of parameters and roster. Decoding rebuilds and checks the configuration.
impl Canonical for Config {
    const KIND: Kind = Kind::ConsensusConfig;

    fn write(&self, w: &mut Writer) {
        Codec::write(&self.parameters, w);
        let members: Vec<&Member> = self.members.values().collect();
        w.list(&members, |w, member| member.write(w));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let parameters = Codec::read(r)?;
        let members: Vec<Member> = r.list(MAX_MEMBERS, Codec::read)?;
        if !members.is_sorted_by(|a, b| a.id < b.id) {
            return Err(DecodeError::Invalid("the ids of the members are not strictly ascending"));
        }
        Self::new(parameters, members).map_err(|_| {
            DecodeError::Invalid("the parameters or the roster violate a rule of `Config::new`")
        })
    }
}
public_encoding!(Config);
