#![doc = include_str!("../README.md")]

pub mod error;

pub mod algebra;

pub mod dem;
pub mod policy;
pub mod sign;

pub mod abe;
pub mod consensus;

pub mod ledger;
pub mod peks;
pub mod pre;
pub mod pseudonym;
pub mod record;

pub mod protocol;
pub mod store;

#[cfg(feature = "sim")]
pub mod sim;
