//! The tables of a replica's database.
//!
//! | table | key | value |
//! |---|---|---|
//! | genesis | 0 | format, chain, registration centre |
//! | tip | 0 | height, time and hash of the last block, root of the tree |
//! | log | position | entry of consensus for the current height |
//! | fence | 0 | consensus epoch up to which a restored replica signs nothing |
//! | blocks | height | header, commit certificate |
//! | entries | height, index | transaction, outcome |
//! | positions | transaction | height, index |
//! | parties | key | certificate |
//! | withdrawn | digest of the serial number | |
//! | records | transaction | owner key, epoch, sections |
//! | record ids | author, `record_id` | transaction |
//! | owned | owner key, transaction of the record | |
//! | grants, requests | transaction | the action; of a request also height and time |
//! | revocations | grant, owner key | |
//! | accesses, evidence | request | the action |
//! | expiries | end of validity, transaction that the map contains | |
//! | pages | path | branches of the authenticated map |
//! | attributes | authority, digest of holder and attribute | first epoch of the revocation |
//! | anchors | last height | first height, root |
//! | anchored | 0 | last height of the last anchor |
//! | equivocations | epoch, member | evidence |
//!
//! Values are encodings without version and kind: the format in `genesis` covers them. A record's
//! index is not copied from its transaction. Keys in entries are bytes where the contract compares
//! them only, since decoding a key costs its decompression.
#![forbid(unsafe_code)]

use super::StoredRequest;
use crate::algebra::codec::sequence;
use crate::consensus::{self, Digest};
use crate::database::{DatabaseError, Table};
use crate::ledger::Time;
use crate::ledger::action::{AccessAction, GrantAction, SectionDigests};
use crate::ledger::block::{Entry, Header};
use crate::ledger::certificate::Certificate;
use crate::ledger::map::{Page, Path, Subtree};
use crate::ledger::receipt::Receipt;
use crate::ledger::transaction::MAX_CHAIN;
use crate::record::Class;
use crate::sign::VerifyingKey;

/// The bytes of a verifying key.
pub(in crate::ledger) type KeyBytes = [u8; 32];

pub(super) static GENESIS: Table<u8, Genesis> = Table::new(1, "genesis");
pub(super) static TIP: Table<u8, Tip> = Table::new(2, "tip");
pub(super) static LOG: Table<u32, consensus::Entry> = Table::new(3, "log");
pub(super) static FENCE: Table<u8, u64> = Table::new(19, "fence");
pub(super) static ATTRIBUTES: Table<(KeyBytes, Digest), u32> = Table::new(20, "attributes");
pub(super) static ANCHORS: Table<u64, (u64, Digest)> = Table::new(21, "anchors");
pub(super) static ANCHORED: Table<u8, u64> = Table::new(22, "anchored");
pub(super) static EQUIVOCATIONS: Table<(u64, u16), consensus::Evidence> =
    Table::new(23, "equivocations");
pub(super) static BLOCKS: Table<u64, StoredBlock> = Table::new(4, "blocks");
pub(super) static ENTRIES: Table<(u64, u32), Entry> = Table::new(5, "entries");
pub(super) static POSITIONS: Table<Digest, (u64, u32)> = Table::new(6, "positions");
pub(super) static PARTIES: Table<KeyBytes, Certificate> = Table::new(7, "parties");
pub(super) static WITHDRAWN: Table<Digest, ()> = Table::new(8, "withdrawn");
pub(super) static RECORDS: Table<Digest, RecordHead> = Table::new(9, "records");
pub(super) static RECORD_IDS: Table<(KeyBytes, [u8; 32]), Digest> = Table::new(10, "record ids");
pub(super) static OWNED: Table<(KeyBytes, Digest), ()> = Table::new(11, "owned");
pub(super) static GRANTS: Table<Digest, GrantAction> = Table::new(12, "grants");
pub(super) static REVOCATIONS: Table<(Digest, KeyBytes), ()> = Table::new(13, "revocations");
pub(super) static REQUESTS: Table<Digest, StoredRequest> = Table::new(14, "requests");
pub(super) static ACCESSES: Table<Digest, AccessAction> = Table::new(15, "accesses");
pub(super) static EVIDENCE: Table<Digest, Receipt> = Table::new(16, "evidence");
pub(super) static EXPIRIES: Table<(Time, Digest), ()> = Table::new(17, "expiries");
pub(super) static PAGES: Table<Path, Page> = Table::new(18, "pages");

/// The format of the tables.
pub(super) const FORMAT: u32 = 1;

/// The identity of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Genesis {
    pub(super) format: u32,
    pub(super) chain: String,
    pub(super) centre: VerifyingKey,
}
sequence!(Codec for Genesis { format, chain: text(MAX_CHAIN), centre });

impl Genesis {
    /// Checks that a database is that of this chain, in this format.
    pub(super) fn require(&self, found: &Self) -> Result<(), DatabaseError> {
        if found.format != self.format {
            return Err(DatabaseError::Foreign(format!(
                "it has the format {}, and this program reads the format {}",
                found.format, self.format
            )));
        }
        if found != self {
            return Err(DatabaseError::Foreign(format!(
                "it belongs to the chain `{}` under the registration centre {}",
                found.chain, found.centre
            )));
        }
        Ok(())
    }
}

/// The last block, and the tree after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tip {
    pub(super) height: u64,
    pub(super) time: Time,
    pub(super) hash: Digest,
    pub(super) tree: Subtree,
}
sequence!(Codec for Tip { height, time, hash, tree });

/// A block without its entries.
#[derive(Debug, Clone)]
pub(super) struct StoredBlock {
    pub(super) header: Header,
    pub(super) certificate: consensus::Certificate,
}
sequence!(Codec for StoredBlock { header, certificate });

/// The parts of a record that the contract reads.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct RecordHead {
    pub(in crate::ledger) owner: KeyBytes,
    pub(in crate::ledger) epoch: u32,
    pub(in crate::ledger) sections: Vec<SectionDigests>,
}
sequence!(Codec for RecordHead { owner, epoch, sections: list(Class::ALL.len()) });
