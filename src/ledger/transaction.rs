//! Transactions: actions with the signatures that they require.
#![forbid(unsafe_code)]

use super::Time;
use super::action::Action;
use super::anchor::ANCHOR_COST;
use crate::algebra::codec::{Codec, VERSION, public_encoding, sequence};
use crate::algebra::hash::digest;
use crate::algebra::tag;
use crate::algebra::{Rng, random_bytes};
use crate::consensus::{Config, Digest, EvidenceError, Price};
use crate::database::DatabaseError;
use crate::error::DecodeError;
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};

/// The maximum length of a chain's name in bytes.
pub(super) const MAX_CHAIN: usize = 64;
/// The maximum number of signatures of a transaction.
const MAX_SIGNATURES: usize = 64;

/// The chain that a transaction is for, and the end of its validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity<'a> {
    /// The name of the only chain that accepts the transaction.
    pub chain: &'a str,
    /// The first block time at which the transaction has expired.
    pub until: Time,
}

/// The signed part of a transaction. Its digest is the transaction's identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The chain that may execute it.
    pub chain: String,
    /// Distinguishes transactions with equal actions.
    pub nonce: [u8; 16],
    /// The first block time at which it has expired. Its identifier is stored until then.
    pub valid_until: Time,
    /// The action.
    pub action: Action,
}

impl Draft {
    /// Creates a draft with a random nonce.
    pub fn new(validity: Validity<'_>, action: Action, rng: &mut (impl Rng + ?Sized)) -> Self {
        let Validity { chain, until } = validity;
        Self { chain: chain.to_owned(), nonce: random_bytes(rng), valid_until: until, action }
    }

    /// Returns the identifier, which does not depend on the signatures.
    pub fn id(&self) -> Digest {
        digest(tag::LEDGER_TRANSACTION, &[&self.to_signed_bytes()])
    }

    /// Signs the draft for one party.
    pub fn sign(&self, key: &SigningKey) -> Signature {
        key.sign(tag::SIGN_TRANSACTION, &[&self.to_signed_bytes()])
    }

    /// Verifies the signature of one party.
    ///
    /// # Errors
    /// [`InvalidSignature`].
    pub fn verify(
        &self,
        key: &VerifyingKey,
        signature: &Signature,
    ) -> Result<(), InvalidSignature> {
        key.verify(tag::SIGN_TRANSACTION, &[&self.to_signed_bytes()], signature)
    }

    /// Signs the draft with the keys of all parties, in order of [`Action::signers`].
    pub fn signed_by(self, keys: &[&SigningKey]) -> Transaction {
        let signatures = keys.iter().map(|key| self.sign(key)).collect();
        Transaction { draft: self, signatures }
    }

    fn to_signed_bytes(&self) -> Vec<u8> {
        [vec![VERSION], self.encode()].concat()
    }
}
sequence!(Canonical for Draft = Draft { chain: text(MAX_CHAIN), nonce, valid_until, action });
public_encoding!(Draft);

/// A draft with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The signed part.
    pub draft: Draft,
    /// One signature per party, in order of [`Action::signers`].
    pub signatures: Vec<Signature>,
}

/// The reason why a transaction is not admitted to a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The bytes do not decode.
    #[error("the transaction does not decode: {0}")]
    Decode(#[from] DecodeError),
    /// The transaction is for another chain.
    #[error("the transaction is for another chain")]
    Chain,
    /// The signature of a required party is missing or does not verify.
    #[error("the signature of the {0} is missing or invalid")]
    Signature(&'static str),
    /// There are more signatures than parties.
    #[error("the transaction has more signatures than its action requires")]
    SurplusSignature,
    /// The registration centre did not issue the certificate.
    #[error("the certificate was not issued by the registration centre")]
    Certificate,
    /// The proxy did not sign the receipt in the evidence.
    #[error("the receipt was not signed by the proxy for this chain")]
    Receipt,
    /// The evidence does not prove that a member of this configuration equivocated.
    #[error("the evidence proves nothing: {0}")]
    Evidence(EvidenceError),
    /// The time of the last block, or of the transaction's own block, has reached `valid_until`.
    #[error("the transaction has expired")]
    Expired,
    /// A block contains the transaction.
    #[error("the transaction is already on the ledger")]
    Duplicate,
    /// No party is registered under the payer's key.
    #[error("the {0} pays for the transaction and is not registered: register this key first")]
    UnregisteredPayer(&'static str),
    /// No record on the ledger has an owner key that signs a grant or revocation.
    #[error(
        "an owner key that pays for the transaction has no record on the ledger: publish the \
         record first"
    )]
    OwnerWithoutRecord,
    /// The signer of a withdrawal is not the registration centre.
    #[error("only the registration centre withdraws certificates: sign with its key")]
    NotCentre,
    /// The state cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Transaction {
    /// Returns the identifier.
    pub fn id(&self) -> Digest {
        self.draft.id()
    }

    /// The action.
    pub fn action(&self) -> &Action {
        &self.draft.action
    }

    /// Returns the price: one unit per signature that [`Self::check`] verifies, those in a
    /// certificate, a receipt or evidence included, and 32 for the blocks of an anchor. The first
    /// signer pays, identified by its key.
    pub fn price(&self) -> Price {
        let contained = match self.action() {
            Action::Register(_) | Action::Renew(_) | Action::Evidence(_) => 1,
            Action::Equivocation(_) => 2,
            Action::Anchor(_) => ANCHOR_COST,
            _ => 0,
        };
        let signers = self.action().signers();
        let payer = signers.first().map(|(_, key)| *key.as_bytes());
        Price { cost: signers.len() as u32 + contained, payer }
    }

    /// Verifies everything that does not depend on the state: chain, signatures, certificate.
    ///
    /// # Errors
    /// The transaction is for another chain, a signature of a party does not verify or is not
    /// required, or the registration centre did not issue the certificate.
    pub fn check(&self, config: &Config, centre: &VerifyingKey) -> Result<(), TransactionError> {
        let chain = &config.parameters().chain;
        if self.draft.chain != *chain {
            return Err(TransactionError::Chain);
        }
        // First, because the certificate pays for a registration.
        if let Action::Register(certificate) | Action::Renew(certificate) = self.action() {
            certificate.verify(centre).map_err(|_| TransactionError::Certificate)?;
        }
        let signers = self.action().signers();
        let signed = self.draft.to_signed_bytes();
        for (i, (party, key)) in signers.iter().enumerate() {
            let valid = self.signatures.get(i).is_some_and(|signature| {
                key.verify(tag::SIGN_TRANSACTION, &[&signed], signature).is_ok()
            });
            if !valid {
                return Err(TransactionError::Signature(party));
            }
        }
        if self.signatures.len() != signers.len() {
            return Err(TransactionError::SurplusSignature);
        }
        match self.action() {
            Action::Evidence(evidence) => {
                evidence.receipt.verify(chain).map_err(|_| TransactionError::Receipt)
            }
            Action::Equivocation(equivocation) => {
                equivocation.evidence.verify(config).map_err(TransactionError::Evidence)
            }
            _ => Ok(()),
        }
    }
}

sequence!(Canonical for Transaction = Transaction { draft, signatures: list(MAX_SIGNATURES) });
public_encoding!(Transaction);
