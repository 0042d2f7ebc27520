//! Generators of policies and attribute sets, and independent models of tokens and covers.

use crate::common::{attribute, campaign_factor, solvable};
use epione::algebra::Scalar;
use epione::policy::{
    AccessPolicy, Attribute, AttributeSet, Comparison, Domain, Listed, Name, Node, Number, Row,
    SpanProgram, UserAttribute, Value,
};
use proptest::prelude::*;
use proptest::sample::select;

/// 256 cases, times [`campaign_factor`].
pub(crate) fn config() -> ProptestConfig {
    let cases = 256 * u32::try_from(campaign_factor()).unwrap();
    ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}

/// Names that an incorrect printer or parser would mistake for other tokens.
const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "and",
    "or",
    "of",
    "not",
    "in",
    "AND",
    "Or",
    "oF",
    "NOT",
    "In",
    "7",
    "007",
    "18u8",
    "2026-12-01",
    "18..65",
    "a..b",
    "2nd",
    "2 of (a, b)",
    "a >= 18",
    "x in 1..2u8",
    "role#3:doctor",
    "not role:nurse",
    "#",
    ":",
    "..",
    ">=",
    "-a",
    "_a",
    "\"",
    "\\",
    "\\\"",
    " a",
    "a and b",
    "ü",
    "x:y@z/-_.",
];

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn names() -> impl Strategy<Value = Name> {
    prop_oneof![
        6 => select(&["a", "b", "c", "d"][..]).prop_map(str::to_owned),
        4 => select(NAMES).prop_map(str::to_owned),
        // DI: Default_Ignorable_Code_Point; the others show nothing either.
        1 => "[^\\p{C}\\p{Z}\\p{DI}\u{2800}\u{13441}\u{13442}\u{16fe4}\u{1d159}]{1,12}",
    ]
    .prop_map(|text| Name::new(text).unwrap())
}

/// Values of a domain, with frequent boundary values.
pub(crate) fn values(domain: Domain) -> impl Strategy<Value = Value> {
    let max = domain.max();
    let edges = vec![0, 1, 2, max / 2, max / 2 + 1, max - 2, max - 1, max];
    prop_oneof![select(edges), 0..=max, 0..=max.min(40)]
        .prop_map(move |number| Value::new(domain, number).unwrap())
}

pub(crate) fn domains() -> impl Strategy<Value = Domain> {
    select(&Domain::ALL[..])
}

/// Intervals of a domain, with frequent boundary values, and sometimes the whole domain.
pub(crate) fn intervals(
    label: impl Strategy<Value = Name>,
    domain: impl Strategy<Value = Domain>,
) -> impl Strategy<Value = Comparison> {
    let ends = domain.prop_flat_map(|domain| {
        let edge = move |number| Value::new(domain, number).unwrap();
        let all = Just((edge(0), edge(domain.max())));
        prop_oneof![9 => (values(domain), values(domain)), 1 => all]
    });
    (label, ends).prop_map(|(label, (a, b))| Comparison::range(label, a.min(b), a.max(b)).unwrap())
}

pub(crate) fn listed() -> impl Strategy<Value = Listed> {
    let labels = select(&["role", "in", "my role"][..]);
    (labels, select(&[0, 3, u32::MAX][..]), names())
        .prop_map(|(label, version, value)| Listed::new(name(label), version, value).unwrap())
}

/// Leaves of all kinds.
fn leaves() -> impl Strategy<Value = Node> {
    prop_oneof![
        4 => names().prop_map(|name| Node::Leaf(Attribute::Name(name))),
        3 => intervals(names(), domains()).prop_map(Node::Comparison),
        1 => listed().prop_map(|listed| Node::Leaf(Attribute::Listed(listed))),
    ]
}

pub(crate) fn trees(leaves: impl Strategy<Value = Node> + 'static) -> impl Strategy<Value = Node> {
    leaves.prop_recursive(4, 14, 4, |inner| {
        let many = prop::collection::vec(inner.clone(), 2..5);
        let some = prop::collection::vec(inner, 1..5);
        prop_oneof![
            many.clone().prop_map(Node::And),
            many.prop_map(Node::Or),
            (some, any::<prop::sample::Index>()).prop_map(|(children, k)| {
                Node::Threshold(k.index(children.len()) + 1, children)
            }),
        ]
    })
}

/// Valid policies; the other trees have comparisons that exclude each other.
fn policies_of(
    leaves: impl Strategy<Value = Node> + 'static,
) -> impl Strategy<Value = AccessPolicy> {
    trees(leaves)
        .prop_filter_map("comparisons exclude each other", |root| AccessPolicy::new(root).ok())
}

pub(crate) fn policies() -> impl Strategy<Value = AccessPolicy> {
    policies_of(leaves())
}

/// Policies over four names, two numbers and a role, with repeated attributes and shared prefixes.
pub(crate) fn small_policies() -> impl Strategy<Value = AccessPolicy> {
    let names = select(&["a", "b", "c", "d"][..]);
    let labels = select(&["x", "y"][..]).prop_map(name);
    let ends = (0_u8..24, 0_u8..24);
    let comparison = (labels, ends)
        .prop_map(|(label, (a, b))| Comparison::range(label, a.min(b), a.max(b)).unwrap());
    let role = select(&["r", "s"][..]);
    policies_of(prop_oneof![
        4 => names.prop_map(|name| Node::Leaf(attribute(name))),
        3 => comparison.prop_map(Node::Comparison),
        1 => role.prop_map(|value| {
            Node::Leaf(Attribute::Listed(Listed::new(name("role"), 1, name(value)).unwrap()))
        }),
    ])
}

/// Attribute sets over the universe of the small policies.
pub(crate) fn small_sets() -> impl Strategy<Value = AttributeSet> {
    let names = prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4);
    let number = || prop::option::weighted(0.8, 0_u8..24);
    let role = prop::option::of(select(&["r", "s"][..]));
    (names, number(), number(), role).prop_map(|(names, x, y, role)| {
        let mut set = AttributeSet::from_names(names).unwrap();
        for (label, value) in [("x", x), ("y", y)] {
            if let Some(value) = value {
                set.insert(Number::new(name(label), value)).unwrap();
            }
        }
        if let Some(role) = role {
            set.insert(Listed::new(name("role"), 1, name(role)).unwrap()).unwrap();
        }
        set
    })
}

/// Attribute sets of all kinds.
pub(crate) fn sets() -> impl Strategy<Value = AttributeSet> {
    let number = (names(), domains().prop_flat_map(values));
    let attribute = prop_oneof![
        names().prop_map(UserAttribute::from),
        number.prop_map(|(label, value)| Number::new(label, value).into()),
        listed().prop_map(UserAttribute::from),
    ];
    prop::collection::vec(attribute, 0..8).prop_map(|attributes| {
        let mut set = AttributeSet::default();
        for attribute in attributes {
            // A second value under a label is rejected and skipped.
            let _ = set.insert(attribute);
        }
        set
    })
}

/// An independent tokenizer for canonical texts.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let symbol = ["<=", ">=", "..", "<", ">", "=", "(", ")", ",", "#"]
            .into_iter()
            .find(|symbol| rest.starts_with(symbol));
        // A colon is part of a bare name, except after a vocabulary's version.
        let after_version = tokens.len() >= 2 && tokens[tokens.len() - 2] == "#";
        let length = match first {
            _ if symbol.is_some() => symbol.unwrap().len(),
            ':' if after_version => 1,
            '"' => quoted_length(rest),
            c if c.is_ascii_digit() => {
                let end = rest.find([' ', '(', ')', ',', ':']).unwrap_or(rest.len());
                rest[..end].find("..").unwrap_or(end)
            }
            _ => rest.find([' ', '(', ')', ',', '#', '=']).unwrap_or(rest.len()),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    let closing = text[1..].char_indices().find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    closing.unwrap().0 + 2
}

pub(crate) fn parse(tokens: &[String]) -> Option<AccessPolicy> {
    tokens.join(" ").parse().ok()
}

/// Returns `true` if the held rows span `(1, 0, ..., 0)`, by linear algebra without the tree.
pub(crate) fn spans_target(program: &SpanProgram, held: impl Fn(&Attribute) -> bool) -> bool {
    let rows: Vec<&Row> = program.rows().iter().filter(|row| held(&row.attribute)).collect();
    let equations = (0..program.columns()).map(|column| {
        let entry = |row: &&Row| {
            let found = row.entries.iter().find(|(c, _)| *c == column);
            found.map_or(Scalar::ZERO, |(_, value)| *value)
        };
        let target = if column == 0 { Scalar::ONE } else { Scalar::ZERO };
        rows.iter().map(entry).chain([target]).collect()
    });
    solvable(equations.collect(), rows.len())
}

/// The attributes of a policy's rows, each with its prefix length and first value (0 for names).
pub(crate) fn expanded(node: &Node) -> Vec<(String, u32, u32)> {
    match node {
        Node::Leaf(attribute) => vec![(attribute.to_string(), 0, 0)],
        Node::Comparison(comparison) => {
            let (domain, width) = (comparison.domain(), comparison.domain().width());
            let ends = (comparison.low().number(), comparison.high().number());
            let blocks = halved(ends, 0, width, width);
            let label = format!("{} {domain}", comparison.label());
            blocks.into_iter().map(|(length, first)| (label.clone(), length, first)).collect()
        }
        Node::And(c) | Node::Or(c) | Node::Threshold(_, c) => c.iter().flat_map(expanded).collect(),
    }
}

/// The cover of an interval by recursive halving, below the block of `2^bits` values at `first`.
pub(crate) fn halved(ends: (u32, u32), first: u32, bits: u32, width: u32) -> Vec<(u32, u32)> {
    let last = u64::from(first) + (1 << bits) - 1;
    if ends.1 < first || last < ends.0.into() {
        return Vec::new();
    }
    if ends.0 <= first && last <= ends.1.into() {
        return vec![(width - bits, first)];
    }
    let middle = first + (1 << (bits - 1));
    let halves = [first, middle].into_iter();
    halves.flat_map(|half| halved(ends, half, bits - 1, width)).collect()
}

/// The attribute of a row in the form of [`expanded`].
pub(crate) fn row_name(attribute: &Attribute) -> (String, u32, u32) {
    match attribute {
        Attribute::Prefix(p) => (format!("{} {}", p.label(), p.domain()), p.length(), p.first()),
        other => (other.to_string(), 0, 0),
    }
}
