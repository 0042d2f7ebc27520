//! The corrected revocable scheme of Pang et al., CPA variant.

mod invalid;

use super::identities::{expanded, plain};
use super::matrix::Matrix;
use super::{AD, PLAINTEXT, Restated, concat};
use super::{hex_elements, hex_lambdas, hex_scalars, parsed, texts};
use crate::vectors::format::{Fields, File, compare_or_write, draw};
use epione::abe::pang::{self, AttributeAuthority, Pang};
use epione::abe::{Coins, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_g1, hash_to_scalar};
use epione::algebra::tag;
use epione::algebra::{G1, G2, Gt, Scalar, Secret};
use epione::policy::Name;

/// Comment, policy, a user's attributes, and for `a, b, c` the epochs of the user's components and
/// of the header.
type Case = (&'static str, &'static str, &'static str, [u32; 3], [u32; 3]);

const REVOKED: &str = "revoked attribute";

const CASES: [Case; 6] = [
    ("one attribute", "a", "a", [0; 3], [0; 3]),
    ("and of attributes in different epochs", "a and b", "a, b", [0, 7, 0], [0, 7, 0]),
    ("threshold", "2 of (a, b, c)", "a, c", [1, 2, 3], [1, 2, 3]),
    ("repeated attribute", "a and (a or b)", "a", [5; 3], [5; 3]),
    (REVOKED, "a and b", "a, b", [0, 0, 0], [1, 0, 0]),
    ("or with one revoked attribute", "a or b", "a, b", [0, 0, 0], [1, 0, 0]),
];

const GID: &str = "Dr. Ada Ruiz";

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::REVOCABLE_ATTRIBUTE, identity)
}

#[test]
fn pang_cpa_vectors() {
    let tags = [
        tag::REVOCABLE_ATTRIBUTE,
        tag::REVOCABLE_USER,
        tag::REVOCABLE_POSSESSION,
        tag::ABE_KEY,
        tag::DEM_KEYS,
    ];
    let mut file = File::new(
        "EPIONE-V1-ABE-REVOCABLE-CPA",
        "Pang et al. (IEEE Access 2022), corrected: authorities of a, b and c, key epochs.",
        &tags,
    );
    let rng = &mut file.rng();
    let (g1, g2) = (G1::generator(), G2::generator());
    let names = ["a", "b", "c"].map(|x| Name::new(x).unwrap());
    let index = |identity: &[u8]| names.iter().position(|x| plain(x) == identity).unwrap();
    for (comment, text, attributes, held_epochs, written_epochs) in CASES {
        let (policy, set) = parsed(text, attributes);
        let [a, beta] = [(); 2].map(|()| Scalar::random(rng));
        let users: [u8; 32] = draw(rng);
        let held_v = [(); 3].map(|()| Scalar::random(rng));
        // Equal epochs have equal exponents.
        let written_v: [Scalar; 3] = std::array::from_fn(|i| {
            if held_epochs[i] == written_epochs[i] { held_v[i] } else { Scalar::random(rng) }
        });
        let coins = Coins::random::<Pang>(&policy.span_program(), rng);

        // Setup, Enrol, Share, Issue.
        let (g1_a, z_beta) = (g1 * a, Gt::generator().pow(&beta));
        let t = hash_to_scalar(tag::REVOCABLE_USER, &framed(&[&users, GID.as_bytes()]));
        let (d, d_prime) = (g1 * (beta + a * t), g2 * t);
        let held = expanded(&set);
        let shares: Vec<G1> = held.iter().map(|x| hash_attribute(x) * t).collect();
        let inverse = |x: &[u8]| held_v[index(x)].inverse().unwrap();
        let d_x: Vec<G1> = held.iter().zip(&shares).map(|(x, share)| *share * inverse(x)).collect();

        // Epoch: P = H'(x, epoch, g2^{v_x})^{v_x}
        let g2_v = written_v.map(|v| g2 * v);
        let possession = |i: usize| {
            let epoch = written_epochs[i].to_be_bytes();
            let statement = framed(&[&plain(&names[i]), &epoch, &g2_v[i].to_bytes()]);
            hash_to_g1(tag::REVOCABLE_POSSESSION, &statement) * written_v[i]
        };
        let proofs = [0, 1, 2].map(possession);

        // Encaps.
        let matrix = Matrix::of(&policy);
        let rows = matrix.share(&coins.vector);
        let c_second = g2 * coins.vector[0];
        let masked_rows = || rows.iter().zip(&coins.masks);
        let c: Vec<G2> = masked_rows().map(|(row, r)| g2_v[index(&row.identity)] * *r).collect();
        let c_prime: Vec<G1> = masked_rows()
            .map(|(row, r)| g1_a * row.lambda + hash_attribute(&row.identity) * *r)
            .collect();
        let z_s = z_beta.pow(&coins.vector[0]);
        let epochs: Vec<u32> =
            rows.iter().map(|row| written_epochs[index(&row.identity)]).collect();
        let encapsulation = [
            epochs.iter().flat_map(|epoch| epoch.to_be_bytes()).collect(),
            c_second.to_bytes().to_vec(),
            concat(&c, G2::to_bytes),
            concat(&c_prime, G1::to_bytes),
        ]
        .concat();
        let restated = Restated::cpa(Pang::SUITE, &policy, &encapsulation, &z_s);

        let (parameters, master) = pang::setup_with_randomness(&a, &beta, &Secret::new(users));
        let authority = |i: usize, epochs: [u32; 3], v: [Scalar; 3]| {
            AttributeAuthority::new_with_randomness(names[i].clone(), epochs[i], &v[i])
        };
        let mut user = pang::enrol(&master, GID).unwrap();
        for x in &held {
            let mut authority = authority(index(x), held_epochs, held_v);
            let share = pang::key_share(&master, GID, authority.attribute()).unwrap();
            let component = authority.issue(share.verify().unwrap()).unwrap();
            user = user.with_component(&component, &authority.public_key()).unwrap();
        }
        let keys = [0, 1, 2].map(|i| authority(i, written_epochs, written_v).public_key());
        for (key, proof) in keys.iter().zip(&proofs) {
            assert!(key.key().to_bytes().ends_with(&proof.to_bytes()));
        }
        let keys = keys.iter();
        let parameters =
            keys.fold(parameters, |parameters, key| parameters.with_attribute_key(key).unwrap());
        // A component matches the rows of its own epoch.
        let matches = |row: usize| {
            let i = index(&rows[row].identity);
            held.contains(&rows[row].identity) && held_epochs[i] == written_epochs[i]
        };
        let satisfied = policy.span_program().reconstruct_from(matches).is_some();
        assert_eq!(satisfied, comment != REVOKED);
        restated.assert_equals_library_cpa(&parameters, &user, &policy, &coins, satisfied);

        let numbers = |epochs: [u32; 3]| epochs.map(|epoch| epoch.to_string());
        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", texts(&set))
            .text("gid", GID)
            .scalar("a", &a)
            .scalar("beta", &beta)
            .hex("users", users)
            .list("attribute_authorities", names.iter().map(|x| x.as_str().to_owned()))
            .list("held_epochs", numbers(held_epochs))
            .list("held_v", hex_scalars(&held_v))
            .list("written_epochs", numbers(written_epochs))
            .list("written_v", hex_scalars(&written_v))
            .list("shares", hex_scalars(&coins.vector))
            .list("masks", hex_scalars(&coins.masks))
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let trace = Fields::default()
            .hex("g1_a", g1_a.to_bytes())
            .hex("z_beta", z_beta.to_bytes())
            .scalar("t", &t)
            .hex("d", d.to_bytes())
            .hex("d_prime", d_prime.to_bytes())
            .list("key_attributes", held.iter().map(hex::encode))
            .list("t_x", hex_elements(&shares, G1::to_bytes))
            .list("d_x", hex_elements(&d_x, G1::to_bytes))
            .list("g2_v", hex_elements(&g2_v, G2::to_bytes))
            .list("p", hex_elements(&proofs, G1::to_bytes))
            .text("canonical_policy", &policy.to_string())
            .list("row_attributes", rows.iter().map(|row| hex::encode(&row.identity)))
            .list("row_epochs", epochs.iter().map(u32::to_string))
            .list("matrix", matrix.text())
            .list("lambdas", hex_lambdas(&rows))
            .hex("c_second", c_second.to_bytes())
            .list("c", hex_elements(&c, G2::to_bytes))
            .list("c_prime", hex_elements(&c_prime, G1::to_bytes))
            .hex("z_s", z_s.to_bytes());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("master_key", master.to_bytes())
            .hex("user_key", user.to_bytes());
        let outputs = restated.outputs(outputs).flag("satisfied", satisfied);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-pang-cpa.json", &file);
}
