//! A FHIR Consent as grants: the readers, classes and windows, or the element that is refused.
//!
//! `cargo run --example consent -- FILE`; without a file, `examples/consent.json` is read.

use chrono::DateTime;
use epione::consensus::Digest;
use epione::fhir::consent::{self, DataRecords, Decision, Directory, Target, UtcOffset};
use epione::sign::{SigningKey, VerifyingKey};
use std::{collections::BTreeSet, error::Error, process::ExitCode};

/// The doctors of a hospital that holds two records of Ada.
struct Hospital([(&'static str, VerifyingKey); 2]);

impl Directory for Hospital {
    fn is_patient(&self, target: &Target) -> bool {
        *target == Target::Reference("Patient/ada".into())
    }
    fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>> {
        let is_actor = |name: &str| *actor == Target::Reference(name.into());
        let (_, key) = self.0.iter().find(|(name, _)| is_actor(name))?;
        Some(BTreeSet::from([*key]))
    }
    fn records(&self) -> BTreeSet<Digest> {
        BTreeSet::from([[1; 32], [2; 32]])
    }
    fn records_with(&self, _: &Target) -> Option<DataRecords> {
        None
    }
}

fn main() -> ExitCode {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/consent.json");
    let file = std::env::args_os().nth(1).unwrap_or(example.into());
    let read = std::fs::read(&file).map_err(Into::into);
    let Err(error) = read.and_then(|text| run(&text)) else { return ExitCode::SUCCESS };
    eprintln!("{}: {error}", file.display());
    ExitCode::FAILURE
}

fn run(text: &[u8]) -> Result<(), Box<dyn Error>> {
    let key = || SigningKey::generate(&mut rand::thread_rng()).verifying_key();
    let hospital = Hospital(["Practitioner/bose", "Practitioner/ruiz"].map(|name| (name, key())));
    let Decision::Grant(grants) = consent::read(text, &hospital, UtcOffset::UTC)?.decision else {
        println!("the grants of earlier versions are revoked");
        return Ok(());
    };
    for (name, key) in hospital.0 {
        for grant in grants.iter().filter(|grant| grant.reader == key) {
            println!("{name}: {:?}", grant.classes);
            println!("  from {} to {}", date(grant.from), date(grant.until));
        }
    }
    Ok(())
}

fn date(time: Option<u64>) -> String {
    let date = time.and_then(|time| DateTime::from_timestamp_millis(time.try_into().ok()?));
    date.map_or("(open)".into(), |date| date.to_string())
}
