//! Replicas as threads of one process, in real time, with verification on worker threads.
//!
//! Each replica has a thread that performs its steps in sequence. Workers decode and verify the
//! messages for all replicas, each with the replica's own [`Gate`], so that no verdict is shared.
//! Messages are lost if they arrive after [`Cluster::stop`]. Log entries are counted, not stored.
#![forbid(unsafe_code)]

use crate::algebra::codec::Canonical;
use crate::consensus::{
    Application, Effect, Format, Gate, Input, PersistError, Received, Replica, ReplicaId,
    RequestId, Timer, Verified, request_id,
};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A clock in milliseconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

enum Job<F: Format> {
    Received { peer: ReplicaId, bytes: Arc<[u8]> },
    Verified(Box<Verified<F>>),
    Request(Vec<u8>),
    Stop,
}

/// Work for a worker on behalf of a replica.
enum Check<F: Format> {
    Message { gate: Gate<F>, received: Box<Received>, to: Sender<Job<F>> },
    Request { gate: Gate<F>, request: Vec<u8>, to: Sender<Job<F>> },
}

/// A decision at one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDelivery {
    /// The replica.
    pub at: ReplicaId,
    /// The height.
    pub height: u64,
    /// The requests of the value.
    pub requests: Vec<RequestId>,
}

/// Running replicas.
pub struct Cluster<A: Application> {
    inboxes: BTreeMap<ReplicaId, Inbox<A::Format>>,
    deliveries: Receiver<ClusterDelivery>,
    threads: Vec<JoinHandle<()>>,
    checks: Option<Sender<Check<A::Format>>>,
}

#[derive(Clone)]
struct Inbox<F: Format> {
    gate: Gate<F>,
    jobs: Sender<Job<F>>,
}

impl<A: Application + Send + 'static> Cluster<A> {
    /// Starts the replicas, with this number of workers.
    pub fn start(replicas: Vec<Replica<A>>, workers: usize, clock: &Clock) -> Self {
        let (checks, work) = channel();
        let work = Arc::new(Mutex::new(work));
        let mut threads: Vec<JoinHandle<()>> = (0..workers)
            .map(|_| {
                let work = work.clone();
                std::thread::spawn(move || perform_checks(&work))
            })
            .collect();
        let (inboxes, receivers): (BTreeMap<_, _>, Vec<_>) = replicas
            .iter()
            .map(|replica| {
                let (jobs, receiver) = channel();
                ((replica.id(), Inbox { gate: replica.gate(), jobs }), receiver)
            })
            .unzip();
        let (delivered, deliveries) = channel();
        for (replica, jobs) in replicas.into_iter().zip(receivers) {
            let node = Node {
                replica,
                jobs,
                inboxes: inboxes.clone(),
                checks: checks.clone(),
                delivered: delivered.clone(),
                timers: BTreeMap::new(),
                clock: clock.clone(),
            };
            threads.push(std::thread::spawn(move || node.run()));
        }
        Self { inboxes, deliveries, threads, checks: Some(checks) }
    }

    /// Submits a request to a replica. A worker checks its signatures first.
    pub fn submit(&self, at: ReplicaId, request: Vec<u8>) {
        if let (Some(inbox), Some(checks)) = (self.inboxes.get(&at), &self.checks) {
            let Inbox { gate, jobs: to } = inbox.clone();
            checks.send(Check::Request { gate, request, to }).ok();
        }
    }

    /// Waits for the next delivery at any replica.
    pub fn next_delivery(&self, timeout: Duration) -> Option<ClusterDelivery> {
        self.deliveries.recv_timeout(timeout).ok()
    }

    /// Stops all threads.
    pub fn stop(mut self) {
        self.inboxes.values().for_each(|inbox| _ = inbox.jobs.send(Job::Stop));
        self.inboxes.clear();
        self.checks = None;
        self.threads.drain(..).for_each(|thread| _ = thread.join());
    }
}

/// The checks that a worker takes at once. Their results are sent together, so that a replica's
/// thread is not woken for each.
const CHECKS: usize = 16;

fn perform_checks<F: Format>(work: &Mutex<Receiver<Check<F>>>) {
    loop {
        let checks: Vec<Check<F>> = {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(first) = work.recv() else { return };
            std::iter::once(first).chain(work.try_iter().take(CHECKS - 1)).collect()
        };
        let results: Vec<_> = checks.into_iter().filter_map(perform_check).collect();
        results.into_iter().for_each(|(to, job)| _ = to.send(job));
    }
}

fn perform_check<F: Format>(check: Check<F>) -> Option<(Sender<Job<F>>, Job<F>)> {
    match check {
        Check::Message { gate, received, to } => {
            let verified = gate.verify(*received).ok()?;
            Some((to, Job::Verified(Box::new(verified))))
        }
        Check::Request { gate, request, to } => {
            // The gate remembers the verdict. The replica's step rejects an invalid request.
            gate.verify_request(&request).ok();
            Some((to, Job::Request(request)))
        }
    }
}

/// The thread of one replica.
struct Node<A: Application> {
    replica: Replica<A>,
    jobs: Receiver<Job<A::Format>>,
    inboxes: BTreeMap<ReplicaId, Inbox<A::Format>>,
    checks: Sender<Check<A::Format>>,
    delivered: Sender<ClusterDelivery>,
    timers: BTreeMap<Timer, u64>,
    clock: Clock,
}

impl<A: Application> Node<A> {
    fn run(mut self) {
        loop {
            let now = (self.clock)();
            let due = self.timers.iter().find(|(_, at)| **at <= now).map(|(timer, _)| *timer);
            if let Some(timer) = due {
                self.timers.remove(&timer);
                let effects = self.replica.step(now, Input::Timer(timer));
                if self.perform(effects).is_err() {
                    return;
                }
                continue;
            }
            let next = self.timers.values().min().map_or(1000, |at| at - now);
            let effects = match self.jobs.recv_timeout(Duration::from_millis(next)) {
                Ok(Job::Received { peer, bytes }) => self.on_bytes(now, peer, &bytes),
                Ok(Job::Verified(verified)) => self.replica.step_verified(now, *verified),
                Ok(Job::Request(request)) => self.replica.step(now, Input::Request(request)),
                Err(RecvTimeoutError::Timeout) => continue,
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            };
            if self.perform(effects).is_err() {
                return;
            }
        }
    }

    /// Hands a message to the workers if it is of use.
    fn on_bytes(&mut self, now: u64, peer: ReplicaId, bytes: &[u8]) -> Vec<Effect> {
        let inbox = &self.inboxes[&self.replica.id()];
        let Ok(mut received) = inbox.gate.receive(peer, bytes) else { return Vec::new() };
        if self.replica.wants(&mut received) {
            let Inbox { gate, jobs: to } = inbox.clone();
            self.checks.send(Check::Message { gate, received: Box::new(received), to }).ok();
            return Vec::new();
        }
        self.replica.step_received(now, received)
    }

    /// Performs the effects of a step, once they are durable. A replica whose storage has failed
    /// stops.
    fn perform(&mut self, effects: Vec<Effect>) -> Result<(), PersistError> {
        self.replica.persist(&effects)?;
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    let (peer, bytes) = (self.replica.id(), Arc::<[u8]>::from(message.to_bytes()));
                    for inbox in to.iter().filter_map(|id| self.inboxes.get(id)) {
                        inbox.jobs.send(Job::Received { peer, bytes: bytes.clone() }).ok();
                    }
                }
                Effect::SetTimer { timer, at } => _ = self.timers.insert(timer, at),
                Effect::CancelTimer(timer) => _ = self.timers.remove(&timer),
                Effect::Deliver { height, value, .. } => self.report(height, &value),
                Effect::Persist(_)
                | Effect::Reject { .. }
                | Effect::Discard { .. }
                | Effect::Evidence(_) => {}
            }
        }
        Ok(())
    }

    fn report(&self, height: u64, value: &[u8]) {
        let format = self.replica.application().format();
        let Ok((_, decoded)) = format.decode(value) else { return };
        let requests = format.requests(&decoded).into_iter();
        let requests = requests.map(|(request, _)| request_id(request)).collect();
        self.delivered.send(ClusterDelivery { at: self.replica.id(), height, requests }).ok();
    }
}
