//! Admission: the conditions that a transaction meets before its signatures are verified.
//!
//! A transaction enters the pool and a block only if its payer is known to the state. The payer is
//! the party to whom consensus charges the [`Price`](crate::consensus::Price), and its first
//! signer.
//!
//! | action | payer | known if |
//! |---|---|---|
//! | `Register` | the subject | always: the centre's signature in the certificate is the proof |
//! | `Record` | the author | registered |
//! | `Grant` | the first owner key | every owner key of the grant has a record |
//! | `Request` | the reader | registered |
//! | `Access` | the proxy | registered |
//! | `Revoke` | the owner key | it has a record |
//! | `Evidence` | the reporter | registered |
//! | `Renew` | the subject | registered |
//! | `Withdraw` | the registration centre | it is the centre of the chain |
//! | `AttributeRevocation` | the attribute authority | registered |
//! | `Anchor` | the institution | registered |
//! | `Equivocation` | the reporter | registered |
//!
//! Owner keys pay for themselves, because a registered payer would link the keys of a patient. A
//! grant with one invented owner key is refused: otherwise one key with a record would admit the
//! verification of any number of keys without.
//!
//! The state of a block under execution includes the earlier entries of the block, so a record and
//! a grant of its owner key may be in one block, in this order. The contract, not admission, checks
//! the end of a certificate: the outcome depends on the order of transactions and is recorded in
//! the block.
#![forbid(unsafe_code)]

use super::action::Action;
use super::format::DecodedTransaction;
use super::state::State;
use super::transaction::TransactionError;
use crate::sign::VerifyingKey;

/// Checks that a transaction is for the chain of a state, not expired, not executed before, and
/// that its payer is known. Verifies no signature.
///
/// # Errors
/// The first condition that fails.
pub(super) fn check(
    state: &State,
    DecodedTransaction { id, transaction }: &DecodedTransaction,
) -> Result<(), TransactionError> {
    if transaction.draft.chain != state.chain() {
        return Err(TransactionError::Chain);
    }
    if transaction.draft.valid_until <= state.time() {
        return Err(TransactionError::Expired);
    }
    if state.contains_transaction(id)? {
        return Err(TransactionError::Duplicate);
    }
    check_payer(state, transaction.action())
}

fn check_payer(state: &State, action: &Action) -> Result<(), TransactionError> {
    let party = |role, key: &VerifyingKey| match state.is_registered(key)? {
        true => Ok(()),
        false => Err(TransactionError::UnregisteredPayer(role)),
    };
    let owner = |key: &VerifyingKey| match state.is_owner(key)? {
        true => Ok(()),
        false => Err(TransactionError::OwnerWithoutRecord),
    };
    match action {
        Action::Register(_) => Ok(()),
        Action::Record(record) => party("author", &record.author),
        Action::Grant(grant) => grant.owners.iter().try_for_each(owner),
        Action::Request(request) => party("reader", &request.reader),
        Action::Access(access) => party("proxy", &access.proxy),
        Action::Revoke(revoke) => owner(&revoke.owner),
        Action::Evidence(evidence) => party("reporter", &evidence.reporter),
        Action::Renew(certificate) => party("subject", &certificate.claimed().key),
        Action::Withdraw(withdraw) if withdraw.centre == *state.centre() => Ok(()),
        Action::Withdraw(_) => Err(TransactionError::NotCentre),
        Action::AttributeRevocation(revocation) => party("authority", &revocation.authority),
        Action::Anchor(anchor) => party("institution", &anchor.institution),
        Action::Equivocation(equivocation) => party("reporter", &equivocation.reporter),
    }
}
