#![doc = include_str!("../README.md")]

// Errors shared by all layers.
pub mod error;

mod private_file;

// BLS12-381, hashing, canonical encodings, secrets.
pub mod algebra;

// Access policies and monotone span programs.
pub mod policy;

// Key-committing authenticated encryption.
pub mod dem;

// Ed25519 signatures.
pub mod sign;

// Encryption to public keys: HPKE.
pub mod hpke;

// The embedded database.
pub mod database;

// Records: files divided into sections by sensitivity.
pub mod record;

// Ciphertext-policy attribute-based encryption.
pub mod abe;

// Proxy re-encryption.
pub mod pre;

// Unlinkable pseudonyms.
pub mod pseudonym;

// Public-key encryption with keyword search.
pub mod peks;

// Content-addressed storage of ciphertexts.
pub mod store;

// Two-layer PBFT.
pub mod consensus;

// Transactions, the access contract, blocks.
pub mod ledger;

// The sharing protocol, one file per step.
pub mod protocol;

// Files with secrets, optionally under a passphrase.
pub mod secret_file;

// FHIR: consents as the source of grants, audit events from the ledger.
pub mod fhir;

// A deterministic network simulator in one process.
#[cfg(feature = "sim")]
pub mod sim;
