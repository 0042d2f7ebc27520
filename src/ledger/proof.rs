//! Proofs of transactions and of the state, for light clients.
//!
//! A light client holds the configuration: chain, roster, quorum. A header with its commit
//! certificate shows what a quorum has decided, without the blocks before it.
//!
//! | proof | shows |
//! |---|---|
//! | [`TransactionProof`] | a block contains a transaction, with its outcome |
//! | [`StateProof`] | the state after a block contains entries, or lacks them |
//! | [`GrantProof`] | a grant was executed, and which of its owners had revoked it at a block |
//!
//! ```text
//! CertifiedHeader   header || commit certificate of H(header)
//! TransactionProof  CertifiedHeader || index || number of entries || entry || Merkle path
//! StateProof        CertifiedHeader || (key || value or nothing || path in the map)*
//! GrantProof        TransactionProof || StateProof
//! ```
//!
//! `vectors/README.md` specifies all bytes, and the checks of a verifier in their order.
//!
//! **Guarantees.** If at most `F` of `N` members are Byzantine, a proof that verifies under the
//! configuration shows what every honest replica has executed. A proof of absence is about one
//! height: [`LightClient`] compares it with the highest header that it knows, and the caller
//! compares the header's time with a clock.
//!
//! **Limits.** Two headers at one height that verify prove that more than `F` members are
//! Byzantine; [`LightClient`] reports them. Nothing shows that a list of proofs is complete.
//!
//! **Cost.** With `Q` signatures in a certificate, `n` entries in a block and `m` in the state, a
//! proof has about `132 Q + 32 log2 n` or `132 Q + 32 log2 m` bytes, and its verification costs `Q`
//! signature verifications. A replica reads the block of a transaction, or `log2 m / 4` entries of
//! its database.
#![forbid(unsafe_code)]

mod client;
mod file;
mod grant;
mod state;
mod transaction;

pub use client::LightClient;
pub use file::ProofFile;
pub use grant::{GrantProof, ProvenGrant};
pub(super) use state::value_digest;
pub use state::{EntryProof, ProvenEntry, StateKey, StateProof};
pub use transaction::{ProvenTransaction, TransactionProof};

use super::Time;
use super::block::Header;
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, public_encoding, sequence};
use crate::algebra::tag::Kind;
use crate::consensus::{self, CertificateError, Config, Phase};
use crate::error::DecodeError;
use thiserror::Error;

/// The reason why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The proof is for another chain or epoch.
    #[error("the proof is for another chain or consensus epoch than the configuration")]
    Configuration,
    /// The certificate is not a commit certificate of the header.
    #[error("the certificate does not commit the header")]
    Certificate,
    /// The certificate does not verify under the configuration.
    #[error("the certificate does not verify: {0}")]
    Signatures(#[from] CertificateError),
    /// The Merkle path does not lead to the header's root.
    #[error("the header does not contain the entry")]
    Path,
    /// The transaction does not decode.
    #[error("the transaction does not decode: {0}")]
    Transaction(DecodeError),
    /// The path in the map does not lead to the header's state root, or shows another value.
    #[error("the state root does not show entry {0} of the proof")]
    Entry(usize),
    /// The proof of a grant is about another transaction, or its entries are not those of the grant
    /// and of the revocations by its owners.
    #[error("the entries are not those of the grant and of the revocations by its owners")]
    Grant,
    /// A known header is higher.
    #[error("the proof is about height {found}: the highest known header has {known}")]
    Stale {
        /// The height of the proof.
        found: u64,
        /// The height of the highest known header.
        known: u64,
    },
    /// A quorum has certified two headers at one height: more than `F` members are Byzantine.
    #[error("two headers at height {0} are certified: more than F members are Byzantine")]
    Fork(u64),
}

/// A header with the commit certificate of its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedHeader {
    /// The header.
    pub header: Header,
    /// The commit certificate.
    pub certificate: consensus::Certificate,
}
sequence!(Codec for CertifiedHeader { header, certificate });

impl CertifiedHeader {
    /// Verifies that a quorum of the configuration has committed the header.
    ///
    /// # Errors
    /// [`ProofError::Configuration`], [`ProofError::Certificate`] or [`ProofError::Signatures`].
    pub fn verify(&self, config: &Config) -> Result<&Header, ProofError> {
        let Self { header, certificate } = self;
        if header.epoch != config.epoch() {
            return Err(ProofError::Configuration);
        }
        let commits = certificate.phase == Phase::Commit
            && certificate.height == header.height
            && certificate.digest == header.hash();
        if !commits {
            return Err(ProofError::Certificate);
        }
        certificate.verify(config)?;
        Ok(header)
    }
}

/// A proof of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "proofs are handled one at a time")]
pub enum Proof {
    /// A transaction in a block.
    Transaction(TransactionProof),
    /// Entries of the state.
    State(StateProof),
    /// A grant and its revocations.
    Grant(GrantProof),
}
/// A tag, then the proof.
impl Canonical for Proof {
    const KIND: Kind = Kind::LedgerProof;

    fn write(&self, w: &mut Writer) {
        match self {
            Self::Transaction(proof) => tagged(w, 1, proof),
            Self::State(proof) => tagged(w, 2, proof),
            Self::Grant(proof) => tagged(w, 3, proof),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match r.u8()? {
            1 => Self::Transaction(Codec::read(r)?),
            2 => Self::State(Codec::read(r)?),
            3 => Self::Grant(Codec::read(r)?),
            _ => return Err(DecodeError::Invalid("unknown kind of proof: expected 1, 2 or 3")),
        })
    }
}
public_encoding!(Proof);

fn tagged(w: &mut Writer, tag: u8, proof: &impl Codec) {
    w.u8(tag);
    proof.write(w);
}

impl Proof {
    /// Verifies the proof under a configuration.
    ///
    /// # Errors
    /// [`ProofError`] with the first check that fails.
    pub fn verify(&self, config: &Config) -> Result<Proven, ProofError> {
        match self {
            Self::Transaction(proof) => proof.verify(config).map(Proven::Transaction),
            Self::State(proof) => proof.verify(config).map(|(header, entries)| {
                let (height, time) = (header.height, header.time);
                Proven::State { height, time, entries }
            }),
            Self::Grant(proof) => proof.verify(config).map(Proven::Grant),
        }
    }

    /// Returns the highest header of the proof.
    pub fn header(&self) -> &CertifiedHeader {
        match self {
            Self::Transaction(proof) => &proof.at,
            Self::State(proof) => &proof.at,
            Self::Grant(proof) => &proof.state.at,
        }
    }
}

/// The statement of a verified proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proven {
    /// A transaction in a block.
    Transaction(ProvenTransaction),
    /// Entries of the state.
    State {
        /// The height of the block after which the state is shown.
        height: u64,
        /// The time of that block.
        time: Time,
        /// The entries.
        entries: Vec<ProvenEntry>,
    },
    /// A grant and its revocations.
    Grant(ProvenGrant),
}
