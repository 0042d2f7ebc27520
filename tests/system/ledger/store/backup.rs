//! Backups, and replicas that are restored from them.

use super::super::*;
use super::{entries, power::Hospital};
use epione::consensus::{Effect, Input, ReplicaId, Timer};
use epione::database::{Changes, Database, DatabaseError, Redb};

/// A copy of a chain's ledger.
fn backup(chain: &Chain) -> Arc<Redb> {
    let copy = Arc::new(Redb::in_memory());
    chain.ledger.backup(0, &*copy).unwrap();
    copy
}

fn open(chain: &Chain, database: Arc<Redb>) -> Result<Ledger, DatabaseError> {
    Ledger::open(database, CHAIN, chain.parties.centre.verifying_key())
}

#[test]
fn a_backup_has_all_blocks_and_the_state_of_its_ledger() {
    let (mut chain, record, grant) = Chain::with_grant(93);
    let request = chain.request(record, Basis::Grant(grant));
    assert_eq!(chain.outcome(&request), None);
    let restored = open(&chain, backup(&chain)).unwrap();
    assert_eq!((restored.height(), restored.time()), (chain.ledger.height(), chain.ledger.time()));
    assert_eq!(restored.blocks().map(Result::unwrap).collect::<Vec<_>>(), chain.blocks());
    let audited = restored.audit(&chain.config, Arc::new(Redb::in_memory())).unwrap();
    assert_eq!(audited.state().root(), chain.ledger.state().root());
    assert_eq!(restored.state().grant(&grant), chain.ledger.state().grant(&grant));
    assert_eq!((restored.fenced_epoch(), chain.ledger.fenced_epoch()), (Some(0), None));
    // The backup of a restored ledger has its fence.
    let again = Redb::in_memory();
    restored.backup(3, &again).unwrap();
    assert_eq!(open(&chain, Arc::new(again)).unwrap().fenced_epoch(), Some(3));
}

#[test]
fn a_backup_does_not_overwrite_a_database_and_is_complete_or_does_not_open() {
    let chain = Chain::with_grant(94).0;
    let copy = backup(&chain);
    let before = entries(&*copy.snapshot().unwrap()).unwrap();
    let refused = chain.ledger.backup(0, &*copy);
    assert!(matches!(refused, Err(DatabaseError::Foreign(_))));
    assert_eq!(entries(&*copy.snapshot().unwrap()).unwrap(), before);
    // The tip is copied last.
    let partial = Redb::in_memory();
    let tip = before.keys().find(|key| key[0] == 2).unwrap().clone();
    let changes: Changes = before
        .iter()
        .filter(|(key, _)| **key != tip)
        .map(|(key, value)| (key.clone(), Some(value.clone())))
        .collect();
    partial.commit(&partial.snapshot().unwrap(), &changes).unwrap();
    let error = open(&chain, Arc::new(partial)).map(drop).unwrap_err();
    assert!(matches!(error, DatabaseError::Damaged { table: "tip", .. }), "{error}");
}

/// The statements that a replica signs for a proposal, for a request as the next leader, and upon
/// timeouts.
fn signed(chain: &Chain, ledger: impl Fn() -> Ledger) -> Vec<&'static str> {
    let config = Arc::new(chain.config.clone());
    let (height, leader) = (chain.height(), chain.config.leader(chain.height(), 0));
    let follower = (0..4).find(|id| *id != leader).unwrap();
    let replica = |id: ReplicaId| {
        let key = chain.keys[usize::from(id)].clone();
        Replica::new(config.clone(), id, key, ledger()).unwrap()
    };
    let mut kinds = Vec::new();
    let mut collect = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Send { message, .. } = effect {
                kinds.push(message.body.name());
            }
        }
    };
    let block = chain.propose(chain.time + 1_000, &[]);
    let body = Body::PrePrepare { height, value: block.to_bytes() };
    let message = Message::sign(&config, leader, &chain.keys[usize::from(leader)], body);
    let mut voter = replica(follower);
    collect(voter.step(chain.time + 1_000, Input::Message { peer: leader, message }));
    collect(voter.step(chain.time + 60_000, Input::Timer(Timer::View)));
    let mut proposer = replica(leader);
    let key = SigningKey::from_seed(&Secret::new([77; 32]));
    let action = register(&chain.parties.centre, &key, Role::Doctor, FAR);
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let request = Draft::new(VALIDITY, action, rng).signed_by(&[&key]).to_bytes();
    collect(proposer.step(chain.time + 1_000, Input::Request(request)));
    kinds.retain(|kind| ["pre-prepare", "prepare", "commit", "view change"].contains(kind));
    kinds
}

#[test]
fn a_replica_restored_from_a_backup_signs_nothing_in_its_epoch() {
    let chain = Chain::with_grant(95).0;
    let honest = signed(&chain, || chain.ledger.clone());
    assert_eq!(honest, ["prepare", "view change", "pre-prepare", "prepare"]);
    let copy = backup(&chain);
    assert_eq!(signed(&chain, || open(&chain, copy.clone()).unwrap()), [""; 0]);
    // In the next epoch it has a new key.
    let next = Parameters { epoch: 1, ..Parameters::new(CHAIN) };
    let members = chain.config.members().cloned().collect();
    assert!(!open(&chain, copy.clone()).unwrap().may_sign(chain.config.epoch()));
    let later = Config::new(next, members).unwrap();
    assert!(open(&chain, copy).unwrap().may_sign(later.epoch()));
}

/// One of four replicas is restored from a backup that it made two blocks earlier.
#[test]
fn a_restored_replica_follows_the_others_and_contradicts_nothing() {
    for seed in 0..4 {
        let mut hospital = Hospital::new(seed);
        let restored: ReplicaId = (seed % 4) as u16;
        hospital.run_until(2);
        let copy = Arc::new(Redb::in_memory());
        hospital.network.application(restored).backup(0, &*copy).unwrap();
        hospital.run_until(4);
        let ledger = Ledger::open(copy, CHAIN, hospital.centre).unwrap();
        hospital.network.restore(restored, ledger);
        hospital.run();
        hospital.check();
        assert_eq!(hospital.network.application(restored).fenced_epoch(), Some(0));
    }
}
