//! Crashes, restarts and twins.
#![forbid(unsafe_code)]

use super::Network;
use super::behaviour::Behaviour;
use super::durable::{EntryKind, Log};
use super::node::{Crash, Node};
use super::observation::Observed;
use super::partition::Endpoint;
use super::run::Event;
use crate::consensus::{Application, Effect, Entry, Format, Replica, ReplicaId, Scheme};
use std::sync::Arc;

impl<A: Application + Clone> Network<A> {
    /// Crashes a replica: it loses its memory and the messages that arrive until it restarts.
    pub fn crash(&mut self, id: ReplicaId) {
        self.crash_endpoint(id.into());
    }

    /// Rebuilds a crashed replica from its durable entries.
    pub fn restart(&mut self, id: ReplicaId) {
        self.restart_endpoint(id.into());
    }

    /// Replaces [`Application::recover`] at restarts, for storage that must be opened again.
    pub fn set_recovery(
        &mut self,
        recover: impl Fn(ReplicaId) -> Result<(A, Vec<Entry>), String> + Send + Sync + 'static,
    ) {
        self.recovery = Some(Arc::new(recover));
    }

    /// Crashes a replica once it has performed this number of effects since the beginning, possibly
    /// in the middle of a step: the other effects of the step are lost. It restarts after
    /// `downtime` milliseconds.
    pub fn crash_after(&mut self, id: ReplicaId, effects: u64, downtime: u64) {
        if let Some(node) = self.nodes.get_mut(&id.into()) {
            node.crash = Some(Crash { after: effects, downtime });
        }
    }

    /// The number of effects that a replica has performed.
    ///
    /// # Panics
    /// If no replica has this id.
    pub fn effects(&self, id: ReplicaId) -> u64 {
        self.node(id).effects
    }

    /// Returns `true` if the replica runs.
    ///
    /// # Panics
    /// If no replica has this id.
    pub fn is_up(&self, id: ReplicaId) -> bool {
        self.node(id).up
    }

    /// Lets a replica's disk lose all entries of a kind from now on. This breaks the replica; the
    /// checks must find it.
    pub fn lose_entries(&mut self, id: ReplicaId, kind: EntryKind) {
        if let Some(node) = self.nodes.get_mut(&id.into()) {
            node.log.lost = Some(kind);
        }
    }

    /// Runs a second replica with the identity and key of this one, from the first height. Both
    /// follow the protocol and know nothing of each other (Bano et al., *Twins*, OPODIS 2021). The
    /// member counts as faulty. Its application is in memory: two replicas cannot share storage.
    pub fn add_twin(&mut self, id: ReplicaId) {
        self.set_behaviour(id, Behaviour::Twin);
        let Some(node) = self.nodes.get(&id.into()) else { return };
        let (key, genesis) = (node.key.clone(), node.genesis.clone());
        let shared: Arc<dyn Scheme> = self.scheme.clone();
        let replica = Replica::new(self.config.clone(), id, key.clone(), genesis.clone())
            .expect("the key is that of the member")
            .with_scheme(shared);
        let mut node = Node::new(replica, genesis, key);
        node.behaviour = Behaviour::Twin;
        self.nodes.insert(Endpoint { id, twin: true }, node);
    }

    /// Restarts a replica with an application of fewer decisions, restored from a backup, and
    /// without its entries of consensus. What it has delivered since is delivered again.
    pub fn restore(&mut self, id: ReplicaId, application: A) {
        self.crash(id);
        let Some(node) = self.nodes.get_mut(&id.into()) else { return };
        let height = application.tip().map_or(0, |tip| tip.0);
        node.log = Log::stored(height);
        self.safety.begin(id, height);
        let restored = self.rebuild(id.into(), application, Vec::new());
        self.resume(id.into(), restored);
    }

    pub(super) fn crash_endpoint(&mut self, at: Endpoint) {
        let Some(node) = self.nodes.get_mut(&at).filter(|node| node.up) else { return };
        node.up = false;
        node.incarnation += 1;
        self.crashes += 1;
        let planned = node.crash.take();
        self.progress.lose(at.id);
        self.observe(Observed::Crashed(at));
        if let Some(Crash { downtime, .. }) = planned {
            self.push(self.now + downtime, Event::Restart(at));
        }
    }

    pub(super) fn restart_endpoint(&mut self, at: Endpoint) {
        let Some(node) = self.nodes.get_mut(&at).filter(|node| !node.up) else { return };
        let stored = match &self.recovery {
            Some(recover) => recover(at.id).map(Some),
            None => node.replica.application().recover().map_err(|error| error.to_string()),
        };
        let found = stored.and_then(|stored| match stored {
            Some((application, entries)) => {
                node.log.recover(&application, &entries)?;
                Ok((application, entries))
            }
            None => Ok((node.genesis.clone(), node.log.entries().collect())),
        });
        let restored =
            found.and_then(|(application, entries)| self.rebuild(at, application, entries));
        self.resume(at, restored);
    }

    fn rebuild(
        &self,
        at: Endpoint,
        application: A,
        entries: Vec<Entry>,
    ) -> Result<(Replica<A>, Vec<Effect>), String> {
        let scheme: Arc<dyn Scheme> = self.scheme.clone();
        let key = self.nodes[&at].key.clone();
        let replica = Replica::new(self.config.clone(), at.id, key, application)
            .expect("the key is that of the member")
            .with_scheme(scheme);
        let restored = replica.restored(entries, self.now);
        restored.map_err(|error| format!("the log does not restore a replica: {error}"))
    }

    fn resume(&mut self, at: Endpoint, restored: Result<(Replica<A>, Vec<Effect>), String>) {
        let Some(node) = self.nodes.get_mut(&at) else { return };
        let effects = match restored {
            Ok((replica, effects)) => {
                node.replica = replica;
                effects
            }
            Err(reason) => {
                let height = node.log.height();
                return self.safety.record(at.id, height, Err(&reason));
            }
        };
        node.up = true;
        self.observe(Observed::Restarted(at));
        self.check_restored(at);
        self.perform_all(at, effects);
    }

    /// Checks that a restarted replica has all values that it had delivered. A decision that is
    /// durable and was not delivered before the crash counts as delivered now.
    fn check_restored(&mut self, at: Endpoint) {
        let node = &self.nodes[&at];
        if node.behaviour != Behaviour::Honest {
            return;
        }
        let (delivered, restored) = (self.safety.height_of(at.id), node.replica.height() - 1);
        for height in 1..=delivered.max(restored) {
            let decision = self.nodes[&at].replica.decision(height);
            match decision {
                Some(decision) if height > delivered => {
                    self.on_delivery(at, height, &decision.value, &decision.certificate);
                }
                decision => {
                    let format = self.nodes[&at].genesis.format();
                    let digest = decision.and_then(|d| format.decode(&d.value).ok());
                    self.safety.check_restored(at.id, height, digest.map(|(digest, _)| digest));
                }
            }
        }
    }
}
