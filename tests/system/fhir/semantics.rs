//! The grants of generated consents, compared point by point with the definition.

use super::consent::{Names, actor, all_but, consent, instance, level};
use epione::fhir::consent::{Decision, UtcOffset, read};
use epione::record::Class;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A provision of the generated consents.
#[derive(Debug, Clone)]
struct Tree {
    permits: bool,
    readers: Vec<usize>,
    records: Vec<usize>,
    labels: Vec<&'static str>,
    days: Option<(u8, u8)>,
    nested: Vec<Tree>,
}

impl Tree {
    fn json(&self) -> Value {
        let mut value = json!({"type": if self.permits { "permit" } else { "deny" }});
        let mut list = |key: &str, items: Vec<Value>| {
            if !items.is_empty() {
                value[key] = items.into();
            }
        };
        list("actor", self.readers.iter().map(|i| actor(&format!("Practitioner/{i}"))).collect());
        let data = |i: &usize| instance(&format!("DocumentReference/{i}"));
        list("data", self.records.iter().map(data).collect());
        list("securityLabel", self.labels.iter().map(|code| level(code)).collect());
        list("provision", self.nested.iter().map(Self::json).collect());
        if let Some((start, length)) = self.days {
            let date = |day: u8| format!("1970-01-{:02}", day + 1);
            value["period"] = json!({"start": date(start), "end": date(start + length)});
        }
        value
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let node = (
        any::<bool>(),
        proptest::sample::subsequence(vec![0, 1, 2], 0..=2),
        proptest::sample::subsequence(vec![0, 1, 2], 0..=2),
        proptest::sample::subsequence(vec!["N", "V"], 0..=1),
        proptest::option::of((0..6u8, 0..4u8)),
    );
    let leaf = node.prop_map(|(permits, readers, records, labels, days)| Tree {
        permits,
        readers,
        records,
        labels,
        days,
        nested: vec![],
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..3)).prop_map(|(mut root, nested)| {
            root.nested = nested;
            root
        })
    })
}

/// The readers, records, closed classes and periods of a provision. Empty lists are unconstrained.
#[derive(Clone, Default)]
struct Content {
    readers: Vec<usize>,
    records: Vec<usize>,
    closed: Vec<Class>,
    days: Vec<(u8, u8)>,
}

impl Content {
    /// A permit inherits what it does not state, and all periods. A denial inherits nothing.
    fn of(tree: &Tree, parent: &Self) -> Self {
        let from = if tree.permits { parent.clone() } else { Self::default() };
        let or = |own: &Vec<usize>, other: Vec<usize>| {
            if own.is_empty() { other } else { own.clone() }
        };
        let closed = match (tree.labels.first(), tree.permits) {
            (None, _) => from.closed,
            (Some(&"N"), true) => vec![Class::Restricted, Class::Document],
            (Some(_), true) => vec![Class::Document],
            (Some(&"N"), false) => vec![],
            (Some(_), false) => all_but(&[Class::Restricted, Class::Document]),
        };
        Self {
            readers: or(&tree.readers, from.readers),
            records: or(&tree.records, from.records),
            closed,
            days: from.days.into_iter().chain(tree.days).collect(),
        }
    }

    fn contains(&self, (reader, record, class, day): Point) -> bool {
        (self.readers.is_empty() || self.readers.contains(&reader))
            && (self.records.is_empty() || self.records.contains(&record))
            && !self.closed.contains(&class)
            && self.days.iter().all(|(start, length)| (*start..=start + length).contains(&day))
    }
}

/// Reader, record, class and day.
type Point = (usize, usize, Class, u8);

/// Returns the decision from the leaves up.
fn model(tree: &Tree, point: Point) -> bool {
    let root = Content::of(tree, &Content::default());
    let (opened, closed) = exceptions(tree, &root, point);
    (tree.permits && root.contains(point) || opened) && !closed
}

/// Returns `true` if a permit directly within a provision opens the point, and `true` if a denial
/// at any depth closes it.
fn exceptions(tree: &Tree, content: &Content, point: Point) -> (bool, bool) {
    let (mut opens, mut closes) = (false, false);
    for nested in &tree.nested {
        let content = Content::of(nested, content);
        let applies = content.contains(point);
        let (opened, closed) = exceptions(nested, &content, point);
        opens |= nested.permits && (applies || opened) && !closed;
        closes |= closed || !nested.permits && applies && !opened;
    }
    (opens, closes)
}

/// Returns the types of the provisions that apply and contain no other that applies.
fn innermost(tree: &Tree, parent: &Content, point: Point) -> Vec<bool> {
    let content = Content::of(tree, parent);
    let nested = tree.nested.iter();
    let below: Vec<bool> = nested.flat_map(|nested| innermost(nested, &content, point)).collect();
    if below.is_empty() && content.contains(point) { vec![tree.permits] } else { below }
}

proptest! {
    #[test]
    fn grants_cover_exactly_what_the_provisions_permit(tree in trees()) {
        let names = Names { everyone: true, ..Names::new() };
        let mut tree = tree;
        if !tree.permits {
            tree.records.clear();
            tree.labels.clear();
        }
        let text = consent(tree.json()).to_string();
        // Permits that add readers or records are refused; a third of the trees have none.
        let read = read(text.as_bytes(), &names, UtcOffset::UTC);
        prop_assume!(read.is_ok());
        let grants = match read.unwrap().decision {
            Decision::Grant(grants) => grants,
            Decision::Revoke => vec![],
        };
        let mut granted: BTreeMap<_, bool> = BTreeMap::new();
        for day in 0..12u8 {
            let noon = u64::from(day) * 86_400_000 + 43_200_000;
            for (reader, key) in names.readers.iter().enumerate() {
                for (record, id) in names.records.iter().enumerate() {
                    for class in Class::ALL {
                        let covers = grants.iter().any(|grant| {
                            grant.reader == *key
                                && grant.records.contains(id)
                                && grant.classes.contains(&class)
                                && grant.from.is_none_or(|from| from <= noon)
                                && grant.until.is_none_or(|until| noon < until)
                        });
                        granted.insert((reader, record, class, day), covers);
                    }
                }
            }
        }
        for (point, covers) in granted {
            prop_assert_eq!(covers, model(&tree, point), "{:?} of {}", point, tree.json());
            if covers {
                let innermost = innermost(&tree, &Content::default(), point);
                prop_assert!(innermost.contains(&true), "{:?} of {}", point, tree.json());
                prop_assert!(!innermost.contains(&false), "{:?} of {}", point, tree.json());
            }
        }
    }
}
