//! The files to share.

use super::Failure;
use crate::files;
use epione::ledger::MAX_ENTRIES;
use epione::protocol::ProtocolError;
use epione::record::{Record, SensitiveCodes};
use sha2::{Digest, Sha256};
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::PathBuf;

/// The default record: synthetic FHIR R4.
const SYNTHETIC: &[u8] = include_bytes!("../../../../vectors/records/stroke.json");
const SYNTHETIC_NAME: &str = "stroke.json (synthetic)";

/// The second record: synthetic FHIR R4.
const FOLLOW_UP: &[u8] = br#"{"resourceType": "Observation", "status": "final",
  "code": {"coding": [{"system": "http://loinc.org", "code": "72107-6", "display": "NIH stroke scale"}]},
  "valueInteger": 3}
"#;

/// A file with the outline of its sections and its SHA-256 digest.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) record: Record,
    pub(super) sha256: String,
}

/// A seekable reader.
pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}
pub(super) type Source = Box<dyn ReadSeek>;

impl Input {
    /// Opens and scans every file, or the synthetic record.
    pub(super) fn open_all(
        paths: &[PathBuf],
        codes: &SensitiveCodes,
    ) -> Result<Vec<Self>, Failure> {
        if paths.is_empty() {
            let source = Box::new(Cursor::new(SYNTHETIC));
            return Ok(vec![Self::new(SYNTHETIC_NAME.to_owned(), source, codes)?]);
        }
        let open = |path: &PathBuf| {
            Self::new(path.display().to_string(), Box::new(files::open(path)?), codes)
        };
        paths.iter().map(open).collect()
    }

    /// Returns the second record.
    pub(super) fn follow_up() -> Result<Self, Failure> {
        let source = Box::new(Cursor::new(FOLLOW_UP));
        Self::new("follow-up.json (synthetic)".to_owned(), source, SensitiveCodes::built_in())
    }

    fn new(name: String, mut source: Source, codes: &SensitiveCodes) -> Result<Self, Failure> {
        let because = |error: ProtocolError| Failure::from(format!("{name}: {error}"));
        let record = Record::scan_with_codes(&mut source, &name, codes)
            .map_err(|error| because(error.into()))?;
        // The index has one more entry, which every record has.
        let (found, cap) = (record.keywords().len(), MAX_ENTRIES - 1);
        if found > cap {
            return Err(because(ProtocolError::TooManyKeywords { found, cap }));
        }
        let sha256 = sha256(&mut source)?;
        Ok(Self { name, source, record, sha256 })
    }
}

/// Returns the SHA-256 digest of a whole stream, in hex.
pub(super) fn sha256(source: &mut (impl Read + Seek)) -> io::Result<String> {
    source.rewind()?;
    let mut hasher = Hashing(Sha256::new());
    io::copy(source, &mut hasher)?;
    source.rewind()?;
    Ok(hex::encode(hasher.0.finalize()))
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
