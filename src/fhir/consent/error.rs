//! The reasons for which a Consent is refused.
#![forbid(unsafe_code)]

use super::super::JsonError;

/// A Consent that no grants express. Contains no value of the resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The text is not JSON.
    #[error("the consent cannot be read: {0}")]
    Json(#[from] JsonError),
    /// An element is refused.
    #[error("{path}: {reason}")]
    Refused {
        /// The path of the element, such as `Consent.provision.provision[1].purpose`.
        path: String,
        /// The reason.
        reason: Refusal,
    },
}

/// The reason for which an element is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a Consent.
    #[error("the resource is not a Consent")]
    NotConsent,
    /// An element outside the mapping.
    #[error("unknown element; what no grant expresses is refused")]
    NotUnderstood,
    /// A required element is absent.
    #[error("the element is required")]
    Missing,
    /// A value that FHIR R4 does not permit here.
    #[error("the value is not valid in FHIR R4")]
    Malformed,
    /// More elements than the limit.
    #[error("the consent has more elements than the limit")]
    TooMany,
    /// More nested provisions than the limit.
    #[error("provisions are nested more than {} levels deep", super::MAX_NESTING)]
    TooDeep,
    /// Too many combinations of readers, records, times and provisions.
    #[error("the provisions have too many combinations; divide the consent")]
    TooComplex,
    /// A consent that is not in force yet.
    #[error("only a consent with the status active grants")]
    NotActive,
    /// A scope other than privacy.
    #[error("only the scope patient-privacy is understood")]
    NotPrivacy,
    /// A category that restricts the consent in a way that no provision states.
    #[error("the category is not one of a consent to disclosure")]
    Category,
    /// A policy that the caller has not accepted.
    #[error("the directory does not confirm that the policy adds no restriction")]
    UnknownPolicy,
    /// Two statements of the base rule that differ, or none.
    #[error("the base rule is not stated, or stated twice with different results")]
    BaseRule,
    /// A consent of another patient.
    #[error("the consent is of another patient")]
    OtherPatient,
    /// A restriction that neither keys nor the contract enforce.
    #[error(
        "no key and no contract rule enforces this restriction; establish it by other means and restate \
             the consent without it"
    )]
    NotEnforced,
    /// A role other than that of a recipient of information.
    #[error("only recipients of information (IRCP, PRCP) receive grants")]
    NotRecipient,
    /// A permit without the action `access`, or a denial without it.
    #[error("grants express the action access only")]
    Action,
    /// A permit for everyone.
    #[error("a grant names its readers, and the directory does not list everyone")]
    NoReader,
    /// An actor outside the directory.
    #[error("the directory has no reader for this actor")]
    UnknownReader,
    /// A reference and an identifier of different parties.
    #[error("the reference and the identifier do not denote the same party")]
    Ambiguous,
    /// Data outside the directory.
    #[error("the directory has no record with this data")]
    UnknownData,
    /// A permit for a part of a record.
    #[error("the record contains more than this data, and a grant covers whole sections")]
    PartOfRecord,
    /// A permit for a label that shares its section with others.
    #[error(
        "sections with this label may hold content with other labels; permit all of these, or resolve \
             them (`Directory::restricted_labels`)"
    )]
    SharedSection,
    /// A label that states neither confidentiality nor sensitivity.
    #[error("sections are divided by confidentiality and sensitivity of HL7 only")]
    UnknownLabel,
    /// A clinical code that does not determine a section.
    #[error("no section is determined by this code")]
    Code,
    /// A nested permit for more readers or records than the provision that contains it.
    #[error("the provision permits more than the one that contains it; FHIR leaves this undefined")]
    Wider,
}
