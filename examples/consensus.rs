//! Two-layer PBFT in the simulator: seven replicas, two of them Byzantine.
//!
//! `cargo run --example consensus`

use epione::consensus::Parameters;
use epione::sim::{Behaviour, Journal, Network};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // The seed determines delays, keys and losses: the run is reproducible.
    let mut network = Network::<Journal>::with_journals(Parameters::new("example"), 7, 42);
    let schedule = network.config().schedule().to_vec();
    println!("N = {}, F = {}", network.config().size(), network.config().faults());

    // The first two leaders are Byzantine: one proposes two values, one sends nothing.
    network.set_behaviour(schedule[0], Behaviour::Equivocating);
    network.set_behaviour(schedule[1], Behaviour::Silent);

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
