//! The record as a stream, merged from streams of its sections.
#![forbid(unsafe_code)]

use super::section::{MAX_PIECES, Table, parse_table, table_length};
use super::{AssemblyError, Piece};
use std::io::{self, Read};

/// A reader of a record from readers of the plaintexts of its sections, in bounded memory.
///
/// The tables of all sections are read and checked first: a record whose pieces do not cover it
/// exactly once is refused before its first byte. The content is read piece by piece. The end of
/// the record, a read of 0 bytes, confirms that every section ended after its last piece and
/// padding. An inconsistency yields an error of kind `InvalidData` with the source
/// [`AssemblyError`].
///
/// [`Assembly`](super::Assembly) writes sections one by one and permits that some are missing.
pub struct RecordReader<R> {
    sections: Vec<Section<R>>,
    /// The pieces of all sections by offset, each with the index of its section.
    pieces: std::vec::IntoIter<(Piece, usize)>,
    current: Option<(Piece, usize)>,
    /// The inconsistency found at the end.
    defect: Option<AssemblyError>,
}

/// A section, of which the table was read.
struct Section<R> {
    plaintext: R,
    /// The bytes of padding that are not read yet.
    padding: u64,
}

impl<R: Read> RecordReader<R> {
    /// Reads the tables of the sections of a record of `length` bytes.
    ///
    /// # Errors
    /// An [`AssemblyError`] if a table is malformed or truncated, or the pieces overlap or do not
    /// cover the record; the error of a section's reader.
    pub fn new(plaintexts: Vec<R>, length: u64) -> io::Result<Self> {
        let mut pieces: Vec<(Piece, usize)> = Vec::new();
        let mut sections = Vec::with_capacity(plaintexts.len());
        for (index, mut plaintext) in plaintexts.into_iter().enumerate() {
            let table = read_table(&mut plaintext, length)?;
            if pieces.len() + table.pieces.len() > MAX_PIECES {
                return Err(AssemblyError::TooManyPieces.into());
            }
            pieces.extend(table.pieces.into_iter().map(|piece| (piece, index)));
            sections.push(Section { plaintext, padding: table.padding });
        }
        pieces.sort_by_key(|(piece, _)| piece.start);
        check_cover(&pieces, length)?;
        Ok(Self { sections, pieces: pieces.into_iter(), current: None, defect: None })
    }

    /// Checks that every section ends with its padding.
    fn check_end(&mut self) -> io::Result<()> {
        for section in &mut self.sections {
            if self.defect.is_none() {
                self.defect = section.read_padding()?.err();
            }
        }
        self.defect.map_or(Ok(()), |defect| Err(defect.into()))
    }
}

impl<R: Read> Section<R> {
    /// Reads the rest of the padding, and the end. After an interruption it is called again.
    fn read_padding(&mut self) -> io::Result<Result<(), AssemblyError>> {
        let mut buffer = [0; 1 << 10];
        while self.padding > 0 {
            let limit = self.padding.min(buffer.len() as u64) as usize;
            let read = self.plaintext.read(&mut buffer[..limit])?;
            if read == 0 {
                return Ok(Err(AssemblyError::Length));
            }
            if buffer[..read].iter().any(|byte| *byte != 0) {
                return Ok(Err(AssemblyError::Padding));
            }
            self.padding -= read as u64;
        }
        let surplus = self.plaintext.read(&mut [0])?;
        Ok(if surplus == 0 { Ok(()) } else { Err(AssemblyError::Length) })
    }
}

/// Reads the table of a section. Memory grows with the bytes read.
fn read_table(section: &mut impl Read, length: u64) -> io::Result<Table> {
    let mut head = Vec::new();
    loop {
        let missing = table_length(&head).map_err(AssemblyError::Table)? - head.len();
        if missing == 0 {
            return Ok(parse_table(&head, length).map_err(AssemblyError::Table)?);
        }
        if section.take(missing as u64).read_to_end(&mut head)? < missing {
            return Err(AssemblyError::Length.into());
        }
    }
}

/// Checks that the pieces, by ascending offset, cover every byte of the record once.
fn check_cover(pieces: &[(Piece, usize)], length: u64) -> Result<(), AssemblyError> {
    let mut position = 0;
    for (piece, _) in pieces {
        if piece.start < position {
            return Err(AssemblyError::Overlap);
        }
        if piece.start > position {
            return Err(AssemblyError::Gap);
        }
        position = piece.end;
    }
    if position == length { Ok(()) } else { Err(AssemblyError::Gap) }
}

impl<R: Read> Read for RecordReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let Some((piece, section)) = self.current.take().or_else(|| self.pieces.next()) else {
            return self.check_end().map(|()| 0);
        };
        // Kept on failure: the read is repeated after an interruption.
        self.current = Some((piece, section));
        let limit = (piece.end - piece.start).min(buffer.len() as u64) as usize;
        let read = self.sections[section].plaintext.read(&mut buffer[..limit])?;
        if read == 0 {
            return Err(AssemblyError::Length.into());
        }
        let rest = Piece { start: piece.start + read as u64, end: piece.end };
        self.current = (rest.start < rest.end).then_some((rest, section));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::assembly::tests::{malformed_sections, section, table};
    use super::*;

    /// Merges the sections of a record of eight bytes, in reads of `step` bytes.
    fn merge(sections: &[Vec<u8>], step: usize) -> io::Result<Vec<u8>> {
        let sections = sections.iter().map(Vec::as_slice).collect();
        let mut reader = RecordReader::new(sections, 8)?;
        let (mut record, mut piece) = (Vec::new(), vec![0; step]);
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(record),
                Ok(read) => record.extend_from_slice(&piece[..read]),
                Err(error) => {
                    assert!(reader.read(&mut piece).is_err(), "the error is final");
                    return Err(error);
                }
            }
        }
    }

    fn cause(error: io::Error) -> AssemblyError {
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        *error
            .into_inner()
            .expect("the cause")
            .downcast::<AssemblyError>()
            .expect("an inconsistency")
    }

    #[test]
    fn sections_in_any_order_merge_to_the_record() {
        let mut sections = vec![
            section(&[(2, b"cd"), (6, b"g")]),
            section(&[(0, b"a"), (1, b"b"), (4, b"ef"), (7, b"h")]),
            section(&[]),
        ];
        for step in 1..12 {
            assert_eq!(merge(&sections, step).ok().as_deref(), Some(&b"abcdefgh"[..]));
            sections.rotate_left(1);
        }
    }

    #[test]
    fn inconsistent_sections_are_rejected_with_their_defect() {
        for (defect, sections) in malformed_sections() {
            assert!(merge(&sections, 5).is_err(), "{defect}");
        }
        let whole = section(&[(0, b"abcdefgh")]);
        let longer = [&whole[..], b"!"].concat();
        // One byte of padding is replaced.
        let padded = |padding: &[u8]| {
            vec![[&section(&[(0, b"abc")])[..25], padding].concat(), section(&[(3, b"defgh")])]
        };
        assert!(merge(&padded(&[0]), 3).is_ok());
        for (expected, sections) in [
            (AssemblyError::Gap, vec![]),
            (AssemblyError::Gap, vec![section(&[(0, b"abc")])]),
            (AssemblyError::Gap, vec![section(&[(1, b"bcdefgh")])]),
            (AssemblyError::Gap, vec![section(&[(0, b"abc"), (4, b"efgh")])]),
            (AssemblyError::Overlap, vec![section(&[(0, b"abcd")]), section(&[(3, b"defgh")])]),
            (AssemblyError::Overlap, vec![whole.clone(), section(&[(7, b"h")])]),
            (AssemblyError::Overlap, vec![whole.clone(), whole.clone()]),
            (AssemblyError::Length, vec![longer]),
            (AssemblyError::Length, vec![whole.clone(), [section(&[]), vec![0]].concat()]),
            (AssemblyError::Length, padded(&[])),
            (AssemblyError::Length, padded(&[0, 0])),
            (AssemblyError::Padding, padded(&[1])),
            (AssemblyError::Length, vec![whole[..whole.len() - 1].to_vec()]),
            (AssemblyError::Length, vec![whole[..9].to_vec()]),
        ] {
            for step in [1, 3, 8, 20] {
                let error = merge(&sections, step).expect_err("the sections are inconsistent");
                assert_eq!(cause(error), expected, "{sections:?}");
            }
        }
        let unordered = section(&[(4, b"efgh"), (0, b"abcd")]);
        let error = cause(merge(&[unordered], 8).expect_err("the pieces are unordered"));
        assert!(error.to_string().contains("ascending order"), "{error}");
    }

    #[test]
    fn merged_sections_with_too_many_pieces_are_rejected() {
        let half = MAX_PIECES / 2;
        let merge = |pieces: [usize; 2], length| {
            let [even, odd] = [table(0, pieces[0]), table(1, pieces[1])];
            RecordReader::new(vec![&even[..], &odd], length).err()
        };
        assert!(merge([half, half], 1 << 20).is_none());
        let error = merge([half, half + 1], 1 << 22).expect("there is one piece too many");
        assert_eq!(cause(error), AssemblyError::TooManyPieces);
    }

    /// A record that does not assemble is refused before a byte of its content is read.
    #[test]
    fn the_cover_is_checked_before_the_content() {
        struct Table(Vec<u8>);
        impl Read for Table {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                assert!(!self.0.is_empty(), "the content is read");
                let read = self.0.as_slice().read(buffer)?;
                self.0.drain(..read);
                Ok(read)
            }
        }
        let table = |pieces: &[(u64, &[u8])]| Table(section(pieces)[..6 + 16].to_vec());
        let sections = vec![table(&[(0, b"abcd")]), table(&[(5, b"fgh")])];
        let error = RecordReader::new(sections, 8).err().expect("the pieces leave a gap");
        assert_eq!(cause(error), AssemblyError::Gap);
    }

    /// As network sources do, sections return fewer bytes than requested and are interrupted.
    #[test]
    fn interrupted_sections_merge_to_the_record() {
        struct Hesitant<'a>(&'a [u8], bool);
        impl Read for Hesitant<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                let most = buffer.len().min(2);
                self.0.read(&mut buffer[..most])
            }
        }
        let sections = [section(&[(0, b"abc"), (6, b"gh")]), section(&[(3, b"def")])];
        let hesitant = sections.iter().map(|section| Hesitant(section, false)).collect();
        let mut record = Vec::new();
        let mut reader = RecordReader::new(hesitant, 8).expect("the sections are consistent");
        reader.read_to_end(&mut record).expect("the sections are consistent");
        assert_eq!(record, b"abcdefgh");
    }
}
