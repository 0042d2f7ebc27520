//! Records: any file, cut into sections by sensitivity, and put together again byte for byte.
//!
//! A FHIR bundle becomes up to five sections, one a [`Class`]: each entry goes to the class of its
//! resource, and everything between the entries (the *frame*) is administrative. A section is a
//! list of *pieces* of the file with their offsets, so that the sections together are the file,
//! whatever its spacing, and each alone is readable. A file that is not FHIR is one section.
//!
//! Nothing is loaded whole: [`Record::scan`] streams over the file once and remembers offsets,
//! [`Record::section`] streams a section out of it, and [`Assembly`] writes sections to their
//! places.
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
//! assert!(assembly.finish().unwrap().is_whole());
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

/// A part of the file: `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u64,
    end: u64,
}

/// What can be searched for: a field and a value, as `code` and `http://loinc.org|8331-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyword {
    /// What the value is: `code` or `type`.
    pub field: &'static str,
    /// The value; codes as `system|code`, the form of a FHIR token search.
    pub value: String,
}

/// The outline of a file: where its sections lie and what it can be found by.
#[derive(Debug, Clone)]
pub struct Record {
    length: u64,
    pieces: BTreeMap<Class, Vec<Piece>>,
    keywords: BTreeSet<Keyword>,
}

impl Record {
    /// Streams over a file once. A name that ends in `.json` promises JSON; other files are looked
    /// at and taken as they are.
    ///
    /// # Errors
    /// [`ScanError`]: an empty file, broken JSON under a `.json` name, or a failing read.
    pub fn scan(file: &mut (impl Read + Seek), name: &str) -> Result<Self, ScanError> {
        scan::scan(file, name)
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The classes that occur, in the order of [`Class::ALL`].
    pub fn classes(&self) -> Vec<Class> {
        self.pieces.keys().copied().collect()
    }

    /// The distinct keywords, in order.
    pub fn keywords(&self) -> impl ExactSizeIterator<Item = &Keyword> {
        self.keywords.iter()
    }

    /// The plaintext of a section, streamed out of the file it was scanned from.
    pub fn section<'a, F: Read + Seek>(
        &self,
        class: Class,
        file: &'a mut F,
    ) -> SectionReader<'a, F> {
        let pieces = self.pieces.get(&class).map_or(&[][..], Vec::as_slice);
        SectionReader::new(file, pieces)
    }
}
