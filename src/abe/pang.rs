//! One centre, managers of single attributes, and attributes that can be taken away.
//!
//! **Paper.** Pang, Yao, Li, Zhang, Zhang, *Electronic Health Records Sharing Model Based on Blockchain
//! With Checkable State PBFT Consensus Algorithm*, IEEE Access 10 (2022), II.C, mended: what is printed
//! there decrypts for nobody and, made to work, opens for every authority (`docs/papers.md`).
//!
//! **Algorithms.** The centre knows `a, beta` and everyone's `t`; the manager of an attribute `x` knows
//! `v_x`, which is another in every *epoch of writing* and tells nothing about the next. `H` hashes
//! attributes to G1 and `H'` the framed attribute, epoch (32 bits) and key, under another tag;
//! `Z = e(g1, g2)`.
//!
//! ```text
//! Setup   a, beta;  public (g1^a, Z^beta)
//! Enrol   t = PRF(centre's key, identifier);  D = g1^{beta + a t};  D' = g2^t
//! KeyShare   centre to manager: T = H(x)^t;  checked: e(T, g2) = e(H(x), D')
//! Epoch   v_x, independent of all before;  public g2^{v_x}, P = H'(x, epoch, g2^{v_x})^{v_x}
//!         checked: e(P, g2) = e(H'(x, epoch, g2^{v_x}), g2^{v_x})
//! Issue   manager to user: D_x = T^{1 / v_x};  checked: e(D_x, g2^{v_x}) = e(H(x), D')
//! Encaps  s, v, r_i;  lambda_i = M_i . (s, v);  C'' = g2^s
//!         C_i = (g2^{v_pi(i)})^{r_i};  C'_i = (g1^a)^{lambda_i} H(pi(i))^{r_i}
//! Decaps  Z^{beta s} = e(D, C'') e(prod_i C'_i^{gamma_i}, D')^{-1} prod_i e(D_pi(i)^{gamma_i}, C_i)
//! ```
//!
//! **Taking an attribute away.** The manager starts an epoch and issues `D_x` of it to those who keep the
//! attribute, 48 bytes each, from its own records ([`AttributeAuthority::revoke`]). Who lost it has no component for
//! what is written under the new key, and **no number relates two epochs**: the factor `v'/v` by which such
//! schemes let a store update ciphertexts, or users their keys, would turn the old component into the new
//! one. Nothing that is stored changes: what could be read before can be read for ever. A writer who has not
//! heard of the epoch writes in the old one, which the header shows (`epochs`): whoever accepts
//! records refuses those.
//!
//! **Security.** Against chosen plaintexts. With one epoch and honest managers this is the scheme of Waters
//! (PKC 2011) but for the exponents `v_x`, which only blind; a reduction of the whole, with managers who
//! may be corrupt and with epochs, has not been written down. The soundness tests look for linear attacks
//! of users over several epochs, with the store, with managers of other attributes and with such as were
//! corrupt before, and find none.
//! *The centre opens everything.* A manager alone neither opens anything nor grants its attribute to
//! someone for whom the centre has not sent a share; it does grant it to whom it likes of those. That takes the
//! proof of possession `P`: with `D'^k` for a key, `H(x)^{1/k}` would be a component for the user of `D'`.
//! **Components of one identifier add up over time**: `x`, lost yesterday, and `y`, won today, open together
//! what was written for `x and y` before `x` was lost. Where that matters, who loses an attribute is enrolled
//! under another identifier, every manager revokes the old one, and nothing of it combines with the new.
//!
//! Attributes are plain names: every prefix of a number would need a manager's key.
//!
//! **Cost** for `n` rows, `|I|` of them used:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | enrol | 1 | 1 | | | | |
//! | share | 1 | 1 | | 1 | | |
//! | issue | 1 | | | | | |
//! | a manager's key | 1 | 1 | | 1 | | |
//! | check a key, a share or a component | | | | 1 | 2 | 1 |
//! | encapsulate | 2n | n + 1 | 1 | n | | |
//! | decapsulate | 2\|I\| at worst, 0 for and/or | | | | \|I\| + 2 | 1 |
//!
//! An encapsulation has `96 + 148 n` bytes.
#![forbid(unsafe_code)]

mod elements;
mod manager;

pub use elements::{Encapsulation, MasterKey, Parameters, UserKey};
pub use manager::{
    AttributeAuthority, AttributeKey, Component, InvalidAttributeKey, InvalidKeyShare, KeyShare,
    VerifiedAttributeKey, VerifiedKeyShare,
};

use elements::{Epoch, MAX_NAME};

use super::scheme::{Coins, Scheme, SelectedRow, hash_rows, linear_combination};
use super::{CpaHeader, MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::hash::{framed, hash_to_g1_cached, hash_to_scalar};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, multi_pairing, random_bytes, tag};
use crate::policy::{Attribute, AttributeSet, InvalidAttributes, Name, SpanProgram};
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// The scheme, as a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pang {}

/// An attribute without a manager's key among the parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no manager's key for {0}")]
pub struct UnknownAttribute(pub Attribute);

/// Two keys of a manager for one epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are two keys for epoch {1} of {0}")]
pub struct ConflictingKey(Name, u32);

/// A key that the centre of these parameters did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not valid for the centre's parameters")]
pub struct InvalidKey;

/// Why a user's key was not made or did not grow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An identifier that no key could be read with.
    #[error("an identifier has 1 to {MAX_NAME} bytes")]
    InvalidIdentifier,
    /// A component of somebody else, or of another attribute or epoch than the manager's key.
    #[error("the component belongs to another user, attribute or epoch")]
    ComponentMismatch,
    /// A component that is not what it says.
    #[error("the component is not valid for the manager's key")]
    InvalidComponent,
    /// More attributes than a key can have.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
}

/// `H(x)`
fn hash(attribute: &Name) -> G1 {
    hash_to_g1_cached(tag::REVOCABLE_ATTRIBUTE, attribute.as_str().as_bytes())
}

/// Setup by the centre: `a`, `beta`, and the key of everyone's `t`.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters<Pang>, MasterSecretKey<Pang>) {
    let [a, beta] = [(); 2].map(|()| Zeroizing::new(Scalar::random(rng)));
    setup_with_randomness(&a, &beta, &Secret::new(random_bytes(rng)))
}

/// [`setup`] with given secrets, for test vectors.
pub fn setup_with_randomness(
    a: &Scalar,
    beta: &Scalar,
    users: &Secret<[u8; 32]>,
) -> (PublicParameters<Pang>, MasterSecretKey<Pang>) {
    let parameters = Parameters {
        g1_a: G1::generator_mul(a),
        z_beta: Gt::generator_pow(beta),
        managers: BTreeMap::new(),
    };
    let master = MasterKey { a: *a, beta: *beta, users: *users.expose() };
    (PublicParameters(parameters), MasterSecretKey(Secret::new(master)))
}

/// `t = PRF(centre's key, identifier)`
fn exponent(master: &MasterKey, gid: &str) -> Result<Zeroizing<Scalar>, KeyError> {
    if !(1..=MAX_NAME).contains(&gid.len()) {
        return Err(KeyError::InvalidIdentifier);
    }
    let message = Zeroizing::new(framed(&[&master.users, gid.as_bytes()]));
    Ok(Zeroizing::new(hash_to_scalar(tag::REVOCABLE_USER, &message)))
}

/// A user's key without attributes, by the centre. An identifier belongs to one person.
///
/// # Errors
/// [`KeyError::InvalidIdentifier`].
pub fn enrol(master: &MasterSecretKey<Pang>, gid: &str) -> Result<UserSecretKey<Pang>, KeyError> {
    let master = master.0.expose();
    let t = exponent(master, gid)?;
    // D = g1^{beta + a t};  D' = g2^t
    let elements = UserKey {
        gid: gid.to_owned(),
        d: G1::generator_mul(&Zeroizing::new(master.beta + master.a * *t)),
        d_prime: G2::generator_mul(&t),
        components: Vec::new(),
    };
    Ok(UserSecretKey::new(AttributeSet::default(), elements))
}

/// What the manager of an attribute needs to issue it to a user, by the centre: on the manager's request,
/// and to nobody else.
///
/// # Errors
/// [`KeyError::InvalidIdentifier`].
pub fn key_share(
    master: &MasterSecretKey<Pang>,
    gid: &str,
    attribute: &Name,
) -> Result<KeyShare, KeyError> {
    let t = exponent(master.0.expose(), gid)?;
    // T = H(x)^t
    Ok(KeyShare::new(gid, attribute, G2::generator_mul(&t), hash(attribute) * *t))
}

impl PublicParameters<Pang> {
    /// With the key of an attribute's manager: of two, that of the later epoch.
    ///
    /// # Errors
    /// [`ConflictingKey`] for another key of the epoch that is held.
    pub fn with_attribute_key(&self, key: &VerifiedAttributeKey) -> Result<Self, ConflictingKey> {
        let (attribute, epoch) = (key.key().attribute(), key.key().epoch());
        let given = Epoch { epoch, g2_v: *key.key().g2_v() };
        let mut parameters = self.0.clone();
        match parameters.managers.get(attribute) {
            Some(held) if held.epoch == epoch && *held != given => {
                return Err(ConflictingKey(attribute.clone(), epoch));
            }
            Some(held) if held.epoch >= epoch => {}
            _ => drop(parameters.managers.insert(attribute.clone(), given)),
        }
        Ok(Self(parameters))
    }

    /// The epoch that an attribute is written in.
    pub fn epoch(&self, attribute: &Name) -> Option<u32> {
        self.0.managers.get(attribute).map(|held| held.epoch)
    }
}

impl UserSecretKey<Pang> {
    /// Whom the key belongs to.
    pub fn gid(&self) -> &str {
        &self.elements.expose().gid
    }

    /// The epochs in which the key has an attribute, ascending.
    pub fn epochs(&self, attribute: &Name) -> Vec<u32> {
        let attribute = Attribute::Name(attribute.clone());
        let Ok(place) = self.attributes.expanded().binary_search(&attribute) else {
            return Vec::new();
        };
        self.elements.expose().components[place].iter().map(|(epoch, _)| *epoch).collect()
    }

    /// Whether the centre made the key: `e(D, g2) = Z^beta e(g1^a, D')`. Components were checked when they
    /// were taken in.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn verify(&self, parameters: &PublicParameters<Pang>) -> Result<(), InvalidKey> {
        let (key, parameters) = (self.elements.expose(), &parameters.0);
        let pairs = [(key.d, G2::generator()), (-parameters.g1_a, key.d_prime)];
        if multi_pairing(&pairs) == parameters.z_beta { Ok(()) } else { Err(InvalidKey) }
    }

    /// With a component that a manager issued: `e(D_x, g2^{v_x}) = e(H(x), D')`.
    ///
    /// # Errors
    /// [`KeyError::ComponentMismatch`], [`KeyError::InvalidComponent`] or [`KeyError::Attributes`].
    pub fn with_component(
        &self,
        component: &Component,
        manager: &VerifiedAttributeKey,
    ) -> Result<Self, KeyError> {
        let (x, d_x, manager) = (component.attribute(), component.point(), manager.key());
        let same = (x, component.epoch()) == (manager.attribute(), manager.epoch());
        if !same || component.gid() != self.gid() {
            return Err(KeyError::ComponentMismatch);
        }
        let mut elements = self.elements.clone();
        let key = elements.expose_mut();
        if !multi_pairing(&[(*d_x, *manager.g2_v()), (-hash(x), key.d_prime)]).is_identity() {
            return Err(KeyError::InvalidComponent);
        }
        let mut attributes = self.attributes.clone();
        attributes.insert(x.clone())?;
        let expanded = attributes.expanded();
        let place = expanded.binary_search(&Attribute::Name(x.clone())).expect("it was inserted");
        if expanded.len() > key.components.len() {
            key.components.insert(place, Vec::new());
        }
        key.hold(place, component.epoch(), d_x);
        Ok(Self { attributes, elements })
    }
}

impl CpaHeader<Pang> {
    /// The epoch that each row was written in, in the order of the rows.
    pub fn epochs(&self) -> &[u32] {
        &self.encapsulation.epochs
    }
}

impl Scheme for Pang {
    const SUITE: u8 = 4;
    type Parameters = Parameters;
    type MasterKey = MasterKey;
    type UserKey = UserKey;
    type Encapsulation = Encapsulation;
    type Error = UnknownAttribute;

    /// `r_i` for every row.
    fn mask_count(program: &SpanProgram) -> usize {
        program.rows().len()
    }

    fn encapsulate(
        parameters: &Parameters,
        program: &SpanProgram,
        coins: &Coins,
    ) -> Result<(Encapsulation, Gt), UnknownAttribute> {
        let attributes = program.rows().iter().map(|row| &row.attribute);
        let key = |u: &Attribute| parameters.of(u).ok_or_else(|| UnknownAttribute(u.clone()));
        let keys = attributes.map(key).collect::<Result<Vec<&Epoch>, _>>()?;
        let bases: Vec<G2> = keys.iter().map(|key| key.g2_v).collect();
        // C_i = (g2^{v_pi(i)})^{r_i};  C'_i = (g1^a)^{lambda_i} H(pi(i))^{r_i}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let shares = G1::batch_mul(&vec![parameters.g1_a; lambdas.len()], &lambdas);
        let masked = G1::batch_mul(&hash_rows(tag::REVOCABLE_ATTRIBUTE, program), &coins.masks);
        let encapsulation = Encapsulation {
            epochs: keys.iter().map(|key| key.epoch).collect(),
            c_second: G2::generator_mul(&coins.vector[0]),
            c: G2::batch_mul(&bases, &coins.masks),
            c_prime: shares.into_iter().zip(masked).map(|(share, mask)| share + mask).collect(),
        };
        Ok((encapsulation, parameters.z_beta.pow(&coins.vector[0])))
    }

    /// A component is of an epoch, and so is a row.
    fn component_matches_row(
        key: &UserKey,
        component: usize,
        encapsulation: &Encapsulation,
        row: usize,
    ) -> bool {
        key.component(component, encapsulation.epochs[row]).is_some()
    }

    fn decapsulate(key: &UserKey, selection: &[SelectedRow], encapsulation: &Encapsulation) -> Gt {
        // e(D, C'') e(prod_i C'_i^{gamma_i}, D')^{-1} prod_i e(D_pi(i)^{gamma_i}, C_i)
        let shares =
            linear_combination(selection.iter().map(|s| (encapsulation.c_prime[s.row], s.gamma)));
        let mut pairs = Vec::with_capacity(2 + selection.len());
        pairs.extend([(key.d, encapsulation.c_second), (-shares, key.d_prime)]);
        pairs.extend(selection.iter().map(|s| {
            let d_x = key.component(s.component, encapsulation.epochs[s.row]);
            let d_x = *d_x.expect("only rows that a component serves are selected");
            (linear_combination([(d_x, s.gamma)]), encapsulation.c[s.row])
        }));
        let shared = multi_pairing(&pairs);
        pairs.iter_mut().for_each(|(left, right)| (left.zeroize(), right.zeroize()).1);
        shared
    }
}
