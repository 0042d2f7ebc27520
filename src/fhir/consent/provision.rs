//! Provisions as sets of readers, classes, records and times.
#![forbid(unsafe_code)]

use super::element::{Element, Object};
use super::form::Base;
use super::labels::{self, Classes};
use super::{ConsentError, Directory, MAX_NESTING, MAX_PROVISIONS, Refusal, UtcOffset, coding};
use crate::consensus::Digest;
use crate::fhir::time;
use crate::ledger::Time;
use crate::sign::VerifyingKey;
use std::collections::BTreeSet;
use std::ops::Range;

/// The members of a provision that the mapping reads.
const READ: [&str; 8] =
    ["type", "period", "actor", "action", "securityLabel", "code", "data", "provision"];
/// Restrictions that neither keys nor the contract enforce: the purpose of use, the resource or
/// document type, and the time at which data was created.
const NOT_ENFORCED: [&str; 3] = ["class", "dataPeriod", "purpose"];

const MEANINGS: &[&str] = &["instance", "related", "dependents", "authoredby"];
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ACTION: &str = "http://terminology.hl7.org/CodeSystem/consentaction";

/// A provision. `None` stands for no constraint.
#[derive(Debug, Clone)]
pub(super) struct Provision {
    pub(super) permits: bool,
    pub(super) readers: Option<BTreeSet<VerifyingKey>>,
    pub(super) classes: Classes,
    pub(super) records: Option<BTreeSet<Digest>>,
    pub(super) times: Range<Time>,
    pub(super) nested: Vec<Provision>,
    /// `false` for readers that a permit has from [`Directory::everyone`].
    names_readers: bool,
}

struct Reader<'a> {
    directory: &'a dyn Directory,
    zone: UtcOffset,
    count: usize,
}

/// The provision that contains another.
#[derive(Clone, Copy)]
struct Parent<'a> {
    provision: &'a Provision,
    depth: usize,
    /// `true` if a permit below it adds to what the Consent permits, and is not merely an exception
    /// to a denial.
    grants: bool,
}

/// Reads the root provision. FHIR R4 states its type as `policyRule`, IHE PCF as `type`.
pub(super) fn read(
    root: &Element<'_>,
    base: Option<Base>,
    directory: &dyn Directory,
    zone: UtcOffset,
) -> Result<Provision, ConsentError> {
    let mut reader = Reader { directory, zone, count: 0 };
    let object = reader.object(root)?;
    let stated = object.optional("type").map(|kind| permits(&kind)).transpose()?;
    let permits = match (stated, base.map(|base| base == Base::Permit)) {
        (Some(stated), Some(base)) if stated != base => {
            return Err(object.refuse("type", Refusal::ContradictoryBaseRule));
        }
        (Some(permits), _) | (None, Some(permits)) => permits,
        (None, None) => return Err(object.refuse("type", Refusal::NoBaseRule)),
    };
    if !permits {
        // A nested permit would inherit them, and what a denial closes is not what a permit opens.
        let data = ["securityLabel", "code", "data", "action"];
        if let Some(key) = data.into_iter().find(|key| object.has(key)) {
            return Err(object.refuse(key, Refusal::PartialRootDenial));
        }
    }
    reader.provision(&object, permits, None)
}

fn permits(kind: &Element<'_>) -> Result<bool, ConsentError> {
    match kind.text()? {
        "permit" => Ok(true),
        "deny" => Ok(false),
        _ => Err(kind.refuse(Refusal::UnknownCode { allowed: &["deny", "permit"] })),
    }
}

impl Reader<'_> {
    fn object<'a>(&mut self, element: &Element<'a>) -> Result<Object<'a>, ConsentError> {
        self.count += 1;
        if self.count > MAX_PROVISIONS {
            return Err(element.refuse(Refusal::TooMany));
        }
        let object = element.any_object()?;
        match NOT_ENFORCED.into_iter().find(|key| object.has(key)) {
            Some(key) => Err(object.refuse(key, Refusal::NotEnforced)),
            None => element.object(&READ, &["id"]),
        }
    }

    fn provision(
        &mut self,
        object: &Object<'_>,
        permits: bool,
        parent: Option<Parent<'_>>,
    ) -> Result<Provision, ConsentError> {
        let grants = parent.is_none_or(|parent| parent.grants && permits);
        // A denial inherits nothing: without an element it is unconstrained in it.
        let inherited = parent.filter(|_| permits).map(|parent| parent.provision);
        self.check_actions(object, permits)?;
        let (readers, names_readers) = self.readers(object, permits && grants, inherited)?;
        let mut times = self.period(object)?;
        if let Some(inherited) = inherited {
            times.start = times.start.max(inherited.times.start);
            times.end = times.end.min(inherited.times.end);
        }
        let classes = self.classes(object, permits, inherited)?;
        let records = self.records(object, permits, grants, inherited)?;
        let nested = Vec::new();
        let mut provision =
            Provision { permits, readers, classes, records, times, nested, names_readers };
        let depth = parent.map_or(0, |parent| parent.depth + 1);
        let mut nested = Vec::new();
        for element in object.list("provision")? {
            if depth == MAX_NESTING {
                return Err(element.refuse(Refusal::TooDeep));
            }
            let object = self.object(&element)?;
            let permits = self::permits(&object.required("type")?)?;
            let parent = Parent { provision: &provision, depth, grants };
            nested.push(self.provision(&object, permits, Some(parent))?);
        }
        provision.nested = nested;
        Ok(provision)
    }

    /// Grants and their absence express the action `access`.
    fn check_actions(&self, object: &Object<'_>, permits: bool) -> Result<(), ConsentError> {
        let mut has_access = false;
        let actions = object.list("action")?;
        for action in &actions {
            let name = |system: &str, code: &str| match code {
                "access" | "collect" | "use" | "disclose" | "correct" if system == ACTION => {
                    Some(code == "access")
                }
                _ => None,
            };
            let is_access = coding::meaning(action, name, Refusal::Action)?;
            // A denial of another action would have to be enforced on the opened data.
            if !permits && !is_access {
                return Err(action.refuse(Refusal::NotEnforced));
            }
            has_access |= is_access;
        }
        if actions.is_empty() || has_access {
            Ok(())
        } else {
            Err(object.refuse("action", Refusal::Action))
        }
    }

    fn readers(
        &self,
        object: &Object<'_>,
        grants: bool,
        inherited: Option<&Provision>,
    ) -> Result<(Option<BTreeSet<VerifyingKey>>, bool), ConsentError> {
        let mut readers = BTreeSet::new();
        let actors = object.list("actor")?;
        for actor in &actors {
            let actor = actor.object(&["role", "reference"], &["id"])?;
            let is_recipient = |system: &str, code: &str| {
                (system == PARTICIPATION && ["IRCP", "PRCP"].contains(&code)).then_some(())
            };
            coding::meaning(&actor.required("role")?, is_recipient, Refusal::NotRecipient)?;
            let reference = actor.required("reference")?;
            let find = |target: &_| self.directory.readers(target);
            let found = coding::resolve(&reference, find, Refusal::UnknownReader)?;
            let wider = |outer: &BTreeSet<VerifyingKey>| !found.is_subset(outer);
            let named = inherited.filter(|inherited| grants && inherited.names_readers);
            if named.and_then(|named| named.readers.as_ref()).is_some_and(wider) {
                return Err(reference.refuse(Refusal::Wider));
            }
            readers.extend(found);
        }
        let names_inherited = inherited.is_some_and(|inherited| inherited.names_readers);
        match inherited.and_then(|inherited| inherited.readers.clone()) {
            _ if !actors.is_empty() => Ok((Some(readers), true)),
            Some(inherited) => Ok((Some(inherited), names_inherited)),
            None if grants => {
                let everyone = self.directory.everyone();
                let everyone = everyone.ok_or_else(|| object.refuse("actor", Refusal::NoReader))?;
                Ok((Some(everyone), false))
            }
            None => Ok((None, false)),
        }
    }

    fn classes(
        &self,
        object: &Object<'_>,
        permits: bool,
        inherited: Option<&Provision>,
    ) -> Result<Classes, ConsentError> {
        let (labels, codes) = (object.list("securityLabel")?, object.list("code")?);
        if permits {
            if !codes.is_empty() {
                return Err(object.refuse("code", Refusal::Code));
            }
            if !labels.is_empty() {
                return labels::permitted(&labels, self.directory);
            }
            return Ok(inherited.map_or_else(Classes::all, |inherited| inherited.classes.clone()));
        }
        let mut denied = Classes::all();
        if !labels.is_empty() {
            denied = denied.intersection(&labels::denied(&labels)?);
        }
        if !codes.is_empty() {
            let table = self.directory.sensitive_codes();
            denied = denied.intersection(&labels::denied_codes(&codes, table)?);
        }
        Ok(denied)
    }

    fn records(
        &self,
        object: &Object<'_>,
        permits: bool,
        grants: bool,
        inherited: Option<&Provision>,
    ) -> Result<Option<BTreeSet<Digest>>, ConsentError> {
        let data = object.list("data")?;
        if data.is_empty() {
            return Ok(inherited.and_then(|inherited| inherited.records.clone()));
        }
        let all = self.directory.records();
        let outer = inherited.and_then(|inherited| inherited.records.as_ref()).filter(|_| grants);
        let mut records = BTreeSet::new();
        for data in &data {
            let data = data.object(&["meaning", "reference"], &["id"])?;
            let meaning = data.required("meaning")?;
            match meaning.text()? {
                "instance" => {}
                "related" | "dependents" | "authoredby" => {
                    return Err(meaning.refuse(Refusal::NotEnforced));
                }
                _ => return Err(meaning.refuse(Refusal::UnknownCode { allowed: MEANINGS })),
            }
            let reference = data.required("reference")?;
            let find = |target: &_| self.directory.records_with(target);
            let found = coding::resolve(&reference, find, Refusal::UnknownData)?;
            if permits && !found.are_exact {
                return Err(reference.refuse(Refusal::PartOfRecord));
            }
            if permits && !found.records.is_subset(&all) {
                return Err(reference.refuse(Refusal::UnknownData));
            }
            if outer.is_some_and(|outer| !found.records.is_subset(outer)) {
                return Err(reference.refuse(Refusal::Wider));
            }
            records.extend(found.records);
        }
        Ok(Some(records))
    }

    /// Returns the times of `period`: inclusive bounds of FHIR as a half-open range.
    fn period(&self, object: &Object<'_>) -> Result<Range<Time>, ConsentError> {
        let Some(element) = object.optional("period") else { return Ok(0..Time::MAX) };
        let period = element.object(&["start", "end"], &["id"])?;
        let bound =
            |key: &str| period.optional(key).map(|bound| self.date_time(&bound)).transpose();
        let (start, end) = (bound("start")?, bound("end")?);
        if let (Some(start), Some(end)) = (&start, &end)
            && start.start >= end.end
        {
            return Err(period.refuse_self(Refusal::EmptyPeriod));
        }
        // The ledger has no times before 1970.
        let time = |time: i64| Time::try_from(time).unwrap_or(0);
        let start = start.map_or(0, |start| time(start.start));
        Ok(start..end.map_or(Time::MAX, |end| time(end.end)))
    }

    fn date_time(&self, element: &Element<'_>) -> Result<Range<i64>, ConsentError> {
        let text = element.text()?;
        time::date_time(text, self.zone).ok_or_else(|| {
            let lacks_zone = time::date_time(&format!("{text}Z"), self.zone).is_some();
            element.refuse(if lacks_zone { Refusal::NoZone } else { Refusal::NotDateTime })
        })
    }
}
