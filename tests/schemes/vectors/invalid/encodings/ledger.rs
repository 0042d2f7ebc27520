//! Configurations and ledger proofs.

use super::{encodings, messages::signing_key, overlong, with};
use crate::vectors::format::{NegativeCase, NegativeFile, draw};
use crate::vectors::ledger::chain::{CHAIN, parameters};
use crate::vectors::ledger::formulas;
use crate::vectors::ledger::proofs::{grant_at, state_at};
use crate::vectors::ledger::story::Story;
use crate::vectors::protocol::formulas::public_key;
use epione::algebra::codec::Canonical;
use epione::consensus::{
    Capacity, Config, Location, Member, Parameters, Profile, ReplicaId, Timing,
};
use epione::ledger::proof::{Proof, StateKey};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const DAY: u64 = 86_400_000;

pub(super) fn configurations(file: &mut NegativeFile, story: &Story) {
    let members: Vec<Member> = story.chain.config.members().cloned().collect();
    let bytes = story.chain.config.to_bytes();
    let profile = 2 + 4 + CHAIN.len() + 8;
    let roster = bytes.len() - 6 * 46;
    let mut own = vec![
        overlong(&bytes, 2),
        overlong(&bytes, roster - 4),
        ("profile 2", "Tag", with(&bytes, profile, 2)),
        ("a name that is not UTF-8", "Utf8", with(&bytes, 6, 0xff)),
    ];
    own.extend(signing_key(&bytes, roster + 2));
    own.extend(of_parameters(&members));
    own.extend(of_timing(&members));
    own.extend(of_capacity(&members));
    own.extend(of_roster(&members));
    own.extend(of_groups());
    encodings::<Config>(file, "ConsensusConfig", &bytes, &own);
}

fn of_parameters(members: &[Member]) -> [NegativeCase; 6] {
    let named = |length| Parameters { chain: "n".repeat(length), ..parameters() };
    let of = |parameters| formulas::config(&parameters, members);
    let weighted = |distance_weight| of(Parameters { distance_weight, ..parameters() });
    [
        ("an empty name", "TooShort", of(named(0))),
        ("a name of 64 bytes", "Valid", of(named(64))),
        ("a name of 65 bytes", "TooLong", of(named(65))),
        ("the weight 1000", "Valid", weighted(1_000)),
        ("the weight 1001", "Range", weighted(1_001)),
        ("the greatest epoch", "Valid", of(Parameters { epoch: u64::MAX, ..parameters() })),
    ]
}

fn of_timing(members: &[Member]) -> [NegativeCase; 12] {
    let standard = Timing { relay: 1, fallback: 1, view: 5, doublings: 16 };
    let of = |timing| formulas::config(&Parameters { timing, ..parameters() }, members);
    let [relay, fallback, view] = [
        |relay, timing| Timing { relay, ..timing },
        |fallback, timing| Timing { fallback, ..timing },
        |view, timing| Timing { view, ..timing },
    ];
    [
        ("the shortest delays", "Valid", of(standard)),
        ("a relay delay of zero", "Range", of(relay(0, standard))),
        ("a fallback delay of zero", "Range", of(fallback(0, standard))),
        ("a view delay of four fallback delays", "Range", of(view(4, standard))),
        ("17 doublings", "Range", of(Timing { doublings: 17, ..standard })),
        ("a relay delay of a day", "Valid", of(relay(DAY, standard))),
        ("a relay delay of more than a day", "Range", of(relay(DAY + 1, standard))),
        ("a view delay of a day", "Valid", of(view(DAY, standard))),
        ("a view delay of more than a day", "Range", of(view(DAY + 1, standard))),
        ("the longest fallback delay", "Valid", of(view(DAY, fallback(DAY / 4 - 1, standard)))),
        ("a fallback delay of 2^62", "Range", of(fallback(1 << 62, standard))),
        ("a fallback delay of 2^64 - 1", "Range", of(fallback(u64::MAX, standard))),
    ]
}

fn of_capacity(members: &[Member]) -> [NegativeCase; 11] {
    let standard = Capacity { request_bytes: 1 << 20, bytes: 3 << 20, requests: 4_096, cost: 1 };
    let of = |capacity| formulas::config(&Parameters { capacity, ..parameters() }, members);
    let each = |request_bytes| of(Capacity { request_bytes, ..standard });
    let total = |bytes| of(Capacity { bytes, ..standard });
    let requests = |requests| of(Capacity { requests, ..standard });
    let one = Capacity { request_bytes: 1, bytes: 1, requests: 1, cost: u32::MAX };
    [
        ("the greatest capacity", "Valid", of(standard)),
        ("the least capacity", "Valid", of(one)),
        ("requests of no bytes", "Range", each(0)),
        ("requests of 2^20 + 1 bytes", "Range", each((1 << 20) + 1)),
        ("as many bytes as one request", "Valid", total(1 << 20)),
        ("fewer bytes than one request", "Range", total((1 << 20) - 1)),
        ("3 * 2^20 + 1 bytes", "Range", total((3 << 20) + 1)),
        ("no requests", "Range", requests(0)),
        ("4097 requests", "Range", requests(4_097)),
        ("no cost", "Range", of(Capacity { cost: 0, ..standard })),
        ("no bytes", "Range", total(0)),
    ]
}

fn of_roster(members: &[Member]) -> [NegativeCase; 12] {
    let of = |members: &[Member]| formulas::config(&parameters(), members);
    let changed = |change: &dyn Fn(&mut Vec<Member>)| {
        let mut members = members.to_vec();
        change(&mut members);
        of(&members)
    };
    let at = |latitude, longitude| {
        changed(&|members| members[0].location = Location { latitude, longitude })
    };
    [
        ("four members", "Valid", of(&members[..4])),
        ("three members", "TooShort", of(&members[..3])),
        ("no members", "TooShort", of(&[])),
        ("members in another order", "Order", changed(&|members| members.swap(0, 1))),
        ("two members with one id", "Order", changed(&|members| members[1].id = members[0].id)),
        (
            "two members with one key",
            "Duplicate",
            changed(&|members| members[5].key = members[0].key),
        ),
        ("the south pole", "Valid", at(-90_000_000, -180_000_000)),
        ("south of the south pole", "Range", at(-90_000_001, 0)),
        ("north of the north pole", "Range", at(90_000_001, 0)),
        ("a longitude above 180 degrees", "Range", at(0, 180_000_001)),
        ("a longitude below -180 degrees", "Range", at(0, -180_000_001)),
        ("the least numbers as location", "Range", at(i32::MIN, i32::MIN)),
    ]
}

fn of_groups() -> [NegativeCase; 8] {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let member = |id: ReplicaId| Member {
        id,
        key: public_key(&draw(&mut rng)),
        location: Location::default(),
        rating: 0,
    };
    let members: Vec<Member> = (0..20).map(member).collect();
    let of = |profile, groups, count: usize| {
        formulas::config(&Parameters { profile, groups, ..parameters() }, &members[..count])
    };
    let layered = Profile::MemberQuorum;
    [
        ("16 members in groups of four", "Valid", of(layered, 4, 16)),
        ("16 members in five groups", "Range", of(layered, 5, 16)),
        ("15 members in five groups, which become flat", "Valid", of(layered, 5, 15)),
        ("16 members in three groups, which become flat", "Valid", of(layered, 3, 16)),
        ("16 members in five groups, flat", "Valid", of(Profile::Flat, 5, 16)),
        ("20 members in five groups", "Valid", of(layered, 5, 20)),
        ("20 members in six groups", "Range", of(layered, 6, 20)),
        ("20 members in the default number of groups", "Valid", of(layered, 0, 20)),
    ]
}

/// One proof of each kind. `invalid/ledger-proofs.json` has the caps of their lists.
pub(super) fn proofs(file: &mut NegativeFile, story: &Story) {
    let chain = &story.chain;
    let proof = chain.ledger.prove_transaction(&story.record.id()).unwrap().unwrap();
    let signatures = 3 + formulas::header(&proof.at.header).len() + 1 + 2 + 8 + 8 + 32;
    let transaction = 3 + formulas::certified(&proof.at).len() + 8;
    let bytes = Proof::Transaction(proof).to_bytes();
    let own = [
        overlong(&bytes, signatures),
        overlong(&bytes, transaction),
        overlong(&bytes, bytes.len() - 4),
    ];
    encodings::<Proof>(file, "LedgerProof", &bytes, &own);
    let keys = [StateKey::Genesis, StateKey::Record(story.grant.id())];
    let proof = state_at(chain, 1, &keys);
    let entries = 3 + formulas::certified(&proof.at).len();
    let bytes = Proof::State(proof).to_bytes();
    encodings::<Proof>(file, "LedgerProof", &bytes, &[overlong(&bytes, entries)]);
    let bytes = Proof::Grant(grant_at(story, &story.shared, 4)).to_bytes();
    encodings::<Proof>(file, "LedgerProof", &bytes, &[]);
}
