//! Hostile links until the stabilisation time: many messages are lost, late or cut off in one
//! direction, and views are short, so that members decide, lock and change views at different
//! times.

use super::{Journal, Network, finish, seeds};
use epione::consensus::{Parameters, Profile, RequestId, Timing};
use epione::sim::{Behaviour, Endpoint, Link, Partition, Signatures, Stabilisation, Transport};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The end of the hostile time in virtual milliseconds.
const END: u64 = 8_000;

/// A random partition into two sides, or cuts in one direction.
fn partition(n: u16, rng: &mut ChaCha8Rng) -> Partition {
    let mut random = || -> Vec<Endpoint> {
        let all = (0..n).flat_map(|id| [false, true].map(|twin| Endpoint { id, twin }));
        all.filter(|_| rng.gen_range(0..2) == 0).collect()
    };
    let (from, to) = (random(), random());
    match rng.gen_range(0..4) {
        0 => Partition::default(),
        1 => Partition::into_sides([from]),
        _ => Partition::default().with_cut(from, to),
    }
}

fn run(profile: Profile, n: u16, behaviour: Behaviour, seed: u64) -> Result<(), String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let timing = Timing { relay: 100, fallback: 60, view: 250, doublings: 4 };
    let parameters = Parameters { profile, timing, ..Parameters::new("links") };
    let network = Network::<Journal>::with_journals(parameters, n, seed);
    let mut network = network.with_signatures(Signatures::Ideal);
    network.set_link(Link { delay: 1..=40, loss: rng.gen_range(0..400), duplicates: 100 });
    let (reordered, held_back) = (rng.gen_range(0..300), rng.gen_range(100..2000));
    network.set_transport(Transport { reordered, held_back, ..Transport::default() });
    network.set_stabilisation(Stabilisation { at: END, bound: 50 });
    let faulty = network.config().schedule()[..network.config().faults()].to_vec();
    for id in faulty {
        match behaviour {
            Behaviour::Twin => network.add_twin(id),
            behaviour => network.set_behaviour(id, behaviour),
        }
    }
    let mut at = 0;
    while at < END {
        network.schedule_partition(at, partition(n, &mut rng));
        at += rng.gen_range(20..600);
    }
    // Every member is a client, so that different leaders have different values.
    let mut requests: Vec<RequestId> = Vec::new();
    for i in 0..10_u16 {
        for id in 0..n.min(7) {
            let request = network.schedule_request(700 * u64::from(i), id, vec![i as u8, id as u8]);
            if network.behaviour(id) == Behaviour::Honest {
                requests.push(request);
            }
        }
    }
    finish(&mut network, &requests)
}

#[test]
fn members_agree_over_hostile_links() {
    let behaviours = [Behaviour::Honest, Behaviour::Equivocating, Behaviour::Twin];
    // The planted faults need seeds up to 65.
    for seed in seeds(70) {
        let behaviour = behaviours[seed as usize % 3];
        let (profile, n) = match seed % 10 {
            0..7 => (Profile::Flat, 4),
            7 => (Profile::Flat, 6),
            8 => (Profile::Flat, 7),
            _ => (Profile::MemberQuorum, 16),
        };
        assert_eq!(
            run(profile, n, behaviour, seed),
            Ok(()),
            "{profile:?} {n} {behaviour:?} {seed}"
        );
    }
}
