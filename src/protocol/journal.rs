//! Journals: the re-encryptions of a proxy before they are reported, and the uploads of a keeper
//! before they are confirmed.
//!
//! ```text
//! file  { length u32, complement u32, entry, SHA-256(entry) }
//! ```
//!
//! The complement is the bitwise complement of the length. A crash leaves an incomplete entry at
//! the end; a damaged one is an error, since the entries after it would be lost with it.
#![forbid(unsafe_code)]

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The maximum length of an entry in bytes.
const MAX_ENTRY: usize = 1 << 20;
const HEADER: usize = 8;
const DIGEST: usize = 32;

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

/// A journal in a file. An incomplete entry at the end is removed when the file is opened. After a
/// failed append, the journal accepts no entries until it is opened again: they would follow an
/// incomplete one.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    failed: bool,
}

impl JournalFile {
    /// Reads the entries of a journal and positions it for the next entry.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be read or truncated, or an entry is damaged.
    pub fn open(mut file: File) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let mut entries = Vec::new();
        let mut end = 0;
        file.rewind()?;
        while let Some(entry) = read_entry(&mut file)? {
            end += (HEADER + DIGEST) as u64 + entry.len() as u64;
            entries.push(entry);
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok((Self { file, failed: false }, entries))
    }
}

#[cfg(test)]
impl JournalFile {
    /// A journal that continues at the position of a file.
    pub(super) fn at_end(file: File) -> Self {
        Self { file, failed: false }
    }
}

impl Journal for JournalFile {
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        let length = u32::try_from(entry.len()).ok().filter(|n| *n as usize <= MAX_ENTRY);
        let length = length.ok_or_else(|| io::Error::other("a journal entry exceeds 1 MiB"))?;
        if self.failed {
            return Err(io::Error::other("an earlier append failed; open the journal again"));
        }
        self.failed = true;
        let header = [length.to_be_bytes(), (!length).to_be_bytes()].concat();
        self.file.write_all(&[&header, entry, &Sha256::digest(entry)].concat())?;
        self.file.sync_data()?;
        self.failed = false;
        Ok(())
    }
}

/// Reads the next entry; `None` at the end and at an incomplete entry.
fn read_entry(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let Some(header) = read_exactly(file, HEADER)? else { return Ok(None) };
    let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|i| header[at + i]));
    let length = number(0);
    if length != !number(4) || length as usize > MAX_ENTRY {
        return Err(damaged());
    }
    let Some(mut entry) = read_exactly(file, length as usize + DIGEST)? else { return Ok(None) };
    let digest = entry.split_off(length as usize);
    if Sha256::digest(&entry)[..] == digest[..] { Ok(Some(entry)) } else { Err(damaged()) }
}

/// Reads a number of bytes; `None` if the file has fewer.
fn read_exactly(file: &mut File, length: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() == length))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "an entry of the journal is damaged; restore a copy")
}
