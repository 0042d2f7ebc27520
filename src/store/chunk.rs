//! Chunks, manifests and content identifiers.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Codec, Reader, Writer, sequence};
use crate::error::DecodeError;
use cid::Cid;
use multihash::Multihash;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// Maximum length of a chunk in bytes.
pub const CHUNK_SIZE: usize = 1 << 20;

/// Maximum number of chunks of an object (1 TiB).
const MAX_CHUNKS: usize = 1 << 20;

/// The multicodec of raw leaves.
const RAW: u64 = 0x55;
/// The multihash code of SHA-256.
const SHA2_256: u64 = 0x12;

/// Returns the identifier of a block.
pub(super) fn block_cid(block: &[u8]) -> Cid {
    cid_of_digest(&Sha256::digest(block).into())
}

/// Returns the identifier of the block with this SHA-256 digest.
pub fn cid_of_digest(digest: &[u8; 32]) -> Cid {
    let hash = Multihash::wrap(SHA2_256, digest).expect("32 bytes fit into a multihash of 64");
    Cid::new_v1(RAW, hash)
}

/// Returns the SHA-256 digest in an identifier, or `None` if the identifier is not a CIDv1 with the
/// raw codec and SHA-256.
pub fn digest_of_cid(cid: &Cid) -> Option<[u8; 32]> {
    let digest = cid.hash().digest().try_into().ok()?;
    (cid_of_digest(&digest) == *cid).then_some(digest)
}

/// The maximum length of an encoded identifier in bytes.
const MAX_CID: usize = 64;

/// Reading accepts the identifiers of [`cid_of_digest`] only.
impl Codec for Cid {
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.to_bytes());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.bytes(MAX_CID)?;
        let cid = Self::try_from(bytes).ok().filter(|cid| digest_of_cid(cid).is_some());
        cid.filter(|cid| cid.to_bytes() == bytes)
            .ok_or(DecodeError::Invalid("the bytes are not a CIDv1 with raw codec and SHA-256"))
    }
}

/// The list of an object's chunks. Stored as a block.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Length of the object in bytes.
    pub(super) length: u64,
    /// SHA-256 digest of each chunk, in order.
    pub(super) chunks: Vec<[u8; 32]>,
}

sequence!(Canonical for Manifest = StoreManifest {
    length, chunks: list(MAX_CHUNKS),
} => Manifest::check_chunks);

impl Manifest {
    /// The length determines the number of chunks, so that an object has one identifier.
    fn check_chunks(self) -> Result<Self, DecodeError> {
        if self.length.div_ceil(CHUNK_SIZE as u64) == self.chunks.len() as u64 {
            Ok(self)
        } else {
            Err(DecodeError::Invalid("the number of chunks does not match the length"))
        }
    }
}

/// Splits an object into chunks, passes each with its identifier to `each`, and returns the
/// manifest.
pub(super) fn split(
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
            return Err(io::Error::other("the object exceeds 1 TiB"));
        }
        let digest = Sha256::digest(&chunk).into();
        each(&cid_of_digest(&digest), &chunk)?;
        manifest.length += chunk.len() as u64;
        manifest.chunks.push(digest);
    }
}

/// Returns the identifier of an object. Bounded memory.
///
/// # Errors
/// The I/O error of the reader.
pub fn cid_of(object: &mut (impl Read + ?Sized)) -> io::Result<Cid> {
    let mut writer = CidWriter::default();
    io::copy(object, &mut writer)?;
    Ok(writer.finish())
}

/// A writer that computes the identifier of the bytes written to it.
#[derive(Default)]
pub struct CidWriter {
    manifest: Manifest,
    chunk: Sha256,
    filled: usize,
}

impl CidWriter {
    /// Returns the identifier of all bytes written.
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
    fn the_cid_of_a_raw_leaf_matches_ipfs() {
        // `ipfs add --cid-version 1 --raw-leaves` of the eleven bytes "hello world".
        let expected = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
        assert_eq!(block_cid(b"hello world").to_string(), expected);
    }

    #[test]
    fn objects_around_the_chunk_boundary_are_split() {
        for (length, chunks) in
            [(0, 0), (1, 1), (CHUNK_SIZE, 1), (CHUNK_SIZE + 1, 2), (2 * CHUNK_SIZE, 2)]
        {
            let mut seen = 0;
            let manifest = split(&mut &vec![7; length][..], |_, chunk| {
                seen += chunk.len();
                Ok(())
            })
            .unwrap();
            assert_eq!((seen, manifest.chunks.len()), (length, chunks));
            let bytes = manifest.to_bytes();
            assert_eq!(cid_of(&mut &vec![7; length][..]).unwrap(), block_cid(&bytes));
            assert_eq!(Manifest::from_bytes(&bytes).unwrap(), manifest);
        }
        let inconsistent = Manifest { length: 5, chunks: vec![] };
        assert!(Manifest::from_bytes(&inconsistent.to_bytes()).is_err());
    }
}
