//! Records: files of any type, split into sections by sensitivity and reassembled byte for byte.
//!
//! A FHIR resource, a bundle, or a list or NDJSON file of resources becomes up to seven sections,
//! one per [`Class`]. A section is a list of byte ranges of the file, its *pieces*, with their
//! offsets. All sections together restore the file byte for byte, and each section is readable
//! alone. A file that is not FHIR is one section.
//!
//! An entry of a bundle belongs to the class of its resource, and bytes between entries are
//! administrative. The class of a resource is the most restricted that applies:
//!
//! 1. *Restricted*, undivided: a security label of HL7 above normal confidentiality or of any
//!    sensitivity policy, in `meta.security`, `securityLabel`, `Composition.confidentiality` or an
//!    inline label of DS4P; an unknown or incomplete label; a clinical code of a sensitive category
//!    ([`SensitiveCodes`]); contradictory duplicate keys; a contained restricted resource. Parsers
//!    differ in which of two equal keys they take, so both apply. A label of a bundle applies to
//!    the whole bundle.
//! 2. *Clinical*: clinical resource types and unknown ones, and resources of patients that state a
//!    diagnosis, a reason or a clinical code.
//! 3. *Financial*, *administrative* or *identity* by resource type.
//!
//! Elements that identify a person (`identifier`, `birthDate`, `address`, names, `display` of
//! references that may name the patient, contained patients) are separated into the identity
//! section, and narratives and attachments into the narrative section. Resources that describe no
//! patient, such as `Organization`, stay undivided. [`Record::findings`] lists the applied rules.
//!
//! # Security
//! The division is heuristic. Names and findings in free text outside narratives (`note`,
//! `valueString`, `description`), in images and in unlisted elements remain in the section of their
//! resource; a code absent from the table is not sensitive. References (`Patient/7`) and logical
//! identifiers stay, and the table of pieces reveals the offsets and lengths of the other sections.
//! Label the data at its source and check the outcome (`epione inspect`) before relying on it.
//!
//! [`Record::scan`] reads the file as a stream and records offsets, and [`Record::section`] streams
//! a section from the file. [`Assembly`] writes sections to their offsets; [`RecordReader`] merges
//! streams of all sections to the stream of the file, which can be hashed and scanned without a
//! copy. Memory grows with the number of pieces, at most 2^20, and of keywords, at most
//! [`MAX_KEYWORDS`] of at most 1 KiB; longer strings are not kept. Numbers and unpaired surrogates
//! are opaque.
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
mod codes;
mod elements;
mod finding;
mod frame;
mod json;
mod labels;
mod outline;
mod position;
mod reader;
mod scan;
mod section;
mod text;

pub use assembly::{Assembly, AssemblyError, Coverage};
pub use class::Class;
pub use codes::{CodesError, SensitiveCodes};
pub use finding::{Finding, Rule};
pub use json::JsonError;
pub use labels::{Confidentiality, SecurityLabel};
pub use reader::RecordReader;
pub use scan::ScanError;
pub use section::{SectionReader, max_section_length};

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

/// The byte range `[start, end)` of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u64,
    end: u64,
}

/// Maximum number of distinct keywords of a file.
pub const MAX_KEYWORDS: usize = 4096;

/// A search keyword: a field and a value of at most 1 KiB, such as `code` and
/// `http://loinc.org|8331-1`.
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
    findings: finding::Findings,
}

impl Record {
    /// Scans a file, in one pass from the position of the reader. A file whose name ends in `.json`
    /// must be JSON. Any other file that is not JSON is one section.
    ///
    /// # Errors
    /// [`ScanError`] if the file is empty, is named `.json` and malformed, has too many entries, or
    /// cannot be read.
    pub fn scan(file: &mut (impl Read + ?Sized), name: &str) -> Result<Self, ScanError> {
        Self::scan_with_codes(file, name, SensitiveCodes::built_in())
    }

    /// [`Self::scan`] with another table of sensitive codes.
    ///
    /// # Errors
    /// The errors of [`Self::scan`].
    pub fn scan_with_codes(
        file: &mut (impl Read + ?Sized),
        name: &str,
        codes: &SensitiveCodes,
    ) -> Result<Self, ScanError> {
        scan::scan(file, name, codes)
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

    /// Iterates over the reasons for the division of the file, with the number of occurrences.
    pub fn findings(&self) -> impl ExactSizeIterator<Item = (&Finding, u64)> {
        self.findings.iter()
    }

    /// Returns the number of bytes of the file in a section.
    pub fn section_length(&self, class: Class) -> u64 {
        let pieces = self.pieces.get(&class).into_iter().flatten();
        pieces.map(|piece| piece.end - piece.start).sum()
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
