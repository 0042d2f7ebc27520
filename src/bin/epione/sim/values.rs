//! The values of the options of `epione sim`.

use clap::ValueEnum;
use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use epione::consensus;
use epione::sim::{Behaviour, Placement, Signatures};
use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Profile {
    /// PBFT with all-to-all communication
    Flat,
    /// Two-layer PBFT; every quorum counts members of all groups
    #[value(alias = "memberquorum")]
    MemberQuorum,
}

impl From<consensus::Profile> for Profile {
    fn from(profile: consensus::Profile) -> Self {
        match profile {
            consensus::Profile::Flat => Self::Flat,
            consensus::Profile::MemberQuorum => Self::MemberQuorum,
        }
    }
}

impl From<Profile> for consensus::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Flat => Self::Flat,
            Profile::MemberQuorum => Self::MemberQuorum,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Position {
    /// The first leaders, in order of the schedule
    #[default]
    Schedule,
    /// The members of group 1 by rank, then the first leaders
    Group,
    /// The first-ranked primaries by group number, then the first leaders; if as many replicas as
    /// groups are Byzantine, or more, the same replicas as `schedule` in another order
    Primaries,
}

impl From<Position> for Placement {
    fn from(position: Position) -> Self {
        match position {
            Position::Schedule => Self::Schedule,
            Position::Group => Self::Group,
            Position::Primaries => Self::Primaries,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scheme {
    /// Ed25519, each signature verified once
    Ed25519,
    /// A hash that only the signer computes
    Ideal,
}

impl From<Scheme> for Signatures {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Ed25519 => Self::Ed25519,
            Scheme::Ideal => Self::Ideal,
        }
    }
}

/// The behaviours as values of the command line.
macro_rules! attacks {
    ($($name:ident $doc:literal)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum Attack {
            /// All behaviours below
            All,
            $(#[doc = $doc] $name,)*
        }

        impl Attack {
            pub(super) fn behaviours(self) -> Vec<Behaviour> {
                match self {
                    Self::All => Behaviour::BYZANTINE.to_vec(),
                    $(Self::$name => vec![Behaviour::$name],)*
                }
            }
        }
    };
}
attacks! {
    Silent "Sends nothing"
    Equivocating "Proposes two values and votes for both"
    WithholdingPrimary "Sends only its own votes"
    SilentLeader "Never proposes"
    ForgedPartials "Reports votes of other members"
    SelectiveCertificates "Omits members from certificates"
    ConflictingVotes "Votes for two digests"
    PoisonedBatches "Proposes invalid requests"
    UnavailableValues "Proposes to too few members"
    HiddenValues "Proposes to members that never lead"
    LateCertificates "Delays certificates"
    Replay "Repeats messages"
    MalformedViewChanges "Sends invalid view changes"
    FalseHeights "Claims heights up to 2^64 - 1"
    Flooding "Fetches without end"
}

impl Attack {
    /// The name of a behaviour on the command line.
    pub(super) fn name_of(behaviour: Behaviour) -> String {
        let all = Self::value_variants().iter();
        let attack = all.copied().find(|attack| attack.behaviours() == [behaviour]);
        attack.map_or_else(|| format!("{behaviour:?}"), |attack| name(&attack))
    }
}

/// The name of a value on the command line.
pub(super) fn name(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value().expect("no value is skipped");
    value.get_name().to_owned()
}

/// Parses one behaviour of a list, with spaces around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttackParser;

impl TypedValueParser for AttackParser {
    type Value = Attack;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Attack, clap::Error> {
        let trimmed = value.to_str().map_or(value, |text| OsStr::new(text.trim()));
        EnumValueParser::<Attack>::new().parse_ref(command, argument, trimmed)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Attack::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

fn integer<T: FromStr + PartialOrd>(
    text: &str,
    range: RangeInclusive<T>,
    reason: &'static str,
) -> Result<T, &'static str> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or(reason)
}

pub(super) fn replicas(text: &str) -> Result<u16, &'static str> {
    integer(text, 4..=1024, "the number of replicas is an integer from 4 to 1024")
}
pub(super) fn groups(text: &str) -> Result<u16, &'static str> {
    let rule = "the number of groups is an integer from 4 to 256; for a network without groups \
                choose --profile flat";
    integer(text, 4..=256, rule)
}
pub(super) fn byzantine(text: &str) -> Result<u16, &'static str> {
    integer(text, 0..=u16::MAX, "the number of Byzantine replicas is an integer from 0 to F")
}
pub(super) fn blocks(text: &str) -> Result<u64, &'static str> {
    integer(text, 1..=1_000_000, "the number of blocks is an integer from 1 to 1000000")
}
pub(super) fn requests(text: &str) -> Result<u16, &'static str> {
    integer(text, 1..=1000, "the number of requests is an integer from 1 to 1000")
}
pub(super) fn crashes(text: &str) -> Result<u16, &'static str> {
    integer(text, 0..=10_000, "the number of crashes is an integer from 0 to 10000")
}
pub(super) fn loss(text: &str) -> Result<u32, &'static str> {
    integer(text, 0..=100, "the loss is an integer from 0 to 100")
}
pub(super) fn milliseconds(text: &str) -> Result<u64, &'static str> {
    integer(text, 0..=86_400_000, "the time is an integer from 0 to 86400000 (one day)")
}
pub(super) fn bandwidth(text: &str) -> Result<u64, &'static str> {
    integer(text, 1..=u64::MAX, "the bandwidth is an integer above 0")
}
pub(super) fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "the seed is an integer from 0 to 18446744073709551615 (2^64 - 1)")
}
