//! The store in a directory: one file a block, named by its CID.
//!
//! A block is written to a temporary file, synchronised, and renamed, so that a crash leaves either
//! nothing or a whole block; an object's manifest comes last, so that an object is there or not.
#![forbid(unsafe_code)]

use super::chunk::{CHUNK, Manifest, block_name, cut, name_of_hash};
use super::{RecordStore, StoreError};
use crate::algebra::codec::Canonical;
use crate::error::DecodeError;
use cid::Cid;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The most bytes of a manifest: version, kind, length and a digest a chunk.
const MAX_MANIFEST: u64 = 1 << 26;

/// A store in one directory.
#[derive(Debug)]
pub struct DirectoryStore {
    blocks: PathBuf,
}

impl DirectoryStore {
    /// Opens the store in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let blocks = directory.join("blocks");
        fs::create_dir_all(&blocks)?;
        Ok(Self { blocks })
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
        Ok(self.manifest(name)?.chunks.iter().map(name_of_hash).collect())
    }

    fn write_block(&self, name: &Cid, block: &[u8]) -> io::Result<()> {
        let path = self.block_path(name);
        // The same name means the same bytes, unless the disk lied: then it is written anew.
        if fs::read(&path).is_ok_and(|stored| stored == block) {
            return Ok(());
        }
        let folder = path.parent().expect("a block lies in a shard");
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(block)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Reads a block of at most `cap` bytes and checks that it is what its name says.
    fn read_block(&self, name: &Cid, cap: u64) -> Result<Vec<u8>, StoreError> {
        let file = fs::File::open(self.block_path(name)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing(*name),
            _ => StoreError::Io(error),
        })?;
        let mut block = Vec::new();
        file.take(cap + 1).read_to_end(&mut block)?;
        if block_name(&block) == *name { Ok(block) } else { Err(StoreError::Corrupt(*name)) }
    }

    /// Writes an object's chunks, noting those that are new, and its manifest last.
    fn put_blocks(
        &self,
        name: &Cid,
        object: &mut dyn Read,
        written: &mut Vec<Cid>,
    ) -> Result<(), StoreError> {
        let manifest = cut(object, |chunk_name, chunk| {
            let is_new = !self.block_path(chunk_name).exists();
            self.write_block(chunk_name, chunk)?;
            if is_new {
                written.push(*chunk_name);
            }
            Ok(())
        })?;
        let block = manifest.to_bytes();
        let found = block_name(&block);
        if found != *name {
            let (expected, found) = (Box::new(*name), Box::new(found));
            return Err(StoreError::WrongHash { expected, found });
        }
        Ok(self.write_block(name, &block)?)
    }

    fn manifest(&self, name: &Cid) -> Result<Manifest, StoreError> {
        let block = self.read_block(name, MAX_MANIFEST)?;
        Manifest::from_bytes(&block).map_err(|error| StoreError::NotAnObject(*name, error))
    }
}

impl RecordStore for DirectoryStore {
    fn put(&self, name: &Cid, object: &mut dyn Read) -> Result<(), StoreError> {
        let mut written = Vec::new();
        let outcome = self.put_blocks(name, object, &mut written);
        if outcome.is_err() {
            // What this upload brought goes again; what was there before stays.
            for chunk in written {
                fs::remove_file(self.block_path(&chunk))?;
            }
        }
        outcome
    }

    fn read(&self, name: &Cid, object: &mut dyn Write) -> Result<(), StoreError> {
        let manifest = self.manifest(name)?;
        let mut remaining = manifest.length;
        for digest in manifest.chunks {
            let chunk = self.read_block(&name_of_hash(&digest), CHUNK as u64)?;
            // Other cuts of the same bytes would be a second name for one object.
            if chunk.len() as u64 != remaining.min(CHUNK as u64) {
                let cut = DecodeError::Invalid("a chunk is not as long as the manifest says");
                return Err(StoreError::NotAnObject(*name, cut));
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
