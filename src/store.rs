//! Off-chain storage: ciphertext in content-addressed chunks.
//!
//! A [`RecordStore`] keeps *objects* of any length. An object is cut into chunks of at most 1 MiB;
//! each chunk is a block whose name is its CIDv1 (raw codec, SHA-256: what IPFS computes for a raw
//! leaf), and a manifest block lists them. The object's name is the manifest's CID. The uploader
//! computes it first ([`cid_of`]) and the store refuses what does not come out the same; every
//! block is hashed again when it is read.
//!
//! The store is not trusted with anything but availability: it sees ciphertext, and what it returns
//! is checked by its name. Who may upload and fetch is decided one floor up, in the protocol.
//!
//! ```
//! use epione::store::{self, DirectoryStore, RecordStore};
//! let folder = tempfile::tempdir().unwrap();
//! let store = DirectoryStore::open(folder.path()).unwrap();
//! let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
//! store.put(&name, &mut &b"ciphertext"[..]).unwrap();
//! let mut read = Vec::new();
//! store.read(&name, &mut read).unwrap();
//! assert_eq!(read, b"ciphertext");
//! ```
#![forbid(unsafe_code)]

mod chunk;
mod directory;

pub use chunk::{CHUNK_SIZE, CidWriter, cid_of, cid_of_digest, digest_of_cid};
pub use cid::Cid;
pub use directory::DirectoryStore;

use std::io::{self, Read, Write};

/// Why the store did not take or give an object.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The upload hashes to another name than it was offered under.
    #[error("the upload hashes to {found}, not to {expected} as claimed: refused")]
    CidMismatch {
        /// The name claimed.
        expected: Box<Cid>,
        /// The name of what was sent.
        found: Box<Cid>,
    },
    /// A stored block is not what its name says.
    #[error("block {0} was changed in the store: its hash is not its name")]
    Corrupt(Cid),
    /// A block is not there.
    #[error("block {0} is not in the store")]
    Missing(Cid),
    /// A manifest does not decode.
    #[error("{0} is not an object of the store: {1}")]
    InvalidManifest(Cid, crate::error::DecodeError),
    /// The disk or the other side failed.
    #[error("the store could not read or write: {0}")]
    Io(#[from] io::Error),
}

/// Where objects are kept.
pub trait RecordStore {
    /// Stores an object under its name; all or nothing. Storing it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::CidMismatch`] if it hashes to another name, or an I/O error.
    fn put(&self, name: &Cid, object: &mut dyn Read) -> Result<(), StoreError>;

    /// Writes an object out, block by block, each verified before it is written. Only `Ok` says
    /// that all of it came.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Corrupt`] or an I/O error.
    fn read(&self, name: &Cid, object: &mut dyn Write) -> Result<(), StoreError>;

    /// Whether the object's manifest is there.
    fn contains(&self, name: &Cid) -> bool;
}
