//! The whole way of a record, one file a step, every role owning only its own secrets.
//!
//! | step | file | who | gives |
//! |---|---|---|---|
//! | setup | `setup` | registration centre, attribute authority | public parameters |
//! | register | `register` | everyone, centre, authority | [`Certificate`](crate::ledger::Certificate), user secret key |
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
//! consensus is the driver's work. Steps that read it take a replica's
//! [`State`](crate::ledger::State). Time is passed
//! in, in milliseconds.
//!
//! **Three locks a section.** Each wraps the section's content key and the name of its ciphertext:
//! re-encryptable to the patient under the condition (class, epoch, policy); CP-ABE to the policy;
//! and to the author. The same content key is behind all three, and the DEM commits to it.
//!
//! **What is enforced by what.** Who opens a section *by policy*, and which conditions a
//! re-encryption key covers, is cryptography. *When* a granted reader may read is the contract's
//! and the proxy's checking, and key erasure. A reader keeps what he has opened.
//!
//! ```
//! use epione::ledger::Validity;
//! use epione::protocol::{
//!     AttributeAuthority, Doctor, Patient, Policies, RegistrationCentre, SearchTerm,
//! };
//! use epione::record::Record;
//! use std::io::Cursor;
//! let rng = &mut rand::thread_rng();
//! let (now, later) = (1_796_115_600_000, 1_900_000_000_000);
//!
//! // Setup and registration: keys are made by their owners, the centre certifies them.
//! let centre = RegistrationCentre::new(rng);
//! let authority = AttributeAuthority::new(centre.verifying_key(), rng);
//! let certify = |enrolment: &_| centre.certify(enrolment);
//! let ada = Patient::register("Ada Byron", later, &certify, rng)?;
//! let ruiz = Doctor::register("Dr. Ruiz", later, &certify, rng)?;
//!
//! // At the consultation Ada hands Dr. Ruiz what he needs to write for her.
//! let introduction = ada.introduce(&ruiz.verifying_key(), now);
//! let key = ruiz.check_introduction(&introduction, &centre.verifying_key(), now)?;
//!
//! // He seals a record: a content key and three locks a section.
//! let file = &mut Cursor::new(br#"{"resourceType": "Condition", "code": {"text": "stroke"}}"#);
//! let record = Record::scan(file, "stroke.json")?;
//! let policies = Policies::uniform("doctor and neurology".parse()?);
//! let locks = authority.locks(&policies)?;
//! let sealed = ruiz.seal(&record, file, (&introduction, &key), &locks, rng)?;
//!
//! // She consents only to what her own locks open and her own trapdoor finds.
//! let hospital = ruiz.verifying_key();
//! let validity = Validity { chain: "example", until: later };
//! let index = vec![ruiz.index(&SearchTerm::everything(), &sealed, &introduction, rng)?];
//! let draft = ruiz.draft_record(validity, &sealed, index, &introduction, hospital, rng);
//! assert!(ada.consent(&draft, &sealed, &locks).is_ok());
//! let eve = Patient::register("Eve", later, &certify, rng)?;
//! assert!(eve.consent(&draft, &sealed, &locks).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod audit;
mod binding;
mod error;
mod grant;
mod index;
mod introduce;
mod locate;
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
mod source;
mod storage;
#[cfg(test)]
mod tests;

pub use audit::{TrailEntry, trail};
pub use binding::{EPOCH, Envelope, epoch_of, object_digest};
pub use error::ProtocolError;
pub use grant::{Delivery, Terms, Ticket};
pub use introduce::Introduction;
pub use open::Opened;
pub use reencrypt::SectionReEncryption;
pub use register::{Enrolment, RegistrationError};
pub use request::{ForwardedQuery, Query};
pub use roles::{Doctor, Institution, Patient, Proxy, QueryManager};
pub use seal::{Object, Policies, SealedRecord, SealedSection};
pub use search::{Hit, SearchTerm};
pub use setup::{AttributeAuthority, EpochPolicies, RegistrationCentre};
pub use source::Fetcher;
pub use storage::{Fetch, FetchBasis, StoreKeeper, Upload};
