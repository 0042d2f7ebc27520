//! Security labels and clinical codes of provisions, as classes of sections.
//!
//! A section may hold content with several labels. A permit opens a class only if it permits all
//! content that a section of the class may hold; a denial closes every class of which a section may
//! hold denied content.
#![forbid(unsafe_code)]

use super::element::Element;
use super::{ConsentError, Directory, Refusal, coding};
use crate::record::{Class, Confidentiality, SecurityLabel, SensitiveCodes};
use std::collections::BTreeSet;

/// The classes of a provision: those of known records, and those of records that are not written
/// yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Classes {
    pub(super) known: BTreeSet<Class>,
    pub(super) later: BTreeSet<Class>,
}

impl Classes {
    pub(super) fn all() -> Self {
        Self::same(Class::ALL)
    }

    fn same(classes: impl IntoIterator<Item = Class>) -> Self {
        let known: BTreeSet<Class> = classes.into_iter().collect();
        Self { later: known.clone(), known }
    }

    /// The sections that may hold content with a sensitive label. A document has no labels.
    fn sensitive() -> Self {
        Self::same([Class::Restricted, Class::Document])
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        Self { known: &self.known & &other.known, later: &self.later & &other.later }
    }
}

/// Returns the classes that a denial of labels closes.
///
/// A denial of `R` is one of `R` and above, as in the examples of IHE PCF. A denial of normal
/// confidentiality or below closes every class, whichever way the levels are ordered.
pub(super) fn denied(labels: &[Element<'_>]) -> Result<Classes, ConsentError> {
    let mut denied = Classes::sensitive();
    for element in labels {
        match label(element)? {
            SecurityLabel::Confidentiality(level) if level <= Confidentiality::Normal => {
                denied = Classes::all();
            }
            _ => {}
        }
    }
    Ok(denied)
}

/// Returns the classes that a permit of labels opens.
///
/// A level of confidentiality is a high-water mark: it permits this level and those below (FHIR R4,
/// `Consent.provision.securityLabel`). A sensitivity permits the content of this policy only, here
/// without the policies that it subsumes.
pub(super) fn permitted(
    elements: &[Element<'_>],
    directory: &dyn Directory,
) -> Result<Classes, ConsentError> {
    let stated: Vec<SecurityLabel> = elements.iter().map(label).collect::<Result<_, _>>()?;
    let labels: BTreeSet<SecurityLabel> = stated.iter().copied().collect();
    let level = labels.iter().filter_map(|label| match label {
        SecurityLabel::Confidentiality(level) => Some(*level),
        SecurityLabel::Sensitivity(_) => None,
    });
    let level = level.max();
    let is_open = |class: &Class| match class {
        Class::Restricted => level == Some(Confidentiality::VeryRestricted),
        // A document has no label that tells.
        Class::Document => false,
        _ => level >= Some(Confidentiality::Normal),
    };
    let mut opened = Classes::same(Class::ALL.into_iter().filter(is_open));
    let names_restricted = |label: &SecurityLabel| match label {
        SecurityLabel::Confidentiality(level) => *level > Confidentiality::Normal,
        SecurityLabel::Sensitivity(_) => true,
    };
    if let Some(first) = stated.iter().position(names_restricted)
        && !opened.known.contains(&Class::Restricted)
    {
        let shared = || elements[first].refuse(Refusal::SharedSection);
        let content = directory.restricted_labels().ok_or_else(shared)?;
        if !content.iter().all(|of| permits(&labels, level, of)) {
            return Err(shared());
        }
        // Later records may have other labels.
        opened.known.insert(Class::Restricted);
    }
    if opened.known.is_empty() { Err(elements[0].refuse(Refusal::BelowNormal)) } else { Ok(opened) }
}

/// Returns `true` if a permit covers content with all of these labels: by its confidentiality, or
/// by each of its sensitivities.
fn permits(
    permit: &BTreeSet<SecurityLabel>,
    level: Option<Confidentiality>,
    content: &BTreeSet<SecurityLabel>,
) -> bool {
    let is_sensitivity = |label: &&SecurityLabel| matches!(label, SecurityLabel::Sensitivity(_));
    if content.contains(&SecurityLabel::Confidentiality(Confidentiality::VeryRestricted)) {
        return false;
    }
    if level >= Some(Confidentiality::Restricted) {
        return true;
    }
    let mut sensitivities = content.iter().filter(is_sensitivity).peekable();
    sensitivities.peek().is_some() && sensitivities.all(|of| permit.contains(of))
}

fn label(element: &Element<'_>) -> Result<SecurityLabel, ConsentError> {
    let (system, code) = coding::coding(element)?;
    let reason = || match SecurityLabel::codes(system) {
        Some(allowed) => Refusal::UnknownCode { allowed },
        None => Refusal::UnknownLabel,
    };
    SecurityLabel::new(system, code).ok_or_else(|| element.refuse(reason()))
}

/// Returns the classes that a denial of clinical codes closes: the codes of the sensitive table
/// restrict the resources that contain them. Other codes determine no section.
pub(super) fn denied_codes(
    codes: &[Element<'_>],
    table: &SensitiveCodes,
) -> Result<Classes, ConsentError> {
    for element in codes {
        let is_sensitive = |system: &str, code: &str| table.category(system, code).map(|_| ());
        coding::meaning(element, is_sensitive, Refusal::Code)?;
    }
    Ok(Classes::sensitive())
}
