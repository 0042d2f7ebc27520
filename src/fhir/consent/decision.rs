//! Grants from provisions: the decision of each combination of reader, class, record and time.
#![forbid(unsafe_code)]

use super::Grant;
use super::provision::Provision;
use crate::consensus::Digest;
use crate::ledger::Time;
use crate::record::Class;
use crate::sign::VerifyingKey;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Maximum number of decisions, each of which visits all provisions.
const MAX_DECISIONS: usize = 1 << 16;

/// The classes that a reader may open, for one period: of each known record, and of later ones.
struct Access {
    known: BTreeMap<BTreeSet<Class>, Vec<Digest>>,
    later: BTreeSet<Class>,
}

/// The scope of a grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    classes: BTreeSet<Class>,
    records: Vec<Digest>,
    later_records: bool,
}

/// A combination that no provision distinguishes further.
#[derive(Clone, Copy)]
struct Point<'a> {
    reader: &'a VerifyingKey,
    /// `None` for a later record.
    record: Option<&'a Digest>,
    time: Time,
    class: Class,
}

/// Returns the grants that permit exactly what the provisions permit, as far as grants express it;
/// `None` if there are too many combinations.
pub(super) fn grants(root: &Provision, records: &BTreeSet<Digest>) -> Option<Vec<Grant>> {
    let mut readers = BTreeSet::new();
    let mut bounds = BTreeSet::new();
    visit(root, &mut |provision| {
        readers.extend(provision.readers.iter().flatten().filter(|_| provision.permits).copied());
        bounds.extend([provision.times.start, provision.times.end]);
    });
    let groups = group(root, records);
    let decisions = readers.len() * bounds.len() * (groups.len() + 1) * Class::ALL.len();
    if decisions > MAX_DECISIONS {
        return None;
    }
    let bounds: Vec<Time> = bounds.into_iter().collect();
    let mut grants = Vec::new();
    for reader in &readers {
        let mut windows: BTreeMap<Scope, Vec<Range<Time>>> = BTreeMap::new();
        for bound in bounds.windows(2) {
            let window = bound[0]..bound[1];
            for scope in access(root, reader, window.start, &groups).into_scopes(records) {
                let windows = windows.entry(scope).or_default();
                match windows.last_mut() {
                    Some(last) if last.end == window.start => last.end = window.end,
                    _ => windows.push(window.clone()),
                }
            }
        }
        let of_reader = windows.into_iter().flat_map(|(scope, windows)| {
            windows.into_iter().map(move |window| Grant {
                reader: *reader,
                classes: scope.classes.iter().copied().collect(),
                records: scope.records.clone(),
                later_records: scope.later_records,
                from: (window.start > 0).then_some(window.start),
                until: (window.end < Time::MAX).then_some(window.end),
            })
        });
        let mut of_reader: Vec<Grant> = of_reader.collect();
        // The sort is stable, and the map is in order of classes and records.
        of_reader.sort_by_key(|grant| grant.from);
        grants.extend(of_reader);
    }
    Some(grants)
}

fn visit<'a>(provision: &'a Provision, f: &mut impl FnMut(&'a Provision)) {
    f(provision);
    provision.nested.iter().for_each(|nested| visit(nested, f));
}

/// Returns the records in groups that no provision distinguishes.
fn group(root: &Provision, records: &BTreeSet<Digest>) -> Vec<Vec<Digest>> {
    let mut lists = Vec::new();
    visit(root, &mut |provision| lists.extend(&provision.records));
    let mut groups: BTreeMap<Vec<bool>, Vec<Digest>> = BTreeMap::new();
    for record in records {
        let member = lists.iter().map(|list| list.contains(record)).collect();
        groups.entry(member).or_default().push(*record);
    }
    groups.into_values().collect()
}

/// Returns the access of a reader from `time` on, until the next bound of a provision.
fn access(root: &Provision, reader: &VerifyingKey, time: Time, groups: &[Vec<Digest>]) -> Access {
    let classes = |record: Option<&Digest>| -> BTreeSet<Class> {
        let permitted =
            |class: &Class| permitted(root, Point { reader, record, time, class: *class });
        Class::ALL.into_iter().filter(permitted).collect()
    };
    let mut known: BTreeMap<BTreeSet<Class>, Vec<Digest>> = BTreeMap::new();
    for group in groups {
        known.entry(classes(group.first())).or_default().extend(group);
    }
    known.values_mut().for_each(|records| records.sort());
    Access { known, later: classes(None) }
}

impl Access {
    /// Returns the scopes of grants. A grant over later records covers all records, so these must
    /// permit the same classes.
    fn into_scopes(self, records: &BTreeSet<Digest>) -> Vec<Scope> {
        let Self { known, later } = self;
        let covers_all = known.keys().all(|classes| classes.is_superset(&later));
        let later = (!later.is_empty() && !records.is_empty() && covers_all).then(|| Scope {
            classes: later,
            records: records.iter().copied().collect(),
            later_records: true,
        });
        let is_covered = |classes: &BTreeSet<Class>| {
            classes.is_empty() || later.as_ref().is_some_and(|later| later.classes == *classes)
        };
        let more: Vec<Scope> = known
            .into_iter()
            .filter(|(classes, _)| !is_covered(classes))
            .map(|(classes, records)| Scope { classes, records, later_records: false })
            .collect();
        later.into_iter().chain(more).collect()
    }
}

/// `permitted = opened(root) \ ⋃ closed(D)`, in the notation of the module [`consent`](super).
fn permitted(root: &Provision, point: Point<'_>) -> bool {
    opens(root, point) && !closes_within(&root.nested, point)
}

/// Returns `true` if the point is in `opened` of the provision.
fn opens(provision: &Provision, point: Point<'_>) -> bool {
    provision.permits && contains(provision, point)
        || provision.nested.iter().any(|nested| nested.permits && opens(nested, point))
}

/// Returns `true` if the point is in `closed` of a denial at any depth.
fn closes_within(provisions: &[Provision], point: Point<'_>) -> bool {
    provisions.iter().any(|provision| {
        let closes = !provision.permits && contains(provision, point) && !opens(provision, point);
        closes || closes_within(&provision.nested, point)
    })
}

/// Returns `true` if the point is in `own` of the provision. A later record may contain data that
/// is denied, and no data that is permitted is known to be in it.
fn contains(provision: &Provision, point: Point<'_>) -> bool {
    let Provision { readers, classes, records, times, .. } = provision;
    let classes = if point.record.is_some() { &classes.known } else { &classes.later };
    let of_record = |records: &BTreeSet<Digest>| {
        point.record.map_or(!provision.permits, |record| records.contains(record))
    };
    readers.as_ref().is_none_or(|readers| readers.contains(point.reader))
        && classes.contains(&point.class)
        && records.as_ref().is_none_or(of_record)
        && times.contains(&point.time)
}
