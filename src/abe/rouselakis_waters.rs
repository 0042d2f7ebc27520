//! The decentralised scheme of Rouselakis and Waters: independent attribute authorities.
//!
//! # Paper
//!
//! Rouselakis and Waters, *Efficient Statically-Secure Large-Universe Multi-Authority
//! Attribute-Based Encryption*, Financial Cryptography 2015.
//!
//! # Algorithms
//!
//! An attribute is a name that ends with its authority: `name@authority`. `H` hashes the global
//! identifiers (GIDs) of users and `F` attributes to G1, each under its own tag; `Z = e(g1, g2)`.
//! The policy is a span program `(M, pi)`: row `M_i` is labelled with the attribute `pi(i)`, and
//! `sum gamma_i M_i = (1, 0, ...)` over a satisfying set of rows.
//!
//! ```math
//! Setup   alpha, y for one authority;  public (Z^alpha, g2^y)
//! KeyGen  t_u for every attribute u;  K_u = g1^alpha H(gid)^y F(u)^{t_u};  K'_u = g2^{t_u}
//! Encaps  s, v, w, t_i;  lambda_i = M_i . (s, v);  omega_i = M_i . (0, w)
//!         C1_i = Z^{lambda_i} (Z^alpha)^{t_i};    C2_i = g2^{-t_i}
//!         C3_i = (g2^y)^{t_i} g2^{omega_i};       C4_i = F(pi(i))^{t_i}
//! Decaps  Z^s = prod_i (C1_i e(K_{pi(i)}, C2_i) e(C4_i, K'_{pi(i)}))^{gamma_i}
//!               e(H(gid), prod_i C3_i^{gamma_i})
//! ```
//!
//! # Security
//!
//! *Statically* CPA-secure with random oracles under the q-type assumption of the paper: the
//! adversary commits to the corrupt authorities, the keys it queries and the challenge policy
//! before it sees the public keys of the honest authorities. The paper's proof is for symmetric
//! pairings. There is no CCA-secure variant. An authority decrypts what its own attributes satisfy
//! and nothing else; no party decrypts everything. Keys of different users do not combine, since
//! `H(gid)` differs; a GID must belong to one person. Each row has its own mask, so an attribute
//! may label any number of rows.
//!
//! Numbers, dates and listed values are excluded. Keys of one GID combine by design, also over
//! time; a user with two values of one label would satisfy comparisons and `not` that neither value
//! satisfies.
//!
//! # Deviations
//!
//! The groups are those of a type-3 pairing, with both hashes in G1.
//!
//! # Cost
//!
//! For `n` rows, of which Decaps uses `|I|`:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | keygen, `k` attributes | k + 2 | k | | k + 1 | | |
//! | encapsulate | n | 3n | 2n + 1 | n | | |
//! | decapsulate | at most 2\|I\|, 0 for and/or | at most \|I\| | at most \|I\| | 1 | 2\|I\| + 1 | 1 |
//!
//! An encapsulation has `816 n` bytes, 576 of them per row for an element of GT.
//!
//! # Example
//!
//! ```
//! use epione::abe::{self, rouselakis_waters};
//! let rng = &mut rand::thread_rng();
//! let (hospital, hospital_key) = rouselakis_waters::setup("hospital", rng);
//! let (chamber, chamber_key) = rouselakis_waters::setup("chamber", rng);
//!
//! let ward = "neurology@hospital".parse()?;
//! let ward = rouselakis_waters::keygen(&hospital_key, "Dr. Bose", &ward, rng)?;
//! let licence = "physician@chamber".parse()?;
//! let licence = rouselakis_waters::keygen(&chamber_key, "Dr. Bose", &licence, rng)?;
//! let key = ward.merge(&licence)?;
//!
//! let parameters = hospital.merge(&chamber)?;
//! let policy = "neurology@hospital and physician@chamber".parse()?;
//! let sealed = abe::try_seal_cpa(&parameters, &policy, b"eeg", b"normal", rng)?;
//! assert_eq!(&*abe::open_cpa(&key, b"eeg", &sealed)?, b"normal");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
mod authority;
mod elements;

pub use authority::{keygen, setup};
#[cfg(feature = "hazmat")]
pub use authority::{keygen_with_randomness, setup_with_randomness};
pub use elements::{Encapsulation, MasterKey, Parameters, UserKey};

use elements::AuthorityKey;

use super::gid::MAX_GID;
use super::scheme::{Coins, Scheme, SelectedRow, hash_rows, linear_combination};
use super::{PublicParameters, UserSecretKey};
use crate::algebra::hash::hash_to_g1;
use crate::algebra::{G1, G2, Gt, Scalar, multi_pairing, tag};
use crate::policy::{Attribute, InvalidAttributes, Name, SpanProgram, UserAttribute};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The scheme, as a type parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouselakisWaters {}

/// The parameters lack the authority of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parameters lack the public key of the authority of {0}: merge its parameters")]
pub struct UnknownAuthority(pub Attribute);

/// Two sets of parameters contain different keys of one authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parameters contain two different public keys of the authority {0}")]
pub struct ConflictingKey(pub String);

/// The reason why a key was not issued or two keys were not merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The attribute belongs to another authority, or is not a name.
    #[error("{0} is not an attribute of this authority, whose names end with @ and its name")]
    ForeignAttribute(UserAttribute),
    /// The GID is empty or too long.
    #[error("an identifier has 1 to {MAX_GID} bytes")]
    InvalidIdentifier,
    /// The keys belong to different users.
    #[error("the keys belong to different users")]
    UserMismatch,
    /// Both keys have a component for the attribute.
    #[error("both keys have a component for {0}")]
    DuplicateAttribute(Attribute),
    /// The union of the attributes is not a valid set.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
}

/// Returns the authority of an attribute: the part after the last `@`.
fn authority_of(name: &Name) -> Option<&str> {
    name.as_str().rsplit_once('@').map(|(_, authority)| authority)
}

/// `H(gid)`, not cached: identifiers are personal.
fn hash_gid(gid: &str) -> G1 {
    hash_to_g1(tag::DECENTRALISED_USER, gid.as_bytes())
}

impl PublicParameters<RouselakisWaters> {
    /// Returns parameters with the public keys of both. The caller ensures that the keys are
    /// authentic.
    ///
    /// # Errors
    /// [`ConflictingKey`] if an authority has a different key in each.
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
    /// The global identifier of the user.
    pub fn gid(&self) -> &str {
        &self.elements.expose().gid
    }

    /// Returns the union of two keys of one user, issued by different authorities.
    ///
    /// # Errors
    /// [`KeyError::UserMismatch`] if the GIDs differ, [`KeyError::DuplicateAttribute`] if both keys
    /// have an attribute, [`KeyError::Attributes`] if there are too many attributes.
    pub fn merge(&self, other: &Self) -> Result<Self, KeyError> {
        let (one, two) = (self.elements.expose(), other.elements.expose());
        if one.gid != two.gid {
            return Err(KeyError::UserMismatch);
        }
        // Borrowed, to leave no copies of key material in freed memory.
        let mut components = BTreeMap::new();
        for (key, elements) in [(self, one), (other, two)] {
            for (i, u) in key.attributes.expanded().into_iter().enumerate() {
                let component = (&elements.k[i], &elements.k_prime[i]);
                if components.insert(u.clone(), component).is_some() {
                    return Err(KeyError::DuplicateAttribute(u));
                }
            }
        }
        let mut attributes = self.attributes.clone();
        other.attributes.iter().try_for_each(|u| attributes.insert(u))?;
        let elements = UserKey {
            gid: one.gid.clone(),
            k: components.values().map(|(k, _)| **k).collect(),
            k_prime: components.values().map(|(_, k_prime)| **k_prime).collect(),
        };
        Ok(Self::new(attributes, elements))
    }
}

/// Splits the masks into `t_i` and the sharing vector `(0, w)`.
fn split_masks<'a>(
    program: &SpanProgram,
    coins: &'a Coins,
) -> (&'a [Scalar], Zeroizing<Vec<Scalar>>) {
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
        let key = |u: &Attribute| parameters.key_for(u).ok_or_else(|| UnknownAuthority(u.clone()));
        let keys = attributes.map(key).collect::<Result<Vec<&AuthorityKey>, _>>()?;
        let (t, w) = split_masks(program, coins);
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let omegas = Zeroizing::new(program.share(&w));

        // C1_i = Z^{lambda_i} (Z^alpha)^{t_i};  C2_i = g2^{-t_i}
        // C3_i = (g2^y)^{t_i} g2^{omega_i};  C4_i = F(pi(i))^{t_i}
        let c1 = lambdas.iter().zip(&keys).zip(t);
        let c1 = c1.map(|((lambda, key), t)| Gt::generator_pow(lambda) * key.z_alpha.pow(t));
        let ys: Vec<G2> = keys.iter().map(|key| key.g2_y).collect();
        let masked = Zeroizing::new(G2::batch_mul(&ys, t));
        let shares = Zeroizing::new(G2::batch_generator_mul(&omegas));
        let c3 = masked.iter().zip(&*shares);
        let encapsulation = Encapsulation {
            c1: c1.collect(),
            c2: G2::batch_generator_mul(t).into_iter().map(|point| -point).collect(),
            c3: c3.map(|(masked, share)| *masked + *share).collect(),
            c4: G1::batch_mul(&hash_rows(tag::DECENTRALISED_ATTRIBUTE, program), t),
        };
        Ok((encapsulation, Gt::generator_pow(&coins.vector[0])))
    }

    fn decapsulate(key: &UserKey, selection: &[SelectedRow], encapsulation: &Encapsulation) -> Gt {
        // prod_i (C1_i e(K, C2_i) e(C4_i, K'))^{gamma_i} e(H(gid), prod_i C3_i^{gamma_i})
        let mut pairs = Zeroizing::new(Vec::with_capacity(2 * selection.len() + 1));
        let (mut c1, mut c3) = (Gt::identity(), G2::identity());
        for SelectedRow { row, component, gamma, .. } in selection {
            let scaled = |point: G1| linear_combination([(point, *gamma)]);
            pairs.push((scaled(key.k[*component]), encapsulation.c2[*row]));
            pairs.push((scaled(encapsulation.c4[*row]), key.k_prime[*component]));
            let (row_c1, row_c3) = (encapsulation.c1[*row], encapsulation.c3[*row]);
            let one = gamma.is_one();
            c1 = c1 * if one { row_c1 } else { row_c1.pow(gamma) };
            c3 += if one { row_c3 } else { row_c3 * *gamma };
        }
        pairs.push((hash_gid(&key.gid), c3));
        c1 * multi_pairing(&pairs)
    }
}
