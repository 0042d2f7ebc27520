//! Cutting objects into named blocks.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use cid::Cid;
use multihash::Multihash;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// The most bytes of a chunk.
pub const CHUNK_SIZE: usize = 1 << 20;

/// The most chunks of an object: 1 TiB.
const MAX_CHUNKS: usize = 1 << 20;

/// The multicodec of a raw leaf, and of SHA-256.
const RAW: u64 = 0x55;
const SHA2_256: u64 = 0x12;

/// The name of a block.
pub(super) fn block_cid(block: &[u8]) -> Cid {
    cid_of_digest(&Sha256::digest(block).into())
}

/// The name of the block with this SHA-256.
pub fn cid_of_digest(hash: &[u8; 32]) -> Cid {
    let hash = Multihash::wrap(SHA2_256, hash).expect("a hash of 32 bytes fits into 64");
    Cid::new_v1(RAW, hash)
}

/// The SHA-256 in a name; `None` for a name that this store never gives.
pub fn digest_of_cid(name: &Cid) -> Option<[u8; 32]> {
    let hash = name.hash().digest().try_into().ok()?;
    (cid_of_digest(&hash) == *name).then_some(hash)
}

/// The list of an object's chunks, itself a block.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Bytes of the object.
    pub(super) length: u64,
    /// SHA-256 of each chunk, in order.
    pub(super) chunks: Vec<[u8; 32]>,
}

impl Canonical for Manifest {
    const KIND: Kind = Kind::StoreManifest;
    fn write(&self, w: &mut Writer) {
        w.u64(self.length);
        w.list(&self.chunks, |w, digest| w.fixed(digest));
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = r.u64()?;
        let chunks = r.list(MAX_CHUNKS, Reader::fixed)?;
        // One length has one number of chunks, so that one object has one name.
        if length.div_ceil(CHUNK_SIZE as u64) != chunks.len() as u64 {
            return Err(DecodeError::Invalid("the length does not fit the number of chunks"));
        }
        Ok(Self { length, chunks })
    }
}

/// Cuts an object, hands out each chunk with its name, and gives the manifest.
pub(super) fn cut(
    object: &mut (impl Read + ?Sized),
    mut each: impl FnMut(&Cid, &[u8]) -> io::Result<()>,
) -> io::Result<Manifest> {
    let mut manifest = Manifest { length: 0, chunks: Vec::new() };
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        Read::take(&mut *object, CHUNK_SIZE as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(manifest);
        }
        if manifest.chunks.len() == MAX_CHUNKS {
            return Err(io::Error::other("an object has at most 1 TiB"));
        }
        let digest = Sha256::digest(&chunk).into();
        each(&cid_of_digest(&digest), &chunk)?;
        manifest.length += chunk.len() as u64;
        manifest.chunks.push(digest);
    }
}

/// The name that an object has in every store. Bounded memory.
///
/// # Errors
/// What reading gives.
pub fn cid_of(object: &mut (impl Read + ?Sized)) -> io::Result<Cid> {
    let mut naming = CidWriter::default();
    io::copy(object, &mut naming)?;
    Ok(naming.finish())
}

/// Computes the name of what is written to it, so that a receiver need not trust the store.
#[derive(Default)]
pub struct CidWriter {
    manifest: Manifest,
    chunk: Sha256,
    filled: usize,
}

impl CidWriter {
    /// The name of all that was written.
    pub fn finish(mut self) -> Cid {
        self.end_chunk();
        block_cid(&self.manifest.to_bytes())
    }

    fn end_chunk(&mut self) {
        if self.filled > 0 {
            self.manifest.chunks.push(self.chunk.finalize_reset().into());
            self.manifest.length += self.filled as u64;
            self.filled = 0;
        }
    }
}

impl Write for CidWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_SIZE - self.filled);
        self.chunk.update(&bytes[..taken]);
        self.filled += taken;
        if self.filled == CHUNK_SIZE {
            self.end_chunk();
        }
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_leaf_has_the_name_that_ipfs_gives_it() {
        // `ipfs add --cid-version 1 --raw-leaves` of the eleven bytes "hello world".
        let expected = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
        assert_eq!(block_cid(b"hello world").to_string(), expected);
    }

    #[test]
    fn lengths_around_the_chunk_border() {
        for (length, chunks) in
            [(0, 0), (1, 1), (CHUNK_SIZE, 1), (CHUNK_SIZE + 1, 2), (2 * CHUNK_SIZE, 2)]
        {
            let mut seen = 0;
            let manifest = cut(&mut &vec![7; length][..], |_, chunk| {
                seen += chunk.len();
                Ok(())
            })
            .unwrap();
            assert_eq!((seen, manifest.chunks.len()), (length, chunks));
            let bytes = manifest.to_bytes();
            assert_eq!(cid_of(&mut &vec![7; length][..]).unwrap(), block_cid(&bytes));
            assert_eq!(Manifest::from_bytes(&bytes).unwrap(), manifest);
        }
        let wrong = Manifest { length: 5, chunks: vec![] };
        assert!(Manifest::from_bytes(&wrong.to_bytes()).is_err());
    }
}
