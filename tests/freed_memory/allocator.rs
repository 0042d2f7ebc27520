//! An allocator that searches the blocks which the current thread frees, and lists those that it
//! keeps.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

/// The system's allocator, which zeroes new blocks: their contents are then those written to them.
struct Searching;

#[global_allocator]
static ALLOCATOR: Searching = Searching;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Off,
    /// Searches freed blocks.
    Search,
    /// Lists live blocks.
    List,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Off) };
    /// The words to search for, ascending.
    static WORDS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static FOUND: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static LIVE: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

// Growth of a block uses the default `realloc`: a new block, a copy, and the old block freed.
// SAFETY: every call goes to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Searching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract.
        let block = unsafe { System.alloc_zeroed(layout) };
        paused(|mode| {
            if mode == Mode::List {
                LIVE.with_borrow_mut(|live| live.push((block as usize, layout.size())));
            }
        });
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        paused(|mode| match mode {
            Mode::Off => {}
            Mode::List => LIVE.with_borrow_mut(|live| live.retain(|(at, _)| *at != block as usize)),
            Mode::Search => {
                // SAFETY: the block is valid for its size and was initialised with zeros.
                let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
                if contains_word(bytes) {
                    let trace = format!("{} bytes\n{}", bytes.len(), Backtrace::force_capture());
                    FOUND.with_borrow_mut(|found| found.push(trace));
                }
            }
        });
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Calls `f` with the mode of this thread, which is off meanwhile: `f` may allocate.
fn paused(f: impl FnOnce(Mode)) {
    // The value is gone while the thread ends.
    let mode = MODE.try_with(|mode| mode.replace(Mode::Off)).unwrap_or(Mode::Off);
    if mode != Mode::Off {
        f(mode);
        MODE.set(mode);
    }
}

fn contains_word(bytes: &[u8]) -> bool {
    WORDS.with_borrow(|words| {
        let word = |window: &[u8]| u64::from_ne_bytes(window.try_into().expect("eight bytes"));
        bytes.windows(8).any(|window| words.binary_search(&word(window)).is_ok())
    })
}

/// Returns `true` for a word that a computation does not contain by chance: neither a small number,
/// nor a pointer, nor text.
pub(crate) fn is_distinctive(word: &u64) -> bool {
    let bytes = word.to_ne_bytes();
    let mut distinct = bytes;
    distinct.sort_unstable();
    let distinct = 1 + distinct.windows(2).filter(|pair| pair[0] != pair[1]).count();
    distinct >= 6 && !bytes.is_ascii() && word >> 48 != 0
}

/// Runs `work`, and describes the blocks which it freed and which contain one of the words.
pub(crate) fn search<T>(words: &[u64], work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let mut words: Vec<u64> = words.iter().copied().filter(is_distinctive).collect();
    words.sort_unstable();
    WORDS.set(words);
    MODE.set(Mode::Search);
    let result = work();
    MODE.set(Mode::Off);
    (result, FOUND.take())
}

/// Returns the distinctive words of the memory that a value owns. Tables and caches are built by a
/// first run.
pub(crate) fn live_words<T>(make: impl Fn() -> T) -> Vec<u64> {
    drop(make());
    LIVE.take();
    MODE.set(Mode::List);
    let value = make();
    MODE.set(Mode::Off);
    let words = |(at, size): &(usize, usize)| {
        // SAFETY: the value keeps the block, which was initialised with zeros.
        let bytes = unsafe { std::slice::from_raw_parts(*at as *const u8, *size) };
        let (words, _) = bytes.as_chunks::<8>();
        words.iter().map(|word| u64::from_ne_bytes(*word)).collect::<Vec<_>>()
    };
    let mut found: Vec<u64> = LIVE.take().iter().flat_map(words).collect();
    drop(value);
    // The coordinate Z of an affine point is one.
    found.retain(|word| is_distinctive(word) && !ONE.contains(word));
    found
}

/// `2^384 mod p`, the Montgomery form of one in the base field.
const ONE: [u64; 6] = [
    0x7609_0000_0002_fffd,
    0xebf4_000b_c40c_0002,
    0x5f48_9857_53c7_58ba,
    0x77ce_5853_7052_5745,
    0x5c07_1a97_a256_ec6d,
    0x15f6_5ec3_fa80_e493,
];
