//! The wrapper of secret values.
#![forbid(unsafe_code)]

use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A secret value: on the heap, erased on drop, redacted in `Debug`. Byte arrays are compared in
/// constant time.
///
/// It does not protect against swapping, core dumps, copies that the compiler leaves on the stack,
/// or the timing of computations on the value.
pub struct Secret<T: Zeroize>(Box<T>);

impl<T: Zeroize> Secret<T> {
    /// Moves a value to the heap.
    pub fn new(value: T) -> Self {
        Self(Box::new(value))
    }

    /// Borrows the value. The name makes every access easy to find in a review.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Borrows the value mutably.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<const N: usize> PartialEq for Secret<[u8; N]> {
    fn eq(&self, other: &Self) -> bool {
        self.0[..].ct_eq(&other.0[..]).into()
    }
}
impl<const N: usize> Eq for Secret<[u8; N]> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_dropped_value_is_erased() {
        struct Probe<'a>(&'a Cell<bool>);
        impl Zeroize for Probe<'_> {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let erased = Cell::new(false);
        let secret = Secret::new(Probe(&erased));
        assert!(!erased.get());
        drop(secret);
        assert!(erased.get());
    }

    #[test]
    fn debug_output_is_redacted() {
        let secret = Secret::new([0x5a_u8; 32]);
        let shown = format!("{secret:?}");
        assert_eq!(shown, "Secret(..)");
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, Secret::new([0; 32]));
    }
}
