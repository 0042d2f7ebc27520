//! The store: all or nothing, and nothing unnoticed.

use epione::algebra::codec::{VERSION, Writer};
use epione::store::{self, CHUNK_SIZE, Cid, DirectoryStore, RecordStore, StoreError};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

struct Shelf {
    folder: tempfile::TempDir,
    store: DirectoryStore,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path()).unwrap();
        Self { folder, store }
    }

    fn put(&self, object: &[u8]) -> Cid {
        let name = store::cid_of(&mut &object[..]).unwrap();
        self.store.put(&name, &mut &object[..]).unwrap();
        name
    }

    fn read(&self, name: &Cid) -> Result<Vec<u8>, StoreError> {
        let mut object = Vec::new();
        self.store.read(name, &mut object).map(|()| object)
    }

    fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, files) } else { files.push(path) }
            }
        }
        let mut files = Vec::new();
        walk(self.folder.path(), &mut files);
        files.sort();
        files
    }

    /// Lays a block on the disk under its right name, past all checks.
    fn plant(&self, block: &[u8]) -> Cid {
        let name = store::cid_of_digest(&Sha256::digest(block).into());
        let path = self.store.block_path(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, block).unwrap();
        name
    }
}

/// Bytes without repetition, so that no two chunks are alike.
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
fn objects_of_all_sizes_around_the_chunk_border_come_back() {
    let shelf = Shelf::new();
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
        let name = shelf.put(&object);
        assert!(shelf.store.contains(&name));
        assert!(shelf.read(&name).unwrap() == object, "{size} bytes");
        assert_eq!(shelf.store.chunks(&name).unwrap().len(), size.div_ceil(CHUNK_SIZE));
    }
}

#[test]
fn a_name_is_the_hash_of_the_manifest_and_chunks_are_raw_leaves() {
    let shelf = Shelf::new();
    let object = noise(CHUNK_SIZE + 10, 1);
    let name = shelf.put(&object);
    let chunks = shelf.store.chunks(&name).unwrap();
    for (chunk, bytes) in chunks.iter().zip(object.chunks(CHUNK_SIZE)) {
        assert_eq!(*chunk, store::cid_of_digest(&Sha256::digest(bytes).into()));
        assert_eq!((chunk.codec(), chunk.hash().code()), (0x55, 0x12));
        assert_eq!(store::digest_of_cid(chunk), Some(Sha256::digest(bytes).into()));
    }
    let manifest = fs::read(shelf.store.block_path(&name)).unwrap();
    assert_eq!(name, store::cid_of_digest(&Sha256::digest(&manifest).into()));
    let dag_pb = Cid::new_v1(0x70, *name.hash());
    assert_eq!(store::digest_of_cid(&dag_pb), None, "a name of another codec is not of this store");
}

/// A reader that gives a byte, or a few, at a time has the same name as the whole.
#[test]
fn a_name_does_not_depend_on_the_sizes_of_reads() {
    struct Dribble<R>(R, usize);
    impl<R: Read> Read for Dribble<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 % 1000 + 1;
            let limit = self.1.min(buffer.len());
            self.0.read(&mut buffer[..limit])
        }
    }
    let object = noise(CHUNK_SIZE + 1234, 2);
    let whole = store::cid_of(&mut &object[..]).unwrap();
    assert_eq!(store::cid_of(&mut Dribble(&object[..], 0)).unwrap(), whole);
    let shelf = Shelf::new();
    shelf.store.put(&whole, &mut Dribble(&object[..], 0)).unwrap();
    assert!(shelf.read(&whole).unwrap() == object);
}

#[test]
fn an_upload_under_a_wrong_name_leaves_nothing_behind() {
    let shelf = Shelf::new();
    let promised = store::cid_of(&mut &b"promised"[..]).unwrap();
    for size in [0, 1, CHUNK_SIZE, 2 * CHUNK_SIZE + 5] {
        let sent = noise(size, 3);
        let error = shelf.store.put(&promised, &mut &sent[..]).unwrap_err();
        let found = store::cid_of(&mut &sent[..]).unwrap();
        let named = matches!(&error, StoreError::CidMismatch { expected, found: f }
            if **expected == promised && **f == found);
        assert!(named, "{error}");
        assert_eq!(shelf.files(), Vec::<PathBuf>::new(), "{size} bytes");
        assert!(!shelf.store.contains(&promised) && !shelf.store.contains(&found));
    }
    // The same chunk twice in one upload.
    let sent = vec![7; 2 * CHUNK_SIZE];
    assert!(shelf.store.put(&promised, &mut &sent[..]).is_err());
    assert_eq!(shelf.files(), Vec::<PathBuf>::new());
}

#[test]
fn a_wrong_upload_does_not_touch_what_was_there_before() {
    let shelf = Shelf::new();
    let object = noise(2 * CHUNK_SIZE, 4);
    let name = shelf.put(&object);
    let before = shelf.files();
    // It shares the first chunk.
    let sent = [&object[..CHUNK_SIZE], b"something else"].concat();
    let promised = store::cid_of(&mut &b"promised"[..]).unwrap();
    assert!(shelf.store.put(&promised, &mut &sent[..]).is_err());
    assert_eq!(shelf.files(), before);
    assert!(shelf.read(&name).unwrap() == object);
}

#[test]
fn an_upload_that_breaks_off_is_no_object() {
    struct BreaksOff(Cursor<Vec<u8>>);
    impl Read for BreaksOff {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("the line is dead")),
                read => Ok(read),
            }
        }
    }
    let shelf = Shelf::new();
    let object = noise(2 * CHUNK_SIZE + 1, 5);
    let name = store::cid_of(&mut &object[..]).unwrap();
    let cut = object[..CHUNK_SIZE + 7].to_vec();
    let error = shelf.store.put(&name, &mut BreaksOff(Cursor::new(cut))).unwrap_err();
    assert_eq!(error.to_string(), "the store could not read or write: the line is dead");
    assert!(!shelf.store.contains(&name));
    assert_eq!(shelf.files(), Vec::<PathBuf>::new(), "nothing of it stays");
}

#[test]
fn storing_an_object_again_changes_nothing() {
    let shelf = Shelf::new();
    let object = noise(CHUNK_SIZE + 5, 6);
    let name = shelf.put(&object);
    let before = shelf.files();
    let modified = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = before.iter().map(modified).collect();
    shelf.put(&object);
    assert_eq!(shelf.files(), before);
    assert_eq!(before.iter().map(modified).collect::<Vec<_>>(), times);
    assert!(shelf.read(&name).unwrap() == object);
}

#[test]
fn objects_share_equal_chunks() {
    let shelf = Shelf::new();
    let first = noise(CHUNK_SIZE, 7);
    let one = shelf.put(&[&first[..], b"one"].concat());
    assert_eq!(shelf.files().len(), 3);
    let two = shelf.put(&[&first[..], b"two"].concat());
    assert_eq!(shelf.files().len(), 5, "one more chunk and one more manifest");
    let same = shelf.put(&[&first[..], &first[..], &first[..]].concat());
    assert_eq!(shelf.files().len(), 6, "one more manifest");
    assert!(shelf.read(&one).unwrap().ends_with(b"one"));
    assert!(shelf.read(&two).unwrap().ends_with(b"two"));
    assert_eq!(shelf.read(&same).unwrap().len(), 3 * CHUNK_SIZE);
}

#[test]
fn damage_is_named_by_block_and_healed_by_storing_again() {
    let shelf = Shelf::new();
    let object = noise(2 * CHUNK_SIZE + 100, 8);
    let name = shelf.put(&object);
    let mut blocks = shelf.store.chunks(&name).unwrap();
    blocks.push(name);
    for block in blocks {
        let path = shelf.store.block_path(&block);
        let intact = fs::read(&path).unwrap();
        let mut flipped = intact.clone();
        flipped[intact.len() / 3] ^= 0x10;
        let damages = [
            flipped,
            intact[..intact.len() - 1].to_vec(),
            vec![],
            [&intact[..], b"\0"].concat(),
            vec![0; 3 * CHUNK_SIZE],
        ];
        for (i, damage) in damages.iter().enumerate() {
            fs::write(&path, damage).unwrap();
            let error = shelf.read(&name).unwrap_err();
            let named = matches!(error, StoreError::Corrupt(found) if found == block);
            assert!(named, "damage {i}: {error}");
            assert!(error.to_string().contains(&block.to_string()));
            shelf.put(&object);
            assert!(fs::read(&path).unwrap() == intact, "damage {i} is healed");
        }
        fs::remove_file(&path).unwrap();
        let error = shelf.read(&name).unwrap_err();
        assert!(matches!(error, StoreError::Missing(found) if found == block), "{error}");
        shelf.put(&object);
        assert!(shelf.read(&name).unwrap() == object);
    }
}

#[test]
fn only_verified_blocks_are_written_out() {
    let shelf = Shelf::new();
    let object = noise(2 * CHUNK_SIZE, 9);
    let name = shelf.put(&object);
    let second = shelf.store.chunks(&name).unwrap()[1];
    let path = shelf.store.block_path(&second);
    let mut block = fs::read(&path).unwrap();
    block[0] ^= 1;
    fs::write(&path, block).unwrap();
    let mut written = Vec::new();
    assert!(shelf.store.read(&name, &mut written).is_err());
    assert!(written == object[..CHUNK_SIZE]);
}

#[test]
fn what_is_not_there_is_missing() {
    let shelf = Shelf::new();
    let name = store::cid_of(&mut &b"nowhere"[..]).unwrap();
    assert!(!shelf.store.contains(&name));
    assert!(matches!(shelf.read(&name), Err(StoreError::Missing(found)) if found == name));
    // A chunk's name names a block and no object.
    let object = shelf.put(b"an object");
    let chunk = shelf.store.chunks(&object).unwrap()[0];
    assert!(
        matches!(shelf.read(&chunk), Err(StoreError::InvalidManifest(found, _)) if found == chunk)
    );
    assert!(!shelf.store.contains(&chunk));
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
fn hostile_manifests_are_refused() {
    let shelf = Shelf::new();
    let chunk = Sha256::digest(b"abc").into();
    shelf.plant(b"abc");
    let honest = manifest(3, &[chunk]);
    assert_eq!(shelf.read(&shelf.plant(&honest)).unwrap(), b"abc");
    let mut version = honest.clone();
    version[0] += 1;
    let mut kind = honest.clone();
    kind[1] = 0x51;
    let mut count = honest.clone();
    count[10..14].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut two = honest.clone();
    two[13] = 2;
    for (what, bytes) in [
        ("another version", version),
        ("another kind", kind),
        ("four billion chunks", count),
        ("more chunks than hashes", two),
        ("a byte after", [&honest[..], b"\0"].concat()),
        ("cut short", honest[..honest.len() - 1].to_vec()),
        ("nothing", vec![]),
        ("no chunk for three bytes", manifest(3, &[])),
        ("two chunks for three bytes", manifest(3, &[chunk, chunk])),
        ("a chunk for no bytes", manifest(0, &[chunk])),
        ("all there is", manifest(u64::MAX, &[chunk])),
    ] {
        let name = shelf.plant(&bytes);
        let outcome = shelf.read(&name);
        assert!(matches!(outcome, Err(StoreError::InvalidManifest(n, _)) if n == name), "{what}");
        assert!(!shelf.store.contains(&name), "{what}");
    }
}

/// One object has one name: a manifest over other cuts of the same bytes is none.
#[test]
fn a_manifest_whose_chunks_are_of_other_lengths_is_refused() {
    let shelf = Shelf::new();
    let (short, long) = (noise(10, 10), noise(CHUNK_SIZE, 11));
    let [short, long] = [short, long].map(|chunk| {
        shelf.plant(&chunk);
        <[u8; 32]>::from(Sha256::digest(&chunk))
    });
    let size = CHUNK_SIZE as u64;
    for (what, bytes) in [
        ("shorter than it says", manifest(11, &[short])),
        ("longer than it says", manifest(9, &[short])),
        ("the short one first", manifest(size + 10, &[short, long])),
        ("two short ones", manifest(size + 1, &[short, short])),
    ] {
        let name = shelf.plant(&bytes);
        let outcome = shelf.read(&name);
        assert!(matches!(outcome, Err(StoreError::InvalidManifest(n, _)) if n == name), "{what}");
    }
    let right = shelf.plant(&manifest(size + 10, &[long, short]));
    assert_eq!(shelf.read(&right).unwrap().len(), CHUNK_SIZE + 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_object_comes_back_under_its_name_and_no_other(
        object in prop::collection::vec(any::<u8>(), 0..2000),
        flip in any::<prop::sample::Index>(),
    ) {
        let shelf = Shelf::new();
        let name = shelf.put(&object);
        prop_assert_eq!(&shelf.read(&name).unwrap(), &object);
        if !object.is_empty() {
            let mut other = object.clone();
            other[flip.index(object.len())] ^= 1;
            prop_assert_ne!(store::cid_of(&mut &other[..]).unwrap(), name);
            prop_assert!(shelf.store.put(&name, &mut &other[..]).is_err());
        }
    }
}
