//! Vectors of eight 64-bit integers, one per lane.

use super::super::batch::SPARE;
use core::arch::x86_64::*;
use std::ops::Range;

/// The number of lanes.
pub(super) const LANES: usize = 8;

/// A 64-bit integer in each lane.
pub(super) type V = __m512i;

/// Returns `true` if this processor has AVX-512F and AVX-512 IFMA.
pub(in super::super) fn available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn zero() -> V {
    _mm512_setzero_si512()
}

/// Broadcasts an integer to every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn splat(integer: u64) -> V {
    _mm512_set1_epi64(integer.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn from_array(integers: &[u64; LANES]) -> V {
    // SAFETY: both types are 64 bytes without padding, and any bits are a register.
    unsafe { core::mem::transmute::<[u64; LANES], V>(*integers) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn to_array(vector: V) -> [u64; LANES] {
    // SAFETY: both types are 64 bytes without padding, and any bits are eight integers.
    unsafe { core::mem::transmute::<V, [u64; LANES]>(vector) }
}

/// Pads a slice of at most eight items to eight.
pub(super) fn padded<T: Copy>(items: &[T], filler: T) -> [T; LANES] {
    core::array::from_fn(|lane| items.get(lane).copied().unwrap_or(filler))
}

/// Computes `count` results eight at a time; `eight` receives the range of indices, at most eight.
///
/// # Panics
/// If [`available`] is `false`; `eight` may rely on it.
pub(super) fn by_eights<R: Copy>(
    count: usize,
    mut eight: impl FnMut(Range<usize>) -> [R; LANES],
) -> Vec<R> {
    assert!(available());
    let mut results = Vec::with_capacity(count.next_multiple_of(LANES) + SPARE);
    for from in (0..count).step_by(LANES) {
        results.extend_from_slice(&eight(from..count.min(from + LANES)));
    }
    results.truncate(count);
    results
}
