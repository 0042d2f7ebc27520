//! The plaintext format of a section: a table of pieces, then their bytes.
//!
//! ```text
//! [version][kind][count u32] { offset u64, length u64 } * count { bytes } * count
//! ```
#![forbid(unsafe_code)]

use super::Piece;
use crate::algebra::codec::{VERSION, Writer};
use crate::algebra::tag::Kind;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Maximum pieces of a section.
pub(super) const MAX_PIECES: usize = 1 << 20;
/// Bytes before the table.
pub(super) const PREAMBLE: usize = 2 + 4;
/// Bytes of a row of the table.
pub(super) const ROW: usize = 16;

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
