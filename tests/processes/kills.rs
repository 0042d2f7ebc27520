//! Replicas that are killed: what they have answered is on the ledger when they run again.

use crate::folder::{CHAIN, Folder};
use crate::{Service, start};
use epione::algebra::Secret;
use epione::database::Redb;
use epione::hpke;
use epione::ledger::{Action, Certificate, Draft, Ledger, Role, Subject, Transaction, Validity};
use epione::sign::SigningKey;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

const END: u64 = 1_000_000_000;

fn registration(centre: &SigningKey, rng: &mut ChaCha20Rng) -> Transaction {
    let key = SigningKey::generate(rng);
    let subject = Subject {
        key: key.verifying_key(),
        name: "Dr. Ruiz".to_owned(),
        role: Role::Doctor,
        hpke_key: hpke::SecretKey::from_seed(Secret::new([1; 32])).public_key(),
        pre_key: vec![],
        serial: rng.r#gen(),
        valid_until: END,
    };
    let action = Action::Register(Certificate::issue(centre, subject));
    Draft::new(Validity { chain: CHAIN, until: END }, action, rng).signed_by(&[&key])
}

/// The ledger of a replica that does not run.
fn ledger(folder: &Folder, id: u16, centre: &SigningKey) -> Ledger {
    let path = folder.join(&format!("replica-{id}.redb"));
    let database = Redb::open(Path::new(&path)).unwrap();
    Ledger::open(Arc::new(database), CHAIN, centre.verifying_key()).unwrap()
}

/// SIGKILL keeps what the operating system has accepted. The simulated disks of the ledger's tests
/// lose it as well.
#[test]
fn replicas_that_are_killed_continue_with_every_answered_transaction() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::create(temporary.path());
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let centre = SigningKey::generate(rng);
    folder.put_key("centre", &centre.verifying_key());
    let transactions: Vec<Transaction> = (0..24).map(|_| registration(&centre, rng)).collect();
    for round in 0..8 {
        let mut replicas = Service(start(&folder, "replicas: run"));
        let offered = &transactions[3 * round..3 * round + 3];
        offered.iter().for_each(|one| folder.offer(one));
        // The process is killed while it starts, commits or publishes, or after an answer.
        match round % 2 {
            0 => sleep(Duration::from_millis(rng.gen_range(5..120))),
            _ => folder.wait_for_any(offered),
        }
        replicas.0.kill().unwrap();
        replicas.0.wait().unwrap();
        let answers: Vec<&Transaction> =
            transactions.iter().filter(|one| folder.outcome(one).is_some()).collect();
        assert!(answers.len() >= round.div_ceil(2), "an answer in every second round");
        for id in 0..4 {
            if !folder.join(&format!("replica-{id}.redb")).exists() {
                continue;
            }
            let ledger = ledger(&folder, id, &centre);
            for transaction in &answers {
                assert_eq!(folder.outcome(transaction).as_deref(), Some(""));
                assert!(ledger.entry(&transaction.id()).unwrap().is_some(), "replica {id}");
            }
        }
    }
    let _replicas = Service(start(&folder, "replicas: run"));
    transactions.iter().for_each(|one| folder.offer(one));
    for transaction in &transactions {
        folder.commit(transaction);
    }
    // The published chain verifies, and contains each transaction once.
    let audited = folder.ledger();
    let entries = audited.blocks().map(|block| block.unwrap().block.entries.len());
    assert_eq!(entries.sum::<usize>(), transactions.len());
    for transaction in &transactions {
        assert!(audited.entry(&transaction.id()).unwrap().is_some());
    }
}
