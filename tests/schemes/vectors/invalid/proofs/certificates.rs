//! Headers and certificates that do not belong together, or not to the configuration.

use super::{Cases, QUORUM, certified};
use crate::vectors::format::NegativeFile;
use crate::vectors::ledger::chain::{IDS, parameters};
use crate::vectors::ledger::story::Story;
use epione::consensus::{Certificate, CertificateError, Config, Member, Parameters, Phase};
use epione::error::DecodeError;
use epione::ledger::Header;
use epione::ledger::proof::{CertifiedHeader, ProofError, TransactionProof};

/// The proof of the record with its header certified by a quorum.
pub(super) fn base(story: &Story) -> TransactionProof {
    let id = story.record.id();
    let proof = story.chain.ledger.prove_transaction(&id).unwrap().unwrap();
    TransactionProof { at: certified(&story.chain, proof.at.header.clone()), ..proof }
}

/// Headers that were changed after the members certified them.
pub(super) fn headers(file: &mut NegativeFile, story: &Story) {
    let (chain, proof) = (&story.chain, base(story));
    let CertifiedHeader { header, certificate } = proof.at.clone();
    let with = |header| {
        let at = CertifiedHeader { header, certificate: certificate.clone() };
        TransactionProof { at, ..proof.clone() }
    };
    let mut cases = Cases::new(file, &chain.config);
    cases.valid("a header with the certificate of a quorum", proof.clone());
    let original = || header.clone();
    for (comment, changed) in [
        ("another height", Header { height: header.height + 1, ..original() }),
        ("another time", Header { time: header.time + 1, ..original() }),
        ("another first view", Header { first_view: header.first_view + 1, ..original() }),
        ("another leader", Header { leader: header.leader ^ 1, ..original() }),
        ("another previous block", Header { previous: [7; 32], ..original() }),
        ("another size", Header { size: header.size + 1, ..original() }),
        ("another root of the entries", Header { entries_root: [7; 32], ..original() }),
        ("another root of the state", Header { state_root: [7; 32], ..original() }),
        ("no certificate of the parent", Header { parent_certificate: None, ..original() }),
    ] {
        cases.refused(comment, "Header", with(changed), ProofError::Certificate);
    }
    let mut parent = header.parent_certificate.clone().unwrap();
    parent.view += 1;
    let changed = Header { parent_certificate: Some(parent.clone()), ..original() };
    cases.refused("a changed certificate of the parent", "Header", with(changed), {
        ProofError::Certificate
    });
    parent.signatures.swap(0, 1);
    let unordered = Header { parent_certificate: Some(parent), ..original() };
    cases.refused("unordered signers of the parent", "SignerOrder", with(unordered), order());
    let other = chain.at(3);
    let at = CertifiedHeader { header: other.block.header, certificate: other.certificate };
    let of_other = CertifiedHeader { certificate: at.certificate.clone(), ..proof.at.clone() };
    cases.refused(
        "the certificate of another block",
        "Certificate",
        TransactionProof { at: of_other, ..proof.clone() },
        ProofError::Certificate,
    );
    cases.refused(
        "another block with its certificate",
        "Header",
        TransactionProof { at, ..proof.clone() },
        ProofError::Path,
    );
    epochs(&mut cases, story, &proof);
}

/// Headers of the next epoch.
fn epochs(cases: &mut Cases<'_>, story: &Story, proof: &TransactionProof) {
    let (chain, header) = (&story.chain, proof.at.header.clone());
    let epoch = Header { epoch: header.epoch + 1, ..header };
    let with = |certificate| {
        let at = CertifiedHeader { header: epoch.clone(), certificate };
        TransactionProof { at, ..proof.clone() }
    };
    let next = Parameters { epoch: epoch.epoch, ..parameters() };
    let next = Config::new(next, chain.config.members().cloned().collect()).unwrap();
    let vote = (Phase::Commit, epoch.height, epoch.first_view);
    for (comment, certificate) in [
        ("another epoch", proof.at.certificate.clone()),
        ("another epoch, certified in this one", chain.commit(&epoch, &QUORUM)),
        ("a header of the next epoch", chain.certify(&next, vote, epoch.hash(), &QUORUM)),
    ] {
        cases.refused(comment, "Epoch", with(certificate), ProofError::Configuration);
    }
}

fn order() -> DecodeError {
    DecodeError::Invalid("the signers are not in strictly ascending order")
}

/// Certificates of the unchanged header.
pub(super) fn certificates(file: &mut NegativeFile, story: &Story) {
    let (chain, proof) = (&story.chain, base(story));
    let (height, hash, view) = (proof.at.header.height, proof.at.header.hash(), 9);
    let with = |certificate| {
        let at = CertifiedHeader { certificate, ..proof.at.clone() };
        TransactionProof { at, ..proof.clone() }
    };
    let commit = (Phase::Commit, height, view);
    let signed =
        |vote, digest, signers: &[u16]| chain.certify(&chain.config, vote, digest, signers);
    let honest = signed(commit, hash, &QUORUM);
    let mut cases = Cases::new(file, &chain.config);
    cases.valid("four of six members", with(honest.clone()));
    cases.valid("six of six members", with(signed(commit, hash, &IDS)));
    let below = |found| CertificateError::BelowQuorum { found, quorum: 4 };
    for (comment, signers) in [("three of six members", &QUORUM[..3]), ("no member", &[])] {
        let error = ProofError::Signatures(below(signers.len()));
        cases.refused(comment, "BelowQuorum", with(signed(commit, hash, signers)), error);
    }
    let ordered = |signers: &[u16]| with(signed(commit, hash, signers));
    cases.refused("a repeated signer", "SignerOrder", ordered(&[1, 4, 9, 9]), order());
    cases.refused(
        "a quorum and a repeated signer",
        "SignerOrder",
        ordered(&[1, 4, 7, 9, 9]),
        order(),
    );
    cases.refused("unordered signers", "SignerOrder", ordered(&[1, 9, 4, 65_535]), order());
    for (comment, flag, vote, digest) in [
        ("PREPARE votes", "Phase", (Phase::Prepare, height, view), hash),
        ("votes of a batch", "Phase", (Phase::Batch, height, view), hash),
        ("commits of the next height", "Height", (Phase::Commit, height + 1, view), hash),
        ("commits of another header", "Digest", commit, [7; 32]),
    ] {
        let certificate = signed(vote, digest, &QUORUM);
        cases.refused(comment, flag, with(certificate.clone()), ProofError::Certificate);
        // The fields of the certificate are not those of the signed statement.
        let (phase, group) = (Phase::Commit, 0);
        let claimed = Certificate { phase, group, height, view, digest: hash, ..certificate };
        let error = ProofError::Signatures(CertificateError::Signature(1));
        cases.refused(&format!("{comment}, claimed for this header"), flag, with(claimed), error);
    }
    let group = Certificate { group: 1, ..honest.clone() };
    let error = ProofError::Signatures(CertificateError::Group(1));
    cases.refused("a group", "Group", with(group), error);
    let later = Certificate { view: view + 1, ..honest.clone() };
    let error = ProofError::Signatures(CertificateError::Signature(1));
    cases.refused("another view than the signed one", "View", with(later), error);
    foreign_configurations(&mut cases, story, with);
}

/// Commits of members under another configuration.
fn foreign_configurations(
    cases: &mut Cases<'_>,
    story: &Story,
    with: impl Fn(Certificate) -> TransactionProof,
) {
    let (chain, header) = (&story.chain, base(story).at.header);
    let members: Vec<Member> = chain.config.members().cloned().collect();
    let of = |parameters, members: &[Member]| Config::new(parameters, members.to_vec()).unwrap();
    let mut replaced = members.clone();
    replaced[2].key = chain.parties.stranger.verifying_key();
    let mut rated = members.clone();
    rated[2].rating += 1;
    let mut capacity = parameters().capacity;
    capacity.cost += 1;
    for (comment, config) in [
        ("the same roster on another chain", {
            of(Parameters { chain: "other".to_owned(), ..parameters() }, &members)
        }),
        ("the same roster in another epoch", of(Parameters { epoch: 4, ..parameters() }, &members)),
        (
            "the same roster with another capacity",
            of(Parameters { capacity, ..parameters() }, &members),
        ),
        ("a roster with another member, who has not signed", of(parameters(), &replaced)),
        ("a roster with another rating", of(parameters(), &rated)),
        ("a roster of four members", of(parameters(), &members[..4])),
    ] {
        let vote = (Phase::Commit, header.height, header.first_view);
        let certificate = chain.certify(&config, vote, header.hash(), &QUORUM);
        let error = ProofError::Signatures(CertificateError::Signature(1));
        cases.refused(
            &format!("signed under {comment}"),
            "Configuration",
            with(certificate),
            error,
        );
    }
}
