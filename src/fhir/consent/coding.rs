//! Codes and references.
#![forbid(unsafe_code)]

use super::element::Element;
use super::{ConsentError, Refusal, Target};

/// Returns the system and the code of a `Coding`.
pub(super) fn coding<'a>(element: &Element<'a>) -> Result<(&'a str, &'a str), ConsentError> {
    // The version and the display do not change the concept.
    let coding =
        element.object(&["system", "code"], &["id", "version", "display", "userSelected"])?;
    Ok((coding.required("system")?.text()?, coding.required("code")?.text()?))
}

/// Returns the codings of a `CodeableConcept`, of which there is at least one. They are synonyms,
/// so the caller must understand each of them in the same way.
pub(super) fn concept<'a>(element: &Element<'a>) -> Result<Vec<(&'a str, &'a str)>, ConsentError> {
    let concept = element.object(&["coding"], &["id", "text"])?;
    concept.required("coding")?;
    concept.list("coding")?.iter().map(coding).collect()
}

/// Returns the common meaning of all codings of a `CodeableConcept`.
pub(super) fn meaning<T: PartialEq>(
    element: &Element<'_>,
    of: impl Fn(&str, &str) -> Option<T>,
    otherwise: Refusal,
) -> Result<T, ConsentError> {
    let mut meanings = concept(element)?.into_iter().map(|(system, code)| of(system, code));
    let first = meanings.next().flatten().ok_or_else(|| element.refuse(otherwise))?;
    let agree = meanings.all(|meaning| meaning.as_ref() == Some(&first));
    if agree { Ok(first) } else { Err(element.refuse(otherwise)) }
}

/// Returns the targets of a `Reference`: its literal reference, its identifier, or both.
pub(super) fn targets(element: &Element<'_>) -> Result<Vec<Target>, ConsentError> {
    let reference = element.object(&["reference", "identifier"], &["id", "type", "display"])?;
    let mut targets = Vec::new();
    if let Some(literal) = reference.optional("reference") {
        targets.push(Target::Reference(literal.text()?.to_owned()));
    }
    if let Some(identifier) = reference.optional("identifier") {
        let ignored = ["id", "use", "type", "assigner"];
        let identifier = identifier.object(&["system", "value"], &ignored)?;
        let system = identifier.required("system")?.text()?.to_owned();
        let value = identifier.required("value")?.text()?.to_owned();
        targets.push(Target::Identifier { system, value });
    }
    if targets.is_empty() { Err(element.refuse(Refusal::NoTarget)) } else { Ok(targets) }
}

/// Looks up a `Reference`. Its literal reference and its identifier must denote the same.
pub(super) fn resolve<T: PartialEq>(
    element: &Element<'_>,
    find: impl Fn(&Target) -> Option<T>,
    otherwise: Refusal,
) -> Result<T, ConsentError> {
    let mut found = Vec::new();
    for target in targets(element)? {
        found.push(find(&target).ok_or_else(|| element.refuse(otherwise))?);
    }
    let last = found.pop().expect("a reference has at least one target");
    if found.iter().all(|other| *other == last) {
        Ok(last)
    } else {
        Err(element.refuse(Refusal::Ambiguous))
    }
}
