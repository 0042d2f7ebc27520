//! FABEO, the ciphertext-policy scheme.
//!
//! **Paper.** Riepel and Wee, *FABEO: Fast Attribute-Based Encryption with Optimal Security*, ACM CCS
//! 2022, the ciphertext-policy scheme.
//!
//! **Algorithms.** `B` is the hash to G1 of no bytes, `H` hashes attributes to G1, `Z = e(g1, g2)`, the
//! policy is a span program `(M, pi)`, `rho(i)` counts the earlier rows with row `i`'s attribute
//! and `tau` is one more than its maximum.
//!
//! ```text
//! Setup   alpha;  mpk = Z^alpha;  msk = g1^alpha
//! KeyGen  r;  sk1 = g1^alpha B^r;  sk2[u] = H(u)^r for every attribute u;  sk3 = g2^r
//! Encaps  s, v, s'[1..tau];  lambda_i = M_i . (s, v)
//!         ct1 = g2^s;  ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}
//! Decaps  P = prod ct3[i]^{gamma_i};  Q_j = prod_{rho(i) = j} sk2[pi(i)]^{gamma_i}
//!         Z_s = e(sk1, ct1) prod_j e(Q_j, ct2[j]) e(P^-1, sk3)
//! Check   ct1 = g2^s;  ct2[j] = g2^{s'[j]};  with weights w
//!         prod ct3[i]^{w_i} = B^{sum w_i lambda_i} prod_j (prod_{rho(i) = j} H(pi(i))^{w_i})^{s'[j]}
//! ```
//!
//! **Security.** Adaptively CPA-secure in the generic group model with random oracles (shown in the
//! paper); the model says nothing about attacks on BLS12-381 itself. CCA-secure by the transform in
//! [`fujisaki_okamoto`](super::fujisaki_okamoto). An attribute may occur as often as one likes.
//!
//! **Deviations.** `s'` is a *vector* over the occurrences of an attribute. With one `s'` for all
//! rows, as in the authors' code, a key for `b` alone opens `a and (a or b)`: two rows of `a`
//! share their mask and their quotient is `B^{lambda_1 - lambda_2}` in the clear.
//! `tests/schemes/soundness.rs` runs that attack against both variants.
//!
//! **Cost** for `n` rows, `|I|` of them used:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k + 1 | 1 | | k | | |
//! | encapsulate | 2n | 1 + tau | 1 | n | | |
//! | decapsulate | 2\|I\| at worst, 0 for and/or | | | | 2 + tau | 1 |
//! | check | 2n of 128 bits in tau + 1 sums, tau + 1 | 1 + tau | | n | | |
//!
//! Hashes of attributes are remembered, and powers of `B` come out of a table, at a third of the cost;
//! the others go to the backend as one list. Exponents that are secret take the constant-time ways
//! of [`G1Table::batch_mul`] and [`G1::batch_mul`]; the coefficients `gamma` are public, the weights a
//! hash.
//!
//! An encapsulation has `96 (1 + tau) + 48 n` bytes. A key is written `sk1, sk3, sk2`.
#![forbid(unsafe_code)]

mod consistency;
mod delegation;
pub mod epochs;
mod transform;
mod verification;

pub use consistency::{InconsistentHeader, batch_verify_consistency, verify_consistency};
pub use delegation::{AttributeNotHeld, delegate};
pub use transform::{
    RetrievalKey, TransformKey, TransformedEncapsulation, decapsulate_transformed,
    decapsulate_transformed_cpa, transform, transform_keys,
};
pub use verification::{InvalidKey, verify_key};

use super::scheme::{
    Coins, EncapsulationElements, KeyElements, Scheme, SelectedRow, VerifyEncapsulation,
    hash_attributes, hash_rows, inner_product, linear_combination,
};
use super::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::codec::{Reader, Writer};
use crate::algebra::hash::hash_to_g1_cached;
use crate::algebra::{G1, G1Table, G2, Gt, Rng, Scalar, Secret, multi_pairing, tag};
use crate::error::DecodeError;
use crate::policy::{AttributeSet, SpanProgram};
use std::convert::Infallible;
use std::sync::OnceLock;
use zeroize::{Zeroize, Zeroizing};

/// The scheme, as a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fabeo {}

/// `sk1, sk2, sk3`
#[derive(Clone)]
pub struct UserKey {
    pub(super) sk1: G1,
    /// One an attribute, in their order.
    pub(super) sk2: Vec<G1>,
    pub(super) sk3: G2,
}

/// `ct1, ct2, ct3`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    /// `g2^s`.
    pub(super) ct1: G2,
    /// `g2^{s'[j]}`, one an occurrence.
    pub(super) ct2: Vec<G2>,
    /// One a row.
    pub(super) ct3: Vec<G1>,
}

/// `B`, the point that blinds the shares.
fn base_point() -> G1 {
    hash_to_g1_cached(tag::FABEO_BASE, b"")
}

/// Multiples of `B`.
fn base() -> &'static G1Table {
    static TABLE: OnceLock<G1Table> = OnceLock::new();
    TABLE.get_or_init(|| G1Table::new(&base_point()))
}

/// `ct1 = g2^s;  ct2[j] = g2^{s'[j]}`
fn in_g2(coins: &Coins) -> (G2, Vec<G2>) {
    let exponents = coins.vector[..1].iter().chain(&coins.masks).copied();
    let exponents = Zeroizing::new(exponents.collect::<Vec<_>>());
    let mut ct2 = G2::batch_generator_mul(&exponents);
    (ct2.remove(0), ct2)
}

/// Setup: `alpha`; `mpk = Z^alpha`, `msk = g1^alpha`.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters, MasterSecretKey) {
    setup_with_randomness(&Zeroizing::new(Scalar::random(rng)))
}

/// [`setup`] with a given `alpha`, for test vectors.
pub fn setup_with_randomness(alpha: &Scalar) -> (PublicParameters, MasterSecretKey) {
    let master = Secret::new(G1::generator_mul(alpha));
    (PublicParameters(Gt::generator_pow(alpha)), MasterSecretKey(master))
}

/// KeyGen for a set of attributes. Fresh randomness ties the components of one key together, so
/// that components of two keys do not combine.
pub fn keygen(
    master: &MasterSecretKey,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> UserSecretKey {
    keygen_with_randomness(master, attributes, &Zeroizing::new(Scalar::random(rng)))
}

/// [`keygen`] with a given `r`, for test vectors. Two keys with one `r` break the scheme.
pub fn keygen_with_randomness(
    master: &MasterSecretKey,
    attributes: &AttributeSet,
    r: &Scalar,
) -> UserSecretKey {
    // sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r
    let elements = UserKey {
        sk1: *master.0.expose() + base().mul(r),
        sk2: G1::batch_mul_by_scalar(&hash_attributes(tag::FABEO_ATTRIBUTE, attributes), r),
        sk3: G2::generator_mul(r),
    };
    UserSecretKey::new(attributes.clone(), elements)
}

impl Scheme for Fabeo {
    const SUITE: u8 = 1;
    type Parameters = Gt;
    type MasterKey = G1;
    type UserKey = UserKey;
    type Encapsulation = Encapsulation;
    type Error = Infallible;

    fn mask_count(program: &SpanProgram) -> usize {
        program.max_occurrences()
    }

    fn encapsulate(
        mpk: &Gt,
        program: &SpanProgram,
        coins: &Coins,
    ) -> Result<(Encapsulation, Gt), Infallible> {
        // ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let masks = program.rows().iter().map(|row| coins.masks[row.occurrence]);
        let masks = Zeroizing::new(masks.collect::<Vec<_>>());
        let shares = base().batch_mul(&lambdas);
        let masked = G1::batch_mul(&hash_rows(tag::FABEO_ATTRIBUTE, program), &masks);
        let (ct1, ct2) = in_g2(coins);
        let ct3 = shares.into_iter().zip(masked).map(|(share, mask)| share + mask).collect();
        let encapsulation = Encapsulation { ct1, ct2, ct3 };
        // Z_s = mpk^s
        Ok((encapsulation, mpk.pow(&coins.vector[0])))
    }

    fn decapsulate(key: &UserKey, selection: &[SelectedRow], encapsulation: &Encapsulation) -> Gt {
        // P = prod ct3[i]^{gamma_i};  Q_j = prod_{rho(i) = j} sk2[pi(i)]^{gamma_i}
        let p = linear_combination(selection.iter().map(|s| (encapsulation.ct3[s.row], s.gamma)));
        let q = |j: usize| {
            let rows = selection.iter().filter(|s| s.occurrence == j);
            linear_combination(rows.map(|s| (key.sk2[s.component], s.gamma)))
        };
        // Z_s = e(sk1, ct1) prod_j e(Q_j, ct2[j]) e(P^-1, sk3)
        let mut pairs = Vec::with_capacity(2 + encapsulation.ct2.len());
        pairs.extend([(key.sk1, encapsulation.ct1), (-p, key.sk3)]);
        pairs.extend(encapsulation.ct2.iter().enumerate().map(|(j, ct2)| (q(j), *ct2)));
        let shared = multi_pairing(&pairs);
        pairs.iter_mut().for_each(|(point, _)| point.zeroize());
        shared
    }
}

impl VerifyEncapsulation for Fabeo {
    fn verify_encapsulation(
        _: &Gt,
        program: &SpanProgram,
        encapsulation: &Encapsulation,
        coins: &Coins,
        weights: &[Scalar],
    ) -> bool {
        // B^{sum w_i lambda_i} prod_j (prod_{rho(i) = j} H(pi(i))^{w_i})^{s'[j]}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let lambda = Zeroizing::new(inner_product(&lambdas, weights));
        let hashes = hash_rows(tag::FABEO_ATTRIBUTE, program);
        let of_occurrence = |j: usize| {
            let rows = program.rows().iter().enumerate().filter(|(_, row)| row.occurrence == j);
            let (hashes, weights): (Vec<G1>, Vec<Scalar>) =
                rows.map(|(i, _)| (hashes[i], weights[i])).unzip();
            G1::msm(&hashes, &weights)
        };
        let sums: Vec<G1> = (0..coins.masks.len()).map(of_occurrence).collect();
        let masked: G1 = G1::batch_mul(&sums, &coins.masks).into_iter().sum();
        let (ct1, ct2) = in_g2(coins);
        (&encapsulation.ct1, &encapsulation.ct2) == (&ct1, &ct2)
            && G1::msm(&encapsulation.ct3, weights) == base().mul(&lambda) + masked
    }
}

impl Zeroize for UserKey {
    fn zeroize(&mut self) {
        self.sk1.zeroize();
        self.sk2.zeroize();
        self.sk3.zeroize();
    }
}

impl KeyElements for UserKey {
    fn write(&self, w: &mut Writer) {
        w.g1(&self.sk1);
        w.g2(&self.sk3);
        w.batch_g1(&self.sk2);
    }
    fn read(r: &mut Reader<'_>, attributes: usize) -> Result<Self, DecodeError> {
        let (sk1, sk3) = (r.g1()?, r.g2()?);
        Ok(Self { sk1, sk2: r.batch_g1(attributes)?, sk3 })
    }
}

impl EncapsulationElements for Encapsulation {
    fn write(&self, w: &mut Writer) {
        w.g2(&self.ct1);
        w.batch_g2(&self.ct2);
        w.batch_g1(&self.ct3);
    }
    fn read(r: &mut Reader<'_>, rows: usize, occurrences: usize) -> Result<Self, DecodeError> {
        Ok(Self { ct1: r.g2()?, ct2: r.batch_g2(occurrences)?, ct3: r.batch_g1(rows)? })
    }
}
