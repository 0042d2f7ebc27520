//! Pseudonyms: unlinkable across doctors and epochs, with one key for a window of epochs.
//!
//! `cargo run --example pseudonyms`

use epione::pseudonym::SeriesSecret;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let ada = SeriesSecret::generate(&mut rand::thread_rng());

    // Pseudonyms for two doctors or epochs are unlinkable without Ada's keys.
    for doctor in ["Dr. Ruiz", "Dr. Bose"] {
        let series = ada.for_doctor(doctor.as_bytes());
        for epoch in [692, 693] {
            let pseudonym = series.pseudonym(epoch, 0);
            println!("{doctor}, epoch {epoch}: {}", hex::encode(&pseudonym.name()[..8]));
        }
    }

    // Dr. Ruiz receives one key for twelve epochs and computes their pseudonyms.
    let series = ada.for_doctor(b"Dr. Ruiz");
    let window = series.window(692..=703)?;
    assert_eq!(window.pseudonym(700, 0), Some(series.pseudonym(700, 0)));
    assert_eq!(window.pseudonym(704, 0), None);
    println!("window key: epochs 692 to 703; epoch 704 is outside");
    Ok(())
}
