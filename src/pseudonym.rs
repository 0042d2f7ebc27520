//! Pseudonyms of a patient that are unlinkable without the patient's keys.
//!
//! # Paper
//!
//! Qin et al. 2021, Eq. 8: `PID = NameGen(SK_aes, UID)`, with the key given to the
//! doctor.
//!
//! # Algorithms, security, deviations, cost
//!
//! See [`ggm`]: a pseudonym is a PRF output per doctor,
//! epoch and index. The patient recomputes every pseudonym; a doctor receives a constrained key for
//! a window of epochs.
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
