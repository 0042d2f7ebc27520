//! The store in a directory: one file a block, named by its CID.
//!
//! An upload's blocks are staged beside the store and synchronised; once the object's name is known
//! to be right they are renamed to their places, the manifest last. A crash leaves either nothing
//! or whole blocks, and an object is there or not.
#![forbid(unsafe_code)]

use super::chunk::{CHUNK_SIZE, Manifest, block_cid, cid_of_digest, cut};
use super::{RecordStore, StoreError};
use crate::algebra::codec::Canonical;
use crate::error::DecodeError;
use cid::Cid;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// The most bytes of a manifest: version, kind, length and a digest a chunk.
const MAX_MANIFEST: u64 = 1 << 26;

/// A store in one directory.
#[derive(Debug)]
pub struct DirectoryStore {
    blocks: PathBuf,
    staging: PathBuf,
}

impl DirectoryStore {
    /// Opens the store in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let (blocks, staging) = (directory.join("blocks"), directory.join("staging"));
        fs::create_dir_all(&blocks)?;
        fs::create_dir_all(&staging)?;
        Ok(Self { blocks, staging })
    }

    /// The file of a block; two characters of the name's end spread blocks over folders.
    pub fn block_path(&self, name: &Cid) -> PathBuf {
        let text = name.to_string();
        let shard = &text[text.len() - 2..];
        self.blocks.join(shard).join(&text)
    }

    /// The names of an object's chunks, in order.
    ///
    /// # Errors
    /// As [`RecordStore::read`].
    pub fn chunks(&self, name: &Cid) -> Result<Vec<Cid>, StoreError> {
        Ok(self.manifest(name)?.chunks.iter().map(cid_of_digest).collect())
    }

    /// Whether the block is there as it should be; a damaged one counts as absent and is healed.
    fn holds(&self, name: &Cid, block: &[u8]) -> bool {
        fs::read(self.block_path(name)).is_ok_and(|stored| stored == block)
    }

    /// Moves a staged block to its place.
    fn admit(&self, name: &Cid, staged: TempPath) -> io::Result<()> {
        let path = self.block_path(name);
        fs::create_dir_all(path.parent().expect("a block lies in a shard"))?;
        staged.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Writes a block where no reader sees it yet.
    fn stage(&self, block: &[u8]) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(&self.staging)?;
        file.write_all(block)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Reads a block of at most `cap` bytes and checks that it is what its name says.
    fn read_block(&self, name: &Cid, cap: u64) -> Result<Vec<u8>, StoreError> {
        let file = fs::File::open(self.block_path(name)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing(*name),
            _ => StoreError::Io(error),
        })?;
        let mut block = Vec::new();
        file.take(cap + 1).read_to_end(&mut block)?;
        if block_cid(&block) == *name { Ok(block) } else { Err(StoreError::Corrupt(*name)) }
    }

    fn manifest(&self, name: &Cid) -> Result<Manifest, StoreError> {
        let block = self.read_block(name, MAX_MANIFEST)?;
        Manifest::from_bytes(&block).map_err(|error| StoreError::InvalidManifest(*name, error))
    }
}

impl RecordStore for DirectoryStore {
    fn put(&self, name: &Cid, object: &mut dyn Read) -> Result<(), StoreError> {
        // Nothing is admitted before the name is known to be right; what is staged and not
        // admitted goes with its handle.
        let mut staged = Vec::new();
        let manifest = cut(object, |chunk_name, chunk| {
            if !self.holds(chunk_name, chunk) {
                staged.push((*chunk_name, self.stage(chunk)?.into_temp_path()));
            }
            Ok(())
        })?;
        let block = manifest.to_bytes();
        let found = block_cid(&block);
        if found != *name {
            let (expected, found) = (Box::new(*name), Box::new(found));
            return Err(StoreError::CidMismatch { expected, found });
        }
        for (chunk_name, chunk) in staged {
            self.admit(&chunk_name, chunk)?;
        }
        if !self.holds(name, &block) {
            self.admit(name, self.stage(&block)?.into_temp_path())?;
        }
        Ok(())
    }

    fn read(&self, name: &Cid, object: &mut dyn Write) -> Result<(), StoreError> {
        let manifest = self.manifest(name)?;
        let mut remaining = manifest.length;
        for digest in manifest.chunks {
            let chunk = self.read_block(&cid_of_digest(&digest), CHUNK_SIZE as u64)?;
            // Other cuts of the same bytes would be a second name for one object.
            if chunk.len() as u64 != remaining.min(CHUNK_SIZE as u64) {
                let cut = DecodeError::Invalid("a chunk is not as long as the manifest says");
                return Err(StoreError::InvalidManifest(*name, cut));
            }
            remaining -= chunk.len() as u64;
            object.write_all(&chunk)?;
        }
        Ok(())
    }

    fn contains(&self, name: &Cid) -> bool {
        self.manifest(name).is_ok()
    }
}
