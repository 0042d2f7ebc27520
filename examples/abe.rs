//! Ciphertext-policy ABE: encryption under a policy, decryption with attributes, key delegation.
//!
//! `cargo run --example abe`

use epione::abe::{self, OpenError, fabeo};
use epione::policy::{AccessPolicy, AttributeSet};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();

    // The hospital's attribute authority publishes the parameters and keeps the master key.
    let (parameters, master) = abe::setup(rng);
    let policy: AccessPolicy = "doctor and (neurology or icu)".parse()?;
    println!("policy      {policy}");

    // The author encrypts under the policy and names no reader.
    let ad = b"record 7, clinical section";
    let ciphertext = abe::seal(&parameters, &policy, ad, b"cerebral infarction", rng);

    // A neurologist's attributes satisfy the policy.
    let attributes = AttributeSet::from_names(["doctor", "neurology", "stroke unit"])?;
    let neurologist = abe::keygen(&master, &attributes, rng);
    let plaintext = abe::open(&parameters, &neurologist, ad, &ciphertext)?;
    println!("neurologist {}", String::from_utf8_lossy(&plaintext));

    // She delegates a key with fewer attributes to a locum. It still satisfies the policy.
    let fewer = AttributeSet::from_names(["doctor", "neurology"])?;
    let locum = fabeo::delegate(&neurologist, &fewer, rng)?;
    assert_eq!(abe::open(&parameters, &locum, ad, &ciphertext)?, plaintext);
    println!("locum       decrypts with a delegated key");

    // The attributes of a nurse on the same ward do not satisfy the policy.
    let nurse = abe::keygen(&master, &AttributeSet::from_names(["nurse", "neurology"])?, rng);
    let refusal = abe::open(&parameters, &nurse, ad, &ciphertext)
        .expect_err("a nurse does not satisfy the policy");
    assert_eq!(refusal, OpenError::PolicyNotSatisfied);
    println!("nurse       {refusal}");
    Ok(())
}
