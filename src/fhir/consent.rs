//! FHIR R4 `Consent` as the source of grants.
//!
//! [`read`] takes a Consent, of IHE PCF (Privacy Consent on FHIR, `ihe.iti.pcf` 1.1: Basic,
//! Intermediate, Advanced) or of plain R4, and returns grants that permit at most what it permits.
//! An element is mapped, ignored by name, or refused with its path. The table is in
//! `docs/interoperability.md`.
//!
//! **Provisions.** The elements of a provision are in conjunction, the repetitions of an element in
//! disjunction, and a nested provision is an exception to the one that contains it (PCF, appendix
//! P.4.4). FHIR ranks no exceptions that contradict each other. Here a denial prevails over the
//! permits beside it and over all that contain it, at any depth; only a permit within it restores a
//! part. Let `own(C)` be the content that the elements of a provision state:
//!
//! ```text
//! opened(C) = own(C) ∪ ⋃ opened(N)        for a permit, over the permits N directly within it
//! opened(C) = ⋃ opened(N)                 for a denial
//! closed(C) = own(C) \ opened(C)          for a denial
//! permitted = opened(root) \ ⋃ closed(D)  over the denials D at any depth below the root
//! ```
//!
//! A nested permit inherits what it does not state. Its period is cut to that of its parent, its
//! labels may add to those of its parent (PCF, Advanced), and other readers or records are refused,
//! because FHIR leaves their effect undefined. A denial without an element is unconstrained in it.
//!
//! **Authenticity.** The resource carries no signature. The caller authenticates its source, and
//! the patient's signature on the grant is the consent that the ledger knows.
//!
//! **Updates.** A later version of a Consent replaces the earlier one: revoke the grants of the
//! earlier version, then issue those of the later. A refused Consent grants nothing.
#![forbid(unsafe_code)]

mod coding;
mod decision;
mod element;
mod error;
mod form;
mod labels;
mod provision;

pub use super::time::UtcOffset;
pub use error::{ConsentError, Refusal};

use super::json;
use crate::consensus::Digest;
use crate::ledger::Time;
use crate::protocol::{SearchTerm, Terms};
use crate::record::{Class, SecurityLabel, SensitiveCodes};
use crate::sign::VerifyingKey;
use element::Element;
use std::collections::BTreeSet;
use std::ops::Range;

/// Maximum length of a Consent in bytes.
pub const MAX_BYTES: usize = 1 << 18;
/// Maximum depth of provisions below the root provision.
pub const MAX_NESTING: usize = 8;
/// Maximum number of provisions.
pub const MAX_PROVISIONS: usize = 64;

/// The target of a FHIR `Reference`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A literal reference, such as `Practitioner/7`.
    Reference(String),
    /// A business identifier.
    Identifier {
        /// The namespace of the value.
        system: String,
        /// The value.
        value: String,
    },
}

/// The records that contain referenced data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataRecords {
    /// All records of the patient that contain the data, in whole or in part.
    pub records: BTreeSet<Digest>,
    /// `true` if these records contain nothing but the data. A permit requires it.
    pub are_exact: bool,
}

/// The names in a Consent, resolved by its receiver, who answers for them.
pub trait Directory {
    /// Returns `true` if the target is the patient whose keys will sign the grants.
    fn is_patient(&self, target: &Target) -> bool;

    /// Returns the readers that an actor denotes: one for a practitioner, the present members for
    /// an organisation or a group.
    fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>>;

    /// Returns the readers of a permit that names none. By default there are none, and such a
    /// permit is refused.
    fn everyone(&self) -> Option<BTreeSet<VerifyingKey>> {
        None
    }

    /// Returns all records of the patient, by the identifiers of their transactions. Without
    /// records there are no grants.
    fn records(&self) -> BTreeSet<Digest>;

    /// Returns the records with the data that a `data` element of meaning `instance` references.
    fn records_with(&self, data: &Target) -> Option<DataRecords>;

    /// Returns the labels of every resource in the restricted sections of all of the patient's
    /// records, as an institution knows that labels at the source; `None` if they are unknown, or
    /// if a resource has another label. A permit of `R`, or of a sensitivity, opens restricted
    /// sections only if it permits each resource. By default the labels are unknown, and the permit
    /// is refused.
    fn restricted_labels(&self) -> Option<BTreeSet<BTreeSet<SecurityLabel>>> {
        None
    }

    /// Returns the table of sensitive codes by which the records were divided.
    fn sensitive_codes(&self) -> &SensitiveCodes {
        SensitiveCodes::built_in()
    }

    /// Returns `true` if the policy of this URI restricts nothing beyond the provisions.
    fn accepts_policy(&self, uri: &str) -> bool {
        let _ = uri;
        false
    }
}

/// The effect of a Consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The logical identifier of the resource, by which the caller finds the grants of its earlier
    /// versions. A Consent without it is refused: its grants could not be revoked.
    pub id: String,
    /// The decision.
    pub decision: Decision,
}

/// The decision of a Consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The patient grants access, after the grants of earlier versions are revoked.
    Grant(Vec<Grant>),
    /// The grants of earlier versions are revoked.
    Revoke,
}

/// The part of a grant's terms that a Consent determines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The reader.
    pub reader: VerifyingKey,
    /// The classes of the sections, in ascending order.
    pub classes: Vec<Class>,
    /// The records, in ascending order.
    pub records: Vec<Digest>,
    /// `true` if the Consent covers later records as well. The records are then all records of the
    /// patient, since a grant over later records covers every record of its owner keys.
    pub later_records: bool,
    /// The start of the window, inclusive; `None` if the Consent has no start.
    pub from: Option<Time>,
    /// The end of the window, exclusive; `None` if the Consent has no end.
    pub until: Option<Time>,
}

impl Grant {
    /// Returns the terms of the grant, with its window cut to `within`; `None` if nothing remains.
    pub fn terms(
        &self,
        search: Vec<SearchTerm>,
        proxy: VerifyingKey,
        within: Range<Time>,
    ) -> Option<Terms> {
        let from = self.from.map_or(within.start, |from| from.max(within.start));
        let until = self.until.map_or(within.end, |until| until.min(within.end));
        (from < until).then(|| Terms {
            records: self.records.clone(),
            later_records: self.later_records,
            classes: self.classes.clone(),
            search,
            proxy,
            from,
            until,
        })
    }
}

/// Reads a Consent in JSON. Dates without a time are those of the time zone `zone`.
///
/// The grants are sorted by reader, start, classes and records. A Consent that is `inactive`,
/// `rejected` or `entered-in-error`, or whose only provision denies, revokes whatever else it
/// contains: a revocation is never refused for an element that is not understood. It is read
/// without a check of the patient: the caller checks that the identifier is one of the patient's.
///
/// # Errors
/// [`ConsentError`] with the path of the first element that is refused.
pub fn read(
    text: &[u8],
    directory: &dyn Directory,
    zone: UtcOffset,
) -> Result<Consent, ConsentError> {
    let value = json::parse(text, MAX_BYTES)?;
    let root = Element::root(&value, "Consent");
    if value.get("resourceType").and_then(|kind| kind.as_str()) != Some("Consent") {
        return Err(root.refuse(Refusal::NotConsent));
    }
    let resource = root.any_object()?;
    let id = resource.required("id")?.text()?.to_owned();
    if form::revokes(&resource)? {
        return Ok(Consent { id, decision: Decision::Revoke });
    }
    let base = form::check(&root, directory)?;
    let provisions = provision::read(&resource.required("provision")?, base, directory, zone)?;
    let grants = decision::grants(&provisions, &directory.records())
        .ok_or_else(|| resource.refuse("provision", Refusal::TooComplex))?;
    Ok(Consent { id, decision: Decision::Grant(grants) })
}
