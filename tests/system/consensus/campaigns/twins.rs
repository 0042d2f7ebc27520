//! Twins: two replicas with one identity on the sides of systematically generated partitions.

use super::{Journal, Network, finish, seeds};
use epione::consensus::{Parameters, Profile};
use epione::sim::{Link, Signatures, Stabilisation, twin_scenario, twin_scenarios};

/// Runs scenarios at equal distances in the whole list.
fn campaign(n: u16, rounds: u32, count: u64) {
    let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("twins") };
    let network = Network::<Journal>::with_journals(parameters, n, 1);
    let network = network.with_signatures(Signatures::Ideal);
    let total = twin_scenarios(network.config(), rounds).unwrap();
    let runs = seeds(count).end.min(total);
    for i in 0..runs {
        let index = (u128::from(total) * u128::from(i) / u128::from(runs)) as u64;
        let scenario = twin_scenario(network.config(), rounds, index);
        let mut network = network.clone();
        network.set_link(Link { delay: 1..=9, loss: 0, duplicates: 0 });
        network.set_stabilisation(Stabilisation { at: scenario.end, bound: 50 });
        scenario.twins.iter().for_each(|id| network.add_twin(*id));
        for (at, partition) in scenario.rounds {
            network.schedule_partition(at, partition);
        }
        // The twins have different requests, and so propose different values.
        for id in scenario.twins {
            network.schedule_request(0, id, vec![1, id as u8]);
        }
        let requests: Vec<_> = network
            .honest()
            .into_iter()
            .map(|id| network.schedule_request(u64::from(id) * 20, id, vec![0, id as u8]))
            .collect();
        let finished = finish(&mut network, &requests);
        assert_eq!(finished, Ok(()), "{n} members, {rounds} rounds, scenario {index}");
    }
}

#[test]
fn members_agree_with_twins_in_any_partition() {
    campaign(4, 1, 192);
    campaign(4, 2, 600);
    campaign(4, 4, 300);
    campaign(7, 3, 200);
}
