//! How many operations a computation takes: counted in tests, where documented costs are asserted.
//!
//! Outside of tests nothing is counted and nothing is left of the calls.
#![forbid(unsafe_code)]

/// What is counted. An exponentiation is one however it is computed: alone, in a list, from a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) enum Operation {
    /// An exponentiation in G1.
    G1,
    /// An exponentiation in G2.
    G2,
    /// An exponentiation in GT.
    Gt,
    /// A term of a sum of products in G1.
    G1Term,
    /// A term of a sum of products in G2.
    G2Term,
    /// A hash to G1, or the memory of one.
    HashG1,
    /// A hash to G2, or the memory of one.
    HashG2,
    /// A Miller loop.
    Miller,
    /// A final exponentiation.
    Final,
}

#[cfg(not(test))]
#[inline(always)]
pub(super) fn count(_: Operation, _: usize) {}

#[cfg(test)]
pub(super) use counter::count;
#[cfg(test)]
pub(crate) use counter::counted;

#[cfg(test)]
mod counter {
    use super::Operation;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local! {
        static COUNTS: RefCell<BTreeMap<Operation, usize>> = const { RefCell::new(BTreeMap::new()) };
    }

    pub(crate) fn count(operation: Operation, times: usize) {
        if times > 0 {
            COUNTS.with_borrow_mut(|counts| *counts.entry(operation).or_insert(0) += times);
        }
    }

    /// What a computation gives, and the operations of this thread that it took.
    pub(crate) fn counted<T>(compute: impl FnOnce() -> T) -> (T, BTreeMap<Operation, usize>) {
        COUNTS.take();
        let value = compute();
        (value, COUNTS.take())
    }
}
