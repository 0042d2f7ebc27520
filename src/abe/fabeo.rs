//! FABEO, the ciphertext-policy scheme, as a key encapsulation mechanism secure against chosen
//! plaintexts.
//!
//! **Paper.** Riepel and Wee, ACM CCS 2022, the ciphertext-policy scheme.
//!
//! **Algorithms.** `B` is a hash-to-G1 point, `H` hashes attributes to G1, `Z = e(g1, g2)`, the
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
//! key     = KDF(Z_s, header)
//! ```
//!
//! **Security.** Adaptively CPA-secure in the generic group model with random oracles (shown in the
//! paper); the model says nothing about attacks on BLS12-381 itself. The authority can open
//! everything: attribute-based encryption has key escrow by design.
//!
//! **Deviations.** `s'` is a *vector* over the occurrences of an attribute. With one `s'` for all
//! rows, as in the authors' code, a key for `b` alone opens `a and (a or b)`: two rows of `a`
//! share their mask and their quotient is `B^{lambda_1 - lambda_2}` in the clear.
//! `tests/soundness.rs` runs that attack against both variants.
//!
//! **Cost** for `n` rows, `|I|` of them used:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k + 1 | 1 | | k + 1 | | |
//! | encapsulate | 2n | 1 + tau | 1 | n + 1 | | |
//! | decapsulate | 2\|I\| at worst, 0 for and/or | | | | 2 + tau | 1 |
//!
//! Hashes of attributes are remembered, and powers of `B` come out of a table, at a third of the cost;
//! the others go to the backend as one list. Exponents that are secret take the constant-time ways
//! of [`G1Table::mul_each`] and [`G1::mul_each`]; the coefficients `gamma` are public.
//!
//! A header has `96 (1 + tau) + 48 n` bytes and the policy's text.
#![forbid(unsafe_code)]

use super::keys::Components;
use super::{Header, MasterSecretKey, OpenError, PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::{hash_to_g1, hash_to_g1_each_cached, kdf};
use crate::algebra::{G1, G1Table, G2, Gt, Rng, Scalar, multi_pairing, tag};
use crate::dem::ContentKey;
use crate::policy::{AccessPolicy, Attribute, AttributeSet, SpanProgram};
use std::sync::OnceLock;
use zeroize::{Zeroize, Zeroizing};

/// Multiples of `B`, the point that blinds the shares.
fn base() -> &'static G1Table {
    static TABLE: OnceLock<G1Table> = OnceLock::new();
    TABLE.get_or_init(|| G1Table::new(&hash_to_g1(tag::ABE_BASE, b"")))
}

/// `H(u)` of each attribute.
fn hash_each<'a>(attributes: impl Iterator<Item = &'a Attribute>) -> Vec<G1> {
    let identities: Vec<_> = attributes.map(Attribute::identity).collect();
    hash_to_g1_each_cached(tag::ABE_ATTRIBUTE, &identities)
}

/// Setup: `alpha`; `mpk = Z^alpha`, `msk = g1^alpha`.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters, MasterSecretKey) {
    setup_with(&Zeroizing::new(Scalar::random(rng)))
}

/// [`setup`] with a given `alpha`, for test vectors.
pub fn setup_with(alpha: &Scalar) -> (PublicParameters, MasterSecretKey) {
    let parameters = PublicParameters { mpk: Gt::generator_pow(alpha) };
    (parameters, MasterSecretKey::new(G1::generator_mul(alpha)))
}

/// KeyGen for a set of attributes. Fresh randomness ties the components of one key together, so
/// that components of two keys do not combine.
pub fn keygen(
    master: &MasterSecretKey,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> UserSecretKey {
    keygen_with(master, attributes, &Zeroizing::new(Scalar::random(rng)))
}

/// [`keygen`] with a given `r`, for test vectors. Two keys with one `r` break the scheme.
pub fn keygen_with(
    master: &MasterSecretKey,
    attributes: &AttributeSet,
    r: &Scalar,
) -> UserSecretKey {
    // sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r
    let expanded = attributes.expanded();
    UserSecretKey::new(Components {
        sk1: *master.g1_alpha() + base().mul(r),
        attributes: attributes.clone(),
        sk2: G1::mul_all(&hash_each(expanded.iter()), r),
        expanded,
        sk3: G2::generator_mul(r),
    })
}

/// The randomness of one encapsulation: `s`, `v` and `s'`.
pub struct Coins {
    /// `(s, v_1, v_2, ...)`, one a column.
    pub shares: Vec<Scalar>,
    /// `s'`, one an occurrence.
    pub masks: Vec<Scalar>,
}

impl Coins {
    /// Fresh coins for a span program.
    pub fn random(program: &SpanProgram, rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut draw = |n| (0..n).map(|_| Scalar::random(rng)).collect();
        Self { shares: draw(program.columns()), masks: draw(program.max_occurrences()) }
    }
}

impl Drop for Coins {
    fn drop(&mut self) {
        self.shares.zeroize();
        self.masks.zeroize();
    }
}

/// Encaps: a fresh key for whoever satisfies the policy.
pub fn encapsulate_cpa(
    parameters: &PublicParameters,
    policy: &AccessPolicy,
    rng: &mut (impl Rng + ?Sized),
) -> (Header, ContentKey) {
    let coins = Coins::random(&policy.span_program(), rng);
    encapsulate_cpa_with(parameters, policy, &coins)
}

/// [`encapsulate_cpa`] with given coins, for test vectors. Coins used twice reveal keys.
///
/// # Panics
/// If the coins were not drawn for this policy's span program.
pub fn encapsulate_cpa_with(
    parameters: &PublicParameters,
    policy: &AccessPolicy,
    coins: &Coins,
) -> (Header, ContentKey) {
    let program = policy.span_program();
    assert_eq!(coins.masks.len(), program.max_occurrences(), "one mask an occurrence");
    let rows = program.rows();
    // ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}
    let lambdas = Zeroizing::new(program.share(&coins.shares));
    let masks: Vec<Scalar> = rows.iter().map(|row| coins.masks[row.occurrence]).collect();
    let masks = Zeroizing::new(masks);
    let shares = base().mul_each(&lambdas);
    let masked = G1::mul_each(&hash_each(rows.iter().map(|row| &row.attribute)), &masks);
    let header = Header {
        policy: policy.clone(),
        ct1: G2::generator_mul(&coins.shares[0]),
        ct2: G2::generator_mul_each(&coins.masks),
        ct3: shares.into_iter().zip(masked).map(|(share, mask)| share + mask).collect(),
    };
    // Z_s = mpk^s
    let key = derive_key(&parameters.mpk.pow(&coins.shares[0]), &header);
    (header, key)
}

/// Decaps: the key of a header.
///
/// A header changed on the way gives another key, not an error; the DEM behind it fails.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`].
pub fn decapsulate_cpa(key: &UserSecretKey, header: &Header) -> Result<ContentKey, OpenError> {
    let program = header.policy.span_program();
    let selection = program.reconstruct(&key.attributes()).ok_or(OpenError::PolicyNotSatisfied)?;

    // P = prod ct3[i]^{gamma_i};  Q_j = prod_{rho(i) = j} sk2[pi(i)]^{gamma_i}
    let mut p = Product::one();
    let mut q = vec![Product::one(); header.ct2.len()];
    for (i, gamma) in selection {
        let row = &program.rows()[i];
        let component = key.component(&row.attribute).expect("selected from the key's attributes");
        p.push(header.ct3[i], gamma);
        q[row.occurrence].push(*component, gamma);
    }

    // Z_s = e(sk1, ct1) prod_j e(Q_j, ct2[j]) e(P^-1, sk3)
    let mut pairs = vec![(*key.sk1(), header.ct1), (-p.value(), *key.sk3())];
    pairs.extend(q.iter().map(Product::value).zip(header.ct2.iter().copied()));
    Ok(derive_key(&multi_pairing(&pairs), header))
}

/// `prod point^gamma` for the coefficients of a policy, which are public: the coefficient 1, which
/// policies of and/or always have, is free.
#[derive(Clone)]
struct Product {
    plain: G1,
    points: Vec<G1>,
    gammas: Vec<Scalar>,
}

impl Product {
    fn one() -> Self {
        Self { plain: G1::identity(), points: Vec::new(), gammas: Vec::new() }
    }

    fn push(&mut self, point: G1, gamma: Scalar) {
        if gamma.is_one() {
            self.plain += point;
        } else {
            self.points.push(point);
            self.gammas.push(gamma);
        }
    }

    fn value(&self) -> G1 {
        self.plain + G1::msm(&self.points, &self.gammas)
    }
}

/// The points may be a user's key.
impl Drop for Product {
    fn drop(&mut self) {
        self.plain.zeroize();
        self.points.zeroize();
    }
}

fn derive_key(z_s: &Gt, header: &Header) -> ContentKey {
    let shared = Zeroizing::new(z_s.to_bytes());
    ContentKey::from_secret(kdf(tag::ABE_KEY, &shared[..], &[&header.to_bytes()]))
}
