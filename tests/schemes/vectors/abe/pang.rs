//! The mended scheme of Pang et al. against chosen plaintexts.

use super::identities::{expanded, plain};
use super::matrix::Matrix;
use super::{AD, PLAINTEXT, header_fields, hexed, parsed, points, sealed, whole, written};
use crate::vectors::format::{Fields, File, compare_or_write, draw};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::pang::{self, AttributeAuthority, Pang};
use epione::abe::{self, Ciphertext, Coins, CpaHeader, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_g1, hash_to_scalar, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, G2, Gt, Scalar, Secret};
use epione::policy::Name;

/// A comment, a policy, a user's attributes, and the epochs of `a, b, c` in which she has them and in
/// which is written.
type Case = (&'static str, &'static str, &'static str, [u32; 3], [u32; 3]);

const CASES: [Case; 6] = [
    ("one attribute", "a", "a", [0; 3], [0; 3]),
    ("and, in two epochs", "a and b", "a, b", [0, 7, 0], [0, 7, 0]),
    ("a threshold", "2 of (a, b, c)", "a, c", [1, 2, 3], [1, 2, 3]),
    ("an attribute twice", "a and (a or b)", "a", [5; 3], [5; 3]),
    ("an attribute that was taken away", "a and b", "a, b", [0, 0, 0], [1, 0, 0]),
    ("the other branch of an or", "a or b", "a, b", [0, 0, 0], [1, 0, 0]),
];

const GID: &str = "Dr. Ada Ruiz";

fn hash_attribute(identity: &[u8]) -> G1 {
    hash_to_g1(tag::REVOCABLE_ATTRIBUTE, identity)
}

#[test]
fn abe_pang_cpa_vectors() {
    let tags = [
        tag::REVOCABLE_ATTRIBUTE,
        tag::REVOCABLE_USER,
        tag::REVOCABLE_POSSESSION,
        tag::ABE_KEY,
        tag::DEM_KEYS,
    ];
    let mut file = File::new(
        "EPIONE-V1-ABE-REVOCABLE-CPA",
        "Pang et al. (IEEE Access 2022), mended: managers of a, b and c, epochs of writing. Matrix rows are \
         signed integers.",
        &tags,
    );
    let rng = &mut file.rng();
    let (g1, g2) = (G1::generator(), G2::generator());
    let names = ["a", "b", "c"].map(|x| Name::new(x).unwrap());
    let place = |identity: &[u8]| names.iter().position(|x| plain(x) == identity).unwrap();
    for (comment, text, attributes, held_in, written_in) in CASES {
        let (policy, set) = parsed(text, attributes);
        let [a, beta] = [(); 2].map(|()| Scalar::random(rng));
        let users: [u8; 32] = draw(rng);
        let v_held = [(); 3].map(|()| Scalar::random(rng));
        // In one epoch there is one exponent.
        let v_written: [Scalar; 3] = std::array::from_fn(|i| {
            if held_in[i] == written_in[i] { v_held[i] } else { Scalar::random(rng) }
        });
        let coins = Coins::random::<Pang>(&policy.span_program(), rng);

        // Setup, Enrol, Share, Issue.
        let (g1_a, z_beta) = (g1 * a, Gt::generator().pow(&beta));
        let t = hash_to_scalar(tag::REVOCABLE_USER, &framed(&[&users, GID.as_bytes()]));
        let (d, d_prime) = (g1 * (beta + a * t), g2 * t);
        let held = expanded(&set);
        let shares: Vec<G1> = held.iter().map(|x| hash_attribute(x) * t).collect();
        let inverse = |x: &[u8]| v_held[place(x)].inverse().unwrap();
        let d_x: Vec<G1> = held.iter().zip(&shares).map(|(x, share)| *share * inverse(x)).collect();

        // Epoch: P = H'(x, epoch, g2^{v_x})^{v_x}
        let g2_v = v_written.map(|v| g2 * v);
        let possession = |i: usize| {
            let epoch = written_in[i].to_be_bytes();
            let statement = framed(&[&plain(&names[i]), &epoch, &g2_v[i].to_bytes()]);
            hash_to_g1(tag::REVOCABLE_POSSESSION, &statement) * v_written[i]
        };
        let proofs = [0, 1, 2].map(possession);

        // Encaps.
        let matrix = Matrix::of(&policy);
        let rows = matrix.share(&coins.vector);
        let c_second = g2 * coins.vector[0];
        let all = || rows.iter().zip(&coins.masks);
        let c: Vec<G2> = all().map(|(row, r)| g2_v[place(&row.identity)] * *r).collect();
        let c_prime: Vec<G1> =
            all().map(|(row, r)| g1_a * row.lambda + hash_attribute(&row.identity) * *r).collect();
        let z_s = z_beta.pow(&coins.vector[0]);
        let epochs: Vec<u32> = rows.iter().map(|row| written_in[place(&row.identity)]).collect();
        let encapsulation = [
            epochs.iter().flat_map(|epoch| epoch.to_be_bytes()).collect::<Vec<_>>(),
            c_second.to_bytes().to_vec(),
            c.iter().flat_map(G2::to_bytes).collect(),
            c_prime.iter().flat_map(G1::to_bytes).collect(),
        ]
        .concat();
        let fields = header_fields(Pang::SUITE, &policy, &encapsulation);
        let header = whole(Kind::AbeCpaHeader, &fields);
        let key = *kdf::<32>(tag::ABE_KEY, &z_s.to_bytes(), &[&header]).expose();
        let ciphertext = sealed(Kind::AbeCpaCiphertext, Kind::AbeCpaHeader, &fields, &key);

        // The library agrees.
        let (parameters, master) = pang::setup_with_randomness(&a, &beta, &Secret::new(users));
        let manager = |i: usize, epochs: [u32; 3], v: [Scalar; 3]| {
            AttributeAuthority::new_with_randomness(names[i].clone(), epochs[i], &v[i])
        };
        let mut user = pang::enrol(&master, GID).unwrap();
        for x in &held {
            let mut manager = manager(place(x), held_in, v_held);
            let share = pang::key_share(&master, GID, manager.attribute()).unwrap();
            let component = manager.issue(share.verify().unwrap()).unwrap();
            user = user.with_component(&component, &manager.public_key()).unwrap();
        }
        let keys = [0, 1, 2].map(|i| manager(i, written_in, v_written).public_key());
        for (key, proof) in keys.iter().zip(&proofs) {
            assert!(key.key().to_bytes().ends_with(&proof.to_bytes()));
        }
        let keys = keys.iter();
        let parameters =
            keys.fold(parameters, |parameters, key| parameters.with_attribute_key(key).unwrap());
        let (library, library_key) =
            encapsulate_cpa_with_randomness(&parameters, &policy, &coins).unwrap();
        assert_eq!((library.to_bytes(), *library_key.expose()), (header.clone(), key), "{text}");
        let read = Ciphertext::<CpaHeader<Pang>>::from_bytes(&ciphertext).unwrap();
        let opened = abe::open_cpa(&user, AD, &read);
        // A row opens by a component of its own epoch.
        let program = policy.span_program();
        let has = |row: usize| {
            let i = place(&rows[row].identity);
            held.contains(&rows[row].identity) && held_in[i] == written_in[i]
        };
        let satisfied = program.reconstruct_from(has).is_some();
        assert_eq!(satisfied, opened.is_ok_and(|text| text[..] == *PLAINTEXT), "{comment}");
        assert_eq!(satisfied, comment != "an attribute that was taken away");

        let numbers = |epochs: [u32; 3]| epochs.map(|epoch| epoch.to_string());
        let inputs = Fields::default()
            .text("policy", text)
            .list("attributes", written(&set))
            .text("gid", GID)
            .scalar("a", &a)
            .scalar("beta", &beta)
            .hex("users", users)
            .list("managers", names.iter().map(|x| x.as_str().to_owned()))
            .list("held_epochs", numbers(held_in))
            .list("held_v", hexed(&v_held))
            .list("written_epochs", numbers(written_in))
            .list("written_v", hexed(&v_written))
            .list("shares", hexed(&coins.vector))
            .list("masks", hexed(&coins.masks))
            .hex("ad", AD)
            .hex("plaintext", PLAINTEXT);
        let lambdas: Vec<Scalar> = rows.iter().map(|row| row.lambda).collect();
        let trace = Fields::default()
            .hex("g1_a", g1_a.to_bytes())
            .hex("z_beta", z_beta.to_bytes())
            .scalar("t", &t)
            .hex("d", d.to_bytes())
            .hex("d_prime", d_prime.to_bytes())
            .list("key_attributes", held.iter().map(hex::encode))
            .list("t_x", points(&shares, G1::to_bytes))
            .list("d_x", points(&d_x, G1::to_bytes))
            .list("g2_v", points(&g2_v, G2::to_bytes))
            .list("p", points(&proofs, G1::to_bytes))
            .text("canonical_policy", &policy.to_string())
            .list("row_attributes", rows.iter().map(|row| hex::encode(&row.identity)))
            .list("row_epochs", epochs.iter().map(u32::to_string))
            .list("matrix", matrix.text())
            .list("lambdas", hexed(&lambdas))
            .hex("c_second", c_second.to_bytes())
            .list("c", points(&c, G2::to_bytes))
            .list("c_prime", points(&c_prime, G1::to_bytes))
            .hex("z_s", z_s.to_bytes());
        let outputs = Fields::default()
            .hex("parameters", parameters.to_bytes())
            .hex("master_key", master.to_bytes())
            .hex("user_key", user.to_bytes())
            .hex("header", &header)
            .hex("key", key)
            .hex("ciphertext", ciphertext)
            .flag("satisfied", satisfied);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("abe-pang-cpa.json", &file);
}
