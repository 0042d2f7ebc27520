//! A party's view of the ledger.
#![forbid(unsafe_code)]

use super::{ProtocolError, Refusal};
use crate::consensus::Digest;
use crate::database::DatabaseError;
use crate::ledger::{CheckError, GrantAction, Role, Rule, State, Subject, Time};
use crate::sign::VerifyingKey;

/// The maximum difference between the time of a fetch or search request and the receiver's clock:
/// one minute, in milliseconds.
pub(super) const MESSAGE_SKEW: Time = 60_000;

/// The state of the ledger and the local time.
#[derive(Debug, Clone, Copy)]
pub struct LedgerView<'a> {
    /// The state of a replica that the party trusts.
    pub state: &'a State,
    /// The time on the party's own clock, in milliseconds since the Unix epoch.
    pub now: Time,
}

impl LedgerView<'_> {
    /// Returns a party that is registered in a role, with a certificate that is valid now.
    pub(super) fn require_party(
        self,
        key: &VerifyingKey,
        role: Role,
        otherwise: Refusal,
    ) -> Result<Subject, ProtocolError> {
        self.state.valid_party(key, role, self.now, otherwise.into())
    }

    /// Returns `true` if a grant on the ledger is revoked or its window has ended. A grant that
    /// this view does not contain has not ended: the view may be old.
    pub(super) fn has_ended(self, id: &Digest) -> Result<bool, DatabaseError> {
        let Some(grant) = self.state.grant(id)? else { return Ok(false) };
        Ok(self.now >= grant.until || self.state.is_revoked(id, &grant)?)
    }

    /// Checks that a grant is not revoked and that its window has not ended.
    pub(super) fn check_not_ended(
        self,
        id: &Digest,
        grant: &GrantAction,
    ) -> Result<(), CheckError> {
        if self.state.is_revoked(id, grant)? {
            return Err(Rule::Revoked.into());
        }
        if self.now >= grant.until { Err(Rule::WindowEnded.into()) } else { Ok(()) }
    }

    /// Returns `true` if a time differs from the party's clock by at most `skew`.
    pub(super) fn is_near(self, time: Time, skew: Time) -> bool {
        time.abs_diff(self.now) <= skew
    }

    /// Checks that the certificates of a grant's reader and proxy are valid now.
    pub(super) fn check_parties(self, grant: &GrantAction) -> Result<(), CheckError> {
        let (state, now) = (self.state, self.now);
        let otherwise = CheckError::from(Rule::UnknownReader);
        state.valid_party(&grant.reader, Role::Doctor, now, otherwise)?;
        let otherwise = CheckError::from(Rule::UnknownProxy);
        state.valid_party(&grant.proxy, Role::Proxy, now, otherwise)?;
        Ok(())
    }
}
