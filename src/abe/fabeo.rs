//! FABEO, the default scheme.
//!
//! # Paper
//!
//! Riepel and Wee, *FABEO: Fast Attribute-Based Encryption with Optimal Security*, ACM CCS 2022,
//! the ciphertext-policy scheme.
//!
//! # Algorithms
//!
//! `H` hashes attributes to G1, `B` is the hash of the empty string to G1 under its own tag,
//! `Z = e(g1, g2)`. The policy is a span program `(M, pi)`: row `M_i` is labelled with the
//! attribute `pi(i)`, `rho(i)` is the number of earlier rows with the same label, and `tau` is the
//! maximum of `rho(i) + 1`. Over a satisfying set of rows, `sum gamma_i M_i = (1, 0, ...)`.
//!
//! ```math
//! Setup   alpha;  mpk = Z^alpha;  msk = g1^alpha
//! KeyGen  r;  sk1 = g1^alpha B^r;  sk2[u] = H(u)^r for every attribute u;  sk3 = g2^r
//! Encaps  s, v, s'[1..tau];  lambda_i = M_i . (s, v)
//!         ct1 = g2^s;  ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}
//! Decaps  P = prod ct3[i]^{gamma_i};  Q_j = prod_{rho(i) = j} sk2[pi(i)]^{gamma_i}
//!         Z_s = e(sk1, ct1) prod_j e(Q_j, ct2[j]) e(P^-1, sk3)
//! Check   ct1 = g2^s;  ct2[j] = g2^{s'[j]};  with weights w
//!         H_j = prod_{rho(i) = j} H(pi(i))^{w_i}
//!         prod ct3[i]^{w_i} = B^{sum w_i lambda_i} prod_j H_j^{s'[j]}
//! ```
//!
//! Further algorithms: [`verify_key`], [`delegate`], outsourced decryption ([`transform`]), public
//! verification of headers ([`verify_consistency`]), and revocation by key [`epochs`].
//!
//! # Security
//!
//! Adaptively CPA-secure in the generic group model with random oracles, as the paper proves. The
//! generic group model excludes attacks that use the representation of group elements. CCA-secure
//! by the transform in [`fujisaki_okamoto`](super::fujisaki_okamoto). An attribute may label any
//! number of rows.
//!
//! # Deviations
//!
//! `s'` is a *vector*, indexed by the occurrences of an attribute. With a single `s'` for all rows,
//! as in the authors' code, a key for `b` alone decrypts under `a and (a or b)`: the two rows of
//! `a` share a mask, and their quotient is `B^{lambda_1 - lambda_2}` unmasked.
//! `tests/schemes/soundness/fabeo.rs` runs the attack against both variants.
//!
//! # Cost
//!
//! For `n` rows, of which Decaps uses `|I|`:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k + 1 | 1 | | k | | |
//! | encapsulate | 2n | 1 + tau | 1 | n | | |
//! | decapsulate | at most 2\|I\|, 0 for and/or | | | | 2 + tau | 1 |
//! | check | 2n of 128 bits in tau + 1 sums, tau + 1 | 1 + tau | | n | | |
//!
//! Hashes of attributes are cached. Powers of `B` come from a fixed-base table, at a third of the
//! cost of others; the others go to the backend as one batch. Secret exponents use the
//! constant-time [`G1Table::batch_mul`] and [`G1::batch_mul`]. Only the coefficients `gamma`, which
//! are public, and the weights, which are outputs of a hash, enter variable-time computations.
//!
//! An encapsulation has `96 (1 + tau) + 48 n` bytes. A key is encoded as `sk1, sk3, sk2`.
//!
//! # Example
//!
//! ```
//! use epione::abe::{self, fabeo};
//! use epione::policy::{AccessPolicy, AttributeSet};
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = fabeo::setup(rng);
//! let attributes = AttributeSet::from_names(["neurologist", "resident"])?;
//! let key = fabeo::keygen(&master, &attributes, rng);
//! fabeo::verify_key(&parameters, &key)?;
//!
//! let policy: AccessPolicy = "neurologist and (resident or consultant)".parse()?;
//! let (header, content_key) = abe::encapsulate(&parameters, &policy, b"mri 4", rng);
//! fabeo::verify_consistency(header.cpa())?;
//! assert_eq!(abe::decapsulate(&parameters, &key, b"mri 4", &header)?, content_key);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
mod authority;
mod consistency;
mod delegation;
pub mod epochs;
mod transform;
mod verification;

pub use authority::{keygen, setup};
#[cfg(feature = "hazmat")]
pub use authority::{keygen_with_randomness, setup_with_randomness};
pub use consistency::{InconsistentHeader, batch_verify_consistency, verify_consistency};
pub use delegation::{AttributeNotHeld, delegate};
pub use transform::{
    RetrievalKey, TransformKey, TransformedEncapsulation, decapsulate_transformed,
    decapsulate_transformed_cpa, transform, transform_keys,
};
pub use verification::{InvalidKey, verify_key};

use super::scheme::{
    Coins, KeyShape, PolicyShape, Scheme, SelectedRow, VerifyEncapsulation, all_equal, hash_rows,
    inner_product, linear_combination,
};
use crate::algebra::codec::sequence;
use crate::algebra::hash::hash_to_g1_cached;
use crate::algebra::{G1, G1Table, G2, Gt, Scalar, multi_pairing, tag};
use crate::policy::SpanProgram;
use std::convert::Infallible;
use std::sync::OnceLock;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// The scheme, as a type parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fabeo {}

/// A user's key `(sk1, sk2, sk3)`.
#[derive(Clone, Zeroize)]
pub struct UserKey {
    pub(super) sk1: G1,
    /// One element per attribute, in set order.
    pub(super) sk2: Vec<G1>,
    pub(super) sk3: G2,
}
sequence!(ShapedCodec<KeyShape> for UserKey { sk1, sk3, sk2: batch_g1(components) });

/// An encapsulation `(ct1, ct2, ct3)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    pub(super) ct1: G2,
    /// One element per occurrence `j`.
    pub(super) ct2: Vec<G2>,
    /// One element per row.
    pub(super) ct3: Vec<G1>,
}
sequence!(ShapedCodec<PolicyShape> for Encapsulation {
    ct1, ct2: batch_g2(occurrences), ct3: batch_g1(rows),
});

/// `B`, the base of the shares.
fn base_point() -> G1 {
    hash_to_g1_cached(tag::FABEO_BASE, b"")
}

/// The fixed-base table of `B`.
fn base() -> &'static G1Table {
    static TABLE: OnceLock<G1Table> = OnceLock::new();
    TABLE.get_or_init(|| G1Table::new(&base_point()))
}

/// `ct1 = g2^s;  ct2[j] = g2^{s'[j]}`
fn g2_elements(coins: &Coins) -> (G2, Vec<G2>) {
    let exponents = coins.vector[..1].iter().chain(&coins.masks).copied();
    let exponents = Zeroizing::new(exponents.collect::<Vec<_>>());
    let mut ct2 = G2::batch_generator_mul(&exponents);
    (ct2.remove(0), ct2)
}

impl Scheme for Fabeo {
    const SUITE: u8 = 1;
    type Parameters = Gt;
    type MasterKey = G1;
    type UserKey = UserKey;
    type Encapsulation = Encapsulation;
    type Error = Infallible;

    /// `s'[j]` for every occurrence `j`.
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
        let shares = Zeroizing::new(base().batch_mul(&lambdas));
        let masked =
            Zeroizing::new(G1::batch_mul(&hash_rows(tag::FABEO_ATTRIBUTE, program), &masks));
        let (ct1, ct2) = g2_elements(coins);
        let ct3 = shares.iter().zip(&*masked).map(|(share, mask)| *share + *mask).collect();
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
        let mut pairs = Zeroizing::new(Vec::with_capacity(2 + encapsulation.ct2.len()));
        pairs.extend([(key.sk1, encapsulation.ct1), (-p, key.sk3)]);
        pairs.extend(encapsulation.ct2.iter().enumerate().map(|(j, ct2)| (q(j), *ct2)));
        multi_pairing(&pairs)
    }
}

/// `H_j = prod_{rho(i) = j} H(pi(i))^{w_i}` for every occurrence `j < tau`.
fn hash_products(program: &SpanProgram, tau: usize, weights: &[Scalar]) -> Vec<G1> {
    let hashes = hash_rows(tag::FABEO_ATTRIBUTE, program);
    let product = |j: usize| {
        let rows = program.rows().iter().enumerate().filter(|(_, row)| row.occurrence == j);
        let (hashes, weights): (Vec<G1>, Vec<Scalar>) =
            rows.map(|(i, _)| (hashes[i], weights[i])).unzip();
        G1::msm(&hashes, &weights)
    };
    (0..tau).map(product).collect()
}

impl VerifyEncapsulation for Fabeo {
    fn verify_encapsulation(
        _: &Gt,
        program: &SpanProgram,
        encapsulation: &Encapsulation,
        coins: &Coins,
        weights: &[Scalar],
    ) -> Choice {
        // prod ct3[i]^{w_i} = B^{sum w_i lambda_i} prod_j H_j^{s'[j]}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let lambda = Zeroizing::new(inner_product(&lambdas, weights));
        let products = hash_products(program, coins.masks.len(), weights);
        let masked = Zeroizing::new(G1::batch_mul(&products, &coins.masks));
        let masked: G1 = masked.iter().copied().sum();
        let (ct1, ct2) = g2_elements(coins);
        encapsulation.ct1.ct_eq(&ct1)
            & all_equal(&encapsulation.ct2, &ct2)
            & G1::msm(&encapsulation.ct3, weights).ct_eq(&(base().mul(&lambda) + masked))
    }
}
