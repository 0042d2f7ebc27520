//! Pseudonyms of a patient that are unlinkable without the patient's keys.
//!
//! # Paper
//!
//! Qin et al. 2021, Eq. 8: `PID = NameGen(SK_aes, UID)`, with the key given to the
//! doctor.
//!
//! # Sizes, security
//!
//! A pseudonym is a PRF output of 32 bytes per doctor, epoch and index, in the tree-based PRF of
//! Goldreich, Goldwasser and Micali (J. ACM 1986); no group is involved. The patient recomputes
//! every pseudonym; a doctor receives a constrained key for a window of epochs, at most 62 nodes of
//! 37 bytes. Pseudonyms are pseudorandom if HKDF-SHA-256 is a PRF, and prove nothing to third
//! parties. [`ggm`] has the algorithms, deviations and cost.
//!
//! # Example
//!
//! ```
//! use epione::pseudonym::SeriesSecret;
//! let patient = SeriesSecret::generate(&mut rand::thread_rng());
//! let ruiz = patient.for_doctor(b"public key of Dr. Ruiz");
//! let window = ruiz.window(675..=680).unwrap();
//! assert_eq!(window.pseudonym(677, 0), Some(ruiz.pseudonym(677, 0)));
//! assert_eq!(window.pseudonym(681, 0), None);
//! ```
#![forbid(unsafe_code)]

pub mod ggm;

pub use ggm::{DoctorSeries, EmptyWindow, Epoch, Pseudonym, SeriesSecret, WindowKey};
