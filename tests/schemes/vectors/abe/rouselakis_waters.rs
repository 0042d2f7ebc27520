//! The scheme of Rouselakis and Waters against chosen plaintexts.

use super::identities::expanded;
use super::matrix::Matrix;
use super::{AD, PLAINTEXT, header_fields, hexed, parsed, points, sealed, whole, written};
use crate::vectors::format::{Fields, File, compare_or_write};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::rouselakis_waters::{self, RouselakisWaters};
use epione::abe::{self, Ciphertext, Coins, CpaHeader, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{hash_to_g1, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::policy::AttributeSet;

/// A comment, a policy and a user's attributes, of the authorities `H` and `L`.
const CASES: [(&str, &str, &str); 7] = [
    ("one attribute", "a@H", "a@H"),
    ("two authorities", "a@H and b@L", "a@H, b@L"),
    ("or", "a@H or b@L", "b@L"),
    ("a threshold", "2 of (a@H, b@L, c@H)", "a@H, c@H"),
    ("an attribute twice", "a@H and (a@H or b@L)", "a@H"),
    ("a name with several signs", "x@y@H and b@L", "x@y@H, b@L"),
    ("the policy is not satisfied", "a@H and b@L", "a@H"),
];

const GID: &str = "Dr. Ada Ruiz";

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::DECENTRALISED_ATTRIBUTE, identity)
}

/// Which of the two authorities an identity ends with.
fn authority(identity: &[u8]) -> usize {
    usize::from(identity.ends_with(b"@L"))
}

#[test]
fn abe_rouselakis_waters_cpa_vectors() {
    let tags = [tag::DECENTRALISED_ATTRIBUTE, tag::DECENTRALISED_USER, tag::ABE_KEY, tag::DEM_KEYS];
    let mut file = File::new(
        "EPIONE-V1-ABE-DECENTRALISED-CPA",
        "Rouselakis, Waters (FC 2015), hashes in G1, two authorities H and L. Matrix rows are signed \
         integers.",
        &tags,
    );
    let rng = &mut file.rng();
    let (g1, g2, z) = (G1::generator(), G2::generator(), Gt::generator());
    for (comment, text, attributes) in CASES {
        let (policy, set) = parsed(text, attributes);
        let alpha = [(); 2].map(|()| Scalar::random(rng));
        let y = [(); 2].map(|()| Scalar::random(rng));
        let held = expanded(&set);
        let t: Vec<Scalar> = held.iter().map(|_| Scalar::random(rng)).collect();
        let coins = Coins::random::<RouselakisWaters>(&policy.span_program(), rng);

        // Setup and KeyGen.
        let (z_alpha, g2_y) = (alpha.map(|alpha| z.pow(&alpha)), y.map(|y| g2 * y));
        let h_gid = hash_to_g1(tag::DECENTRALISED_USER, GID.as_bytes());
        let component = |(u, t): (&Vec<u8>, &Scalar)| {
            let of = authority(u);
            g1 * alpha[of] + h_gid * y[of] + hash_attribute(u) * *t
        };
        let k: Vec<G1> = held.iter().zip(&t).map(component).collect();
        let k_prime: Vec<G2> = t.iter().map(|t| g2 * *t).collect();

        // Encaps.
        let matrix = Matrix::of(&policy);
        let rows = matrix.share(&coins.vector);
        let (masks, w) = coins.masks.split_at(rows.len());
        let omegas = matrix.share(&[&[Scalar::ZERO], w].concat());
        let of: Vec<usize> = rows.iter().map(|row| authority(&row.identity)).collect();
        let each = |i: usize| (&rows[i], &masks[i], of[i]);
        let all = || (0..rows.len()).map(each);
        let c1: Vec<Gt> =
            all().map(|(row, t, of)| z.pow(&row.lambda) * z_alpha[of].pow(t)).collect();
        let c2: Vec<G2> = masks.iter().map(|t| -(g2 * *t)).collect();
        let c3: Vec<G2> =
            all().zip(&omegas).map(|((_, t, of), row)| g2_y[of] * *t + g2 * row.lambda).collect();
        let c4: Vec<G1> = all().map(|(row, t, _)| hash_attribute(&row.identity) * *t).collect();
        let z_s = z.pow(&coins.vector[0]);
        let encapsulation = [
            c1.iter().flat_map(Gt::to_bytes).collect::<Vec<_>>(),
            c2.iter().chain(&c3).flat_map(G2::to_bytes).collect(),
            c4.iter().flat_map(G1::to_bytes).collect(),
        ]
        .concat();
        let fields = header_fields(RouselakisWaters::SUITE, &policy, &encapsulation);
        let header = whole(Kind::AbeCpaHeader, &fields);
        let key = *kdf::<32>(tag::ABE_KEY, &z_s.to_bytes(), &[&header]).expose();
        let ciphertext = sealed(Kind::AbeCpaCiphertext, Kind::AbeCpaHeader, &fields, &key);

        // The library agrees.
        let made = ["H", "L"].iter().zip(alpha.iter().zip(&y));
        let made =
            made.map(|(name, (alpha, y))| rouselakis_waters::setup_with_randomness(name, alpha, y));
        let [(of_h, h), (of_l, l)]: [_; 2] = made.collect::<Vec<_>>().try_into().unwrap();
        let parameters = of_h.merge(&of_l).unwrap();
        let part = |master, place: usize| {
            let own = |u: &&Vec<u8>| authority(u) == place;
            let names = held.iter().filter(own).map(|u| std::str::from_utf8(u).unwrap());
            let t = held.iter().zip(&t).filter(|(u, _)| own(u)).map(|(_, t)| *t);
            let set = AttributeSet::from_names(names).unwrap();
            rouselakis_waters::keygen_with_randomness(master, GID, &set, &t.collect::<Vec<_>>())
                .unwrap()
        };
        let user = part(&h, 0).merge(&part(&l, 1)).unwrap();
        let (library, library_key) =
            encapsulate_cpa_with_randomness(&parameters, &policy, &coins).unwrap();
        assert_eq!((library.to_bytes(), *library_key.expose()), (header.clone(), key), "{text}");
        let read = Ciphertext::<CpaHeader<RouselakisWaters>>::from_bytes(&ciphertext).unwrap();
        let opened = abe::open_cpa(&user, AD, &read);
        let satisfied = policy.is_satisfied_by(&set);
        assert_eq!(satisfied, opened.is_ok_and(|text| text[..] == *PLAINTEXT), "{text}");

        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", written(&set))
            .text("gid", GID)
            .list("alpha", hexed(&alpha))
            .list("y", hexed(&y))
            .list("t", hexed(&t))
            .list("shares", hexed(&coins.vector))
            .list("masks", hexed(&coins.masks))
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let lambdas = |rows: &[super::matrix::Row]| -> Vec<String> {
            hexed(&rows.iter().map(|row| row.lambda).collect::<Vec<_>>())
        };
        let trace = Fields::default()
            .list("z_alpha", z_alpha.iter().map(|z| hex::encode(z.to_bytes())))
            .list("g2_y", points(&g2_y, G2::to_bytes))
            .hex("h_gid", h_gid.to_bytes())
            .list("key_attributes", held.iter().map(hex::encode))
            .list("k", points(&k, G1::to_bytes))
            .list("k_prime", points(&k_prime, G2::to_bytes))
            .text("canonical_policy", &policy.to_string())
            .list("row_attributes", rows.iter().map(|row| hex::encode(&row.identity)))
            .list("matrix", matrix.text())
            .list("lambdas", lambdas(&rows))
            .list("omegas", lambdas(&omegas))
            .list("c1", points(&c1, Gt::to_bytes))
            .list("c2", points(&c2, G2::to_bytes))
            .list("c3", points(&c3, G2::to_bytes))
            .list("c4", points(&c4, G1::to_bytes))
            .hex("z_s", z_s.to_bytes());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .list("authority_keys", [&h, &l].map(|key| hex::encode(key.to_bytes())))
            .hex("user_key", user.to_bytes())
            .hex("header", &header)
            .hex("key", key)
            .hex("ciphertext", ciphertext)
            .flag("satisfied", satisfied);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-rouselakis-waters-cpa.json", &file);
}
