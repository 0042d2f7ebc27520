//! Reassembly of a record from its sections.
//!
//! The author of a record controls the tables of its sections, so they are untrusted: each piece
//! must lie within the record, the pieces of a section ascend, pieces must not overlap, and the
//! record is complete only if the pieces cover all of it.
#![forbid(unsafe_code)]

use super::Piece;
use super::section::{MAX_PIECES, Table, parse_table, table_length};
use crate::error::DecodeError;
use std::collections::VecDeque;
use std::io::{self, Seek, SeekFrom, Write};

/// An inconsistency between the sections of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssemblyError {
    /// A section with a malformed table.
    #[error("the table of a section is malformed: {0}")]
    Table(#[from] DecodeError),
    /// A section that ends before its last piece and padding, or has bytes after them.
    #[error("the length of a section does not match its table")]
    Length,
    /// Padding with bytes other than zero.
    #[error("the padding of a section is not zero")]
    Padding,
    /// Sections with more pieces than a record has.
    #[error("the sections have more than {MAX_PIECES} pieces")]
    TooManyPieces,
    /// Two pieces with common bytes.
    #[error("two pieces overlap in the record")]
    Overlap,
    /// Bytes of the record that are in no piece.
    #[error("the sections do not cover the record")]
    Gap,
}

/// The inconsistency becomes the source of an error of kind `InvalidData`.
impl From<AssemblyError> for io::Error {
    fn from(error: AssemblyError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The number of bytes of a record that sections cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Number of bytes written.
    pub written: u64,
    /// Length of the record in bytes.
    pub length: u64,
}

impl Coverage {
    /// Returns `true` if every byte of the record was written.
    pub fn is_complete(self) -> bool {
        self.written == self.length
    }
}

/// The reassembly of a record in an output.
pub struct Assembly<'a, W> {
    output: &'a mut W,
    length: u64,
    pieces: Vec<Piece>,
    /// The number of sections that were started and are not complete.
    unfinished: usize,
}

impl<'a, W: Write + Seek> Assembly<'a, W> {
    /// Starts the reassembly of a record of `length` bytes.
    pub fn new(output: &'a mut W, length: u64) -> Self {
        Self { output, length, pieces: Vec::new(), unfinished: 0 }
    }

    /// Returns a writer for the plaintext of the next section.
    pub fn section(&mut self) -> SectionWriter<'_, 'a, W> {
        self.unfinished += 1;
        SectionWriter {
            assembly: self,
            head: Vec::new(),
            pieces: VecDeque::new(),
            padding: 0,
            table_read: false,
        }
    }

    /// Checks that the sections are complete and disjoint, and returns their coverage.
    ///
    /// # Errors
    /// [`AssemblyError`] if a section is incomplete or pieces overlap.
    pub fn finish(mut self) -> Result<Coverage, AssemblyError> {
        if self.unfinished > 0 {
            return Err(AssemblyError::Length);
        }
        self.pieces.sort_by_key(|piece| piece.start);
        if self.pieces.windows(2).any(|pair| pair[1].start < pair[0].end) {
            return Err(AssemblyError::Overlap);
        }
        let written = self.pieces.iter().map(|piece| piece.end - piece.start).sum();
        Ok(Coverage { written, length: self.length })
    }
}

/// A writer for the plaintext of one section, in writes of any size.
pub struct SectionWriter<'b, 'a, W> {
    assembly: &'b mut Assembly<'a, W>,
    head: Vec<u8>,
    pieces: VecDeque<Piece>,
    padding: u64,
    table_read: bool,
}

impl<W: Write + Seek> SectionWriter<'_, '_, W> {
    /// Consumes bytes of the table until it is complete, and returns their number.
    fn read_table(&mut self, bytes: &[u8]) -> Result<usize, AssemblyError> {
        let missing = table_length(&self.head)? - self.head.len();
        let taken = bytes.len().min(missing);
        self.head.extend_from_slice(&bytes[..taken]);
        if self.head.len() == table_length(&self.head)? {
            let Table { pieces, padding } = parse_table(&self.head, self.assembly.length)?;
            if self.assembly.pieces.len() + pieces.len() > MAX_PIECES {
                return Err(AssemblyError::TooManyPieces);
            }
            self.assembly.pieces.extend(&pieces);
            (self.pieces, self.padding) = (pieces.into(), padding);
            self.table_read = true;
        }
        Ok(taken)
    }

    /// Seeks to the offset of the next piece, or marks a section without padding as complete.
    fn seek_next(&mut self) -> io::Result<()> {
        if let Some(piece) = self.pieces.front() {
            return self.assembly.output.seek(SeekFrom::Start(piece.start)).map(|_| ());
        }
        if self.padding == 0 {
            self.assembly.unfinished -= 1;
        }
        Ok(())
    }

    /// Consumes padding after the last piece, and returns the number of bytes.
    fn skip_padding(&mut self, bytes: &[u8]) -> Result<usize, AssemblyError> {
        let limit = self.padding.min(bytes.len() as u64) as usize;
        if limit == 0 {
            return Err(AssemblyError::Length);
        }
        if bytes[..limit].iter().any(|byte| *byte != 0) {
            return Err(AssemblyError::Padding);
        }
        self.padding -= limit as u64;
        if self.padding == 0 {
            self.assembly.unfinished -= 1;
        }
        Ok(limit)
    }
}

impl<W: Write + Seek> Write for SectionWriter<'_, '_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if !self.table_read {
            let taken = self.read_table(bytes)?;
            if self.table_read {
                self.seek_next()?;
            }
            return Ok(taken);
        }
        let Some(piece) = self.pieces.front_mut() else {
            return Ok(self.skip_padding(bytes)?);
        };
        let limit = (piece.end - piece.start).min(bytes.len() as u64) as usize;
        let written = self.assembly.output.write(&bytes[..limit])?;
        piece.start += written as u64;
        if piece.start == piece.end {
            self.pieces.pop_front();
            self.seek_next()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.assembly.output.flush()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::algebra::codec::VERSION;
    use crate::algebra::tag::Kind;
    use std::io::Cursor;

    /// The plaintext of a section with pieces at these offsets.
    pub(in crate::record) fn section(pieces: &[(u64, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![VERSION, Kind::RecordSection as u8];
        bytes.extend((pieces.len() as u32).to_be_bytes());
        for (offset, content) in pieces {
            bytes.extend(offset.to_be_bytes());
            bytes.extend((content.len() as u64).to_be_bytes());
        }
        bytes.extend(pieces.iter().flat_map(|(_, content)| content.iter().copied()));
        // Padmé for short sections.
        let unit = match bytes.len() {
            ..8 => 1,
            8..32 => 2,
            32..64 => 4,
            64..128 => 8,
            _ => unreachable!("a short section"),
        };
        bytes.resize(bytes.len().next_multiple_of(unit), 0);
        bytes
    }

    /// Reassembles a record of eight bytes, in writes of `step` bytes.
    fn assemble(sections: &[Vec<u8>], step: usize) -> io::Result<(Coverage, Vec<u8>)> {
        let mut output = Cursor::new(Vec::new());
        let mut assembly = Assembly::new(&mut output, 8);
        for section in sections {
            let mut writer = assembly.section();
            section.chunks(step).try_for_each(|chunk| writer.write_all(chunk))?;
        }
        let coverage = assembly.finish().map_err(io::Error::other)?;
        Ok((coverage, output.into_inner()))
    }

    #[test]
    fn writes_of_any_size_reassemble_the_record() {
        let sections = [section(&[(2, b"cd"), (6, b"gh")]), section(&[(0, b"ab"), (4, b"ef")])];
        for step in 1..60 {
            let (coverage, output) = assemble(&sections, step).unwrap();
            assert!(coverage.is_complete());
            assert_eq!(output, b"abcdefgh");
        }
        assert!(!assemble(&sections[..1], 7).unwrap().0.is_complete());
    }

    /// The table of a section with pieces of one byte at every other offset from `start`.
    pub(in crate::record) fn table(start: u64, pieces: usize) -> Vec<u8> {
        let mut bytes = vec![VERSION, Kind::RecordSection as u8];
        bytes.extend((pieces as u32).to_be_bytes());
        for piece in 0..pieces as u64 {
            bytes.extend((start + 2 * piece).to_be_bytes());
            bytes.extend(1_u64.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn sections_with_too_many_pieces_are_rejected() {
        let write = |pieces: [usize; 2]| {
            let mut output = Cursor::new(Vec::new());
            let mut assembly = Assembly::new(&mut output, 1 << 22);
            assembly.section().write_all(&table(0, pieces[0]))?;
            assembly.section().write_all(&table(1, pieces[1]))
        };
        let half = MAX_PIECES / 2;
        assert!(write([half, half]).is_ok());
        let error = write([half, half + 1]).unwrap_err().to_string();
        assert_eq!(error, "the sections have more than 1048576 pieces");
    }

    /// Sections that do not assemble to a record of eight bytes, each with its defect.
    pub(in crate::record) fn malformed_sections() -> Vec<(&'static str, Vec<Vec<u8>>)> {
        let mut longer = section(&[(0, b"ab")]);
        longer.push(b'!');
        // 6 + 16 + 3 bytes and 1 of padding, or two rows with 8 bytes and 2 of padding.
        let padded = || section(&[(0, b"abc")]);
        let rest = || section(&[(3, b"de"), (5, b"fgh")]);
        let changed = |position: usize| {
            let mut section = padded();
            section[position] = 1;
            section
        };
        let mut huge = section(&[]);
        huge[2..6].copy_from_slice(&u32::MAX.to_be_bytes());
        vec![
            ("piece outside the record", vec![section(&[(7, b"ab")])]),
            ("overflowing offset", vec![section(&[(u64::MAX, b"ab")])]),
            ("empty piece", vec![section(&[(3, b"")])]),
            ("overlapping pieces", vec![section(&[(0, b"abc")]), section(&[(2, b"cd")])]),
            ("the same section twice", vec![section(&[(0, b"abcdefgh")]); 2]),
            ("overlapping pieces of one section", vec![section(&[(0, b"abcdef"), (4, b"efgh")])]),
            ("unordered pieces", vec![section(&[(4, b"efgh"), (0, b"abcd")])]),
            ("trailing bytes", vec![longer]),
            ("padding other than zero", vec![changed(25), rest()]),
            ("missing padding", vec![padded()[..25].to_vec(), rest()]),
            ("padding that is too long", vec![[&padded()[..], &[0]].concat(), rest()]),
            ("padding that ends early", vec![padded(), rest()[..44 - 1].to_vec()]),
            ("truncated piece", vec![section(&[(0, b"abcdefgh")])[..29].to_vec()]),
            (
                "truncated section before a complete one",
                vec![section(&[(0, b"abcd")])[..24].to_vec(), section(&[(4, b"efgh")])],
            ),
            ("truncated table", vec![section(&[(0, b"ab")])[..21].to_vec()]),
            ("truncated row count", vec![section(&[(0, b"ab")])[..5].to_vec()]),
            ("empty section", vec![vec![]]),
            ("excessive row count", vec![huge]),
            ("another kind byte", vec![vec![VERSION, 0, 0, 0, 0, 0]]),
            ("another version", vec![vec![0, Kind::RecordSection as u8, 0, 0, 0, 0]]),
        ]
    }

    #[test]
    fn malformed_sections_are_rejected() {
        for (defect, sections) in malformed_sections() {
            assert!(assemble(&sections, 5).is_err(), "{defect}");
        }
    }
}
