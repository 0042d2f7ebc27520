//! Negative tests common to several schemes: ciphertexts and user keys of the CCA variant.

use super::{AD, PLAINTEXT, Restated, Transform, opens};
use crate::common::{policy, rng};
use crate::vectors::format::{Fields, NegativeFile};
use crate::vectors::invalid::negated;
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::{self, CpaHeader, PublicParameters, UserSecretKey, VerifyEncapsulation};
use epione::algebra::Gt;
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::algebra::hash::kdf;
use epione::algebra::tag;
use epione::policy::{Attribute, AttributeSet, Name};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// `bytes` with the two parts of `length` bytes at `one` and `two` exchanged.
pub(super) fn exchanged(bytes: &[u8], one: usize, two: usize, length: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[one..one + length].copy_from_slice(&bytes[two..two + length]);
    changed[two..two + length].copy_from_slice(&bytes[one..one + length]);
    changed
}

/// Positions in a ciphertext under `a or b`, whose encapsulation starts at byte 13: version, kind,
/// suite, policy 4 + 6.
pub(super) struct Layout {
    /// The length of the first element.
    pub(super) first: usize,
    /// The position of the two rows of 48 bytes.
    pub(super) rows: usize,
    /// The length of the encapsulation.
    pub(super) encapsulation: usize,
    /// A policy, and the position of an element of G2 that a key for `a` does not use.
    pub(super) unused: (&'static str, usize),
}

/// Adds ciphertexts under `a or b`, for a key for `a`.
pub(super) fn ciphertexts<S: VerifyEncapsulation<Error = Infallible>>(
    file: &mut NegativeFile,
    name: &'static str,
    (parameters, key, z_alpha): (&PublicParameters<S>, &UserSecretKey<S>, &Gt),
    Layout { first, rows, encapsulation, unused }: Layout,
) {
    let rng = &mut rng(2029);
    let mut seal =
        |text: &str, ad: &[u8]| abe::seal(parameters, &policy(text), ad, PLAINTEXT, rng).to_bytes();
    let (honest, second) = (seal("a or b", AD), seal("a or b", AD));
    let body = 13 + encapsulation + 32;
    let with_policy = |text: &str| {
        let length = (text.len() as u32).to_be_bytes();
        [&honest[..3], &length, text.as_bytes(), &honest[13..]].concat()
    };
    let mut masked = honest.clone();
    masked[body - 1] ^= 1;
    let mut last = honest.clone();
    *last.last_mut().unwrap() ^= 1;
    let dishonest = |text, position| dishonest(parameters, key, z_alpha, text, position);
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("unsatisfied policy", "Policy", seal("b and c", AD)),
        ("equivalent policy in other words", "PolicySwapped", with_policy("1 of (a, b)")),
        ("attributes of the policy exchanged", "PolicySwapped", with_policy("b or a")),
        ("row of the satisfied branch negated", "Row", negated(&honest, rows)),
        ("row of the unsatisfied branch negated", "Row", negated(&honest, rows + 48)),
        (
            "dishonest author: row of the other branch negated before masking",
            "DishonestHeader",
            dishonest("a or b", rows + 48),
        ),
        (
            "dishonest author: an unused element of G2 negated before masking",
            "DishonestHeader",
            dishonest(unused.0, unused.1),
        ),
        ("rows exchanged", "Row", exchanged(&honest, rows, rows + 48, 48)),
        (
            "first element of another header",
            "Mixed",
            [&honest[..13], &second[13..13 + first], &honest[13 + first..]].concat(),
        ),
        (
            "encapsulation of another header",
            "Mixed",
            [&second[..body - 32], &honest[body - 32..]].concat(),
        ),
        ("masked message modified", "Masked", masked),
        ("body of another ciphertext", "Mixed", [&honest[..body], &second[body..]].concat()),
        ("body modified", "Body", last),
        ("ciphertext with other associated data", "Context", seal("a or b", b"record 8")),
    ];
    let context = Fields::default()
        .hex("parameters", parameters.to_bytes())
        .hex("user_key", key.to_bytes())
        .hex("ad", AD);
    file.group(name, context);
    file.cases(cases, |bytes| opens(parameters, key, bytes));
}

/// A ciphertext whose author negated an element that a key for `a` does not use, and then masked
/// the message and sealed the body consistently. Only the re-encryption check rejects it; without
/// this check it decrypts for `a`, and not for users who need the element.
fn dishonest<S: VerifyEncapsulation<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    z_alpha: &Gt,
    text: &str,
    position: usize,
) -> Vec<u8> {
    let policy = policy(text);
    let transform = Transform::new(parameters, &policy, [7; 32]);
    let coins = transform.coins::<S>(&policy);
    let z_s = z_alpha.pow(&coins.vector[0]);
    let Ok((honest, _)) = encapsulate_cpa_with_randomness(parameters, &policy, &coins);
    let header = negated(&honest.to_bytes(), position);
    // As a CPA header it decapsulates for `a`.
    let found = abe::decapsulate_cpa(key, &CpaHeader::from_bytes(&header).unwrap()).unwrap();
    assert_eq!(found.expose(), kdf(tag::ABE_KEY, &z_s.to_bytes(), &[&header]).expose());
    Restated::masking(&header[2..], &z_s, &transform).ciphertext
}

/// A user key taken apart: attributes with their components of 48 bytes, and the other elements.
struct Parts {
    start: Vec<u8>,
    set: AttributeSet,
    common: Vec<u8>,
    components: BTreeMap<Attribute, Vec<u8>>,
}

impl Parts {
    /// Decodes a key with `common` bytes between attributes and components.
    fn of(key: &[u8], common: usize) -> Self {
        let mut r = Reader::new(&key[3..]);
        let set = AttributeSet::read(&mut r).unwrap();
        let common = r.take(common).unwrap().to_vec();
        let expanded = set.expanded().into_iter();
        let components = expanded.map(|u| (u, r.take(48).unwrap().to_vec())).collect();
        assert_eq!(r.end(), Ok(()));
        Self { start: key[..3].to_vec(), set, common, components }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.fixed(&self.start);
        self.set.write(&mut w);
        w.fixed(&self.common);
        self.components.values().for_each(|component| w.fixed(component));
        w.finish()
    }

    /// Adds the attributes and components of another key that this key lacks.
    fn with(mut self, other: &Self) -> Self {
        other.set.iter().try_for_each(|u| self.set.insert(u)).unwrap();
        for (u, component) in &other.components {
            self.components.entry(u.clone()).or_insert_with(|| component.clone());
        }
        self
    }

    /// Adds the component of `from` a second time, as the component of `to`.
    fn relabelled(mut self, from: &str, to: &str) -> Self {
        let component = self.components[&Attribute::new(from).unwrap()].clone();
        self.set.insert(Name::new(to).unwrap()).unwrap();
        self.components.insert(Attribute::new(to).unwrap(), component);
        self
    }
}

/// Adds user keys, for a ciphertext under `a and b`. A key has `common` bytes before its
/// components; `stranger` is a key of another authority.
pub(super) fn user_keys<S: VerifyEncapsulation<Error = Infallible>>(
    file: &mut NegativeFile,
    name: &'static str,
    (parameters, stranger): (&PublicParameters<S>, Vec<u8>),
    [both, a, b]: [UserSecretKey<S>; 3],
    common: usize,
) {
    let rng = &mut rng(2030);
    let sealed = abe::seal(parameters, &policy("a and b"), AD, PLAINTEXT, rng).to_bytes();
    let [both, a, b] = [both, a, b].map(|key| key.to_bytes());
    let parts = |key: &[u8]| Parts::of(key, common);
    let mut common_of_b = parts(&a).with(&parts(&b));
    common_of_b.common = parts(&b).common;
    let first = both.len() - common - 96;
    let cases = [
        ("key for a and b", "Valid", both.clone()),
        ("key for a", "Policy", a.clone()),
        (
            "two users: key for a with the component of b",
            "Collusion",
            parts(&a).with(&parts(&b)).bytes(),
        ),
        (
            "two users: key for b with the component of a",
            "Collusion",
            parts(&b).with(&parts(&a)).bytes(),
        ),
        (
            "two users: both components, other elements of the key for b",
            "Collusion",
            common_of_b.bytes(),
        ),
        ("component of a relabelled as b", "Relabelled", parts(&a).relabelled("a", "b").bytes()),
        ("first element negated", "Element", negated(&both, first)),
        ("key of another authority", "Authority", stranger),
    ];
    let context = Fields::default()
        .hex("parameters", parameters.to_bytes())
        .hex("ad", AD)
        .hex("ciphertext", &sealed);
    file.group(name, context);
    file.cases(cases, |bytes| {
        opens(parameters, &UserSecretKey::<S>::from_bytes(bytes).unwrap(), &sealed)
    });
}
