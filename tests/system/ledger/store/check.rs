//! Examinations of a database: every changed, missing or additional entry is found.

use super::super::proofs::Subject;
use super::super::*;
use super::{Entries, entries};
use epione::algebra::codec::Codec;
use epione::database::{Database, Redb};
use epione::ledger::{CheckFailure, Checked};

/// The tables that no state root and no certificate covers: log and fence of consensus.
const UNCOVERED: [u8; 2] = [3, 19];

/// A ledger with entries in every table of the state, and all its entries.
struct Examined {
    chain: Chain,
    all: Entries,
}

impl Examined {
    fn new() -> Self {
        Self::of(Subject::new().chain)
    }

    fn of(chain: Chain) -> Self {
        let copy = Redb::in_memory();
        chain.ledger.backup(0, &copy).unwrap();
        let mut all = entries(&*copy.snapshot().unwrap()).unwrap();
        all.retain(|key, _| !UNCOVERED.contains(&key[0]));
        Self { chain, all }
    }

    /// Opens and examines a database with these entries.
    fn check(&self, all: &Entries) -> Result<Checked, CheckFailure> {
        let database = Redb::in_memory();
        let changes = all.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        database.commit(&database.snapshot().unwrap(), &changes).unwrap();
        let centre = self.chain.parties.centre.verifying_key();
        let ledger = Ledger::open(Arc::new(database), CHAIN, centre)?;
        ledger.check(&self.chain.config)
    }

    fn with(&self, change: impl FnOnce(&mut Entries)) -> Result<Checked, CheckFailure> {
        let mut all = self.all.clone();
        change(&mut all);
        self.check(&all)
    }
}

#[test]
fn a_sound_database_has_no_fault() {
    let examined = Examined::new();
    let checked = examined.check(&examined.all).unwrap();
    assert_eq!(checked, examined.chain.ledger.check(&examined.chain.config).unwrap());
    // The map contains the genesis, the transactions, and an entry for each of their effects.
    assert_eq!(checked, Checked { blocks: 6, transactions: 16, entries: 33 });
    let numbers: BTreeSet<u8> = examined.all.keys().map(|key| key[0]).collect();
    let tables: BTreeSet<u8> = (1..=18).filter(|table| !UNCOVERED.contains(table)).collect();
    assert_eq!(numbers, tables, "every table has an entry");
    let empty = Chain::empty(1);
    let none = Checked { blocks: 0, transactions: 0, entries: 1 };
    assert_eq!(empty.ledger.check(&empty.config), Ok(none));
}

#[test]
fn a_flipped_bit_of_any_entry_is_found() {
    let examined = Examined::new();
    for (key, value) in &examined.all {
        let step = (value.len() / 4).max(1);
        for (at, bit) in (0..value.len()).step_by(step).zip((0..8).cycle()) {
            let outcome = examined.with(|all| all.get_mut(key).unwrap()[at] ^= 1 << bit);
            assert!(outcome.is_err(), "table {}, byte {at} of {}", key[0], value.len());
        }
        for at in [1, key.len() - 1] {
            let mut changed = key.clone();
            changed[at] ^= 1;
            let outcome = examined.with(|all| {
                let value = all.remove(key).unwrap();
                all.entry(changed).or_insert(value);
            });
            assert!(outcome.is_err(), "table {}, byte {at} of its key", key[0]);
        }
    }
}

#[test]
fn a_missing_or_additional_entry_is_found() {
    let examined = Examined::new();
    for (key, value) in &examined.all {
        let missing = examined.with(|all| _ = all.remove(key));
        assert!(missing.is_err(), "table {}", key[0]);
        // Nothing reads blocks above the tip, or pages that no branch leads to.
        let mut other = key.clone();
        *other.last_mut().unwrap() ^= 0x55;
        if key[0] > 2 {
            let more = examined.with(|all| _ = all.entry(other).or_insert(value.clone()));
            let unread = key[0] == 18 || [4, 5].contains(&key[0]);
            assert!(more.is_err() || unread, "table {}", key[0]);
        }
    }
}

/// No other table has entries of transactions that have expired.
#[test]
fn a_false_position_of_an_expired_transaction_is_found() {
    let mut chain = Subject::new().chain;
    chain.block_at(FAR, &[]);
    let examined = Examined::of(chain);
    assert!(examined.check(&examined.all).is_ok());
    for (key, value) in examined.all.iter().filter(|(key, _)| key[0] == 6) {
        for at in 0..value.len() {
            let outcome = examined.with(|all| all.get_mut(key).unwrap()[at] ^= 1);
            assert!(outcome.is_err(), "byte {at}");
        }
    }
}

/// More than `F` members have certified another block, or a transaction of another chain.
#[test]
fn a_certified_block_of_another_history_is_found() {
    let chain = Subject::new().chain;
    let examined = Examined::of(chain);
    let block = examined.chain.ledger.block(3).unwrap().unwrap().block;
    let mut header = block.header;
    header.previous = [7; 32];
    let quorum = [0, 1, 2];
    let certificate = examined.chain.certify(Phase::Commit, 3, header.hash(), &quorum);
    let stored = [header.encode(), certificate.encode()].concat();
    let key = [&[4][..], &3_u64.to_be_bytes()].concat();
    let outcome = examined.with(|all| _ = all.insert(key, stored));
    let reason = "it does not extend the block before it";
    assert_eq!(outcome, Err(CheckFailure::Block { height: 3, reason }));
}

#[test]
fn a_fault_names_its_table_and_key() {
    let examined = Examined::new();
    let (key, _) = examined.all.iter().find(|(key, _)| key[0] == 7).unwrap();
    let certificate = examined.with(|all| *all.get_mut(key).unwrap().last_mut().unwrap() ^= 1);
    let start = hex(&key[1..]);
    assert_eq!(
        certificate.unwrap_err().to_string(),
        format!("table `parties`, key {start}: the state root does not cover it")
    );
    let (block, _) = examined.all.iter().find(|(key, _)| key[0] == 4).unwrap();
    let signature = examined.with(|all| *all.get_mut(block).unwrap().last_mut().unwrap() ^= 1);
    let reason = "the certificate does not verify";
    assert_eq!(signature, Err(CheckFailure::Block { height: 1, reason }));
    // Another roster has certified nothing.
    let foreign = examined.chain.ledger.check(&Chain::empty(99).config).unwrap_err();
    assert!(matches!(foreign, CheckFailure::Block { height: 1, .. }));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
