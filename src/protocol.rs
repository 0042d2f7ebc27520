//! The sharing protocol over the life of a record: one file per step, one type per role.
//!
//! The long-term secrets of a role are private fields of its type. Its methods are grouped by step:
//!
//! | step (file) | methods | produces |
//! |---|---|---|
//! | setup (`setup`, `policies`) | [`RegistrationCentre::new`], [`AttributeAuthority::new`] | public parameters |
//! | registration (`register`, `application`) | `register` of every role, in one call, or [`Application`] in two; `announce` of all but the patient, [`Registrar::certify`], [`AttributeAuthority::issue`] (`setup`) | [`Certificate`](crate::ledger::Certificate), attribute key |
//! | introduction (`introduce`) | [`Patient::introduce`], [`Doctor::receive_introduction`] | [`Introduction`]: keys, pseudonym window, owner key |
//! | sealing (`seal`) | [`Doctor::seal`] | [`SealedRecord`]: ciphertexts, three wrapped keys per section |
//! | storage (`storage`, `transfer`, `response`) | [`Doctor::offer`], [`StoreKeeper::upload`], [`Doctor::fetch`], [`StoreKeeper::serve`] | stored objects, encrypted responses |
//! | index (`index`) | [`Doctor::terms`], [`Doctor::batch_index`] | search entries, each with the sealed location |
//! | publication (`publish`) | [`Doctor::draft_record`], [`Institution::countersign`], [`Doctor::publish`] | [`Countersignature`]s, transaction `record` |
//! | consent (`consent`, `pending`) | [`Doctor::request_consent`], [`Patient::consent`] | the patient's [`Countersignature`] on the record as the patient has read it |
//! | query (`request`) | [`Doctor::ask`], [`QueryManager::forward`], [`Patient::receive`] | [`QueryContents`] |
//! | grant (`grant`) | [`Patient::grant`], [`Proxy::accept`], [`Doctor::receive_ticket`] | transaction `grant`, keys for the proxy, [`Ticket`] for the reader |
//! | search (`search`) | [`Doctor::request_search`], [`Proxy::search`], [`Proxy::answer_search`], [`Doctor::receive_hits`], [`Patient::find`] | [`Hit`]s |
//! | request (`request`) | [`Doctor::request`] | transaction `request` |
//! | re-encryption (`reencrypt`) | [`Proxy::reencrypt`], [`Proxy::report`], [`Proxy::release`], [`Doctor::receive_release`] | transaction `access`, then [`Release`] |
//! | opening (`open`) | [`Doctor::open_granted`], [`Doctor::open_by_policy`], [`Doctor::open_as_author`], [`Patient::open`] | the bytes of the opened sections |
//! | revocation (`revoke`) | [`Patient::revoke`], [`Proxy::erase_ended`], [`Proxy::compact`]; [`AttributeAuthority::revoke`] (`setup`) | transaction `revoke`, erased keys |
//! | audit (`audit`) | [`trail`] | [`TrailEntry`]s |
//!
//! Introductions, requests for consent, keys of grants, tickets, answers to searches and releases
//! are [`SealedMessage`]s (`message`); every role has `seal_message` and `open_message`.
//!
//! Steps that change the ledger return a [`Transaction`](crate::ledger::Transaction), which the
//! caller submits to consensus. Steps that depend on the time read the ledger through a
//! [`LedgerView`]. Times are in milliseconds since the Unix epoch.
//!
//! **Terms.** A *certificate* is the registration centre's signature on a party's public keys,
//! name, role and end of validity. A *writing epoch* is a period of 30 days
//! ([`EPOCH`](crate::ledger::EPOCH)); a patient has one pseudonym and one owner key per doctor and
//! writing epoch. The *attribute epoch* is a counter of the attribute authority; a policy requires
//! a key of the attribute epoch in which the section was sealed. A *pseudonym window* is a range of
//! writing epochs whose pseudonyms one key derives; the *window* of a grant is the period in which
//! it is valid. The *envelope* of a record is the stored list of its ciphertexts; its name is the
//! location that the search entries seal.
//!
//! **Three wrapped keys per section.** Each wraps the section's content key, its class, the length
//! of the record and the name of the record's envelope: for the patient, re-encryptable under the
//! condition (owner key, writing epoch, tag); for the policy, by CP-ABE; and for the author. The
//! DEM commits to the content key, and the patient's consent compares the first two: both lead to
//! the same plaintext. The *condition tag* is
//! a pseudorandom function of class and policy, keyed by the secret of the pseudonym.
//!
//! **Enforcement.** Cryptography enforces the policies of sections and the conditions of
//! re-encryption keys. The contract, the store keeper and the proxy enforce the window and the
//! revocation of a grant; the proxy also erases its keys. A reader keeps the plaintext of the
//! sections that they have opened.
//!
//! ```
//! use epione::ledger::{Ledger, Validity};
//! use epione::protocol::{
//!     AttributeAuthority, Doctor, LedgerView, Patient, Policies, ProtocolError, Refusal,
//!     RegistrationCentre,
//! };
//! use epione::record::Record;
//! use std::io::Cursor;
//! let rng = &mut rand::thread_rng();
//! let (now, later) = (1_796_115_600_000, 1_900_000_000_000);
//!
//! // Setup and registration: every party generates its own keys, and the centre certifies them.
//! let centre = RegistrationCentre::new(rng);
//! let authority = AttributeAuthority::new(centre.verifying_key(), rng);
//! let mut ada = Patient::register("Ada Byron", later, &centre, rng)?;
//! let ruiz = Doctor::register("Dr. Ruiz", later, &centre, rng)?;
//!
//! // At the consultation Ada introduces herself to Dr. Ruiz.
//! let ledger = Ledger::new("example", centre.verifying_key());
//! let view = LedgerView { state: ledger.state(), now };
//! let message = ada.introduce(view, ruiz.certificate(), rng)?;
//! let introduction = ruiz.receive_introduction(view, &message)?;
//!
//! // Dr. Ruiz seals a record: one content key and three wrapped keys per section.
//! let file = &mut Cursor::new(br#"{"resourceType": "Condition", "code": {"text": "stroke"}}"#);
//! let record = Record::scan(file, "stroke.json")?;
//! let policies = Policies::uniform("doctor and neurology".parse()?);
//! let current = authority.epoch_policies(&policies)?;
//! let mut sealed = ruiz.seal(&record, file, &introduction, &current, rng)?;
//!
//! // The request discloses what Ada needs to check the record. Only a registered doctor may send
//! // it, and Dr. Ruiz is not on this ledger yet.
//! let hospital = ruiz.verifying_key();
//! let validity = Validity { chain: "example", until: later };
//! let terms = ruiz.terms(&record)?;
//! let index = ruiz.batch_index(&terms, &sealed, &introduction, rng)?;
//! let draft = ruiz.draft_record(validity, &sealed, index, &introduction, hospital, rng);
//! let request = ruiz.request_consent(view, &draft, &mut sealed, &introduction, &terms, rng)?;
//! let refused = ada.consent(view, &request, &sealed, &current).unwrap_err();
//! assert!(matches!(refused, ProtocolError::Refused(Refusal::UnregisteredAuthor)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod application;
mod audit;
mod binding;
mod consent;
mod deliveries;
mod error;
mod grant;
mod holdings;
mod index;
mod introduce;
mod journal;
mod locate;
mod message;
mod objects;
mod open;
mod page;
mod pending;
mod policies;
mod progress;
mod publish;
mod reencrypt;
mod register;
mod replay;
mod request;
mod response;
mod revoke;
mod roles;
mod seal;
mod search;
mod secrets;
mod setup;
mod source;
mod storage;
#[cfg(test)]
mod tests;
mod transfer;
mod view;

pub use application::Application;
pub use audit::{TrailEntry, trail};
pub use binding::{Envelope, StoredCiphertext, object_digest};
pub use error::{Item, ProtocolError, Refusal};
pub use grant::{Delivery, IssuedGrant, Terms, Ticket};
pub use holdings::{UNPUBLISHED_LIFETIME, UNPUBLISHED_QUOTA};
pub use introduce::Introduction;
pub use journal::{Journal, JournalFile};
pub use message::{SealedMessage, Signed};
pub use open::{Opened, Output};
pub use page::MAX_TESTS;
pub use pending::PendingObjects;
pub use policies::Policies;
pub use progress::Progress;
pub use publish::Countersignature;
pub use reencrypt::{PreparedAccess, Release, SectionReEncryption};
pub use register::{Enrolment, Reason, Registrar, RegistrationError};
pub use request::{ForwardedQuery, Query, QueryContents};
pub use response::ResponseOpener;
pub use roles::{Doctor, Institution, Patient, Proxy, QueryManager};
pub use seal::{Object, SealedRecord};
pub use search::{Hit, SearchAnswer, SearchRequest, SearchTerm};
pub use setup::{AttributeAuthority, EpochPolicies, RegistrationCentre};
pub use source::{KeeperLink, ObjectSource};
pub use storage::StoreKeeper;
pub use transfer::{Fetch, FetchBasis, PendingFetch, Upload};
pub use view::LedgerView;
