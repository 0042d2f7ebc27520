//! A FHIR Consent as grants: the readers, classes and windows, or the element that is refused.
//!
//! `cargo run --example consent -- FILE`; without a file, `examples/consent.json` is read.

use chrono::DateTime;
use epione::consensus::Digest;
use epione::fhir::consent::{self, DataRecords, Decision, Directory, Target, UtcOffset};
use epione::sign::{SigningKey, VerifyingKey};
use std::collections::{BTreeMap, BTreeSet};

/// The doctors of a hospital that holds two records of Ada.
struct Hospital(BTreeMap<VerifyingKey, &'static str>);

impl Directory for Hospital {
    fn is_patient(&self, target: &Target) -> bool {
        *target == Target::Reference("Patient/ada".into())
    }

    fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>> {
        let is_actor = |name: &str| *actor == Target::Reference(name.into());
        let (key, _) = self.0.iter().find(|(_, name)| is_actor(name))?;
        Some(BTreeSet::from([*key]))
    }

    fn records(&self) -> BTreeSet<Digest> {
        BTreeSet::from([[1; 32], [2; 32]])
    }

    fn records_with(&self, _: &Target) -> Option<DataRecords> {
        None
    }
}

fn main() -> std::io::Result<()> {
    let text = match std::env::args_os().nth(1) {
        Some(file) => std::fs::read(file)?,
        None => include_bytes!("consent.json").to_vec(),
    };
    let key = || SigningKey::generate(&mut rand::thread_rng()).verifying_key();
    let doctors = ["Practitioner/bose", "Practitioner/ruiz"].map(|name| (key(), name));
    let hospital = Hospital(doctors.into());

    match consent::read(&text, &hospital, UtcOffset::UTC).map(|consent| consent.decision) {
        Err(refusal) => println!("refused: {refusal}"),
        Ok(Decision::Revoke) => println!("the grants of earlier versions are revoked"),
        Ok(Decision::Grant(grants)) => {
            for grant in grants {
                println!("{}: {:?}", hospital.0[&grant.reader], grant.classes);
                println!("  from {} to {}", date(grant.from), date(grant.until));
            }
        }
    }
    Ok(())
}

fn date(time: Option<u64>) -> String {
    let date = time.and_then(|time| DateTime::from_timestamp_millis(time.try_into().ok()?));
    date.map_or("(open)".into(), |date| date.to_string())
}
