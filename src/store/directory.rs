//! A store in a directory: one file per block, with the CID as file name.
//!
//! The blocks of an upload are written to a staging directory and synchronised to disk. Once the
//! object's identifier is verified, atomic renames move them into place, the manifest last. After a
//! crash every stored block is whole, and an object is either complete or absent.
#![forbid(unsafe_code)]

use super::chunk::{CHUNK_SIZE, Manifest, block_cid, cid_of_digest, split};
use super::{RecordStore, StoreError};
use crate::algebra::codec::Canonical;
use crate::error::DecodeError;
use cid::Cid;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// Maximum length of a manifest in bytes: version, kind, length, and one digest per chunk.
const MAX_MANIFEST: u64 = 1 << 26;

/// A [`RecordStore`] in a directory.
#[derive(Debug)]
pub struct DirectoryStore {
    blocks: PathBuf,
    staging: PathBuf,
}

impl DirectoryStore {
    /// Opens the store in a directory. Creates the directory if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the directories cannot be created.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let (blocks, staging) = (directory.join("blocks"), directory.join("staging"));
        fs::create_dir_all(&blocks)?;
        fs::create_dir_all(&staging)?;
        Ok(Self { blocks, staging })
    }

    /// Returns the file of a block. The last two characters of the identifier select a
    /// subdirectory.
    pub fn block_path(&self, cid: &Cid) -> PathBuf {
        let text = cid.to_string();
        let shard = &text[text.len() - 2..];
        self.blocks.join(shard).join(&text)
    }

    /// Returns the identifiers of an object's chunks, in order.
    ///
    /// # Errors
    /// As [`RecordStore::read`].
    pub fn chunks(&self, cid: &Cid) -> Result<Vec<Cid>, StoreError> {
        Ok(self.manifest(cid)?.chunks.iter().map(cid_of_digest).collect())
    }

    /// Returns `true` if the block is stored intact. A corrupt block counts as absent and is
    /// replaced.
    fn holds(&self, cid: &Cid, block: &[u8]) -> bool {
        fs::read(self.block_path(cid)).is_ok_and(|stored| stored == block)
    }

    /// Moves a staged block into place by an atomic rename.
    fn commit(&self, cid: &Cid, staged: TempPath) -> io::Result<()> {
        let path = self.block_path(cid);
        fs::create_dir_all(path.parent().expect("a block lies in a subdirectory"))?;
        staged.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Writes a block to the staging directory, invisible to readers.
    fn stage(&self, block: &[u8]) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(&self.staging)?;
        file.write_all(block)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Reads a block of at most `cap` bytes and checks its identifier.
    fn read_block(&self, cid: &Cid, cap: u64) -> Result<Vec<u8>, StoreError> {
        let file = fs::File::open(self.block_path(cid)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing(*cid),
            _ => StoreError::Io(error),
        })?;
        let mut block = Vec::new();
        file.take(cap + 1).read_to_end(&mut block)?;
        if block_cid(&block) == *cid { Ok(block) } else { Err(StoreError::Corrupt(*cid)) }
    }

    fn manifest(&self, cid: &Cid) -> Result<Manifest, StoreError> {
        let block = self.read_block(cid, MAX_MANIFEST)?;
        Manifest::from_bytes(&block).map_err(|error| StoreError::InvalidManifest(*cid, error))
    }
}

impl RecordStore for DirectoryStore {
    fn put(&self, cid: &Cid, object: &mut dyn Read) -> Result<(), StoreError> {
        // No block is moved into place before the identifier is verified. Dropping the handles
        // deletes staged files.
        let mut staged = Vec::new();
        let manifest = split(object, |chunk_cid, chunk| {
            if !self.holds(chunk_cid, chunk) {
                staged.push((*chunk_cid, self.stage(chunk)?.into_temp_path()));
            }
            Ok(())
        })?;
        let block = manifest.to_bytes();
        let found = block_cid(&block);
        if found != *cid {
            let (expected, found) = (Box::new(*cid), Box::new(found));
            return Err(StoreError::CidMismatch { expected, found });
        }
        for (chunk_cid, chunk) in staged {
            self.commit(&chunk_cid, chunk)?;
        }
        if !self.holds(cid, &block) {
            self.commit(cid, self.stage(&block)?.into_temp_path())?;
        }
        Ok(())
    }

    fn read(&self, cid: &Cid, object: &mut dyn Write) -> Result<(), StoreError> {
        let manifest = self.manifest(cid)?;
        let mut remaining = manifest.length;
        for digest in manifest.chunks {
            let chunk = self.read_block(&cid_of_digest(&digest), CHUNK_SIZE as u64)?;
            // Another split of the same bytes would give the object a second identifier.
            if chunk.len() as u64 != remaining.min(CHUNK_SIZE as u64) {
                let error =
                    DecodeError::Invalid("the length of a chunk does not match the manifest");
                return Err(StoreError::InvalidManifest(*cid, error));
            }
            remaining -= chunk.len() as u64;
            object.write_all(&chunk)?;
        }
        Ok(())
    }

    fn contains(&self, cid: &Cid) -> bool {
        self.manifest(cid).is_ok()
    }
}
