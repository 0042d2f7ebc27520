//! The scheme of Waters, the baseline of later work.
//!
//! # Paper
//!
//! Waters, *Ciphertext-Policy Attribute-Based Encryption: An Expressive, Efficient, and Provably
//! Secure Realization*, PKC 2011, the construction of section 3.
//!
//! # Algorithms
//!
//! `H` hashes attributes to G1, `Z = e(g1, g2)`. The policy is a span program `(M, pi)`: row `M_i`
//! is labelled with the attribute `pi(i)`, and `sum gamma_i M_i = (1, 0, ...)` over a satisfying
//! set of rows.
//!
//! ```math
//! Setup   a, alpha;  mpk = (g1^a, Z^alpha);  msk = (g2^alpha, g2^a)
//! KeyGen  t;  K = g2^alpha (g2^a)^t;  L = g2^t;  K_x = H(x)^t for every attribute x
//! Encaps  s, v, r_i;  lambda_i = M_i . (s, v)
//!         C' = g1^s;  C_i = (g1^a)^{lambda_i} H(pi(i))^{-r_i};  D_i = g2^{r_i}
//! Decaps  Z_s = e(C', K) e(prod C_i^{gamma_i}, L)^-1 prod_i e(K_{pi(i)}^{gamma_i}, D_i)^-1
//! Check   C' = g1^s;  with weights w  prod D_i^{w_i} = g2^{sum w_i r_i}
//!         prod C_i^{w_i} = (g1^a)^{sum w_i lambda_i} prod H(pi(i))^{-w_i r_i}
//! ```
//!
//! # Security
//!
//! Selectively CPA-secure under the decisional parallel bilinear Diffie-Hellman exponent assumption
//! in the random-oracle model; CCA-secure by the transform in
//! [`fujisaki_okamoto`](super::fujisaki_okamoto). The paper's proof is for symmetric pairings; we
//! give no separate proof for type 3. Each row has its own mask, so an attribute may label any
//! number of rows.
//!
//! # Deviations
//!
//! Attributes are hashed to the group, for a large universe. The groups are those of a type-3
//! pairing.
//!
//! # Cost
//!
//! For `n` rows, of which Decaps uses `|I|`:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k | 2 | | k | | |
//! | encapsulate | 2n + 1 | n | 1 | n | | |
//! | decapsulate | at most 2\|I\|, 0 for and/or | | | | 2 + \|I\| | 1 |
//! | check | n + 2, n of 128 bits in a sum | 1, n of 128 bits in a sum | | n | | |
//!
//! An encapsulation has `48 (1 + n) + 96 n` bytes. [`fabeo`](super::fabeo) needs only
//! `2 + tau` pairings.
//!
//! # Example
//!
//! ```
//! use epione::abe::{self, waters};
//! use epione::policy::{AccessPolicy, AttributeSet};
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = waters::setup(rng);
//! let attributes: AttributeSet = "cardiologist, department:icu".parse()?;
//! let key = waters::keygen(&master, &attributes, rng);
//!
//! let policy: AccessPolicy = "cardiologist or (nurse and department:icu)".parse()?;
//! let sealed = abe::seal(&parameters, &policy, b"ecg 12", b"sinus rhythm", rng);
//! assert_eq!(&*abe::open(&parameters, &key, b"ecg 12", &sealed)?, b"sinus rhythm");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
mod authority;

pub use authority::{keygen, setup};
#[cfg(feature = "hazmat")]
pub use authority::{keygen_with_randomness, setup_with_randomness};

use super::scheme::{
    Coins, KeyShape, PolicyShape, Scheme, SelectedRow, VerifyEncapsulation, hash_rows,
    inner_product, linear_combination,
};
use crate::algebra::codec::sequence;
use crate::algebra::{G1, G2, Gt, Scalar, multi_pairing, tag};
use crate::policy::SpanProgram;
use std::convert::Infallible;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// The scheme, as a type parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waters {}

/// The public parameters `(g1^a, Z^alpha)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    g1_a: G1,
    z_alpha: Gt,
}
sequence!(Codec for Parameters { g1_a, z_alpha });

/// The master secret key `(g2^alpha, g2^a)`.
#[derive(Zeroize)]
pub struct MasterKey {
    g2_alpha: G2,
    g2_a: G2,
}
sequence!(Codec for MasterKey { g2_alpha, g2_a });

/// A user's key `(K, L, K_x)`.
#[derive(Clone, Zeroize)]
pub struct UserKey {
    k: G2,
    l: G2,
    /// `K_x`, one per attribute, in set order.
    k_x: Vec<G1>,
}
sequence!(ShapedCodec<KeyShape> for UserKey { k, l, k_x: batch_g1(components) });

/// An encapsulation `(C', C_i, D_i)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    c_prime: G1,
    /// `C_i`, one per row.
    c: Vec<G1>,
    /// `D_i`, one per row.
    d: Vec<G2>,
}
sequence!(ShapedCodec<PolicyShape> for Encapsulation {
    c_prime, c: batch_g1(rows), d: batch_g2(rows),
});

impl Scheme for Waters {
    const SUITE: u8 = 2;
    type Parameters = Parameters;
    type MasterKey = MasterKey;
    type UserKey = UserKey;
    type Encapsulation = Encapsulation;
    type Error = Infallible;

    fn mask_count(program: &SpanProgram) -> usize {
        program.rows().len()
    }

    fn encapsulate(
        parameters: &Parameters,
        program: &SpanProgram,
        coins: &Coins,
    ) -> Result<(Encapsulation, Gt), Infallible> {
        // C_i = (g1^a)^{lambda_i} H(pi(i))^{-r_i}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let shares = G1::batch_mul(&vec![parameters.g1_a; lambdas.len()], &lambdas);
        let masked = G1::batch_mul(&hash_rows(tag::WATERS_ATTRIBUTE, program), &coins.masks);
        let (shares, masked) = (Zeroizing::new(shares), Zeroizing::new(masked));
        let encapsulation = Encapsulation {
            c_prime: G1::generator_mul(&coins.vector[0]),
            c: shares.iter().zip(&*masked).map(|(share, mask)| *share - *mask).collect(),
            d: G2::batch_generator_mul(&coins.masks),
        };
        // Z_s = (Z^alpha)^s
        Ok((encapsulation, parameters.z_alpha.pow(&coins.vector[0])))
    }

    fn decapsulate(key: &UserKey, selection: &[SelectedRow], encapsulation: &Encapsulation) -> Gt {
        // e(C', K) e(prod C_i^{gamma_i}, L)^-1 prod_i e(K_{pi(i)}^{gamma_i}, D_i)^-1
        let c = linear_combination(selection.iter().map(|s| (encapsulation.c[s.row], s.gamma)));
        let mut pairs = Zeroizing::new(Vec::with_capacity(2 + selection.len()));
        pairs.extend([(encapsulation.c_prime, key.k), (-c, key.l)]);
        pairs.extend(selection.iter().map(|s| {
            let component = linear_combination([(key.k_x[s.component], s.gamma)]);
            (-component, encapsulation.d[s.row])
        }));
        multi_pairing(&pairs)
    }
}

impl VerifyEncapsulation for Waters {
    fn verify_encapsulation(
        parameters: &Parameters,
        program: &SpanProgram,
        encapsulation: &Encapsulation,
        coins: &Coins,
        weights: &[Scalar],
    ) -> Choice {
        // prod D_i^{w_i} = g2^{sum w_i r_i}
        // prod C_i^{w_i} = (g1^a)^{sum w_i lambda_i} prod H(pi(i))^{-w_i r_i}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let lambda = Zeroizing::new(inner_product(&lambdas, weights));
        let weighted = coins.masks.iter().zip(weights).map(|(r, w)| *r * *w);
        let weighted = Zeroizing::new(weighted.collect::<Vec<_>>());
        let mask: Scalar = weighted.iter().copied().sum();
        let masked = G1::batch_mul(&hash_rows(tag::WATERS_ATTRIBUTE, program), &weighted);
        let masked: G1 = Zeroizing::new(masked).iter().copied().sum();
        encapsulation.c_prime.ct_eq(&G1::generator_mul(&coins.vector[0]))
            & G2::msm(&encapsulation.d, weights).ct_eq(&G2::generator_mul(&mask))
            & G1::msm(&encapsulation.c, weights).ct_eq(&(parameters.g1_a * *lambda - masked))
    }
}
