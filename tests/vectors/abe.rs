//! FABEO, restated.

use crate::common::policy;
use crate::vectors::format::{Fields, File, settle};
use epione::abe::{self, Ciphertext, Header, fabeo};
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::hash::{framed, hash_to_g1, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing};
use epione::dem::{self, ContentKey};
use epione::policy::{Attribute, AttributeSet, Listed, Name, Node, Number, UserAttribute, Value};
use std::collections::BTreeMap;

/// The span program with small integers: one row a leaf or prefix of a comparison's cover, each with
/// the identity of its attribute.
struct Matrix {
    rows: Vec<(Vec<u8>, Vec<i64>)>,
    columns: usize,
}

impl Matrix {
    fn walk(&mut self, node: &Node, vector: Vec<i64>) {
        match node {
            Node::Leaf(Attribute::Name(name)) => self.rows.push((plain(name), vector)),
            Node::Leaf(Attribute::Listed(value)) => self.rows.push((listed(value), vector)),
            Node::Leaf(Attribute::Prefix(prefix)) => panic!("{prefix:?} is a comparison"),
            Node::Comparison(comparison) => {
                let (code, width) = domain(comparison.low());
                let ends = (comparison.low().number().into(), comparison.high().number().into());
                for (length, first) in cover(ends, (0, width), width) {
                    let row = prefix(comparison.label(), code, length, first);
                    self.rows.push((row, vector.clone()));
                }
            }
            Node::Or(children) => children.iter().for_each(|c| self.walk(c, vector.clone())),
            Node::And(children) => self.and(children, vector),
            Node::Threshold(1, children) => {
                children.iter().for_each(|c| self.walk(c, vector.clone()))
            }
            Node::Threshold(k, children) if *k == children.len() => self.and(children, vector),
            Node::Threshold(k, children) => {
                let first = self.columns;
                self.columns += k - 1;
                for (i, child) in (1_i64..).zip(children) {
                    let mut row = vector.clone();
                    row.resize(self.columns, 0);
                    (1..*k).for_each(|d| row[first + d - 1] += i.pow(d as u32));
                    self.walk(child, row);
                }
            }
        }
    }

    /// Child `j < n` a fresh unit column, the last one the parent's minus their sum.
    fn and(&mut self, children: &[Node], mut last: Vec<i64>) {
        let (final_child, others) = children.split_last().unwrap();
        for child in others {
            let column = self.columns;
            self.columns += 1;
            let mut unit = vec![0; self.columns];
            unit[column] = 1;
            last.resize(self.columns, 0);
            last[column] -= 1;
            self.walk(child, unit);
        }
        self.walk(final_child, last);
    }
}

fn scalar(number: i64) -> Scalar {
    let magnitude = Scalar::from(number.unsigned_abs());
    if number < 0 { -magnitude } else { magnitude }
}

/// A domain's code and width in bits.
fn domain(value: Value) -> (u8, u32) {
    match value {
        Value::U8(_) => (8, 8),
        Value::U16(_) => (16, 16),
        Value::U32(_) => (32, 32),
        Value::Date(_) => (0x90, 16),
    }
}

/// The aligned blocks that make up an interval, by halving: prefix length and first value of each.
fn cover(ends: (u64, u64), (first, bits): (u64, u32), width: u32) -> Vec<(u32, u64)> {
    let last = first + (1 << bits) - 1;
    if ends.1 < first || last < ends.0 {
        return Vec::new();
    }
    if ends.0 <= first && last <= ends.1 {
        return vec![(width - bits, first)];
    }
    let middle = first + (1 << (bits - 1));
    [first, middle].into_iter().flat_map(|half| cover(ends, (half, bits - 1), width)).collect()
}

fn plain(name: &Name) -> Vec<u8> {
    name.as_str().into()
}

/// `01 label 00 domain length first`.
fn prefix(label: &Name, code: u8, length: u32, first: u64) -> Vec<u8> {
    let first = (first as u32).to_be_bytes();
    [&[1][..], label.as_str().as_bytes(), &[0, code, length as u8], &first].concat()
}

/// `02 label 00 version value`.
fn listed(value: &Listed) -> Vec<u8> {
    let (label, version) = (value.label().as_str(), value.version().to_be_bytes());
    [&[2][..], label.as_bytes(), &[0], &version, value.value().as_str().as_bytes()].concat()
}

/// The identities of what a key has components for: a number has its prefixes of all lengths.
fn expanded(set: &AttributeSet) -> Vec<Vec<u8>> {
    let of_number = |number: &Number| -> Vec<Vec<u8>> {
        let (code, width) = domain(number.value());
        let value = u64::from(number.value().number());
        let first = |length| value >> (width - length) << (width - length);
        (0..=width).map(|length| prefix(number.label(), code, length, first(length))).collect()
    };
    let mut identities: Vec<_> = set
        .iter()
        .flat_map(|attribute| match attribute {
            UserAttribute::Number(number) => of_number(&number),
            UserAttribute::Listed(value) => vec![listed(&value)],
            UserAttribute::Name(name) => vec![plain(&name)],
        })
        .collect();
    identities.sort();
    identities
}

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::ABE_ATTRIBUTE, identity)
}

const CASES: [(&str, &str, &str); 12] = [
    ("one attribute", "a", "a"),
    ("and", "a and b and c", "a, b, c"),
    ("or", "a or b", "b, c"),
    ("a threshold", "2 of (a, b, c)", "a, c"),
    ("an attribute twice", "a and (a or b)", "a"),
    ("nested", "doctor and (neurology or 2 of (surgery, imaging, icu))", "doctor, icu, surgery"),
    (
        "quoted names",
        "\"Dr. Ada Ruiz\" and (\"and\" or \"7\" or \"\\\"\\\\\")",
        "\"7\", \"Dr. Ada Ruiz\"",
    ),
    ("the policy is not satisfied", "a and b", "a"),
    ("a comparison", "age >= 18u8", "age = 42u8"),
    ("a range, one of its prefixes twice", "a and (x in 6..9u8 or x in 5..7u8)", "a, x = 7u8"),
    (
        "a date and the values of a vocabulary",
        "valid_until >= 2026-12-01 and (role#3:doctor or role#3:\"head nurse\")",
        "valid_until = 2026-12-01, role#3:\"head nurse\"",
    ),
    ("the number is held in another width", "age >= 18u8", "age = 42u16"),
];

#[test]
fn abe_vectors() {
    let tags = [tag::ABE_BASE, tag::ABE_ATTRIBUTE, tag::ABE_KEY, tag::DEM_KEYS];
    let mut file = File::new(
        "EPIONE-V1-ABE-FABEO-CPA",
        "FABEO (Riepel, Wee, CCS 2022), keys and rows in G1. Matrix rows are signed integers.",
        &tags,
    );
    let rng = &mut file.rng();
    for (comment, text, attributes) in CASES {
        let policy = policy(text);
        let (alpha, r) = (Scalar::random(rng), Scalar::random(rng));
        let coins = fabeo::Coins::random(&policy.span_program(), rng);
        let (ad, plaintext) =
            (b"record 7".as_slice(), b"content key of 32 bytes, or such".as_slice());

        // Setup and KeyGen.
        let mpk = Gt::generator().pow(&alpha);
        let msk = G1::generator() * alpha;
        let base = hash_to_g1(tag::ABE_BASE, b"");
        let (sk1, sk3) = (msk + base * r, G2::generator() * r);
        let set: AttributeSet = attributes.parse().unwrap();
        let sk2: Vec<(Vec<u8>, G1)> = expanded(&set)
            .into_iter()
            .map(|identity| (identity.clone(), hash_attribute(&identity) * r))
            .collect();

        // Encaps.
        let mut matrix = Matrix { rows: Vec::new(), columns: 1 };
        matrix.walk(policy.root(), vec![1]);
        let mut seen = BTreeMap::<Vec<u8>, usize>::new();
        let (mut lambdas, mut occurrences, mut ct3) = (Vec::new(), Vec::new(), Vec::new());
        for (identity, row) in &matrix.rows {
            let occurrence = *seen.entry(identity.clone()).and_modify(|n| *n += 1).or_insert(0);
            let lambda: Scalar = row.iter().zip(&coins.shares).map(|(m, v)| scalar(*m) * *v).sum();
            ct3.push(base * lambda + hash_attribute(identity) * coins.masks[occurrence]);
            lambdas.push(lambda);
            occurrences.push(occurrence);
        }
        let ct1 = G2::generator() * coins.shares[0];
        let ct2: Vec<G2> = coins.masks.iter().map(|mask| G2::generator() * *mask).collect();
        let canonical = policy.to_string();
        let fields = [
            &(canonical.len() as u32).to_be_bytes()[..],
            canonical.as_bytes(),
            &ct1.to_bytes(),
            &ct2.iter().flat_map(G2::to_bytes).collect::<Vec<_>>(),
            &ct3.iter().flat_map(G1::to_bytes).collect::<Vec<_>>(),
        ]
        .concat();
        let header = [&[VERSION, Kind::AbeHeader as u8], &fields[..]].concat();
        let z_s = mpk.pow(&coins.shares[0]);
        let key = *kdf::<32>(tag::ABE_KEY, &z_s.to_bytes(), &[&header]).expose();
        let body_context = framed(&[ad, &header]);
        let content = ContentKey::from_secret(epione::algebra::Secret::new(key));
        let body = dem::seal(&content, &body_context, plaintext);
        let length = (body.len() as u32).to_be_bytes();
        let ciphertext =
            [&[VERSION, Kind::AbeCiphertext as u8], &fields[..], &length, &body].concat();

        // The library agrees.
        let (parameters, master) = fabeo::setup_with(&alpha);
        let user = fabeo::keygen_with(&master, &set, &r);
        let (library_header, library_key) =
            fabeo::encapsulate_cpa_with(&parameters, &policy, &coins);
        assert_eq!(library_header.to_bytes(), header, "{text}");
        assert_eq!(*library_key.expose(), key, "{text}");
        assert_eq!(Header::from_bytes(&header).as_ref(), Ok(&library_header));
        let opened = abe::open_cpa(&user, ad, &Ciphertext::from_bytes(&ciphertext).unwrap());

        // Decaps, by the rows that the library selects.
        let selection = policy.span_program().reconstruct(&set);
        assert_eq!(selection.is_some(), opened.is_ok(), "{text}");
        let mut outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("master_key", master.to_bytes())
            .hex("user_key", user.to_bytes())
            .hex("header", &header)
            .hex("key", key)
            .hex("ciphertext", ciphertext)
            .flag("satisfied", selection.is_some());
        if let Some(selection) = selection {
            let (mut p, mut q) = (G1::identity(), vec![G1::identity(); ct2.len()]);
            for (i, gamma) in &selection {
                let component = sk2.iter().find(|(u, _)| *u == matrix.rows[*i].0).unwrap().1;
                p += ct3[*i] * *gamma;
                q[occurrences[*i]] += component * *gamma;
            }
            let mut pairs = vec![(sk1, ct1), (-p, sk3)];
            pairs.extend(q.into_iter().zip(ct2.iter().copied()));
            assert_eq!(multi_pairing(&pairs), z_s, "{text}");
            assert_eq!(&opened.unwrap()[..], plaintext);
            outputs =
                outputs.list("selected_rows", selection.iter().map(|(i, _)| i.to_string())).list(
                    "gammas",
                    selection.iter().map(|(_, gamma)| hex::encode(gamma.to_be_bytes())),
                );
        }
        let scalars = |scalars: &[Scalar]| -> Vec<String> {
            scalars.iter().map(|scalar| hex::encode(scalar.to_be_bytes())).collect()
        };
        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", set.iter().map(|attribute| attribute.to_string()))
            .scalar("alpha", &alpha)
            .scalar("r", &r)
            .list("shares", scalars(&coins.shares))
            .list("masks", scalars(&coins.masks))
            .hex("ad", ad)
            .hex("plaintext", plaintext);
        let rows = matrix.rows.iter().map(|(_, row)| {
            let filled = row.iter().copied().chain(std::iter::repeat(0)).take(matrix.columns);
            filled.map(|m| m.to_string()).collect::<Vec<_>>().join(",")
        });
        let trace = Fields::default()
            .hex("mpk", mpk.to_bytes())
            .hex("msk", msk.to_bytes())
            .hex("base", base.to_bytes())
            .hex("sk1", sk1.to_bytes())
            .list("key_attributes", sk2.iter().map(|(identity, _)| hex::encode(identity)))
            .list("sk2", sk2.iter().map(|(_, point)| hex::encode(point.to_bytes())))
            .hex("sk3", sk3.to_bytes())
            .text("canonical_policy", &canonical)
            .list("row_attributes", matrix.rows.iter().map(|(identity, _)| hex::encode(identity)))
            .list("row_occurrences", occurrences.iter().map(usize::to_string))
            .list("matrix", rows)
            .list(
                "row_hashes",
                matrix.rows.iter().map(|(u, _)| hex::encode(hash_attribute(u).to_bytes())),
            )
            .list("lambdas", scalars(&lambdas))
            .hex("ct1", ct1.to_bytes())
            .list("ct2", ct2.iter().map(|point| hex::encode(point.to_bytes())))
            .list("ct3", ct3.iter().map(|point| hex::encode(point.to_bytes())))
            .hex("z_s", z_s.to_bytes())
            .hex("body_context", body_context)
            .hex("body", body);
        file.case(comment, inputs, trace, outputs);
    }
    settle("abe-fabeo.json", &file);
}
