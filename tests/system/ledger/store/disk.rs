//! Losses of power, failures of `fsync` and flipped bits under one database.

use super::*;
use crate::consensus::campaigns::seeds;
use epione::sim::{Disk, DiskFaults};

fn times(default: u64) -> u64 {
    seeds(default).end
}

/// The changes of the commit with this number: entries of every length, some of them removed.
fn commit_number(i: u8) -> Changes {
    let long = vec![i; 100 * usize::from(i)];
    let mut changes = change(&[1, i], Some(&long));
    changes.extend(change(&[2], Some(&[i])));
    changes.extend((0..8).map(|j| (vec![3, i.wrapping_mul(37) % 16, j], Some(vec![i; 64]))));
    if i > 2 {
        changes.insert(vec![1, i - 2], None);
    }
    changes
}

const COMMITS: u8 = 12;

/// The entries after each number of commits.
fn expected() -> Vec<Entries> {
    let mut all = vec![Entries::new()];
    for i in 1..=COMMITS {
        let mut next = all.last().unwrap().clone();
        apply(&mut next, &commit_number(i));
        all.push(next);
    }
    all
}

/// Commits until the disk fails. Returns the number of commits that were acknowledged.
fn run(disk: &Disk) -> usize {
    let Ok(database) = disk.open() else { return 0 };
    let Ok(mut base) = database.snapshot() else { return 0 };
    for i in 1..=COMMITS {
        match database.commit(&base, &commit_number(i)) {
            Ok(next) => base = next,
            Err(_) => {
                // After a failure, nothing is written, whatever the disk says.
                let operations = disk.operations();
                disk.set_faults(DiskFaults::default());
                assert!(database.commit(&base, &commit_number(i)).is_err());
                assert_eq!(disk.operations(), operations);
                return usize::from(i) - 1;
            }
        }
    }
    COMMITS.into()
}

/// The entries that a restarted process finds.
fn found(disk: &Disk) -> Result<Entries, DatabaseError> {
    entries(&*disk.open()?.snapshot()?)
}

/// Runs with a loss of power in each operation. Returns the first violation.
fn lose_power_everywhere(faults: DiskFaults, seeds: u64) -> Result<(), String> {
    let expected = expected();
    let whole = Disk::new(0);
    assert_eq!(run(&whole), usize::from(COMMITS));
    for at in 0..whole.operations() {
        for seed in 0..seeds {
            let disk = Disk::new(seed);
            disk.set_faults(DiskFaults { power_fails_at: Some(at), ..faults });
            let acknowledged = run(&disk);
            disk.lose_power();
            // The commit that failed may be durable.
            let allowed = &expected[acknowledged..=expected.len().min(acknowledged + 2) - 1];
            match found(&disk) {
                Ok(found) if allowed.contains(&found) => {}
                Ok(found) => {
                    let count = expected.iter().position(|entries| *entries == found);
                    return Err(format!("power {at}: {count:?} of {acknowledged} commits found"));
                }
                Err(error) => return Err(format!("power {at}: {error}")),
            }
        }
    }
    Ok(())
}

#[test]
fn no_acknowledged_commit_is_lost_when_the_power_fails_in_any_operation() {
    assert_eq!(lose_power_everywhere(DiskFaults::default(), times(3)), Ok(()));
}

/// Each call of `fsync` is needed: without it, the test above finds a loss.
#[test]
fn without_either_fsync_of_a_commit_a_loss_of_power_is_detected() {
    for parity in [0, 1] {
        let faults = DiskFaults { ignored_sync: Some(parity), ..DiskFaults::default() };
        assert!(lose_power_everywhere(faults, 3).is_err(), "ignored: {parity}");
    }
}

#[test]
fn after_a_failed_fsync_no_commit_succeeds_and_a_restart_finds_the_acknowledged_ones() {
    let expected = expected();
    for at in 0..2 * u64::from(COMMITS) + 4 {
        for seed in 0..3 {
            let disk = Disk::new(seed);
            disk.set_faults(DiskFaults { sync_fails_at: Some(at), ..DiskFaults::default() });
            let acknowledged = run(&disk);
            disk.lose_power();
            let found = found(&disk).unwrap();
            let allowed = &expected[acknowledged..=expected.len().min(acknowledged + 2) - 1];
            assert!(allowed.contains(&found), "fsync {at}, seed {seed}");
        }
    }
}

/// The database may then contain anything; it does not panic.
#[test]
fn a_flipped_bit_causes_no_panic() {
    let disk = Disk::new(0);
    run(&disk);
    let bits = 8 * disk.length();
    let step = (bits / times(400) as usize).max(1) | 1;
    for bit in (0..8 * 512).step_by(7).chain((0..bits).step_by(step)) {
        let disk = disk.copy();
        disk.flip(bit);
        if let Ok(database) = disk.open() {
            let Ok(snapshot) = database.snapshot() else { continue };
            let is_read = entries(&*snapshot).is_ok();
            let is_committed = database.commit(&snapshot, &change(&[2], Some(b"after"))).is_ok();
            assert!(is_read || !is_committed, "a commit after a failed read");
        }
    }
}
