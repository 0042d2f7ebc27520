//! Progress of operations over many entries.
#![forbid(unsafe_code)]

/// A counter that a long operation advances, such as a progress bar. `()` ignores the progress,
/// `usize` counts the entries.
pub trait Progress {
    /// Counts one more processed entry.
    fn advance(&mut self);
}

impl Progress for () {
    fn advance(&mut self) {}
}

impl Progress for usize {
    fn advance(&mut self) {
        *self += 1;
    }
}
