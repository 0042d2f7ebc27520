//! Whether a lock opens alike for all who may open it, checked by anyone.
//!
//! From a header alone, `W_i = e(ct3[i], g2) / e(H(pi(i)), ct2[rho(i)]) = e(B, g2)^{lambda_i}`, and
//! `e(B, ct1) = e(B, g2)^s`. The header is honest if the `lambda_i` are shares of `s`: everyone who
//! satisfies the policy then finds the same element. Shares are told from other numbers by a random
//! [relation](crate::policy::SpanProgram::relation) `sum c_i lambda_i = w s`:
//!
//! ```text
//! e(prod ct3[i]^{c_i}, g2) prod_j e(prod_{rho(i) = j} H(pi(i))^{-c_i}, ct2[j]) e(B^{-w}, ct1) = 1
//! ```
//!
//! No key, no parameters, no bytes more in the header. It does not say *which* key is inside: a writer
//! may lock what he likes. Many headers are checked as one equation, with weights out of a hash of all
//! of them; if it does not hold, each is checked alone.
#![forbid(unsafe_code)]

use super::{Fabeo, base_point};
use crate::abe::CpaHeader;
use crate::abe::scheme::hash_rows;
use crate::algebra::codec::Canonical;
use crate::algebra::hash::weights;
use crate::algebra::{G1, G2, Scalar, multi_pairing, tag};

/// A header that would open differently for two users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header's rows do not share one secret by its policy")]
pub struct InconsistentHeader;

/// Whether all who satisfy the header's policy find the same key. A dishonest header passes with
/// probability `2^-128`.
///
/// Cost: `2 + tau` Miller loops and one final exponentiation, `tau + 1` sums of `2 n` products.
///
/// # Errors
/// [`InconsistentHeader`].
pub fn verify_consistency(header: &CpaHeader<Fabeo>) -> Result<(), InconsistentHeader> {
    batch_verify_consistency(&[header]).pop().expect("a verdict for every header")
}

/// [`verify_consistency`] of each.
///
/// Cost: if all are honest, `1 + tau` Miller loops each, one more and one final exponentiation for all.
pub fn batch_verify_consistency(
    headers: &[&CpaHeader<Fabeo>],
) -> Vec<Result<(), InconsistentHeader>> {
    if headers.len() > 1 && hold(headers) {
        return vec![Ok(()); headers.len()];
    }
    let alone = |header| if hold(&[header]) { Ok(()) } else { Err(InconsistentHeader) };
    headers.iter().map(|header| alone(*header)).collect()
}

/// The product of the headers' equations.
fn hold(headers: &[&CpaHeader<Fabeo>]) -> bool {
    let bytes: Vec<Vec<u8>> = headers.iter().map(|header| header.to_bytes()).collect();
    let parts: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let count = headers.iter().map(|header| header.encapsulation.ct3.len() + 1).sum();
    let weights = weights(tag::ABE_RELATION, &parts, count);
    let (mut pairs, mut rest) = (Vec::new(), &weights[..]);
    let (mut rows, mut coefficients) = (Vec::new(), Vec::new());
    for header in headers {
        let (own, others) = rest.split_at(header.encapsulation.ct3.len() + 1);
        rest = others;
        let c = relation(header, own, &mut pairs);
        rows.extend_from_slice(&header.encapsulation.ct3);
        coefficients.extend(c);
    }
    pairs.push((G1::msm(&rows, &coefficients), G2::generator()));
    multi_pairing(&pairs).is_identity()
}

/// The pairs of one header's equation but for that with `g2`, and the coefficients of that.
fn relation(
    header: &CpaHeader<Fabeo>,
    weights: &[Scalar],
    pairs: &mut Vec<(G1, G2)>,
) -> Vec<Scalar> {
    let (program, encapsulation) = (header.policy.span_program(), &header.encapsulation);
    let (w, c) = program.dual_codeword(weights);
    let hashes = hash_rows(tag::FABEO_ATTRIBUTE, &program);
    for (j, ct2) in encapsulation.ct2.iter().enumerate() {
        let rows = program.rows().iter().enumerate().filter(|(_, row)| row.occurrence == j);
        let (hashes, c): (Vec<G1>, Vec<Scalar>) = rows.map(|(i, _)| (hashes[i], c[i])).unzip();
        pairs.push((-G1::msm(&hashes, &c), *ct2));
    }
    pairs.push((-(base_point() * w), encapsulation.ct1));
    c
}
