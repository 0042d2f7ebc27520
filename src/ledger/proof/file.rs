//! Proofs as JSON documents.
#![forbid(unsafe_code)]

use super::Proof;
use crate::consensus::Config;
use serde::{Deserialize, Serialize};

/// A proof with the configuration under which it verifies.
///
/// The configuration is part of the document, so a verifier compares
/// [`Config::digest`] with a digest that it trusts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    format: Format,
    /// The configuration, in hexadecimal.
    pub config: Config,
    /// The proof, in hexadecimal.
    pub proof: Proof,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "epione proof 1")]
    One,
}

impl ProofFile {
    /// Creates the document of a proof.
    pub fn new(config: Config, proof: Proof) -> Self {
        Self { format: Format::One, config, proof }
    }
}
