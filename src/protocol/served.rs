//! The fetches that a store keeper has served, so that none is served twice.
#![forbid(unsafe_code)]

use super::Refusal;
use super::view::MESSAGE_SKEW;
use crate::ledger::Time;
use crate::sign::VerifyingKey;
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of fetches of a signer that a keeper serves within the lifetime of a fetch.
const MAX_SERVED: usize = 1 << 14;

/// The served fetches that are still fresh, by time. A fetch is fresh until its time is
/// [`MESSAGE_SKEW`] ago; later it is refused as stale, and forgotten.
#[derive(Debug, Default)]
pub(super) struct ServedFetches {
    fetches: BTreeSet<(Time, VerifyingKey, [u8; 16])>,
    counts: BTreeMap<VerifyingKey, usize>,
}

impl ServedFetches {
    /// Records a fetch by its signer, nonce and time. The signature and the time must have been
    /// checked.
    pub(super) fn admit(
        &mut self,
        (signer, nonce): (&VerifyingKey, [u8; 16]),
        time: Time,
        now: Time,
    ) -> Result<(), Refusal> {
        self.forget(now);
        let fetch = (time, *signer, nonce);
        if self.fetches.contains(&fetch) {
            return Err(Refusal::ReplayedFetch);
        }
        let count = self.counts.entry(*signer).or_default();
        if *count == MAX_SERVED {
            return Err(Refusal::TooManyFetches);
        }
        *count += 1;
        self.fetches.insert(fetch);
        Ok(())
    }

    fn forget(&mut self, now: Time) {
        while let Some((time, signer, _)) = self.fetches.first().copied()
            && time.saturating_add(MESSAGE_SKEW) < now
        {
            self.fetches.pop_first();
            let count = self.counts.entry(signer).or_default();
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&signer);
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
    fn a_fetch_is_remembered_as_long_as_it_is_fresh_and_then_forgotten() {
        let mut served = ServedFetches::default();
        let mut admit = |signer: &_, n, time, now| served.admit((signer, nonce(n)), time, now);
        let (a, b, time) = (signer(1), signer(2), 500_000);
        assert_eq!(admit(&a, 1, time, time - MESSAGE_SKEW), Ok(()));
        for now in [time - MESSAGE_SKEW, time, time + MESSAGE_SKEW] {
            assert_eq!(admit(&a, 1, time, now), Err(Refusal::ReplayedFetch));
        }
        // Another signer, nonce or time is another fetch.
        assert_eq!(admit(&b, 1, time, time), Ok(()));
        assert_eq!(admit(&a, 2, time, time), Ok(()));
        assert_eq!(admit(&a, 1, time + 1, time), Ok(()));
        let later = time + 2 * MESSAGE_SKEW;
        assert_eq!(admit(&a, 3, later, later), Ok(()));
        assert_eq!(served.fetches.len(), 1);
        assert_eq!(served.counts, BTreeMap::from([(a, 1)]));
    }

    #[test]
    fn the_number_of_remembered_fetches_is_bounded_per_signer() {
        let mut served = ServedFetches::default();
        let (a, b) = (signer(1), signer(2));
        for i in 0..MAX_SERVED {
            assert_eq!(served.admit((&a, nonce(i)), 0, 0), Ok(()));
        }
        for _ in 0..2 {
            let refused = served.admit((&a, nonce(MAX_SERVED)), 0, 0);
            assert_eq!(refused, Err(Refusal::TooManyFetches));
        }
        assert_eq!(served.fetches.len(), MAX_SERVED);
        assert_eq!(served.admit((&b, nonce(0)), 0, 0), Ok(()));
        let now = MESSAGE_SKEW + 1;
        assert_eq!(served.admit((&a, nonce(MAX_SERVED)), now, now), Ok(()));
        assert_eq!(served.fetches.len(), 1);
    }
}
