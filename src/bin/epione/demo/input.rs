//! The files to share.

use super::Failure;
use epione::ledger::MAX_ENTRIES;
use epione::protocol::ProtocolError;
use epione::record::Record;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

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
    pub(super) fn open_all(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        if paths.is_empty() {
            let source = Box::new(Cursor::new(SYNTHETIC));
            return Ok(vec![Self::new(SYNTHETIC_NAME.to_owned(), source)?]);
        }
        paths.iter().map(|path| Self::open(path)).collect()
    }

    /// Returns the second record.
    pub(super) fn follow_up() -> Result<Self, Failure> {
        Self::new("follow-up.json (synthetic)".to_owned(), Box::new(Cursor::new(FOLLOW_UP)))
    }

    fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let because = |reason: String| Failure::from(format!("{name}: {reason}"));
        // Opening a named pipe would wait for its writer.
        let metadata = fs::metadata(path).map_err(|error| because(plain(&error)))?;
        if metadata.is_dir() {
            return Err(because("the path is a directory; name the files in it".to_owned()));
        }
        if !metadata.is_file() {
            return Err(because("the path is not a regular file".to_owned()));
        }
        let file = File::open(path).map_err(|error| because(plain(&error)))?;
        Self::new(name.clone(), Box::new(BufReader::new(file)))
    }

    fn new(name: String, mut source: Source) -> Result<Self, Failure> {
        let because = |error: ProtocolError| Failure::from(format!("{name}: {error}"));
        let record = Record::scan(&mut source, &name).map_err(|error| because(error.into()))?;
        // The index has one more entry, which every record has.
        let (found, cap) = (record.keywords().len(), MAX_ENTRIES - 1);
        if found > cap {
            return Err(because(ProtocolError::TooManyKeywords { found, cap }));
        }
        let sha256 = sha256(&mut source)?;
        Ok(Self { name, source, record, sha256 })
    }
}

/// Describes an I/O error without the operating system's error code.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file exists".to_owned(),
        io::ErrorKind::PermissionDenied => "permission to read the file is denied".to_owned(),
        _ => error.to_string(),
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
