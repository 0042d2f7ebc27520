//! The plaintext format of a section: a table of pieces, their bytes, and padding.
//!
//! ```text
//! [version][kind][count u32] { offset u64, length u64 } * count { bytes } * count { 0 } * padding
//! ```
//!
//! The pieces are not empty, disjoint, and in ascending order of their offsets, so sections can be
//! merged as streams. The padding is a function of the table, so the list of pieces determines the
//! encoding.
#![forbid(unsafe_code)]

use super::Piece;
use crate::algebra::codec::{Reader, VERSION, Writer};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Maximum pieces of a record.
pub(super) const MAX_PIECES: usize = 1 << 20;
/// Bytes before the table.
const PREAMBLE: usize = 2 + 4;
/// Bytes of a row of the table.
const ROW: usize = 16;

/// Returns the length of preamble and table, or of the preamble until `head` contains it.
pub(super) fn table_length(head: &[u8]) -> Result<usize, DecodeError> {
    let Some(count) = head.get(2..PREAMBLE) else { return Ok(PREAMBLE) };
    Ok(PREAMBLE + Reader::new(count).count(MAX_PIECES)? * ROW)
}

/// The table of a section, and the length of its padding.
pub(super) struct Table {
    pub(super) pieces: Vec<Piece>,
    pub(super) padding: u64,
}

/// Parses preamble and table of a section of a record of `length` bytes.
pub(super) fn parse_table(head: &[u8], length: u64) -> Result<Table, DecodeError> {
    let mut r = Reader::new(head);
    if r.fixed()? != [VERSION, Kind::RecordSection as u8] {
        return Err(DecodeError::Invalid("the plaintext is not a section"));
    }
    let mut position = 0;
    let pieces = r.list(MAX_PIECES, |r| {
        let (start, bytes) = (r.u64()?, r.u64()?);
        let end = start.checked_add(bytes).filter(|end| bytes > 0 && *end <= length);
        let end = end.ok_or(DecodeError::Invalid("a piece is empty or outside the record"))?;
        if start < position {
            return Err(DecodeError::Invalid("the pieces of a section are not in ascending order"));
        }
        position = end;
        Ok(Piece { start, end })
    })?;
    r.end()?;
    let padding =
        padding(&pieces).ok_or(DecodeError::Invalid("a section exceeds 2^64 - 1 bytes"))?;
    Ok(Table { pieces, padding })
}

/// Returns the length of a section's padding, or `None` if the section would exceed 2^64 bytes.
fn padding(pieces: &[Piece]) -> Option<u64> {
    let content: u64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
    let length = content.checked_add((PREAMBLE + pieces.len() * ROW) as u64)?;
    Some(padme(length)? - length)
}

/// Returns the greatest length of a section of a record of `length` bytes, or `None` if it exceeds
/// 2^64. A piece has at least one byte.
pub fn max_section_length(length: u64) -> Option<u64> {
    let rows = length.min(MAX_PIECES as u64) * ROW as u64;
    padme(length.checked_add(PREAMBLE as u64 + rows)?)
}

/// Rounds a length of at least 2 up (Padmé; Nikitin et al., PETS 2019, Algorithm 1): with
/// `E = floor(log2 L)` and `S = floor(log2 E) + 1`, the last `E - S` bits become zero. The length
/// reveals `O(log log L)` bits, and grows by at most 12 percent. `None` if the result exceeds 64
/// bits.
fn padme(length: u64) -> Option<u64> {
    let exponent = length.ilog2();
    let significant = exponent.ilog2() + 1;
    let mask = (1 << (exponent - significant)) - 1;
    Some(length.checked_add(mask)? & !mask)
}

/// A stream of the plaintext of a section.
pub struct SectionReader<'a, F> {
    table: Cursor<Vec<u8>>,
    file: &'a mut F,
    pieces: Vec<Piece>,
    next: usize,
    remaining: u64,
    padding: u64,
}

impl<'a, F> SectionReader<'a, F> {
    pub(super) fn new(file: &'a mut F, pieces: &[Piece]) -> Self {
        let mut w = Writer::default();
        w.u8(VERSION);
        w.u8(Kind::RecordSection as u8);
        w.list(pieces, |w, piece| {
            w.u64(piece.start);
            w.u64(piece.end - piece.start);
        });
        let table = Cursor::new(w.finish());
        let padding = padding(pieces).expect("a file that was read is shorter than 2^63 bytes");
        Self { table, file, pieces: pieces.to_vec(), next: 0, remaining: 0, padding }
    }

    fn read_padding(&mut self, buffer: &mut [u8]) -> usize {
        let limit = self.padding.min(buffer.len() as u64) as usize;
        buffer[..limit].fill(0);
        self.padding -= limit as u64;
        limit
    }
}

impl<F: Read + Seek> Read for SectionReader<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.table.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        while self.remaining == 0 {
            let Some(piece) = self.pieces.get(self.next) else {
                return Ok(self.read_padding(buffer));
            };
            self.file.seek(SeekFrom::Start(piece.start))?;
            self.remaining = piece.end - piece.start;
            self.next += 1;
        }
        let limit = self.remaining.min(buffer.len() as u64) as usize;
        match self.file.read(&mut buffer[..limit])? {
            // Without this error, the rest of the piece would be lost silently.
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file is shorter than when it was scanned",
            )),
            read => {
                self.remaining -= read as u64;
                Ok(read)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The smallest length, not below the given one, whose mantissa as a floating-point number has
    /// at most as many bits as its exponent.
    fn by_definition(length: u64) -> u64 {
        let fits = |candidate: &u64| {
            let exponent = 63 - candidate.leading_zeros();
            let mantissa = exponent.saturating_sub(candidate.trailing_zeros());
            mantissa <= 32 - exponent.leading_zeros()
        };
        (length..).find(fits).unwrap()
    }

    #[test]
    fn padded_lengths_are_those_of_the_definition() {
        for length in 2..20_000 {
            assert_eq!(padme(length), Some(by_definition(length)), "{length}");
        }
        let distinct: BTreeSet<_> = (2..1 << 16).map(|length| padme(length).unwrap()).collect();
        assert_eq!(distinct.len(), 171);
        assert_eq!(padme(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn padding_adds_at_most_twelve_percent(length in 2..u64::MAX / 2) {
            let padded = padme(length).unwrap();
            prop_assert!(length <= padded && padded - length <= length / 100 * 12 + 12);
            prop_assert_eq!(padme(padded), Some(padded));
        }
    }

    /// Sections of similar length have plaintexts of equal length.
    #[test]
    fn the_length_of_a_section_is_rounded() {
        let length = |bytes: u64| {
            let mut file = Cursor::new(vec![7; bytes as usize]);
            let mut plaintext = Vec::new();
            let pieces = [Piece { start: 0, end: bytes }];
            SectionReader::new(&mut file, &pieces).read_to_end(&mut plaintext).unwrap();
            let content = PREAMBLE + ROW..PREAMBLE + ROW + bytes as usize;
            assert!(plaintext[content.clone()].iter().all(|byte| *byte == 7));
            assert!(plaintext[content.end..].iter().all(|byte| *byte == 0));
            plaintext.len()
        };
        let lengths: BTreeSet<_> = (1000..1100).map(length).collect();
        assert_eq!(lengths, BTreeSet::from([1024, 1088, 1152]));
    }

    #[test]
    fn a_table_of_a_section_beyond_2_to_the_64_bytes_is_rejected() {
        let mut w = Writer::default();
        w.fixed(&[VERSION, Kind::RecordSection as u8]);
        w.list(&[u64::MAX], |w, length| {
            w.u64(0);
            w.u64(*length);
        });
        assert!(parse_table(&w.finish(), u64::MAX).is_err());
    }
}
