//! FABEO, CPA and CCA variants.

mod invalid;

use super::identities::expanded;
use super::matrix::Matrix;
use super::{AD, CASES, PLAINTEXT, Restated, Transform};
use super::{concat, hex_elements, hex_scalars, parsed, texts};
use crate::vectors::format::{Fields, File, compare_or_write, draw};
use epione::abe::fabeo::{self, Fabeo};
use epione::abe::{Coins, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::tag;
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing};
use epione::policy::{AccessPolicy, AttributeSet};

fn base() -> G1 {
    hash_to_g1(tag::FABEO_BASE, b"")
}

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::FABEO_ATTRIBUTE, identity)
}

/// Setup and KeyGen for given `alpha` and `r`.
struct Keys {
    alpha: Scalar,
    r: Scalar,
    mpk: Gt,
    msk: G1,
    sk1: G1,
    sk2: Vec<(Vec<u8>, G1)>,
    sk3: G2,
}

impl Keys {
    fn new(set: &AttributeSet, alpha: Scalar, r: Scalar) -> Self {
        let msk = G1::generator() * alpha;
        let component = |identity: Vec<u8>| {
            let point = hash_attribute(&identity) * r;
            (identity, point)
        };
        Self {
            alpha,
            r,
            mpk: Gt::generator().pow(&alpha),
            msk,
            sk1: msk + base() * r,
            sk2: expanded(set).into_iter().map(component).collect(),
            sk3: G2::generator() * r,
        }
    }

    fn trace(&self) -> Fields {
        Fields::default()
            .hex("mpk", self.mpk.to_bytes())
            .hex("msk", self.msk.to_bytes())
            .hex("base", base().to_bytes())
            .hex("sk1", self.sk1.to_bytes())
            .list("key_attributes", self.sk2.iter().map(|(identity, _)| hex::encode(identity)))
            .list("sk2", self.sk2.iter().map(|(_, point)| hex::encode(point.to_bytes())))
            .hex("sk3", self.sk3.to_bytes())
    }
}

/// Encaps with its intermediate values.
struct Encaps {
    matrix: Matrix,
    lambdas: Vec<Scalar>,
    occurrences: Vec<usize>,
    ct1: G2,
    ct2: Vec<G2>,
    ct3: Vec<G1>,
    z_s: Gt,
}

impl Encaps {
    fn new(policy: &AccessPolicy, mpk: &Gt, coins: &Coins) -> Self {
        let matrix = Matrix::of(policy);
        let rows = matrix.share(&coins.vector);
        Self {
            lambdas: rows.iter().map(|row| row.lambda).collect(),
            occurrences: rows.iter().map(|row| row.occurrence).collect(),
            ct1: G2::generator() * coins.vector[0],
            ct2: coins.masks.iter().map(|mask| G2::generator() * *mask).collect(),
            ct3: (rows.iter())
                .map(|row| {
                    base() * row.lambda
                        + hash_attribute(&row.identity) * coins.masks[row.occurrence]
                })
                .collect(),
            z_s: mpk.pow(&coins.vector[0]),
            matrix,
        }
    }

    fn encapsulation(&self) -> Vec<u8> {
        let (ct2, ct3) = (concat(&self.ct2, G2::to_bytes), concat(&self.ct3, G1::to_bytes));
        [self.ct1.to_bytes().to_vec(), ct2, ct3].concat()
    }

    /// Decaps with the rows that the library selects.
    fn decaps(&self, keys: &Keys, selection: &[(usize, Scalar)]) -> Gt {
        let (mut p, mut q) = (G1::identity(), vec![G1::identity(); self.ct2.len()]);
        for (i, gamma) in selection {
            let identity = &self.matrix.rows[*i].0;
            let component = keys.sk2.iter().find(|(held, _)| held == identity).unwrap().1;
            p += self.ct3[*i] * *gamma;
            q[self.occurrences[*i]] += component * *gamma;
        }
        let mut pairs = vec![(keys.sk1, self.ct1), (-p, keys.sk3)];
        pairs.extend(q.into_iter().zip(self.ct2.iter().copied()));
        multi_pairing(&pairs)
    }

    fn trace(&self, fields: Fields, canonical: &str) -> Fields {
        let identities = self.matrix.rows.iter().map(|(identity, _)| identity);
        fields
            .text("canonical_policy", canonical)
            .list("row_attributes", identities.clone().map(hex::encode))
            .list("row_occurrences", self.occurrences.iter().map(usize::to_string))
            .list("matrix", self.matrix.text())
            .list("row_hashes", identities.map(|u| hex::encode(hash_attribute(u).to_bytes())))
            .list("lambdas", hex_scalars(&self.lambdas))
            .hex("ct1", self.ct1.to_bytes())
            .list("ct2", hex_elements(&self.ct2, G2::to_bytes))
            .list("ct3", hex_elements(&self.ct3, G1::to_bytes))
            .hex("z_s", self.z_s.to_bytes())
    }
}

/// Adds the selected rows and their coefficients, if the user is authorised.
fn selection_outputs(outputs: Fields, selection: Option<&[(usize, Scalar)]>) -> Fields {
    let outputs = outputs.flag("satisfied", selection.is_some());
    let Some(selection) = selection else { return outputs };
    let (rows, gammas): (Vec<usize>, Vec<Scalar>) = selection.iter().copied().unzip();
    outputs
        .list("selected_rows", rows.iter().map(usize::to_string))
        .list("gammas", hex_scalars(&gammas))
}

#[test]
fn fabeo_cpa_vectors() {
    let tags = [tag::FABEO_BASE, tag::FABEO_ATTRIBUTE, tag::ABE_KEY, tag::DEM_KEYS];
    let mut file = File::new(
        "EPIONE-V1-ABE-FABEO-CPA",
        "FABEO (Riepel and Wee, CCS 2022), keys and rows in G1.",
        &tags,
    );
    let rng = &mut file.rng();
    for (comment, text, attributes) in CASES {
        let (policy, set) = parsed(text, attributes);
        let keys = Keys::new(&set, Scalar::random(rng), Scalar::random(rng));
        let coins = Coins::random::<Fabeo>(&policy.span_program(), rng);
        let encaps = Encaps::new(&policy, &keys.mpk, &coins);
        let restated = Restated::cpa(Fabeo::SUITE, &policy, &encaps.encapsulation(), &encaps.z_s);

        let (parameters, master) = fabeo::setup_with_randomness(&keys.alpha);
        let user = fabeo::keygen_with_randomness(&master, &set, &keys.r);
        let selection = policy.span_program().reconstruct(&set);
        let satisfied = selection.is_some();
        restated.assert_equals_library_cpa(&parameters, &user, &policy, &coins, satisfied);
        if let Some(selection) = &selection {
            assert_eq!(encaps.decaps(&keys, selection), encaps.z_s, "{text}");
        }

        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", texts(&set))
            .scalar("alpha", &keys.alpha)
            .scalar("r", &keys.r)
            .list("shares", hex_scalars(&coins.vector))
            .list("masks", hex_scalars(&coins.masks))
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let trace = encaps.trace(keys.trace(), &policy.to_string());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("master_key", master.to_bytes())
            .hex("user_key", user.to_bytes());
        let outputs = selection_outputs(restated.outputs(outputs), selection.as_deref());
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-fabeo-cpa.json", &file);
}

#[test]
fn fabeo_vectors() {
    let tags = [
        tag::FABEO_BASE,
        tag::FABEO_ATTRIBUTE,
        tag::ABE_PARAMETERS,
        tag::ABE_MESSAGE,
        tag::ABE_COIN,
        tag::ABE_MASK,
        tag::DEM_KEYS,
    ];
    let mut file = File::new(
        "EPIONE-V1-ABE-FABEO",
        "FABEO (Riepel and Wee, CCS 2022), keys and rows in G1, Fujisaki-Okamoto transform.",
        &tags,
    );
    let rng = &mut file.rng();
    for (comment, text, attributes) in CASES {
        let (policy, set) = parsed(text, attributes);
        let keys = Keys::new(&set, Scalar::random(rng), Scalar::random(rng));
        let (parameters, master) = fabeo::setup_with_randomness(&keys.alpha);
        let user = fabeo::keygen_with_randomness(&master, &set, &keys.r);
        let transform = Transform::new(&parameters, &policy, draw(rng));
        let coins = transform.coins::<Fabeo>(&policy);
        let encaps = Encaps::new(&policy, &keys.mpk, &coins);
        let encapsulation = encaps.encapsulation();
        let restated =
            Restated::cca(Fabeo::SUITE, &policy, &encapsulation, &encaps.z_s, &transform);
        let selection = policy.span_program().reconstruct(&set);
        let satisfied = selection.is_some();
        restated.assert_equals_library(&parameters, &user, &policy, &transform, satisfied);

        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", texts(&set))
            .scalar("alpha", &keys.alpha)
            .scalar("r", &keys.r)
            .hex("message", transform.message)
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let trace = encaps.trace(transform.trace(&coins), &policy.to_string());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("user_key", user.to_bytes());
        let outputs = selection_outputs(restated.outputs(outputs), selection.as_deref());
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-fabeo.json", &file);
}
