//! The plaintext format of a section: a table of pieces, then their bytes.
//!
//! ```text
//! [version][kind][count u32] { offset u64, length u64 } * count { bytes } * count
//! ```
//!
//! The pieces are not empty, disjoint, and in ascending order of their offsets, so sections can be
//! merged as streams.
#![forbid(unsafe_code)]

use super::Piece;
use crate::algebra::codec::{Reader, VERSION, Writer};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Maximum pieces of a section.
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

/// Parses preamble and table of a section of a record of `length` bytes.
pub(super) fn parse_table(head: &[u8], length: u64) -> Result<Vec<Piece>, DecodeError> {
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
    r.end().map(|()| pieces)
}

/// A stream of the plaintext of a section.
pub struct SectionReader<'a, F> {
    table: Cursor<Vec<u8>>,
    file: &'a mut F,
    pieces: Vec<Piece>,
    next: usize,
    remaining: u64,
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
        Self { table, file, pieces: pieces.to_vec(), next: 0, remaining: 0 }
    }
}

impl<F: Read + Seek> Read for SectionReader<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.table.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        while self.remaining == 0 {
            let Some(piece) = self.pieces.get(self.next) else { return Ok(0) };
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
