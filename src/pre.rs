//! Unidirectional, single-hop proxy re-encryption: a proxy transforms a ciphertext for the patient
//! into a ciphertext for a doctor without decrypting it.
//!
//! | module | scheme | use |
//! |---|---|---|
//! | [`conditional`] | conditional, verifiable re-encryption | the protocol |
//! | [`afgh`] | Ateniese, Fu, Green, Hohenberger, NDSS 2005 | baseline for comparison |
//!
//! A user has one exponent `x` with `X = g1^x` and `Y = g2^x` ([`PublicKey`]), registered with a
//! [`ProofOfPossession`].
//!
//! # Paper
//!
//! Qin et al. 2021, Eq. 9 and 14-16, require unidirectional, single-hop re-encryption
//! and give no construction.
//!
//! # Groups, sizes, security
//!
//! [`conditional`] has ciphertexts in G1 with a tag in G2 (176 bytes and the body), re-encryption
//! keys of two points of G2 (192 bytes) and re-encryptions of 256 bytes. It has no security proof;
//! in the attacks considered, proxy and delegatee together decrypt the delegated condition only.
//! [`afgh`] has ciphertexts in G1 (48 bytes and the body), re-encryption keys in G2 (96 bytes) and
//! a re-encrypted element in GT (576 bytes). It is IND-CPA under eDBDH; proxy and delegatee
//! together decrypt everything. Each module has its algorithms, deviations and cost.
//!
//! # Example
//!
//! ```
//! use epione::pre::conditional::{self, Delegation};
//! use epione::pre;
//! let rng = &mut rand::thread_rng();
//! let (patient, patient_public) = pre::keygen(rng);
//! let (doctor, doctor_public) = pre::keygen(rng);
//!
//! // A writer encrypts for the patient under a condition that names no reader.
//! let (condition, ad) = (b"clinical, epoch 202612", b"record 7");
//! let ciphertext = conditional::seal(&patient_public, condition, ad, b"content key", rng);
//! let opened = conditional::open(&patient, condition, ad, &ciphertext).unwrap();
//! assert_eq!(&*opened, b"content key");
//!
//! // The patient delegates the condition: the key goes to the proxy, `rk2` also to the doctor.
//! let rekey = conditional::rekeygen(&patient, &doctor_public, condition, rng);
//! let rk2 = *rekey.rk2();
//!
//! // The proxy verifies the key and the ciphertext, and re-encrypts.
//! let rekey = rekey.verify(&patient_public, &doctor_public, condition).unwrap();
//! let verified = ciphertext.verify(condition, ad).unwrap();
//! let reencryption = conditional::reencrypt(&rekey, &verified, rng).unwrap();
//!
//! // The doctor verifies ciphertext and re-encryption without trust in the proxy, and decrypts.
//! let delegation = Delegation::new(&patient_public, &doctor_public, condition, &rk2);
//! let verified = ciphertext.verify(condition, ad).unwrap();
//! let reencryption = reencryption.verify(&delegation, &verified).unwrap();
//! let opened = conditional::open_reencrypted(&doctor, &reencryption).unwrap();
//! assert_eq!(&*opened, b"content key");
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

/// Derives 32 bytes from a GT element.
fn derive(purpose: Tag, value: &Gt, context: &[&[u8]]) -> Secret<[u8; 32]> {
    kdf(purpose, &Zeroizing::new(value.to_bytes())[..], context)
}
