//! One simulated replica with its disk.
#![forbid(unsafe_code)]

use super::behaviour::{Behaviour, Memory};
use super::durable::Log;
use crate::consensus::{Application, Replica};
use crate::sign::SigningKey;

/// A replica, its durable log and its faults.
#[derive(Clone)]
pub(super) struct Node<A: Application> {
    pub(super) replica: Replica<A>,
    /// The application before the first decision.
    pub(super) genesis: A,
    pub(super) key: SigningKey,
    pub(super) behaviour: Behaviour,
    pub(super) memory: Memory,
    pub(super) log: Log,
    pub(super) crash: Option<Crash>,
    /// The number of effects performed.
    pub(super) effects: u64,
    /// The replica runs; otherwise it has crashed.
    pub(super) up: bool,
    /// The number of restarts. Timers of an earlier incarnation do not expire.
    pub(super) incarnation: u32,
}

/// A planned crash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crash {
    /// The number of effects that the replica performs before.
    pub(super) after: u64,
    /// The time in milliseconds until it restarts.
    pub(super) downtime: u64,
}

impl<A: Application> Node<A> {
    pub(super) fn new(replica: Replica<A>, genesis: A, key: SigningKey) -> Self {
        Self {
            replica,
            genesis,
            key,
            behaviour: Behaviour::Honest,
            memory: Memory::default(),
            log: Log::default(),
            crash: None,
            effects: 0,
            up: true,
            incarnation: 0,
        }
    }
}
