//! Attribute revocations, anchors and evidence against members: what is on record.

use super::*;
use epione::consensus::{Evidence, EvidenceError, SignedStatement, Statement};
use epione::ledger::proof::StateKey;
use epione::ledger::{
    AnchorAction, AttributeRevocationAction, EquivocationAction, MAX_ANCHORED, anchor_root,
};

/// A chain with a registered attribute authority, whose key is the stranger's.
fn with_authority(seed: u64) -> Chain {
    let mut chain = Chain::new(seed);
    let p = chain.parties.clone();
    let action = register(&p.centre, &p.stranger, Role::AttributeAuthority, CERTIFIED);
    let transaction = chain.sign(action, &[&p.stranger]);
    assert_eq!(chain.outcome(&transaction), None);
    chain
}

fn revoke_attribute(
    chain: &mut Chain,
    authority: &SigningKey,
    (attribute, from_epoch): (&str, u32),
) -> Transaction {
    let holder = chain.parties.reader.verifying_key();
    let entry = AttributeRevocationAction::entry_of(&holder, attribute);
    let action =
        AttributeRevocationAction { authority: authority.verifying_key(), entry, from_epoch };
    chain.sign(Action::AttributeRevocation(action), &[authority])
}

#[test]
fn only_a_registered_authority_revokes_attributes_and_only_for_itself() {
    let mut chain = with_authority(100);
    let p = chain.parties.clone();
    let authority = p.stranger.verifying_key();
    let entry =
        |attribute| AttributeRevocationAction::entry_of(&p.reader.verifying_key(), attribute);
    let by_doctor = revoke_attribute(&mut chain, &p.doctor, ("neurology", 2));
    assert_eq!(chain.outcome(&by_doctor), Some(Rule::UnknownAuthority));
    let unregistered = revoke_attribute(&mut chain, &p.owner, ("neurology", 2));
    let refused = TransactionError::UnregisteredPayer("authority").to_string();
    assert_eq!(chain.submit(&unregistered), Err(refused));
    let revoke = revoke_attribute(&mut chain, &p.stranger, ("neurology", 2));
    assert_eq!(chain.outcome(&revoke), None);
    let found = |chain: &Chain, authority, attribute| {
        chain.ledger.state().attribute_revocation(&authority, &entry(attribute)).unwrap()
    };
    assert_eq!(found(&chain, authority, "neurology"), Some(2));
    assert_eq!(found(&chain, authority, "cardiology"), None);
    assert_eq!(found(&chain, p.doctor.verifying_key(), "neurology"), None);
    // The entry names holder and attribute.
    let other = AttributeRevocationAction::entry_of(&p.doctor.verifying_key(), "neurology");
    assert_ne!(other, entry("neurology"));
}

#[test]
fn a_revocation_of_an_attribute_only_moves_to_earlier_epochs() {
    let mut chain = with_authority(101);
    let authority = chain.parties.stranger.clone();
    let expected = [
        (5, None),
        (5, Some(Rule::AttributeRevoked)),
        (6, Some(Rule::AttributeRevoked)),
        (3, None),
        (4, Some(Rule::AttributeRevoked)),
    ];
    for (epoch, outcome) in expected {
        let revoke = revoke_attribute(&mut chain, &authority, ("neurology", epoch));
        assert_eq!(chain.outcome(&revoke), outcome, "epoch {epoch}");
    }
    // An authority whose certificate has ended revokes nothing.
    let late = Draft::new(
        Validity { chain: CHAIN, until: CERTIFIED + 10_000 },
        revoke_attribute(&mut chain, &authority, ("cardiology", 1)).draft.action,
        &mut chain.rng,
    );
    let outcome = chain.block_at(CERTIFIED, &[late.signed_by(&[&authority])]);
    assert_eq!(outcome, [Some(Rule::CertificateExpired)]);
}

fn anchor(chain: &mut Chain, until: u64, root: Digest) -> Transaction {
    let institution = chain.parties.institution.clone();
    let action = AnchorAction { institution: institution.verifying_key(), until, root };
    chain.sign(Action::Anchor(action), &[&institution])
}

/// The root of the hashes of these blocks.
fn root_of(chain: &Chain, heights: std::ops::RangeInclusive<u64>) -> Digest {
    let blocks = chain.blocks();
    let hashes: Vec<Digest> =
        heights.map(|height| blocks[height as usize - 1].block.header.hash()).collect();
    anchor_root(&hashes)
}

#[test]
fn anchors_cover_every_block_once_and_in_order() {
    let mut chain = Chain::new(102);
    for _ in 0..5 {
        chain.block(&[]);
    }
    assert_eq!(chain.ledger.height(), 6);
    let false_root = anchor(&mut chain, 4, [7; 32]);
    assert_eq!(chain.outcome(&false_root), Some(Rule::AnchorRoot));
    let root = root_of(&chain, 1..=4);
    let first = anchor(&mut chain, 4, root);
    assert_eq!(chain.outcome(&first), None);
    assert_eq!(chain.ledger.state().anchor(4), Ok(Some((1, root))));
    assert_eq!(chain.ledger.state().anchored(), Ok(4));
    // Blocks that are anchored, blocks that do not exist, and that of the anchor itself.
    let own = chain.ledger.height() + 1;
    for (until, root) in [
        (own, [0; 32]),
        (4, root_of(&chain, 1..=4)),
        (3, root_of(&chain, 1..=3)),
        (u64::MAX, [0; 32]),
        (0, anchor_root(&[])),
    ] {
        let again = anchor(&mut chain, until, root);
        assert_eq!(chain.outcome(&again), Some(Rule::AnchorRange), "until {until}");
    }
    let gap = root_of(&chain, 6..=7);
    let gap = anchor(&mut chain, 7, gap);
    assert_eq!(chain.outcome(&gap), Some(Rule::AnchorRoot));
    // The last block before the anchor's own is included.
    let last = chain.ledger.height();
    let root = root_of(&chain, 5..=last);
    let second = anchor(&mut chain, last, root);
    assert_eq!(chain.outcome(&second), None);
    assert_eq!(chain.ledger.state().anchor(last), Ok(Some((5, root))));
    let other = chain.parties.doctor.clone();
    let action = AnchorAction { institution: other.verifying_key(), until: last + 1, root };
    let by_doctor = chain.sign(Action::Anchor(action), &[&other]);
    assert_eq!(chain.outcome(&by_doctor), Some(Rule::UnknownInstitution));
}

#[test]
fn an_anchor_has_a_bounded_number_of_blocks() {
    let mut chain = Chain::new(103);
    while chain.ledger.height() < MAX_ANCHORED + 2 {
        chain.block(&[]);
    }
    for (until, outcome) in [(MAX_ANCHORED + 1, Some(Rule::AnchorRange)), (MAX_ANCHORED, None)] {
        let root = root_of(&chain, 1..=until);
        let transaction = anchor(&mut chain, until, root);
        assert_eq!(chain.outcome(&transaction), outcome, "{until} blocks");
    }
}

/// Two COMMITs of a member at height 3 in one view.
fn evidence(chain: &Chain, signer: u16, digests: [u8; 2]) -> Evidence {
    let key = &chain.keys[usize::from(signer)];
    let [first, second] = digests.map(|digest| {
        let vote = Vote { phase: Phase::Commit, view: 1, digest: [digest; 32] };
        let message = Message::sign(&chain.config, signer, key, Body::Vote { height: 3, vote });
        let statement =
            Statement { layer: 2, group: 0, kind: 2, height: 3, view: 1, digest: vote.digest };
        SignedStatement { statement, signature: message.signature }
    });
    Evidence { signer, first, second }
}

fn report(chain: &mut Chain, evidence: Evidence) -> Transaction {
    let reporter = chain.parties.institution.clone();
    let action = EquivocationAction { reporter: reporter.verifying_key(), evidence };
    chain.sign(Action::Equivocation(action), &[&reporter])
}

#[test]
fn an_equivocation_is_recorded_once_and_only_with_a_proof() {
    let mut chain = Chain::new(104);
    let genuine = evidence(&chain, 2, [1, 2]);
    let refused = |chain: &mut Chain, evidence: Evidence, reason: EvidenceError| {
        let transaction = report(chain, evidence);
        let expected = TransactionError::Evidence(reason).to_string();
        assert_eq!(chain.submit(&transaction), Err(expected));
    };
    // One statement twice, statements of two members, and a signature of another member.
    refused(
        &mut chain,
        Evidence { second: genuine.first, ..genuine },
        EvidenceError::NoEquivocation,
    );
    let other = evidence(&chain, 1, [1, 3]);
    refused(&mut chain, Evidence { second: other.second, ..genuine }, EvidenceError::Signature(2));
    refused(&mut chain, Evidence { signer: 1, ..genuine }, EvidenceError::Signature(1));
    refused(&mut chain, Evidence { signer: 9, ..genuine }, EvidenceError::Signature(9));
    let mut later = genuine;
    later.second.statement.view = 2;
    refused(&mut chain, later, EvidenceError::NoEquivocation);
    // Of another configuration.
    let foreign = evidence(&Chain::new(105), 2, [1, 2]);
    refused(&mut chain, foreign, EvidenceError::Signature(2));

    let first = report(&mut chain, genuine);
    assert_eq!(chain.outcome(&first), None);
    assert_eq!(chain.ledger.state().equivocation(0, 2), Ok(Some(genuine)));
    let another = evidence(&chain, 2, [3, 4]);
    let again = report(&mut chain, another);
    assert_eq!(chain.outcome(&again), Some(Rule::AlreadyProven));
    let of_other = report(&mut chain, other);
    assert_eq!(chain.outcome(&of_other), None);
    assert_eq!(chain.ledger.state().equivocation(0, 3), Ok(None));
    assert_eq!(chain.ledger.state().equivocation(1, 2), Ok(None));
}

#[test]
fn what_is_on_record_has_proofs_and_survives_audit_and_examination() {
    let mut chain = with_authority(106);
    let p = chain.parties.clone();
    let revoke = revoke_attribute(&mut chain, &p.stranger, ("neurology", 2));
    let (root, proof) = (root_of(&chain, 1..=1), evidence(&chain, 2, [1, 2]));
    let (anchor, report) = (anchor(&mut chain, 1, root), report(&mut chain, proof));
    assert_eq!(chain.block(&[revoke, anchor, report]), [None; 3]);
    let entry = AttributeRevocationAction::entry_of(&p.reader.verifying_key(), "neurology");
    let authority = p.stranger.verifying_key();
    let keys = [
        StateKey::AttributeRevocation { authority, entry },
        StateKey::AttributeRevocation { authority, entry: [1; 32] },
        StateKey::Anchor(1),
        StateKey::Anchor(2),
        StateKey::Equivocation { epoch: 0, member: 2 },
        StateKey::Equivocation { epoch: 0, member: 3 },
    ];
    let shown = chain.ledger.prove_state(&keys).unwrap().unwrap();
    let (_, entries) = shown.verify(&chain.config).unwrap();
    let present: Vec<bool> = entries.iter().map(|(_, value)| value.is_some()).collect();
    assert_eq!(present, [true, false, true, false, true, false]);
    assert_eq!(entries[0].1.as_deref(), Some(&2_u32.to_be_bytes()[..]));
    assert_eq!(chain.audit().unwrap().state().root(), chain.ledger.state().root());
    assert!(chain.ledger.check(&chain.config).is_ok());
}
