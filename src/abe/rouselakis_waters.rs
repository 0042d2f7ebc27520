//! Attribute authorities that need not know of each other.
//!
//! **Paper.** Rouselakis and Waters, *Efficient Statically-Secure Large-Universe Multi-Authority
//! Attribute-Based Encryption*, Financial Cryptography 2015, its hashes in G1.
//!
//! **Algorithms.** An attribute is a name that ends with its authority: `name@authority`. `H` hashes users' global identifiers and `F`
//! attributes to G1, each under its own tag; `Z = e(g1, g2)`.
//!
//! ```text
//! Setup   alpha, y for one authority;  public (Z^alpha, g2^y)
//! KeyGen  t_u for every attribute u;  K_u = g1^alpha H(gid)^y F(u)^{t_u};  K'_u = g2^{t_u}
//! Encaps  s, v, w, t_i;  lambda_i = M_i . (s, v);  omega_i = M_i . (0, w)
//!         C1_i = Z^{lambda_i} (Z^alpha)^{t_i};    C2_i = g2^{-t_i}
//!         C3_i = (g2^y)^{t_i} g2^{omega_i};       C4_i = F(pi(i))^{t_i}
//! Decaps  Z^s = prod_i (C1_i e(K_{pi(i)}, C2_i) e(C4_i, K'_{pi(i)}))^{gamma_i}
//!               e(H(gid), prod_i C3_i^{gamma_i})
//! ```
//!
//! **Security.** *Statically* CPA-secure with random oracles under the assumption of the paper: the
//! adversary names corrupt authorities, users and policies before it sees anything. Shown for symmetric
//! pairings. There is no variant against chosen ciphertexts. An authority opens what its own attributes
//! satisfy and nothing else: nobody opens everything. Keys of two users do not combine, for `H(gid)`
//! differs; an identifier must belong to one person. Every row has a mask of its own: an attribute may
//! occur as often as one likes.
//!
//! There are no numbers, dates or listed values: keys of one identifier combine by design, those of last
//! year and of this year too, and a key with two values under a label breaks comparisons and `not`.
//!
//! **Cost** for `n` rows, `|I|` of them used:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k + 2 | k | | k + 1 | | |
//! | encapsulate | n | 3n | 2n + 1 | n | | |
//! | decapsulate | 2\|I\| at worst, 0 for and/or | \|I\| at worst | \|I\| at worst | 1 | 2\|I\| + 1 | 1 |
//!
//! An encapsulation has `816 n` bytes, most of them an element of GT a row: the price of authorities without a
//! common secret.
#![forbid(unsafe_code)]

mod elements;

pub use elements::{Encapsulation, MasterKey, Parameters, UserKey};

use elements::{AuthorityKey, MAX_NAME};

use super::scheme::{Coins, Scheme, SelectedRow, hash_attributes, hash_rows, linear_combination};
use super::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::hash::hash_to_g1;
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, multi_pairing, tag};
use crate::policy::{Attribute, AttributeSet, InvalidAttributes, Name, SpanProgram, UserAttribute};
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// The scheme, as a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouselakisWaters {}

/// An attribute whose authority is not among the parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no public key for the authority of {0}")]
pub struct UnknownAuthority(pub Attribute);

/// Two public keys for one authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are two keys for the authority {0}")]
pub struct ConflictingKey(pub String);

/// Why no key was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An attribute of another authority.
    #[error("{0} is not a name that ends with @ and this authority")]
    ForeignAttribute(UserAttribute),
    /// An identifier that no key could be read with.
    #[error("an identifier has 1 to {MAX_NAME} bytes")]
    InvalidIdentifier,
    /// Keys of different users.
    #[error("the keys belong to different users")]
    UserMismatch,
    /// Two keys for one attribute.
    #[error("both keys have a component for {0}")]
    DuplicateAttribute(Attribute),
    /// The attributes of both keys are no set.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
}

/// What stands behind the last `@` of a name.
fn authority(name: &Name) -> Option<&str> {
    name.as_str().rsplit_once('@').map(|(_, authority)| authority)
}

/// `H(gid)`. Identifiers are personal: they are not remembered.
fn hash_gid(gid: &str) -> G1 {
    hash_to_g1(tag::DECENTRALISED_USER, gid.as_bytes())
}

/// Setup of one authority: `alpha`, `y`. Its name is what its attributes end with.
///
/// # Panics
/// If the name is empty, longer than 256 bytes or holds an `@`: no attribute could end with it.
pub fn setup(
    name: &str,
    rng: &mut (impl Rng + ?Sized),
) -> (PublicParameters<RouselakisWaters>, MasterSecretKey<RouselakisWaters>) {
    let [alpha, y] = [(); 2].map(|()| Zeroizing::new(Scalar::random(rng)));
    setup_with_randomness(name, &alpha, &y)
}

/// [`setup`] with given exponents, for test vectors.
///
/// # Panics
/// As `setup`.
pub fn setup_with_randomness(
    name: &str,
    alpha: &Scalar,
    y: &Scalar,
) -> (PublicParameters<RouselakisWaters>, MasterSecretKey<RouselakisWaters>) {
    let fits = (1..=MAX_NAME).contains(&name.len()) && !name.contains('@');
    assert!(fits, "an authority's name has 1 to {MAX_NAME} bytes and no @");
    let key = AuthorityKey { z_alpha: Gt::generator_pow(alpha), g2_y: G2::generator_mul(y) };
    let master = MasterKey { name: name.to_owned(), alpha: *alpha, y: *y };
    let parameters = Parameters(BTreeMap::from([(name.to_owned(), key)]));
    (PublicParameters(parameters), MasterSecretKey(Secret::new(master)))
}

/// KeyGen by one authority, for attributes of its own: `t_u` for each.
///
/// # Errors
/// [`KeyError::ForeignAttribute`] or [`KeyError::InvalidIdentifier`].
pub fn keygen(
    master: &MasterSecretKey<RouselakisWaters>,
    gid: &str,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> Result<UserSecretKey<RouselakisWaters>, KeyError> {
    let t: Vec<Scalar> = (0..attributes.components()).map(|_| Scalar::random(rng)).collect();
    keygen_with_randomness(master, gid, attributes, &Zeroizing::new(t))
}

/// [`keygen`] with given `t_u`, for test vectors.
///
/// # Errors
/// [`KeyError::ForeignAttribute`] or [`KeyError::InvalidIdentifier`].
///
/// # Panics
/// If there is not one for every attribute.
pub fn keygen_with_randomness(
    master: &MasterSecretKey<RouselakisWaters>,
    gid: &str,
    attributes: &AttributeSet,
    t: &[Scalar],
) -> Result<UserSecretKey<RouselakisWaters>, KeyError> {
    if !(1..=MAX_NAME).contains(&gid.len()) {
        return Err(KeyError::InvalidIdentifier);
    }
    let MasterKey { name, alpha, y } = master.0.expose();
    let own = |u: &UserAttribute| matches!(u, UserAttribute::Name(u) if authority(u) == Some(name));
    if let Some(foreign) = attributes.iter().find(|u| !own(u)) {
        return Err(KeyError::ForeignAttribute(foreign));
    }
    // K_u = g1^alpha H(gid)^y F(u)^{t_u};  K'_u = g2^{t_u}
    let common = Zeroizing::new(G1::generator_mul(alpha) + hash_gid(gid) * *y);
    let hashes = hash_attributes(tag::DECENTRALISED_ATTRIBUTE, attributes);
    let own = Zeroizing::new(G1::batch_mul(&hashes, t));
    let k = own.iter().map(|own| *common + *own).collect();
    let elements = UserKey { gid: gid.to_owned(), k, k_prime: G2::batch_generator_mul(t) };
    Ok(UserSecretKey::new(attributes.clone(), elements))
}

impl PublicParameters<RouselakisWaters> {
    /// The keys of the authorities in either. That parameters are those of the authorities that they name is
    /// for the caller to know.
    ///
    /// # Errors
    /// [`ConflictingKey`] for an authority with another key in each.
    pub fn merge(&self, other: &Self) -> Result<Self, ConflictingKey> {
        let mut all = self.0.0.clone();
        for (name, key) in &other.0.0 {
            if all.insert(name.clone(), key.clone()).is_some_and(|held| held != *key) {
                return Err(ConflictingKey(name.clone()));
            }
        }
        Ok(Self(Parameters(all)))
    }
}

impl UserSecretKey<RouselakisWaters> {
    /// Whom the key belongs to.
    pub fn gid(&self) -> &str {
        &self.elements.expose().gid
    }

    /// The components of two keys of one user, by different authorities.
    ///
    /// # Errors
    /// [`KeyError::UserMismatch`], [`KeyError::DuplicateAttribute`] or [`KeyError::Attributes`].
    pub fn merge(&self, other: &Self) -> Result<Self, KeyError> {
        let (one, two) = (self.elements.expose(), other.elements.expose());
        if one.gid != two.gid {
            return Err(KeyError::UserMismatch);
        }
        let mut components = BTreeMap::new();
        for (key, elements) in [(self, one), (other, two)] {
            for (i, u) in key.attributes.expanded().into_iter().enumerate() {
                let component = (elements.k[i], elements.k_prime[i]);
                if components.insert(u.clone(), component).is_some() {
                    return Err(KeyError::DuplicateAttribute(u));
                }
            }
        }
        let mut attributes = self.attributes.clone();
        other.attributes.iter().try_for_each(|u| attributes.insert(u))?;
        let (k, k_prime) = (
            components.values().map(|(k, _)| *k).collect(),
            components.values().map(|(_, k_prime)| *k_prime).collect(),
        );
        let elements = UserKey { gid: one.gid.clone(), k, k_prime };
        components.values_mut().for_each(|(k, k_prime)| (k.zeroize(), k_prime.zeroize()).1);
        Ok(Self::new(attributes, elements))
    }
}

/// `t_i` and `(0, w)` of the coins' masks.
fn masks<'a>(program: &SpanProgram, coins: &'a Coins) -> (&'a [Scalar], Zeroizing<Vec<Scalar>>) {
    let (t, w) = coins.masks.split_at(program.rows().len());
    (t, Zeroizing::new([&[Scalar::ZERO], w].concat()))
}

impl Scheme for RouselakisWaters {
    const SUITE: u8 = 3;
    type Parameters = Parameters;
    type MasterKey = MasterKey;
    type UserKey = UserKey;
    type Encapsulation = Encapsulation;
    type Error = UnknownAuthority;

    /// `t_i` for every row, then `w`.
    fn mask_count(program: &SpanProgram) -> usize {
        program.rows().len() + program.columns() - 1
    }

    fn encapsulate(
        parameters: &Parameters,
        program: &SpanProgram,
        coins: &Coins,
    ) -> Result<(Encapsulation, Gt), UnknownAuthority> {
        let attributes = program.rows().iter().map(|row| &row.attribute);
        let key = |u: &Attribute| parameters.of(u).ok_or_else(|| UnknownAuthority(u.clone()));
        let keys = attributes.map(key).collect::<Result<Vec<&AuthorityKey>, _>>()?;
        let (t, w) = masks(program, coins);
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let omegas = Zeroizing::new(program.share(&w));

        // C1_i = Z^{lambda_i} (Z^alpha)^{t_i};  C3_i = (g2^y)^{t_i} g2^{omega_i}
        let c1 = lambdas.iter().zip(&keys).zip(t);
        let c1 = c1.map(|((lambda, key), t)| Gt::generator_pow(lambda) * key.z_alpha.pow(t));
        let ys: Vec<G2> = keys.iter().map(|key| key.g2_y).collect();
        let c3 = G2::batch_mul(&ys, t).into_iter().zip(G2::batch_generator_mul(&omegas));
        let encapsulation = Encapsulation {
            c1: c1.collect(),
            c2: G2::batch_generator_mul(t).into_iter().map(|point| -point).collect(),
            c3: c3.map(|(masked, share)| masked + share).collect(),
            c4: G1::batch_mul(&hash_rows(tag::DECENTRALISED_ATTRIBUTE, program), t),
        };
        Ok((encapsulation, Gt::generator_pow(&coins.vector[0])))
    }

    fn decapsulate(key: &UserKey, selection: &[SelectedRow], encapsulation: &Encapsulation) -> Gt {
        // prod_i (C1_i e(K, C2_i) e(C4_i, K'))^{gamma_i} e(H(gid), prod_i C3_i^{gamma_i})
        let mut pairs = Vec::with_capacity(2 * selection.len() + 1);
        let (mut c1, mut c3) = (Gt::identity(), G2::identity());
        for SelectedRow { row, component, gamma, .. } in selection {
            let in_g1 = |point: G1| linear_combination([(point, *gamma)]);
            pairs.push((in_g1(key.k[*component]), encapsulation.c2[*row]));
            pairs.push((in_g1(encapsulation.c4[*row]), key.k_prime[*component]));
            let plain = gamma.is_one();
            c1 =
                c1 * if plain { encapsulation.c1[*row] } else { encapsulation.c1[*row].pow(gamma) };
            c3 += if plain { encapsulation.c3[*row] } else { encapsulation.c3[*row] * *gamma };
        }
        pairs.push((hash_gid(&key.gid), c3));
        let shared = c1 * multi_pairing(&pairs);
        pairs.iter_mut().for_each(|(left, right)| (left.zeroize(), right.zeroize()).1);
        shared
    }
}
