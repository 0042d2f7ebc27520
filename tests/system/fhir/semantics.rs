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

/// The decision by the definition in the documentation, point by point. `None` for a permit that
/// adds readers or records, which is refused.
fn model(tree: &Tree, point: (usize, usize, Class, u8)) -> bool {
    /// The readers, records, labels and periods of ancestors, which a permit inherits.
    #[derive(Clone, Default)]
    struct Inherited {
        readers: Vec<usize>,
        records: Vec<usize>,
        closed: Option<Vec<Class>>,
        days: Vec<(u8, u8)>,
    }
    fn effective(
        tree: &Tree,
        from: &Inherited,
        p: (usize, usize, Class, u8),
    ) -> (bool, bool, bool) {
        let (reader, record, class, day) = p;
        let from = if tree.permits { from.clone() } else { Inherited::default() };
        let or = |own: &Vec<usize>, other: &Vec<usize>| {
            if own.is_empty() { other.clone() } else { own.clone() }
        };
        let closed = match (tree.labels.first(), tree.permits) {
            (None, true) => from.closed.clone(),
            (None, false) => None,
            (Some(&"N"), true) => Some(vec![Class::Restricted, Class::Document]),
            (Some(_), true) => Some(vec![Class::Document]),
            (Some(&"N"), false) => Some(vec![]),
            (Some(_), false) => Some(all_but(&[Class::Restricted, Class::Document])),
        };
        let mut days = from.days.clone();
        days.extend(tree.days);
        let own = Inherited {
            readers: or(&tree.readers, &from.readers),
            records: or(&tree.records, &from.records),
            closed,
            days,
        };
        let contains = (own.readers.is_empty() || own.readers.contains(&reader))
            && (own.records.is_empty() || own.records.contains(&record))
            && !own.closed.iter().flatten().any(|closed| *closed == class)
            && own.days.iter().all(|(start, length)| (*start..=start + length).contains(&day));
        let nested = |permits: bool| {
            tree.nested
                .iter()
                .filter(|nested| nested.permits == permits)
                .any(|nested| effective(nested, &own, p).0)
        };
        let (permit, deny) = (nested(true), nested(false));
        let decides =
            if tree.permits { (contains || permit) && !deny } else { contains && !permit || deny };
        (decides, permit, deny)
    }
    let (decides, permit, deny) = effective(tree, &Inherited::default(), point);
    if tree.permits { decides } else { permit && !deny }
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
        }
    }
}
