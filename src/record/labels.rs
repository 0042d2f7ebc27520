//! Security labels of HL7: confidentiality and sensitivity.
//!
//! Source: HL7 Terminology (THO, CC0), as of 2026-08-04: the code systems v3-Confidentiality and
//! v3-ActCode, the latter below `_InformationSensitivityPolicy`.
#![forbid(unsafe_code)]

/// A code system of security labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Confidentiality,
    ActCode,
    /// Purposes of use, and integrity or provenance: no statement about sensitivity.
    Neutral,
}

/// URIs of the code systems: of FHIR R4 and later, of STU3 and earlier, and as OID.
const SYSTEMS: [(&str, System); 10] = [
    ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", System::Confidentiality),
    ("http://hl7.org/fhir/v3/Confidentiality", System::Confidentiality),
    ("urn:oid:2.16.840.1.113883.5.25", System::Confidentiality),
    ("http://terminology.hl7.org/CodeSystem/v3-ActCode", System::ActCode),
    ("http://hl7.org/fhir/v3/ActCode", System::ActCode),
    ("urn:oid:2.16.840.1.113883.5.4", System::ActCode),
    ("http://terminology.hl7.org/CodeSystem/v3-ActReason", System::Neutral),
    ("http://hl7.org/fhir/v3/ActReason", System::Neutral),
    ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", System::Neutral),
    ("http://hl7.org/fhir/v3/ObservationValue", System::Neutral),
];

/// The URI of the confidentiality codes, the implied system of `Composition.confidentiality`.
pub(super) const CONFIDENTIALITY: &str = SYSTEMS[0].0;

/// Confidentiality up to normal: unrestricted, low, moderate, normal.
const UP_TO_NORMAL: [&str; 4] = ["U", "L", "M", "N"];
/// Confidentiality above normal: restricted, very restricted.
const ABOVE_NORMAL: [&str; 2] = ["R", "V"];

/// All sensitivity policies of v3-ActCode. `SICKLE` is retired.
const SENSITIVITY: [&str; 45] = [
    // _InformationSensitivityPolicy
    "ADOL", "CEL", "DIA", "DRGIS", "EMP", "PDS", "PHY", "PRS", "VIP",
    // _ActInformationSensitivityPolicy
    "BH", "COGN", "DVD", "EMOTDIS", "ETH", "ETHUD", "GDIS", "HIV", "IDS", "MH", "MST", "OPIOIDUD",
    "PREGNANT", "PSY", "PSYTHPN", "SCA", "SDV", "SEX", "SICKLE", "SPI", "STD", "SUD", "TBOO",
    "VIO", // _EntitySensitivityPolicyType
    "DEMO", "DOB", "GENDER", "LIVARG", "MARST", "PATLOC", "RACE", "REL",
    // _RoleInformationSensitivityPolicy
    "B", "EMPL", "LOCIS", "SSP",
];

/// The flag of `meta.security` that announces labels inside the resource (HL7 DS4P).
const PROCESS_INLINE: &str = "PROCESSINLINELABEL";
/// The extension that labels one element (HL7 DS4P).
pub(super) const INLINE_LABEL: &str =
    "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label";

/// The effect of a security label on the resource that contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// None: confidentiality up to normal, or a purpose of use.
    None,
    /// Labels of elements are announced.
    AnnouncesInline,
    /// The resource is restricted, because the label is unknown or incomplete.
    Unknown,
    /// The resource is restricted.
    Restricts,
}

/// Returns the effect of a label. A code counts only with its system. Other labels, such as
/// handling instructions and those of other systems, are unknown.
pub(super) fn effect(system: &str, code: &str) -> Effect {
    let known = SYSTEMS.iter().find(|(uri, _)| *uri == system).map(|(_, known)| *known);
    match known {
        Some(System::Neutral) => Effect::None,
        Some(System::Confidentiality) if UP_TO_NORMAL.contains(&code) => Effect::None,
        Some(System::Confidentiality) if ABOVE_NORMAL.contains(&code) => Effect::Restricts,
        Some(System::ActCode) if SENSITIVITY.contains(&code) => Effect::Restricts,
        Some(System::ActCode) if code == PROCESS_INLINE => Effect::AnnouncesInline,
        _ => Effect::Unknown,
    }
}

/// Returns `true` if the code is a sensitivity policy.
pub(super) fn is_sensitivity(code: &str) -> bool {
    SENSITIVITY.contains(&code)
}
