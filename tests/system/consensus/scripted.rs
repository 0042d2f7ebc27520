//! Replicas whose links a test scripts, message by message.
#![allow(unreachable_pub)]

use super::harness::Harness;
use epione::consensus::{Effect, Input, Message, Replica, ReplicaId, Timer};
use epione::sim::Journal;
use std::collections::BTreeMap;

/// The delay of every delivered message in milliseconds.
const DELAY: u64 = 5;

/// The treatment of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Deliver,
    Lose,
    /// Hold back until [`Scripted::release`].
    Hold,
}

/// The fate of a message by sender, recipient and content.
type Script = Box<dyn Fn(ReplicaId, ReplicaId, &Message) -> Fate>;

type Packet = (ReplicaId, ReplicaId, Message);

/// Replicas with virtual time and a queue of messages.
pub struct Scripted {
    pub harness: Harness,
    pub replicas: BTreeMap<ReplicaId, Replica<Journal>>,
    pub now: u64,
    /// The number of sent messages, by sender and kind.
    pub sent: BTreeMap<(ReplicaId, &'static str), usize>,
    script: Script,
    queue: BTreeMap<(u64, usize), Packet>,
    timers: BTreeMap<(ReplicaId, Timer), u64>,
    held: Vec<Packet>,
    posted: usize,
}

impl Scripted {
    /// Honest replicas with reliable links. Other members of the configuration are silent.
    pub fn new(harness: Harness, honest: &[ReplicaId]) -> Self {
        let replicas = honest.iter().map(|id| (*id, harness.replica(*id))).collect();
        Self {
            harness,
            replicas,
            now: 1,
            sent: BTreeMap::new(),
            script: Box::new(|_, _, _| Fate::Deliver),
            queue: BTreeMap::new(),
            timers: BTreeMap::new(),
            held: Vec::new(),
            posted: 0,
        }
    }

    /// Replaces the script for messages that are sent from now on.
    pub fn script(&mut self, script: impl Fn(ReplicaId, ReplicaId, &Message) -> Fate + 'static) {
        self.script = Box::new(script);
    }

    /// Delivers the messages that were held back.
    pub fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        held.into_iter().for_each(|packet| self.post(packet));
    }

    fn post(&mut self, packet: Packet) {
        self.posted += 1;
        self.queue.insert((self.now + DELAY, self.posted), packet);
    }

    /// Gives an input to a replica and performs the effects.
    pub fn input(&mut self, id: ReplicaId, input: Input) {
        let Some(replica) = self.replicas.get_mut(&id) else { return };
        for effect in replica.step(self.now, input) {
            match effect {
                Effect::Send { to, message } => {
                    *self.sent.entry((id, message.body.name())).or_default() += to.len();
                    for recipient in to {
                        let packet = (id, recipient, message.clone());
                        match (self.script)(id, recipient, &message) {
                            Fate::Deliver => self.post(packet),
                            Fate::Lose => {}
                            Fate::Hold => self.held.push(packet),
                        }
                    }
                }
                Effect::SetTimer { timer, at } => _ = self.timers.insert((id, timer), at),
                Effect::CancelTimer(timer) => _ = self.timers.remove(&(id, timer)),
                _ => {}
            }
        }
    }

    pub fn request(&mut self, id: ReplicaId, request: &[u8]) {
        self.input(id, Input::Request(request.to_vec()));
    }

    /// Runs for some virtual milliseconds, or until `done`. Returns `true` if it is done.
    pub fn run(&mut self, milliseconds: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + milliseconds;
        while !done(self) {
            let message = self.queue.first_key_value().map(|((at, _), _)| *at);
            let timer = self.timers.iter().map(|(key, at)| (*at, *key)).min();
            let next = message.into_iter().chain(timer.map(|(at, _)| at)).min();
            let Some(at) = next.filter(|at| *at <= end) else {
                self.now = end;
                return done(self);
            };
            self.now = self.now.max(at);
            if message == Some(at) {
                let Some((_, (peer, to, message))) = self.queue.pop_first() else { continue };
                self.input(to, Input::Message { peer, message });
            } else if let Some((_, (id, timer))) = timer {
                self.timers.remove(&(id, timer));
                self.input(id, Input::Timer(timer));
            }
        }
        true
    }

    /// Returns `true` if all replicas have reached a height.
    pub fn all_reach(&self, height: u64) -> bool {
        self.replicas.values().all(|replica| replica.height() >= height)
    }

    /// Returns `true` if a replica has applied a request.
    pub fn has_applied(&self, id: ReplicaId, request: &[u8]) -> bool {
        self.replicas[&id].application().requests().iter().any(|applied| applied == request)
    }
}
