//! Proofs of presence and absence of entries of the state.
#![forbid(unsafe_code)]

use super::{CertifiedHeader, ProofError};
use crate::algebra::codec::{choice, sequence};
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_STATE;
use crate::consensus::{Config, Digest, ReplicaId};
use crate::ledger::block::Header;
use crate::ledger::map;
use crate::sign::VerifyingKey;

/// The maximum number of entries of a proof.
const MAX_PROVEN: usize = 128;
/// The maximum length of a value in bytes.
const MAX_VALUE: usize = 1 << 16;

/// The key of an entry of the authenticated map.
///
/// | key | value |
/// |---|---|
/// | genesis | chain's name without length, key of the registration centre |
/// | party | certificate, with version and kind |
/// | withdrawn certificate, record, grant, revocation | no bytes |
/// | request | height and time of its block |
/// | access | the reported access, without code of the action |
/// | evidence | receipt |
/// | transaction, executed or rejected | end of validity; removed once it has expired |
/// | revocation of an attribute | first key epoch |
/// | anchor | first height, root |
/// | equivocation | evidence |
///
/// A key is encoded as its kind, from 0 in the order of the variants, and its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateKey {
    /// The chain and its registration centre.
    Genesis,
    /// A registered party, by its signing key.
    Party(VerifyingKey),
    /// A withdrawn certificate, by [`Subject::withdrawal`](crate::ledger::Subject::withdrawal).
    Withdrawn(Digest),
    /// A record, by the identifier of its transaction.
    Record(Digest),
    /// A grant, by the identifier of its transaction.
    Grant(Digest),
    /// The revocation of a grant by one of its owners.
    Revocation {
        /// The grant.
        grant: Digest,
        /// The owner key.
        owner: VerifyingKey,
    },
    /// A request, by the identifier of its transaction.
    Request(Digest),
    /// The reported access of a request.
    Access(Digest),
    /// The receipt of an unreported release for a request.
    Evidence(Digest),
    /// A transaction that has not expired.
    Transaction(Digest),
    /// The revocation of an attribute.
    AttributeRevocation {
        /// The attribute authority.
        authority: VerifyingKey,
        /// [`AttributeRevocationAction::entry_of`] holder and attribute.
        ///
        /// [`AttributeRevocationAction::entry_of`]:
        ///     crate::ledger::AttributeRevocationAction::entry_of
        entry: Digest,
    },
    /// The anchor that ends at a height.
    Anchor(u64),
    /// The evidence that a member of consensus equivocated.
    Equivocation {
        /// The consensus epoch.
        epoch: u64,
        /// The member.
        member: ReplicaId,
    },
}

choice!(StateKey, "unknown kind of a key of the state" {
    0 = Genesis, 1 = Party(key), 2 = Withdrawn(certificate), 3 = Record(id), 4 = Grant(id),
    5 = Revocation { grant, owner }, 6 = Request(id), 7 = Access(request), 8 = Evidence(request),
    9 = Transaction(id), 10 = AttributeRevocation { authority, entry }, 11 = Anchor(until),
    12 = Equivocation { epoch, member },
});

impl StateKey {
    /// Returns the digest under which the map contains the entry: `digest(LEDGER_STATE, "key",
    /// encoded key)`.
    pub fn digest(&self) -> Digest {
        use crate::algebra::codec::Codec;
        digest(LEDGER_STATE, &[b"key", &self.encode()])
    }
}

/// Returns the digest of a value in the map: `digest(LEDGER_STATE, "value", value)`.
pub(in crate::ledger) fn value_digest(value: &[u8]) -> Digest {
    digest(LEDGER_STATE, &[b"value", value])
}

/// An entry, or its absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProof {
    /// The key.
    pub key: StateKey,
    /// The value; `None` if the state does not contain the key.
    pub value: Option<Vec<u8>>,
    /// The path in the map.
    pub path: map::Proof,
}
sequence!(Codec for EntryProof { key, value: optional_bytes(MAX_VALUE), path });

/// A key with its value; `None` if the state does not contain it.
pub type ProvenEntry = (StateKey, Option<Vec<u8>>);

/// The proof that the state after a block contains entries, or does not contain them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateProof {
    /// The header of the block.
    pub at: CertifiedHeader,
    /// The entries.
    pub entries: Vec<EntryProof>,
}
sequence!(Codec for StateProof { at, entries: list(MAX_PROVEN) });

impl StateProof {
    /// Verifies the proof under a configuration. Returns the header and the entries.
    ///
    /// # Errors
    /// [`ProofError`] with the first check that fails.
    pub fn verify(&self, config: &Config) -> Result<(&Header, Vec<ProvenEntry>), ProofError> {
        let header = self.at.verify(config)?;
        let mut entries = Vec::new();
        for (index, EntryProof { key, value, path }) in self.entries.iter().enumerate() {
            let expected = value.as_deref().map(value_digest);
            if !path.verify(&header.state_root, &key.digest(), expected.as_ref()) {
                return Err(ProofError::Entry(index));
            }
            entries.push((*key, value.clone()));
        }
        Ok((header, entries))
    }
}
