//! Journals: the re-encryptions of a proxy before they are reported, and the uploads of a keeper
//! before they are confirmed.
//!
//! ```text
//! file  { length u32, complement u32, entry, SHA-256(entry) }
//! ```
//!
//! The complement is the bitwise complement of the length. An incomplete entry or zeros at the end,
//! as a crash leaves them, are removed. Any other damage is an error, since the entries after it
//! would be lost with it, and the operator restores a copy.
#![forbid(unsafe_code)]

use crate::private_file::{self, LockedFolder};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

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

    /// Replaces all entries, atomically: after a crash, the journal has the old entries or the new
    /// ones.
    ///
    /// # Errors
    /// [`io::Error`]. The journal has the old entries or the new ones, and accepts no further entry
    /// until it is opened again.
    fn replace(&mut self, entries: &mut dyn Iterator<Item = Vec<u8>>) -> io::Result<()>;
}

/// Entries in memory, for tests and simulations: they are lost with the process.
impl Journal for Vec<Vec<u8>> {
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        self.push(entry.to_vec());
        Ok(())
    }

    fn replace(&mut self, entries: &mut dyn Iterator<Item = Vec<u8>>) -> io::Result<()> {
        *self = entries.collect();
        Ok(())
    }
}

/// A journal in a file, which one process opens at a time. An incomplete entry at the end is
/// removed when the file is opened. After a failed append or replacement, the journal accepts
/// no entries until it is opened again: they would follow an incomplete one, or enter a file
/// without a name.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
    failed: bool,
}

impl JournalFile {
    /// Opens a journal, or creates it for the owner alone, and returns its entries.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be read or truncated, is open in another process, or has a
    /// damaged entry.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let path = path.into();
        // A replacement in between would leave the lock with a file that has no name.
        let folder = LockedFolder::of(&path)?;
        let mut file = folder.open(&path)?;
        lock(&file)?;
        drop(folder);
        let mut entries = Vec::new();
        let mut end = 0;
        file.rewind()?;
        while let Some(entry) = read_entry(&mut file)? {
            end += (HEADER + DIGEST) as u64 + entry.len() as u64;
            entries.push(entry);
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok((Self { path, file, failed: false }, entries))
    }
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::other("the journal is open in another process"),
        TryLockError::Error(error) => error,
    })
}

#[cfg(test)]
impl JournalFile {
    /// A journal that continues at the position of a file.
    pub(super) fn at_end(file: File) -> Self {
        Self { path: PathBuf::new(), file, failed: false }
    }
}

impl Journal for JournalFile {
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier append failed; open the journal again"));
        }
        let framed = frame(entry)?;
        self.failed = true;
        self.file.write_all(&framed)?;
        self.file.sync_data()?;
        self.failed = false;
        Ok(())
    }

    fn replace(&mut self, entries: &mut dyn Iterator<Item = Vec<u8>>) -> io::Result<()> {
        self.failed = true;
        self.file = private_file::replace(&self.path, |file| {
            lock(file)?;
            let mut writer = BufWriter::new(file);
            for entry in entries {
                writer.write_all(&frame(&entry)?)?;
            }
            writer.flush()
        })?;
        self.failed = false;
        Ok(())
    }
}

fn frame(entry: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(entry.len()).ok().filter(|n| *n as usize <= MAX_ENTRY);
    let length = length.ok_or_else(|| io::Error::other("a journal entry exceeds 1 MiB"))?;
    let header = [length.to_be_bytes(), (!length).to_be_bytes()].concat();
    Ok([&header, entry, &Sha256::digest(entry)].concat())
}

/// Reads the next entry; `None` at the end and at an incomplete entry.
fn read_entry(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let Some(header) = read_exactly(file, HEADER)? else { return Ok(None) };
    if header == [0; HEADER] && is_zero_to_the_end(file)? {
        return Ok(None);
    }
    let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|i| header[at + i]));
    let length = number(0);
    if length != !number(4) || length as usize > MAX_ENTRY {
        return Err(damaged());
    }
    let Some(mut entry) = read_exactly(file, length as usize + DIGEST)? else { return Ok(None) };
    let digest = entry.split_off(length as usize);
    if Sha256::digest(&entry)[..] == digest[..] { Ok(Some(entry)) } else { Err(damaged()) }
}

/// Returns `true` if the rest of a file is zero, as some file systems leave it after a power
/// failure.
fn is_zero_to_the_end(file: &File) -> io::Result<bool> {
    let position = (&*file).stream_position()?;
    let mut rest = BufReader::new(file).bytes();
    let is_zero = rest.try_fold(true, |is_zero, byte| Ok::<_, io::Error>(is_zero && byte? == 0))?;
    (&*file).seek(SeekFrom::Start(position))?;
    Ok(is_zero)
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
