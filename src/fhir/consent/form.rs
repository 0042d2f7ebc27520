//! The elements of a Consent outside its provisions.
#![forbid(unsafe_code)]

use super::element::{Element, Object};
use super::{ConsentError, Directory, Refusal, coding};

/// Elements that restrict nothing, each with the reason.
const IGNORED: [&str; 10] = [
    // Technical: identity of the resource, its metadata, language and human-readable summary.
    "id",
    "meta",
    "language",
    "text",
    // Business identifiers of the form.
    "identifier",
    // The time and place of the form, and the form itself.
    "dateTime",
    "organization",
    "sourceAttachment",
    "sourceReference",
    // The person who agrees; the signature on the grant takes their place.
    "performer",
];
const READ: [&str; 8] =
    ["resourceType", "status", "scope", "category", "patient", "policy", "policyRule", "provision"];

/// Elements that only the Consent of FHIR R5 has.
const R5: [&str; 10] = [
    "controller",
    "date",
    "decision",
    "grantee",
    "grantor",
    "manager",
    "policyBasis",
    "policyText",
    "regulatoryBasis",
    "subject",
];
const STATUS: &[&str] =
    &["draft", "proposed", "active", "rejected", "inactive", "entered-in-error"];

/// The code system of `scope`.
const SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
/// The code system of the base rule.
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// Categories of a consent to disclosure. Others, such as consents for emergencies only or advance
/// directives, state restrictions.
const CATEGORIES: [(&str, &str); 6] = [
    // Consent; release of information consent; privacy policies: acknowledgment, organisation.
    ("http://loinc.org", "59284-0"),
    ("http://loinc.org", "64292-6"),
    ("http://loinc.org", "57016-8"),
    ("http://loinc.org", "57017-6"),
    // Information access; information disclosure.
    (ACT_CODE, "INFA"),
    (ACT_CODE, "IDSCL"),
];

/// The rule that applies where no nested provision does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Permit,
    Deny,
}

/// Returns `true` if the Consent ends earlier grants and makes none: by its status, or because its
/// only provision denies.
pub(super) fn revokes(resource: &Object<'_>) -> Result<bool, ConsentError> {
    let status = resource.required("status")?;
    match status.text()? {
        "inactive" | "rejected" | "entered-in-error" => return Ok(true),
        "active" => {}
        "draft" | "proposed" => return Err(status.refuse(Refusal::NotActive)),
        _ => return Err(status.refuse(Refusal::UnknownCode { allowed: STATUS })),
    }
    let Some(provision) = resource.optional("provision") else { return Ok(false) };
    if provision.is_list() {
        return Err(provision.refuse(Refusal::NotR4));
    }
    let provision = provision.any_object()?;
    let kind = provision.optional("type").map(|kind| kind.text()).transpose()?;
    Ok(kind == Some("deny") && !provision.has("provision"))
}

/// Checks all elements but the provision, and returns the base rule that `policyRule` states.
pub(super) fn check(
    root: &Element<'_>,
    directory: &dyn Directory,
) -> Result<Option<Base>, ConsentError> {
    let resource = root.any_object()?;
    if let Some(key) = R5.into_iter().find(|key| resource.has(key)) {
        return Err(resource.refuse(key, Refusal::NotR4));
    }
    let resource = root.object(&READ, &IGNORED)?;
    let is_privacy =
        |system: &str, code: &str| (system == SCOPE && code == "patient-privacy").then_some(());
    coding::meaning(&resource.required("scope")?, is_privacy, Refusal::NotPrivacy)?;
    resource.required("category")?;
    for category in resource.list("category")? {
        let is_known =
            |system: &str, code: &str| CATEGORIES.contains(&(system, code)).then_some(());
        coding::meaning(&category, is_known, Refusal::Category)?;
    }
    let patient = resource.required("patient")?;
    if !coding::targets(&patient)?.iter().all(|target| directory.is_patient(target)) {
        return Err(patient.refuse(Refusal::OtherPatient));
    }
    for policy in resource.list("policy")? {
        let uri = policy.object(&["uri"], &["id", "authority"])?.required("uri")?;
        if !directory.accepts_policy(uri.text()?) {
            return Err(uri.refuse(Refusal::UnknownPolicy));
        }
    }
    let rule = resource.optional("policyRule");
    rule.map(|rule| coding::meaning(&rule, base_rule, Refusal::UnknownPolicy)).transpose()
}

/// The base rules of v3-ActCode: opt-in, with restrictions or without, and opt-out, with exceptions
/// or without.
fn base_rule(system: &str, code: &str) -> Option<Base> {
    match (system, code) {
        (ACT_CODE, "OPTIN" | "OPTINR") => Some(Base::Permit),
        (ACT_CODE, "OPTOUT" | "OPTOUTE") => Some(Base::Deny),
        _ => None,
    }
}
