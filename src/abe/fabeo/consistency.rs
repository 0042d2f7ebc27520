//! Public verification of headers: all authorised users decapsulate the same key.
//!
//! From a header alone, `W_i = e(ct3[i], g2) / e(H(pi(i)), ct2[rho(i)]) = e(B, g2)^{lambda_i}` and
//! `e(B, ct1) = e(B, g2)^s`. The header is consistent if the `lambda_i` are shares of `s`. For a
//! random [dual codeword](crate::policy::SpanProgram::dual_codeword) `(-w, c)`, shares satisfy
//! `sum c_i lambda_i = w s`, and other vectors do so with negligible probability:
//!
//! ```math
//! e(prod ct3[i]^{c_i}, g2) prod_j e(prod_{rho(i) = j} H(pi(i))^{-c_i}, ct2[j]) e(B^{-w}, ct1) = 1
//! ```
//!
//! The verifier needs neither a key nor the parameters, and the header carries no proof. *Which*
//! key is encapsulated remains the encryptor's choice. A batch is verified as one equation, with
//! weights that are a hash of all headers; if the equation fails, each header is verified alone.
#![forbid(unsafe_code)]

use super::{Fabeo, base_point, hash_products};
use crate::abe::CpaHeader;
use crate::algebra::codec::Canonical;
use crate::algebra::hash::weights;
use crate::algebra::{G1, G2, Scalar, multi_pairing, tag};

/// The header does not decrypt to the same key for all authorised users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rows of the header do not share one secret under its policy")]
pub struct InconsistentHeader;

/// Verifies that all authorised users decapsulate the same key. An inconsistent header passes with
/// probability `2^-128`.
///
/// Cost: `2 + tau` Miller loops, one final exponentiation, `tau + 1` multi-scalar multiplications
/// of `2n` terms in total.
///
/// # Errors
/// [`InconsistentHeader`] if the rows do not share one secret.
pub fn verify_consistency(header: &CpaHeader<Fabeo>) -> Result<(), InconsistentHeader> {
    batch_verify_consistency(&[header]).pop().expect("one verdict per header")
}

/// Batch version of [`verify_consistency`], with one verdict per header.
///
/// Cost if all headers are consistent: `1 + tau` Miller loops per header, one more and one final
/// exponentiation for the batch.
pub fn batch_verify_consistency(
    headers: &[&CpaHeader<Fabeo>],
) -> Vec<Result<(), InconsistentHeader>> {
    if headers.len() > 1 && product_holds(headers) {
        return vec![Ok(()); headers.len()];
    }
    let alone = |header| if product_holds(&[header]) { Ok(()) } else { Err(InconsistentHeader) };
    headers.iter().map(|header| alone(*header)).collect()
}

/// Returns `true` if the product of the headers' equations holds.
fn product_holds(headers: &[&CpaHeader<Fabeo>]) -> bool {
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

/// Appends the pairs of a header's equation, except the one with `g2`. Returns the coefficients
/// `c_i`.
fn relation(
    header: &CpaHeader<Fabeo>,
    weights: &[Scalar],
    pairs: &mut Vec<(G1, G2)>,
) -> Vec<Scalar> {
    let (program, encapsulation) = (header.policy.span_program(), &header.encapsulation);
    let (w, c) = program.dual_codeword(weights);
    let products = hash_products(&program, encapsulation.ct2.len(), &c);
    pairs.extend(
        products.into_iter().map(|product| -product).zip(encapsulation.ct2.iter().copied()),
    );
    pairs.push((-(base_point() * w), encapsulation.ct1));
    c
}
