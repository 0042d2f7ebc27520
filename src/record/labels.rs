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

/// A level of the code system v3-Confidentiality, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidentiality {
    /// `U`.
    Unrestricted,
    /// `L`.
    Low,
    /// `M`.
    Moderate,
    /// `N`.
    Normal,
    /// `R`. Content at this level or above is in the restricted section.
    Restricted,
    /// `V`.
    VeryRestricted,
}

/// The codes of all levels, in the order of [`LEVELS`].
const LEVEL_CODES: [&str; 6] = ["U", "L", "M", "N", "R", "V"];
const LEVELS: [Confidentiality; 6] = [
    Confidentiality::Unrestricted,
    Confidentiality::Low,
    Confidentiality::Moderate,
    Confidentiality::Normal,
    Confidentiality::Restricted,
    Confidentiality::VeryRestricted,
];

/// A security label that states the confidentiality or the sensitivity of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityLabel {
    /// A level of confidentiality.
    Confidentiality(Confidentiality),
    /// A sensitivity policy of v3-ActCode, such as `PSY`. Its content is in the restricted section.
    Sensitivity(&'static str),
}

impl SecurityLabel {
    /// Returns the label of a code; `None` for codes that state neither. The code systems have the
    /// URIs of all FHIR versions, or an OID.
    pub fn new(system: &str, code: &str) -> Option<Self> {
        match system_of(system)? {
            System::Neutral => None,
            System::Confidentiality => {
                let level = LEVEL_CODES.iter().position(|known| *known == code);
                level.map(|i| Self::Confidentiality(LEVELS[i]))
            }
            System::ActCode => {
                let policy = SENSITIVITY.iter().find(|known| **known == code);
                policy.map(|policy| Self::Sensitivity(policy))
            }
        }
    }

    /// Returns the codes that are labels in a code system; `None` for systems without labels.
    pub(crate) fn codes(system: &str) -> Option<&'static [&'static str]> {
        match system_of(system)? {
            System::Neutral => None,
            System::Confidentiality => Some(&LEVEL_CODES),
            System::ActCode => Some(&SENSITIVITY),
        }
    }
}

/// All sensitivity policies of v3-ActCode. `SICKLE` is retired.
static SENSITIVITY: [&str; 45] = [
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
    match (system_of(system), SecurityLabel::new(system, code)) {
        (_, Some(SecurityLabel::Confidentiality(level))) if level <= Confidentiality::Normal => {
            Effect::None
        }
        (_, Some(_)) => Effect::Restricts,
        (Some(System::Neutral), _) => Effect::None,
        (Some(System::ActCode), _) if code == PROCESS_INLINE => Effect::AnnouncesInline,
        _ => Effect::Unknown,
    }
}

fn system_of(uri: &str) -> Option<System> {
    SYSTEMS.iter().find(|(known, _)| *known == uri).map(|(_, system)| *system)
}

/// Returns `true` if the code is a sensitivity policy.
pub(super) fn is_sensitivity(code: &str) -> bool {
    SENSITIVITY.contains(&code)
}
