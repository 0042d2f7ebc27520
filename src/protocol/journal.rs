//! Journals: the re-encryptions of a proxy before they are reported, and the uploads of a keeper
//! before they are confirmed.
//!
//! ```text
//! file  { length u32, entry }
//! ```
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The maximum length of an entry in bytes.
const MAX_ENTRY: usize = 1 << 20;

/// Durable storage of journal entries.
pub trait Journal {
    /// Appends an entry. The entry is durable when the function returns.
    ///
    /// # Errors
    /// [`io::Error`] if the entry may not be durable. The step that it precedes is then not taken.
    fn append(&mut self, entry: &[u8]) -> io::Result<()>;
}

/// Entries in memory, for tests and simulations.
impl Journal for Vec<Vec<u8>> {
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        self.push(entry.to_vec());
        Ok(())
    }
}

/// A journal in a file. An entry that was torn by a crash is removed when the file is opened.
#[derive(Debug)]
pub struct JournalFile(File);

impl JournalFile {
    /// Reads the entries of a journal and positions it for the next entry.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be read or truncated.
    pub fn open(mut file: File) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let mut entries = Vec::new();
        let mut end = 0;
        file.rewind()?;
        while let Some(entry) = read_entry(&mut file)? {
            end += 4 + entry.len() as u64;
            entries.push(entry);
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok((Self(file), entries))
    }
}

impl Journal for JournalFile {
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        let length = u32::try_from(entry.len()).ok().filter(|n| *n as usize <= MAX_ENTRY);
        let length = length.ok_or_else(|| io::Error::other("a journal entry exceeds 1 MiB"))?;
        self.0.write_all(&[&length.to_be_bytes(), entry].concat())?;
        self.0.sync_data()
    }
}

/// Reads the next entry; `None` at the end and at a torn entry.
fn read_entry(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if file.take(4).read(&mut length)? < 4 {
        return Ok(None);
    }
    let length = u64::from(u32::from_be_bytes(length));
    let mut entry = Vec::new();
    file.take(length.min(MAX_ENTRY as u64)).read_to_end(&mut entry)?;
    Ok(Some(entry).filter(|entry| entry.len() as u64 == length))
}
