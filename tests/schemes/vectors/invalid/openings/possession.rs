//! Proofs of possession of a secret key.

use super::{plus_order, with, with_last_byte_changed};
use crate::vectors::format::{Fields, NegativeFile, draw, encoding};
use crate::vectors::pre_conditional::{prove, secret_key};
use epione::algebra::codec::Canonical;
use epione::algebra::tag::{self, Kind, Tag};
use epione::algebra::{G1, Scalar};
use epione::pre::ProofOfPossession;
use rand_chacha::ChaCha20Rng;

const CONTEXT: &[u8] = b"Dr. Ruiz";

pub(super) fn proofs(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let [x, other] = std::array::from_fn(|_| Scalar::random(rng));
    let public = *secret_key(&x).public_key();
    let mut proof = |purpose: Tag, exponent: &Scalar, context: &[u8]| {
        let proof = prove(purpose, &[G1::generator()], exponent, &draw(rng), context);
        encoding(Kind::PrePossession, &proof.bytes())
    };
    let honest = proof(tag::PRE_POSSESSION, &x, CONTEXT);
    let negative = -Scalar::from_be_bytes(&honest[34..].try_into().unwrap()).unwrap();
    let context = Fields::default().hex("public_key", public.to_bytes());
    file.group("pre: verify proof of possession", context.hex("context", CONTEXT));
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("another nonce", "Valid", proof(tag::PRE_POSSESSION, &x, CONTEXT)),
        ("proof for another key", "Key", proof(tag::PRE_POSSESSION, &other, CONTEXT)),
        ("proof for another context", "Context", proof(tag::PRE_POSSESSION, &x, b"Dr. Ruiz ")),
        ("proof for the empty context", "Context", proof(tag::PRE_POSSESSION, &x, b"")),
        ("proof under the domain tag of re-encryptions", "Tag", proof(tag::PRE_PROOF, &x, CONTEXT)),
        ("challenge modified", "Challenge", with(&honest, 33, honest[33] ^ 1)),
        ("response modified", "Response", with_last_byte_changed(&honest)),
        ("response negated", "Response", [&honest[..34], &negative.to_be_bytes()].concat()),
        (
            "challenge and response exchanged",
            "Response",
            [&honest[..2], &honest[34..], &honest[2..34]].concat(),
        ),
        ("challenge and response zero", "Zero", encoding(Kind::PrePossession, &[0; 64])),
        ("challenge not reduced: r added", "NotReduced", plus_order(&honest, 2)),
        ("response not reduced: r added", "NotReduced", plus_order(&honest, 34)),
    ];
    file.cases(cases, |bytes| {
        let proof = ProofOfPossession::from_bytes(bytes);
        proof.is_ok_and(|proof| public.verify_possession(CONTEXT, &proof).is_ok())
    });
}
