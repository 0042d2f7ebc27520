//! Segments of a stream.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use zeroize::Zeroizing;

/// Splits a reader into segments. Reads one segment ahead to recognise the last one.
pub(super) struct Segments<R> {
    reader: R,
    size: usize,
    /// The current segment, which its consumer may change.
    pub(super) current: Zeroizing<Vec<u8>>,
    ahead: Zeroizing<Vec<u8>>,
}

impl<R: Read> Segments<R> {
    /// Splits a reader into segments of `size` bytes.
    pub(super) fn new(reader: R, size: usize) -> Self {
        Self { reader, size, current: Zeroizing::default(), ahead: Zeroizing::default() }
    }

    /// Makes the next segment the current one, and returns `true` if it is the last.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        if self.current.is_empty() && self.ahead.is_empty() {
            self.fill()?;
        }
        std::mem::swap(&mut self.current, &mut self.ahead);
        self.fill()?;
        Ok(self.ahead.is_empty())
    }

    /// Reads the segment after the current one. The buffer grows by copies that are erased: a
    /// reallocation would leave plaintext in freed memory.
    fn fill(&mut self) -> io::Result<()> {
        let (mut length, capacity) = (0, self.ahead.capacity().min(self.size));
        self.ahead.resize(capacity, 0);
        while length < self.size {
            if length == self.ahead.len() {
                let mut grown = Zeroizing::new(vec![0; (4 * length).clamp(1 << 10, self.size)]);
                grown[..length].copy_from_slice(&self.ahead);
                self.ahead = grown;
            }
            match self.reader.read(&mut self.ahead[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.ahead.truncate(length);
        Ok(())
    }
}
