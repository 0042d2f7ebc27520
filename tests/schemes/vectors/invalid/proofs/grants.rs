//! Proofs of grants with entries of others, of other blocks, or of no grant.

use super::{Cases, certified};
use crate::vectors::format::NegativeFile;
use crate::vectors::ledger::proofs::{grant_at, revocations, state_at};
use crate::vectors::ledger::story::Story;
use epione::consensus::CertificateError;
use epione::ledger::Transaction;
use epione::ledger::proof::{CertifiedHeader, GrantProof, ProofError, StateKey, StateProof};

pub(super) fn grants(file: &mut NegativeFile, story: &Story) {
    let chain = &story.chain;
    let mut cases = Cases::new(file, &chain.config);
    let last = chain.ledger.height();
    let honest = grant_at(story, &story.shared, last);
    let with = |state: StateProof| GrantProof { state, ..honest.clone() };
    cases.valid("a grant that one of two owners has revoked", honest.clone());
    cases.valid("the grant at its own block", grant_at(story, &story.shared, 3));
    let keys = revocations(&story.shared);
    let [first, second] = keys[..] else { panic!("two owners") };
    let of_other = revocations(&story.grant)[0];
    let StateKey::Revocation { owner, .. } = first else { panic!("a revocation") };
    let stranger = StateKey::Revocation {
        grant: story.shared.id(),
        owner: chain.parties.stranger.verifying_key(),
    };
    for (comment, flag, keys) in [
        ("no entries", "Missing", vec![]),
        ("without the first owner", "Missing", vec![second]),
        ("without the second owner", "Missing", vec![first]),
        ("the owners in another order", "Order", vec![second, first]),
        ("the first owner twice", "Order", vec![first, first]),
        ("one entry more", "Surplus", vec![first, second, second]),
        ("an entry of a stranger", "Foreign", vec![first, stranger]),
        ("the revocations of another grant", "Foreign", revocations(&story.late)),
        ("the revocation of another grant", "Foreign", vec![of_other, second]),
        ("the grant instead of a revocation", "Foreign", {
            vec![StateKey::Grant(story.shared.id()), second]
        }),
        ("the first owner as a party", "Foreign", vec![StateKey::Party(owner), second]),
    ] {
        cases.refused(comment, flag, with(state_at(chain, last, &keys)), ProofError::Grant);
    }
    cases.refused("the state before the grant", "Height", with(state_at(chain, 2, &keys)), {
        ProofError::Grant
    });
    let of = |transaction: &Transaction, height| grant_at(story, transaction, height);
    let rejected = of(&story.late, last);
    assert!(rejected.grant.entry.rejected_by.is_some());
    cases.refused("a rejected grant", "Rejected", rejected, ProofError::Grant);
    let revoked = of(&story.shared, last).state;
    let record = GrantProof { grant: of(&story.record, 2).grant, state: revoked };
    cases.refused("a record", "Action", record, ProofError::Grant);
    let nothing =
        GrantProof { grant: of(&story.record, 2).grant, state: state_at(chain, last, &[]) };
    cases.refused("a record without entries", "Action", nothing, ProofError::Grant);
    parts(&mut cases, story, &honest);
}

/// A part of the proof does not verify alone.
fn parts(cases: &mut Cases<'_>, story: &Story, honest: &GrantProof) {
    let chain = &story.chain;
    let mut entries = honest.state.entries.clone();
    let revoked = entries.iter().position(|entry| entry.value.is_some()).unwrap();
    entries[revoked].value = None;
    cases.refused(
        "a revoked grant as not revoked",
        "Absence",
        with_state(honest, StateProof { entries: entries.clone(), ..honest.state.clone() }),
        ProofError::Entry(revoked),
    );
    entries[revoked] = honest.state.entries[revoked].clone();
    entries[1 - revoked].value = Some(vec![]);
    cases.refused(
        "an owner who has not revoked as one who has",
        "Presence",
        with_state(honest, StateProof { entries, ..honest.state.clone() }),
        ProofError::Entry(1 - revoked),
    );
    let mut moved = honest.clone();
    moved.grant.index -= 1;
    cases.refused("another index of the grant", "Index", moved, ProofError::Path);
    let below = |at: &CertifiedHeader| {
        let certificate = chain.commit(&at.header, &[1, 4, 7]);
        CertifiedHeader { certificate, ..at.clone() }
    };
    let error = ProofError::Signatures(CertificateError::BelowQuorum { found: 3, quorum: 4 });
    let mut changed = honest.clone();
    changed.grant.at = below(&honest.grant.at);
    cases.refused("three members certify the block of the grant", "BelowQuorum", changed, {
        error.clone()
    });
    let mut changed = honest.clone();
    changed.state.at = below(&honest.state.at);
    cases.refused("three members certify the state", "BelowQuorum", changed, error);
    // A state that no chain has.
    let mut header = honest.state.at.header.clone();
    header.state_root = [0; 32];
    let state = StateProof { at: certified(chain, header), ..honest.state.clone() };
    cases.refused("another state root", "StateRoot", with_state(honest, state), {
        ProofError::Entry(0)
    });
}

fn with_state(honest: &GrantProof, state: StateProof) -> GrantProof {
    GrantProof { state, ..honest.clone() }
}
