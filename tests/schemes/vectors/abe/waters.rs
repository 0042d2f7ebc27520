//! Waters' scheme, CCA variant.

use super::identities::expanded;
use super::invalid::{self, Layout};
use super::matrix::Matrix;
use super::{AD, CASES, PLAINTEXT, Restated, Transform};
use super::{concat, hex_elements, hex_lambdas, parsed, texts};
use crate::common::rng;
use crate::vectors::format::{Fields, File, NegativeFile, compare_or_write, draw};
use epione::abe::Scheme;
use epione::abe::waters::{self, Waters};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::tag;
use epione::algebra::{G1, G2, Gt, Scalar};

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::WATERS_ATTRIBUTE, identity)
}

#[test]
fn waters_vectors() {
    let tags = [
        tag::WATERS_ATTRIBUTE,
        tag::ABE_PARAMETERS,
        tag::ABE_MESSAGE,
        tag::ABE_COIN,
        tag::ABE_MASK,
        tag::DEM_KEYS,
    ];
    let mut file = File::new(
        "EPIONE-V1-ABE-WATERS",
        "Waters (PKC 2011), large universe, rows in G1, with the Fujisaki-Okamoto transform.",
        &tags,
    );
    let rng = &mut file.rng();
    for (comment, text, attributes) in CASES {
        let (policy, set) = parsed(text, attributes);
        let [a, alpha, t] = [(); 3].map(|()| Scalar::random(rng));
        let (g1, g2) = (G1::generator(), G2::generator());

        // Setup and KeyGen.
        let (g1_a, z_alpha) = (g1 * a, Gt::generator().pow(&alpha));
        let (k, l) = (g2 * alpha + (g2 * a) * t, g2 * t);
        let held = expanded(&set);
        let k_x: Vec<G1> = held.iter().map(|x| hash_attribute(x) * t).collect();

        // Encaps.
        let (parameters, master) = waters::setup_with_randomness(&a, &alpha);
        let transform = Transform::new(&parameters, &policy, draw(rng));
        let coins = transform.coins::<Waters>(&policy);
        let matrix = Matrix::of(&policy);
        let rows = matrix.share(&coins.vector);
        let c_prime = g1 * coins.vector[0];
        let c: Vec<G1> = (rows.iter().zip(&coins.masks))
            .map(|(row, r)| g1_a * row.lambda - hash_attribute(&row.identity) * *r)
            .collect();
        let d: Vec<G2> = coins.masks.iter().map(|r| g2 * *r).collect();
        let z_s = z_alpha.pow(&coins.vector[0]);
        let encapsulation =
            [c_prime.to_bytes().to_vec(), concat(&c, G1::to_bytes), concat(&d, G2::to_bytes)]
                .concat();
        let restated = Restated::cca(Waters::SUITE, &policy, &encapsulation, &z_s, &transform);

        let user = waters::keygen_with_randomness(&master, &set, &t);
        let satisfied = policy.is_satisfied_by(&set);
        restated.assert_equals_library(&parameters, &user, &policy, &transform, satisfied);

        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", texts(&set))
            .scalar("a", &a)
            .scalar("alpha", &alpha)
            .scalar("t", &t)
            .hex("message", transform.message)
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let trace = (transform.trace(&coins))
            .hex("g1_a", g1_a.to_bytes())
            .hex("z_alpha", z_alpha.to_bytes())
            .hex("k", k.to_bytes())
            .hex("l", l.to_bytes())
            .list("key_attributes", held.iter().map(hex::encode))
            .list("k_x", hex_elements(&k_x, G1::to_bytes))
            .text("canonical_policy", &policy.to_string())
            .list("row_attributes", rows.iter().map(|row| hex::encode(&row.identity)))
            .list("matrix", matrix.text())
            .list("lambdas", hex_lambdas(&rows))
            .hex("c_prime", c_prime.to_bytes())
            .list("c", hex_elements(&c, G1::to_bytes))
            .list("d", hex_elements(&d, G2::to_bytes))
            .hex("z_s", z_s.to_bytes());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("master_key", master.to_bytes())
            .hex("user_key", user.to_bytes());
        let outputs = restated.outputs(outputs).flag("satisfied", satisfied);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-waters.json", &file);
}

#[test]
fn negative_tests_of_waters() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-INVALID-ABE-WATERS",
        "Waters, CCA variant: well-formed ciphertexts and keys that must be rejected.",
    );
    let rng = &mut rng(2031);
    let alpha = Scalar::random(rng);
    let (parameters, master) = waters::setup_with_randomness(&Scalar::random(rng), &alpha);
    let z_alpha = Gt::generator().pow(&alpha);
    let (_, other) = waters::setup(rng);
    let [both, a, b] =
        ["a, b", "a", "b"].map(|held| waters::keygen(&master, &held.parse().unwrap(), rng));
    // C' 48, C 2 * 48, D 2 * 96; a key for `a` uses the first element of D only.
    let layout = Layout {
        first: 48,
        rows: 13 + 48,
        encapsulation: 48 + 2 * 48 + 2 * 96,
        unused: ("a or b", 13 + 48 + 2 * 48 + 96),
    };
    let name = "waters: open ciphertext";
    invalid::ciphertexts::<Waters>(&mut file, name, (&parameters, &a, &z_alpha), layout);
    let stranger = waters::keygen(&other, &"a, b".parse().unwrap(), rng).to_bytes();
    let name = "waters: open with user key";
    invalid::user_keys(&mut file, name, (&parameters, stranger), [both, a, b], 96 + 96);
    compare_or_write("invalid/abe-waters.json", &file);
}
