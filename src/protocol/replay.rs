//! The fetches that a store keeper has served, so that none is served twice.
#![forbid(unsafe_code)]

use super::Refusal;
use super::view::MESSAGE_SKEW;
use crate::ledger::Time;
use crate::sign::VerifyingKey;
use std::collections::BTreeMap;

/// The signed requests that were served and are still fresh, by time. A request is fresh until its
/// time is [`MESSAGE_SKEW`] ago; later it is refused as stale, and forgotten.
#[derive(Debug)]
pub(super) struct ServedRequests {
    /// The maximum cost of the requests of a signer within their lifetime.
    budget: u64,
    /// The requests with their costs.
    requests: BTreeMap<(Time, VerifyingKey, [u8; 16]), u64>,
    spent: BTreeMap<VerifyingKey, u64>,
}

impl ServedRequests {
    pub(super) fn new(budget: u64) -> Self {
        Self { budget, requests: BTreeMap::new(), spent: BTreeMap::new() }
    }

    /// Records a request by its signer, nonce and time, with its cost, at least 1. The signature
    /// and the time must have been checked.
    pub(super) fn admit(
        &mut self,
        (signer, nonce): (&VerifyingKey, [u8; 16]),
        time: Time,
        now: Time,
        cost: u64,
    ) -> Result<(), Refusal> {
        self.forget(now);
        let request = (time, *signer, nonce);
        if self.requests.contains_key(&request) {
            return Err(Refusal::ReplayedRequest);
        }
        let spent = self.spent.get(signer).copied().unwrap_or(0) + cost;
        if spent > self.budget {
            return Err(Refusal::TooManyRequests);
        }
        self.spent.insert(*signer, spent);
        self.requests.insert(request, cost);
        Ok(())
    }

    /// Reduces the cost of an admitted request to the actual one, at least 1.
    pub(super) fn settle(
        &mut self,
        (signer, nonce): (&VerifyingKey, [u8; 16]),
        time: Time,
        actual: u64,
    ) {
        if let Some(cost) = self.requests.get_mut(&(time, *signer, nonce)) {
            let unused = cost.saturating_sub(actual);
            *cost -= unused;
            *self.spent.entry(*signer).or_default() -= unused;
        }
    }

    fn forget(&mut self, now: Time) {
        while let Some(entry) = self.requests.first_entry()
            && entry.key().0.saturating_add(MESSAGE_SKEW) < now
        {
            let ((_, signer, _), cost) = entry.remove_entry();
            let spent = self.spent.entry(signer).or_default();
            *spent -= cost;
            if *spent == 0 {
                self.spent.remove(&signer);
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
        let mut admit = |signer: &_, n, time, now| served.admit((signer, nonce(n)), time, now, 1);
        let (a, b, time) = (signer(1), signer(2), 500_000);
        assert_eq!(admit(&a, 1, time, time - MESSAGE_SKEW), Ok(()));
        for now in [time - MESSAGE_SKEW, time, time + MESSAGE_SKEW] {
            assert_eq!(admit(&a, 1, time, now), Err(Refusal::ReplayedRequest));
        }
        // Another signer, nonce or time is another request.
        assert_eq!(admit(&b, 1, time, time), Ok(()));
        assert_eq!(admit(&a, 2, time, time), Ok(()));
        assert_eq!(admit(&a, 1, time + 1, time), Ok(()));
        let later = time + 2 * MESSAGE_SKEW;
        assert_eq!(admit(&a, 3, later, later), Ok(()));
        assert_eq!(served.requests.len(), 1);
        assert_eq!(served.spent, BTreeMap::from([(a, 1)]));
    }

    #[test]
    fn the_cost_of_remembered_requests_is_bounded_per_signer() {
        let mut served = ServedRequests::new(100);
        let (a, b) = (signer(1), signer(2));
        for i in 0..40 {
            assert_eq!(served.admit((&a, nonce(i)), 0, 0, 2), Ok(()));
        }
        for _ in 0..2 {
            let refused = served.admit((&a, nonce(40)), 0, 0, 21);
            assert_eq!(refused, Err(Refusal::TooManyRequests));
        }
        assert_eq!(served.admit((&a, nonce(40)), 0, 0, 20), Ok(()));
        assert_eq!(served.admit((&b, nonce(0)), 0, 0, 100), Ok(()));
        // A request that cost less than admitted.
        served.settle((&a, nonce(40)), 0, 5);
        served.settle((&a, nonce(40)), 0, 50);
        assert_eq!(served.admit((&a, nonce(41)), 0, 0, 16), Err(Refusal::TooManyRequests));
        assert_eq!(served.admit((&a, nonce(41)), 0, 0, 15), Ok(()));
        let now = MESSAGE_SKEW + 1;
        assert_eq!(served.admit((&a, nonce(40)), now, now, 100), Ok(()));
        assert_eq!(served.requests.len(), 1);
    }
}
