//! Policies: the language has one meaning a text, the span program is the policy.
#![allow(clippy::unwrap_used)]

mod common;

/// So that `cargo test policy` selects all of them.
mod policy {
    mod values;

    use crate::common::{attribute, attributes, policy, rng, solvable};
    use epione::abe::Header;
    use epione::algebra::Scalar;
    use epione::algebra::codec::Canonical;
    use epione::policy::{
        AccessPolicy, Attribute, AttributeSet, InvalidPolicy, MAX_DEPTH, MAX_LEAVES, MAX_LENGTH,
        Node,
    };
    use proptest::prelude::*;

    /// Names that a careless printer or parser gets wrong.
    const NAMES: [&str; 20] = [
        "a",
        "b",
        "c",
        "d",
        "and",
        "or",
        "of",
        "AND",
        "Or",
        "oF",
        "7",
        "007",
        "2 of (a, b)",
        "\"",
        "\\",
        "\\\"",
        " ",
        "a and b",
        "ü",
        "x:y@z/-_.",
    ];

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => prop::sample::select(&["a", "b", "c", "d"][..]).prop_map(str::to_owned),
            3 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
            1 => "[^\\p{C}\\p{Zl}\\p{Zp}]{1,12}",
        ]
    }

    fn tree(names: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Node> {
        let leaf = names.prop_map(|name| Node::Leaf(attribute(&name)));
        leaf.prop_recursive(4, 14, 4, |inner| {
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

    fn policies() -> impl Strategy<Value = AccessPolicy> {
        tree(name()).prop_map(|root| AccessPolicy::new(root).unwrap())
    }

    /// Policies over four names, so that attributes repeat.
    fn small_policies() -> impl Strategy<Value = AccessPolicy> {
        let names = prop::sample::select(&["a", "b", "c", "d"][..]).prop_map(str::to_owned);
        tree(names).prop_map(|root| AccessPolicy::new(root).unwrap())
    }

    fn sets() -> impl Strategy<Value = AttributeSet> {
        prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4)
            .prop_map(|names| AttributeSet::from_names(names).unwrap())
    }

    /// The words, quoted names and signs of a canonical text.
    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '(' | ')' | ',' => 1,
                '"' => {
                    let mut escaped = false;
                    let closing = rest[1..].char_indices().find(|(_, c)| {
                        let closes = *c == '"' && !escaped;
                        escaped = *c == '\\' && !escaped;
                        closes
                    });
                    closing.unwrap().0 + 2
                }
                _ => rest.find([' ', '(', ')', ',']).unwrap_or(rest.len()),
            };
            tokens.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
        tokens
    }

    fn parse(tokens: &[String]) -> Option<AccessPolicy> {
        tokens.join(" ").parse().ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

        #[test]
        fn printing_and_parsing_are_inverse(policy in policies()) {
            let text = policy.to_string();
            prop_assert_eq!(text.parse::<AccessPolicy>(), Ok(policy.clone()), "{}", text);
            prop_assert_eq!(parse(&tokens(&text)), Some(policy), "spaces between tokens mean nothing");
        }

        #[test]
        fn a_deleted_token_is_an_error_or_another_policy(policy in policies()) {
            let tokens = tokens(&policy.to_string());
            for i in 0..tokens.len() {
                let mut fewer = tokens.clone();
                let gone = fewer.remove(i);
                prop_assert_ne!(parse(&fewer), Some(policy.clone()), "{} without {} at {}", policy, gone, i);
            }
        }

        #[test]
        fn an_inserted_token_is_an_error_or_another_policy(policy in policies()) {
            let tokens = tokens(&policy.to_string());
            for i in 0..=tokens.len() {
                for token in ["and", "or", "of", "(", ")", ",", "0", "1", "2", "a", "\"and\"", "AND", "&"] {
                    let mut more = tokens.clone();
                    more.insert(i, token.to_owned());
                    prop_assert_ne!(parse(&more), Some(policy.clone()), "{} with {} at {}", policy, token, i);
                }
            }
        }

        #[test]
        fn an_exchanged_gate_is_an_error_or_another_policy(policy in policies()) {
            let tokens = tokens(&policy.to_string());
            for (i, token) in tokens.iter().enumerate() {
                let other = match token.as_str() {
                    "and" => "or",
                    "or" => "and",
                    number if number.bytes().all(|b| b.is_ascii_digit()) => "3",
                    _ => continue,
                };
                let mut changed = tokens.clone();
                changed[i] = other.to_owned();
                prop_assume!(changed != tokens);
                prop_assert_ne!(parse(&changed), Some(policy.clone()));
            }
        }

        #[test]
        fn any_text_parses_or_errs_at_a_column_within_it(text in "[ab12 ()\",\\\\andorf]{0,40}") {
            match text.parse::<AccessPolicy>() {
                Ok(policy) => prop_assert_eq!(policy.to_string().parse(), Ok(policy)),
                Err(error) => {
                    prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{}", error);
                    prop_assert!(error.to_string().starts_with("column "));
                }
            }
        }

        #[test]
        fn the_span_program_is_the_policy(policy in small_policies(), held in sets()) {
            let program = policy.span_program();
            let rows = program.rows();
            let satisfied = policy.is_satisfied_by(&held);

            // Linear algebra without the tree: (1, 0, ...) is in the span of the held rows exactly if
            // the policy is satisfied.
            let of_held: Vec<_> = rows.iter().filter(|row| held.contains(&row.attribute)).collect();
            let equations = (0..program.columns()).map(|column| {
                let entry = |row: &&epione::policy::Row| {
                    let found = row.entries.iter().find(|(c, _)| *c == column);
                    found.map_or(Scalar::ZERO, |(_, value)| *value)
                };
                let target = if column == 0 { Scalar::ONE } else { Scalar::ZERO };
                of_held.iter().map(entry).chain([target]).collect()
            });
            prop_assert_eq!(solvable(equations.collect(), of_held.len()), satisfied, "{}", policy);

            let selection = program.reconstruct(&held);
            prop_assert_eq!(selection.is_some(), satisfied);
            let Some(selection) = selection else { return Ok(()) };
            let rng = &mut rng(1);
            let vector: Vec<Scalar> = (0..program.columns()).map(|_| Scalar::random(rng)).collect();
            let shares = program.share(&vector);
            let secret = selection.iter().map(|(i, gamma)| shares[*i] * *gamma).sum::<Scalar>();
            prop_assert_eq!(secret, vector[0], "the coefficients reconstruct the secret");
            prop_assert!(selection.is_sorted_by(|a, b| a.0 < b.0), "each row once, ascending");
            prop_assert!(selection.iter().all(|(i, _)| held.contains(&rows[*i].attribute)));
            prop_assert_eq!(selection.len(), smallest(policy.root(), &held).unwrap());
            if plain(policy.root()) {
                prop_assert!(selection.iter().all(|(_, gamma)| gamma.is_one()), "{}", policy);
            }
        }

        #[test]
        fn rows_are_leaves_and_occurrences_count_up(policy in small_policies()) {
            let program = policy.span_program();
            let leaves = leaves(policy.root());
            let rows: Vec<_> = program.rows().iter().map(|row| &row.attribute).collect();
            prop_assert_eq!(&rows, &leaves);
            for (i, row) in program.rows().iter().enumerate() {
                prop_assert_eq!(row.occurrence, leaves[..i].iter().filter(|u| **u == &row.attribute).count());
                prop_assert!(row.entries.is_sorted_by(|a, b| a.0 < b.0));
                prop_assert!(row.entries.iter().all(|(column, m)| *column < program.columns() && !m.is_zero()));
            }
            let most = leaves.iter().map(|u| leaves.iter().filter(|v| v == &u).count()).max();
            prop_assert_eq!(Some(program.max_occurrences()), most);
            prop_assert_eq!(policy.counts(), (leaves.len(), program.max_occurrences()));
        }

        #[test]
        fn more_attributes_never_satisfy_less(policy in small_policies(), held in sets()) {
            for extra in ["a", "b", "c", "d"] {
                let more: AttributeSet = held.iter().cloned().chain([attribute(extra)]).collect();
                prop_assert!(!policy.is_satisfied_by(&held) || policy.is_satisfied_by(&more));
            }
        }
    }

    fn leaves(node: &Node) -> Vec<&Attribute> {
        match node {
            Node::Leaf(attribute) => vec![attribute],
            Node::And(c) | Node::Or(c) | Node::Threshold(_, c) => {
                c.iter().flat_map(leaves).collect()
            }
        }
    }

    /// Whether there are only `and` and `or` below.
    fn plain(node: &Node) -> bool {
        match node {
            Node::Leaf(_) => true,
            Node::And(children) | Node::Or(children) => children.iter().all(plain),
            Node::Threshold(..) => false,
        }
    }

    /// The fewest rows that satisfy a node.
    fn smallest(node: &Node, held: &AttributeSet) -> Option<usize> {
        let (k, children) = match node {
            Node::Leaf(attribute) => return held.contains(attribute).then_some(1),
            Node::And(children) => (children.len(), children),
            Node::Or(children) => (1, children),
            Node::Threshold(k, children) => (*k, children),
        };
        let mut sizes: Vec<_> = children.iter().filter_map(|child| smallest(child, held)).collect();
        sizes.sort_unstable();
        (sizes.len() >= k).then(|| sizes[..k].iter().sum())
    }

    #[test]
    fn known_texts_mean_what_they_say() {
        let leaf = |name: &str| Node::Leaf(attribute(name));
        let means = |text: &str, root: Node| assert_eq!(policy(text).root(), &root, "{text}");
        means("a", leaf("a"));
        means("((a))", leaf("a"));
        means("a and b and c", Node::And(vec![leaf("a"), leaf("b"), leaf("c")]));
        means("a and (b and c)", Node::And(vec![leaf("a"), Node::And(vec![leaf("b"), leaf("c")])]));
        means(
            "1 of (a or b, 2 of (c))".replace("2 of (c)", "1 of (c)").as_str(),
            Node::Threshold(
                1,
                vec![Node::Or(vec![leaf("a"), leaf("b")]), Node::Threshold(1, vec![leaf("c")])],
            ),
        );
        means("\"and\" and android", Node::And(vec![leaf("and"), leaf("android")]));
        means("a\tor\r\nb", Node::Or(vec![leaf("a"), leaf("b")]));
    }

    #[test]
    fn what_other_parsers_weaken_is_refused() {
        // Each of these was read by some public library as a weaker policy than its text says.
        for text in [
            "age >= 65 and doctor",
            "a and b or c",
            "a or b and c",
            "(a and b",
            "a and b)",
            "a b",
            "a and",
            "and",
            "a,b",
            "a && b",
            "not a",
            "a AND b",
            "a Or b",
            "2 of a, b",
            "2 of (a)",
            "0 of (a)",
            "1 of ()",
            "02 of (a, b)",
            "18446744073709551616 of (a)",
            "2 of (a, b) c",
            "()",
            "a ()",
            "\"a",
            "\"a\\x\"",
            "\"\"",
            "\"\u{7}\"",
            "a\u{0}",
            "a\u{a0}and\u{a0}b",
            "ａ and b",
            "2",
            "2 and a",
        ] {
            assert!(text.parse::<AccessPolicy>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn errors_point_at_the_fault() {
        for (text, column) in [
            ("a and b or c", 9),
            ("a and", 6),
            ("", 1),
            ("(a", 3),
            ("a)", 2),
            ("a >= 3", 3),
            ("ü", 1),
            ("\"ü\" & b", 5),
            ("a and \"b", 7),
            ("3 of (a, b)", 1),
            ("a b", 3),
        ] {
            let error = text.parse::<AccessPolicy>().unwrap_err();
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }

    #[test]
    fn limits_hold_and_are_reached() {
        let wide = |n: usize| vec!["a"; n].join(" or ");
        assert!(wide(MAX_LEAVES).parse::<AccessPolicy>().is_ok());
        assert!(wide(MAX_LEAVES + 1).parse::<AccessPolicy>().is_err());
        let deep = |n: usize| format!("{}a{}", "1 of (".repeat(n), ")".repeat(n));
        assert!(deep(MAX_DEPTH - 1).parse::<AccessPolicy>().is_ok());
        assert!(deep(MAX_DEPTH).parse::<AccessPolicy>().is_err());
        let long = format!("a{}", " ".repeat(MAX_LENGTH - 1));
        assert!(long.parse::<AccessPolicy>().is_ok());
        assert!(format!("{long} ").parse::<AccessPolicy>().is_err());

        let leaf = || Node::Leaf(attribute("a"));
        let nested = (1..MAX_DEPTH).fold(leaf(), |node, _| Node::Or(vec![leaf(), node]));
        assert!(AccessPolicy::new(nested.clone()).is_ok());
        let deeper = Node::Or(vec![leaf(), nested]);
        assert_eq!(AccessPolicy::new(deeper), Err(InvalidPolicy::TooDeep));
        assert_eq!(
            AccessPolicy::new(Node::Or(vec![leaf(); MAX_LEAVES + 1])),
            Err(InvalidPolicy::TooManyLeaves)
        );
        for children in [vec![], vec![leaf()]] {
            assert_eq!(
                AccessPolicy::new(Node::And(children.clone())),
                Err(InvalidPolicy::TooFewBranches(2))
            );
            assert_eq!(
                AccessPolicy::new(Node::Or(children)),
                Err(InvalidPolicy::TooFewBranches(2))
            );
        }
        for (k, n) in [(0, 2), (3, 2), (1, 0)] {
            let gate = Node::Threshold(k, vec![leaf(); n]);
            assert_eq!(AccessPolicy::new(gate), Err(InvalidPolicy::Threshold { k, n }));
        }
    }

    #[test]
    fn a_policy_that_is_made_can_be_read() {
        // 4096 names of 256 bytes print to more than a text may have: refused when made, not when read.
        let leaf = Node::Leaf(attribute(&"x".repeat(256)));
        for n in [MAX_LEAVES, 2000] {
            for node in [Node::Or(vec![leaf.clone(); n]), Node::Threshold(1, vec![leaf.clone(); n])]
            {
                if let Ok(policy) = AccessPolicy::new(node) {
                    assert!(policy.to_string().parse() == Ok(policy), "{n} names");
                }
            }
        }
        // A text at the limit whose canonical form is longer.
        let text = format!("1 of({})", vec!["x".repeat(254); MAX_LEAVES].join(","));
        assert!(text.len() <= MAX_LENGTH);
        if let Ok(policy) = text.parse::<AccessPolicy>() {
            assert!(policy.to_string().parse() == Ok(policy));
        }
    }

    #[test]
    fn hostile_texts_are_refused_and_spare_the_stack() {
        let n = MAX_LENGTH;
        let texts = [
            "(".repeat(n),
            ")".repeat(n),
            "1 of (".repeat(n / 6),
            "a and ".repeat(n / 6),
            "a and (".repeat(n / 7),
            "\"".repeat(n),
            "\\".repeat(n),
            ",".repeat(n),
            "9".repeat(n),
            "a".repeat(n),
            format!("\"{}", "\\\"".repeat(n / 2 - 1)),
            " ".repeat(n),
            format!("{}a{}", "(".repeat(n / 2 - 1), ")".repeat(n / 2)),
        ];
        for text in texts {
            // A small stack: what recursed with the text would overflow it.
            let thread = std::thread::Builder::new().stack_size(256 << 10);
            let start: String = text.chars().take(20).collect();
            let parsed = thread.spawn(move || text.parse::<AccessPolicy>().is_ok()).unwrap();
            assert!(!parsed.join().unwrap(), "{start}");
        }
    }

    #[test]
    fn a_few_kilobytes_never_become_hundreds_of_megabytes() {
        // 2048 of 4096 has 8 million matrix entries in 12 kB of text.
        let text = format!("2048 of ({})", vec!["a"; MAX_LEAVES].join(", "));
        let error = text.parse::<AccessPolicy>().unwrap_err();
        assert!(error.reason.contains("matrix"), "{error}");
        let mut bytes = vec![1, 4];
        bytes.extend((text.len() as u32).to_be_bytes());
        bytes.extend(text.as_bytes());
        assert!(Header::from_bytes(&bytes).is_err());
    }

    #[test]
    fn the_largest_matrix_is_counted_exactly() {
        // k of n over leaves: n rows of k entries each; inside `and` the last child inherits more.
        for (k, n, rows) in [(256, 4096, 4096), (2, 4096, 4096), (64, 128, 128)] {
            let text = format!("{k} of ({})", vec!["a"; n].join(", "));
            let program = policy(&text).span_program();
            let entries: usize = program.rows().iter().map(|row| row.entries.len()).sum();
            assert_eq!((program.rows().len(), entries), (rows, k * n));
        }
        assert!(
            format!("257 of ({})", vec!["a"; 4096].join(", ")).parse::<AccessPolicy>().is_err()
        );
    }

    #[test]
    fn attributes_are_compared_byte_by_byte() {
        let policy = policy("Doctor");
        assert!(policy.is_satisfied_by(&attributes(&["Doctor"])));
        for other in ["doctor", "Doctor ", "DOCTOR", "D\u{43e}ctor"] {
            assert!(!policy.is_satisfied_by(&attributes(&[other])), "{other}");
        }
        let invisible = ["doc\u{200b}tor", "\u{202e}rotcod", "\u{feff}doctor", "doc\u{ad}tor"];
        let control = ["", "a\nb", "\u{7f}", "\u{85}", &"x".repeat(257)];
        for refused in control.into_iter().chain(invisible) {
            assert!(Attribute::new(refused).is_err(), "{refused:?}");
        }
        assert!(Attribute::new("x".repeat(256)).is_ok());
    }
}
