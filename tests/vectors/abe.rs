//! FABEO, restated.

use crate::common::{attribute, attributes, policy};
use crate::vectors::format::{Fields, File, settle};
use epione::abe::{self, Ciphertext, Header, fabeo};
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::hash::{framed, hash_to_g1, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing};
use epione::dem::{self, ContentKey};
use epione::policy::Node;
use std::collections::BTreeMap;

/// The span program with small integers: one row a leaf.
struct Matrix {
    rows: Vec<(String, Vec<i64>)>,
    columns: usize,
}

impl Matrix {
    fn walk(&mut self, node: &Node, vector: Vec<i64>) {
        match node {
            Node::Leaf(attribute) => self.rows.push((attribute.as_str().to_owned(), vector)),
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

fn hash_attribute(name: &str) -> G1 {
    hash_to_g1(tag::ABE_ATTRIBUTE, name.as_bytes())
}

const CASES: [(&str, &str, &[&str]); 8] = [
    ("one attribute", "a", &["a"]),
    ("and", "a and b and c", &["a", "b", "c"]),
    ("or", "a or b", &["b", "c"]),
    ("a threshold", "2 of (a, b, c)", &["a", "c"]),
    ("an attribute twice", "a and (a or b)", &["a"]),
    (
        "nested",
        "doctor and (neurology or 2 of (surgery, imaging, icu))",
        &["doctor", "icu", "surgery"],
    ),
    (
        "quoted names",
        "\"Dr. Ada Ruiz\" and (\"and\" or \"7\" or \"\\\"\\\\\")",
        &["7", "Dr. Ada Ruiz"],
    ),
    ("the policy is not satisfied", "a and b", &["a"]),
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
    for (comment, text, names) in CASES {
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
        let set = attributes(names);
        let sk2: Vec<(String, G1)> =
            set.iter().map(|u| (u.as_str().to_owned(), hash_attribute(u.as_str()) * r)).collect();

        // Encaps.
        let mut matrix = Matrix { rows: Vec::new(), columns: 1 };
        matrix.walk(policy.root(), vec![1]);
        let mut seen = BTreeMap::<String, usize>::new();
        let (mut lambdas, mut occurrences, mut ct3) = (Vec::new(), Vec::new(), Vec::new());
        for (name, row) in &matrix.rows {
            let occurrence = *seen.entry(name.clone()).and_modify(|n| *n += 1).or_insert(0);
            let lambda: Scalar = row.iter().zip(&coins.shares).map(|(m, v)| scalar(*m) * *v).sum();
            ct3.push(base * lambda + hash_attribute(name) * coins.masks[occurrence]);
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
                let component = sk2.iter().find(|(name, _)| *name == matrix.rows[*i].0).unwrap().1;
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
            .list("attributes", names.iter().map(|name| attribute(name).as_str().to_owned()))
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
            .list("sk2", sk2.iter().map(|(_, point)| hex::encode(point.to_bytes())))
            .hex("sk3", sk3.to_bytes())
            .text("canonical_policy", &canonical)
            .list("row_attributes", matrix.rows.iter().map(|(name, _)| name.clone()))
            .list("row_occurrences", occurrences.iter().map(usize::to_string))
            .list("matrix", rows)
            .list(
                "row_hashes",
                matrix.rows.iter().map(|(name, _)| hex::encode(hash_attribute(name).to_bytes())),
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
