//! Access to the files that the user names, and to standard output.

use epione::record::SensitiveCodes;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

/// An error that ends the run. Its message is a sentence for the user.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Opens a regular file. The error names the file.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let because = |reason: String| Failure::from(format!("{}: {reason}", path.display()));
    // Opening a named pipe would wait for its writer.
    let metadata = fs::metadata(path).map_err(|error| because(plain(&error)))?;
    if metadata.is_dir() {
        return Err(because("the path is a directory; name the files in it".to_owned()));
    }
    if !metadata.is_file() {
        return Err(because("the path is not a regular file".to_owned()));
    }
    let file = File::open(path).map_err(|error| because(plain(&error)))?;
    Ok(BufReader::new(file))
}

/// Writes to standard output. The reader of a closed pipe, such as `head`, needs no more text.
pub(crate) fn write_stdout(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let reason = format!("standard output cannot be written: {error}");
            Err(io::Error::new(error.kind(), reason))
        }
        _ => Ok(()),
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

/// The option `--sensitive-codes`.
#[derive(Debug, clap::Args)]
pub(crate) struct CodesOption {
    /// Table of codes that restrict a resource, instead of the built-in one: lines of code system,
    /// code or prefix*, and HL7 sensitivity category, separated by tabs
    #[arg(long, value_name = "FILE")]
    sensitive_codes: Option<PathBuf>,
}

impl CodesOption {
    /// Reads the table, or returns the built-in one.
    pub(crate) fn table(&self) -> Result<Cow<'static, SensitiveCodes>, Failure> {
        let Some(path) = &self.sensitive_codes else {
            return Ok(Cow::Borrowed(SensitiveCodes::built_in()));
        };
        let table = SensitiveCodes::read(&mut open(path)?);
        Ok(Cow::Owned(table.map_err(|error| format!("{}: {error}", path.display()))?))
    }
}
