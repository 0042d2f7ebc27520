//! Transactions: what may be asked of the ledger, and who must have signed it.
#![forbid(unsafe_code)]

use super::Time;
use super::action::Action;
use crate::algebra::codec::{Canonical, Reader, VERSION, Writer, public_encoding};
use crate::algebra::hash::digest;
use crate::algebra::tag::{self, Kind};
use crate::algebra::{Rng, random_bytes};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::sign::{Signature, SigningKey, VerifyingKey};

/// The most bytes of a chain's name.
const MAX_CHAIN: usize = 64;
/// The most signatures of a transaction.
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
    /// The chain it is for.
    pub chain: String,
    /// Makes equal actions different transactions.
    pub nonce: [u8; 16],
    /// It is refused in later blocks; its identifier is kept until then.
    pub valid_until: Time,
    /// What is asked.
    pub action: Action,
}

impl Draft {
    /// A draft with a fresh nonce.
    pub fn new(validity: Validity<'_>, action: Action, rng: &mut (impl Rng + ?Sized)) -> Self {
        let Validity { chain, until } = validity;
        Self { chain: chain.to_owned(), nonce: random_bytes(rng), valid_until: until, action }
    }

    /// The identifier, the same before and after signing.
    pub fn id(&self) -> Digest {
        digest(tag::LEDGER_TRANSACTION, &[&self.to_signed_bytes()])
    }

    /// One party's signature.
    pub fn sign(&self, key: &SigningKey) -> Signature {
        key.sign(tag::SIGN_TRANSACTION, &[&self.to_signed_bytes()])
    }

    /// Signed by parties of whom all keys are at hand, in the order of [`Action::signers`].
    pub fn signed_by(self, keys: &[&SigningKey]) -> Transaction {
        let signatures = keys.iter().map(|key| self.sign(key)).collect();
        Transaction { draft: self, signatures }
    }

    fn to_signed_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u8(VERSION);
        self.write(&mut w);
        w.finish()
    }

    fn write(&self, w: &mut Writer) {
        w.bytes(self.chain.as_bytes());
        w.fixed(&self.nonce);
        w.u64(self.valid_until);
        self.action.write(w);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            chain: r.text(MAX_CHAIN)?,
            nonce: r.fixed()?,
            valid_until: r.u64()?,
            action: Action::read(r)?,
        })
    }
}

/// A draft with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What is signed.
    pub draft: Draft,
    /// One for each of [`Action::signers`], in that order.
    pub signatures: Vec<Signature>,
}

/// Why a transaction is refused by its bytes alone, whatever the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Not a transaction.
    #[error("not a transaction: {0}")]
    Decode(#[from] DecodeError),
    /// For another chain.
    #[error("the transaction is for another chain")]
    Chain,
    /// A party that must sign did not.
    #[error("the signature of the {0} is missing or forged")]
    Signature(&'static str),
    /// The registration centre did not issue the certificate.
    #[error("the certificate was not issued by the registration centre")]
    Certificate,
    /// It could never be in a block again.
    #[error("the transaction has expired")]
    Expired,
    /// It is in a block already.
    #[error("the transaction is already on the ledger")]
    Duplicate,
}

impl Transaction {
    /// The identifier.
    pub fn id(&self) -> Digest {
        self.draft.id()
    }

    /// What is asked.
    pub fn action(&self) -> &Action {
        &self.draft.action
    }

    /// Checks all that does not depend on the state: chain, signatures, certificates.
    ///
    /// # Errors
    /// [`TransactionError`] with the party whose signature fails.
    pub fn check(&self, chain: &str, centre: &VerifyingKey) -> Result<(), TransactionError> {
        if self.draft.chain != chain {
            return Err(TransactionError::Chain);
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
            return Err(TransactionError::Signature("additional party"));
        }
        if let Action::Register(certificate) = self.action() {
            certificate.verify(centre).map_err(|_| TransactionError::Certificate)?;
        }
        Ok(())
    }
}

impl Canonical for Transaction {
    const KIND: Kind = Kind::Transaction;
    fn write(&self, w: &mut Writer) {
        self.draft.write(w);
        w.list(&self.signatures, |w, signature| signature.write(w));
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { draft: Draft::read(r)?, signatures: r.list(MAX_SIGNATURES, Signature::read)? })
    }
}
public_encoding!(Transaction);
