//! Multi-authority ABE: two authorities issue keys independently, without a common secret.
//!
//! `cargo run --example decentralised_abe`

use epione::abe::{self, rouselakis_waters};
use epione::policy::{AccessPolicy, AttributeSet};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();

    // The hospital certifies roles; the registry of studies certifies training.
    let (hospital, hospital_key) = rouselakis_waters::setup("hospital", rng);
    let (registry, registry_key) = rouselakis_waters::setup("registry", rng);
    let parameters = hospital.merge(&registry)?;

    let policy: AccessPolicy = "\"doctor@hospital\" and \"trained@registry\"".parse()?;
    let ciphertext = abe::try_seal_cpa(&parameters, &policy, b"cohort 3", b"case report", rng)?;

    // Both authorities issue components for one global identifier; the user combines them.
    let doctor = AttributeSet::from_names(["doctor@hospital"])?;
    let trained = AttributeSet::from_names(["trained@registry"])?;
    let from_hospital = rouselakis_waters::keygen(&hospital_key, "ruiz", &doctor, rng)?;
    let from_registry = rouselakis_waters::keygen(&registry_key, "ruiz", &trained, rng)?;
    let key = from_hospital.merge(&from_registry)?;
    let plaintext = abe::open_cpa(&key, b"cohort 3", &ciphertext)?;
    println!("both authorities  {}", String::from_utf8_lossy(&plaintext));

    // One authority's components alone do not satisfy the policy.
    let refusal = abe::open_cpa(&from_hospital, b"cohort 3", &ciphertext)
        .expect_err("the policy requires attributes of both authorities");
    println!("hospital alone    {refusal}");

    // Components of different users do not combine.
    let of_bose = rouselakis_waters::keygen(&registry_key, "bose", &trained, rng)?;
    let refusal = from_hospital.merge(&of_bose).expect_err("the identifiers differ");
    println!("two users         {refusal}");
    Ok(())
}
