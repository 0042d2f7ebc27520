//! Public-key encryption with keyword search: a server finds keywords that it does not learn.
//!
//! A sender encrypts a keyword and a *location* for a receiver. The receiver derives a [`Trapdoor`]
//! for one keyword. The holder of the trapdoor recognises the ciphertexts of that keyword, decrypts
//! their locations, and learns nothing about the other ciphertexts.
//!
//! # Paper
//!
//! Boneh, Di Crescenzo, Ostrovsky, Persiano, *Public Key Encryption with Keyword
//! Search*, EUROCRYPT 2004, section 3.1; Qin et al. 2021, Eq. 1-4 and 11-13.
//!
//! # Groups, sizes, security
//!
//! Public keys and ciphertexts lie in G1, trapdoors in G2. A public key takes 48 bytes, a
//! ciphertext 80 bytes and the encrypted location, a trapdoor 96 bytes. Ciphertexts hide their
//! keywords if BDH is hard, in the random oracle model. The holder of a trapdoor can guess its
//! keyword offline, and the search pattern leaks. [`bdop`] has the algorithms, deviations and cost.
//!
//! # Functions
//!
//! | function | result |
//! |---|---|
//! | [`keygen`] | the receiver's key pair |
//! | [`encrypt`] | a searchable ciphertext of one [`Posting`] |
//! | [`trapdoor`] | the trapdoor of one keyword |
//! | [`test`](fn@test), [`locate`] | a match; the location of a match |
//! | [`batch_encrypt`], [`batch_trapdoor`] | batch versions, faster per item |
//! | [`batch_test`], [`batch_locate`] | batch versions with a prepared trapdoor |
//!
//! # Example
//!
//! ```
//! use epione::peks;
//! let rng = &mut rand::thread_rng();
//! let (secret, public) = peks::keygen(rng);
//! let ciphertext = peks::encrypt(&public, b"code=I63.9", b"record 7", b"cid of record 7", rng);
//!
//! let trapdoor = peks::trapdoor(&secret, b"code=I63.9");
//! let location = peks::locate(&ciphertext, &trapdoor, b"record 7").unwrap();
//! assert_eq!(&*location, b"cid of record 7");
//! let other = peks::trapdoor(&secret, b"code=E11.9");
//! assert!(!peks::test(&ciphertext, &other, b"record 7"));
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
