#![doc = include_str!("../README.md")]

// Errors that every floor shares.
pub mod error;

// Groups, hashes, codec, secrets.
pub mod algebra;

// Who may open: policies and their span programs.
pub mod policy;

// One authenticated, committing cipher.
pub mod dem;

// Ed25519 of people, institutions, replicas.
pub mod sign;

// A record: any file, in sections by sensitivity.
pub mod record;

// Locks for a policy.
pub mod abe;

// Locks that a proxy can turn towards a reader.
pub mod pre;

// Names that only the patient can put together.
pub mod pseudonym;

// Find without being told what is sought.
pub mod peks;

// Ciphertext in content-addressed chunks.
pub mod store;

// Two-layer PBFT.
pub mod consensus;

// Transactions, contract, blocks.
pub mod ledger;

// The whole way of a record, one file a step.
pub mod protocol;

// A seeded network in one process.
#[cfg(feature = "sim")]
pub mod sim;
