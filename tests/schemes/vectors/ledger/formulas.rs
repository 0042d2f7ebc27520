//! The encodings of ledger proofs, restated from their documentation.

use crate::vectors::format::encoding;
use crate::vectors::protocol::formulas::{listed, sized};
use epione::algebra::codec::Writer;
use epione::algebra::hash::digest;
use epione::algebra::tag::{self, Kind};
use epione::consensus::{Certificate, Digest, Member, Parameters, Phase, Profile};
use epione::ledger::proof::{CertifiedHeader, EntryProof, StateKey, StateProof, TransactionProof};
use epione::ledger::{Entry, Header, map};

/// The encoding of a configuration.
pub(crate) fn config(parameters: &Parameters, members: &[Member]) -> Vec<u8> {
    let Parameters { chain, epoch, profile, groups, distance_weight, timing, capacity } =
        parameters;
    let mut w = Writer::default();
    w.bytes(chain.as_bytes());
    w.u64(*epoch);
    w.u8(match profile {
        Profile::Flat => 0,
        Profile::MemberQuorum => 1,
    });
    w.u16(*groups);
    w.u16(*distance_weight);
    w.u64(timing.relay);
    w.u64(timing.fallback);
    w.u64(timing.view);
    w.u32(timing.doublings);
    w.u32(capacity.request_bytes);
    w.u32(capacity.bytes);
    w.u16(capacity.requests);
    w.u32(capacity.cost);
    w.list(members, |w, member| {
        w.u16(member.id);
        w.fixed(member.key.as_bytes());
        w.fixed(&member.location.latitude.to_be_bytes());
        w.fixed(&member.location.longitude.to_be_bytes());
        w.u32(member.rating);
    });
    encoding(Kind::ConsensusConfig, &w.finish())
}

/// The signed statement of a vote.
pub(crate) fn statement(certificate: &Certificate) -> Vec<u8> {
    let Certificate { phase, height, view, digest, .. } = certificate;
    let phase = phase_code(*phase);
    [&[2, 0, 0, phase], &height.to_be_bytes()[..], &view.to_be_bytes(), digest].concat()
}

fn phase_code(phase: Phase) -> u8 {
    match phase {
        Phase::Prepare => 1,
        Phase::Commit => 2,
        Phase::Batch => 3,
    }
}

/// The fields of a certificate.
pub(crate) fn certificate(certificate: &Certificate) -> Vec<u8> {
    let Certificate { phase, group, height, view, digest, signatures } = certificate;
    let mut w = Writer::default();
    w.u8(phase_code(*phase));
    w.u16(*group);
    w.u64(*height);
    w.u64(*view);
    w.fixed(digest);
    w.list(signatures, |w, (id, signature)| {
        w.u16(*id);
        w.fixed(&signature.to_bytes());
    });
    w.finish()
}

/// The fields of a header.
pub(crate) fn header(header: &Header) -> Vec<u8> {
    let mut w = Writer::default();
    w.u64(header.height);
    w.u64(header.time);
    w.u64(header.epoch);
    w.u64(header.first_view);
    w.u16(header.leader);
    w.fixed(&header.previous);
    w.u32(header.size);
    w.fixed(&header.entries_root);
    w.fixed(&header.state_root);
    w.fixed(&option(header.parent_certificate.as_ref().map(certificate)));
    w.finish()
}

pub(crate) fn certified(at: &CertifiedHeader) -> Vec<u8> {
    [header(&at.header), certificate(&at.certificate)].concat()
}

/// 0, or 1 and the value.
pub(crate) fn option(value: Option<Vec<u8>>) -> Vec<u8> {
    value.map_or(vec![0], |value| [vec![1], value].concat())
}

/// An optional value of variable length.
pub(crate) fn sized_option(value: Option<&[u8]>) -> Vec<u8> {
    option(value.map(sized))
}

/// The byte of an outcome.
pub(crate) fn outcome(entry: &Entry) -> u8 {
    entry.rejected_by.map_or(0, |rule| rule as u8)
}

pub(crate) fn key(key: &StateKey) -> Vec<u8> {
    match key {
        StateKey::Genesis => vec![0],
        StateKey::Party(key) => [&[1], &key.as_bytes()[..]].concat(),
        StateKey::Withdrawn(id) => [&[2], &id[..]].concat(),
        StateKey::Record(id) => [&[3], &id[..]].concat(),
        StateKey::Grant(id) => [&[4], &id[..]].concat(),
        StateKey::Revocation { grant, owner } => [&[5], &grant[..], owner.as_bytes()].concat(),
        StateKey::Request(id) => [&[6], &id[..]].concat(),
        StateKey::Access(id) => [&[7], &id[..]].concat(),
        StateKey::Evidence(id) => [&[8], &id[..]].concat(),
        StateKey::Transaction(id) => [&[9], &id[..]].concat(),
        StateKey::AttributeRevocation { authority, entry } => {
            [&[10], &authority.as_bytes()[..], entry].concat()
        }
        StateKey::Anchor(until) => [&[11], &until.to_be_bytes()[..]].concat(),
        StateKey::Equivocation { epoch, member } => {
            [&[12], &epoch.to_be_bytes()[..], &member.to_be_bytes()].concat()
        }
    }
}

pub(crate) fn key_digest(of: &StateKey) -> Digest {
    digest(tag::LEDGER_STATE, &[b"key", &key(of)])
}

pub(crate) fn value_digest(value: &[u8]) -> Digest {
    digest(tag::LEDGER_STATE, &[b"value", value])
}

pub(crate) fn path(path: &map::Proof) -> Vec<u8> {
    let end = path.end.map(|(key, value)| [key, value].concat());
    [listed(&path.siblings.iter().map(|one| one.to_vec()).collect::<Vec<_>>()), option(end)]
        .concat()
}

/// The fields of the proof of a transaction.
pub(crate) fn transaction_proof(proof: &TransactionProof) -> Vec<u8> {
    let TransactionProof { at, index, count, entry, path } = proof;
    let path: Vec<Vec<u8>> = path.iter().map(|sibling| sibling.to_vec()).collect();
    [
        certified(at),
        index.to_be_bytes().to_vec(),
        count.to_be_bytes().to_vec(),
        sized(&entry.transaction),
        vec![outcome(entry)],
        listed(&path),
    ]
    .concat()
}

/// The fields of the proof of entries of the state.
pub(crate) fn state_proof(proof: &StateProof) -> Vec<u8> {
    let entry = |entry: &EntryProof| {
        let value = sized_option(entry.value.as_deref());
        [key(&entry.key), value, path(&entry.path)].concat()
    };
    [certified(&proof.at), listed(&proof.entries.iter().map(entry).collect::<Vec<_>>())].concat()
}

/// A proof: a byte for its kind, then its fields.
pub(crate) fn proof(kind: u8, fields: &[u8]) -> Vec<u8> {
    encoding(Kind::LedgerProof, &[&[kind], fields].concat())
}
