//! The links between replicas: latency, bandwidth, loss, duplication, reordering, partitions.
//!
//! Before the global stabilisation time (GST) the links may lose and delay messages arbitrarily.
//! From then on no message is lost, and each arrives within a bound after it has left its sender:
//! partial synchrony (Dwork, Lynch and Stockmeyer, *Consensus in the Presence of Partial
//! Synchrony*, JACM 1988). A [`Transport::bandwidth`] adds the time in the sender's queue.
#![forbid(unsafe_code)]

use super::partition::{Endpoint, Partition};
use crate::consensus::{Config, ReplicaId, distance};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Delay, loss and duplication of messages between two replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The delay in milliseconds, uniformly distributed. With [`Latency::Geographic`] it is added
    /// to the latency of the distance.
    pub delay: RangeInclusive<u64>,
    /// The number of lost messages per thousand.
    pub loss: u32,
    /// The number of duplicated messages per thousand.
    pub duplicates: u32,
}

impl Default for Link {
    fn default() -> Self {
        Self { delay: 1..=20, loss: 0, duplicates: 0 }
    }
}

/// The latency of a link apart from the random delay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Latency {
    /// None.
    #[default]
    Uniform,
    /// The great-circle distance between the members' locations at two thirds of the speed of
    /// light, the speed in optical fibre.
    Geographic,
}

/// The transport of all links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transport {
    /// The latency.
    pub latency: Latency,
    /// The bandwidth of each sender in bytes per millisecond. The messages of a sender to all
    /// recipients share one queue, so that a leader who sends a value to many members is slow. The
    /// bound of [`Stabilisation`] starts when the last byte has left the queue.
    pub bandwidth: Option<u64>,
    /// The number of messages per thousand that are held back, so that later ones overtake them.
    pub reordered: u32,
    /// The maximum time for which a message is held back, in milliseconds.
    pub held_back: u64,
}

/// The global stabilisation time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stabilisation {
    /// The time in milliseconds from which the links are reliable and no partition separates.
    pub at: u64,
    /// The maximum propagation delay of a message, counted from this time or, if that is later,
    /// from the time at which the last byte has left the sender. The time in the sender's queue,
    /// which [`Transport::bandwidth`] determines, is added to it.
    pub bound: u64,
}

/// The state of all links.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) link: Link,
    pub(super) partition: Partition,
    pub(super) stabilisation: Option<Stabilisation>,
    transport: Transport,
    latencies: BTreeMap<(ReplicaId, ReplicaId), u64>,
    queues: BTreeMap<Endpoint, Queue>,
}

/// The queue of a sender with limited bandwidth.
#[derive(Debug, Clone, Copy, Default)]
struct Queue {
    /// The bytes sent since time 0, and those that could have been sent while idle.
    bytes: u128,
    /// The longest time in the queue after the global stabilisation time, in milliseconds.
    longest: u64,
}

impl Links {
    /// Sets the transport and computes the latencies.
    pub(super) fn set_transport(&mut self, transport: Transport, config: &Config) {
        self.transport = transport;
        self.latencies.clear();
        if transport.latency == Latency::Geographic {
            let members: Vec<_> = config.members().map(|m| (m.id, m.location)).collect();
            let pairs = members.iter().flat_map(|a| members.iter().map(move |b| (a, b)));
            let latency = |((a, from), (b, to)): (&(ReplicaId, _), &(ReplicaId, _))| {
                ((*a, *b), flight_time(distance(*from, *to)))
            };
            self.latencies = pairs.map(latency).collect();
        }
    }

    /// Returns `true` if the links are reliable.
    pub(super) fn is_stable(&self, now: u64) -> bool {
        self.stabilisation.is_some_and(|stable| now >= stable.at)
    }

    /// The longest time for which a message of these senders was queued after the global
    /// stabilisation time, in milliseconds; 0 without a bandwidth.
    pub(super) fn longest_queue(&self, is_sender: impl Fn(Endpoint) -> bool) -> u64 {
        let queues = self.queues.iter().filter(|(at, _)| is_sender(**at));
        queues.map(|(_, queue)| queue.longest).max().unwrap_or(0)
    }

    /// The arrival times of a message of `length` bytes: none if it is lost, two if it is
    /// duplicated.
    pub(super) fn arrivals(
        &mut self,
        now: u64,
        (from, to): (Endpoint, Endpoint),
        length: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<u64> {
        let sent = self.departure(now, from, length);
        let stable = self.is_stable(now);
        let mut chance = |per_thousand: u32| rng.gen_range(0..1000) < per_thousand;
        let (lost, duplicated) = (chance(self.link.loss), chance(self.link.duplicates));
        if !stable && (lost || !self.partition.connects(from, to)) {
            return Vec::new();
        }
        let latency = self.latencies.get(&(from.id, to.id)).copied().unwrap_or(0);
        let arrival = |_| {
            let mut delay = latency + rng.gen_range(self.link.delay.clone());
            let Transport { reordered, held_back, .. } = self.transport;
            if reordered > 0 && rng.gen_range(0..1000) < reordered {
                delay += rng.gen_range(0..=held_back);
            }
            let bound = self
                .stabilisation
                .map_or(u64::MAX, |stable| sent.max(stable.at).saturating_add(stable.bound));
            sent.saturating_add(delay).min(bound)
        };
        (0..1 + u8::from(duplicated)).map(arrival).collect()
    }

    /// The time at which the last byte of a message has left its sender.
    fn departure(&mut self, now: u64, from: Endpoint, length: usize) -> u64 {
        let Some(bandwidth) = self.transport.bandwidth.filter(|bandwidth| *bandwidth > 0) else {
            return now;
        };
        let bandwidth = u128::from(bandwidth);
        let queue = self.queues.entry(from).or_default();
        queue.bytes = queue.bytes.max(u128::from(now) * bandwidth) + length as u128;
        let sent = u64::try_from(queue.bytes.div_ceil(bandwidth)).unwrap_or(u64::MAX);
        let stable = self.stabilisation.map_or(u64::MAX, |stable| stable.at);
        queue.longest = queue.longest.max(sent.saturating_sub(now.max(stable)));
        sent
    }
}

/// Two thirds of the speed of light, in metres per millisecond.
const SPEED: f64 = 199_861.0;
/// The earth's diameter in metres.
const DIAMETER: f64 = 12_742_016.0;

/// The milliseconds in which light in fibre travels along the great circle of this chord.
///
/// `arc = 2R asin(chord / 2R)`. The angle is halved four times by
/// `sin(x/2)^2 = (1 - sqrt(1 - sin(x)^2)) / 2`, and the series of the arcsine ends after its third
/// term. Square roots are exact to the last bit on every platform, unlike `f64::asin`.
fn flight_time(chord: u64) -> u64 {
    let mut sine = (chord as f64 / DIAMETER).min(1.0);
    for _ in 0..4 {
        sine = ((1.0 - (1.0 - sine * sine).max(0.0).sqrt()) / 2.0).sqrt();
    }
    let square = sine * sine;
    let angle = 16.0 * sine * (1.0 + square / 6.0 + 3.0 * square * square / 40.0);
    (DIAMETER * angle / SPEED).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn the_flight_time_is_that_of_the_great_circle() {
        // A quarter of the circumference has the chord R sqrt(2); the antipodes have 2R.
        assert_eq!(flight_time(0), 0);
        assert_eq!(flight_time(9_009_965), 50);
        assert_eq!(flight_time(12_742_016), 100);
    }

    #[test]
    fn the_messages_of_one_sender_share_its_bandwidth() {
        let mut links = Links::default();
        links.link.delay = 5..=5;
        links.transport.bandwidth = Some(100);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut arrival =
            |now, from: u16, to: u16| links.arrivals(now, (from.into(), to.into()), 1000, &mut rng);
        assert_eq!((arrival(0, 0, 1), arrival(0, 0, 2)), (vec![15], vec![25]));
        assert_eq!((arrival(0, 1, 2), arrival(100, 0, 1)), (vec![15], vec![115]));
    }

    /// 100 messages of 1000 bytes at 100 bytes per millisecond: the last one leaves after 1000 ms,
    /// and only its propagation is bounded.
    #[test]
    fn the_bound_after_stabilisation_does_not_shorten_the_queue() {
        let mut links = Links {
            link: Link { delay: 500..=500, ..Link::default() },
            stabilisation: Some(Stabilisation { at: 0, bound: 30 }),
            ..Links::default()
        };
        links.transport.bandwidth = Some(100);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let pair = (0_u16.into(), 1_u16.into());
        let arrivals: Vec<u64> =
            (0..100).flat_map(|_| links.arrivals(0, pair, 1000, &mut rng)).collect();
        assert_eq!((arrivals[0], arrivals[99]), (40, 1030));
        assert_eq!(links.longest_queue(|at| at == pair.0), 1000);
        assert_eq!(links.longest_queue(|at| at == pair.1), 0);
    }

    #[test]
    fn links_obey_their_bound_after_stabilisation() {
        let mut links = Links {
            link: Link { delay: 500..=500, loss: 1000, duplicates: 0 },
            partition: Partition::into_sides([vec![0_u16.into()]]),
            stabilisation: Some(Stabilisation { at: 1000, bound: 30 }),
            ..Links::default()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let pair = (0_u16.into(), 1_u16.into());
        assert_eq!(links.arrivals(999, pair, 10, &mut rng), Vec::<u64>::new());
        assert_eq!(links.arrivals(1000, pair, 10, &mut rng), [1030]);
        links.link.loss = 0;
        links.partition = Partition::default();
        assert_eq!(links.arrivals(900, pair, 10, &mut rng), [1030]);
    }
}
