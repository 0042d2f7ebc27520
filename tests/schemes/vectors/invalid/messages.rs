//! Messages, queries and signed requests in another context than that of their group.

use super::with;
use crate::common::rng;
use crate::vectors::format::{Fields, NegativeCase, NegativeFile, compare_or_write, encoding};
use crate::vectors::protocol::forged::Named;
use crate::vectors::protocol::formulas::{self, sign, sized};
use crate::vectors::protocol::run::{Asked, CHAIN, Keys, NOW, Published, Run, Shared};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::framed;
use epione::algebra::tag::{self, Kind};
use epione::hpke;
use epione::protocol::{
    Fetch, ForwardedQuery, LedgerView, ProtocolError, Refusal, SealedMessage, SearchRequest, Upload,
};
use epione::sign::{SigningKey, VerifyingKey};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::io::Write;

#[test]
fn negative_tests_of_messages() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-MESSAGES",
        "Well-formed messages, queries, requests and responses in another context.",
    );
    let mut run = Run::new(rng(2043));
    let (published, asked) = (run.publish(), run.ask());
    let shared = run.share(&published);
    messages(&mut file, &run, &shared);
    contents(&mut file, &run, &asked);
    forwarded(&mut file, &run, &asked);
    searches(&mut file, &run, &shared);
    uploads(&mut file, &run, &published);
    fetches(&mut file, &run, &shared);
    responses(&mut file, &run, &shared);
    compare_or_write("invalid/messages.json", &file);
}

/// Messages with a search request as payload, from the reader to the proxy.
fn messages(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let (sender, receiver) = (Keys::of(&run.reader), Keys::of(&run.proxy));
    let other = Keys::of(&run.manager);
    let (key, payload) = (formulas::signing_key(&sender.signing), shared.searches[0].to_bytes());
    let honest = Named::new(Kind::SearchRequest, &receiver);
    let of_other = Named::new(Kind::SearchRequest, &other);
    file.group(
        "message: open",
        Fields::default()
            .text("chain", CHAIN)
            .text("purpose", "SearchRequest")
            .hex("receiver", receiver.verifying_key().as_bytes())
            .hex("receiver_hpke_seed", receiver.hpke),
    );
    let plaintext = honest.signed(&key, &payload);
    let encrypted = honest.encrypted(&plaintext);
    let (chain, purpose) = ("other", Kind::Query);
    let (receiver_key, hpke_key) = (of_other.receiver, of_other.hpke_key);
    // The signature, or the encryption, names another context than the other of the two.
    let signed = |named: Named<'_>| honest.encrypted(&named.signed(&key, &payload));
    let sealed = |named: Named<'_>| {
        // The key of the receiver decrypts: `info` only names another context.
        named.encrypted(&plaintext)
    };
    let impostor = formulas::signing_key(&other.signing);
    let by_impostor = honest.signed(&impostor, &payload);
    let claimed = [&plaintext[..32], &by_impostor[32..]].concat();
    let changed = with(&plaintext, plaintext.len() - 1, plaintext[plaintext.len() - 1] ^ 1);
    let of_kind = with(&payload, 1, Kind::Query as u8);
    let weak = [&[1], &[0; 31][..], &plaintext[32..]].concat();
    let zero = [&encrypted[..6], &[0; 32], &encrypted[38..]].concat();
    let cut = |length: usize| encoding(Kind::SealedMessage, &sized(&encrypted[6..6 + length]));
    let cases = [
        ("unmodified", "Valid", encrypted.clone()),
        ("signed by another sender in his own name", "Valid", honest.encrypted(&by_impostor)),
        (
            "signed by another sender in the name of the sender",
            "Sender",
            honest.encrypted(&claimed),
        ),
        ("signed for another chain", "Chain", signed(Named { chain, ..honest })),
        ("signed for another purpose", "Purpose", signed(Named { purpose, ..honest })),
        ("signed for another receiver", "Receiver", {
            signed(Named { receiver: receiver_key, ..honest })
        }),
        ("signed for another HPKE key", "HpkeKey", signed(Named { hpke_key, ..honest })),
        ("signed for another party and encrypted again", "Receiver", signed(of_other)),
        ("encrypted for another chain", "Chain", sealed(Named { chain, ..honest })),
        ("encrypted for another purpose", "Purpose", sealed(Named { purpose, ..honest })),
        ("encrypted for another receiver", "Receiver", {
            sealed(Named { receiver: receiver_key, ..honest })
        }),
        ("encrypted to another HPKE key", "HpkeKey", sealed(Named { hpke_key, ..honest })),
        ("a changed payload", "Payload", honest.encrypted(&changed)),
        ("a payload of another kind", "Payload", honest.encrypted(&honest.signed(&key, &of_kind))),
        ("a payload with a trailing byte", "Payload", {
            honest.encrypted(&honest.signed(&key, &[&payload[..], &[0]].concat()))
        }),
        ("an empty payload", "Payload", honest.encrypted(&honest.signed(&key, b""))),
        ("a sender of small order", "SmallOrder", honest.encrypted(&weak)),
        ("a plaintext of 95 bytes", "Truncated", honest.encrypted(&plaintext[..95])),
        ("an encapsulation of zero", "SmallOrder", zero),
        ("a changed encapsulation", "Encapsulation", with(&encrypted, 6, encrypted[6] ^ 1)),
        ("a changed ciphertext", "Ciphertext", with(&encrypted, 38, encrypted[38] ^ 1)),
        ("no ciphertext", "Truncated", cut(32)),
        ("a truncated encapsulation", "Truncated", cut(31)),
        ("a truncated ciphertext", "Truncated", cut(encrypted.len() - 7)),
        ("no bytes", "Truncated", cut(0)),
    ];
    file.cases(cases, |bytes| {
        let message = SealedMessage::from_bytes(bytes).unwrap();
        run.proxy.open_message::<SearchRequest>(CHAIN, &message).is_ok()
    });
}

/// A query of the reader with contents, forwarded by the manager.
struct Forged<'a> {
    chain: &'a str,
    reader: SigningKey,
    /// The reader that the query names.
    named: VerifyingKey,
    pseudonym: [u8; 32],
    time: u64,
    contents: Vec<u8>,
}

impl Forged<'_> {
    fn statement(&self) -> Vec<u8> {
        framed(&[
            self.chain.as_bytes(),
            self.named.as_bytes(),
            &self.pseudonym,
            &self.time.to_be_bytes(),
            &self.contents,
        ])
    }

    fn fields(&self) -> Vec<u8> {
        let signature = sign(&self.reader, tag::SIGN_QUERY, &self.statement());
        let time = self.time.to_be_bytes();
        let contents = sized(&self.contents);
        [&self.named.as_bytes()[..], &self.pseudonym, &time, &contents, &signature].concat()
    }

    /// Forwards a query whose signature the manager has not checked.
    fn forwarded(&self, chain: &str, manager: &SigningKey) -> Vec<u8> {
        let fields = self.fields();
        let statement = framed(&[chain.as_bytes(), &encoding(Kind::Query, &fields)]);
        let signature = sign(manager, tag::SIGN_FORWARD, &statement);
        let key = manager.verifying_key();
        encoding(Kind::ForwardedQuery, &[&fields[..], key.as_bytes(), &signature].concat())
    }
}

fn honest_query<'a>(run: &Run, asked: &Asked) -> Forged<'a> {
    let reader = formulas::signing_key(&Keys::of(&run.reader).signing);
    Forged {
        chain: CHAIN,
        named: reader.verifying_key(),
        reader,
        pseudonym: asked.query.pseudonym,
        time: NOW,
        contents: asked.query.contents.clone(),
    }
}

/// Encrypted contents, which the patient decrypts after all other checks.
fn contents(file: &mut NegativeFile, run: &Run, asked: &Asked) {
    let (patient, author) = (Keys::of(&run.patient), run.author.verifying_key());
    let query = honest_query(run, asked);
    let (reader, pseudonym, sealed) = (query.named, query.pseudonym, &asked.query.contents);
    file.group(
        "query: open contents",
        Fields::default()
            .text("chain", CHAIN)
            .hex("reader", reader.as_bytes())
            .hex("pseudonym_name", pseudonym)
            .number("time", NOW)
            .hex("patient_hpke_seed", patient.hpke),
    );
    let key = formulas::hpke_key(&patient.hpke).public_key();
    let other = formulas::hpke_key(&Keys::of(&run.author).hpke).public_key();
    let plaintext = asked.contents.to_bytes();
    let seal = |key, chain: &str, reader: &VerifyingKey, pseudonym: &[u8; 32], time: u64, bytes| {
        let info = framed(&[tag::PROTOCOL_QUERY.as_bytes(), chain.as_bytes()]);
        let aad = framed(&[reader.as_bytes(), pseudonym, &time.to_be_bytes()]);
        hpke::seal(key, &info, &aad, bytes, &mut ChaCha20Rng::seed_from_u64(1))
    };
    let trailing = [&plaintext[..], &[0]].concat();
    let cases = [
        ("unmodified", "Valid", sealed.clone()),
        ("encrypted again", "Valid", seal(&key, CHAIN, &reader, &pseudonym, NOW, &plaintext)),
        ("for another chain", "Chain", seal(&key, "other", &reader, &pseudonym, NOW, &plaintext)),
        ("of another reader", "Reader", seal(&key, CHAIN, &author, &pseudonym, NOW, &plaintext)),
        ("under another pseudonym", "Pseudonym", {
            seal(&key, CHAIN, &reader, &[7; 32], NOW, &plaintext)
        }),
        ("at another time", "Time", seal(&key, CHAIN, &reader, &pseudonym, NOW + 1, &plaintext)),
        ("to another patient", "Receiver", {
            seal(&other, CHAIN, &reader, &pseudonym, NOW, &plaintext)
        }),
        ("with a trailing byte", "Contents", {
            seal(&key, CHAIN, &reader, &pseudonym, NOW, &trailing)
        }),
        ("changed", "Ciphertext", with(sealed, 40, sealed[40] ^ 1)),
        ("truncated", "Truncated", sealed[..sealed.len() - 1].to_vec()),
        ("shorter than an encapsulation", "Truncated", sealed[..31].to_vec()),
    ];
    let manager = formulas::signing_key(&Keys::of(&run.manager).signing);
    file.cases(cases, |contents| {
        let query = Forged { contents: contents.to_vec(), ..honest_query(run, asked) };
        let query = ForwardedQuery::from_bytes(&query.forwarded(CHAIN, &manager)).unwrap();
        run.patient.receive(run.view(), &query).is_ok()
    });
}

/// The signatures of reader and manager.
fn forwarded(file: &mut NegativeFile, run: &Run, asked: &Asked) {
    file.group("query: verify", Fields::default().text("chain", CHAIN));
    let manager = formulas::signing_key(&Keys::of(&run.manager).signing);
    let author = formulas::signing_key(&Keys::of(&run.author).signing);
    let honest = || honest_query(run, asked);
    let bytes = asked.forwarded.to_bytes();
    let position = bytes.len() - 64;
    let of = |query: &Forged<'_>| query.forwarded(CHAIN, &manager);
    let other_query = Forged { time: NOW + 1, ..honest() };
    let replaced = [&of(&other_query)[..position], &bytes[position..]].concat();
    let cases: [NegativeCase; 8] = [
        ("unmodified", "Valid", bytes.clone()),
        (
            "the reader has signed for another chain",
            "Chain",
            of(&Forged { chain: "other", ..honest() }),
        ),
        ("another reader has signed", "Reader", of(&Forged { reader: author.clone(), ..honest() })),
        (
            "the manager has signed for another chain",
            "Chain",
            honest().forwarded("other", &manager),
        ),
        ("the manager has signed another query", "Query", replaced),
        ("another party's signature for the manager's", "Manager", {
            let by_author = honest().forwarded(CHAIN, &author);
            [&bytes[..position], &by_author[position..]].concat()
        }),
        ("the reader's signature changed after forwarding", "Reader", {
            let start = 2 + 32 + 32 + 8 + 4 + asked.query.contents.len();
            with(&bytes, start, bytes[start] ^ 1)
        }),
        ("the manager's signature changed", "Manager", with(&bytes, position, bytes[position] ^ 1)),
    ];
    file.cases(cases, |bytes| {
        let query = ForwardedQuery::from_bytes(bytes).unwrap();
        match run.patient.receive(run.view(), &query) {
            Ok(_) => true,
            Err(ProtocolError::Signature(..)) => false,
            Err(other) => panic!("{other}"),
        }
    });
}

fn searches(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let (reader, author) = (Keys::of(&run.reader), Keys::of(&run.author));
    let (proxy, other) = (run.proxy.verifying_key(), run.manager.verifying_key());
    file.group(
        "search: verify",
        Fields::default()
            .text("chain", CHAIN)
            .hex("proxy", proxy.as_bytes())
            .hex("reader", reader.verifying_key().as_bytes()),
    );
    let (grant, bytes) = (shared.transaction.id(), shared.searches[0].to_bytes());
    let nonce: &[u8; 16] = bytes[2 + 32 + 1 + 8..][..16].try_into().unwrap();
    let honest = Search { chain: CHAIN, proxy, grant: &grant, after: &[], time: NOW, nonce };
    let with = |search: Search<'_>, by: &Keys| {
        let signature =
            sign(&formulas::signing_key(&by.signing), tag::SIGN_SEARCH, &search.statement());
        [&bytes[..bytes.len() - 64], &signature].concat()
    };
    let by_reader = |search| with(search, &reader);
    let cases = [
        ("unmodified", "Valid", bytes.clone()),
        ("signed for another chain", "Chain", by_reader(Search { chain: "other", ..honest })),
        ("signed for another proxy", "Proxy", by_reader(Search { proxy: other, ..honest })),
        ("signed for another grant", "Grant", by_reader(Search { grant: &[7; 32], ..honest })),
        ("signed for later records", "After", by_reader(Search { after: &[7; 32], ..honest })),
        ("signed at another time", "Time", by_reader(Search { time: NOW + 1, ..honest })),
        ("signed with another nonce", "Nonce", by_reader(Search { nonce: &[7; 16], ..honest })),
        ("signed by another doctor", "Reader", with(honest, &author)),
    ];
    file.cases(cases, |bytes| {
        let request = SearchRequest::from_bytes(bytes).unwrap();
        // The unmodified request was served before.
        match run.proxy.search(run.view(), &request) {
            Err(ProtocolError::Refused(Refusal::ReplayedRequest)) => true,
            Err(ProtocolError::Signature(..)) => false,
            other => panic!("{other:?}"),
        }
    });
}

/// The signed components of a search request.
#[derive(Clone, Copy)]
struct Search<'a> {
    chain: &'a str,
    proxy: VerifyingKey,
    grant: &'a [u8; 32],
    after: &'a [u8],
    time: u64,
    nonce: &'a [u8; 16],
}

impl Search<'_> {
    fn statement(&self) -> Vec<u8> {
        let Self { chain, proxy, grant, after, time, nonce } = self;
        framed(&[chain.as_bytes(), proxy.as_bytes(), *grant, after, &time.to_be_bytes(), *nonce])
    }
}

fn uploads(file: &mut NegativeFile, run: &Run, published: &Published) {
    let (keeper, author) = (run.keeper.verifying_key(), Keys::of(&run.author));
    let context = Fields::default().text("chain", CHAIN).hex("keeper", keeper.as_bytes());
    file.group("upload: verify", context);
    let name = formulas::name(&published.envelope);
    let other_name = formulas::name(b"another object");
    let (record_id, length) = (published.record().record_id, published.envelope.len() as u64);
    let bytes = published.uploads.last().unwrap().0.to_bytes();
    let honest =
        Offer { chain: CHAIN, keeper, record_id: &record_id, name: &name, length, time: NOW };
    let with = |offer: Offer<'_>, by: &Keys| {
        let signature =
            sign(&formulas::signing_key(&by.signing), tag::SIGN_UPLOAD, &offer.statement());
        [&bytes[..bytes.len() - 64], &signature].concat()
    };
    let by_author = |offer| with(offer, &author);
    let other = run.proxy.verifying_key();
    let cases = [
        ("unmodified", "Valid", bytes.clone()),
        ("signed for another chain", "Chain", by_author(Offer { chain: "other", ..honest })),
        ("signed for another keeper", "Keeper", by_author(Offer { keeper: other, ..honest })),
        ("signed for another record", "Record", by_author(Offer { record_id: &[7; 32], ..honest })),
        ("signed for another object", "Object", by_author(Offer { name: &other_name, ..honest })),
        ("signed for another length", "Length", by_author(Offer { length: length + 1, ..honest })),
        ("signed at another time", "Time", by_author(Offer { time: NOW + 1, ..honest })),
        ("signed by another doctor", "Author", with(honest, &Keys::of(&run.reader))),
    ];
    file.cases(cases, |bytes| {
        let upload = Upload::from_bytes(bytes).unwrap();
        run.keeper.upload(run.view(), &upload, &mut &published.envelope[..]).is_ok()
    });
}

/// The signed components of an upload.
#[derive(Clone, Copy)]
struct Offer<'a> {
    chain: &'a str,
    keeper: VerifyingKey,
    record_id: &'a [u8; 32],
    name: &'a [u8],
    length: u64,
    time: u64,
}

impl Offer<'_> {
    fn statement(&self) -> Vec<u8> {
        let Self { chain, keeper, record_id, name, length, time } = self;
        framed(&[
            chain.as_bytes(),
            keeper.as_bytes(),
            *record_id,
            name,
            &length.to_be_bytes(),
            &time.to_be_bytes(),
        ])
    }
}

/// Fetches of the reader. The keeper has not served them.
fn fetches(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let keeper = run.keeper.verifying_key();
    let context = Fields::default().text("chain", CHAIN).hex("keeper", keeper.as_bytes());
    file.group("fetch: verify", context);
    let fetch = shared.fetched[0].pending.fetch().to_bytes();
    // Name with its length, basis, identifier, time, nonce, key of the response.
    let [basis, id, time, nonce, key, signer] = [42, 43, 75, 83, 99, 131];
    let reader = formulas::signing_key(&Keys::of(&run.reader).signing);
    let author = formulas::signing_key(&Keys::of(&run.author).signing);
    // A nonce that the keeper has not seen.
    let fetch = with(&fetch, nonce, fetch[nonce] ^ 1);
    let signed = |chain: &str, keeper: &VerifyingKey, signed: &[u8], by: &SigningKey| {
        let statement = framed(&[
            chain.as_bytes(),
            keeper.as_bytes(),
            &signed[basis..time],
            &signed[6..basis],
            &signed[time..nonce],
            &signed[nonce..key],
            &signed[key..signer],
        ]);
        let signature = sign(by, tag::SIGN_FETCH, &statement);
        [&fetch[..signer + 32], &signature].concat()
    };
    let at = |position: usize| {
        signed(CHAIN, &keeper, &with(&fetch, position, fetch[position] ^ 1), &reader)
    };
    let other = run.proxy.verifying_key();
    let cases = [
        ("unmodified", "Valid", signed(CHAIN, &keeper, &fetch, &reader)),
        ("signed for another chain", "Chain", signed("other", &keeper, &fetch, &reader)),
        ("signed for another keeper", "Keeper", signed(CHAIN, &other, &fetch, &reader)),
        ("signed for another object", "Object", at(30)),
        ("signed on another basis", "Basis", at(basis)),
        ("signed for another request", "Request", at(id)),
        ("signed at another time", "Time", at(time)),
        ("signed with another nonce", "Nonce", at(nonce)),
        ("signed for another response key", "ResponseKey", at(key)),
        ("signed by another doctor", "Signer", signed(CHAIN, &keeper, &fetch, &author)),
    ];
    file.cases(cases, |bytes| {
        let fetch = Fetch::from_bytes(bytes).unwrap();
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let view = LedgerView { state: run.ledger.state(), now: NOW };
        run.keeper.serve(view, &fetch, &mut Vec::new(), rng).is_ok()
    });
}

fn responses(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let [fetched, other] = &shared.fetched[..] else { panic!("two fetches") };
    let keeper = run.keeper.verifying_key();
    file.group(
        "fetch: open response",
        Fields::default()
            .text("chain", CHAIN)
            .hex("keeper", keeper.as_bytes())
            .hex("fetch", fetched.pending.fetch().to_bytes())
            .hex("response_seed", fetched.seed),
    );
    let honest = &fetched.response;
    let respond = |chain: &str, keeper: &VerifyingKey| {
        let (mut response, rng) = (Vec::new(), &mut ChaCha20Rng::seed_from_u64(1));
        let fetch = fetched.pending.fetch();
        let mut sealer = fetch.respond((chain, keeper), &mut response, rng).unwrap();
        sealer.write_all(b"object").unwrap();
        sealer.finish().unwrap();
        response
    };
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("another object for the same fetch", "Valid", respond(CHAIN, &keeper)),
        ("the response to another fetch", "Fetch", other.response.clone()),
        ("on another chain", "Chain", respond("other", &keeper)),
        ("of another keeper", "Keeper", respond(CHAIN, &run.proxy.verifying_key())),
        ("a changed encapsulation", "Encapsulation", with(honest, 0, honest[0] ^ 1)),
        ("an encapsulation of zero", "SmallOrder", [&[0; 32], &honest[32..]].concat()),
        ("a changed commitment", "Commitment", with(honest, 34, honest[34] ^ 1)),
        ("a changed segment", "Ciphertext", with(honest, 70, honest[70] ^ 1)),
        ("one byte too short", "Truncated", honest[..honest.len() - 1].to_vec()),
        ("one byte too long", "TrailingBytes", [&honest[..], &[0]].concat()),
        ("no segment", "Truncated", honest[..32 + 34].to_vec()),
        ("no encapsulation", "Truncated", honest[..31].to_vec()),
    ];
    file.cases(cases, |bytes| {
        let mut object = Vec::new();
        let mut opener = fetched.pending.open_response(&mut object);
        opener.write_all(bytes).is_ok() && opener.finish().is_ok()
    });
}
