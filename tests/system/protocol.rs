//! The whole protocol as a library, and what attackers get out of it.

use crate::world::{
    A, ADA, B, BEA, BUNDLE, C, CHAIN, DAY, HOUR, START, World, policy, section_of, stroke,
};
use epione::abe::UserSecretKey;
use epione::abe::fabeo::epochs::EpochError;
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::consensus::Digest;
use epione::error::{DecodeError, DecryptionFailed};
use epione::ledger::{Action, Basis, Draft, Rule, Transaction, TransactionError, Validity};
use epione::peks;
use epione::policy::AttributeSet;
use epione::pre::conditional::{InvalidCiphertext, InvalidReEncryption};
use epione::protocol::{
    Doctor, Enrolment, Fetch, FetchBasis, Hit, Patient, ProtocolError, Proxy, RegistrationCentre,
    SearchTerm, SectionReEncryption, Terms, trail,
};
use epione::record::{Class, Record};
use epione::sign::InvalidSignature;
use epione::store::{self, DirectoryStore, RecordStore, StoreError};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};

/// Insists on one error.
macro_rules! refused {
    ($outcome:expr, $error:pat $(if $guard:expr)?) => {
        match $outcome {
            Err($error) $(if $guard)? => {}
            Err(other) => panic!("refused, but with {other:?}"),
            Ok(_) => panic!("not refused; expected {}", stringify!($error)),
        }
    };
}

mod ask;
mod bytes;
mod linkability;
mod proxy;
mod publish;
mod reader;
mod registration;
mod storage;
mod story;

const NO_GRANT: &str = "the grant is not on the ledger";
const NO_REQUEST: &str = "there is no such request on the ledger";
const NOT_DELIVERED: &str = "nothing was delivered for this grant";

/// A world with one bundle of Ada's by doctor A, granted to B, requested.
struct Shared {
    world: World,
    record: Digest,
    ticket: epione::protocol::Ticket,
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
