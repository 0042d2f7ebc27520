//! Byzantine members that fill the schedule, a whole group, or the ranks of the primaries.

use super::{Journal, Network, finish, seeds};
use epione::consensus::{Parameters, Profile, RequestId};
use epione::sim::{Behaviour, Latency, Link, Placement, Signatures, Stabilisation, Transport};

const PLACEMENTS: [Placement; 3] = [Placement::Schedule, Placement::Group, Placement::Primaries];

/// Runs with faulty members, lossy links until a stabilisation time, and requests at all times.
fn run(
    (profile, n): (Profile, u16),
    placement: Placement,
    behaviours: &[Behaviour],
    seed: u64,
) -> Result<Network<Journal>, String> {
    let parameters = Parameters { profile, ..Parameters::new("byzantine") };
    let network = Network::with_journals(parameters, n, seed);
    let mut network = network.with_signatures(Signatures::Ideal);
    let lossy = !seed.is_multiple_of(3);
    let (loss, duplicates) = if lossy { (80, 100) } else { (0, 0) };
    network.set_link(Link { delay: 1..=60, loss, duplicates });
    network.set_stabilisation(Stabilisation { at: if lossy { 4000 } else { 0 }, bound: 100 });
    if seed % 4 == 1 {
        let (latency, bandwidth) = (Latency::Geographic, Some(2_000));
        let transport = Transport { latency, bandwidth, reordered: 100, held_back: 300 };
        network.set_transport(transport);
    }
    let faulty = placement.members(network.config(), network.config().faults());
    for (i, id) in faulty.into_iter().enumerate() {
        network.set_behaviour(id, behaviours[i % behaviours.len()]);
    }
    let honest = network.honest();
    let submit = |i: u64| {
        let at = honest[(i + seed) as usize % honest.len()];
        network.schedule_request(1 + 400 * i, at, format!("request {i}").into_bytes())
    };
    let requests: Vec<RequestId> = (0..8).map(submit).collect();
    finish(&mut network, &requests)?;
    Ok(network)
}

const NETWORKS: [(Profile, u16); 5] = [
    (Profile::Flat, 4),
    (Profile::Flat, 7),
    (Profile::MemberQuorum, 16),
    (Profile::Flat, 10),
    (Profile::MemberQuorum, 31),
];

#[test]
fn every_behaviour_is_tolerated_where_it_does_most_damage() {
    for behaviour in Behaviour::BYZANTINE {
        for (i, (profile, n)) in NETWORKS.into_iter().enumerate() {
            for seed in seeds([8, 4, 3, 2, 1][i]) {
                let placement = PLACEMENTS[seed as usize % if n < 16 { 1 } else { 3 }];
                let outcome = run((profile, n), placement, &[behaviour], seed);
                let case = format!("{behaviour:?} {profile:?} {n} {placement:?} {seed}");
                assert_eq!(outcome.err(), None, "{case}");
            }
        }
    }
}

/// Different behaviours at the same time.
#[test]
fn all_behaviours_together_are_tolerated() {
    for seed in seeds(40) {
        let (profile, n) = NETWORKS[1 + seed as usize % 4];
        let placement = PLACEMENTS[seed as usize % if n < 16 { 1 } else { 3 }];
        let mut behaviours = Behaviour::BYZANTINE;
        behaviours.rotate_left(seed as usize * 5 % Behaviour::BYZANTINE.len());
        let outcome = run((profile, n), placement, &behaviours, seed);
        assert_eq!(outcome.err(), None, "{profile:?} {n} {placement:?} {seed}");
    }
}
