//! Attribute-based encryption, restated.

mod fabeo;
mod identities;
mod invalid;
mod matrix;
mod pang;
mod rouselakis_waters;
mod waters;

use crate::common::policy;
use crate::vectors::format::Fields;
use epione::abe::{Coins, PublicParameters, VerifyEncapsulation};
use epione::algebra::codec::{Canonical, VERSION};
use epione::algebra::hash::{digest, framed, hash_to_scalar, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{Gt, Scalar, Secret};
use epione::dem::{self, ContentKey};
use epione::policy::{AccessPolicy, AttributeSet};
use matrix::Matrix;

/// A comment, a policy and a user's attributes.
pub(crate) const CASES: [(&str, &str, &str); 16] = [
    ("one attribute", "a", "a"),
    ("and", "a and b and c", "a, b, c"),
    ("or", "a or b", "b, c"),
    ("a threshold", "2 of (a, b, c)", "a, c"),
    ("an attribute twice", "a and (a or b)", "a"),
    ("nested", "doctor and (neurology or 2 of (surgery, imaging, icu))", "doctor, icu, surgery"),
    (
        "quoted names",
        "\"Dr. Ada Ruiz\" and (\"and\" or \"7\" or \"\\\"\\\\\")",
        "\"7\", \"Dr. Ada Ruiz\"",
    ),
    ("n of n is an and", "2 of (a, b)", "a, b"),
    ("columns are taken when their turn comes", "(a and b) and c and d", "a, b, c, d"),
    ("a threshold of degree two", "3 of (a, b, c, d)", "b, c, d"),
    ("the fewest rows", "(a and b) or c", "a, b, c"),
    ("the policy is not satisfied", "a and b", "a"),
    ("a comparison", "age >= 18u8", "age = 42u8"),
    ("a range, one of its prefixes twice", "a and (x in 6..9u8 or x in 5..7u8)", "a, x = 7u8"),
    (
        "a date and the values of a vocabulary",
        "valid_until >= 2026-12-01 and (role#3:doctor or role#3:\"head nurse\")",
        "valid_until = 2026-12-01, role#3:\"head nurse\"",
    ),
    ("the number is held in another width", "age >= 18u8", "age = 42u16"),
];

const AD: &[u8] = b"record 7";
const PLAINTEXT: &[u8] = b"content key of 32 bytes, or such";

/// A case's policy and attributes.
fn parsed(text: &str, attributes: &str) -> (AccessPolicy, AttributeSet) {
    (policy(text), attributes.parse().unwrap())
}

/// A user's attributes one by one, as they are written.
fn written(set: &AttributeSet) -> Vec<String> {
    set.iter().map(|attribute| attribute.to_string()).collect()
}

/// Points, or elements of GT, in hex.
fn points<P, const N: usize>(points: &[P], bytes: impl Fn(&P) -> [u8; N]) -> Vec<String> {
    points.iter().map(|point| hex::encode(bytes(point))).collect()
}

fn hexed(scalars: &[Scalar]) -> Vec<String> {
    scalars.iter().map(|scalar| hex::encode(scalar.to_be_bytes())).collect()
}

/// `[suite] lp(policy) encapsulation`.
fn header_fields(suite: u8, policy: &AccessPolicy, encapsulation: &[u8]) -> Vec<u8> {
    let text = policy.to_string();
    [&[suite], &(text.len() as u32).to_be_bytes()[..], text.as_bytes(), encapsulation].concat()
}

/// `[version][kind] fields`.
fn whole(kind: Kind, fields: &[u8]) -> Vec<u8> {
    [&[VERSION, kind as u8], fields].concat()
}

/// The body under a key, behind a header's fields: a ciphertext's.
fn sealed(kind: Kind, header: Kind, fields: &[u8], key: &[u8; 32]) -> Vec<u8> {
    let content = ContentKey::from_secret(Secret::new(*key));
    let body = dem::seal(&content, &framed(&[AD, &whole(header, fields)]), PLAINTEXT);
    whole(kind, &[fields, &(body.len() as u32).to_be_bytes(), &body].concat())
}

/// What the transform against chosen ciphertexts makes of a message.
struct Transform {
    message: [u8; 32],
    parameters: [u8; 32],
    key: [u8; 32],
    seed: [u8; 32],
}

impl Transform {
    /// `(K, seed) = KDF(m; suite, H(parameters), policy, ad)`
    fn new<S: VerifyEncapsulation>(
        parameters: &PublicParameters<S>,
        policy: &AccessPolicy,
        message: [u8; 32],
    ) -> Self {
        let parameters = digest(tag::ABE_PARAMETERS, &[&parameters.to_bytes()]);
        let text = policy.to_string();
        let context = [&[S::SUITE], &parameters[..], text.as_bytes(), AD];
        let both = *kdf::<64>(tag::ABE_MESSAGE, &message, &context).expose();
        let (key, seed) = both.split_at(32);
        let (key, seed) = (key.try_into().unwrap(), seed.try_into().unwrap());
        Self { message, parameters, key, seed }
    }

    /// `coins[i] = H(seed || i)`, the shares first.
    fn coins<S: VerifyEncapsulation>(&self, policy: &AccessPolicy) -> Coins {
        let (columns, masks) = (Matrix::of(policy).columns, S::mask_count(&policy.span_program()));
        let coin =
            |i: u32| hash_to_scalar(tag::ABE_COIN, &[&self.seed[..], &i.to_be_bytes()].concat());
        let mut shares: Vec<Scalar> = (0..).take(columns + masks).map(coin).collect();
        let masks = shares.split_off(columns);
        Coins { vector: shares, masks }
    }

    /// `m xor KDF(Z_s; header without it)`
    fn masked(&self, shared: &Gt, fields: &[u8]) -> [u8; 32] {
        let header = whole(Kind::AbeCpaHeader, fields);
        let mask = kdf::<32>(tag::ABE_MASK, &shared.to_bytes(), &[&header]);
        std::array::from_fn(|i| self.message[i] ^ mask.expose()[i])
    }

    fn trace(&self, coins: &Coins) -> Fields {
        Fields::default()
            .hex("parameters_digest", self.parameters)
            .hex("seed", self.seed)
            .list("shares", hexed(&coins.vector))
            .list("masks", hexed(&coins.masks))
    }
}
