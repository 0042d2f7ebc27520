//! Ledger proofs that a configuration does not verify, with the check that refuses each.

mod certificates;
mod encodings;
mod grants;
mod signatures;
mod states;
mod transactions;

use crate::common::rng;
use crate::vectors::format::{Fields, NegativeFile, compare_or_write};
use crate::vectors::ledger::chain::Chain;
use crate::vectors::ledger::story::Story;
use epione::algebra::codec::Canonical;
use epione::consensus::{Config, Digest, ReplicaId};
use epione::error::DecodeError;
use epione::ledger::Header;
use epione::ledger::proof::{
    CertifiedHeader, GrantProof, Proof, ProofError, StateProof, TransactionProof,
};

/// A quorum of the roster.
const QUORUM: [ReplicaId; 4] = [1, 4, 9, 65_535];

/// The error of the decoder, or of the verification.
#[derive(Debug, PartialEq)]
enum Refusal {
    Decode(DecodeError),
    Proof(ProofError),
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<ProofError> for Refusal {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}

impl Refusal {
    /// The name of the check in the file.
    fn name(&self) -> &'static str {
        match self {
            Self::Decode(_) => "Decode",
            Self::Proof(ProofError::Configuration) => "Configuration",
            Self::Proof(ProofError::Certificate) => "Certificate",
            Self::Proof(ProofError::Signatures(_)) => "Signatures",
            Self::Proof(ProofError::Path) => "Path",
            Self::Proof(ProofError::Transaction(_)) => "Transaction",
            Self::Proof(ProofError::Entry(_)) => "Entry",
            Self::Proof(ProofError::Grant) => "Grant",
            Self::Proof(other) => panic!("a light client reports {other}"),
        }
    }
}

/// The last group of a file, whose context is a configuration.
struct Cases<'a> {
    file: &'a mut NegativeFile,
    config: &'a Config,
}

impl<'a> Cases<'a> {
    fn new(file: &'a mut NegativeFile, config: &'a Config) -> Self {
        file.group("ledger proof: verify", Fields::default().hex("config", config.to_bytes()));
        Self { file, config }
    }

    fn verify(&self, bytes: &[u8]) -> Result<(), Refusal> {
        Proof::from_bytes(bytes)?.verify(self.config)?;
        Ok(())
    }

    fn valid(&mut self, comment: &str, proof: impl Encoded) {
        let bytes = proof.encoded();
        assert_eq!(self.verify(&bytes), Ok(()), "{comment}");
        self.file.proof(comment, "Valid", &bytes, None);
    }

    fn refused(
        &mut self,
        comment: &str,
        flag: &'static str,
        proof: impl Encoded,
        error: impl Into<Refusal>,
    ) {
        let (bytes, error) = (proof.encoded(), error.into());
        let name = error.name();
        assert_eq!(self.verify(&bytes), Err(error), "{comment}");
        self.file.proof(comment, flag, &bytes, Some(name));
    }
}

/// A proof, or its bytes.
trait Encoded {
    fn encoded(self) -> Vec<u8>;
}

impl Encoded for Vec<u8> {
    fn encoded(self) -> Vec<u8> {
        self
    }
}

impl Encoded for TransactionProof {
    fn encoded(self) -> Vec<u8> {
        Proof::Transaction(self).to_bytes()
    }
}

impl Encoded for StateProof {
    fn encoded(self) -> Vec<u8> {
        Proof::State(self).to_bytes()
    }
}

impl Encoded for GrantProof {
    fn encoded(self) -> Vec<u8> {
        Proof::Grant(self).to_bytes()
    }
}

/// A header with the certificate of a quorum: the signers are dishonest if its roots are not those
/// of a chain.
fn certified(chain: &Chain, header: Header) -> CertifiedHeader {
    let certificate = chain.commit(&header, &QUORUM);
    CertifiedHeader { header, certificate }
}

/// A certified header with the roots of a block and of the state.
fn forged(chain: &Chain, entries_root: Digest, state_root: Digest) -> CertifiedHeader {
    let header = chain.at(1).block.header;
    certified(chain, Header { entries_root, state_root, ..header })
}

#[test]
fn negative_tests_of_ledger_proofs() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-INVALID-LEDGER-PROOFS",
        "Proofs of transactions, of entries and of grants that a configuration does not verify.",
    );
    let story = Story::new(rng(2044));
    encodings::encodings(&mut file, &story);
    certificates::headers(&mut file, &story);
    certificates::certificates(&mut file, &story);
    signatures::signatures(&mut file, &story);
    transactions::transactions(&mut file, &story);
    states::states(&mut file, &story);
    states::forged_roots(&mut file, &story);
    grants::grants(&mut file, &story);
    compare_or_write("invalid/ledger-proofs.json", &file);
}
