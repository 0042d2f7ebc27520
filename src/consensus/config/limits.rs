//! The limits that follow from a configuration: lengths of messages, and the bytes that one member
//! can make a replica hold.
#![forbid(unsafe_code)]

use super::{Capacity, Config};

/// The length of a signer with its signature.
pub(crate) const SIGNATURE: usize = 66;
/// The greatest length of a signed view change.
pub(crate) const CHANGE: usize = 128;

/// The limits of a configuration, in bytes unless noted otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The limits of a value and a request.
    pub capacity: Capacity,
    /// The length of a value.
    pub value: usize,
    /// The length of a certificate.
    pub certificate: usize,
    /// The length of a message.
    pub message: usize,
    /// The share of the pool of one transport peer, or of own clients, in millionths of a value.
    pub peer_share: u64,
    /// The share of the pool of one payer, in millionths of a value.
    pub payer_share: u64,
    /// The number of blocks in which a fair leader serves a request: twice the values in a full
    /// pool, since a value may be half empty if the next request does not fit, and one pass through
    /// the schedule.
    pub patience: u64,
    /// The answers to one transport peer per fallback delay.
    pub answers: usize,
}

/// The values in a full pool, if it is shared by few members. Each has a share of at least one.
const POOL_VALUES: u64 = 16;
/// The millionths in one value.
const VALUE: u64 = 1_000_000;
/// The number of largest values that a peer may fetch per fallback delay.
const ANSWERS: usize = 4;

impl Limits {
    /// Derives the limits from the capacity and the number of members.
    pub fn of(config: &Config) -> Self {
        let (capacity, n) = (config.parameters().capacity, config.size());
        let (bytes, requests) = (capacity.bytes as usize, usize::from(capacity.requests));
        let certificate = 64 + n * SIGNATURE;
        // Each request has a length and the application's outcome; the header has a certificate.
        let value = bytes + 64 * requests + certificate + 4096;
        let message = value + certificate + n * CHANGE + 256;
        let peer_share = (POOL_VALUES * VALUE / n as u64).max(VALUE);
        let values = (peer_share * n as u64).div_ceil(VALUE);
        Self {
            capacity,
            value,
            certificate,
            message,
            peer_share,
            payer_share: (values * VALUE / 16).max(VALUE),
            patience: 2 * values + config.schedule().len() as u64,
            answers: ANSWERS * message,
        }
    }

    /// The weight of a request in the pool, in millionths of a value: the greatest of its shares in
    /// the length, cost and number of requests of a value.
    pub(crate) fn weight(&self, length: usize, cost: u32) -> u64 {
        let Capacity { bytes, requests, cost: most, .. } = self.capacity;
        let share = |part: u64, whole: u64| (part * VALUE).div_ceil(whole);
        share(length as u64, bytes.into())
            .max(share(cost.into(), most.into()))
            .max(share(1, requests.into()))
    }
}

/// The bytes that a replica holds, by kind. Fixed overheads are rounded up.
///
/// Requests, values and decisions stay encoded. The last verified value of the current height is
/// also held decoded, with the results of its execution: with the ledger, the entries of the state
/// that it changes. These are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Pending requests.
    pub requests: usize,
    /// Batches of this replica as a primary.
    pub batches: usize,
    /// Values of the current height, and proposals that contain another copy.
    pub values: usize,
    /// Votes and signatures of proposals of the current height.
    pub statements: usize,
    /// View changes with their certificates.
    pub view_changes: usize,
    /// Messages of the next height.
    pub next_height: usize,
    /// Decisions that wait for their predecessors.
    pub decisions: usize,
}

/// The values of one height that a replica holds: four that no certificate names, and the deferred
/// proposal.
pub(crate) const HELD_VALUES: usize = 5;

/// Statements are stored for views within this distance of the current view.
pub(crate) const VIEW_WINDOW: u64 = 16;

/// The maximum number of certified batches that await delivery at their primary.
pub(crate) const MAX_CERTIFIED: usize = 4;

/// The bytes of an entry in a map beside its content.
pub(crate) const ENTRY: usize = 256;

impl Limits {
    /// The bytes that one member can make a replica hold, by kind.
    ///
    /// Only a scheduled leader makes a replica hold values. Decisions and certificates are held
    /// only if a quorum has signed them.
    pub fn held_for_member(&self) -> Holdings {
        let Capacity { bytes, requests, .. } = self.capacity;
        let shares = self.peer_share.div_ceil(VALUE) as usize;
        let views = 2 * VIEW_WINDOW as usize + 1;
        Holdings {
            requests: shares * (bytes as usize + usize::from(requests) * ENTRY),
            batches: (MAX_CERTIFIED + 1) * (self.value + (2 * usize::from(requests) + 1) * ENTRY),
            // The last one is the deferred proposal.
            values: (HELD_VALUES - 1) * (self.value + ENTRY) + self.message + ENTRY,
            // PREPARE, COMMIT, pre-prepare and new view.
            statements: 4 * views * ENTRY,
            view_changes: self.certificate + ENTRY,
            // Two votes, the votes of a group per phase, a view change, and a proposal.
            next_height: 6 * ENTRY + 3 * self.certificate + self.value,
            decisions: self.answers,
        }
    }
}
