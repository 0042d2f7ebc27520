//! Campaigns: hundreds of seeded runs with delays, losses and faulty replicas that fill the
//! schedule of leaders. Every honest delivery is checked for agreement, total order,
//! exactly-once, validity and its certificate; every run must also finish.
//!
//! `EPIONE_CAMPAIGN=20 cargo test --test consensus` runs twenty times as many seeds.
#![forbid(unsafe_code)]

mod consensus {
    use epione::consensus::{Parameters, Profile, ReplicaId};
    use epione::sim::{Behaviour, Journal, Link, Network};

    fn seeds(count: u64) -> std::ops::Range<u64> {
        let factor = std::env::var("EPIONE_CAMPAIGN").ok().and_then(|text| text.parse().ok());
        0..count * factor.unwrap_or(1)
    }

    fn network(profile: Profile, n: u16, seed: u64) -> Network<Journal> {
        Network::of_journals(Parameters { profile, ..Parameters::new("campaign") }, n, seed)
    }

    /// Faulty replicas sit where they hurt most: first among the leaders.
    fn corrupt(network: &mut Network<Journal>, behaviours: &[Behaviour]) {
        let schedule = network.config().schedule().to_vec();
        let faults = network.config().faults();
        for (i, id) in schedule.into_iter().take(faults).enumerate() {
            network.set_behaviour(id, behaviours[i % behaviours.len()]);
        }
    }

    /// Submits requests at changing honest replicas and waits for each third one.
    fn run(network: &mut Network<Journal>, requests: u16, seed: u64) {
        let honest = network.honest();
        let mut submitted = Vec::new();
        for i in 0..requests {
            let at: ReplicaId = honest[(usize::from(i) + seed as usize) % honest.len()];
            let request = format!("request {i}").into_bytes();
            if i % 3 == 2 {
                let committed = network.commit(at, request);
                assert!(committed.is_ok(), "seed {seed}: {committed:?}");
                submitted.push(committed.unwrap().request);
            } else {
                submitted.push(network.submit(at, request));
            }
            assert_eq!(network.violation(), None, "seed {seed}");
        }
        let deadline = network.now() + 600_000;
        while !submitted.iter().all(|request| network.has_applied_everywhere(request)) {
            assert!(network.step() && network.now() < deadline, "seed {seed}: stalled");
            assert_eq!(network.violation(), None, "seed {seed}");
        }
        let journals: Vec<_> = honest.iter().map(|id| network.application(*id)).collect();
        assert_eq!(journals[0].requests().len(), usize::from(requests), "seed {seed}");
    }

    fn campaign(profile: Profile, n: u16, count: u64, behaviours: &[Behaviour], link: &Link) {
        for seed in seeds(count) {
            let mut network = network(profile, n, seed);
            network.set_link(link.clone());
            corrupt(&mut network, behaviours);
            run(&mut network, 6, seed);
        }
    }

    fn lossy() -> Link {
        Link { delay: 1..=60, loss: 80, duplicates: 100 }
    }

    const ALL: [Behaviour; 3] =
        [Behaviour::Equivocating, Behaviour::Silent, Behaviour::WithholdingPrimary];

    #[test]
    fn flat_without_faults() {
        campaign(Profile::Flat, 4, 30, &[Behaviour::Honest], &Link::default());
        campaign(Profile::Flat, 6, 10, &[Behaviour::Honest], &Link::default());
        campaign(Profile::Flat, 7, 10, &[Behaviour::Honest], &lossy());
    }

    #[test]
    fn flat_with_silent_leaders() {
        campaign(Profile::Flat, 4, 30, &[Behaviour::Silent], &Link::default());
        campaign(Profile::Flat, 7, 15, &[Behaviour::Silent], &lossy());
    }

    #[test]
    fn flat_with_equivocating_leaders() {
        campaign(Profile::Flat, 4, 60, &[Behaviour::Equivocating], &Link::default());
        campaign(Profile::Flat, 4, 40, &[Behaviour::Equivocating], &lossy());
        campaign(Profile::Flat, 6, 20, &[Behaviour::Equivocating], &lossy());
        campaign(Profile::Flat, 7, 20, &[Behaviour::Equivocating], &lossy());
        campaign(Profile::Flat, 7, 20, &ALL, &lossy());
    }

    #[test]
    fn member_quorum_without_faults() {
        campaign(Profile::MemberQuorum, 16, 10, &[Behaviour::Honest], &Link::default());
        campaign(Profile::MemberQuorum, 18, 4, &[Behaviour::Honest], &lossy());
    }

    #[test]
    fn member_quorum_with_faulty_leaders() {
        for behaviour in ALL {
            campaign(Profile::MemberQuorum, 16, 6, &[behaviour], &Link::default());
        }
        campaign(Profile::MemberQuorum, 16, 6, &ALL, &lossy());
    }
}
