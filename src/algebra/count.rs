//! Operation counts, for tests that assert documented costs. Other builds compile them away.
#![forbid(unsafe_code)]

/// A counted operation. Single, batch and fixed-base exponentiations count alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) enum Operation {
    /// An exponentiation in G1.
    G1,
    /// An exponentiation in G2.
    G2,
    /// An exponentiation in GT.
    Gt,
    /// A term of a multi-scalar multiplication in G1.
    G1Term,
    /// A term of a multi-scalar multiplication in G2.
    G2Term,
    /// A hash to G1, cached or not.
    HashG1,
    /// A hash to G2.
    HashG2,
    /// A Miller loop.
    Miller,
    /// A final exponentiation.
    Final,
    /// A comparison of points in constant time.
    Equality,
    /// The verification of an Ed25519 signature.
    Signature,
    /// The decoding of an Ed25519 public key, which decompresses a point.
    VerifyingKey,
}

#[cfg(not(test))]
#[inline(always)]
pub(crate) fn count(_: Operation, _: usize) {}

#[cfg(test)]
pub(crate) use counter::count;
#[cfg(test)]
pub(crate) use counter::counted;

#[cfg(test)]
mod counter {
    use super::Operation;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local! {
        static COUNTS: RefCell<BTreeMap<Operation, usize>> =
            const { RefCell::new(BTreeMap::new()) };
    }

    pub(crate) fn count(operation: Operation, times: usize) {
        if times > 0 {
            COUNTS.with_borrow_mut(|counts| *counts.entry(operation).or_insert(0) += times);
        }
    }

    /// Returns the result of a computation and the operations that this thread performed for it.
    pub(crate) fn counted<T>(compute: impl FnOnce() -> T) -> (T, BTreeMap<Operation, usize>) {
        COUNTS.take();
        let value = compute();
        (value, COUNTS.take())
    }
}
