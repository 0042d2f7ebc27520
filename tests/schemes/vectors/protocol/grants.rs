//! Grants, searches and releases.

use super::formulas::{self, Opened, inner, listed, sign};
use super::messages::message;
use super::run::{CHAIN, Keys, NOW, Published, Run, Shared, bytes_at};
use super::{Step, hex_list};
use crate::vectors::format::{File, encoding};
use epione::algebra::codec::{Canonical, Writer};
use epione::algebra::hash::{digest, framed};
use epione::algebra::tag::{self, Kind};
use epione::consensus::Digest;
use epione::ledger::{Action, GrantAction, Scope, Transaction};
use epione::pre::PublicKey;
use epione::protocol::SearchRequest;
use epione::record::Class;

/// The seed of the owner key of the record.
fn owner_seed(run: &Run, published: &Published) -> [u8; 32] {
    let record = published.record();
    let secret = bytes_at(&run.patient.to_bytes(), 162);
    formulas::owner_seed(&secret, &record.author, record.epoch)
}

/// The seed of the owner key that signs the messages of a grant: the first of the grant.
fn signer(run: &Run, shared: &Shared) -> [u8; 32] {
    let secret = bytes_at(&run.patient.to_bytes(), 162);
    let doctor = run.author.verifying_key();
    let seed = formulas::owner_seed(&secret, &doctor, formulas::epoch(NOW));
    assert_eq!(grant_action(&shared.transaction).owners, [formulas::public_key(&seed)]);
    seed
}

fn grant_action(transaction: &Transaction) -> &GrantAction {
    let Action::Grant(grant) = transaction.action() else { panic!("not a grant") };
    grant
}

pub(super) fn open_delivery(run: &Run, shared: &Shared) -> Opened {
    let (signer, proxy) = (signer(run, shared), Keys::of(&run.proxy));
    message("delivery", Kind::Delivery, (&signer, &proxy), &shared.delivery).1
}

/// The parts of a delivery after its kind, grant and public key: the salt, 192 bytes per
/// re-encryption key, 96 per trapdoor.
struct Parts {
    salt: [u8; 32],
    rekeys: Vec<Vec<u8>>,
    trapdoors: Vec<Vec<u8>>,
}

fn parts(delivery: &[u8], grant: &GrantAction) -> Parts {
    let lists = &delivery[2 + 32 + 144 + 32..];
    let (rekeys, trapdoors) = lists.split_at(4 + 192 * grant.delegations.len());
    let items =
        |list: &[u8], kind, size| list[4..].chunks(size).map(|item| encoding(kind, item)).collect();
    Parts {
        salt: bytes_at(delivery, 2 + 32 + 144),
        rekeys: items(rekeys, Kind::PreReKey, 192),
        trapdoors: items(trapdoors, Kind::PeksTrapdoor, 96),
    }
}

/// The fields of a grant action.
fn action(grant: &GrantAction) -> Vec<u8> {
    let mut w = Writer::default();
    w.u8(3);
    w.list(&grant.owners, |w, owner| w.fixed(owner.as_bytes()));
    match &grant.scope {
        Scope::OwnerKeys => w.u8(0),
        Scope::Records(records) => {
            w.u8(1);
            w.list(records, |w, record| w.fixed(record));
        }
    }
    w.fixed(grant.reader.as_bytes());
    w.fixed(grant.proxy.as_bytes());
    w.u64(grant.from);
    w.u64(grant.until);
    w.list(&grant.delegations, |w, delegation| {
        w.fixed(delegation.owner.as_bytes());
        w.u32(delegation.epoch);
        w.fixed(&delegation.tag);
        w.fixed(&delegation.rekey);
    });
    w.list(&grant.trapdoors, |w, trapdoor| w.fixed(trapdoor));
    w.finish()
}

pub(super) fn grant(file: &mut File, run: &Run, published: &Published, shared: &Shared) {
    let (draft, grant) = (&shared.transaction.draft, grant_action(&shared.transaction));
    let Parts { salt, rekeys, trapdoors } = parts(&open_delivery(run, shared).payload, grant);
    let seed = owner_seed(run, published);
    let patient = Keys::of(&run.patient).pre;
    let [patient_key, reader_key] =
        [patient, Keys::of(&run.reader).pre].map(|key| *formulas::pre_key(&key).public_key());
    let commit = |rekey: &Vec<u8>| rekey_digest(&patient_key, &reader_key, &rekey[2 + 96..]);
    let rekey_digests: Vec<Digest> = rekeys.iter().map(commit).collect();
    assert_eq!(grant.delegations.iter().map(|d| d.rekey).collect::<Vec<_>>(), rekey_digests);
    let trapdoor_digests: Vec<Digest> =
        trapdoors.iter().map(|t| digest(tag::LEDGER_TRAPDOOR, &[&salt, t])).collect();
    assert_eq!(grant.trapdoors, trapdoor_digests);
    let recomputed = formulas::Draft {
        chain: CHAIN,
        nonce: draft.nonce,
        valid_until: draft.valid_until,
        action: action(grant),
    };
    let transaction = recomputed.signed_by(&[seed]);
    assert_eq!(shared.transaction.to_bytes(), transaction);
    assert_eq!(shared.transaction.id(), recomputed.id());
    let epoch = published.record().epoch;
    Step::new("grant")
        .inputs(|fields| {
            fields
                .text("chain", CHAIN)
                .hex("nonce", draft.nonce)
                .number("valid_until", draft.valid_until)
                .hex("owner_seed", seed)
                .list("records", hex_list([published.transaction.id()]))
                .hex("reader", grant.reader.as_bytes())
                .hex("proxy", grant.proxy.as_bytes())
                .number("from", grant.from)
                .number("until", grant.until)
                .hex("patient_pre_key", patient_key.to_bytes())
                .hex("reader_pre_key", reader_key.to_bytes())
                .number("epoch", epoch.into())
                .list("tags", hex_list(grant.delegations.iter().map(|d| d.tag)))
                .list("rekeys", hex_list(&rekeys))
                .hex("salt", salt)
                .list("trapdoors", hex_list(&trapdoors))
        })
        .trace(|fields| {
            fields
                .list("rekey_digests", hex_list(rekey_digests))
                .list("trapdoor_digests", hex_list(trapdoor_digests))
                .hex("statement", recomputed.statement())
        })
        .outputs(|fields| fields.hex("transaction", transaction).hex("id", recomputed.id()))
        .add_to(file, "a grant over one record, with the keys that it commits to");
}

fn rekey_digest(patient: &PublicKey, reader: &PublicKey, rk2: &[u8]) -> Digest {
    digest(tag::LEDGER_REKEY, &[&patient.to_bytes(), &reader.to_bytes(), rk2])
}

/// Delivery and ticket.
pub(super) fn messages(file: &mut File, run: &Run, published: &Published, shared: &Shared) {
    let (grant, signer) = (grant_action(&shared.transaction), signer(run, shared));
    let (proxy, reader) = (Keys::of(&run.proxy), Keys::of(&run.reader));
    let patient = formulas::pre_key(&Keys::of(&run.patient).pre).public_key().to_bytes();
    let id = shared.transaction.id();
    let kind = Kind::Delivery;
    let (step, opened) = message("delivery", kind, (&signer, &proxy), &shared.delivery);
    let Parts { salt, rekeys, trapdoors } = parts(&opened.payload, grant);
    let inner_list =
        |items: &[Vec<u8>]| listed(&items.iter().map(|i| inner(i)).collect::<Vec<_>>());
    let fields = [&id[..], &inner(&patient), &salt, &inner_list(&rekeys), &inner_list(&trapdoors)];
    assert_eq!(opened.payload, encoding(kind, &fields.concat()));
    step.inputs(|fields| {
        fields
            .hex("grant", id)
            .hex("patient_pre_key", &patient)
            .hex("salt", salt)
            .list("rekeys", hex_list(&rekeys))
            .list("trapdoors", hex_list(&trapdoors))
    })
    .add_to(file, "the keys of the grant, for the proxy");

    let (step, opened) = message("ticket", Kind::Ticket, (&signer, &reader), &shared.ticket);
    let rk2: Vec<Vec<u8>> = rekeys.iter().map(|rekey| rekey[2 + 96..].to_vec()).collect();
    // The delegations are in ascending order of their tags, as the sections of the record.
    let sections = &published.record().sections;
    assert!(grant.delegations.iter().map(|d| d.tag).eq(sections.iter().map(|s| s.tag)));
    let class = |section| run.patient.class_of(section).unwrap();
    let classes: Vec<Class> = sections.iter().map(class).collect();
    let codes: Vec<Vec<u8>> = classes.iter().map(|class| vec![*class as u8]).collect();
    let fields = [&id[..], &inner(&patient), &listed(&rk2), &listed(&codes)];
    assert_eq!(opened.payload, encoding(Kind::Ticket, &fields.concat()));
    step.inputs(|fields| {
        fields
            .hex("grant", id)
            .hex("patient_pre_key", &patient)
            .list("rk2", hex_list(&rk2))
            .list("classes", classes.iter().map(ToString::to_string))
    })
    .add_to(file, "the ticket of the grant, for the reader");
}

pub(super) fn searches(file: &mut File, run: &Run, shared: &Shared) {
    let [first, further] = &shared.searches;
    search(file, run, (shared, first, None), "a request for a search under the grant");
    let after = Some(shared.record);
    search(file, run, (shared, further, after), "a request for a search after a record");
}

fn search(
    file: &mut File,
    run: &Run,
    (shared, request, after): (&Shared, &SearchRequest, Option<Digest>),
    name: &str,
) {
    let (reader, proxy) = (Keys::of(&run.reader), run.proxy.verifying_key());
    let (grant, time) = (shared.transaction.id(), NOW.to_be_bytes());
    let encoded = request.to_bytes();
    let after = after.map(|id| id.to_vec()).unwrap_or_default();
    let option = if after.is_empty() { vec![0] } else { [&[1], &after[..]].concat() };
    let nonce: [u8; 16] = encoded[2 + 32 + option.len() + 8..][..16].try_into().unwrap();
    let statement = framed(&[CHAIN.as_bytes(), proxy.as_bytes(), &grant, &after, &time, &nonce]);
    let signature = sign(&formulas::signing_key(&reader.signing), tag::SIGN_SEARCH, &statement);
    let fields = [&grant[..], &option, &time, &nonce, &signature].concat();
    assert_eq!(encoded, encoding(Kind::SearchRequest, &fields));
    Step::new("search")
        .inputs(|fields| {
            fields
                .text("chain", CHAIN)
                .hex("reader_seed", reader.signing)
                .hex("proxy", proxy.as_bytes())
                .hex("grant", grant)
                .hex("after", after)
                .number("time", NOW)
                .hex("nonce", nonce)
        })
        .trace(|fields| fields.hex("statement", statement))
        .outputs(|fields| {
            let id = digest(tag::PROTOCOL_SEARCH, &[&encoded]);
            fields.hex("request", &encoded).hex("id", id)
        })
        .add_to(file, name);
}

/// The digest of a re-encryption in a report.
pub(super) fn reencryption_digest(reencryption: &[u8]) -> Digest {
    digest(tag::PROTOCOL_REENCRYPTION, &[reencryption])
}

/// The fields of an access: proxy, request, digests.
pub(super) fn access_fields(proxy: &[u8; 32], request: &Digest, digests: &[Digest]) -> Vec<u8> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.to_vec()).collect();
    [&proxy[..], request, &listed(&digests)].concat()
}

pub(super) fn release(file: &mut File, run: &Run, published: &Published, shared: &Shared) {
    let (proxy, reader) = (Keys::of(&run.proxy), Keys::of(&run.reader));
    let parties = (&proxy.signing, &reader);
    let (step, opened) = message("release", Kind::Release, parties, &shared.release);
    let released = run.reader.receive_release(run.ledger.state(), &shared.release).unwrap();
    let wrapped: Vec<Vec<u8>> =
        released.sections.iter().map(|section| section.wrapped_key.to_bytes()).collect();
    let reencrypted: Vec<Vec<u8>> =
        released.sections.iter().map(|section| section.reencryption.to_bytes()).collect();
    let indices: Vec<u8> = released.sections.iter().map(|section| section.section).collect();
    let digests: Vec<Digest> = reencrypted.iter().map(|r| reencryption_digest(r)).collect();
    let request = shared.request.id();
    let access = access_fields(proxy.verifying_key().as_bytes(), &request, &digests);
    let key = formulas::signing_key(&proxy.signing);
    let signature = key.sign(tag::SIGN_RECEIPT, &[CHAIN.as_bytes(), &access]).to_bytes();
    let section = |i: usize| [&[indices[i]][..], &wrapped[i][2..], &reencrypted[i][2..]].concat();
    let sections: Vec<Vec<u8>> = (0..indices.len()).map(section).collect();
    let receipt = [&access[..], &signature].concat();
    let payload = encoding(Kind::Release, &[listed(&sections), receipt.clone()].concat());
    assert_eq!(opened.payload, payload);

    // The reader opens every re-encryption with the values of the ticket and of the record.
    let record = published.record();
    let patient = formulas::pre_key(&Keys::of(&run.patient).pre);
    let rk2 = open_delivery(run, shared).payload;
    let rk2 = parts(&rk2, grant_action(&shared.transaction)).rekeys;
    let rk2: Vec<Vec<u8>> = rk2.iter().map(|rekey| rekey[2 + 96..].to_vec()).collect();
    let origin = formulas::Record { author: record.author, record_id: record.record_id };
    let conditions: Vec<Vec<u8>> = (record.sections.iter())
        .map(|section| formulas::condition(&record.owner, record.epoch, &section.tag))
        .collect();
    let ads: Vec<Vec<u8>> = indices.iter().map(|index| origin.wrapped_key_ad(*index)).collect();
    let keys: Vec<Vec<u8>> = (0..indices.len())
        .map(|i| {
            let sealed = &released.sections[i].wrapped_key;
            let key = epione::pre::conditional::open(&patient, &conditions[i], &ads[i], sealed);
            key.unwrap().to_vec()
        })
        .collect();
    step.inputs(|fields| {
        fields
            .hex("request", request)
            .list("sections", indices.iter().map(ToString::to_string))
            .list("wrapped_keys", hex_list(&wrapped))
            .list("reencryptions", hex_list(&reencrypted))
            .hex("patient_pre_key", patient.public_key().to_bytes())
            .hex("reader_pre", reader.pre)
            .list("rk2", hex_list(&rk2))
            .list("conditions", hex_list(&conditions))
            .list("ads", hex_list(&ads))
    })
    .trace(|fields| fields.list("digests", hex_list(digests)).hex("access", access))
    .outputs(|fields| fields.hex("receipt", receipt).list("section_keys", hex_list(keys)))
    .add_to(file, "the release of all sections, which the reader opens");
}
