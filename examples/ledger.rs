//! The ledger: a registration in a block, its Merkle proof, and an audit from the first block.
//!
//! `cargo run --example ledger`

use epione::algebra::codec::Canonical;
use epione::consensus::Parameters;
use epione::database::Redb;
use epione::hpke;
use epione::ledger::{Action, Certificate, Draft, Ledger, Role, Subject, Validity, merkle};
use epione::sign::SigningKey;
use epione::sim::Network;
use std::error::Error;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();
    let (centre, doctor) = (SigningKey::generate(rng), SigningKey::generate(rng));

    // Four hospitals run a replica each.
    let ledger = || Ledger::new("example", centre.verifying_key());
    let mut network = Network::generate(Parameters::new("example"), 4, 1, ledger);

    // The registration centre certifies a doctor, who submits the certificate.
    let subject = Subject {
        key: doctor.verifying_key(),
        name: "Dr. Ruiz".into(),
        role: Role::Doctor,
        hpke_key: hpke::SecretKey::generate(rng).public_key(),
        pre_key: vec![],
        serial: [7; 32],
        valid_until: 1_000_000,
    };
    let register = Action::Register(Certificate::issue(&centre, subject));
    let validity = Validity { chain: "example", until: 500_000 };
    let transaction = Draft::new(validity, register, rng).signed_by(&[&doctor]);
    let committed = network.commit(0, transaction.to_bytes())?;
    println!("registered in block {}, after {} virtual ms", committed.height, committed.virtual_ms);

    // A Merkle path proves the transaction's entry against the block's header.
    let ledger = network.application(0);
    let found = ledger.find(&transaction.id())?;
    let (block, index) = found.ok_or("the transaction is not on the chain")?;
    let path = block.path(index).ok_or("the block has no entry")?;
    let (root, leaf) = (&block.header.entries_root, block.entries[index].leaf());
    assert!(merkle::verify(root, block.entries.len(), index, &leaf, &path));

    // Any holder of the configuration can verify the whole chain.
    let audited = ledger.audit(network.config(), Arc::new(Redb::in_memory()))?;
    println!(
        "audited {} blocks, state root {}",
        audited.height(),
        hex::encode(audited.state().root())
    );
    Ok(())
}
