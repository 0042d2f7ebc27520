//! The check of a stream for UTF-8.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use std::str::from_utf8;

/// A reader that counts the bytes that pass through it and checks that they are UTF-8, as JSON
/// requires; the parser decodes kept text only.
pub(super) struct TextReader<R> {
    input: R,
    length: u64,
    /// The start of a character that the end of a read splits, at most 3 bytes.
    split: [u8; 4],
    split_length: usize,
    is_valid: bool,
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, length: 0, split: [0; 4], split_length: 0, is_valid: true }
    }

    /// Returns the number of bytes read so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns `true` if the bytes read so far are UTF-8.
    pub(super) fn is_utf8(&self) -> bool {
        self.is_valid && self.split_length == 0
    }

    fn check(&mut self, mut bytes: &[u8]) {
        while let (1.., [first, rest @ ..]) = (self.split_length, bytes) {
            self.split[self.split_length] = *first;
            self.split_length += 1;
            bytes = rest;
            match from_utf8(&self.split[..self.split_length]) {
                Err(error) if error.error_len().is_none() => {}
                outcome => {
                    self.is_valid &= outcome.is_ok();
                    self.split_length = 0;
                }
            }
        }
        if let Err(error) = from_utf8(bytes) {
            self.is_valid &= error.error_len().is_none();
            let split = &bytes[error.valid_up_to()..];
            if self.is_valid {
                self.split[..split.len()].copy_from_slice(split);
                self.split_length = split.len();
            }
        }
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.length += read as u64;
        if self.is_valid {
            self.check(&buffer[..read]);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads in pieces of `step` bytes.
    fn is_utf8(bytes: &[u8], step: usize) -> bool {
        let mut reader = TextReader::new(bytes);
        let mut piece = vec![0; step];
        while reader.read(&mut piece).is_ok_and(|read| read > 0) {}
        assert_eq!(reader.length(), bytes.len() as u64);
        reader.is_utf8()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_verdict_is_that_of_the_standard_library(
            text in prop::collection::vec(any::<char>(), 0..12),
            at in any::<prop::sample::Index>(),
            with in any::<u8>(),
            keep in any::<prop::sample::Index>(),
        ) {
            let text: String = text.into_iter().collect();
            let mut changed = [text.as_bytes(), b"x"].concat();
            let at = at.index(changed.len());
            changed[at] = with;
            let truncated = &text.as_bytes()[..keep.index(text.len() + 1)];
            for bytes in [text.as_bytes(), &changed, truncated] {
                for step in 1..6 {
                    prop_assert_eq!(is_utf8(bytes, step), from_utf8(bytes).is_ok(), "{}", step);
                }
            }
        }
    }
}
