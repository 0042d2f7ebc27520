//! A store in a directory: one file per chunk and one per manifest, with the CID as file name.
//! Chunks and manifests have separate directories, because a manifest that is uploaded as the bytes
//! of an object is a chunk of that object and not itself an object.
//!
//! The blocks of an upload are written to a staging directory and synchronised to disk. Once the
//! object's identifier is verified, atomic renames move them into place, the manifest last. After a
//! crash every stored block is whole, and an object is either complete or absent.
#![forbid(unsafe_code)]

use super::chunk::{CHUNK_SIZE, Manifest, block_cid, cid_of_digest, digest_of_cid, split};
use super::{RecordStore, StoreError};
use crate::algebra::codec::Canonical;
use crate::error::DecodeError;
use cid::Cid;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// Maximum length of a manifest in bytes: version, kind, length, and one digest per chunk.
const MAX_MANIFEST: u64 = 1 << 26;

/// A [`RecordStore`] in a directory.
#[derive(Debug)]
pub struct DirectoryStore {
    blocks: PathBuf,
    manifests: PathBuf,
    staging: PathBuf,
    /// Locked as long as the store is open.
    _lock: File,
}

impl DirectoryStore {
    /// Opens the store in a directory, which one process opens at a time. Creates the directory if
    /// it does not exist, and removes the blocks of interrupted uploads.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the directories cannot be created, or the store is open.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let [blocks, manifests, staging] =
            ["blocks", "manifests", "staging"].map(|name| directory.join(name));
        for directory in [&blocks, &manifests, &staging] {
            fs::create_dir_all(directory)?;
        }
        let _lock = lock(&directory.join("lock"))?;
        for interrupted in fs::read_dir(&staging)? {
            fs::remove_file(interrupted?.path())?;
        }
        Ok(Self { blocks, manifests, staging, _lock })
    }

    /// Returns the file of a chunk.
    pub fn block_path(&self, cid: &Cid) -> PathBuf {
        file_in(&self.blocks, cid)
    }

    /// Returns the file of an object's manifest.
    pub fn manifest_path(&self, cid: &Cid) -> PathBuf {
        file_in(&self.manifests, cid)
    }

    /// Returns the identifiers of an object's chunks, in order.
    ///
    /// # Errors
    /// As [`RecordStore::read`].
    pub fn chunks(&self, cid: &Cid) -> Result<Vec<Cid>, StoreError> {
        Ok(self.manifest(cid)?.chunks.iter().map(cid_of_digest).collect())
    }

    /// Writes a block to the staging directory, invisible to readers.
    fn stage(&self, block: &[u8]) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(&self.staging)?;
        file.write_all(block)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    fn manifest(&self, cid: &Cid) -> Result<Manifest, StoreError> {
        let block = read_block(&self.manifest_path(cid), cid, MAX_MANIFEST)?;
        Manifest::from_bytes(&block).map_err(|error| StoreError::InvalidManifest(*cid, error))
    }
}

fn lock(path: &Path) -> io::Result<File> {
    let file = File::create(path)?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::other("the store is open in another process"),
        TryLockError::Error(error) => error,
    })?;
    Ok(file)
}

/// Returns the file of a block. The last two characters of the identifier select a subdirectory.
fn file_in(directory: &Path, cid: &Cid) -> PathBuf {
    let text = cid.to_string();
    let shard = &text[text.len() - 2..];
    directory.join(shard).join(&text)
}

/// Returns `true` if a block is stored intact. A corrupt block counts as absent and is replaced.
fn holds(path: &Path, block: &[u8]) -> bool {
    fs::read(path).is_ok_and(|stored| stored == block)
}

/// Moves a staged block into place by an atomic rename.
fn commit(path: &Path, staged: TempPath) -> io::Result<()> {
    fs::create_dir_all(path.parent().expect("a block lies in a subdirectory"))?;
    staged.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Reads a block of at most `cap` bytes and checks its identifier.
fn read_block(path: &Path, cid: &Cid, cap: u64) -> Result<Vec<u8>, StoreError> {
    let file = fs::File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing(*cid),
        _ => StoreError::Io(error),
    })?;
    let mut block = Vec::new();
    file.take(cap + 1).read_to_end(&mut block)?;
    if block_cid(&block) == *cid { Ok(block) } else { Err(StoreError::Corrupt(*cid)) }
}

/// Deletes the files of a directory whose names `keep` rejects.
fn delete_unless(directory: &Path, keep: &dyn Fn(&Cid) -> bool) -> io::Result<()> {
    for cid in stored_in(directory)? {
        if !keep(&cid) {
            fs::remove_file(file_in(directory, &cid))?;
        }
    }
    Ok(())
}

/// Returns the identifiers of the blocks in a directory.
fn stored_in(directory: &Path) -> io::Result<Vec<Cid>> {
    let mut all = Vec::new();
    for shard in fs::read_dir(directory)? {
        for file in fs::read_dir(shard?.path())? {
            let name = file?.file_name();
            all.extend(name.to_str().and_then(|name| Cid::try_from(name).ok()));
        }
    }
    Ok(all)
}

impl RecordStore for DirectoryStore {
    fn put(&self, cid: &Cid, object: &mut dyn Read) -> Result<(), StoreError> {
        // No block is moved into place before the identifier is verified. Dropping the handles
        // deletes staged files.
        let mut staged = Vec::new();
        let manifest = split(object, |chunk_cid, chunk| {
            if !holds(&self.block_path(chunk_cid), chunk) {
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
            commit(&self.block_path(&chunk_cid), chunk)?;
        }
        let path = self.manifest_path(cid);
        if !holds(&path, &block) {
            commit(&path, self.stage(&block)?.into_temp_path())?;
        }
        Ok(())
    }

    fn read(&self, cid: &Cid, object: &mut dyn Write) -> Result<(), StoreError> {
        let manifest = self.manifest(cid)?;
        let mut remaining = manifest.length;
        for digest in manifest.chunks {
            let name = cid_of_digest(&digest);
            let chunk = read_block(&self.block_path(&name), &name, CHUNK_SIZE as u64)?;
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

    /// Reads every manifest: chunks that a kept object shares with a deleted one stay.
    fn retain(&mut self, keep: &dyn Fn(&Cid) -> bool) -> Result<(), StoreError> {
        delete_unless(&self.manifests, keep)?;
        let mut referenced = BTreeSet::new();
        for object in stored_in(&self.manifests)? {
            match self.manifest(&object) {
                Ok(manifest) => referenced.extend(manifest.chunks),
                // The chunks of a corrupt manifest are unknown, so none is deleted.
                Err(error) => return Err(error),
            }
        }
        let known = |cid: &Cid| digest_of_cid(cid).is_some_and(|d| referenced.contains(&d));
        Ok(delete_unless(&self.blocks, &known)?)
    }
}
