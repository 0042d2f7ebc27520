//! PEKS: an encrypted index on an untrusted server, searched with a trapdoor.
//!
//! `cargo run --example peks`

use epione::peks::{self, Posting};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();
    let (secret, public) = peks::keygen(rng);

    // The author indexes three records under the patient's public key.
    let diagnoses = ["code=I63.9", "code=E11.9", "code=I63.9"];
    let names = ["record 1", "record 2", "record 3"];
    let postings = diagnoses.iter().zip(names).map(|(keyword, name)| Posting {
        keyword: keyword.as_bytes(),
        context: name.as_bytes(),
        location: name.as_bytes(),
    });
    let index = peks::batch_encrypt(&public, &postings.collect::<Vec<_>>(), rng);

    // The patient sends the server a trapdoor for one diagnosis.
    let trapdoor = peks::trapdoor(&secret, b"code=I63.9").prepare();

    // The server finds the matching entries and the locations sealed in them.
    let entries: Vec<_> = index.iter().zip(names.map(str::as_bytes)).collect();
    for ((_, name), location) in entries.iter().zip(peks::batch_locate(&entries, &trapdoor)) {
        let name = String::from_utf8_lossy(name);
        match location {
            Ok(location) => println!("{name}: match at {}", String::from_utf8_lossy(&location)),
            Err(_) => println!("{name}: no match"),
        }
    }
    Ok(())
}
