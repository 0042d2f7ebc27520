//! The whole way of a record, one file a step, every role owning only its own secrets.
//!
//! | step | file | who | gives |
//! |---|---|---|---|
//! | setup | `setup` | registration centre, attribute authority | public parameters |
//! | register | `register` | everyone, centre, authority | [`Certificate`], user secret key |
//! | introduce | `introduce` | patient to doctor | [`Introduction`]: keys, pseudonym window, owner key |
//! | seal | `seal` | doctor | [`SealedRecord`]: ciphertexts, three locks a section |
//! | store | `storage` | doctor, store | objects under their names |
//! | index | `index` | doctor | searchable entries with sealed location |
//! | publish | `publish` | doctor, institution, patient | transaction `record` |
//! | ask | `request` | doctor, query manager, patient | [`ForwardedQuery`] |
//! | grant | `grant` | patient | transaction `grant`, [`Delivery`] to the proxy, [`Ticket`] to the reader |
//! | search | `search` | proxy; patient herself | [`Hit`]s |
//! | request | `request` | reader | transaction `request` |
//! | re-encrypt | `reencrypt` | proxy | [`SectionReEncryption`]s, transaction `access` |
//! | open | `open` | reader, author, patient | the same bytes |
//! | revoke | `revoke` | patient, proxy | transaction `revoke`, erased keys |
//! | audit | `audit` | anyone | [`TrailEntry`]s |
//!
//! Steps that change the ledger give a [`Transaction`](crate::ledger::Transaction); bringing it to
//! consensus is the driver's work. Steps that read it take a replica's [`Ledger`]. Time is passed
//! in, in milliseconds.
//!
//! **Three locks a section.** Each wraps the section's content key and the name of its ciphertext:
//! re-encryptable to the patient under the condition (class, epoch, policy); CP-ABE to the policy;
//! and to the author. The same content key is behind all three, and the DEM commits to it.
//!
//! **What is enforced by what.** Who opens a section *by policy*, and which conditions a
//! re-encryption key covers, is cryptography. *When* a granted reader may read is the contract's
//! and the proxy's checking, and key erasure. A reader keeps what he has opened.
#![forbid(unsafe_code)]

mod audit;
mod binding;
mod error;
mod grant;
mod index;
mod introduce;
mod open;
mod publish;
mod reencrypt;
mod register;
mod request;
mod revoke;
mod roles;
mod seal;
mod search;
mod setup;
mod storage;
#[cfg(test)]
mod tests;

pub use audit::{TrailEntry, trail};
pub use binding::{EPOCH, Envelope, epoch_of, object_digest};
pub use error::ProtocolError;
pub use grant::{Delivery, Terms, Ticket};
pub use introduce::Introduction;
pub use open::{Fetcher, Opened};
pub use reencrypt::SectionReEncryption;
pub use register::{Enrolment, RegistrationError};
pub use request::{ForwardedQuery, Query};
pub use roles::{Doctor, Institution, Patient, Proxy, QueryManager};
pub use seal::{Policies, SealedRecord, SealedSection};
pub use search::{Hit, SearchTerm};
pub use setup::{AttributeAuthority, RegistrationCentre};
pub use storage::{Fetch, FetchBasis, StoreKeeper, Upload};

#[allow(unused_imports)] // named in the table above
use crate::ledger::{Certificate, Ledger};
