//! FHIR R4 at the edge of the protocol: consents become grants, the ledger becomes audit events.
//!
//! | module | contents |
//! |---|---|
//! | [`consent`] | FHIR `Consent`, also of IHE PCF, as the source of grants |
//! | [`audit`] | `AuditEvent` of IHE BALP and `Provenance` from the ledger, with Merkle proofs |
//!
//! `docs/interoperability.md` lists the mapping of every element.
//!
//! ```
//! use epione::consensus::Digest;
//! use epione::fhir::consent::{self, DataRecords, Decision, Directory, Target, UtcOffset};
//! use epione::record::Class;
//! use epione::sign::{SigningKey, VerifyingKey};
//! use std::collections::BTreeSet;
//!
//! /// The patient knows Dr. Bose, and has one record.
//! struct Names { bose: VerifyingKey, record: Digest }
//! impl Directory for Names {
//!     fn is_patient(&self, target: &Target) -> bool {
//!         *target == Target::Reference("Patient/ada".into())
//!     }
//!     fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>> {
//!         let is_bose = *actor == Target::Reference("Practitioner/bose".into());
//!         is_bose.then(|| BTreeSet::from([self.bose]))
//!     }
//!     fn records(&self) -> BTreeSet<Digest> { BTreeSet::from([self.record]) }
//!     fn records_with(&self, _: &Target) -> Option<DataRecords> { None }
//! }
//! let bose = SigningKey::generate(&mut rand::thread_rng()).verifying_key();
//! let names = Names { bose, record: [7; 32] };
//!
//! let text = r#"{
//!     "resourceType": "Consent", "id": "7", "status": "active",
//!     "scope": {"coding": [{"code": "patient-privacy",
//!         "system": "http://terminology.hl7.org/CodeSystem/consentscope"}]},
//!     "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
//!     "patient": {"reference": "Patient/ada"},
//!     "provision": {
//!         "type": "permit", "period": {"end": "2026-12-31"},
//!         "actor": [{"reference": {"reference": "Practitioner/bose"}, "role": {"coding": [{
//!             "code": "IRCP",
//!             "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"}]}}],
//!         "provision": [{"type": "deny", "securityLabel": [{
//!             "code": "R",
//!             "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"}]}]
//!     }
//! }"#;
//! let consent = consent::read(text.as_bytes(), &names, UtcOffset::UTC)?;
//! let Decision::Grant(grants) = consent.decision else { panic!("the consent is active") };
//! assert_eq!((grants[0].reader, grants[0].records.as_slice()), (bose, &[[7; 32]][..]));
//! assert!(!grants[0].classes.contains(&Class::Restricted));
//!
//! // No key enforces a purpose of use, so the element is refused.
//! let text = text.replace(r#""period": {"end": "2026-12-31"}"#, r#""purpose": []"#);
//! let refused = consent::read(text.as_bytes(), &names, UtcOffset::UTC).unwrap_err();
//! assert!(refused.to_string().starts_with("Consent.provision.purpose: no key"));
//! # Ok::<(), epione::fhir::consent::ConsentError>(())
//! ```
#![forbid(unsafe_code)]

pub mod audit;
pub mod consent;
mod json;
mod time;

pub use json::{JsonError, parse};
