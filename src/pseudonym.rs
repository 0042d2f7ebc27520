//! Pseudonyms: names for one patient that only those she trusts can put together.
//!
//! **Paper.** Qin et al. 2021, Eq. 8: `PID = NameGen(SK_aes, UID)`, the key handed to the doctor.
//! Here the keyed series of [`ggm`]: unlinkable across doctors, recomputable by the patient, and
//! a doctor's knowledge ends with the window of epochs that he was given.
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
