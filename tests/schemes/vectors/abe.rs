//! Attribute-based encryption: the schemes restated, and negative tests.

mod fabeo;
mod identities;
mod invalid;
mod matrix;
mod pang;
mod rouselakis_waters;
mod waters;

use crate::common::policy;
use crate::vectors::format::{Fields, encoding};
use epione::abe::fujisaki_okamoto::{
    KemMessage, encapsulate_with_randomness, seal_with_randomness,
};
use epione::abe::{self, Ciphertext, Coins, CpaHeader, Header, PublicParameters, Scheme};
use epione::abe::{UserSecretKey, VerifyEncapsulation, encapsulate_cpa_with_randomness};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{digest, framed, hash_to_scalar, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{Gt, Scalar, Secret};
use epione::dem::{self, ContentKey};
use epione::policy::{AccessPolicy, AttributeSet};
use matrix::{Matrix, Row};
use std::convert::Infallible;

/// Comment, policy and a user's attributes.
const CASES: [(&str, &str, &str); 16] = [
    ("one attribute", "a", "a"),
    ("and", "a and b and c", "a, b, c"),
    ("or", "a or b", "b, c"),
    ("threshold", "2 of (a, b, c)", "a, c"),
    ("repeated attribute", "a and (a or b)", "a"),
    (
        "nested gates",
        "doctor and (neurology or 2 of (surgery, imaging, icu))",
        "doctor, icu, surgery",
    ),
    (
        "quoted names",
        "\"Dr. Ada Ruiz\" and (\"and\" or \"7\" or \"\\\"\\\\\")",
        "\"7\", \"Dr. Ada Ruiz\"",
    ),
    ("threshold of all branches, encoded as and", "2 of (a, b)", "a, b"),
    ("order of columns in nested and", "(a and b) and c and d", "a, b, c, d"),
    ("threshold with a polynomial of degree two", "3 of (a, b, c, d)", "b, c, d"),
    ("selection of the branch with fewest rows", "(a and b) or c", "a, b, c"),
    ("unsatisfied policy", "a and b", "a"),
    ("comparison", "age >= 18u8", "age = 42u8"),
    ("two ranges with a common prefix", "a and (x in 6..9u8 or x in 5..7u8)", "a, x = 7u8"),
    (
        "date and listed values",
        "valid_until >= 2026-12-01 and (role#3:doctor or role#3:\"head nurse\")",
        "valid_until = 2026-12-01, role#3:\"head nurse\"",
    ),
    ("number held in another domain", "age >= 18u8", "age = 42u16"),
];

const AD: &[u8] = b"record 7";
const PLAINTEXT: &[u8] = b"content key of 32 bytes, or such";

/// Policy and attributes of a case.
fn parsed(text: &str, attributes: &str) -> (AccessPolicy, AttributeSet) {
    (policy(text), attributes.parse().unwrap())
}

/// The attributes of a set as texts.
fn texts(set: &AttributeSet) -> Vec<String> {
    set.iter().map(|attribute| attribute.to_string()).collect()
}

/// Points, or elements of GT, in hex.
fn hex_elements<P, const N: usize>(elements: &[P], bytes: impl Fn(&P) -> [u8; N]) -> Vec<String> {
    elements.iter().map(|element| hex::encode(bytes(element))).collect()
}

fn hex_scalars(scalars: &[Scalar]) -> Vec<String> {
    hex_elements(scalars, Scalar::to_be_bytes)
}

fn hex_lambdas(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| hex::encode(row.lambda.to_be_bytes())).collect()
}

/// Concatenates the encodings of elements.
fn concat<P, const N: usize>(elements: &[P], bytes: impl Fn(&P) -> [u8; N]) -> Vec<u8> {
    elements.iter().flat_map(bytes).collect()
}

/// A restated ciphertext, its header and its content key.
struct Restated {
    masked: Option<[u8; 32]>,
    header: Vec<u8>,
    key: [u8; 32],
    ciphertext: Vec<u8>,
}

impl Restated {
    /// CPA: `K = KDF(Z_s; header)`
    fn cpa(suite: u8, policy: &AccessPolicy, encapsulation: &[u8], z_s: &Gt) -> Self {
        let fields = header_fields(suite, policy, encapsulation);
        let header = encoding(Kind::AbeCpaHeader, &fields);
        let key = *kdf::<32>(tag::ABE_KEY, &z_s.to_bytes(), &[&header]).expose();
        let ciphertext = sealed(Kind::AbeCpaCiphertext, Kind::AbeCpaHeader, &fields, &key);
        Self { masked: None, header, key, ciphertext }
    }

    /// CCA: `masked = m xor KDF(Z_s; CPA header)`, and the key derived from `m`.
    fn cca(
        suite: u8,
        policy: &AccessPolicy,
        encapsulation: &[u8],
        z_s: &Gt,
        transform: &Transform,
    ) -> Self {
        let fields = header_fields(suite, policy, encapsulation);
        Self::masking(&fields, z_s, transform)
    }

    /// [`Self::cca`], given suite, policy and encapsulation as the fields of a CPA header.
    fn masking(cpa_fields: &[u8], z_s: &Gt, transform: &Transform) -> Self {
        let cpa_header = encoding(Kind::AbeCpaHeader, cpa_fields);
        let mask = kdf::<32>(tag::ABE_MASK, &z_s.to_bytes(), &[&cpa_header]);
        let masked = std::array::from_fn(|i| transform.message[i] ^ mask.expose()[i]);
        let fields = [cpa_fields, &masked].concat();
        let header = encoding(Kind::AbeHeader, &fields);
        let ciphertext = sealed(Kind::AbeCiphertext, Kind::AbeHeader, &fields, &transform.key);
        Self { masked: Some(masked), header, key: transform.key, ciphertext }
    }

    /// Asserts that the library encapsulates to this header and key, and decrypts the ciphertext if
    /// and only if the user is authorised.
    fn assert_equals_library_cpa<S: Scheme>(
        &self,
        parameters: &PublicParameters<S>,
        user: &UserSecretKey<S>,
        policy: &AccessPolicy,
        coins: &Coins,
        authorised: bool,
    ) {
        let (header, key) =
            encapsulate_cpa_with_randomness(parameters, policy, coins).ok().unwrap();
        assert_eq!((&header.to_bytes(), key.expose()), (&self.header, &self.key), "{policy}");
        assert_eq!(CpaHeader::from_bytes(&self.header), Ok(header));
        assert_eq!(opens_cpa(user, &self.ciphertext), authorised, "{policy}");
    }

    /// [`Self::assert_equals_library_cpa`] for the CCA variant.
    fn assert_equals_library<S: VerifyEncapsulation<Error = Infallible>>(
        &self,
        parameters: &PublicParameters<S>,
        user: &UserSecretKey<S>,
        policy: &AccessPolicy,
        transform: &Transform,
        authorised: bool,
    ) {
        let message = KemMessage::from_secret(Secret::new(transform.message));
        let (header, key) = encapsulate_with_randomness(parameters, policy, AD, &message);
        assert_eq!((&header.to_bytes(), key.expose()), (&self.header, &self.key), "{policy}");
        assert_eq!(Header::from_bytes(&self.header), Ok(header));
        let ciphertext = seal_with_randomness(parameters, policy, AD, PLAINTEXT, &message);
        assert_eq!(ciphertext.to_bytes(), self.ciphertext, "{policy}");
        assert_eq!(opens(parameters, user, &self.ciphertext), authorised, "{policy}");
    }

    /// Adds the encodings to the outputs of a case.
    fn outputs(&self, outputs: Fields) -> Fields {
        let outputs = match &self.masked {
            Some(masked) => outputs.hex("masked", masked),
            None => outputs,
        };
        outputs.hex("header", &self.header).hex("key", self.key).hex("ciphertext", &self.ciphertext)
    }
}

/// `[suite] lp(policy) encapsulation`
fn header_fields(suite: u8, policy: &AccessPolicy, encapsulation: &[u8]) -> Vec<u8> {
    let text = policy.to_string();
    [&[suite], &(text.len() as u32).to_be_bytes()[..], text.as_bytes(), encapsulation].concat()
}

/// The encoding of the ciphertext with these header fields.
fn sealed(kind: Kind, header: Kind, fields: &[u8], key: &[u8; 32]) -> Vec<u8> {
    let content = ContentKey::from_secret(Secret::new(*key));
    let body = dem::seal(&content, &framed(&[AD, &encoding(header, fields)]), PLAINTEXT);
    encoding(kind, &[fields, &(body.len() as u32).to_be_bytes(), &body].concat())
}

/// Returns `true` if the ciphertext decrypts to [`PLAINTEXT`].
fn opens<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    bytes: &[u8],
) -> bool {
    let ciphertext = Ciphertext::<Header<S>>::from_bytes(bytes).unwrap();
    abe::open(parameters, key, AD, &ciphertext).is_ok_and(|text| text[..] == *PLAINTEXT)
}

/// [`opens`] for the CPA variant.
fn opens_cpa<S: Scheme>(key: &UserSecretKey<S>, bytes: &[u8]) -> bool {
    let ciphertext = Ciphertext::<CpaHeader<S>>::from_bytes(bytes).unwrap();
    abe::open_cpa(key, AD, &ciphertext).is_ok_and(|text| text[..] == *PLAINTEXT)
}

/// The values that the Fujisaki-Okamoto transform derives from a message.
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

    /// `coins[i] = H(seed || i)`, the shares before the masks.
    fn coins<S: VerifyEncapsulation>(&self, policy: &AccessPolicy) -> Coins {
        let (columns, masks) = (Matrix::of(policy).columns, S::mask_count(&policy.span_program()));
        let coin =
            |i: u32| hash_to_scalar(tag::ABE_COIN, &[&self.seed[..], &i.to_be_bytes()].concat());
        let mut shares: Vec<Scalar> = (0..).take(columns + masks).map(coin).collect();
        let masks = shares.split_off(columns);
        Coins { vector: shares, masks }
    }

    fn trace(&self, coins: &Coins) -> Fields {
        Fields::default()
            .hex("parameters_digest", self.parameters)
            .hex("seed", self.seed)
            .list("shares", hex_scalars(&coins.vector))
            .list("masks", hex_scalars(&coins.masks))
    }
}
