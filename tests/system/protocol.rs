//! The protocol end to end, and attacks on every step.

use crate::world::{
    A, ADA, B, BEA, BUNDLE, C, CHAIN, DAY, HOUR, MAX_RECORD, START, Sealed, World, section_of,
    splice_keys, stroke,
};
use epione::abe::fabeo::epochs::EpochError;
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::error::DecryptionFailed;
use epione::ledger::{
    Action, Basis, Certificate, Draft, REQUEST_BLOCKS, RecordAction, Rule, State, Time,
    Transaction, TransactionError, Validity,
};
use epione::policy::AttributeSet;
use epione::protocol::{
    Countersignature, Doctor, Enrolment, Envelope, FetchBasis, Hit, Institution, Item, Journal,
    LedgerView, Object, Output, Patient, ProtocolError, Proxy, Query, QueryContents, QueryManager,
    Refusal, Registrar, RegistrationCentre, RegistrationError, Release, SealedMessage,
    SearchAnswer, SearchRequest, SearchTerm, StoreKeeper, StoredCiphertext, Terms, Ticket,
    UNPUBLISHED_LIFETIME, UNPUBLISHED_QUOTA, Upload, trail,
};
use epione::record::{Class, Record};
use epione::sign::{InvalidSignature, SigningKey, VerifyingKey};
use epione::store::{self, Cid, DirectoryStore, RecordStore, StoreError};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::cell::Cell;
use std::fs;
use std::io::{self, Cursor, Read};

/// Asserts that an outcome is the given error. `Refusal` and `Rule` abbreviate the `ProtocolError`.
macro_rules! refused {
    ($outcome:expr, Refusal::$refusal:ident) => {
        refused!($outcome, ProtocolError::Refused(Refusal::$refusal))
    };
    ($outcome:expr, Rule::$rule:ident) => {
        refused!($outcome, ProtocolError::Rule(Rule::$rule))
    };
    ($outcome:expr, $error:pat $(if $guard:expr)?) => {
        match $outcome {
            Err($error) $(if $guard)? => {}
            Err(other) => panic!("refused, but with {other:?}"),
            Ok(_) => panic!("not refused; expected {}", stringify!($error)),
        }
    };
}

mod bytes;
mod lifecycle;
mod linkability;
mod proxy;
mod publish;
mod query;
mod reader;
mod registration;
mod storage;
mod uploads;

/// A world in which doctor A has published a bundle for Ada, and doctor B has requested it under a
/// grant.
struct Shared {
    world: World,
    record: Digest,
    ticket: Ticket,
    request: Digest,
}

impl Shared {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let terms = world.terms(&[record]);
        let ticket = world.grant(&terms);
        let request = world.request_granted(record, &ticket);
        Self { world, record, ticket, request }
    }
}
