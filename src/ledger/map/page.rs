//! Pages: the branches of four levels of the tree, stored as one entry.
//!
//! A page at depth `4 i` contains the branches whose paths begin with its path and have a length of
//! `4 i` to `4 i + 3`: at most 15, about 1 KiB. A change of one key thus writes a quarter of the
//! entries that it changes branches.
#![forbid(unsafe_code)]

use super::{Branch, Branches, Changed, MapError, Path};
use crate::algebra::codec::{Codec, Reader, Writer};
use crate::error::DecodeError;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The number of levels of a page.
const LEVELS: u16 = 4;
/// The maximum number of branches of a page.
const BRANCHES: usize = (1 << LEVELS) - 1;

/// The branches of a page, by level and from left to right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Page([Option<Branch>; BRANCHES]);

impl Page {
    /// Returns the path of the page of a branch, and the position of the branch in it.
    pub(in crate::ledger) fn of(path: &Path) -> (Path, usize) {
        let levels = path.length % LEVELS;
        let length = path.length - levels;
        let (mut bits, mut below) = (path.bits, 0);
        for index in length..path.length {
            let (byte, mask) = (usize::from(index / 8), 0x80 >> (index % 8));
            below = 2 * below + usize::from(bits[byte] & mask != 0);
            bits[byte] &= !mask;
        }
        (Path { bits, length }, (1 << levels) - 1 + below)
    }

    pub(in crate::ledger) fn branch(&self, position: usize) -> Option<Branch> {
        self.0.get(position).copied().flatten()
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// The pages that an update reads, each once.
pub(in crate::ledger) struct Pages<R> {
    read: R,
    found: RefCell<BTreeMap<Path, Page>>,
}

impl<R: Fn(&Path) -> Result<Option<Page>, MapError>> Pages<R> {
    pub(in crate::ledger) fn new(read: R) -> Self {
        Self { read, found: RefCell::default() }
    }

    /// Applies the changes of an update. Returns the changed pages: `None` for those without
    /// branches.
    pub(in crate::ledger) fn apply(
        self,
        changed: Changed,
    ) -> Result<BTreeMap<Path, Option<Page>>, MapError> {
        let (mut found, mut pages) = (self.found.into_inner(), BTreeMap::<Path, Page>::new());
        for (path, branch) in changed {
            let (path, position) = Page::of(&path);
            let page = match (pages.entry(path), found.remove(&path)) {
                (Entry::Occupied(page), _) => page.into_mut(),
                (Entry::Vacant(entry), Some(page)) => entry.insert(page),
                (Entry::Vacant(entry), None) => {
                    entry.insert((self.read)(&path)?.unwrap_or_default())
                }
            };
            page.0[position] = branch;
        }
        let stored = |page: Page| (!page.is_empty()).then_some(page);
        Ok(pages.into_iter().map(|(path, page)| (path, stored(page))).collect())
    }
}

impl<R: Fn(&Path) -> Result<Option<Page>, MapError>> Branches for Pages<R> {
    fn branch(&self, path: &Path) -> Result<Branch, MapError> {
        let (page, position) = Page::of(path);
        let branch = match self.found.borrow_mut().entry(page) {
            Entry::Occupied(page) => page.get().branch(position),
            Entry::Vacant(entry) => {
                let page = (self.read)(&page)?.ok_or(MapError::MissingBranch(*path))?;
                entry.insert(page).branch(position)
            }
        };
        branch.ok_or(MapError::MissingBranch(*path))
    }
}

/// A bit per position from the least significant one, then the branches.
impl Codec for Page {
    fn write(&self, w: &mut Writer) {
        let present =
            |(position, branch): (usize, &Option<Branch>)| u16::from(branch.is_some()) << position;
        w.u16(self.0.iter().enumerate().map(present).sum());
        self.0.iter().flatten().for_each(|branch| branch.write(w));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (present, mut page) = (r.u16()?, Self::default());
        for (position, branch) in page.0.iter_mut().enumerate() {
            if present & (1 << position) != 0 {
                *branch = Some(Codec::read(r)?);
            }
        }
        if present >> BRANCHES == 0 {
            Ok(page)
        } else {
            Err(DecodeError::Invalid("a page of the tree has more than 15 branches"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Subtree, update};
    use super::*;
    use crate::consensus::Digest;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    /// Branches one by one, beside the same in encoded pages.
    #[derive(Default)]
    struct Both {
        single: BTreeMap<Path, Branch>,
        pages: RefCell<BTreeMap<Path, Vec<u8>>>,
    }

    impl Both {
        fn page(&self, path: &Path) -> Result<Option<Page>, MapError> {
            let pages = self.pages.borrow();
            Ok(pages.get(path).map(|bytes| Page::read(&mut Reader::new(bytes)).unwrap()))
        }
    }

    impl Branches for Both {
        fn branch(&self, path: &Path) -> Result<Branch, MapError> {
            let (page, position) = Page::of(path);
            let found = self.page(&page)?.and_then(|page| page.branch(position));
            assert_eq!(found.as_ref(), self.single.get(path));
            found.ok_or(MapError::MissingBranch(*path))
        }
    }

    #[test]
    fn pages_contain_the_branches_of_the_tree() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (mut both, mut tree) = (Both::default(), Subtree::Empty);
        let mut keys: Vec<Digest> = (0..300).map(|_| rng.r#gen()).collect();
        // Two keys share all but the last bits.
        let mut near = keys[0];
        near[31] ^= 1;
        keys.push(near);
        for _ in 0..60 {
            let changes = (0..rng.gen_range(1..20)).map(|_| {
                let value = rng.gen_bool(0.7).then(|| rng.r#gen());
                (keys[rng.gen_range(0..keys.len())], value)
            });
            let changes = changes.collect();
            let (next, changed) = update(&both, tree, &changes).unwrap();
            let pages = Pages::new(|path: &Path| both.page(path));
            assert_eq!(update(&pages, tree, &changes), Ok((next, changed.clone())));
            let pages = pages.apply(changed.clone()).unwrap();
            tree = next;
            for (path, branch) in changed {
                match branch {
                    Some(branch) => _ = both.single.insert(path, branch),
                    None => _ = both.single.remove(&path),
                }
            }
            for (path, page) in pages {
                assert_eq!(path.length % LEVELS, 0);
                match page {
                    Some(page) => _ = both.pages.borrow_mut().insert(path, page.encode()),
                    None => _ = both.pages.borrow_mut().remove(&path),
                }
            }
            let stored: usize = both
                .pages
                .borrow()
                .values()
                .map(|bytes| {
                    Page::read(&mut Reader::new(bytes)).unwrap().0.iter().flatten().count()
                })
                .sum();
            assert_eq!(stored, both.single.len());
            both.single.keys().for_each(|path| _ = both.branch(path).unwrap());
        }
        let removals = keys.iter().map(|key| (*key, None)).collect();
        let (empty, changed) = update(&both, tree, &removals).unwrap();
        let pages = Pages::new(|path: &Path| both.page(path)).apply(changed).unwrap();
        assert_eq!(empty, Subtree::Empty);
        assert!(pages.values().all(Option::is_none));
        assert_eq!(pages.len(), both.pages.borrow().len());
    }
}
