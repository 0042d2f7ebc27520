//! The interface of the schemes, and the algorithms that they share.
//!
//! A scheme is a key encapsulation mechanism: a key decapsulates if its attributes satisfy the
//! policy of the encapsulation. Each scheme defines its elements and equations. Sampling of coins,
//! selection of rows, key derivation, encoding and the transform to CCA security are common to all
//! schemes.
#![forbid(unsafe_code)]

use super::UserSecretKey;
use crate::algebra::codec::{Codec, ShapedCodec};
use crate::algebra::hash::{batch_hash_to_g1, batch_hash_to_g1_cached, hash_to_scalar};
use crate::algebra::tag::Tag;
use crate::algebra::{G1, Gt, Rng, Scalar, tag};
use crate::policy::{Attribute, AttributeSet, SpanProgram};
use std::fmt::Debug;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A CP-ABE scheme. Its types appear in [`PublicParameters`](super::PublicParameters),
/// [`UserSecretKey`](super::UserSecretKey) and [`Header`](super::Header).
pub trait Scheme: Debug + Copy + Eq + 'static {
    /// The suite identifier: the third byte of every encoding.
    const SUITE: u8;

    /// The elements of the public parameters.
    type Parameters: Codec + Clone + Eq + Debug;
    /// The elements of the authority's master secret key.
    type MasterKey: Codec + Zeroize;
    /// The elements of a user's key, with one component per attribute.
    type UserKey: ShapedCodec<KeyShape> + Clone + Zeroize;
    /// The elements of an encapsulation.
    type Encapsulation: ShapedCodec<PolicyShape> + Clone + Eq + Debug;
    /// The error for a policy that the scheme does not support; `Infallible` if there is none.
    type Error: std::error::Error;

    /// Returns the number of masks that an encapsulation takes.
    fn mask_count(program: &SpanProgram) -> usize;

    /// Encaps: returns an encapsulation and the element `Z_s` that it encapsulates.
    ///
    /// # Errors
    /// The scheme's error if it cannot encrypt under the policy.
    fn encapsulate(
        parameters: &Self::Parameters,
        program: &SpanProgram,
        coins: &Coins,
    ) -> Result<(Self::Encapsulation, Gt), Self::Error>;

    /// Returns `true` if the component, which is for the row's attribute, decapsulates the row. A
    /// scheme with key epochs compares the epochs of both.
    fn component_matches_row(
        _: &Self::UserKey,
        _component: usize,
        _: &Self::Encapsulation,
        _row: usize,
    ) -> bool {
        true
    }

    /// Decaps: returns `Z_s`, given a satisfying set of rows with their coefficients.
    fn decapsulate(
        key: &Self::UserKey,
        selection: &[SelectedRow],
        encapsulation: &Self::Encapsulation,
    ) -> Gt;
}

/// A scheme with the re-encryption check of the Fujisaki-Okamoto transform.
#[diagnostic::on_unimplemented(
    message = "the scheme `{Self}` has no CCA-secure variant",
    note = "encrypt with `try_seal_cpa` or `try_encapsulate_cpa`, which are CPA-secure"
)]
pub trait VerifyEncapsulation: Scheme {
    /// Decides if Encaps yields this encapsulation from these coins. The weights, one per row, must
    /// depend on both. The result does not depend on any user's key.
    ///
    /// An implementation evaluates every comparison, also after one has failed: the time of a
    /// refusal would otherwise tell if the coins are those of the other elements.
    fn verify_encapsulation(
        parameters: &Self::Parameters,
        program: &SpanProgram,
        encapsulation: &Self::Encapsulation,
        coins: &Coins,
        weights: &[Scalar],
    ) -> Choice;
}

/// The lengths of the lists in a user's key.
#[derive(Debug, Clone, Copy)]
pub struct KeyShape {
    /// The number of components: the size of the expanded attribute set.
    pub components: usize,
}

/// The lengths of the lists in an encapsulation, given by its policy.
#[derive(Debug, Clone, Copy)]
pub struct PolicyShape {
    /// `n`, the number of rows of the span program.
    pub rows: usize,
    /// `tau`, the maximal number of rows with the same attribute.
    pub occurrences: usize,
}

/// The randomness of one encapsulation. Reuse across encapsulations reveals the encapsulated keys.
/// Requires the feature `hazmat`.
#[derive(PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Coins {
    /// The sharing vector `(s, v_1, v_2, ...)`, one entry per column of the span program.
    pub vector: Vec<Scalar>,
    /// The masks, [`Scheme::mask_count`] of them.
    pub masks: Vec<Scalar>,
}

impl Coins {
    /// Samples fresh coins.
    pub fn random<S: Scheme>(program: &SpanProgram, rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut draw = |n| (0..n).map(|_| Scalar::random(rng)).collect();
        Self { vector: draw(program.columns()), masks: draw(S::mask_count(program)) }
    }

    /// Derives coins from a seed: coin `i` is `H(seed || i)`, the sharing vector first.
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

/// A row that a decapsulation uses.
#[derive(Debug, Clone, Copy)]
pub struct SelectedRow {
    /// The index `i` of the row in the span program.
    pub row: usize,
    /// `rho(i)`, the number of earlier rows with the same attribute.
    pub occurrence: usize,
    /// The index of the key's component for the attribute `pi(i)`.
    pub component: usize,
    /// The reconstruction coefficient `gamma_i`.
    pub gamma: Scalar,
}

/// Returns a smallest set of rows that satisfies the policy with the components of `key`; `None` if
/// there is none.
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
        let component = component(row).expect("rows are selected among those with a component");
        SelectedRow { row, occurrence: program.rows()[row].occurrence, component, gamma }
    };
    let rows = program.reconstruct_from(|row| component(row).is_some())?;
    Some(rows.into_iter().map(selected).collect())
}

/// Hashes an expanded attribute set to G1, in set order. Names and listed values are public labels
/// and are cached; the prefixes of a user's numbers are personal and are not.
pub(super) fn hash_attributes(tag: Tag, attributes: &AttributeSet) -> Vec<G1> {
    let expanded = attributes.expanded();
    let identities: Vec<_> = expanded.iter().map(Attribute::identity).collect();
    // The prefixes come first in an expanded set.
    let prefixes = expanded.partition_point(|u| matches!(u, Attribute::Prefix(_)));
    let mut points = batch_hash_to_g1(tag, &identities[..prefixes]);
    points.extend(batch_hash_to_g1_cached(tag, &identities[prefixes..]));
    points
}

/// Hashes the attribute of each row to G1. Policies are public, so all points are cached.
pub(super) fn hash_rows(tag: Tag, program: &SpanProgram) -> Vec<G1> {
    let identities: Vec<_> = program.rows().iter().map(|row| row.attribute.identity()).collect();
    batch_hash_to_g1_cached(tag, &identities)
}

/// Returns `sum gamma_i point_i`. The coefficients are public; those equal to 1, as all are in
/// policies of `and` and `or`, cost one addition.
pub(super) fn linear_combination(terms: impl IntoIterator<Item = (G1, Scalar)>) -> G1 {
    let terms = terms.into_iter();
    let mut sum = Zeroizing::new(G1::identity());
    // A reallocation would leave key material in freed memory.
    let most = terms.size_hint().1.expect("the iterator has an upper bound");
    let (mut points, mut gammas) = (Zeroizing::new(Vec::with_capacity(most)), Vec::new());
    for (point, gamma) in terms {
        if gamma.is_one() {
            *sum += point;
        } else {
            points.push(point);
            gammas.push(gamma);
        }
    }
    *sum + G1::msm(&points, &gammas)
}

/// Compares two lists of the same length, every item of them.
pub(super) fn all_equal<T: ConstantTimeEq>(a: &[T], b: &[T]) -> Choice {
    debug_assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(Choice::from(1), |all, (a, b)| all & a.ct_eq(b))
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
    fn the_hash_cache_contains_no_numeric_attributes() {
        let set =
            "\"a label of this test\" = 42u8, vocabulary-of-this-test#3:x, a-name-of-this-test";
        let set: AttributeSet = set.parse().expect("an attribute set");
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
