//! The reasons for which a Consent is refused.
#![forbid(unsafe_code)]

use super::super::JsonError;

/// A Consent that no grants express. Contains no value of the resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The text cannot be parsed as JSON.
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
    /// An element or a form of another version of FHIR.
    #[error("this is a form of FHIR R5; only FHIR R4 is read: convert the consent")]
    NotR4,
    /// An element outside the mapping.
    #[error(
        "the mapping does not read this element, which could restrict the consent; remove it if it \
             restricts nothing"
    )]
    NotUnderstood,
    /// A required element is absent.
    #[error("the element is required")]
    Missing,
    /// A value of a type that FHIR R4 does not permit here, an empty value, or a text that is too
    /// long.
    #[error("the value is empty, too long, or not of the type that FHIR R4 requires here")]
    Malformed,
    /// A code outside the value set of the element.
    #[error("the codes of this element are {}; codes are case-sensitive", .allowed.join(", "))]
    UnknownCode {
        /// The codes that the element or, for a label, its code system has.
        allowed: &'static [&'static str],
    },
    /// A reference without a target.
    #[error("the reference has neither a literal reference nor an identifier")]
    NoTarget,
    /// A text that is not a date-time.
    #[error(
        "the value is not a date-time of FHIR: YYYY, YYYY-MM, YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with \
             a zone"
    )]
    NotDateTime,
    /// A time without a zone.
    #[error("the time has no zone; append Z or an offset such as +01:00")]
    NoZone,
    /// A period that contains no time of the ledger.
    #[error("the period contains no time; its end must not be before its start")]
    EmptyPeriod,
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
    /// No statement of the base rule.
    #[error("no base rule is stated; state it here, or in Consent.policyRule as OPTIN or OPTOUT")]
    NoBaseRule,
    /// Two statements of the base rule that differ.
    #[error(
        "the type contradicts Consent.policyRule; OPTIN and OPTINR permit, OPTOUT and OPTOUTE deny: \
             change one of the two"
    )]
    ContradictoryBaseRule,
    /// A root provision that denies a part only.
    #[error(
        "a root provision that denies does so for all data; state this element in the provisions \
             within it"
    )]
    PartialRootDenial,
    /// A patient whom the directory does not recognise.
    #[error(
        "the directory does not recognise this reference as one to its patient; correct the \
             reference, or add it to the directory"
    )]
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
    /// A permit for a label that shares its section with others. It is refused unless
    /// [`Directory::restricted_labels`](super::Directory::restricted_labels) returns permitted
    /// labels only.
    #[error(
        "the section with this label may hold content that the consent does not permit; permit V to \
             include all of it, or N alone to exclude it, or ask the institution to state the labels of \
             its restricted content"
    )]
    SharedSection,
    /// A permit for confidentiality below normal.
    #[error("no section holds content below normal confidentiality alone; permit N")]
    BelowNormal,
    /// A label of a code system that states neither confidentiality nor sensitivity.
    #[error(
        "sections are divided by the labels of v3-Confidentiality and v3-ActCode only \
             (http://terminology.hl7.org/CodeSystem/...); use a label of these systems"
    )]
    UnknownLabel,
    /// A clinical code that does not determine a section.
    #[error("no section is determined by this code")]
    Code,
    /// A nested permit for more readers or records than the provision that contains it.
    #[error("the provision permits more than the one that contains it; FHIR leaves this undefined")]
    Wider,
}
