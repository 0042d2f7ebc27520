//! Campaigns: hundreds of seeded runs with delays, losses, crashes and Byzantine members where they
//! do most damage. Safety is checked at every step, and every request is delivered within the bound
//! of [`Network::bound`] after the links are reliable, with a minute of slack for the whole run.
//!
//! | module | runs |
//! |---|---|
//! | `links` | losses, reordering, one-way cuts and short views |
//! | `honest` | no faulty member; message counts; determinism |
//! | `faults` | silent, equivocating and withholding members, partitions; more than `F` |
//! | `byzantine` | each behaviour alone and all together, in three placements |
//! | `crash` | a crash after every effect of a replica; power failures; repeated crashes |
//! | `twins` | two replicas with one identity, in systematic partitions |
//!
//! `EPIONE_CAMPAIGN=80 cargo test --release consensus` runs eighty times as many seeds: more than
//! 10 000 runs of each profile.
//!
//! Faults that were planted in the core, each with the test that failed:
//!
//! | fault | found by |
//! |---|---|
//! | a vote, proposal, lock, value, view change or decision is not made durable | `crash` |
//! | the same entries are lost by the disk, and only the contradiction counts | `crash` |
//! | a quorum one below `Q`; a certificate accepted one below `Q` | `byzantine`: too few signers |
//! | signatures in certificates are not verified | `byzantine`: forged partials |
//! | a COMMIT below the current view | `byzantine`: a vote below the view change |
//! | a second PREPARE in one view | `crash`: evidence names an honest member |
//! | joining a view change that one member requests | `byzantine`: stalled |
//! | a new value in place of the prepared one (`Flat`, 4, twin, seed 23) | `links`: agreement |
//! | the lowest report required instead of the highest (seed 65) | `links`: agreement |
//! | a lock that a lower certificate replaces | `links`: a report below the view of a COMMIT |
//! | a view change that does not report its lock | `byzantine`: a report below the view of a COMMIT |
//! | no relay of overdue requests; no view change | `byzantine`: overdue |
//! | no state transfer; no direct votes past the tree | `byzantine`: overdue |
//! | a fetched value is not sent | `byzantine`: overdue after hidden values |
//! | a restart without the view changes, votes, locks or proposals of the log | `crash` |
//! | evidence against a member that repeats a statement | `byzantine`: names an honest member |
//!
//! Found by the tests of `view_change` and `admission` only: a lock that vetoes a `NewView`; a
//! `NewView` whose value or quorum is not checked; a view change whose certificate is not verified;
//! a batch accepted without its certificate.

mod byzantine;
mod crash;
mod faults;
mod honest;
mod links;
mod twins;

use epione::consensus::{Parameters, Profile, ReplicaId, RequestId};
use epione::sim::{Behaviour, Journal, Link, Network, Signatures, Stabilisation};
use std::num::NonZeroU64;

pub(crate) fn seeds(count: u64) -> std::ops::Range<u64> {
    let Some(factor) = std::env::var_os("EPIONE_CAMPAIGN") else { return 0..count };
    let factor = factor.to_str().and_then(|text| text.parse::<NonZeroU64>().ok());
    0..count * factor.expect("EPIONE_CAMPAIGN must be a positive integer").get()
}

fn network(profile: Profile, n: u16, seed: u64) -> Network<Journal> {
    Network::with_journals(Parameters { profile, ..Parameters::new("campaign") }, n, seed)
}

/// Makes the first `F` leaders of the schedule faulty, where they do the most damage.
fn corrupt(network: &mut Network<Journal>, behaviours: &[Behaviour]) {
    let schedule = network.config().schedule().to_vec();
    let faults = network.config().faults();
    for (i, id) in schedule.into_iter().take(faults).enumerate() {
        network.set_behaviour(id, behaviours[i % behaviours.len()]);
    }
}

/// Submits requests to different honest replicas and waits after every third one.
fn run(network: &mut Network<Journal>, requests: u16, seed: u64) {
    let honest = network.honest();
    let mut submitted = Vec::new();
    for i in 0..requests {
        let at: ReplicaId = honest[(usize::from(i) + seed as usize) % honest.len()];
        submitted.push(network.submit(at, format!("request {i}").into_bytes()));
        if i % 3 == 2 {
            assert_eq!(finish(network, &submitted), Ok(()), "seed {seed}");
        }
    }
    assert_eq!(finish(network, &submitted), Ok(()), "seed {seed}");
    let journals: Vec<_> = honest.iter().map(|id| network.application(*id)).collect();
    assert!(journals.iter().all(|journal| *journal == journals[0]), "seed {seed}");
    assert!(journals[0].requests().len() >= usize::from(requests), "seed {seed}");
}

/// Runs until every honest replica has applied all submitted requests. Safety is checked at each
/// step; the deadline is the stated bound.
fn finish(network: &mut Network<Journal>, submitted: &[RequestId]) -> Result<(), String> {
    let deadline = network.now() + network.bound() + 60_000;
    while !submitted.iter().all(|request| network.has_applied_everywhere(request)) {
        if network.now() > deadline || !network.step() {
            let heights = network.honest().into_iter().map(|id| network.replica(id).height());
            let heights: Vec<u64> = heights.collect();
            return Err(format!("stalled at {} ms, heights {heights:?}", network.now()));
        }
        if let Some(violation) = network.violation() {
            return Err(violation.to_owned());
        }
        if let Some(request) = network.overdue() {
            return Err(format!("request {:?} is overdue at {} ms", &request[..4], network.now()));
        }
    }
    Ok(())
}

fn campaign(profile: Profile, n: u16, count: u64, behaviours: &[Behaviour], link: &Link) {
    for seed in seeds(count) {
        let network = network(profile, n, seed);
        // Real signatures in a sample of the runs.
        let real = seed == 0 && n <= 16;
        let signatures = if real { Signatures::Ed25519 } else { Signatures::Ideal };
        let mut network = network.with_signatures(signatures);
        network.set_link(link.clone());
        network.set_stabilisation(Stabilisation { at: 4000, bound: 100 });
        corrupt(&mut network, behaviours);
        run(&mut network, 6, seed);
    }
}

fn lossy() -> Link {
    Link { delay: 1..=60, loss: 80, duplicates: 100 }
}

const ALL: [Behaviour; 3] =
    [Behaviour::Equivocating, Behaviour::Silent, Behaviour::WithholdingPrimary];
