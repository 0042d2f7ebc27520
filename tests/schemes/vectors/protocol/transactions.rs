//! The remaining transactions: registration, renewal, request, access, revocation, evidence,
//! withdrawal, and what is on record only.

use super::formulas;
use super::grants::{access_fields, reencryption_digest};
use super::run::{CHAIN, Keys, Published, Run, Shared, UNTIL, VALIDITY, bytes_at};
use super::{Step, hex_list};
use crate::vectors::format::{Fields, File};
use epione::algebra::codec::Canonical;
use epione::algebra::{hash::digest, tag};
use epione::consensus::{Digest, Evidence, SignedStatement, Statement};
use epione::ledger::{
    AccessAction, Action, AnchorAction, AttributeRevocationAction, Basis, Draft,
    EquivocationAction, Receipt, Transaction, anchor_root,
};
use epione::protocol::SectionReEncryption;
use epione::sign::Signature;

/// Adds the case of a transaction with one signer, given the fields of its action.
fn transaction(
    file: &mut File,
    name: &str,
    (committed, seed): (&Transaction, &[u8; 32]),
    action: Vec<u8>,
    inputs: impl FnOnce(Fields) -> Fields,
) {
    let draft = &committed.draft;
    let recomputed = formulas::Draft {
        chain: CHAIN,
        nonce: draft.nonce,
        valid_until: draft.valid_until,
        action,
    };
    let encoded = recomputed.signed_by(&[*seed]);
    assert_eq!(committed.to_bytes(), encoded, "{name}");
    assert_eq!(committed.id(), recomputed.id(), "{name}");
    Step::new("transaction")
        .inputs(|fields| {
            fields
                .text("action", name)
                .text("chain", CHAIN)
                .hex("nonce", draft.nonce)
                .number("valid_until", draft.valid_until)
                .hex("signer_seed", seed)
        })
        .inputs(inputs)
        .trace(|fields| fields.hex("statement", recomputed.statement()))
        .outputs(|fields| fields.hex("transaction", encoded).hex("id", recomputed.id()))
        .add_to(file, &format!("a transaction of the action `{name}`"));
}

pub(super) fn transactions(file: &mut File, run: &mut Run, published: &Published, shared: &Shared) {
    certificates(file, run);
    requests(file, run, published, shared);
    ends(file, run, published, shared);
    on_record(file, run);
}

/// Transactions that are on record only. The contract does not execute these here.
fn on_record(file: &mut File, run: &mut Run) {
    let (author, reader) = (Keys::of(&run.author), Keys::of(&run.reader));
    let mut signed = |action: Action, seed: &[u8; 32]| {
        let draft = Draft::new(VALIDITY, action, &mut run.rng);
        draft.signed_by(&[&formulas::signing_key(seed)])
    };
    let (authority, holder) = (author.verifying_key(), reader.verifying_key());
    let entry = digest(tag::LEDGER_ATTRIBUTE, &[holder.as_bytes(), b"neurology"]);
    assert_eq!(AttributeRevocationAction::entry_of(&holder, "neurology"), entry);
    let revocation = AttributeRevocationAction { authority, entry, from_epoch: 680 };
    let revocation = signed(Action::AttributeRevocation(revocation), &author.signing);
    let action = [&[10], &authority.as_bytes()[..], &entry, &680_u32.to_be_bytes()].concat();
    let name = "revoke attribute";
    transaction(file, name, (&revocation, &author.signing), action, |inputs| {
        inputs.hex("holder", holder.as_bytes()).text("attribute", "neurology").number("epoch", 680)
    });

    let hashes: [Digest; 3] = [[1; 32], [2; 32], [3; 32]];
    let root = anchor_root(&hashes);
    let anchor = AnchorAction { institution: authority, until: 9, root };
    let anchor = signed(Action::Anchor(anchor), &author.signing);
    let action = [&[11], &authority.as_bytes()[..], &9_u64.to_be_bytes(), &root].concat();
    transaction(file, "anchor", (&anchor, &author.signing), action, |inputs| {
        inputs.number("until", 9).list("hashes", hex_list(hashes))
    });

    // The signatures are opaque to the encoding.
    let statement = |digest: u8| Statement {
        layer: 2,
        group: 0,
        kind: 1,
        height: 3,
        view: 1,
        digest: [digest; 32],
    };
    let signature = |byte| Signature::from_bytes([byte; 64]);
    let [first, second] =
        [1, 2].map(|n| SignedStatement { statement: statement(n), signature: signature(n) });
    let evidence = Evidence { signer: 5, first, second };
    let reporter = EquivocationAction { reporter: holder, evidence };
    let equivocation = signed(Action::Equivocation(reporter), &reader.signing);
    let context = [&[2, 0, 0, 1][..], &3_u64.to_be_bytes(), &1_u64.to_be_bytes()].concat();
    let statement = |n: u8| [&context[..], &[n; 32], &[n; 64]].concat();
    let action = [&[12], &holder.as_bytes()[..], &[0, 5], &statement(1), &statement(2)].concat();
    transaction(file, "equivocation", (&equivocation, &reader.signing), action, |inputs| {
        inputs
            .number("member", 5)
            .number("kind", 1)
            .number("height", 3)
            .number("view", 1)
            .list("digests", hex_list([[1; 32], [2; 32]]))
            .list("signatures", [1_u8, 2].map(|n| hex::encode([n; 64])))
    });
}

fn certificates(file: &mut File, run: &mut Run) {
    let author = Keys::of(&run.author);
    let certificate = run.author.certificate().to_bytes();
    let (registered, seed) = (run.registrations[0].clone(), &author.signing);
    let action = [&[1], &certificate[2..]].concat();
    transaction(file, "register", (&registered, seed), action, |inputs| {
        inputs.hex("certificate", &certificate)
    });
    let renewed = run.centre.centre.renew(run.author.certificate(), UNTIL + 1).unwrap();
    let centre = run.centre.centre.verifying_key();
    let renewal = run.author.renew(renewed.clone(), &centre, VALIDITY, &mut run.rng).unwrap();
    run.commit(&renewal);
    let certificate = renewed.to_bytes();
    let action = [&[8], &certificate[2..]].concat();
    transaction(file, "renew", (&renewal, seed), action, |inputs| {
        inputs.hex("certificate", &certificate)
    });
}

fn requests(file: &mut File, run: &mut Run, published: &Published, shared: &Shared) {
    let (reader, proxy) = (Keys::of(&run.reader), Keys::of(&run.proxy));
    let (record, grant) = (published.transaction.id(), shared.transaction.id());
    let by_policy = run.reader.request(VALIDITY, (record, &[1]), Basis::Policy, &mut run.rng);
    run.commit(&by_policy);
    let all: Vec<u8> = (0..published.sections.len() as u8).collect();
    for (request, basis, sections) in
        [(&shared.request, [&[1], &grant[..]].concat(), &all[..]), (&by_policy, vec![0], &[1])]
    {
        let count = (sections.len() as u32).to_be_bytes();
        let reader_key = reader.verifying_key();
        let action = [&[4], &reader_key.as_bytes()[..], &record, &basis, &count, sections].concat();
        transaction(file, "request", (request, &reader.signing), action, |inputs| {
            inputs
                .hex("record", record)
                .hex("grant", &basis[1..])
                .list("sections", sections.iter().map(ToString::to_string))
        });
    }
    let of_section = |s: &SectionReEncryption| reencryption_digest(&s.reencryption.to_bytes());
    let release = run.reader.receive_release(run.ledger.state(), &shared.release).unwrap();
    let digests: Vec<Digest> = release.sections.iter().map(of_section).collect();
    assert_eq!(shared.prepared.sections(), digests.len());
    let request = shared.request.id();
    let access = access_fields(proxy.verifying_key().as_bytes(), &request, &digests);
    let action = [&[5], &access[..]].concat();
    transaction(file, "access", (&shared.access, &proxy.signing), action, |inputs| {
        inputs.hex("request", request).list("reencryptions", hex_list(&digests))
    });
}

fn ends(file: &mut File, run: &mut Run, published: &Published, shared: &Shared) {
    let (reader, proxy) = (Keys::of(&run.reader), Keys::of(&run.proxy));
    let (state, grant) = (run.ledger.state(), shared.transaction.id());
    let record = published.record();
    let owner_secret = bytes_at(&run.patient.to_bytes(), 162);
    let seed = formulas::owner_seed(&owner_secret, &record.author, record.epoch);
    let revoked = run.patient.revoke(VALIDITY, state, &grant, &mut run.rng).unwrap();
    let action = [&[6], &formulas::public_key(&seed).as_bytes()[..], &grant].concat();
    transaction(file, "revoke", (&revoked, &seed), action, |inputs| inputs.hex("grant", grant));
    run.commit(&revoked);

    // The proxy signs a release of other re-encryptions than it has reported.
    let (request, others) = (shared.request.id(), vec![[7; 32]; published.sections.len()]);
    let proxy_key = proxy.verifying_key();
    let released = AccessAction { proxy: proxy_key, request, reencryptions: others.clone() };
    let key = formulas::signing_key(&proxy.signing);
    let receipt = Receipt::issue(CHAIN, released, &key);
    let access = access_fields(proxy_key.as_bytes(), &request, &others);
    let signature = key.sign(tag::SIGN_RECEIPT, &[CHAIN.as_bytes(), &access]).to_bytes();
    let evidence = run.evidence(&reader, receipt);
    run.commit(&evidence);
    let reader_key = reader.verifying_key();
    let action = [&[7], &reader_key.as_bytes()[..], &access, &signature].concat();
    transaction(file, "evidence", (&evidence, &reader.signing), action, |inputs| {
        inputs
            .hex("proxy_seed", proxy.signing)
            .hex("request", request)
            .list("reencryptions", hex_list(&others))
    });

    let centre = &run.centre.centre;
    let centre_key = centre.verifying_key();
    let certificate = run.patient.certificate();
    let subject = certificate.verify(&centre_key).unwrap();
    let withdrawn = centre.withdraw(VALIDITY, subject, &mut run.rng);
    let serial = subject.serial;
    let withdrawal = digest(tag::LEDGER_SERIAL, &[&serial]);
    let seed = bytes_at(&centre.to_bytes(), 2);
    let action = [&[9], &centre_key.as_bytes()[..], &withdrawal].concat();
    transaction(file, "withdraw", (&withdrawn, &seed), action, |inputs| {
        inputs.hex("serial", serial)
    });
    run.commit(&withdrawn);
}
