//! Off-chain storage: ciphertexts in content-addressed chunks.
//!
//! A [`RecordStore`] keeps *objects* of any length. An object is split into chunks of at most 1
//! MiB. Each chunk is a block, and its content identifier is a CIDv1 (raw codec, SHA-256), as IPFS
//! computes for a raw leaf. A manifest block lists the length of the object and the SHA-256 of each
//! chunk; the object's identifier is the manifest's CID. The uploader computes it first
//! ([`cid_of`]), and the store rejects an upload that hashes to another identifier. Every read
//! verifies the hash of every block.
//!
//! **Security.** The store is trusted for availability alone: it sees ciphertext, and readers check
//! what it returns against the identifier. The protocol layer authorises uploads and downloads.
//!
//! ```
//! use epione::store::{self, DirectoryStore, RecordStore};
//! let directory = tempfile::tempdir().unwrap();
//! let store = DirectoryStore::open(directory.path()).unwrap();
//! let cid = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
//! store.put(&cid, &mut &b"ciphertext"[..]).unwrap();
//! let mut read = Vec::new();
//! store.read(&cid, &mut read).unwrap();
//! assert_eq!(read, b"ciphertext");
//! ```
#![forbid(unsafe_code)]

mod chunk;
mod directory;

pub use chunk::{CHUNK_SIZE, CidWriter, cid_of, cid_of_digest, digest_of_cid};
pub use cid::Cid;
pub use directory::DirectoryStore;

use std::io::{self, Read, Write};

/// Failure to store or to read an object.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The upload hashes to another identifier than the claimed one.
    #[error("the upload has the identifier {found}, not {expected} as claimed; nothing was stored")]
    CidMismatch {
        /// The claimed identifier.
        expected: Box<Cid>,
        /// The identifier of the uploaded bytes.
        found: Box<Cid>,
    },
    /// A stored block does not hash to its identifier.
    #[error("block {0} is corrupt: its hash differs from its identifier")]
    Corrupt(Cid),
    /// A block is absent.
    #[error("block {0} is not in the store")]
    Missing(Cid),
    /// A block is not a valid manifest.
    #[error("block {0} is not a valid manifest: {1}")]
    InvalidManifest(Cid, crate::error::DecodeError),
    /// Reading or writing failed.
    #[error("the store could not read or write: {0}")]
    Io(#[from] io::Error),
}

/// A store of content-addressed objects.
pub trait RecordStore {
    /// Stores an object under its identifier, atomically. Idempotent.
    ///
    /// # Errors
    /// [`StoreError::CidMismatch`] if the object hashes to another identifier; [`StoreError::Io`].
    fn put(&self, cid: &Cid, object: &mut dyn Read) -> Result<(), StoreError>;

    /// Writes an object to `object`, block by block, each verified before it is written. Only `Ok`
    /// confirms that the object is complete.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Corrupt`], [`StoreError::InvalidManifest`] or
    /// [`StoreError::Io`].
    fn read(&self, cid: &Cid, object: &mut dyn Write) -> Result<(), StoreError>;

    /// Returns `true` if the object's manifest is stored.
    fn contains(&self, cid: &Cid) -> bool;

    /// Deletes the objects that `keep` rejects. Cost: linear in the store.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read or written. Kept objects are not affected.
    fn retain(&mut self, keep: &dyn Fn(&Cid) -> bool) -> Result<(), StoreError>;
}
