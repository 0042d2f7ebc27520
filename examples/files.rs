//! Keys in files under a passphrase, and a message between two parties as bytes.
//!
//! `cargo run --example files`

use epione::algebra::codec::Canonical;
use epione::ledger::Ledger;
use epione::protocol::{Doctor, LedgerView, Patient, RegistrationCentre, SealedMessage};
use epione::secret_file::{Passphrase, SecretFile};
use std::error::Error;
use std::fs;
use std::process::ExitCode;

const END: u64 = 1_000_000;

fn main() -> ExitCode {
    let Err(error) = run() else { return ExitCode::SUCCESS };
    eprintln!("files: {error}");
    ExitCode::FAILURE
}

fn run() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();
    let folder = tempfile::tempdir()?;
    let centre = RegistrationCentre::new(rng);

    // Each party saves its keys under a passphrase of its own. A program would ask for it.
    let (of_ada, of_ruiz) = (folder.path().join("ada.secret"), folder.path().join("ruiz.secret"));
    let passphrase_of_ada = Passphrase::new("pencil weather harbour".to_owned())?;
    let passphrase_of_ruiz = Passphrase::new("lantern orbit cinnamon".to_owned())?;
    let of_ada = SecretFile::with_passphrase(&of_ada, &passphrase_of_ada);
    let of_ruiz = SecretFile::with_passphrase(&of_ruiz, &passphrase_of_ruiz);
    of_ada.save(&Patient::register("Ada Byron", END, &centre, rng)?)?;
    of_ruiz.save(&Doctor::register("Dr. Ruiz", END, &centre, rng)?)?;
    for entry in fs::read_dir(folder.path())? {
        let entry = entry?;
        println!("{}: {} bytes", entry.file_name().display(), entry.metadata()?.len());
    }

    // Later, Ada's program loads her keys and sends an introduction to Dr. Ruiz.
    let ledger = Ledger::new("example", centre.verifying_key());
    let view = LedgerView { state: ledger.state(), now: 0 };
    let ruiz: Doctor = of_ruiz.load()?;
    let ada: Patient = of_ada.load()?;
    let sent: Vec<u8> = ada.introduce(view, ruiz.certificate(), rng)?.to_bytes();
    println!("Ada sends {} bytes", sent.len());

    // The program of Dr. Ruiz decodes, opens and verifies it.
    let received = SealedMessage::from_bytes(&sent)?;
    let introduction = ruiz.receive_introduction(view, &received)?;
    println!("Dr. Ruiz receives the keys of {}", introduction.patient().name);
    Ok(())
}
