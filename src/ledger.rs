//! The ledger: a replicated log of publications, grants, requests, accesses and revocations.
//!
//! The application behind [`consensus`](crate::consensus): typed, signed [`Transaction`]s in
//! hash-linked [`Block`]s, executed by a contract that is a pure function of state and transaction.
//! The ledger holds digests of records and encrypted search entries. Patients are pseudonymous: a
//! patient has a different owner key towards each doctor in each epoch.
//!
//! | item | content |
//! |---|---|
//! | [`Action`], [`Transaction`] | the actions and their required signatures |
//! | [`TransactionError`] | the conditions of admission and the checks of signatures |
//! | [`Rule`] | the rules of the contract |
//! | [`State`] | parties, records, grants, revocations, requests, accesses: a snapshot |
//! | [`map`], [`proof`] | the authenticated map whose root is the state root; proofs for light clients |
//! | [`Block`], [`merkle`] | ordered transactions, with a Merkle path from each to its header |
//! | [`Ledger`] | a replica's chain in its database: [`Application`](crate::consensus::Application), and [`Ledger::audit`] |
//!
//! **Guarantees.** While at most `F` of `N` replicas are Byzantine, all honest replicas hold the
//! same blocks and execute a transaction at most once. A request is on the ledger before a proxy
//! may re-encrypt for it. A revocation takes effect with its block and also blocks a grant that
//! arrives after it. Anyone with the configuration can verify the chain from its first block.
//!
//! **Cost.** The price of a transaction is the number of signatures that replicas verify for it,
//! and the configuration bounds the sum of a block. The payer is a registered party or, for grants
//! and revocations, an owner key with a record. A transaction whose payer is unknown is refused
//! before its signatures are verified, and no block contains it. A block is decoded, verified and
//! executed once, on a copy of the state that shares all entries. Execution, state root and commit
//! cost the entries that the block changes, each logarithmic in the size of the state. A ledger is
//! opened at a cost independent of its size, and an audit holds one block at a time in memory.
//!
//! **Leakage.** The ledger reveals which institution and doctor published a record and when, its
//! number of sections and search entries, and the readers of requests. A grant over several owner
//! keys links these keys publicly, and so do accesses under it.
//!
//! **Architecture invariant.** The module has no clock, randomness or network, and reads and writes
//! through [`Database`](crate::database::Database) only.
//!
//! ```
//! use epione::consensus::{Application, Config, Format, Location, Member, Parameters};
//! use epione::ledger::{Action, Certificate, Draft, Ledger, Role, Subject, Validity};
//! use epione::{algebra::codec::Canonical, hpke, sign::SigningKey};
//! let rng = &mut rand::thread_rng();
//! let (centre, doctor) = (SigningKey::generate(rng), SigningKey::generate(rng));
//! let replicas = [(); 4].map(|()| SigningKey::generate(rng).verifying_key());
//! let member = |(id, key)| Member { id, key, location: Location::default(), rating: 1 };
//! let members = (0..).zip(replicas).map(member).collect();
//! let config = Config::new(Parameters::new("example"), members).unwrap();
//! let ledger = Ledger::new("example", centre.verifying_key());
//!
//! let subject = Subject {
//!     key: doctor.verifying_key(), name: "Dr. Ruiz".into(), role: Role::Doctor,
//!     hpke_key: hpke::SecretKey::generate(rng).public_key(), pre_key: vec![],
//!     serial: [7; 32], valid_until: 1_000,
//! };
//! let register = Action::Register(Certificate::issue(&centre, subject));
//! let validity = Validity { chain: "example", until: 500 };
//! let transaction = Draft::new(validity, register, rng).signed_by(&[&doctor]);
//! let format = ledger.format();
//! let decoded = format.decode_request(&transaction.to_bytes()).unwrap();
//! assert!(ledger.admit(&decoded).is_ok());
//! assert!(format.verify_request(&config, &decoded).is_ok());
//!
//! let forged = transaction.draft.clone().signed_by(&[&centre]);
//! let forged = format.decode_request(&forged.to_bytes()).unwrap();
//! let rejection = format.verify_request(&config, &forged).unwrap_err();
//! assert_eq!(rejection.to_string(), "the signature of the subject is missing or invalid");
//! ```
#![forbid(unsafe_code)]

mod action;
mod admission;
mod anchor;
mod attribute;
mod audit;
mod backup;
mod block;
mod certificate;
mod chain;
mod check;
mod contract;
mod equivocation;
mod format;
pub mod map;
pub mod merkle;
pub mod proof;
mod receipt;
mod rule;
mod state;
#[cfg(test)]
mod tests;
mod transaction;

pub use action::{
    AccessAction, Action, Basis, DelegationDigest, GrantAction, MAX_COVERED, MAX_ENTRIES,
    RecordAction, RequestAction, RevokeAction, Scope, SectionDigests, WithdrawAction,
};
pub use anchor::{AnchorAction, MAX_ANCHORED, anchor_root};
pub use attribute::AttributeRevocationAction;
pub use audit::AuditError;
pub use block::{Block, CommittedBlock, Entry, Header};
pub use certificate::{Certificate, MAX_NAME, Role, Subject};
pub use chain::Ledger;
pub use check::{CheckFailure, Checked};
pub use equivocation::EquivocationAction;
pub use format::{DecodedBlock, DecodedTransaction, LedgerFormat};
pub use receipt::{EvidenceAction, Receipt};
pub use rule::{CheckError, Rule};
pub use state::{State, StoredRequest};
pub use transaction::{Draft, Transaction, TransactionError, Validity};

/// Milliseconds since the Unix epoch.
pub type Time = u64;

/// The length of a writing epoch: 30 days, in milliseconds.
pub const EPOCH: Time = 30 * 24 * 3600 * 1000;

/// The time after the end of an epoch during which its records are still published: one day.
pub const EPOCH_TOLERANCE: Time = 24 * 3600 * 1000;

/// Returns the writing epoch of a time.
pub fn epoch_of(time: Time) -> u32 {
    u32::try_from(time / EPOCH).unwrap_or(u32::MAX)
}

/// Returns the time from which no record of an epoch is published.
pub fn epoch_deadline(epoch: u32) -> Time {
    (Time::from(epoch) + 1) * EPOCH + EPOCH_TOLERANCE
}

/// The number of blocks after a request's block in which the request is served.
pub const REQUEST_BLOCKS: u64 = 256;

/// The number of blocks after the expiry of a request in which its access may still be reported.
pub const REPORT_BLOCKS: u64 = 256;

/// The maximum difference between the time of a first proposal and a member's clock: one minute.
const MAX_CLOCK_SKEW: Time = 60_000;
