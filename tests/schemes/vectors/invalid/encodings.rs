//! Complete encodings.

mod abe;
mod authorities;
mod ledger;
mod messages;
mod payloads;
mod peks;
mod pre;
mod pseudonym;
mod secrets;

use super::{plus_order, with};
use crate::common::rng;
use crate::vectors::format::{Fields, NegativeCase, NegativeFile, compare_or_write};
use crate::vectors::ledger::story::Story;
use crate::vectors::protocol::run::Run;
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::tag::Kind;

/// `bytes` with the element at `position` replaced by the identity.
fn with_identity(bytes: &[u8], position: usize, length: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position..position + length].fill(0);
    changed[position] = 0xc0;
    changed
}

/// Adds the tests common to all types and those of one type.
fn encodings<T: Canonical>(
    file: &mut NegativeFile,
    name: &'static str,
    honest: &[u8],
    own: &[NegativeCase],
) {
    assert!(T::from_bytes(honest).is_ok_and(|value| value.to_bytes() == honest), "{name}");
    common(file, (name, T::KIND), honest, own, |bytes| T::from_bytes(bytes).is_ok());
}

/// [`encodings`] of a type whose decoder is reached through an operation.
fn common(
    file: &mut NegativeFile,
    (name, kind): (&'static str, Kind),
    honest: &[u8],
    own: &[NegativeCase],
    accepts: impl Fn(&[u8]) -> bool,
) {
    file.group(name, Fields::default().number("kind", kind as u64));
    let cut = |length: usize| honest[..length].to_vec();
    let common = [
        ("a valid encoding", "Valid", honest.to_vec()),
        ("an empty encoding", "Truncated", Vec::new()),
        ("version only", "Truncated", cut(1)),
        ("version and kind only", "Truncated", cut(2)),
        ("one byte too short", "Truncated", cut(honest.len() - 1)),
        ("one byte too long", "TrailingBytes", [honest, &[0]].concat()),
        ("version 0", "Version", with(honest, 0, 0)),
        ("the next version", "Version", with(honest, 0, VERSION + 1)),
        ("kind 0", "Kind", with(honest, 1, 0)),
        ("another kind", "Kind", with(honest, 1, honest[1] ^ 1)),
    ];
    file.cases(common.into_iter().chain(own.iter().cloned()), accepts);
}

/// A length of `2^32 - 1` at `position`.
fn overlong(bytes: &[u8], position: usize) -> NegativeCase {
    let mut changed = bytes.to_vec();
    changed[position..position + 4].fill(0xff);
    ("a length of 2^32 - 1", "TooLong", changed)
}

fn identity(bytes: &[u8], position: usize, length: usize) -> NegativeCase {
    ("an identity", "Identity", with_identity(bytes, position, length))
}

/// A header with its policy replaced and its elements kept.
fn with_policy(header: &[u8], text: &str) -> Vec<u8> {
    let old = u32::from_be_bytes(header[3..7].try_into().unwrap()) as usize;
    [&header[..3], &(text.len() as u32).to_be_bytes(), text.as_bytes(), &header[7 + old..]].concat()
}

#[test]
fn negative_tests_of_encodings() {
    let mut file = NegativeFile::new("EPIONE-V1-ENCODINGS", "Complete encodings of each type.");
    let shared = &mut rng(2026);
    abe::keys_and_headers(&mut file, shared);
    peks::encodings(&mut file, shared);
    pre::encodings(&mut file, shared);
    pseudonym::windows(&mut file, shared);
    authorities::pang(&mut file, &mut rng(2034));
    authorities::rouselakis_waters(&mut file, &mut rng(2040));
    messages::messages_of_parties(&mut file, &mut rng(2041));
    let mut run = Run::new(rng(2042));
    let (published, asked) = (run.publish(), run.ask());
    let granted = run.share(&published);
    payloads::payloads(&mut file, &run, (&published, &asked, &granted));
    secrets::secrets(&mut file, &run);
    let story = Story::new(rng(2045));
    ledger::configurations(&mut file, &story);
    ledger::proofs(&mut file, &story);
    compare_or_write("invalid/encodings.json", &file);
}
