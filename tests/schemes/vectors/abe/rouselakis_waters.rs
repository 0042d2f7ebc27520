//! The decentralised scheme of Rouselakis and Waters, CPA variant.

use super::identities::expanded;
use super::matrix::Matrix;
use super::{AD, PLAINTEXT, Restated, concat, opens_cpa};
use super::{hex_elements, hex_lambdas, hex_scalars, parsed, texts};
use crate::common::{policy, rng};
use crate::vectors::format::{Fields, File, NegativeFile, compare_or_write};
use epione::abe::rouselakis_waters::{self, RouselakisWaters};
use epione::abe::{self, Coins, Scheme, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::tag;
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::policy::AttributeSet;

/// Comment, policy and a user's attributes; the authorities are `H` and `L`.
const CASES: [(&str, &str, &str); 7] = [
    ("one attribute", "a@H", "a@H"),
    ("and of two authorities", "a@H and b@L", "a@H, b@L"),
    ("or", "a@H or b@L", "b@L"),
    ("threshold", "2 of (a@H, b@L, c@H)", "a@H, c@H"),
    ("repeated attribute", "a@H and (a@H or b@L)", "a@H"),
    ("attribute name with several @", "x@y@H and b@L", "x@y@H, b@L"),
    ("unsatisfied policy", "a@H and b@L", "a@H"),
];

const GID: &str = "Dr. Ada Ruiz";

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::DECENTRALISED_ATTRIBUTE, identity)
}

/// The index of an attribute's authority: 0 for `H`, 1 for `L`.
fn authority(identity: &[u8]) -> usize {
    usize::from(identity.ends_with(b"@L"))
}

#[test]
fn rouselakis_waters_cpa_vectors() {
    let tags = [tag::DECENTRALISED_ATTRIBUTE, tag::DECENTRALISED_USER, tag::ABE_KEY, tag::DEM_KEYS];
    let mut file = File::new(
        "EPIONE-V1-ABE-DECENTRALISED-CPA",
        "Rouselakis and Waters (FC 2015), hashes to G1, two authorities H and L.",
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
        let masked_rows =
            || rows.iter().zip(masks).map(|(row, t)| (row, t, authority(&row.identity)));
        let c1: Vec<Gt> =
            masked_rows().map(|(row, t, of)| z.pow(&row.lambda) * z_alpha[of].pow(t)).collect();
        let c2: Vec<G2> = masks.iter().map(|t| -(g2 * *t)).collect();
        let c3: Vec<G2> = (masked_rows().zip(&omegas))
            .map(|((_, t, of), omega)| g2_y[of] * *t + g2 * omega.lambda)
            .collect();
        let c4: Vec<G1> =
            masked_rows().map(|(row, t, _)| hash_attribute(&row.identity) * *t).collect();
        let z_s = z.pow(&coins.vector[0]);
        let encapsulation = [
            concat(&c1, Gt::to_bytes),
            concat(&c2, G2::to_bytes),
            concat(&c3, G2::to_bytes),
            concat(&c4, G1::to_bytes),
        ]
        .concat();
        let restated = Restated::cpa(RouselakisWaters::SUITE, &policy, &encapsulation, &z_s);

        let [(of_h, h), (of_l, l)] = [("H", 0), ("L", 1)]
            .map(|(name, i)| rouselakis_waters::setup_with_randomness(name, &alpha[i], &y[i]));
        let parameters = of_h.merge(&of_l).unwrap();
        let issued = |master, index: usize| {
            let own = |u: &&Vec<u8>| authority(u) == index;
            let names = held.iter().filter(own).map(|u| std::str::from_utf8(u).unwrap());
            let t = held.iter().zip(&t).filter(|(u, _)| own(u)).map(|(_, t)| *t);
            let set = AttributeSet::from_names(names).unwrap();
            rouselakis_waters::keygen_with_randomness(master, GID, &set, &t.collect::<Vec<_>>())
                .unwrap()
        };
        let user = issued(&h, 0).merge(&issued(&l, 1)).unwrap();
        let satisfied = policy.is_satisfied_by(&set);
        restated.assert_equals_library_cpa(&parameters, &user, &policy, &coins, satisfied);

        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", texts(&set))
            .text("gid", GID)
            .list("alpha", hex_scalars(&alpha))
            .list("y", hex_scalars(&y))
            .list("t", hex_scalars(&t))
            .list("shares", hex_scalars(&coins.vector))
            .list("masks", hex_scalars(&coins.masks))
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let trace = Fields::default()
            .list("z_alpha", hex_elements(&z_alpha, Gt::to_bytes))
            .list("g2_y", hex_elements(&g2_y, G2::to_bytes))
            .hex("h_gid", h_gid.to_bytes())
            .list("key_attributes", held.iter().map(hex::encode))
            .list("k", hex_elements(&k, G1::to_bytes))
            .list("k_prime", hex_elements(&k_prime, G2::to_bytes))
            .text("canonical_policy", &policy.to_string())
            .list("row_attributes", rows.iter().map(|row| hex::encode(&row.identity)))
            .list("matrix", matrix.text())
            .list("lambdas", hex_lambdas(&rows))
            .list("omegas", hex_lambdas(&omegas))
            .list("c1", hex_elements(&c1, Gt::to_bytes))
            .list("c2", hex_elements(&c2, G2::to_bytes))
            .list("c3", hex_elements(&c3, G2::to_bytes))
            .list("c4", hex_elements(&c4, G1::to_bytes))
            .hex("z_s", z_s.to_bytes());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .list("authority_keys", [&h, &l].map(|key| hex::encode(key.to_bytes())))
            .hex("user_key", user.to_bytes());
        let outputs = restated.outputs(outputs).flag("satisfied", satisfied);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-rouselakis-waters-cpa.json", &file);
}

/// `bytes` with the first occurrence of an identifier replaced by one of the same length.
fn with_identifier(mut bytes: Vec<u8>, old: &[u8; 3], new: &[u8; 3]) -> Vec<u8> {
    let position = bytes.windows(3).position(|window| window == old).unwrap();
    bytes[position..position + 3].copy_from_slice(new);
    bytes
}

#[test]
fn negative_tests_of_rouselakis_waters() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-INVALID-ABE-DECENTRALISED",
        "Rouselakis and Waters, CPA variant: well-formed keys that must not decrypt.",
    );
    let rng = &mut rng(2032);
    let (of_h, h) = rouselakis_waters::setup("H", rng);
    let (of_l, l) = rouselakis_waters::setup("L", rng);
    let (_, impostor) = rouselakis_waters::setup("L", rng);
    let parameters = of_h.merge(&of_l).unwrap();
    let mut keygen = |master, gid: &str, name: &str| {
        rouselakis_waters::keygen(master, gid, &name.parse().unwrap(), rng).unwrap()
    };
    let (ada, ada_l) = (keygen(&h, "Ada", "a@H"), keygen(&l, "Ada", "b@L"));
    let bob_l = keygen(&l, "Bob", "b@L");
    let forged_l = keygen(&impostor, "Ada", "b@L");
    let bob_as_ada = with_identifier(bob_l.to_bytes(), b"Bob", b"Ada");
    let bob_as_ada = UserSecretKey::<RouselakisWaters>::from_bytes(&bob_as_ada).unwrap();
    let merged = |other: &UserSecretKey<RouselakisWaters>| ada.merge(other).unwrap().to_bytes();
    let ada_as_bob = with_identifier(merged(&ada_l), b"Ada", b"Bob");
    let sealed = abe::try_seal_cpa(&parameters, &policy("a@H and b@L"), AD, PLAINTEXT, rng);
    let sealed = sealed.unwrap().to_bytes();
    let cases = [
        ("key of one user from both authorities", "Valid", merged(&ada_l)),
        ("key from one authority only", "Policy", ada.to_bytes()),
        ("keys of two users under one identifier", "Collusion", merged(&bob_as_ada)),
        ("key under another identifier", "User", ada_as_bob),
        ("part from another authority with the same name", "Authority", merged(&forged_l)),
    ];
    let context = Fields::default().hex("ad", AD).hex("ciphertext", &sealed);
    file.group("rouselakis_waters: open with user key", context);
    file.cases(cases, |bytes| {
        opens_cpa(&UserSecretKey::<RouselakisWaters>::from_bytes(bytes).unwrap(), &sealed)
    });
    compare_or_write("invalid/abe-rouselakis-waters.json", &file);
}
