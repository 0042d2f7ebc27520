//! The entries that a replica must make durable, and from which it is rebuilt.
#![forbid(unsafe_code)]

use super::{Certificate, Decision, Message, SignedViewChange, Vote};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::consensus::config::MAX_VALUE;
use crate::error::DecodeError;
use crate::sign::Signature;

/// An entry of a replica's log. The driver makes it durable before it performs later effects.
///
/// [`Replica::restore`](crate::consensus::Replica::restore) rebuilds a replica from its entries in
/// order. The entries of a height other than decisions are obsolete once its decision is durable.
/// A log belongs to one member and configuration: the driver stores both with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The replica proposed a value in this message, and must not propose another one.
    Proposal(Message),
    /// The replica holds a value for which it will vote.
    Value {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
    },
    /// The replica cast a vote, and must not cast another one of this phase and view.
    Vote {
        /// The height.
        height: u64,
        /// The vote.
        vote: Vote,
        /// The replica's signature on the vote.
        signature: Signature,
    },
    /// The replica's prepare certificate of the highest view, which its view changes report.
    Lock(Certificate),
    /// The replica no longer votes below the view of this change.
    ViewChange(SignedViewChange),
    /// A decided value.
    Decision(Decision),
}

impl Canonical for Entry {
    const KIND: Kind = Kind::ConsensusEntry;

    fn write(&self, w: &mut Writer) {
        match self {
            Self::Proposal(message) => tagged(w, 1, message),
            Self::Value { height, value } => {
                tagged(w, 2, height);
                w.bytes(value);
            }
            Self::Vote { height, vote, signature } => {
                tagged(w, 3, &(*height, *vote));
                signature.write(w);
            }
            Self::Lock(certificate) => tagged(w, 4, certificate),
            Self::ViewChange(change) => tagged(w, 5, change),
            Self::Decision(decision) => tagged(w, 6, decision),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match r.u8()? {
            1 => Self::Proposal(Codec::read(r)?),
            2 => Self::Value { height: r.u64()?, value: r.bytes(MAX_VALUE)?.to_vec() },
            3 => Self::Vote { height: r.u64()?, vote: Codec::read(r)?, signature: Codec::read(r)? },
            4 => Self::Lock(Codec::read(r)?),
            5 => Self::ViewChange(Codec::read(r)?),
            6 => Self::Decision(Codec::read(r)?),
            _ => return Err(DecodeError::Invalid("unknown entry: expected a tag from 1 to 6")),
        })
    }
}
public_encoding!(Entry);

fn tagged(w: &mut Writer, tag: u8, content: &impl Codec) {
    w.u8(tag);
    content.write(w);
}
