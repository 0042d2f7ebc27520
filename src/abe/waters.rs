//! Waters' scheme for a large universe of attributes: the baseline that others are compared with.
//!
//! **Paper.** Waters, *Ciphertext-Policy Attribute-Based Encryption: An Expressive, Efficient, and
//! Provably Secure Realization*, PKC 2011, the construction of section 3, its attributes hashed to the
//! group and the groups chosen for a pairing of type 3.
//!
//! **Algorithms.** `H` hashes attributes to G1, `Z = e(g1, g2)`.
//!
//! ```text
//! Setup   a, alpha;  mpk = (g1^a, Z^alpha);  msk = (g2^alpha, g2^a)
//! KeyGen  t;  K = g2^alpha (g2^a)^t;  L = g2^t;  K_x = H(x)^t for every attribute x
//! Encaps  s, v, r_i;  lambda_i = M_i . (s, v)
//!         C' = g1^s;  C_i = (g1^a)^{lambda_i} H(pi(i))^{-r_i};  D_i = g2^{r_i}
//! Decaps  Z_s = e(C', K) e(prod C_i^{gamma_i}, L)^-1 prod_i e(K_{pi(i)}^{gamma_i}, D_i)^-1
//! Check   C' = g1^s;  with weights w  prod D_i^{w_i} = g2^{sum w_i r_i}
//!         prod C_i^{w_i} = (g1^a)^{sum w_i lambda_i} prod H(pi(i))^{-w_i r_i}
//! ```
//!
//! **Security.** Selectively CPA-secure under the decisional parallel bilinear Diffie-Hellman exponent
//! assumption with random oracles, shown in the paper for symmetric pairings; the transfer to
//! type 3 is the usual one and has no proof of its own. CCA-secure by the transform in
//! [`fujisaki_okamoto`](super::fujisaki_okamoto). Every row has a mask of its own: an attribute may occur as often as one likes.
//!
//! **Cost** for `n` rows, `|I|` of them used:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k | 2 | | k | | |
//! | encapsulate | 2n + 1 | n | 1 | n | | |
//! | decapsulate | 2\|I\| at worst, 0 for and/or | | | | 2 + \|I\| | 1 |
//! | check | n + 2, n of 128 bits in a sum | 1, n of 128 bits in a sum | | n | | |
//!
//! An encapsulation has `48 (1 + n) + 96 n` bytes. It is the linear number of pairings that FABEO saves.
#![forbid(unsafe_code)]

use super::scheme::{
    Coins, Elements, EncapsulationElements, KeyElements, Scheme, SelectedRow, VerifyEncapsulation,
    hash_attributes, hash_rows, inner_product, linear_combination,
};
use super::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::codec::{Reader, Writer};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, multi_pairing, tag};
use crate::error::DecodeError;
use crate::policy::{AttributeSet, SpanProgram};
use std::convert::Infallible;
use zeroize::{Zeroize, Zeroizing};

/// The scheme, as a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waters {}

/// `(g1^a, Z^alpha)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    g1_a: G1,
    z_alpha: Gt,
}

/// `(g2^alpha, g2^a)`
pub struct MasterKey {
    g2_alpha: G2,
    g2_a: G2,
}

/// `K, L, K_x`
#[derive(Clone)]
pub struct UserKey {
    k: G2,
    l: G2,
    /// `K_x`, one an attribute, in their order.
    k_x: Vec<G1>,
}

/// `C', C_i, D_i`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    /// `C' = g1^s`.
    c_prime: G1,
    /// `C_i`, one a row.
    c: Vec<G1>,
    /// `D_i`, one a row.
    d: Vec<G2>,
}

/// Setup: `a`, `alpha`.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters<Waters>, MasterSecretKey<Waters>) {
    let [a, alpha] = [(); 2].map(|()| Zeroizing::new(Scalar::random(rng)));
    setup_with_randomness(&a, &alpha)
}

/// [`setup`] with given exponents, for test vectors.
pub fn setup_with_randomness(
    a: &Scalar,
    alpha: &Scalar,
) -> (PublicParameters<Waters>, MasterSecretKey<Waters>) {
    let parameters = Parameters { g1_a: G1::generator_mul(a), z_alpha: Gt::generator_pow(alpha) };
    let master = MasterKey { g2_alpha: G2::generator_mul(alpha), g2_a: G2::generator_mul(a) };
    (PublicParameters(parameters), MasterSecretKey(Secret::new(master)))
}

/// KeyGen for a set of attributes: `t`.
pub fn keygen(
    master: &MasterSecretKey<Waters>,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> UserSecretKey<Waters> {
    keygen_with_randomness(master, attributes, &Zeroizing::new(Scalar::random(rng)))
}

/// [`keygen`] with a given `t`, for test vectors. Two keys with one `t` break the scheme.
pub fn keygen_with_randomness(
    master: &MasterSecretKey<Waters>,
    attributes: &AttributeSet,
    t: &Scalar,
) -> UserSecretKey<Waters> {
    let MasterKey { g2_alpha, g2_a } = master.0.expose();
    // K = g2^alpha (g2^a)^t;  L = g2^t;  K_x = H(x)^t
    let elements = UserKey {
        k: *g2_alpha + *g2_a * *t,
        l: G2::generator_mul(t),
        k_x: G1::batch_mul_by_scalar(&hash_attributes(tag::WATERS_ATTRIBUTE, attributes), t),
    };
    UserSecretKey::new(attributes.clone(), elements)
}

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
        let encapsulation = Encapsulation {
            c_prime: G1::generator_mul(&coins.vector[0]),
            c: shares.into_iter().zip(masked).map(|(share, mask)| share - mask).collect(),
            d: G2::batch_generator_mul(&coins.masks),
        };
        // Z_s = (Z^alpha)^s
        Ok((encapsulation, parameters.z_alpha.pow(&coins.vector[0])))
    }

    fn decapsulate(key: &UserKey, selection: &[SelectedRow], encapsulation: &Encapsulation) -> Gt {
        // e(C', K) e(prod C_i^{gamma_i}, L)^-1 prod_i e(K_{pi(i)}^{gamma_i}, D_i)^-1
        let c = linear_combination(selection.iter().map(|s| (encapsulation.c[s.row], s.gamma)));
        let mut pairs = Vec::with_capacity(2 + selection.len());
        pairs.extend([(encapsulation.c_prime, key.k), (-c, key.l)]);
        pairs.extend(selection.iter().map(|s| {
            let component = linear_combination([(key.k_x[s.component], s.gamma)]);
            (-component, encapsulation.d[s.row])
        }));
        let shared = multi_pairing(&pairs);
        pairs.iter_mut().for_each(|(left, right)| (left.zeroize(), right.zeroize()).1);
        shared
    }
}

impl VerifyEncapsulation for Waters {
    fn verify_encapsulation(
        parameters: &Parameters,
        program: &SpanProgram,
        encapsulation: &Encapsulation,
        coins: &Coins,
        weights: &[Scalar],
    ) -> bool {
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let lambda = Zeroizing::new(inner_product(&lambdas, weights));
        let weighted = coins.masks.iter().zip(weights).map(|(r, w)| *r * *w);
        let weighted = Zeroizing::new(weighted.collect::<Vec<_>>());
        let mask: Scalar = weighted.iter().copied().sum();
        let masked: G1 =
            G1::batch_mul(&hash_rows(tag::WATERS_ATTRIBUTE, program), &weighted).into_iter().sum();
        encapsulation.c_prime == G1::generator_mul(&coins.vector[0])
            && G2::msm(&encapsulation.d, weights) == G2::generator_mul(&mask)
            && G1::msm(&encapsulation.c, weights) == parameters.g1_a * *lambda - masked
    }
}

impl Elements for Parameters {
    fn write(&self, w: &mut Writer) {
        w.g1(&self.g1_a);
        w.gt(&self.z_alpha);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { g1_a: r.g1()?, z_alpha: r.gt()? })
    }
}

impl Zeroize for MasterKey {
    fn zeroize(&mut self) {
        self.g2_alpha.zeroize();
        self.g2_a.zeroize();
    }
}

impl Elements for MasterKey {
    fn write(&self, w: &mut Writer) {
        w.g2(&self.g2_alpha);
        w.g2(&self.g2_a);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { g2_alpha: r.g2()?, g2_a: r.g2()? })
    }
}

impl Zeroize for UserKey {
    fn zeroize(&mut self) {
        self.k.zeroize();
        self.l.zeroize();
        self.k_x.zeroize();
    }
}

impl KeyElements for UserKey {
    fn write(&self, w: &mut Writer) {
        w.g2(&self.k);
        w.g2(&self.l);
        w.batch_g1(&self.k_x);
    }
    fn read(r: &mut Reader<'_>, attributes: usize) -> Result<Self, DecodeError> {
        Ok(Self { k: r.g2()?, l: r.g2()?, k_x: r.batch_g1(attributes)? })
    }
}

impl EncapsulationElements for Encapsulation {
    fn write(&self, w: &mut Writer) {
        w.g1(&self.c_prime);
        w.batch_g1(&self.c);
        w.batch_g2(&self.d);
    }
    fn read(r: &mut Reader<'_>, rows: usize, _: usize) -> Result<Self, DecodeError> {
        Ok(Self { c_prime: r.g1()?, c: r.batch_g1(rows)?, d: r.batch_g2(rows)? })
    }
}
