//! Unidirectional, single-hop proxy re-encryption: turn a ciphertext for the patient into one for
//! a doctor without opening it.
//!
//! | module | scheme | for |
//! |---|---|---|
//! | [`conditional`] | conditional, verifiable re-encryption (default) | the protocol |
//! | [`afgh`] | Ateniese, Fu, Green, Hohenberger, NDSS 2005 | baseline, and to show its collusion |
//!
//! A user has one exponent `x` with `X = g1^x` and `Y = g2^x` ([`PublicKey`]), registered with a
//! [`ProofOfPossession`] proof. Qin et al. 2021 (Eq. 9, 14-16) ask for one-way, one-hop re-encryption and
//! give no formulas.
//!
//! ```
//! use epione::pre::{self, conditional};
//! let rng = &mut rand::thread_rng();
//! let (patient, patient_public) = pre::keygen(rng);
//! let (doctor, doctor_public) = pre::keygen(rng);
//!
//! // A writer seals for the patient under a condition: no reader is named.
//! let condition = b"clinical, epoch 202612";
//! let sealed = conditional::seal(&patient_public, condition, b"record 7", b"content key", rng);
//! assert_eq!(&*conditional::open(&patient, condition, b"record 7", &sealed).unwrap(), b"content key");
//!
//! // The patient delegates this condition; a proxy checks the key and the ciphertext.
//! let rekey = conditional::rekeygen(&patient, &doctor_public, condition, rng);
//! let checked = rekey.verify(&patient_public, &doctor_public, condition).unwrap();
//! let verified = sealed.verify(&patient_public, condition, b"record 7").unwrap();
//! let reencrypted = conditional::reencrypt(&checked, &verified, rng).unwrap();
//!
//! // The doctor checks the proxy's work and opens.
//! let receipt = reencrypted.verify(checked.delegation(), &verified).unwrap();
//! assert_eq!(&*conditional::open_reencrypted(&doctor, &receipt).unwrap(), b"content key");
//! ```
#![forbid(unsafe_code)]

pub mod afgh;
mod batch_verification;
pub mod conditional;
mod keys;
mod schnorr;

pub use keys::{ProofOfPossession, PublicKey, SecretKey, keygen};

use crate::algebra::tag::Tag;
use crate::algebra::{Gt, Secret, hash::kdf};
use zeroize::Zeroizing;

/// 32 bytes out of a value of GT.
fn derive(purpose: Tag, value: &Gt, context: &[&[u8]]) -> Secret<[u8; 32]> {
    kdf(purpose, &Zeroizing::new(value.to_bytes())[..], context)
}
