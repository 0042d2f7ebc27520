//! Protection against replays of signed requests, fetches and searches, and a limit of their cost.
#![forbid(unsafe_code)]

use super::Refusal;
use super::view::MESSAGE_SKEW;
use crate::ledger::Time;
use crate::sign::VerifyingKey;
use std::collections::{BTreeMap, BTreeSet};

/// The period within which the cost of a signer's requests is limited. After it, a request that was
/// fresh at its arrival is stale.
const PERIOD: Time = 2 * MESSAGE_SKEW;

/// A request by its signer, nonce and time, or a service with a number of ours in place of a nonce.
type Request = (VerifyingKey, Nonce, Time);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nonce {
    OfRequest([u8; 16]),
    OfService(u64),
}

/// A request that was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Served(Request);

/// The requests that were served within [`PERIOD`], and their costs. Later they are refused as
/// stale, and forgotten. The period starts at the arrival, so a request that is dated back is
/// charged as long as any other.
#[derive(Debug)]
pub(super) struct ServedRequests {
    /// The maximum cost of the requests of a signer within the period.
    budget: u64,
    costs: BTreeMap<Request, u64>,
    arrivals: BTreeSet<(Time, Request)>,
    spent: BTreeMap<VerifyingKey, u64>,
    /// The number of services without a request.
    services: u64,
}

impl ServedRequests {
    pub(super) fn new(budget: u64) -> Self {
        let (costs, arrivals) = (BTreeMap::new(), BTreeSet::new());
        Self { budget, costs, arrivals, spent: BTreeMap::new(), services: 0 }
    }

    /// Records a request with its cost, at least 1. The signature and the time must have been
    /// checked.
    pub(super) fn admit(
        &mut self,
        (signer, nonce): (&VerifyingKey, [u8; 16]),
        time: Time,
        now: Time,
        cost: u64,
    ) -> Result<Served, Refusal> {
        self.record((*signer, Nonce::OfRequest(nonce), time), now, cost)
    }

    fn record(&mut self, request: Request, now: Time, cost: u64) -> Result<Served, Refusal> {
        self.forget(now);
        if self.costs.contains_key(&request) {
            return Err(Refusal::ReplayedRequest);
        }
        let spent = self.spent.get(&request.0).copied().unwrap_or(0) + cost;
        if spent > self.budget {
            return Err(Refusal::TooManyRequests);
        }
        self.spent.insert(request.0, spent);
        self.costs.insert(request, cost);
        self.arrivals.insert((now, request));
        Ok(Served(request))
    }

    /// Records a service without a request of its own, with its cost, at least 1.
    pub(super) fn charge(
        &mut self,
        signer: &VerifyingKey,
        now: Time,
        cost: u64,
    ) -> Result<Served, Refusal> {
        self.services += 1;
        self.record((*signer, Nonce::OfService(self.services), now), now, cost)
    }

    /// Reduces the cost of a served request to the actual one, at least 1.
    pub(super) fn settle(&mut self, Served(request): Served, actual: u64) {
        if let Some(cost) = self.costs.get_mut(&request) {
            let unused = cost.saturating_sub(actual);
            *cost -= unused;
            *self.spent.entry(request.0).or_default() -= unused;
        }
    }

    fn forget(&mut self, now: Time) {
        while let Some((arrival, request)) = self.arrivals.first().copied()
            && arrival.saturating_add(PERIOD) < now
        {
            self.arrivals.pop_first();
            let cost = self.costs.remove(&request).unwrap_or(0);
            let spent = self.spent.entry(request.0).or_default();
            *spent -= cost;
            if *spent == 0 {
                self.spent.remove(&request.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::sign::SigningKey;

    fn signer(seed: u8) -> VerifyingKey {
        SigningKey::from_seed(&Secret::new([seed; 32])).verifying_key()
    }

    fn nonce(i: usize) -> [u8; 16] {
        (i as u128).to_be_bytes()
    }

    #[test]
    fn a_request_is_remembered_as_long_as_it_is_fresh_and_then_forgotten() {
        let mut served = ServedRequests::new(10);
        let mut admit =
            |signer: &_, n, time, now| served.admit((signer, nonce(n)), time, now, 1).map(|_| ());
        let (a, b, time) = (signer(1), signer(2), 500_000);
        assert_eq!(admit(&a, 1, time, time - MESSAGE_SKEW), Ok(()));
        for now in [time - MESSAGE_SKEW, time, time + MESSAGE_SKEW] {
            assert_eq!(admit(&a, 1, time, now), Err(Refusal::ReplayedRequest));
        }
        // Another signer, nonce or time is another request.
        assert_eq!(admit(&b, 1, time, time), Ok(()));
        assert_eq!(admit(&a, 2, time, time), Ok(()));
        assert_eq!(admit(&a, 1, time + 1, time), Ok(()));
        let later = time + PERIOD + 1;
        assert_eq!(admit(&a, 3, later, later), Ok(()));
        assert_eq!((served.costs.len(), served.arrivals.len()), (1, 1));
        assert_eq!(served.spent, BTreeMap::from([(a, 1)]));
    }

    #[test]
    fn the_cost_of_remembered_requests_is_bounded_per_signer() {
        let mut served = ServedRequests::new(100);
        let admit = |served: &mut ServedRequests, signer: &_, n, (time, now), cost| {
            served.admit((signer, nonce(n)), time, now, cost)
        };
        let (a, b) = (signer(1), signer(2));
        for i in 0..40 {
            assert!(admit(&mut served, &a, i, (0, 0), 2).is_ok());
        }
        for _ in 0..2 {
            let refused = admit(&mut served, &a, 40, (0, 0), 21);
            assert_eq!(refused, Err(Refusal::TooManyRequests));
        }
        let last = admit(&mut served, &a, 40, (0, 0), 20).unwrap();
        assert!(admit(&mut served, &b, 0, (0, 0), 100).is_ok());
        // A request that cost less than admitted, and services without a request.
        served.settle(last, 5);
        served.settle(last, 50);
        assert_eq!(served.charge(&a, 0, 16), Err(Refusal::TooManyRequests));
        let charged = served.charge(&a, 0, 10).unwrap();
        assert!(served.charge(&a, 0, 5).is_ok());
        served.settle(charged, 1);
        assert_eq!(served.charge(&a, 0, 10), Err(Refusal::TooManyRequests));
        assert!(served.charge(&a, 0, 9).is_ok());
        let now = PERIOD + 1;
        assert!(admit(&mut served, &a, 40, (now, now), 100).is_ok());
        assert_eq!(served.costs.len(), 1);
        // A request that is dated back is charged until the end of the period.
        assert!(admit(&mut served, &b, 1, (now - MESSAGE_SKEW, now), 100).is_ok());
        for later in [now + 1, now + PERIOD] {
            let dated_back = admit(&mut served, &b, 2, (later - MESSAGE_SKEW, later), 1);
            assert_eq!(dated_back, Err(Refusal::TooManyRequests));
        }
        let later = now + PERIOD + 1;
        assert!(admit(&mut served, &b, 2, (later - MESSAGE_SKEW, later), 1).is_ok());
    }
}
