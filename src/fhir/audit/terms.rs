//! The codes, identifiers and references of exported resources.
#![forbid(unsafe_code)]

use crate::consensus::Digest;
use crate::sign::VerifyingKey;
use serde_json::{Value, json};

/// The base of this crate's URLs. They identify and do not resolve: `.example` is reserved
/// (RFC 2606), so no other party can own them.
pub const NAMESPACE: &str = "https://epione.example/fhir";

/// The system of the names of chains.
pub(super) const CHAIN: &str = "https://epione.example/fhir/chain";
/// The system of identifiers of transactions, in hexadecimal.
pub(super) const TRANSACTION: &str = "https://epione.example/fhir/transaction";
/// The system of identifiers of records: those of the transactions that published them.
pub(super) const RECORD: &str = "https://epione.example/fhir/record";
/// The system of Ed25519 keys of registered parties, in hexadecimal.
pub(super) const PARTY: &str = "https://epione.example/fhir/party-key";
/// The system of pseudonymous Ed25519 keys of patients, in hexadecimal.
pub(super) const OWNER: &str = "https://epione.example/fhir/owner-key";

pub(super) const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
pub(super) const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
pub(super) const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
pub(super) const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
pub(super) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
pub(super) const PROVENANCE_AGENT: &str =
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
pub(super) const DATA_OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
pub(super) const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
pub(super) const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
pub(super) const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
pub(super) const RESOURCE_TYPE: &str = "http://hl7.org/fhir/resource-types";
pub(super) const BALP_ENTITY: &str =
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// A coding: its system and code.
pub(super) type Code = (&'static str, &'static str);

pub(super) fn coding((system, code): Code) -> Value {
    json!({"system": system, "code": code})
}

pub(super) fn concept(code: Code) -> Value {
    json!({"coding": [coding(code)]})
}

/// Returns a reference to a resource that has only an identifier.
pub(super) fn reference(kind: &str, system: &str, value: &str) -> Value {
    json!({"type": kind, "identifier": {"system": system, "value": value}})
}

/// Returns the patient of an owner key.
pub(super) fn patient(owner: &VerifyingKey) -> Value {
    reference("Patient", OWNER, &owner.to_string())
}

/// Returns a record.
pub(super) fn record(id: &Digest) -> Value {
    reference("DocumentReference", RECORD, &hex::encode(id))
}

/// Returns a grant.
pub(super) fn grant(id: &Digest) -> Value {
    reference("Consent", TRANSACTION, &hex::encode(id))
}

/// Returns the replicas of a chain.
pub(super) fn chain(name: &str) -> Value {
    reference("Device", CHAIN, name)
}

/// The network of an agent, which the ledger does not know.
pub(super) fn unknown_network() -> Value {
    json!({"extension": [{"url": ABSENT, "valueCode": "unknown"}]})
}
