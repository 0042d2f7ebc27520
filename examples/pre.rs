//! Proxy re-encryption: a patient delegates one condition, and the proxy never sees plaintext.
//!
//! `cargo run --example pre`

use epione::pre;
use epione::pre::conditional::{self, Delegation};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();
    let (ada, ada_public) = pre::keygen(rng);
    let (bose, bose_public) = pre::keygen(rng);

    // Two sections of a record, encrypted for Ada under different conditions.
    let ad = b"record 7";
    let clinical = conditional::seal(&ada_public, b"clinical", ad, b"cerebral infarction", rng);
    let financial = conditional::seal(&ada_public, b"financial", ad, b"1 280.00 EUR", rng);

    // Ada delegates the clinical condition: the key goes to the proxy, rk2 also to Dr. Bose.
    let rekey = conditional::rekeygen(&ada, &bose_public, b"clinical", rng);
    let rk2 = *rekey.rk2();

    // The proxy verifies the key and the public tag, re-encrypts, and proves that it did so
    // correctly.
    let rekey = rekey.verify(&ada_public, &bose_public, b"clinical")?;
    let reencryption = conditional::reencrypt(&rekey, &clinical.verify(b"clinical", ad)?, rng)?;

    // Dr. Bose verifies tag and proof, without trust in the proxy, before decrypting.
    let delegation = Delegation::new(&ada_public, &bose_public, b"clinical", &rk2);
    let verified = reencryption.verify(&delegation, &clinical.verify(b"clinical", ad)?)?;
    let plaintext = conditional::open_reencrypted(&bose, &verified)?;
    println!("clinical    {}", String::from_utf8_lossy(&plaintext));

    // The re-encryption key does not cover the other condition.
    let financial = financial.verify(b"financial", ad)?;
    let refusal =
        conditional::reencrypt(&rekey, &financial, rng).expect_err("the key covers one condition");
    println!("financial   {refusal}");
    Ok(())
}
