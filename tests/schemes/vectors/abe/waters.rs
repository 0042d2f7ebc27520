//! Waters' scheme against chosen ciphertexts.

use super::identities::expanded;
use super::matrix::Matrix;
use super::{
    AD, CASES, PLAINTEXT, Transform, header_fields, hexed, parsed, sealed, whole, written,
};
use crate::vectors::format::{Fields, File, compare_or_write, draw};
use epione::abe::fujisaki_okamoto::encapsulate_with_randomness;
use epione::abe::waters::{self, Waters};
use epione::abe::{self, Ciphertext, Header, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, G2, Gt, Scalar, Secret};

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::WATERS_ATTRIBUTE, identity)
}

#[test]
fn abe_waters_vectors() {
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
        "Waters (PKC 2011), large universe, rows in G1, under the transform of Fujisaki and \
         Okamoto. Matrix rows are signed integers.",
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
        let encapsulation = [
            &c_prime.to_bytes()[..],
            &c.iter().flat_map(G1::to_bytes).collect::<Vec<_>>(),
            &d.iter().flat_map(G2::to_bytes).collect::<Vec<_>>(),
        ]
        .concat();
        let cpa_fields = header_fields(Waters::SUITE, &policy, &encapsulation);
        let masked = transform.masked(&z_s, &cpa_fields);
        let fields = [&cpa_fields[..], &masked].concat();
        let header = whole(Kind::AbeHeader, &fields);
        let ciphertext = sealed(Kind::AbeCiphertext, Kind::AbeHeader, &fields, &transform.key);

        // The library agrees.
        let user = waters::keygen_with_randomness(&master, &set, &t);
        let message = Secret::new(transform.message);
        let (library, library_key) =
            encapsulate_with_randomness(&parameters, &policy, AD, &message);
        assert_eq!((library.to_bytes(), *library_key.expose()), (header.clone(), transform.key));
        assert_eq!(Header::<Waters>::from_bytes(&header), Ok(library));
        let read = Ciphertext::<Header<Waters>>::from_bytes(&ciphertext).unwrap();
        let opened = abe::open(&parameters, &user, AD, &read);
        assert_eq!(policy.is_satisfied_by(&set), opened.is_ok_and(|text| text[..] == *PLAINTEXT));

        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", written(&set))
            .scalar("a", &a)
            .scalar("alpha", &alpha)
            .scalar("t", &t)
            .hex("message", transform.message)
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let points = |points: &[G1]| -> Vec<String> {
            points.iter().map(|point| hex::encode(point.to_bytes())).collect()
        };
        let lambdas: Vec<Scalar> = rows.iter().map(|row| row.lambda).collect();
        let trace = (transform.trace(&coins))
            .hex("g1_a", g1_a.to_bytes())
            .hex("z_alpha", z_alpha.to_bytes())
            .hex("k", k.to_bytes())
            .hex("l", l.to_bytes())
            .list("key_attributes", held.iter().map(hex::encode))
            .list("k_x", points(&k_x))
            .text("canonical_policy", &policy.to_string())
            .list("row_attributes", rows.iter().map(|row| hex::encode(&row.identity)))
            .list("matrix", matrix.text())
            .list("lambdas", hexed(&lambdas))
            .hex("c_prime", c_prime.to_bytes())
            .list("c", points(&c))
            .list("d", d.iter().map(|point| hex::encode(point.to_bytes())))
            .hex("z_s", z_s.to_bytes());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("master_key", master.to_bytes())
            .hex("user_key", user.to_bytes())
            .hex("masked", masked)
            .hex("header", &header)
            .hex("key", transform.key)
            .hex("ciphertext", ciphertext)
            .flag("satisfied", policy.is_satisfied_by(&set));
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-waters.json", &file);
}
