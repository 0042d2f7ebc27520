//! Data encapsulation: short reads, I/O errors, and modified ciphertexts.

use crate::common::rng;
use epione::algebra::Secret;
use epione::dem::{self, ContentKey, StreamError};
use std::io::{self, Read, Write};

const SEGMENT: usize = 1 << 16;

fn key() -> ContentKey {
    ContentKey::from_secret(Secret::new([5; 32]))
}

/// A reader that returns short reads, each preceded by `ErrorKind::Interrupted`.
struct ShortReads<'a> {
    bytes: &'a [u8],
    piece: usize,
    interrupted: bool,
}

impl Read for ShortReads<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = self.piece.min(buffer.len()).min(self.bytes.len());
        buffer[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes = &self.bytes[length..];
        Ok(length)
    }
}

/// A reader and writer that fails after the given number of bytes.
struct FailsAfter(usize);

impl Read for FailsAfter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.min(buffer.len());
        self.0 -= length;
        if length == 0 { Err(io::Error::other("the disk failed")) } else { Ok(length) }
    }
}
impl Write for FailsAfter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.read(&mut vec![0; buffer.len()])
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_sizes_of_reads_do_not_change_the_result() {
    for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT] {
        let plaintext: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        let whole = dem::seal(&key(), b"c", &plaintext);
        for piece in [777, SEGMENT, 10 * SEGMENT] {
            let mut sealed = Vec::new();
            let mut reader = ShortReads { bytes: &plaintext, piece, interrupted: false };
            dem::seal_stream(&key(), b"c", &mut reader, &mut sealed).unwrap();
            assert!(sealed == whole, "{length} bytes, reads of {piece}");
            let mut opened = Vec::new();
            let mut reader = ShortReads { bytes: &sealed, piece, interrupted: false };
            dem::open_stream(&key(), b"c", &mut reader, &mut opened).unwrap();
            assert!(opened == plaintext, "{length} bytes, reads of {piece}");
        }
    }
}

#[test]
fn modified_truncated_or_extended_ciphertexts_are_rejected() {
    let sealed = dem::seal(&key(), b"c", b"a plaintext of some bytes");
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[position] ^= 1 << bit;
            assert!(dem::open(&key(), b"c", &changed).is_err(), "byte {position}, bit {bit}");
        }
        assert!(dem::open(&key(), b"c", &sealed[..position]).is_err(), "truncated to {position}");
    }
    assert!(dem::open(&key(), b"c", &[&sealed[..], b"x"].concat()).is_err());
    assert!(dem::open(&key(), b"c", &[&sealed[..], &sealed].concat()).is_err());
}

#[test]
fn dropped_repeated_or_reordered_segments_are_rejected() {
    let plaintext: Vec<u8> = (0..3 * SEGMENT + 5).map(|i| (i / SEGMENT) as u8).collect();
    let sealed = dem::seal(&key(), b"c", &plaintext);
    let (header, body) = sealed.split_at(34);
    let parts: Vec<&[u8]> = body.chunks(SEGMENT + 16).collect();
    assert_eq!(parts.len(), 4);
    let orders: [&[usize]; 9] = [
        &[0, 1, 2],
        &[0, 1, 3],
        &[1, 2, 3],
        &[0, 2, 1, 3],
        &[0, 0, 1, 2, 3],
        &[0, 1, 2, 2, 3],
        &[3],
        &[0, 1, 2, 3, 3],
        &[],
    ];
    for order in orders {
        let body: Vec<u8> = order.iter().flat_map(|i| parts[*i]).copied().collect();
        assert!(dem::open(&key(), b"c", &[header, &body].concat()).is_err(), "{order:?}");
    }
    assert!(*dem::open(&key(), b"c", &sealed).unwrap() == plaintext);
}

#[test]
fn io_errors_are_distinct_from_decryption_failures() {
    let sealed = dem::seal(&key(), b"c", &vec![1; 3 * SEGMENT]);
    for bytes in [0, 10, 34, SEGMENT, 2 * SEGMENT + 99] {
        let written = dem::seal_stream(&key(), b"c", &mut FailsAfter(bytes), &mut io::sink());
        assert!(written.is_err(), "reading {bytes}");
        let written =
            dem::seal_stream(&key(), b"c", &mut &[1; 3 * SEGMENT][..], &mut FailsAfter(bytes));
        assert!(written.is_err(), "writing {bytes}");
        let opened = dem::open_stream(&key(), b"c", &mut &sealed[..], &mut FailsAfter(bytes));
        assert!(matches!(opened, Err(StreamError::Io(_))), "{bytes}: {opened:?}");
    }
    let opened = dem::open_stream(&key(), b"c", &mut FailsAfter(10), &mut io::sink());
    assert!(matches!(opened, Err(StreamError::Io(_))));
    let opened = dem::open_stream(&key(), b"c", &mut &sealed[..9], &mut io::sink());
    assert!(matches!(opened, Err(StreamError::Decryption(_))));
}

#[test]
fn only_authenticated_segments_are_written() {
    let sealed = dem::seal(&key(), b"c", &vec![1; 2 * SEGMENT]);
    let mut changed = sealed.clone();
    changed[34 + SEGMENT + 16] ^= 1; // in the second segment
    let mut opened = Vec::new();
    assert!(dem::open_stream(&key(), b"c", &mut &changed[..], &mut opened).is_err());
    assert_eq!(opened.len(), SEGMENT, "the first segment verified before the second failed");
}

#[test]
fn another_key_or_context_does_not_decrypt() {
    let rng = &mut rng(1);
    let (one, two) = (ContentKey::generate(rng), ContentKey::generate(rng));
    assert_ne!(one, two);
    let sealed = dem::seal(&one, b"context", b"text");
    assert!(dem::open(&two, b"context", &sealed).is_err());
    for context in [&b""[..], b"contex", b"context ", b"Context"] {
        assert!(dem::open(&one, context, &sealed).is_err());
        assert_ne!(dem::seal(&one, context, b"text")[34..], sealed[34..], "another cipher key");
    }
    assert_eq!(format!("{one:?}"), "ContentKey(Secret(..))");
}
