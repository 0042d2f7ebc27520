//! Crashes between any two effects of a step, and restarts from the durable entries.

use super::{Journal, Network, finish, seeds};
use epione::consensus::{Parameters, Profile, ReplicaId, RequestId, Timing};
use epione::sim::{Behaviour, EntryKind, Link, Signatures, Stabilisation, Transport};

/// A network with requests that are submitted while it runs.
#[derive(Clone)]
struct Run {
    network: Network<Journal>,
    requests: Vec<RequestId>,
}

/// The faulty replica of a run, beside the one that crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    Honest,
    /// The leader of height 2 is silent, so that its view changes.
    ViewChange,
    /// The leader of height 1 equivocates.
    Equivocation,
    /// A third of the messages are lost until 5 s.
    Losses,
}

const SCENARIOS: [Scenario; 4] =
    [Scenario::Honest, Scenario::ViewChange, Scenario::Equivocation, Scenario::Losses];

/// The role of the replica that crashes: it leads the first height, or the next view, or neither.
fn victims(network: &Network<Journal>) -> Vec<ReplicaId> {
    let honest = network.honest();
    let schedule = network.config().schedule().to_vec();
    let leader = schedule.iter().find(|id| honest.contains(id));
    let follower = honest.iter().find(|id| !schedule.contains(id));
    leader.into_iter().chain(follower).copied().collect()
}

fn run(profile: Profile, n: u16, blocks: u16, scenario: Scenario, seed: u64) -> Run {
    let losses = scenario == Scenario::Losses;
    // Short views, so that many end while their votes are on the way.
    let short = Timing { relay: 100, fallback: 60, view: 250, doublings: 6 };
    let timing = if losses { short } else { Timing::default() };
    let parameters = Parameters { profile, timing, ..Parameters::new("crash") };
    let network = Network::with_journals(parameters, n, seed);
    let mut network = network.with_signatures(Signatures::Ideal);
    let (loss, at) = if losses { (350, 5000) } else { (0, 0) };
    network.set_link(Link { delay: 1..=30, loss, duplicates: 50 });
    network.set_stabilisation(Stabilisation { at, bound: 60 });
    if losses {
        // Votes of a view arrive after its end.
        network.set_transport(Transport {
            reordered: 200,
            held_back: 3000,
            ..Transport::default()
        });
    }
    match scenario {
        Scenario::ViewChange => {
            network.set_behaviour(network.config().leader(2, 0), Behaviour::Silent);
        }
        Scenario::Equivocation => {
            network.set_behaviour(network.config().leader(1, 0), Behaviour::Equivocating);
        }
        _ => {}
    }
    let honest = network.honest();
    let submit = |i: u16| {
        let at = honest[usize::from(i) % honest.len()];
        let time = 1 + 150 * u64::from(i);
        network.schedule_request(time, at, format!("request {i}").into_bytes())
    };
    let requests = (0..blocks).map(submit).collect();
    Run { network, requests }
}

/// Crashes the victim after every single effect of a run. Returns the number of crashes, and the
/// first fault that is found.
fn crash_everywhere(
    scenario: Scenario,
    victim: usize,
    lost: Option<EntryKind>,
    seed: u64,
) -> (u64, Option<String>) {
    let mut run = run(Profile::Flat, 4, 5, scenario, seed);
    let victim = victims(&run.network)[victim];
    if let Some(kind) = lost {
        run.network.lose_entries(victim, kind);
    }
    let mut crashes = 0;
    while !run.requests.iter().all(|request| run.network.has_applied_everywhere(request)) {
        let before = run.clone();
        assert!(run.network.step(), "{scenario:?}: the run without a crash ends");
        for k in before.network.effects(victim)..run.network.effects(victim) {
            for downtime in [1 + 40 * (k % 8), 5000] {
                let mut fork = before.clone();
                fork.network.crash_after(victim, k, downtime);
                crashes += 1;
                if let Err(fault) = finish(&mut fork.network, &fork.requests) {
                    let fault = format!("{scenario:?}, replica {victim}, effect {k}: {fault}");
                    return (crashes, Some(fault));
                }
                assert_eq!(fork.network.crashes(), 1);
            }
        }
    }
    (crashes, None)
}

/// Agreement, no contradiction, nothing lost, and every request delivered.
#[test]
fn a_crash_after_any_effect_contradicts_nothing_and_loses_nothing() {
    let mut crashes = 0;
    for scenario in SCENARIOS {
        for victim in [0, 1] {
            for seed in seeds(1) {
                let (count, fault) = crash_everywhere(scenario, victim, None, seed);
                assert_eq!(fault, None);
                crashes += count;
            }
        }
    }
    assert!(crashes > 1000, "{crashes}");
}

/// The consequences of a disk that loses one kind of entry. The check that an entry precedes the
/// statement that follows from it is off: the contradiction itself must be found. Values are the
/// subject of the next test: one replica can fetch a value from the others.
#[test]
fn every_kind_of_entry_but_values_prevents_a_contradiction() {
    for kind in EntryKind::ALL.into_iter().filter(|kind| *kind != EntryKind::Value) {
        // The scenario in which the loss shows first.
        let (scenario, victim) = match kind {
            EntryKind::Vote => (Scenario::Equivocation, 0),
            EntryKind::Lock => (Scenario::ViewChange, 0),
            EntryKind::ViewChange => (Scenario::Losses, 1),
            _ => (Scenario::Honest, 0),
        };
        let fault = (0..8).find_map(|seed| crash_everywhere(scenario, victim, Some(kind), seed).1);
        assert!(fault.is_some(), "the loss of {kind:?} is not found");
    }
}

/// All replicas crash at once after every step, and restart. Returns the number of crashes.
fn fail_everywhere(scenario: Scenario, lost: Option<EntryKind>) -> Result<u64, String> {
    let mut run = run(Profile::Flat, 4, 3, scenario, 1);
    let all = run.network.honest();
    if let Some(kind) = lost {
        all.iter().for_each(|id| run.network.lose_entries(*id, kind));
    }
    let mut steps = 0;
    while !run.requests.iter().all(|request| run.network.has_applied_everywhere(request)) {
        let mut fork = run.clone();
        all.iter().for_each(|id| fork.network.crash(*id));
        fork.network.advance(steps % 100);
        all.iter().for_each(|id| fork.network.restart(*id));
        finish(&mut fork.network, &fork.requests).map_err(|e| format!("step {steps}: {e}"))?;
        assert!(run.network.step());
        steps += 1;
    }
    Ok(steps)
}

#[test]
fn a_power_failure_at_any_step_loses_nothing() {
    for scenario in [Scenario::Honest, Scenario::ViewChange] {
        let outcome = fail_everywhere(scenario, None);
        assert!(outcome.as_ref().is_ok_and(|steps| *steps > 80), "{scenario:?}: {outcome:?}");
    }
    // A value that a quorum has prepared and nobody holds stops progress.
    assert!(fail_everywhere(Scenario::Honest, Some(EntryKind::Value)).is_err());
}

/// Crashes at random effects of several replicas, up to `F` at a time and more than `F` in all.
#[test]
fn replicas_that_crash_repeatedly_contradict_nothing() {
    for seed in seeds(24) {
        let (profile, n) = [(Profile::Flat, 7), (Profile::MemberQuorum, 16)][seed as usize % 2];
        let scenario = SCENARIOS[seed as usize / 2 % 4];
        let mut run = run(profile, n, 8, scenario, seed);
        let honest = run.network.honest();
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = |bound: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % bound
        };
        for _ in 0..8 {
            let victim = honest[next(honest.len() as u64) as usize];
            let after = run.network.effects(victim) + next(60);
            run.network.crash_after(victim, after, 1 + next(2000));
            run.network.advance(next(600));
        }
        let finished = finish(&mut run.network, &run.requests);
        assert_eq!(finished, Ok(()), "{profile:?} {n} {scenario:?} {seed}");
        assert!(run.network.crashes() > 0, "{seed}");
    }
}
