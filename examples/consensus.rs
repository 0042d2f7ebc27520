//! Two-layer PBFT in the simulator: sixteen replicas in groups, two of them Byzantine.
//!
//! `cargo run --example consensus`

use epione::consensus::Parameters;
use epione::sim::{Behaviour, Journal, Network};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // The seed determines delays, keys and losses: the run is reproducible.
    let mut network = Network::<Journal>::with_journals(Parameters::new("example"), 16, 42);
    let config = network.config();
    println!("N = {}, F = {}, {:?}", config.size(), config.faults(), config.profile());
    for group in config.groups() {
        println!("group {}: members {:?}, primary first", group.number, group.ranking);
    }

    // Two replicas are Byzantine: the first leader proposes two values, another sends nothing.
    let silent = *config.groups()[0].ranking.last().expect("a group has members");
    network.set_behaviour(network.leader(), Behaviour::Equivocating);
    network.set_behaviour(silent, Behaviour::Silent);

    let at = network.honest()[0];
    for request in ["record 1", "record 2", "record 3"] {
        let committed = network.commit(at, request.as_bytes().to_vec())?;
        println!(
            "{request}: height {}, view {}, {} virtual ms, {} messages",
            committed.height, committed.view, committed.virtual_ms, committed.messages
        );
    }

    // Every honest replica delivered the same requests in the same order.
    let delivered = network.application(at).requests();
    for id in network.honest() {
        assert_eq!(network.application(id).requests(), delivered);
    }
    assert_eq!(network.violation(), None);
    println!("{} honest replicas agree", network.honest().len());
    Ok(())
}
