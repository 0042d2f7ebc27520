//! Decryption on demand.
#![forbid(unsafe_code)]

use super::segments::{SegmentDecryptor, Segments};
use super::{ContentKey, HEADER, SEGMENT, StreamError, TAG};
use crate::error::DecryptionFailed;
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// Decrypts a stream on demand: reads its header, and returns a reader of the plaintext.
///
/// # Errors
/// [`StreamError::Decryption`] if the header is truncated or another key's; [`StreamError::Io`] if
/// reading fails.
pub fn open_reader<R: Read>(
    key: &ContentKey,
    context: &[u8],
    mut ciphertext: R,
) -> Result<PlaintextReader<R>, StreamError> {
    let mut header = [0; HEADER];
    ciphertext.read_exact(&mut header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => StreamError::Decryption(DecryptionFailed),
        _ => StreamError::Io(error),
    })?;
    let mut decryptor = SegmentDecryptor::new(key, context);
    decryptor.check_header(&header)?;
    let segments = Segments::new(ciphertext, SEGMENT + TAG);
    Ok(PlaintextReader { segments, decryptor, unread: 0..0, is_complete: false })
}

/// A reader of the plaintext of a stream, in bounded memory.
///
/// Every byte read belongs to an authenticated segment. Only the end of the plaintext, a read of 0
/// bytes, confirms that the stream is complete: a truncated or modified ciphertext yields an error
/// of kind `InvalidData` with the source [`DecryptionFailed`], and every later read fails. Discard
/// the plaintext read so far.
pub struct PlaintextReader<R> {
    segments: Segments<R>,
    decryptor: SegmentDecryptor,
    /// The part of the current segment that is decrypted and not yet consumed.
    unread: Range<usize>,
    is_complete: bool,
}

impl<R: Read> PlaintextReader<R> {
    /// Returns the unread part of the current segment, or of the next one if all of it was read;
    /// empty at the end of the plaintext.
    pub(super) fn segment(&mut self) -> Result<&[u8], StreamError> {
        if self.unread.is_empty() && !self.is_complete {
            self.decrypt_next()?;
        }
        Ok(&self.segments.current[self.unread.clone()])
    }

    /// Decrypts the next segment in place.
    fn decrypt_next(&mut self) -> Result<(), StreamError> {
        let is_last = match self.segments.advance() {
            Ok(is_last) => is_last,
            Err(error) => {
                self.decryptor.stop();
                return Err(error.into());
            }
        };
        let segment = &mut *self.segments.current;
        if is_last {
            self.decryptor.decrypt_last(segment)?;
        } else {
            self.decryptor.decrypt_next(segment)?;
        }
        self.unread = 0..segment.len();
        self.is_complete = is_last;
        Ok(())
    }
}

impl<R: Read> BufRead for PlaintextReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.segment()?)
    }

    fn consume(&mut self, amount: usize) {
        self.unread.start = self.unread.end.min(self.unread.start.saturating_add(amount));
    }
}

impl<R: Read> Read for PlaintextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.segment()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::dem::{open, seal};

    fn key() -> ContentKey {
        ContentKey::from_secret(Secret::new([3; 32]))
    }

    /// Reads in pieces of `step` bytes, to the end or to the first error.
    fn read(sealed: &[u8], step: usize) -> (Vec<u8>, io::Result<()>) {
        let mut reader = match open_reader(&key(), b"c", sealed) {
            Ok(reader) => reader,
            Err(error) => return (Vec::new(), Err(error.into())),
        };
        let (mut plaintext, mut piece) = (Vec::new(), vec![0; step]);
        loop {
            match reader.read(&mut piece) {
                Ok(0) => {
                    assert_eq!(reader.read(&mut piece).ok(), Some(0), "the end stays the end");
                    return (plaintext, Ok(()));
                }
                Ok(read) => plaintext.extend_from_slice(&piece[..read]),
                Err(error) => {
                    assert!(reader.read(&mut piece).is_err(), "no read follows a failure");
                    return (plaintext, Err(error));
                }
            }
        }
    }

    #[test]
    fn reads_of_any_size_yield_the_plaintext() {
        for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7] {
            let plaintext: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let sealed = seal(&key(), b"c", &plaintext);
            for step in [7, SEGMENT - 1, SEGMENT, 3 * SEGMENT] {
                let (found, end) = read(&sealed, step);
                assert!(end.is_ok() && found == plaintext, "{length} by {step}");
            }
        }
        let sealed = seal(&key(), b"c", b"abc");
        let mut reader = open_reader(&key(), b"c", &sealed[..]).expect("a stream");
        assert_eq!(reader.read(&mut []).ok(), Some(0));
        reader.consume(usize::MAX);
        assert_eq!(reader.fill_buf().ok(), Some(&b"abc"[..]), "nothing was there to consume");
        reader.consume(usize::MAX);
        assert_eq!(reader.fill_buf().ok(), Some(&b""[..]));
    }

    /// A truncated stream never ends silently, and only plaintext of intact segments is read.
    #[test]
    fn truncated_and_modified_streams_end_with_an_error() {
        let plaintext: Vec<u8> = (0..3 * SEGMENT + 5).map(|i| (i / 7) as u8).collect();
        let sealed = seal(&key(), b"c", &plaintext);
        let segment = |i: usize| HEADER + i * (SEGMENT + TAG);
        let mut cases: Vec<(Vec<u8>, usize)> = Vec::new();
        for i in 0..=3 {
            for length in [segment(i), segment(i) + 1, segment(i) + TAG] {
                // The last complete segment is not the last of the plaintext.
                cases.push((
                    sealed[..length].to_vec(),
                    i.saturating_sub((length == segment(i)).into()),
                ));
            }
            let mut changed = sealed.clone();
            changed[segment(i)] ^= 1;
            cases.push((changed, i));
        }
        cases.push((sealed[..sealed.len() - 1].to_vec(), 3));
        cases.push(([&sealed[..], &sealed[segment(3)..]].concat(), 3));
        for (bytes, intact) in cases {
            let (found, end) = read(&bytes, 1000);
            let error = end.expect_err("the stream is damaged");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            let source = error.into_inner().expect("the cause");
            assert!(source.is::<DecryptionFailed>());
            assert!(found == plaintext[..intact * SEGMENT], "{} of {intact}", found.len());
            assert!(open(&key(), b"c", &bytes).is_err());
        }
    }

    #[test]
    fn errors_of_the_source_are_reported_and_final() {
        let sealed = seal(&key(), b"c", &vec![1; 3 * SEGMENT]);
        let broken = sealed[..2 * SEGMENT].chain(Fails);
        let mut reader = open_reader(&key(), b"c", broken).expect("the header is intact");
        let mut plaintext = Vec::new();
        let error = reader.read_to_end(&mut plaintext).expect_err("the source fails");
        assert_eq!(error.to_string(), "the disk is gone");
        assert!(plaintext.len() <= SEGMENT);
        assert!(reader.fill_buf().is_err());
        assert!(matches!(open_reader(&key(), b"c", Fails), Err(StreamError::Io(_))));
    }

    struct Fails;

    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
}
