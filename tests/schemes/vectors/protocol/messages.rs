//! Introduction and query.

use super::Step;
use super::formulas::{self, Envelope, Opened, Pseudonym, inner, listed, sign, sized};
use super::run::{Asked, CHAIN, Keys, NOW, Published, Run, bytes_at};
use crate::vectors::format::{File, encoding};
use epione::algebra::codec::{Canonical, Writer};
use epione::algebra::hash::framed;
use epione::algebra::tag::{self, Kind};
use epione::hpke;
use epione::protocol::{SealedMessage, SearchTerm};

/// Decrypts a message from the holder of a seed to a party, and returns a step with the fields of
/// the message.
pub(super) fn message(
    step: &str,
    purpose: Kind,
    (sender, receiver): (&[u8; 32], &Keys),
    message: &SealedMessage,
) -> (Step, Opened) {
    let hpke = formulas::hpke_key(&receiver.hpke);
    let key = receiver.verifying_key();
    let envelope = Envelope { chain: CHAIN, purpose, receiver: key, hpke: &hpke };
    let message = message.to_bytes();
    let opened = envelope.open(&formulas::signing_key(sender), &message);
    let step = Step::new(step)
        .inputs(|fields| {
            fields
                .text("chain", CHAIN)
                .hex("sender_seed", sender)
                .hex("receiver", key.as_bytes())
                .hex("receiver_hpke_seed", receiver.hpke)
                .hex("message", message)
        })
        .trace(|fields| fields.hex("info", &opened.info).hex("statement", &opened.statement))
        .outputs(|fields| fields.hex("payload", &opened.payload));
    (step, opened)
}

pub(super) fn introduction(file: &mut File, run: &Run, published: &Published) {
    let (patient, doctor) = (Keys::of(&run.patient), Keys::of(&run.author));
    let secrets = run.patient.to_bytes();
    let [peks, series, owner_secret] = [98, 130, 162].map(|offset| bytes_at(&secrets, offset));
    let parties = (&patient.signing, &doctor);
    let (step, opened) = message("introduction", Kind::Introduction, parties, &published.message);

    let (doctor, epoch) = (doctor.verifying_key(), formulas::epoch(NOW));
    let owner_seed = formulas::owner_seed(&owner_secret, &doctor, epoch);
    let owner = formulas::public_key(&owner_seed);
    let pseudonym = Pseudonym::new(&series, &doctor, epoch);
    let window = &pseudonym.window;
    let certificate = run.patient.certificate().to_bytes();
    let peks_key = formulas::peks_key(&peks).public_key().to_bytes();
    let payload = [
        &inner(&certificate)[..],
        &inner(&peks_key),
        &inner(window),
        owner.as_bytes(),
        &NOW.to_be_bytes(),
    ];
    assert_eq!(opened.payload, encoding(Kind::Introduction, &payload.concat()));
    assert_eq!(published.record().owner, owner);
    step.inputs(|fields| {
        fields
            .hex("certificate", certificate)
            .hex("peks", peks)
            .hex("series_root", series)
            .hex("owner_secret", owner_secret)
            .number("date", NOW)
    })
    .trace(|fields| {
        fields
            .number("epoch", epoch.into())
            .hex("owner_seed", owner_seed)
            .hex("owner", owner.as_bytes())
            .hex("window", window)
    })
    .outputs(|fields| {
        let fields = fields.hex("pseudonym_name", pseudonym.name);
        fields.hex("pseudonym_secret", pseudonym.secret)
    })
    .add_to(file, "an introduction, with the patient's keys for the doctor and epoch");
}

/// The fields of a list of search terms.
fn terms_fields(terms: &[SearchTerm]) -> Vec<u8> {
    let term =
        |term: &SearchTerm| [sized(term.field.as_bytes()), sized(term.value.as_bytes())].concat();
    listed(&terms.iter().map(term).collect::<Vec<_>>())
}

pub(super) fn query(file: &mut File, run: &Run, asked: &Asked) {
    let (reader, manager) = (Keys::of(&run.reader), Keys::of(&run.manager));
    let patient = Keys::of(&run.patient);
    let (query, reader_key) = (&asked.query, reader.verifying_key());
    let sealed = &query.contents;
    let chain = CHAIN.as_bytes();
    let info = framed(&[tag::PROTOCOL_QUERY.as_bytes(), chain]);
    let time = NOW.to_be_bytes();
    let aad = framed(&[reader_key.as_bytes(), &query.pseudonym, &time]);
    let classes: Vec<Vec<u8>> =
        asked.contents.classes.iter().map(|class| vec![*class as u8]).collect();
    let purpose = asked.contents.purpose.as_bytes();
    let contents = [terms_fields(&asked.contents.terms), listed(&classes), sized(purpose)].concat();
    let contents = encoding(Kind::QueryContents, &contents);
    let hpke = formulas::hpke_key(&patient.hpke);
    assert_eq!(**hpke::open(&hpke, &info, &aad, sealed).unwrap(), contents[..]);

    let statement = framed(&[chain, reader_key.as_bytes(), &query.pseudonym, &time, sealed]);
    let signature = sign(&formulas::signing_key(&reader.signing), tag::SIGN_QUERY, &statement);
    let mut w = Writer::default();
    w.fixed(reader_key.as_bytes());
    w.fixed(&query.pseudonym);
    w.u64(NOW);
    w.bytes(sealed);
    w.fixed(&signature);
    let encoded = encoding(Kind::Query, &w.finish());
    assert_eq!(query.to_bytes(), encoded);
    let forward_statement = framed(&[chain, &encoded]);
    let key = formulas::signing_key(&manager.signing);
    let signature = sign(&key, tag::SIGN_FORWARD, &forward_statement);
    let manager_key = key.verifying_key();
    let forwarded = [&encoded[2..], manager_key.as_bytes(), &signature].concat();
    let forwarded = encoding(Kind::ForwardedQuery, &forwarded);
    assert_eq!(asked.forwarded.to_bytes(), forwarded);

    Step::new("query")
        .inputs(|fields| {
            let terms = &asked.contents.terms;
            fields
                .text("chain", CHAIN)
                .list("term_fields", terms.iter().map(|term| term.field.clone()))
                .list("term_values", terms.iter().map(|term| term.value.clone()))
                .list("classes", asked.contents.classes.iter().map(ToString::to_string))
                .text("purpose", &asked.contents.purpose)
                .hex("reader_seed", reader.signing)
                .hex("manager_seed", manager.signing)
                .hex("patient_hpke_seed", patient.hpke)
                .hex("pseudonym_name", query.pseudonym)
                .number("time", NOW)
                .hex("sealed_contents", sealed)
        })
        .trace(|fields| {
            fields
                .hex("info", info)
                .hex("aad", aad)
                .hex("contents", contents)
                .hex("statement", statement)
                .hex("forward_statement", forward_statement)
        })
        .outputs(|fields| fields.hex("query", encoded).hex("forwarded_query", forwarded))
        .add_to(file, "a query, as the query manager receives it and as it forwards it");
}
