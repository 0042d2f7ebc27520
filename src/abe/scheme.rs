//! What the schemes have in common: the shape of their keys and encapsulations, and three algorithms.
//!
//! A scheme is a key encapsulation mechanism whose encapsulation opens for a policy. It says what its
//! elements are and how they are computed; sampling, selecting rows, deriving keys, encoding and the
//! way to security against chosen ciphertexts are written once, for all of them.
#![forbid(unsafe_code)]

use super::UserSecretKey;
use crate::algebra::codec::{Reader, Writer};
use crate::algebra::hash::{batch_hash_to_g1, batch_hash_to_g1_cached, hash_to_scalar};
use crate::algebra::tag::Tag;
use crate::algebra::{G1, Gt, Rng, Scalar, tag};
use crate::error::DecodeError;
use crate::policy::{Attribute, AttributeSet, SpanProgram};
use std::fmt::Debug;
use zeroize::{Zeroize, Zeroizing};

/// A scheme. The types that it names are its elements; users meet them inside
/// [`PublicParameters`](super::PublicParameters), [`UserSecretKey`](super::UserSecretKey) and
/// [`Header`](super::Header).
pub trait Scheme: Debug + Copy + Eq + 'static {
    /// The third byte of every encoding.
    const SUITE: u8;

    /// What everyone who encrypts needs.
    type Parameters: Elements + Clone + Eq + Debug;
    /// What makes users' keys.
    type MasterKey: Elements + Zeroize;
    /// A user's elements, one component an attribute among them.
    type UserKey: KeyElements + Clone + Zeroize;
    /// The elements of a header.
    type Encapsulation: EncapsulationElements + Clone + Eq + Debug;
    /// Why nothing can be encrypted under a policy: `Infallible` where that does not happen.
    type Error: std::error::Error;

    /// How many masks an encapsulation takes.
    fn mask_count(program: &SpanProgram) -> usize;

    /// Encaps: an encapsulation, and the element that whoever satisfies the policy finds.
    ///
    /// # Errors
    /// The scheme's refusal of the policy.
    fn encapsulate(
        parameters: &Self::Parameters,
        program: &SpanProgram,
        coins: &Coins,
    ) -> Result<(Self::Encapsulation, Gt), Self::Error>;

    /// Whether a component of the row's attribute serves the row: not where both are of epochs.
    fn component_matches_row(
        _: &Self::UserKey,
        _component: usize,
        _: &Self::Encapsulation,
        _row: usize,
    ) -> bool {
        true
    }

    /// Decaps: that element, by rows with their coefficients.
    fn decapsulate(
        key: &Self::UserKey,
        selection: &[SelectedRow],
        encapsulation: &Self::Encapsulation,
    ) -> Gt;
}

/// A scheme whose encapsulations can be checked against the coins they were made of.
pub trait VerifyEncapsulation: Scheme {
    /// Whether Encaps makes this encapsulation of these coins, whatever the opener's key is; with weights
    /// that were drawn after both.
    fn verify_encapsulation(
        parameters: &Self::Parameters,
        program: &SpanProgram,
        encapsulation: &Self::Encapsulation,
        coins: &Coins,
        weights: &[Scalar],
    ) -> bool;
}

/// Elements that need nothing else to be read.
pub trait Elements: Sized {
    /// Writes them.
    fn write(&self, w: &mut Writer);
    /// Reads them.
    ///
    /// # Errors
    /// Why the bytes are not an encoding.
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

impl Elements for Gt {
    fn write(&self, w: &mut Writer) {
        w.gt(self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.gt()
    }
}

impl Elements for G1 {
    fn write(&self, w: &mut Writer) {
        w.g1(self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.g1()
    }
}

/// A user's elements.
pub trait KeyElements: Sized {
    /// Writes them.
    fn write(&self, w: &mut Writer);
    /// Reads them, with a component for each of so many attributes.
    ///
    /// # Errors
    /// Why the bytes are not an encoding.
    fn read(r: &mut Reader<'_>, attributes: usize) -> Result<Self, DecodeError>;
}

/// The elements of a header.
pub trait EncapsulationElements: Sized {
    /// Writes them.
    fn write(&self, w: &mut Writer);
    /// Reads them, for a span program of so many rows and `tau` so large.
    ///
    /// # Errors
    /// Why the bytes are not an encoding.
    fn read(r: &mut Reader<'_>, rows: usize, occurrences: usize) -> Result<Self, DecodeError>;
}

/// The randomness of one encapsulation. Coins used twice reveal keys.
#[derive(PartialEq, Eq)]
pub struct Coins {
    /// `(s, v_1, v_2, ...)`, one a column.
    pub vector: Vec<Scalar>,
    /// The scheme's masks.
    pub masks: Vec<Scalar>,
}

impl Coins {
    /// Fresh coins.
    pub fn random<S: Scheme>(program: &SpanProgram, rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut draw = |n| (0..n).map(|_| Scalar::random(rng)).collect();
        Self { vector: draw(program.columns()), masks: draw(S::mask_count(program)) }
    }

    /// The coins of a seed: coin `i`, the shares first, is the hash of the seed and `i`.
    pub(super) fn from_seed<S: Scheme>(program: &SpanProgram, seed: &[u8; 32]) -> Self {
        let mut message = Zeroizing::new([0; 36]);
        message[..32].copy_from_slice(seed);
        let mut indices = 0_u32..;
        let mut draw = |n| {
            let indices = indices.by_ref().take(n);
            let coin = |i: u32| {
                message[32..].copy_from_slice(&i.to_be_bytes());
                hash_to_scalar(tag::ABE_COIN, &message[..])
            };
            indices.map(coin).collect()
        };
        Self { vector: draw(program.columns()), masks: draw(S::mask_count(program)) }
    }
}

impl Drop for Coins {
    fn drop(&mut self) {
        self.vector.zeroize();
        self.masks.zeroize();
    }
}

/// A row that a decapsulation uses.
#[derive(Debug, Clone, Copy)]
pub struct SelectedRow {
    /// The row of the span program.
    pub row: usize,
    /// `rho` of the row.
    pub occurrence: usize,
    /// Which of the key's components belongs to the row's attribute.
    pub component: usize,
    /// The coefficient.
    pub gamma: Scalar,
}

/// A smallest set of rows that a key opens an encapsulation with; `None` if it does not.
pub(super) fn select_rows<S: Scheme>(
    program: &SpanProgram,
    key: &UserSecretKey<S>,
    encapsulation: &S::Encapsulation,
) -> Option<Vec<SelectedRow>> {
    let (held, elements) = (key.attributes.expanded(), key.elements.expose());
    let component = |row: usize| {
        let component = held.binary_search(&program.rows()[row].attribute).ok()?;
        S::component_matches_row(elements, component, encapsulation, row).then_some(component)
    };
    let selected = |(row, gamma): (usize, Scalar)| {
        let component = component(row).expect("selected from what is held");
        SelectedRow { row, occurrence: program.rows()[row].occurrence, component, gamma }
    };
    let rows = program.reconstruct_from(|row| component(row).is_some())?;
    Some(rows.into_iter().map(selected).collect())
}

/// The points of what a set expands to, in that order. What is asked for by name is a label that
/// everybody knows; the prefixes of a user's numbers are personal, and not remembered.
pub(super) fn hash_attributes(tag: Tag, attributes: &AttributeSet) -> Vec<G1> {
    let expanded = attributes.expanded();
    let identities: Vec<_> = expanded.iter().map(Attribute::identity).collect();
    // An expanded set begins with them.
    let prefixes = expanded.partition_point(|u| matches!(u, Attribute::Prefix(_)));
    let mut points = batch_hash_to_g1(tag, &identities[..prefixes]);
    points.extend(batch_hash_to_g1_cached(tag, &identities[prefixes..]));
    points
}

/// The points of the rows' attributes: a policy is public.
pub(super) fn hash_rows(tag: Tag, program: &SpanProgram) -> Vec<G1> {
    let identities: Vec<_> = program.rows().iter().map(|row| row.attribute.identity()).collect();
    batch_hash_to_g1_cached(tag, &identities)
}

/// `sum points[i] * gammas[i]` for the coefficients of a policy, which are public: the coefficient 1,
/// which policies of and/or always have, is free.
pub(super) fn linear_combination(terms: impl IntoIterator<Item = (G1, Scalar)>) -> G1 {
    let terms = terms.into_iter();
    let mut plain = Zeroizing::new(G1::identity());
    // A list that grows would leave its old memory behind.
    let most = terms.size_hint().1.expect("terms are counted");
    let (mut points, mut gammas) = (Zeroizing::new(Vec::with_capacity(most)), Vec::new());
    for (point, gamma) in terms {
        if gamma.is_one() {
            *plain += point;
        } else {
            points.push(point);
            gammas.push(gamma);
        }
    }
    *plain + G1::msm(&points, &gammas)
}

/// `sum a_i b_i`
pub(super) fn inner_product(a: &[Scalar], b: &[Scalar]) -> Scalar {
    a.iter().zip(b).map(|(a, b)| *a * *b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::hash::is_cached_in_g1;

    #[test]
    fn the_numbers_of_a_user_are_not_cached() {
        let set =
            "\"a label of this test\" = 42u8, vocabulary-of-this-test#3:x, a-name-of-this-test";
        let set: AttributeSet = set.parse().expect("a set");
        hash_attributes(tag::FABEO_ATTRIBUTE, &set);
        let expanded = set.expanded();
        assert_eq!(expanded.len(), 9 + 2);
        for u in &expanded {
            let personal = matches!(u, Attribute::Prefix(_));
            let cached = is_cached_in_g1(tag::FABEO_ATTRIBUTE, &u.identity());
            assert_eq!(cached, !personal, "{u}");
        }
    }
}
