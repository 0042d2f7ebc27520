//! Rules for resource types and elements of FHIR R4.
#![forbid(unsafe_code)]

use super::Class;

/// The category of a resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Contains resources of their own class.
    Container(Class),
    /// Describes a person.
    Person,
    /// Describes no patient, so neither codes nor names in it concern one.
    Organisation,
    /// Describes a patient's data.
    Data(Class),
}

/// Returns the category of a type. An unknown type is clinical, so that a new type of resource does
/// not fall under a weaker policy.
pub(super) fn kind(resource_type: &str) -> Kind {
    match resource_type {
        "Bundle" => Kind::Container(Class::Administrative),
        "Parameters" => Kind::Container(Class::Clinical),
        "Patient" | "Person" | "RelatedPerson" => Kind::Person,
        "Organization" | "Practitioner" | "PractitionerRole" | "Location" | "HealthcareService"
        | "Endpoint" | "Schedule" | "Slot" => Kind::Organisation,
        "Claim"
        | "ClaimResponse"
        | "ExplanationOfBenefit"
        | "Coverage"
        | "Account"
        | "Invoice"
        | "ChargeItem"
        | "PaymentNotice"
        | "PaymentReconciliation"
        | "CoverageEligibilityRequest"
        | "CoverageEligibilityResponse" => Kind::Data(Class::Financial),
        "Encounter"
        | "Appointment"
        | "AppointmentResponse"
        | "Provenance"
        | "AuditEvent"
        | "Device"
        | "OperationOutcome" => Kind::Data(Class::Administrative),
        _ => Kind::Data(Class::Clinical),
    }
}

/// Elements that state a diagnosis, a reason or a treatment, in types that are not clinical.
pub(super) fn is_clinical_element(key: &str) -> bool {
    key.starts_with("diagnosis")
        || key.starts_with("reason")
        || matches!(
            key,
            "procedure"
                | "procedureCodeableConcept"
                | "condition"
                | "supportingInfo"
                | "supportingInformation"
                | "productOrService"
                | "serviceType"
                | "serviceCategory"
                | "specialty"
                | "note"
                | "comment"
                | "description"
                | "patientInstruction"
        )
}

/// Code systems of diagnoses, findings, procedures and medicines.
pub(super) fn is_clinical_system(system: &str) -> bool {
    const CLINICAL: [&str; 12] = [
        "http://snomed.info/",
        "http://loinc.org",
        "http://www.nlm.nih.gov/research/umls/",
        "http://hl7.org/fhir/sid/icd",
        "http://hl7.org/fhir/sid/icpc",
        "http://hl7.org/fhir/sid/ndc",
        "http://hl7.org/fhir/sid/cvx",
        "http://www.ama-assn.org/go/cpt",
        "http://www.whocc.no/atc",
        "http://www.cms.gov/Medicare/Coding/",
        "http://fhir.de/CodeSystem/bfarm/",
        "urn:oid:2.16.840.1.113883.6.",
    ];
    CLINICAL.iter().any(|start| system.starts_with(start))
}

/// Elements that identify a person wherever they occur in data of a patient.
pub(super) fn is_identifying(key: &str) -> bool {
    matches!(
        key,
        "identifier"
            | "birthDate"
            | "address"
            | "locationAddress"
            | "telecom"
            | "photo"
            | "subscriberId"
            | "valueAddress"
            | "valueHumanName"
            | "valueContactPoint"
            | "valueIdentifier"
    )
}

/// Elements whose reference may name the patient.
fn may_refer_to_a_person(key: &str) -> bool {
    matches!(
        key,
        "subject"
            | "patient"
            | "beneficiary"
            | "subscriber"
            | "policyHolder"
            | "payor"
            | "party"
            | "individual"
            | "actor"
            | "performer"
            | "author"
            | "recorder"
            | "asserter"
            | "informant"
            | "informationSource"
            | "source"
            | "sender"
            | "recipient"
            | "requester"
            | "requestor"
            | "receiver"
            | "enterer"
            | "who"
            | "onBehalfOf"
            | "agent"
            | "member"
            | "for"
            | "focus"
            | "owner"
            | "entity"
            | "link"
            | "other"
            | "operator"
            | "grantor"
            | "grantee"
            | "signer"
            | "attester"
            | "target"
            | "participant"
            | "valueReference"
    )
}

/// Returns `true` if a reference under `key` names a person, or may name the patient.
pub(super) fn is_person(key: &str, reference: &str, stated_type: &str) -> bool {
    const PERSONS: [&str; 3] = ["Patient", "Person", "RelatedPerson"];
    if let Some(stated) = stated_type.rsplit('/').next().filter(|name| !name.is_empty()) {
        return PERSONS.contains(&stated);
    }
    // `https://server/fhir/Patient/7/_history/1`, `Patient?identifier=...`
    let parts = || reference.split(['/', '?']);
    if parts().any(|part| PERSONS.contains(&part)) {
        return true;
    }
    let is_type = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.len() > 3
            && part.bytes().all(|b| b.is_ascii_alphabetic())
    };
    // The type of `urn:uuid:...`, `#p`, or no reference is unknown.
    !parts().any(is_type) && may_refer_to_a_person(key)
}

/// Returns `true` for a search for a person, such as `Patient?identifier=...|123`.
pub(super) fn is_search_for_a_person(text: &str) -> bool {
    ["Patient?", "Person?"].iter().any(|search| text.contains(search))
}

/// Elements whose codings are keywords of a resource.
pub(super) fn is_keyword_element(key: &str) -> bool {
    matches!(
        key,
        "code" | "vaccineCode" | "medicationCodeableConcept" | "procedureCode" | "reasonCode"
    )
}
