//! Comparisons agree with arithmetic, in the tree and in the matrix, and have minimal covers.

use crate::common::policy;
use crate::policy::generate::{config, domains, halved, intervals, name, spans_target, values};
use epione::policy::{
    AccessPolicy, Attribute, AttributeSet, Comparison, Date, Domain, InvalidPolicy, Node, Number,
    Prefix, Relation, Value,
};
use proptest::prelude::*;
use proptest::sample::select;

const RELATIONS: [Relation; 5] = [
    Relation::Less,
    Relation::LessOrEqual,
    Relation::Equal,
    Relation::GreaterOrEqual,
    Relation::Greater,
];

fn holds(relation: Relation, held: u32, bound: u32) -> bool {
    match relation {
        Relation::Less => held < bound,
        Relation::LessOrEqual => held <= bound,
        Relation::Equal => held == bound,
        Relation::GreaterOrEqual => held >= bound,
        Relation::Greater => held > bound,
    }
}

fn holder(label: &str, value: impl Into<Value>) -> AttributeSet {
    AttributeSet::new([Number::new(name(label), value).into()]).unwrap()
}

/// Evaluates the policy by its tree and by linear algebra over a key's attributes.
fn verdict(policy: &AccessPolicy, set: &AttributeSet) -> bool {
    let components = set.expanded();
    let by_algebra = spans_target(&policy.span_program(), |u| components.contains(u));
    assert_eq!(policy.is_satisfied_by(set), by_algebra, "{policy}");
    by_algebra
}

/// Two values of one domain, often neighbours.
fn pairs() -> impl Strategy<Value = (Value, Value)> {
    domains().prop_flat_map(|domain| {
        let near = (values(domain), -2_i64..=2).prop_map(move |(value, step)| {
            let other = (i64::from(value.number()) + step).clamp(0, domain.max().into());
            (value, Value::new(domain, other as u32).unwrap())
        });
        prop_oneof![near, (values(domain), values(domain))]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn comparisons_agree_with_arithmetic(
        (held, bound) in pairs(),
        relation in select(&RELATIONS[..]),
    ) {
        // With other leaves, so that the matrix has more than one column.
        let text = format!("(x {relation} {bound} and a) or (b and c)");
        let domain = bound.domain();
        let possible = (0..=1).any(|edge| holds(relation, edge * domain.max(), bound.number()))
            || relation == Relation::Equal;
        prop_assert_eq!(text.parse::<AccessPolicy>().is_ok(), possible, "{}", text);
        let mut set = holder("x", held);
        set.insert(name("a")).unwrap();
        if possible {
            let expected = holds(relation, held.number(), bound.number());
            prop_assert_eq!(verdict(&policy(&text), &set), expected, "{} on {}", text, set);
        }
    }

    #[test]
    fn ranges_agree_with_arithmetic(
        range in intervals(Just(name("x")), domains()),
        step in -1_i64..=1,
        upper in any::<bool>(),
        random in any::<u32>(),
    ) {
        let policy = AccessPolicy::new(Node::Comparison(range.clone())).unwrap();
        let (low, high) = (range.low().number(), range.high().number());
        let at_edge = i64::from(if upper { high } else { low }) + step;
        let max = range.domain().max();
        for held in [at_edge.clamp(0, max.into()) as u32, random & max] {
            let set = holder("x", Value::new(range.domain(), held).unwrap());
            let expected = (low..=high).contains(&held);
            prop_assert_eq!(verdict(&policy, &set), expected, "{} on {}", policy, set);
        }
    }

    #[test]
    fn covers_partition_the_interval_within_the_row_bound(
        range in intervals(Just(name("x")), domains()),
    ) {
        let width = range.domain().width() as usize;
        let (low, high) = (range.low().number(), range.high().number());
        let one_sided = low == 0 || high == range.domain().max();
        let most = if one_sided { width } else { 2 * width - 2 };
        let cover: Vec<Prefix> = range.cover().collect();
        prop_assert!(cover.len() <= most, "{}", range);
        prop_assert_eq!(cover.len(), range.rows());
        prop_assert_eq!((cover[0].first(), cover[cover.len() - 1].last()), (low, high));
        prop_assert!(cover.windows(2).all(|pair| pair[0].last() + 1 == pair[1].first()));
    }

    #[test]
    fn a_value_of_another_label_or_domain_does_not_satisfy(
        range in intervals(Just(name("x")), domains()),
        other in domains(),
    ) {
        let policy = AccessPolicy::new(Node::Comparison(range.clone())).unwrap();
        prop_assert!(!verdict(&policy, &holder("y", range.low())));
        if let Some(value) = Value::new(other, range.low().number())
            && other != range.domain()
        {
            prop_assert!(!verdict(&policy, &holder("x", value)), "{} on {}", policy, value);
        }
    }

    #[test]
    fn comparisons_in_one_and_become_their_intersection(
        (a, b, held) in domains().prop_flat_map(|domain| {
            let interval = || intervals(Just(name("x")), Just(domain));
            (interval(), interval(), values(domain))
        }),
    ) {
        let expected = |c: &Comparison| (c.low()..=c.high()).contains(&held);
        let both = Node::And(vec![Node::Comparison(a.clone()), Node::Comparison(b.clone())]);
        match AccessPolicy::new(both) {
            Ok(policy) => {
                prop_assert!(matches!(policy.root(), Node::Comparison(_)), "{}", policy);
                prop_assert_eq!(verdict(&policy, &holder("x", held)), expected(&a) && expected(&b));
            }
            Err(error) => {
                prop_assert_eq!(&error, &InvalidPolicy::EmptyIntersection(a.clone(), b.clone()));
                prop_assert!(a.high() < b.low() || b.high() < a.low());
            }
        }
    }
}

#[test]
fn covers_of_all_8_bit_intervals_equal_those_of_recursive_halving() {
    for low in 0..=255_u8 {
        for high in low..=255 {
            let range = Comparison::range(name("x"), low, high).unwrap();
            let cover: Vec<_> = range.cover().map(|p| (p.length(), p.first())).collect();
            assert_eq!(cover, halved((low.into(), high.into()), 0, 8, 8), "{range}");
        }
    }
}

#[test]
fn the_row_bounds_are_tight() {
    for domain in Domain::ALL {
        let (width, max) = (domain.width() as usize, domain.max());
        let rows = |low, high| {
            let value = |number| Value::new(domain, number).unwrap();
            Comparison::range(name("x"), value(low), value(high)).unwrap().rows()
        };
        assert_eq!(rows(1, max - 1), 2 * width - 2);
        assert_eq!(rows(1, max), width);
        assert_eq!(rows(0, max - 1), width);
        assert_eq!(rows(0, max), 1);
        assert_eq!(rows(max / 2 + 1, max), 1);
    }
}

#[test]
fn a_value_satisfies_at_most_one_row_of_a_comparison() {
    let policy = policy("x in 1..254u8");
    let program = policy.span_program();
    for held in 0..=255_u8 {
        let components = holder("x", held).expanded();
        assert_eq!(components.len(), 9, "one prefix per length");
        let rows = program.rows().iter().filter(|row| components.contains(&row.attribute)).count();
        assert_eq!(rows, usize::from((1..=254).contains(&held)));
        let selected = program.reconstruct(&holder("x", held)).map_or(0, |rows| rows.len());
        assert_eq!(selected, rows);
    }
}

#[test]
fn comparisons_merge_within_an_and_but_not_across_gates() {
    for (text, canonical) in [
        ("x >= 3 and x <= 9", "x in 3..9"),
        ("x <= 7 and (x >= 3 and x <= 9)", "x in 3..7"),
        ("(x >= 3 and x <= 9) or a", "x in 3..9 or a"),
        ("2 of (x >= 3 and x <= 9, a)", "2 of (x in 3..9, a)"),
        ("a and x >= 3 and b and x <= 9 and y < 3", "a and x in 3..9 and b and y <= 2"),
        // Comparisons that a gate separates do not merge.
        ("x >= 3 and (a and x <= 9)", "x >= 3 and (a and x <= 9)"),
        ("x >= 3 or x <= 9", "x >= 3 or x <= 9"),
        ("2 of (x >= 3, x <= 9)", "2 of (x >= 3, x <= 9)"),
    ] {
        assert_eq!(policy(text).to_string(), canonical);
    }
    let leaf = |text: &str| policy(text).root().clone();
    let satisfiable = Node::And(vec![leaf("a"), Node::Or(vec![leaf("b"), leaf("c")])]);
    assert!(AccessPolicy::new(satisfiable).is_ok());
    let contradictory = Node::And(vec![leaf("x < 3"), leaf("a"), leaf("x > 3")]);
    assert!(matches!(AccessPolicy::new(contradictory), Err(InvalidPolicy::EmptyIntersection(..))));
    let domains = Node::And(vec![leaf("x < 3u8"), leaf("x < 3")]);
    assert!(matches!(AccessPolicy::new(domains), Err(InvalidPolicy::DomainMismatch(..))));
}

#[test]
fn a_prefix_leaf_becomes_its_comparison() {
    let range = Comparison::range(name("x"), 6_u8, 9_u8).unwrap();
    for prefix in range.cover() {
        let (low, high) = (prefix.first() as u8, prefix.last() as u8);
        let policy = AccessPolicy::new(Node::Leaf(Attribute::Prefix(prefix))).unwrap();
        let block = Comparison::range(name("x"), low, high).unwrap();
        assert_eq!(policy.root(), &Node::Comparison(block));
        assert_eq!(policy.to_string().parse(), Ok(policy));
    }
}

/// A key with two ages satisfies a policy that no user satisfies.
#[test]
fn two_values_under_one_label_would_satisfy_contradictory_comparisons() {
    let (young, old) = (holder("x", 5_u8), holder("x", 30_u8));
    let mut both = young.clone();
    assert!(both.insert(Number::new(name("x"), 30_u8)).is_err());
    assert_eq!(both, young, "the set is unchanged");

    // A forged key with the components of both sets.
    let forged: Vec<Attribute> = young.expanded().into_iter().chain(old.expanded()).collect();
    let satisfies_forged = |text: &str| {
        let policy = policy(text);
        assert!(
            !verdict(&policy, &young)
                && !verdict(&policy, &old)
                && verdict(&policy, &holder("x", 20_u8))
        );
        spans_target(&policy.span_program(), |u| forged.contains(u))
    };
    // One row per comparison, and the forged key has both.
    assert!(satisfies_forged("x >= 18u8 and (x <= 25u8 or a)"), "the attack works");
    assert!(satisfies_forged("2 of (x >= 18u8, x <= 25u8)"), "the attack works");
    // In one `and` they are one interval, which contains neither value.
    assert!(!satisfies_forged("x >= 18u8 and x <= 25u8"));
}

#[test]
fn a_date_does_not_satisfy_a_comparison_of_numbers_or_vice_versa() {
    let day = Date::new(2026, 12, 1).unwrap();
    let date = policy("x >= 2026-12-01");
    assert!(verdict(&date, &holder("x", day)));
    assert!(verdict(&date, &holder("x", Date::LAST)));
    assert!(!verdict(&date, &holder("x", Date::new(2026, 11, 30).unwrap())));
    assert!(!verdict(&date, &holder("x", day.days())), "the same 16 bits");
    let number = policy(&format!("x >= {}u16", day.days()));
    assert!(!verdict(&number, &holder("x", day)));
    assert!(verdict(&number, &holder("x", day.days())));
}
