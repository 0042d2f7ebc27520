//! Uploads and fetches.

use super::Step;
use super::formulas::{self, sign, sized};
use super::run::{CHAIN, Fetched, Keys, NOW, Published, Run, Shared};
use crate::vectors::format::{File, encoding};
use epione::algebra::codec::{Canonical, Writer};
use epione::algebra::hash::{digest, framed};
use epione::algebra::tag::{self, Kind};
use epione::consensus::Digest;
use epione::{dem, hpke};

pub(super) fn uploads(file: &mut File, run: &Run, published: &Published) {
    let author = Keys::of(&run.author);
    let keeper = run.keeper.verifying_key();
    let (upload, name, length) = published.uploads.last().unwrap();
    let (name, record_id) = (name.to_bytes(), published.record().record_id);
    assert_eq!(name, formulas::name(&published.envelope));
    let length = *length;
    let (size, time) = (length.to_be_bytes(), NOW.to_be_bytes());
    let statement = framed(&[CHAIN.as_bytes(), keeper.as_bytes(), &record_id, &name, &size, &time]);
    let key = formulas::signing_key(&author.signing);
    let signature = sign(&key, tag::SIGN_UPLOAD, &statement);
    let mut w = Writer::default();
    w.bytes(&name);
    w.u64(length);
    w.fixed(key.verifying_key().as_bytes());
    w.fixed(&record_id);
    w.u64(NOW);
    w.fixed(&signature);
    let encoded = encoding(Kind::Upload, &w.finish());
    assert_eq!(upload.to_bytes(), encoded);
    Step::new("upload")
        .inputs(|fields| {
            fields
                .text("chain", CHAIN)
                .hex("keeper", keeper.as_bytes())
                .hex("author_seed", author.signing)
                .hex("record_id", record_id)
                .number("time", NOW)
                .hex("object", &published.envelope)
        })
        .trace(|fields| fields.hex("name", name).hex("statement", statement))
        .outputs(|fields| fields.hex("upload", encoded))
        .add_to(file, "the offer to store the envelope");
}

pub(super) fn fetches(file: &mut File, run: &Run, published: &Published, shared: &Shared) {
    let [by_request, own] = &shared.fetched[..] else { panic!("two fetches") };
    let ciphertext = &published.sections[0].ciphertext;
    let (reader, author) = (Keys::of(&run.reader), Keys::of(&run.author));
    let (request, record) = (shared.request.id(), published.transaction.id());
    fetch(file, run, (&reader, 1, &request), by_request, ciphertext);
    fetch(file, run, (&author, 2, &record), own, &published.envelope);
}

fn fetch(
    file: &mut File,
    run: &Run,
    (signer, basis, id): (&Keys, u8, &Digest),
    fetched: &Fetched,
    object: &[u8],
) {
    let Fetched { seed, pending, response } = fetched;
    let keeper = run.keeper.verifying_key();
    let encoded = pending.fetch().to_bytes();
    let name = formulas::name(object);
    let position = 2 + sized(&name).len() + 1 + 32 + 8;
    let nonce: [u8; 16] = encoded[position..position + 16].try_into().unwrap();
    let (secret, time) = (formulas::hpke_key(seed), NOW.to_be_bytes());
    let (public, based) = (secret.public_key(), [&[basis], &id[..]].concat());
    let chain = CHAIN.as_bytes();
    let parts = [chain, keeper.as_bytes(), &based, &name, &time, &nonce, &public.as_bytes()[..]];
    let statement = framed(&parts);
    let key = formulas::signing_key(&signer.signing);
    let signer_key = key.verifying_key();
    let mut w = Writer::default();
    w.bytes(&name);
    for field in [&based[..], &time, &nonce, public.as_bytes(), signer_key.as_bytes()] {
        w.fixed(field);
    }
    w.fixed(&sign(&key, tag::SIGN_FETCH, &statement));
    assert_eq!(encoded, encoding(Kind::Fetch, &w.finish()));
    let context = digest(tag::PROTOCOL_RESPONSE, &[&statement, signer_key.as_bytes()]);
    let (enc, ciphertext) = response.split_first_chunk().unwrap();
    let content_key = hpke::decapsulate_key(&secret, &context, enc).unwrap();
    assert_eq!(**dem::open(&content_key, &context, ciphertext).unwrap(), *object);
    let basis = if basis == 1 { "request" } else { "record" };
    Step::new("fetch")
        .inputs(|fields| {
            fields
                .text("chain", CHAIN)
                .hex("keeper", keeper.as_bytes())
                .hex("name", name)
                .text("basis", basis)
                .hex("id", id)
                .number("time", NOW)
                .hex("nonce", nonce)
                .hex("response_seed", seed)
                .hex("signer_seed", signer.signing)
                .hex("response", response)
        })
        .trace(|fields| {
            fields
                .hex("response_key", public.as_bytes())
                .hex("statement", statement)
                .hex("context", context)
                .hex("content_key", content_key.expose())
        })
        .outputs(|fields| fields.hex("fetch", &encoded).hex("object", object))
        .add_to(file, &format!("a fetch on the basis of a {basis}, with its response"));
}
