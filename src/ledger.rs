//! The ledger: who published, permitted, asked and withdrew what, in an order that no hospital
//! decides alone.
//!
//! The application behind [`crate::consensus`]: typed, signed [`Transaction`]s in hash-linked
//! [`Block`]s, executed by a contract that is a pure function of state and transaction. Nothing of
//! a record is here but digests, and no patient is named: towards each doctor in each epoch she is
//! another owner key.
//!
//! | part | what it is |
//! |---|---|
//! | [`Action`], [`Transaction`] | what can be asked, and who must sign it |
//! | [`Rule`] | why the contract refused one |
//! | [`State`] | parties, records, grants, revocations, requests, accesses |
//! | [`Block`], [`merkle`] | the order, with a path from each transaction to its header |
//! | [`Ledger`] | a replica's chain: [`crate::consensus::Application`], and [`Ledger::audit`] |
//!
//! **What it guarantees.** While at most `F` of `N` replicas are Byzantine, all honest replicas
//! hold the same blocks; a transaction is executed at most once; a request is on the chain before
//! anyone may re-encrypt for it; a revocation holds from its block on, and cannot be overtaken by
//! the grant it revokes. Anyone with the configuration verifies the chain from its first block.
//!
//! **What it shows.** Which institution and doctor published a record and when, its number of
//! sections and search entries; who requested what. A grant over several owner keys links these
//! keys for everyone, and so do accesses under it.
//!
//! **Architecture invariant.** No clock, no randomness, no network and no disk in here.
//!
//! ```
//! use epione::consensus::Application;
//! use epione::ledger::{Action, Certificate, Draft, Ledger, Role, Subject, Validity};
//! use epione::{algebra::codec::Canonical, sign::SigningKey};
//! let rng = &mut rand::thread_rng();
//! let (centre, doctor) = (SigningKey::generate(rng), SigningKey::generate(rng));
//! let ledger = Ledger::new("example", centre.verifying_key());
//!
//! let subject = Subject {
//!     key: doctor.verifying_key(), name: "Dr. Ruiz".into(), role: Role::Doctor,
//!     pre_key: vec![], valid_until: 1_000,
//! };
//! let register = Action::Register(Certificate::issue(&centre, subject));
//! let validity = Validity { chain: "example", until: 500 };
//! let transaction = Draft::new(validity, register, rng).signed_by(&[&doctor]);
//! assert!(ledger.check_request(&transaction.to_bytes()).is_ok());
//!
//! let forged = transaction.draft.clone().signed_by(&[&centre]);
//! let refusal = ledger.check_request(&forged.to_bytes()).unwrap_err();
//! assert_eq!(refusal.to_string(), "the signature of the subject is missing or forged");
//! ```
#![forbid(unsafe_code)]

mod action;
mod block;
mod certificate;
mod chain;
mod contract;
pub mod merkle;
mod state;
mod transaction;

pub use action::{
    AccessAction, Action, Basis, DelegationDigest, GrantAction, MAX_ENTRIES, RecordAction,
    RequestAction, RevokeAction, SectionDigests,
};
pub use block::{Block, Entry, Header};
pub use certificate::{Certificate, Role, Subject};
pub use chain::{AuditError, Ledger};
pub use contract::Rule;
pub use state::State;
pub use transaction::{Draft, Transaction, TransactionError, Validity};

/// Milliseconds since 1970.
pub type Time = u64;

/// How far a first proposal's time may differ from a voter's clock: one minute.
const MAX_AHEAD: Time = 60_000;

/// The most bytes of a block's transactions.
const MAX_BLOCK: usize = 2 << 20;
