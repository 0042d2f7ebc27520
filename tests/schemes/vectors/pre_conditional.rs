//! Test vectors of conditional re-encryption, computed from its equations.

use crate::vectors::format::{Fields, File, compare_or_write, draw, encoding};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{digest, framed, hash_to_g2, hash_to_scalar, kdf};
use epione::algebra::tag::{self, Kind, Tag};
use epione::algebra::{G1, G2, Scalar, Secret, multi_pairing, pairing};
use epione::dem::{self, ContentKey};
use epione::pre::{PublicKey, SecretKey, conditional};
use rand_chacha::ChaCha20Rng;

pub(crate) fn secret_key(x: &Scalar) -> SecretKey {
    SecretKey::from_bytes(&encoding(Kind::PreSecretKey, &x.to_be_bytes())).unwrap()
}

fn public_key(x: &Scalar) -> (G1, G2, Vec<u8>) {
    let (x1, y) = (G1::generator() * *x, G2::generator() * *x);
    let bytes = encoding(Kind::PrePublicKey, &[&x1.to_bytes()[..], &y.to_bytes()].concat());
    assert_eq!(PublicKey::from_bytes(&bytes).as_ref(), Ok(secret_key(x).public_key()));
    (x1, y, bytes)
}

/// A Schnorr proof and its intermediate values.
pub(crate) struct Proof {
    nonce: Scalar,
    commitments: Vec<G1>,
    challenge: Scalar,
    response: Scalar,
}

/// `n = H(t, fresh, images, context);  c = H(G, image, G^n, context);  z = n + c t`.
pub(crate) fn prove(
    purpose: Tag,
    bases: &[G1],
    t: &Scalar,
    fresh: &[u8; 32],
    context: &[u8],
) -> Proof {
    let encode = |points: &[G1]| points.iter().flat_map(G1::to_bytes).collect::<Vec<u8>>();
    let images: Vec<G1> = bases.iter().map(|base| *base * *t).collect();
    let hedged = framed(&[&t.to_be_bytes(), fresh, &encode(&images), context]);
    let nonce = hash_to_scalar(tag::PRE_NONCE, &hedged);
    let commitments: Vec<G1> = bases.iter().map(|base| *base * nonce).collect();
    let points = [encode(bases), encode(&images), encode(&commitments)].concat();
    let challenge = hash_to_scalar(purpose, &framed(&[&points, context]));
    Proof { nonce, commitments, challenge, response: nonce + challenge * *t }
}

impl Proof {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.challenge.to_be_bytes(), self.response.to_be_bytes()].concat()
    }
    fn trace(&self, prefix: &str, fields: Fields) -> Fields {
        let commitments = self.commitments.iter().map(|point| hex::encode(point.to_bytes()));
        fields
            .scalar(&format!("{prefix}_nonce"), &self.nonce)
            .list(&format!("{prefix}_commitments"), commitments)
            .scalar(&format!("{prefix}_challenge"), &self.challenge)
            .scalar(&format!("{prefix}_response"), &self.response)
    }
}

fn tags() -> [Tag; 13] {
    [
        tag::PRE_CONDITION,
        tag::PRE_CAPSULE_TAG,
        tag::PRE_CONTEXT,
        tag::PRE_TAG_CONTEXT,
        tag::PRE_EXPONENT,
        tag::PRE_MASK,
        tag::PRE_KEY,
        tag::PRE_BODY,
        tag::PRE_REENCRYPTION,
        tag::PRE_PROOF,
        tag::PRE_NONCE,
        tag::PRE_POSSESSION,
        tag::DEM_KEYS,
    ]
}

#[test]
fn conditional_vectors() {
    let mut file = File::new(
        "EPIONE-V1-PRE-CONDITIONAL",
        "Conditional, verifiable proxy re-encryption after Weng et al. 2009.",
        &tags(),
    );
    let mut rng = file.rng();
    for (comment, condition, ad, plaintext) in [
        (
            "a content key",
            &b"clinical, epoch 202612"[..],
            &b"record 7"[..],
            &b"content key of 32 bytes, or such"[..],
        ),
        ("empty condition, associated data and plaintext", b"", b"", b""),
    ] {
        let (inputs, trace, outputs) = case(&mut rng, condition, ad, plaintext);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("pre-conditional.json", &file);
}

fn case(
    rng: &mut ChaCha20Rng,
    condition: &[u8],
    ad: &[u8],
    plaintext: &[u8],
) -> (Fields, Fields, Fields) {
    let [x_i, x_j, s] = std::array::from_fn(|_| Scalar::random(rng));
    let mu = draw::<32>(rng);
    let (g1, (x_point, y_i, pk_i), (x_j_point, y_j, pk_j)) =
        (G1::generator(), public_key(&x_i), public_key(&x_j));

    // Seal.
    let q = hash_to_g2(tag::PRE_CONDITION, &framed(&[&pk_i, condition]));
    let context = framed(&[tag::PRE_CONTEXT.as_bytes(), &pk_i, condition, ad]);
    let r = hash_to_scalar(tag::PRE_EXPONENT, &framed(&[&mu, &context]));
    let c1 = g1 * r;
    let k = pairing(&x_point, &q).pow(&r);
    let mask = *kdf::<32>(tag::PRE_MASK, &k.to_bytes(), &[&c1.to_bytes(), &context]).expose();
    let w: [u8; 32] = std::array::from_fn(|i| mu[i] ^ mask[i]);
    let body_key = kdf::<32>(tag::PRE_KEY, &mu, &[&context]);
    let body_context = framed(&[&c1.to_bytes(), &w, &context]);
    let body = dem::seal(&ContentKey::from_secret(body_key.clone()), &body_context, plaintext);
    let body_digest = digest(tag::PRE_BODY, &[&body]);
    let tag_context = framed(&[tag::PRE_TAG_CONTEXT.as_bytes(), condition, ad]);
    let tagged = framed(&[&c1.to_bytes(), &w, &body_digest, &tag_context]);
    let tag_point = hash_to_g2(tag::PRE_CAPSULE_TAG, &tagged);
    let c4 = tag_point * r;
    assert_eq!(pairing(&c1, &tag_point), pairing(&g1, &c4), "e(C1, H) = e(g1, C4)");
    assert_eq!(pairing(&c1, &(q * x_i)), k, "K = e(C1, Q^x_i)");
    let length = (body.len() as u32).to_be_bytes();
    let fields = [&c1.to_bytes()[..], &w, &c4.to_bytes(), &length, &body].concat();
    let ciphertext = encoding(Kind::PreCiphertext, &fields);

    // ReKey and ReEncrypt.
    let (rk1, rk2) = ((q + y_j * s) * x_i, y_i * s);
    let v = multi_pairing(&[(x_point, q), (x_j_point, rk2)]);
    assert_eq!(pairing(&g1, &rk1), v, "e(g1, rk1) = V");
    let [t_fresh, proof_fresh] = {
        let draws = &mut rng.clone();
        [draw::<32>(draws), draw::<32>(draws)]
    };
    let binding = framed(&[&context, &ciphertext, &pk_j, &rk2.to_bytes()]);
    let hedged = framed(&[&rk1.to_bytes(), &t_fresh, &binding]);
    let t = hash_to_scalar(tag::PRE_REENCRYPTION, &hedged);
    let (d1, t_point, d2) = (c1 * t, g1 * t, rk1 * t.inverse().unwrap());
    assert_eq!(pairing(&t_point, &d2), v, "e(T, D2) = V");
    assert_eq!(multi_pairing(&[(d1, d2), (-c1, rk2 * x_j)]), k, "K = e(D1, D2) / e(C1, rk2^x_j)");
    let statement = framed(&[&context, &ciphertext, &pk_j, &rk2.to_bytes(), &d2.to_bytes()]);

    // The library draws the fresh bytes of `t` and of its nonces from the same RNG.
    let (patient, doctor) = (secret_key(&x_i), secret_key(&x_j));
    let mu_secret = Secret::new(mu);
    let sealed = conditional::seal_with_randomness(
        patient.public_key(),
        condition,
        ad,
        plaintext,
        &mu_secret,
    );
    assert_eq!(sealed.to_bytes(), ciphertext);
    let rekey = conditional::rekeygen_with_randomness(&patient, doctor.public_key(), condition, &s);
    let points = [rk1.to_bytes(), rk2.to_bytes()].concat();
    let rekey_bytes = encoding(Kind::PreReKey, &points);
    assert_eq!(rekey.to_bytes(), rekey_bytes);
    let checked = rekey.verify(patient.public_key(), doctor.public_key(), condition).unwrap();
    let verified = sealed.verify(condition, ad).unwrap();
    let library = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let proof = prove(tag::PRE_PROOF, &[g1, c1], &t, &proof_fresh, &statement);
    let points = [&d1.to_bytes()[..], &t_point.to_bytes(), &d2.to_bytes()].concat();
    let reencryption = encoding(Kind::PreReEncryption, &[points, proof.bytes()].concat());
    assert_eq!(library.to_bytes(), reencryption);
    let verified = library.verify(checked.delegation(), &verified).unwrap();
    assert_eq!(&conditional::open_reencrypted(&doctor, &verified).unwrap()[..], plaintext);
    assert_eq!(&conditional::open(&patient, condition, ad, &sealed).unwrap()[..], plaintext);

    let possession_fresh = draw::<32>(&mut rng.clone());
    let possession = doctor.prove_possession(b"Dr. Ruiz", rng);
    let possession_proof = prove(tag::PRE_POSSESSION, &[g1], &x_j, &possession_fresh, b"Dr. Ruiz");
    let possession_bytes = encoding(Kind::PrePossession, &possession_proof.bytes());
    assert_eq!(possession.to_bytes(), possession_bytes);

    let inputs = Fields::default()
        .scalar("x_i", &x_i)
        .scalar("x_j", &x_j)
        .hex("condition", condition)
        .hex("ad", ad)
        .hex("plaintext", plaintext)
        .hex("mu", mu)
        .scalar("s", &s)
        .hex("t_fresh", t_fresh)
        .hex("proof_fresh", proof_fresh)
        .hex("possession_context", b"Dr. Ruiz")
        .hex("possession_fresh", possession_fresh);
    let trace = Fields::default()
        .hex("q", q.to_bytes())
        .hex("context", context)
        .scalar("r", &r)
        .hex("c1", c1.to_bytes())
        .hex("k", k.to_bytes())
        .hex("mask", mask)
        .hex("w", w)
        .hex("body_key", body_key.expose())
        .hex("body_context", body_context)
        .hex("body", body)
        .hex("body_digest", body_digest)
        .hex("tag_context", tag_context)
        .hex("tag_point", tag_point.to_bytes())
        .hex("c4", c4.to_bytes())
        .hex("rk1", rk1.to_bytes())
        .hex("rk2", rk2.to_bytes())
        .hex("v", v.to_bytes())
        .hex("binding", binding)
        .scalar("t", &t)
        .hex("d1", d1.to_bytes())
        .hex("t_point", t_point.to_bytes())
        .hex("d2", d2.to_bytes())
        .hex("statement", statement);
    let trace = possession_proof.trace("possession", proof.trace("proof", trace));
    let outputs = Fields::default()
        .hex("delegator_public_key", pk_i)
        .hex("delegatee_public_key", pk_j)
        .hex("ciphertext", ciphertext)
        .hex("rekey", rekey_bytes)
        .hex("reencryption", reencryption)
        .hex("possession", possession_bytes);
    (inputs, trace, outputs)
}
