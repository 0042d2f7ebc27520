//! Payloads of messages, queries, policies and envelopes.

use super::messages::{hpke_key, signing_key};
use super::{encodings, identity, overlong, with};
use crate::vectors::format::{NegativeCase, NegativeFile};
use crate::vectors::protocol::run::{Asked, Published, Run, Shared};
use epione::algebra::codec::Canonical;
use epione::ledger::Certificate;
use epione::protocol::{
    Delivery, Envelope, EpochPolicies, ForwardedQuery, Introduction, Query, QueryContents, Release,
    SearchRequest, Ticket,
};

/// `bytes` with the range from `start` replaced.
fn spliced(bytes: &[u8], start: usize, length: usize, part: &[u8]) -> Vec<u8> {
    [&bytes[..start], part, &bytes[start + length..]].concat()
}

/// `count` items of `item`, with their count.
fn repeated(count: u32, item: &[u8]) -> Vec<u8> {
    [&count.to_be_bytes()[..], &item.repeat(count as usize)].concat()
}

pub(super) fn payloads(
    file: &mut NegativeFile,
    run: &Run,
    (published, asked, shared): (&Published, &Asked, &Shared),
) {
    certificates(file, run);
    introductions(file, published);
    deliveries(file, run, shared);
    tickets(file, run, shared);
    releases(file, run, shared);
    contents(file, asked);
    queries(file, asked);
    let search = shared.searches[1].to_bytes();
    let own = [("a flag of 2", "Tag", with(&search, 34, 2))];
    encodings::<SearchRequest>(file, "SearchRequest", &search, &own);
    policies(file, published);
    let envelope = &published.envelope;
    let of = |count| spliced(envelope, 34, envelope.len() - 34, &repeated(count, &[7; 40]));
    let own = [("7 sections", "Valid", of(7)), ("8 sections", "TooLong", of(8))];
    encodings::<Envelope>(file, "SealedRecord", envelope, &own);
}

/// The cases of a certificate that starts at `start`, with a name of `name` bytes.
fn subject_cases(bytes: &[u8], start: usize, name: usize) -> Vec<NegativeCase> {
    let role = start + 36 + name;
    let fields = vec![
        overlong(bytes, start + 32),
        ("a name that is not UTF-8", "NotUtf8", with(bytes, start + 36, 0xff)),
        ("a control character in a name", "Name", with(bytes, start + 36, 0x1b)),
        ("an empty name", "Name", spliced(bytes, start + 32, 4 + name, &[0; 4])),
        ("role 0", "Tag", with(bytes, role, 0)),
        ("role 7", "Tag", with(bytes, role, 7)),
        overlong(bytes, role + 33),
    ];
    let keys = signing_key(bytes, start).into_iter().chain(hpke_key(bytes, role + 1));
    fields.into_iter().chain(keys).collect()
}

fn certificates(file: &mut NegativeFile, run: &Run) {
    let certificate = run.institution.certificate().to_bytes();
    let own = subject_cases(&certificate, 2, "Hospital".len());
    encodings::<Certificate>(file, "Certificate", &certificate, &own);
}

fn introductions(file: &mut NegativeFile, published: &Published) {
    let bytes = published.introduction.to_bytes();
    let name = "Ada Byron".len();
    let pre_key = 2 + 36 + name + 1 + 32;
    let peks = pre_key + 4 + 146 + 32 + 8 + 64;
    let (window, owner) = (peks + 48, peks + 48 + 4 + 37);
    let node = &bytes[window + 4..owner];
    let windowed = |nodes: &[u8]| spliced(&bytes, window, 41, nodes);
    let mut own = subject_cases(&bytes, 2, name);
    own.extend([
        ("no re-encryption key", "PreKey", spliced(&bytes, pre_key, 150, &[0; 4])),
        ("a re-encryption key of another version", "PreKey", with(&bytes, pre_key + 4, 5)),
        ("a re-encryption key of another kind", "PreKey", with(&bytes, pre_key + 5, 0x21)),
        identity(&bytes, peks, 48),
        ("a window without nodes", "Empty", windowed(&[0; 4])),
        ("a node twice", "Order", windowed(&repeated(2, node))),
        ("65 nodes", "TooLong", windowed(&repeated(65, node))),
    ]);
    own.extend(signing_key(&bytes, owner));
    encodings::<Introduction>(file, "Introduction", &bytes, &own);
}

fn deliveries(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let bytes = shared.opened_delivery(run);
    let (patient, lists) = (34, 34 + 144 + 32);
    let first = lists + 4;
    let (rekey, trapdoors) = (&bytes[first..first + 192], bytes.len() - 4 - 2 * 96);
    let trapdoor = &bytes[trapdoors + 4..trapdoors + 100];
    let with_lists = |rekeys: u32, count: u32| {
        [&bytes[..lists], &repeated(rekeys, rekey), &repeated(count, trapdoor)].concat()
    };
    let reader = run.reader.certificate().verify(&run.centre.centre.verifying_key()).unwrap();
    let reader = &reader.pre_key[2..];
    let own = [
        identity(&bytes, patient, 48),
        ("X and Y of different keys", "Exponents", spliced(&bytes, patient, 48, &reader[..48])),
        identity(&bytes, first, 96),
        ("neither keys nor trapdoors", "Valid", with_lists(0, 0)),
        ("64 keys and trapdoors", "Valid", with_lists(64, 64)),
        ("65 re-encryption keys", "TooLong", with_lists(65, 1)),
        ("65 trapdoors", "TooLong", with_lists(1, 65)),
    ];
    encodings::<Delivery>(file, "Delivery", &bytes, &own);
}

fn tickets(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let ticket = run.reader.receive_ticket(run.ledger.state(), &shared.ticket).unwrap();
    let bytes = ticket.to_bytes();
    let lists = 34 + 144;
    let rk2 = &bytes[lists + 4..lists + 100];
    let of = |points: u32, classes: &[u8]| {
        let count = (classes.len() as u32).to_be_bytes();
        [&bytes[..lists], &repeated(points, rk2), &count, classes].concat()
    };
    let own = [
        identity(&bytes, 34, 48),
        identity(&bytes, lists + 4, 96),
        ("class 0", "Tag", of(1, &[0])),
        ("class 8", "Tag", of(1, &[8])),
        ("a class twice", "Valid", of(2, &[2, 2])),
        ("no keys", "Valid", of(0, &[])),
        ("64 points and classes", "Valid", of(64, &[1; 64])),
        ("65 points", "TooLong", of(65, &[1])),
        ("65 classes", "TooLong", of(1, &[1; 65])),
    ];
    encodings::<Ticket>(file, "Ticket", &bytes, &own);
}

fn releases(file: &mut NegativeFile, run: &Run, shared: &Shared) {
    let release = run.reader.receive_release(run.ledger.state(), &shared.release).unwrap();
    let bytes = Release { sections: release.sections[..1].to_vec(), ..release }.to_bytes();
    // Proxy, request, list of three digests, signature.
    let receipt = bytes.len() - 32 - 32 - 4 - 3 * 32 - 64;
    let (section, digests) = (&bytes[6..receipt], receipt + 64);
    let of = |count| spliced(&bytes, 2, receipt - 2, &repeated(count, section));
    let reported = |count| spliced(&bytes, digests, 4 + 96, &repeated(count, &[7; 32]));
    let mut own = vec![
        ("no section", "Valid", of(0)),
        ("7 sections", "Valid", of(7)),
        ("8 sections", "TooLong", of(8)),
        ("7 digests", "Valid", reported(7)),
        ("8 digests", "TooLong", reported(8)),
        identity(&bytes, 7, 48),
        overlong(&bytes, 7 + 48 + 32 + 96),
        ("a response not below r", "NotReduced", with(&bytes, receipt - 32, 0xff)),
    ];
    own.extend(signing_key(&bytes, receipt));
    encodings::<Release>(file, "Release", &bytes, &own);
}

fn contents(file: &mut NegativeFile, asked: &Asked) {
    let bytes = asked.contents.to_bytes();
    let text = |length: usize| [&(length as u32).to_be_bytes()[..], &b"a".repeat(length)].concat();
    let terms = |count: u32, field: &[u8]| {
        [&bytes[..2], &repeated(count, &[field, &[0; 4]].concat()), &[0; 8]].concat()
    };
    let classes = |codes: &[u8]| {
        let count = (codes.len() as u32).to_be_bytes();
        [&bytes[..2], &[0; 4], &count, codes, &[0; 4]].concat()
    };
    let own = [
        ("64 terms", "Valid", terms(64, &text(1))),
        ("65 terms", "TooLong", terms(65, &text(1))),
        ("a field of 1024 bytes", "Valid", terms(1, &text(1024))),
        ("a field of 1025 bytes", "TooLong", terms(1, &text(1025))),
        ("a field that is not UTF-8", "NotUtf8", terms(1, &[0, 0, 0, 1, 0xff])),
        ("a class twice, in descending order", "Valid", classes(&[3, 2, 2])),
        ("class 0", "Tag", classes(&[0])),
        ("class 8", "Tag", classes(&[8])),
        ("8 classes", "TooLong", classes(&[1; 8])),
        ("a purpose of 1025 bytes", "TooLong", [&bytes[..2], &[0; 8], &text(1025)[..]].concat()),
    ];
    encodings::<QueryContents>(file, "QueryContents", &bytes, &own);
}

fn queries(file: &mut NegativeFile, asked: &Asked) {
    let bytes = asked.query.to_bytes();
    let mut own = vec![overlong(&bytes, 2 + 32 + 32 + 8)];
    own.extend(signing_key(&bytes, 2));
    encodings::<Query>(file, "Query", &bytes, &own);
    let bytes = asked.forwarded.to_bytes();
    let manager = bytes.len() - 96;
    let mut own = vec![overlong(&bytes, 2 + 32 + 32 + 8)];
    own.extend(signing_key(&bytes, manager));
    encodings::<ForwardedQuery>(file, "ForwardedQuery", &bytes, &own);
}

fn policies(file: &mut NegativeFile, published: &Published) {
    let bytes = published.policies.to_bytes();
    // Suite and one element of GT, then the default policy and the policies of classes.
    let default = 2 + 1 + 576;
    let head = &bytes[..default];
    let text =
        |policy: &str| [&(policy.len() as u32).to_be_bytes()[..], policy.as_bytes()].concat();
    let of = |policy: &str, classes: &[(u8, &str)]| {
        let mut all = [head, &text(policy), &(classes.len() as u32).to_be_bytes()].concat();
        for (class, policy) in classes {
            all.push(*class);
            all.extend(text(policy));
        }
        all
    };
    let many = |codes: &[u8]| of("a", &codes.iter().map(|code| (*code, "b")).collect::<Vec<_>>());
    let own = [
        ("another suite", "Suite", with(&bytes, 2, 2)),
        overlong(&bytes, default),
        ("an empty policy", "Policy", of("", &[])),
        ("a policy that does not parse", "Policy", of("a and", &[])),
        ("a policy that is not canonical", "Policy", of("a  and b", &[])),
        ("a policy of a class that is not canonical", "Policy", of("a", &[(1, "(b)")])),
        ("no policy of a class", "Valid", of("a", &[])),
        ("all classes", "Valid", many(&[1, 2, 3, 4, 5, 6, 7])),
        ("classes in descending order", "Order", many(&[2, 1])),
        ("a class twice", "Order", many(&[2, 2])),
        ("class 0", "Tag", many(&[0])),
        ("class 8", "Tag", many(&[8])),
        ("8 policies", "TooLong", many(&[1, 2, 3, 4, 5, 6, 7, 7])),
    ];
    encodings::<EpochPolicies>(file, "EpochPolicies", &bytes, &own);
}
