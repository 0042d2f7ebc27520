//! Proxy re-encryption: a patient delegates one condition, and the proxy never sees plaintext.
//!
//! `cargo run --example pre`

use epione::pre::{self, conditional};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();
    let (ada, ada_public) = pre::keygen(rng);
    let (bose, bose_public) = pre::keygen(rng);

    // Two sections of a record, encrypted for Ada under different conditions.
    let ad = b"record 7";
    let clinical = conditional::seal(&ada_public, b"clinical", ad, b"cerebral infarction", rng);
    let financial = conditional::seal(&ada_public, b"financial", ad, b"1 280.00 EUR", rng);

    // Ada delegates the clinical condition to Dr. Bose. The proxy verifies the key.
    let rekey = conditional::rekeygen(&ada, &bose_public, b"clinical", rng);
    let rekey = rekey.verify(&ada_public, &bose_public, b"clinical")?;

    // The proxy verifies the public tag, re-encrypts, and proves that it did so correctly.
    let clinical = clinical.verify(&ada_public, b"clinical", ad)?;
    let reencryption = conditional::reencrypt(&rekey, &clinical, rng)?;

    // Dr. Bose verifies the proof before decrypting.
    let verified = reencryption.verify(rekey.delegation(), &clinical)?;
    let plaintext = conditional::open_reencrypted(&bose, &verified)?;
    println!("clinical    {}", String::from_utf8_lossy(&plaintext));

    // The re-encryption key does not cover the other condition.
    let financial = financial.verify(&ada_public, b"financial", ad)?;
    let refusal =
        conditional::reencrypt(&rekey, &financial, rng).expect_err("the key covers one condition");
    println!("financial   {refusal}");
    Ok(())
}
