//! Records: files of any type, split into sections by sensitivity and reassembled byte for byte.
//!
//! A FHIR bundle becomes up to five sections, one per [`Class`]. Each entry belongs to the class
//! of its resource; the bytes between the entries, the *frame*, are administrative. A section is
//! a list of byte ranges of the file, its *pieces*, with their offsets. All sections together
//! restore the file byte for byte, and each section is readable alone. A file that is not FHIR is
//! one section.
//!
//! [`Record::scan`] reads the file as a stream and records offsets, [`Record::section`] streams a
//! section from the file, and [`Assembly`] writes sections to their offsets. Memory grows with the
//! number of entries and the total length of the distinct keywords. During a scan it also holds the
//! codes and labels of one entry, and one string at a time.
//!
//! ```
//! use epione::record::{Assembly, Class, Record};
//! use std::io::{Cursor, Read};
//! let bundle = br#"{"resourceType": "Bundle", "entry": [
//!     {"resource": {"resourceType": "Patient", "name": [{"family": "Byron"}]}},
//!     {"resource": {"resourceType": "Condition", "code": {"coding":
//!         [{"system": "http://snomed.info/sct", "code": "230690007"}]}}} ]}"#;
//! let record = Record::scan(&mut Cursor::new(bundle), "stroke.json").unwrap();
//! assert_eq!(record.classes(), [Class::Identity, Class::Clinical, Class::Administrative]);
//!
//! let mut output = Cursor::new(Vec::new());
//! let mut assembly = Assembly::new(&mut output, record.length());
//! for class in record.classes() {
//!     let mut section = Vec::new();
//!     record.section(class, &mut Cursor::new(bundle)).read_to_end(&mut section).unwrap();
//!     std::io::copy(&mut &section[..], &mut assembly.section()).unwrap();
//! }
//! assert!(assembly.finish().unwrap().is_complete());
//! assert_eq!(output.into_inner(), bundle);
//! ```
#![forbid(unsafe_code)]

mod assembly;
mod class;
mod classify;
mod scan;
mod section;

pub use assembly::{Assembly, AssemblyError, Coverage};
pub use class::Class;
pub use scan::ScanError;
pub use section::SectionReader;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

/// The byte range `[start, end)` of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u64,
    end: u64,
}

/// A search keyword: a field and a value, such as `code` and `http://loinc.org|8331-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyword {
    /// The field: `code` or `type`.
    pub field: &'static str,
    /// The value. A code has the form `system|code` of a FHIR token search.
    pub value: String,
}

/// The outline of a file: the pieces of its sections, and its keywords.
#[derive(Debug, Clone)]
pub struct Record {
    length: u64,
    pieces: BTreeMap<Class, Vec<Piece>>,
    keywords: BTreeSet<Keyword>,
}

impl Record {
    /// Scans a file as a stream. A file whose name ends in `.json` must be JSON. Any other file
    /// that is not JSON is one section.
    ///
    /// # Errors
    /// [`ScanError`] if the file is empty, is named `.json` and malformed, has too many entries, or
    /// cannot be read.
    pub fn scan(file: &mut (impl Read + Seek), name: &str) -> Result<Self, ScanError> {
        scan::scan(file, name)
    }

    /// The length of the file in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns the classes that occur, in the order of [`Class::ALL`].
    pub fn classes(&self) -> Vec<Class> {
        self.pieces.keys().copied().collect()
    }

    /// Iterates over the distinct keywords in ascending order.
    pub fn keywords(&self) -> impl ExactSizeIterator<Item = &Keyword> {
        self.keywords.iter()
    }

    /// Streams the plaintext of a section from the scanned file.
    pub fn section<'a, F: Read + Seek>(
        &self,
        class: Class,
        file: &'a mut F,
    ) -> SectionReader<'a, F> {
        let pieces = self.pieces.get(&class).map_or(&[][..], Vec::as_slice);
        SectionReader::new(file, pieces)
    }
}
