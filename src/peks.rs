//! Public-key encryption with keyword search: find without being told what is sought.
//!
//! A sender encrypts a keyword for a receiver together with a *location*; the receiver makes a
//! [`Trapdoor`] for a keyword; whoever has the trapdoor finds the entries that match and the
//! locations in them, and learns nothing about the others.
//!
//! **Paper.** Boneh, Di Crescenzo, Ostrovsky, Persiano, *Public Key Encryption with Keyword
//! Search*, EUROCRYPT 2004, section 3.1, on a Type-3 pairing with the trapdoor in G2 (so that the
//! fixed argument of a scan is on the side whose lines can be prepared). Qin et al. 2021, Eq. 1-4
//! and 11-13, ask for it. See [`bdop`] for equations and security.
//!
//! | function | does |
//! |---|---|
//! | [`keygen`] | the receiver's keys |
//! | [`encrypt`] | one searchable entry with a sealed location |
//! | [`trapdoor`] | the token for one keyword |
//! | [`test`](fn@test), [`locate`] | whether an entry matches; its location |
//! | [`batch_encrypt`], [`batch_trapdoor`], [`batch_test`], [`batch_locate`] | the same for a list, faster |
//!
//! ```
//! use epione::peks;
//! let rng = &mut rand::thread_rng();
//! let (secret, public) = peks::keygen(rng);
//! let entry = peks::encrypt(&public, b"code=I63.9", b"record 7", b"cid of record 7", rng);
//!
//! let trapdoor = peks::trapdoor(&secret, b"code=I63.9");
//! assert_eq!(&*peks::locate(&entry, &trapdoor, b"record 7").unwrap(), b"cid of record 7");
//! let other = peks::trapdoor(&secret, b"code=E11.9");
//! assert!(!peks::test(&entry, &other, b"record 7"));
//! ```
#![forbid(unsafe_code)]

pub mod bdop;
mod ciphertext;
mod keys;

pub use bdop::{
    Posting, batch_encrypt, batch_locate, batch_test, batch_trapdoor, encrypt, keygen, locate,
    test, trapdoor,
};
pub use ciphertext::SearchableCiphertext;
pub use keys::{PreparedTrapdoor, PublicKey, SecretKey, Trapdoor};
