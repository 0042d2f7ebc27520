//! The store: atomic uploads, integrity of blocks, and strict manifests.

use epione::algebra::codec::{VERSION, Writer};
use epione::store::{self, CHUNK_SIZE, Cid, DirectoryStore, RecordStore, StoreError};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

struct Fixture {
    directory: tempfile::TempDir,
    store: DirectoryStore,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(directory.path()).unwrap();
        Self { directory, store }
    }

    fn put(&self, object: &[u8]) -> Cid {
        let cid = store::cid_of(&mut &object[..]).unwrap();
        self.store.put(&cid, &mut &object[..]).unwrap();
        cid
    }

    fn read(&self, cid: &Cid) -> Result<Vec<u8>, StoreError> {
        let mut object = Vec::new();
        self.store.read(cid, &mut object).map(|()| object)
    }

    /// The files of the store, without its lock.
    fn files(&self) -> Vec<PathBuf> {
        fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, files) } else { files.push(path) }
            }
        }
        let mut files = Vec::new();
        walk(self.directory.path(), &mut files);
        files.retain(|path| !path.ends_with("lock"));
        files.sort();
        files
    }

    /// Writes a chunk and a manifest with the same bytes to disk under their identifier, bypassing
    /// all checks.
    fn plant(&self, block: &[u8]) -> Cid {
        let cid = store::cid_of_digest(&Sha256::digest(block).into());
        for path in [self.store.block_path(&cid), self.store.manifest_path(&cid)] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, block).unwrap();
        }
        cid
    }
}

/// A crash during an upload leaves staged blocks. Another process that opened the store would
/// remove those of running uploads.
#[test]
fn a_store_is_open_once_and_removes_interrupted_uploads() {
    let fixture = Fixture::new();
    let name = fixture.put(b"object");
    let error = DirectoryStore::open(fixture.directory.path()).unwrap_err().to_string();
    assert!(error.contains("the store is open in another process"), "{error}");
    let Fixture { directory, store } = fixture;
    drop(store);
    let staged = directory.path().join("staging/block");
    fs::write(&staged, noise(1 << 20, 1)).unwrap();
    let store = DirectoryStore::open(directory.path()).unwrap();
    assert!(!staged.exists() && store.contains(&name));
}

/// Pseudorandom bytes, so that no two chunks are equal.
fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn objects_around_the_chunk_boundary_round_trip() {
    let fixture = Fixture::new();
    let sizes = [
        0,
        1,
        2,
        CHUNK_SIZE - 1,
        CHUNK_SIZE,
        CHUNK_SIZE + 1,
        2 * CHUNK_SIZE - 1,
        2 * CHUNK_SIZE,
        2 * CHUNK_SIZE + 1,
        3 * CHUNK_SIZE + 7,
    ];
    for size in sizes {
        let object = noise(size, size as u32);
        let cid = fixture.put(&object);
        assert!(fixture.store.contains(&cid));
        assert!(fixture.read(&cid).unwrap() == object, "{size} bytes");
        assert_eq!(fixture.store.chunks(&cid).unwrap().len(), size.div_ceil(CHUNK_SIZE));
    }
}

#[test]
fn an_identifier_hashes_the_manifest_and_chunks_are_raw_leaves() {
    let fixture = Fixture::new();
    let object = noise(CHUNK_SIZE + 10, 1);
    let cid = fixture.put(&object);
    let chunks = fixture.store.chunks(&cid).unwrap();
    for (chunk, bytes) in chunks.iter().zip(object.chunks(CHUNK_SIZE)) {
        assert_eq!(*chunk, store::cid_of_digest(&Sha256::digest(bytes).into()));
        assert_eq!((chunk.codec(), chunk.hash().code()), (0x55, 0x12));
        assert_eq!(store::digest_of_cid(chunk), Some(Sha256::digest(bytes).into()));
    }
    let manifest = fs::read(fixture.store.manifest_path(&cid)).unwrap();
    assert_eq!(cid, store::cid_of_digest(&Sha256::digest(&manifest).into()));
    let dag_pb = Cid::new_v1(0x70, *cid.hash());
    assert_eq!(store::digest_of_cid(&dag_pb), None, "the codec is not raw");
}

#[test]
fn an_identifier_does_not_depend_on_the_sizes_of_reads() {
    struct ShortReads<R>(R, usize);
    impl<R: Read> Read for ShortReads<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 % 1000 + 1;
            let limit = self.1.min(buffer.len());
            self.0.read(&mut buffer[..limit])
        }
    }
    let object = noise(CHUNK_SIZE + 1234, 2);
    let whole = store::cid_of(&mut &object[..]).unwrap();
    assert_eq!(store::cid_of(&mut ShortReads(&object[..], 0)).unwrap(), whole);
    let fixture = Fixture::new();
    fixture.store.put(&whole, &mut ShortReads(&object[..], 0)).unwrap();
    assert!(fixture.read(&whole).unwrap() == object);
}

#[test]
fn an_upload_with_a_mismatched_identifier_stores_nothing() {
    let fixture = Fixture::new();
    let claimed = store::cid_of(&mut &b"claimed"[..]).unwrap();
    for size in [0, 1, CHUNK_SIZE, 2 * CHUNK_SIZE + 5] {
        let sent = noise(size, 3);
        let error = fixture.store.put(&claimed, &mut &sent[..]).unwrap_err();
        let found = store::cid_of(&mut &sent[..]).unwrap();
        let identified = matches!(&error, StoreError::CidMismatch { expected, found: f }
            if **expected == claimed && **f == found);
        assert!(identified, "{error}");
        assert_eq!(fixture.files(), Vec::<PathBuf>::new(), "{size} bytes");
        assert!(!fixture.store.contains(&claimed) && !fixture.store.contains(&found));
    }
    // One chunk occurs twice in the upload.
    let sent = vec![7; 2 * CHUNK_SIZE];
    assert!(fixture.store.put(&claimed, &mut &sent[..]).is_err());
    assert_eq!(fixture.files(), Vec::<PathBuf>::new());
}

#[test]
fn a_rejected_upload_does_not_change_stored_objects() {
    let fixture = Fixture::new();
    let object = noise(2 * CHUNK_SIZE, 4);
    let cid = fixture.put(&object);
    let before = fixture.files();
    // The upload shares the first chunk with the stored object.
    let sent = [&object[..CHUNK_SIZE], b"something else"].concat();
    let claimed = store::cid_of(&mut &b"claimed"[..]).unwrap();
    assert!(fixture.store.put(&claimed, &mut &sent[..]).is_err());
    assert_eq!(fixture.files(), before);
    assert!(fixture.read(&cid).unwrap() == object);
}

#[test]
fn an_interrupted_upload_stores_nothing() {
    struct Interrupted(Cursor<Vec<u8>>);
    impl Read for Interrupted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("connection lost")),
                read => Ok(read),
            }
        }
    }
    let fixture = Fixture::new();
    let object = noise(2 * CHUNK_SIZE + 1, 5);
    let cid = store::cid_of(&mut &object[..]).unwrap();
    let cut = object[..CHUNK_SIZE + 7].to_vec();
    let error = fixture.store.put(&cid, &mut Interrupted(Cursor::new(cut))).unwrap_err();
    assert_eq!(error.to_string(), "the store could not read or write: connection lost");
    assert!(!fixture.store.contains(&cid));
    assert_eq!(fixture.files(), Vec::<PathBuf>::new(), "no staged file remains");
}

#[test]
fn storing_an_object_is_idempotent() {
    let fixture = Fixture::new();
    let object = noise(CHUNK_SIZE + 5, 6);
    let cid = fixture.put(&object);
    let before = fixture.files();
    let modified = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = before.iter().map(modified).collect();
    fixture.put(&object);
    assert_eq!(fixture.files(), before);
    assert_eq!(before.iter().map(modified).collect::<Vec<_>>(), times);
    assert!(fixture.read(&cid).unwrap() == object);
}

#[test]
fn equal_chunks_are_stored_once() {
    let fixture = Fixture::new();
    let first = noise(CHUNK_SIZE, 7);
    let one = fixture.put(&[&first[..], b"one"].concat());
    assert_eq!(fixture.files().len(), 3);
    let two = fixture.put(&[&first[..], b"two"].concat());
    assert_eq!(fixture.files().len(), 5, "one more chunk and one more manifest");
    let same = fixture.put(&[&first[..], &first[..], &first[..]].concat());
    assert_eq!(fixture.files().len(), 6, "one more manifest");
    assert!(fixture.read(&one).unwrap().ends_with(b"one"));
    assert!(fixture.read(&two).unwrap().ends_with(b"two"));
    assert_eq!(fixture.read(&same).unwrap().len(), 3 * CHUNK_SIZE);
}

#[test]
fn corrupt_blocks_are_identified_and_replaced_by_another_upload() {
    let fixture = Fixture::new();
    let object = noise(2 * CHUNK_SIZE + 100, 8);
    let cid = fixture.put(&object);
    let mut blocks = fixture.store.chunks(&cid).unwrap();
    blocks.push(cid);
    for block in blocks {
        let is_manifest = block == cid;
        let path = match is_manifest {
            true => fixture.store.manifest_path(&block),
            false => fixture.store.block_path(&block),
        };
        let intact = fs::read(&path).unwrap();
        let mut flipped = intact.clone();
        flipped[intact.len() / 3] ^= 0x10;
        let corruptions = [
            flipped,
            intact[..intact.len() - 1].to_vec(),
            vec![],
            [&intact[..], b"\0"].concat(),
            vec![0; 3 * CHUNK_SIZE],
        ];
        for (i, corrupt) in corruptions.iter().enumerate() {
            fs::write(&path, corrupt).unwrap();
            let error = fixture.read(&cid).unwrap_err();
            let identified = matches!(error, StoreError::Corrupt(found) if found == block);
            assert!(identified, "corruption {i}: {error}");
            assert!(error.to_string().contains(&block.to_string()));
            fixture.put(&object);
            assert!(fs::read(&path).unwrap() == intact, "corruption {i} is repaired");
        }
        fs::remove_file(&path).unwrap();
        let error = fixture.read(&cid).unwrap_err();
        assert!(matches!(error, StoreError::Missing(found) if found == block), "{error}");
        fixture.put(&object);
        assert!(fixture.read(&cid).unwrap() == object);
    }
}

#[test]
fn only_verified_blocks_are_written() {
    let fixture = Fixture::new();
    let object = noise(2 * CHUNK_SIZE, 9);
    let cid = fixture.put(&object);
    let second = fixture.store.chunks(&cid).unwrap()[1];
    let path = fixture.store.block_path(&second);
    let mut block = fs::read(&path).unwrap();
    block[0] ^= 1;
    fs::write(&path, block).unwrap();
    let mut written = Vec::new();
    assert!(fixture.store.read(&cid, &mut written).is_err());
    assert!(written == object[..CHUNK_SIZE]);
}

#[test]
fn absent_objects_and_blocks_are_reported() {
    let fixture = Fixture::new();
    let cid = store::cid_of(&mut &b"absent"[..]).unwrap();
    assert!(!fixture.store.contains(&cid));
    assert!(matches!(fixture.read(&cid), Err(StoreError::Missing(found)) if found == cid));
    // The identifier of a chunk identifies a block, not an object.
    let object = fixture.put(b"an object");
    let chunk = fixture.store.chunks(&object).unwrap()[0];
    assert!(matches!(fixture.read(&chunk), Err(StoreError::Missing(found)) if found == chunk));
    assert!(!fixture.store.contains(&chunk));
}

/// Otherwise two small uploads make an object of any length.
#[test]
fn the_bytes_of_a_manifest_uploaded_as_an_object_are_not_a_manifest() {
    let fixture = Fixture::new();
    let chunk = vec![0; CHUNK_SIZE];
    fixture.put(&chunk);
    let hash: [u8; 32] = Sha256::digest(&chunk).into();
    let bomb = manifest(1024 * CHUNK_SIZE as u64, &[hash; 1024]);
    let uploaded = fixture.put(&bomb);
    let name = store::cid_of_digest(&Sha256::digest(&bomb).into());
    assert_eq!(fixture.store.chunks(&uploaded).unwrap(), [name]);
    assert!(!fixture.store.contains(&name));
    assert!(matches!(fixture.read(&name), Err(StoreError::Missing(found)) if found == name));
}

#[test]
fn deletion_keeps_the_chunks_of_other_objects() {
    let mut fixture = Fixture::new();
    let shared = noise(CHUNK_SIZE, 10);
    let kept = fixture.put(&[&shared[..], b"kept"].concat());
    let deleted = fixture.put(&[&shared[..], b"deleted"].concat());
    let files = fixture.files().len();
    fixture.store.retain(&|name| *name == kept).unwrap();
    assert_eq!(fixture.files().len(), files - 2, "one manifest and one chunk");
    assert!(matches!(fixture.read(&deleted), Err(StoreError::Missing(found)) if found == deleted));
    assert!(fixture.read(&kept).unwrap().ends_with(b"kept"));
    fixture.store.retain(&|_| false).unwrap();
    assert!(fixture.files().is_empty());
}

fn manifest(length: u64, chunks: &[[u8; 32]]) -> Vec<u8> {
    let mut w = Writer::default();
    w.u8(VERSION);
    w.u8(0x50);
    w.u64(length);
    w.list(chunks, |w, hash| w.fixed(hash));
    w.finish()
}

#[test]
fn malformed_manifests_are_rejected() {
    let fixture = Fixture::new();
    let chunk = Sha256::digest(b"abc").into();
    fixture.plant(b"abc");
    let honest = manifest(3, &[chunk]);
    assert_eq!(fixture.read(&fixture.plant(&honest)).unwrap(), b"abc");
    let mut version = honest.clone();
    version[0] += 1;
    let mut kind = honest.clone();
    kind[1] = 0x51;
    let mut count = honest.clone();
    count[10..14].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut two = honest.clone();
    two[13] = 2;
    for (case, bytes) in [
        ("unsupported version", version),
        ("another kind", kind),
        ("count of 2^32 - 1", count),
        ("count above the number of digests", two),
        ("trailing byte", [&honest[..], b"\0"].concat()),
        ("truncated", honest[..honest.len() - 1].to_vec()),
        ("empty", vec![]),
        ("three bytes without a chunk", manifest(3, &[])),
        ("three bytes in two chunks", manifest(3, &[chunk, chunk])),
        ("no bytes in one chunk", manifest(0, &[chunk])),
        ("length of 2^64 - 1", manifest(u64::MAX, &[chunk])),
    ] {
        let cid = fixture.plant(&bytes);
        let outcome = fixture.read(&cid);
        assert!(matches!(outcome, Err(StoreError::InvalidManifest(c, _)) if c == cid), "{case}");
        assert!(!fixture.store.contains(&cid), "{case}");
    }
}

/// An object has one identifier: a manifest of another split of the same bytes is invalid.
#[test]
fn manifests_with_mismatched_chunk_lengths_are_rejected() {
    let fixture = Fixture::new();
    let (short, long) = (noise(10, 10), noise(CHUNK_SIZE, 11));
    let [short, long] = [short, long].map(|chunk| {
        fixture.plant(&chunk);
        <[u8; 32]>::from(Sha256::digest(&chunk))
    });
    let size = CHUNK_SIZE as u64;
    for (case, bytes) in [
        ("chunk shorter than declared", manifest(11, &[short])),
        ("chunk longer than declared", manifest(9, &[short])),
        ("short chunk first", manifest(size + 10, &[short, long])),
        ("two short chunks", manifest(size + 1, &[short, short])),
    ] {
        let cid = fixture.plant(&bytes);
        let outcome = fixture.read(&cid);
        assert!(matches!(outcome, Err(StoreError::InvalidManifest(c, _)) if c == cid), "{case}");
    }
    let valid = fixture.plant(&manifest(size + 10, &[long, short]));
    assert_eq!(fixture.read(&valid).unwrap().len(), CHUNK_SIZE + 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn objects_round_trip_under_their_identifier_alone(
        object in prop::collection::vec(any::<u8>(), 0..2000),
        flip in any::<prop::sample::Index>(),
    ) {
        let fixture = Fixture::new();
        let cid = fixture.put(&object);
        prop_assert_eq!(&fixture.read(&cid).unwrap(), &object);
        if !object.is_empty() {
            let mut other = object.clone();
            other[flip.index(object.len())] ^= 1;
            prop_assert_ne!(store::cid_of(&mut &other[..]).unwrap(), cid);
            prop_assert!(fixture.store.put(&cid, &mut &other[..]).is_err());
        }
    }
}
