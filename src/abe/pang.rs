//! The revocable scheme of Pang et al.: a central authority, and one attribute authority per
//! attribute.
//!
//! # Paper
//!
//! Pang, Yao, Li, Zhang and Zhang, *Electronic Health Records Sharing Model Based on Blockchain
//! With Checkable State PBFT Consensus Algorithm*, IEEE Access 10 (2022), section II.C.
//!
//! # Algorithms
//!
//! The central authority (the paper's trusted centre) knows `a`, `beta` and the exponent `t` of
//! every user. The authority of an attribute `x` knows `v_x`, which is independent in every *key
//! epoch*. `H` hashes attributes to G1; `H'` hashes the framed attribute, epoch (32 bits) and key
//! to G1 under another tag; `Z = e(g1, g2)`. The policy is a span program `(M, pi)`: row `M_i` is
//! labelled with the attribute `pi(i)`, and `sum gamma_i M_i = (1, 0, ...)` over a satisfying set
//! of rows.
//!
//! ```math
//! Setup   a, beta;  public (g1^a, Z^beta)
//! Enrol   t = PRF(key of the central authority; identifier);  D = g1^{beta + a t};  D' = g2^t
//! Share   T = H(x)^t, from the central to the attribute authority
//!         verified by e(T, g2) = e(H(x), D')
//! Epoch   v_x, independent of all earlier ones;  public g2^{v_x}, P = H'(x, epoch, g2^{v_x})^{v_x}
//!         verified by e(P, g2) = e(H'(x, epoch, g2^{v_x}), g2^{v_x})
//! Issue   D_x = T^{1 / v_x}, from the attribute authority to the user
//!         verified by e(D_x, g2^{v_x}) = e(H(x), D')
//! Encaps  s, v, r_i;  lambda_i = M_i . (s, v);  C'' = g2^s
//!         C_i = (g2^{v_pi(i)})^{r_i};  C'_i = (g1^a)^{lambda_i} H(pi(i))^{r_i}
//! Decaps  Z^{beta s} = e(D, C'') e(prod_i C'_i^{gamma_i}, D')^{-1}
//!                      prod_i e(D_pi(i)^{gamma_i}, C_i)
//! ```
//!
//! # Revocation
//!
//! The attribute authority starts an epoch ([`AttributeAuthority::revoke`]) and issues new
//! components `D_x`, of 48 bytes each, to the remaining holders
//! ([`AttributeAuthority::components`]). A revoked user has no component for encapsulations under
//! the new public key. **There is no update factor.** Comparable schemes publish `v'/v`, with which
//! a store updates ciphertexts or users update their keys; here it would convert a revoked
//! component into a current one. Stored ciphertexts do not change, so a revoked user can still
//! decrypt the ciphertexts of earlier epochs. An encryptor with a stale public key encrypts in an
//! earlier epoch; the header contains the epochs ([`CpaHeader::epochs`]), so that its recipients
//! can reject it.
//!
//! # Security
//!
//! CPA security only. With one epoch and honest authorities this is the scheme of Waters (PKC
//! 2011), except that the exponents `v_x` blind its elements. We know of no security proof for the
//! complete scheme, with corrupt attribute authorities and several epochs. The soundness tests
//! search for linear attacks by users over several epochs, by the store, by authorities of other
//! attributes and by authorities corrupted in earlier epochs, and find none.
//!
//! *The central authority can decrypt everything.* An attribute authority alone decrypts nothing,
//! and can issue its attribute only to users whose key share it holds. The latter requires the
//! proof of possession `P`: for the public key `D'^k`, `H(x)^{1/k}` would be a component of the
//! user with `D'`.
//!
//! **Components of one identifier accumulate**: `x`, which is revoked, and `y`, issued later,
//! together decrypt what was encrypted under `x and y` before the revocation. To prevent this,
//! enrol the user under a new identifier and revoke the old one with every attribute authority.
//!
//! # Deviations
//!
//! In the paper, `D_x` lacks the exponent `t`, so no key decrypts. Attribute authorities that know
//! `t` and `g1^beta`, as in the paper, could decrypt everything; here they receive `T`
//! (`docs/papers.md`). Key epochs replace the revocation list, for which the paper has no
//! mechanism. Attributes are plain names: a number would need one authority per prefix.
//!
//! # Cost
//!
//! For `n` rows, of which Decaps uses `|I|`:
//!
//! | | G1 exp. | G2 exp. | GT exp. | hashes to G1 | Miller loops | final exp. |
//! |---|---|---|---|---|---|---|
//! | enrol | 1 | 1 | | | | |
//! | share | 1 | 1 | | 1 | | |
//! | issue | 1 | | | | | |
//! | public key of an attribute | 1 | 1 | | 1 | | |
//! | verify a public key, key share or component | | | | 1 | 2 | 1 |
//! | encapsulate | 2n | n + 1 | 1 | n | | |
//! | decapsulate | at most 2\|I\|, 0 for and/or | | | | \|I\| + 2 | 1 |
//!
//! An encapsulation has `96 + 148 n` bytes.
//!
//! # Example
//!
//! ```
//! use epione::abe::{self, pang::{self, AttributeAuthority}};
//! use epione::policy::Name;
//! let rng = &mut rand::thread_rng();
//! let (parameters, master) = pang::setup(rng);
//! let mut oncology = AttributeAuthority::new(Name::new("oncology")?, rng);
//! let public_key = oncology.public_key();
//!
//! let share = pang::key_share(&master, "Dr. Bose", oncology.attribute())?.verify()?;
//! let component = oncology.issue(share)?;
//! let key = pang::enrol(&master, "Dr. Bose")?.with_component(&component, &public_key)?;
//!
//! let parameters = parameters.with_attribute_key(&public_key)?;
//! let policy = "oncology".parse()?;
//! let before = abe::try_seal_cpa(&parameters, &policy, b"", b"benign", rng)?;
//! assert_eq!(&*abe::open_cpa(&key, b"", &before)?, b"benign");
//!
//! oncology.revoke(&["Dr. Bose"], rng);
//! let parameters = parameters.with_attribute_key(&oncology.public_key())?;
//! let after = abe::try_seal_cpa(&parameters, &policy, b"", b"stable", rng)?;
//! assert!(abe::open_cpa(&key, b"", &after).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod attribute_authority;
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
mod central_authority;
mod elements;
mod keys;
mod messages;

pub use attribute_authority::AttributeAuthority;
#[cfg(feature = "hazmat")]
pub use central_authority::setup_with_randomness;
pub use central_authority::{enrol, key_share, setup};
pub use elements::{Encapsulation, MasterKey, Parameters, UserKey};
pub use keys::{ConflictingKey, InvalidKey, KeyError};
pub use messages::{
    AttributeKey, Component, InvalidAttributeKey, InvalidKeyShare, KeyShare, VerifiedAttributeKey,
    VerifiedKeyShare,
};

use elements::EpochKey;

use super::CpaHeader;
use super::scheme::{Coins, Scheme, SelectedRow, hash_rows, linear_combination};
use crate::algebra::hash::hash_to_g1_cached;
use crate::algebra::{G1, G2, Gt, multi_pairing, tag};
use crate::policy::{Attribute, Name, SpanProgram};
use zeroize::Zeroizing;

/// The scheme, as a type parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pang {}

/// An attribute whose public key is missing from the parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parameters lack the public key of {0}: add it, or drop the attribute")]
pub struct UnknownAttribute(pub Attribute);

/// `H(x)`
fn hash(attribute: &Name) -> G1 {
    hash_to_g1_cached(tag::REVOCABLE_ATTRIBUTE, attribute.as_str().as_bytes())
}

impl CpaHeader<Pang> {
    /// The key epoch of each row, in row order.
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
        let key = |u: &Attribute| parameters.key_for(u).ok_or_else(|| UnknownAttribute(u.clone()));
        let keys = attributes.map(key).collect::<Result<Vec<&EpochKey>, _>>()?;
        let bases: Vec<G2> = keys.iter().map(|key| key.g2_v).collect();
        // C_i = (g2^{v_pi(i)})^{r_i};  C'_i = (g1^a)^{lambda_i} H(pi(i))^{r_i}
        let lambdas = Zeroizing::new(program.share(&coins.vector));
        let shares = G1::batch_mul(&vec![parameters.g1_a; lambdas.len()], &lambdas);
        let masked = G1::batch_mul(&hash_rows(tag::REVOCABLE_ATTRIBUTE, program), &coins.masks);
        let (shares, masked) = (Zeroizing::new(shares), Zeroizing::new(masked));
        let encapsulation = Encapsulation {
            epochs: keys.iter().map(|key| key.epoch).collect(),
            c_second: G2::generator_mul(&coins.vector[0]),
            c: G2::batch_mul(&bases, &coins.masks),
            c_prime: shares.iter().zip(&*masked).map(|(share, mask)| *share + *mask).collect(),
        };
        Ok((encapsulation, parameters.z_beta.pow(&coins.vector[0])))
    }

    /// Returns `true` if the key has a component for the epoch of the row.
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
        let c_prime = |s: &SelectedRow| (encapsulation.c_prime[s.row], s.gamma);
        let shares = linear_combination(selection.iter().map(c_prime));
        let mut pairs = Zeroizing::new(Vec::with_capacity(2 + selection.len()));
        pairs.extend([(key.d, encapsulation.c_second), (-shares, key.d_prime)]);
        pairs.extend(selection.iter().map(|s| {
            let d_x = key.component(s.component, encapsulation.epochs[s.row]);
            let d_x = *d_x.expect("selected rows have a component of their epoch");
            (linear_combination([(d_x, s.gamma)]), encapsulation.c[s.row])
        }));
        multi_pairing(&pairs)
    }
}
