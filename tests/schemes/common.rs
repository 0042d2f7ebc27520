//! Shared helpers: a seeded generator, forged encodings, and key and header elements.

use epione::abe::{CpaHeader, UserSecretKey};
use epione::algebra::codec::{Canonical, Reader, VERSION, Writer};
use epione::algebra::{G1, G2, Scalar};
use epione::policy::{AccessPolicy, Attribute, AttributeSet};
use epione::pre;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A deterministic generator.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The factor by which the environment enlarges campaigns, 1 by default.
pub(crate) fn campaign_factor() -> usize {
    let Some(factor) = std::env::var_os("EPIONE_CAMPAIGN") else { return 1 };
    let factor = factor.to_str().and_then(|text| text.parse::<NonZeroUsize>().ok());
    factor.expect("EPIONE_CAMPAIGN must be a positive integer").get()
}

pub(crate) fn policy(text: &str) -> AccessPolicy {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn attributes(names: &[&str]) -> AttributeSet {
    AttributeSet::from_names(names.iter().copied()).unwrap()
}

pub(crate) fn attribute(name: &str) -> Attribute {
    Attribute::new(name).unwrap()
}

/// A reader of the fields of an encoding, after version and kind.
pub(crate) fn fields(bytes: &[u8]) -> Reader<'_> {
    let mut reader = Reader::new(bytes);
    reader.take(2).unwrap();
    reader
}

/// An encoding of `T` with fields chosen by an attacker.
pub(crate) fn encoding<T: Canonical>(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.u8(VERSION);
    writer.u8(T::KIND as u8);
    write(&mut writer);
    writer.finish()
}

/// Decodes an [`encoding`] with fields chosen by an attacker.
pub(crate) fn forge<T: Canonical>(write: impl FnOnce(&mut Writer)) -> T {
    T::from_bytes(&encoding::<T>(write)).expect("the attacker writes well-formed fields")
}

/// The exponent of a secret key of `pre`.
pub(crate) fn exponent(secret: &pre::SecretKey) -> Scalar {
    fields(&secret.to_bytes()).scalar().unwrap()
}

/// The suite byte of FABEO.
pub(crate) const FABEO: u8 = 1;

/// The elements of a user's key. Only keys for plain names can be assembled.
#[derive(Clone)]
pub(crate) struct AbeKey {
    pub(crate) sk1: G1,
    pub(crate) sk2: Vec<(String, G1)>,
    pub(crate) sk3: G2,
}

impl AbeKey {
    pub(crate) fn of(key: &UserSecretKey) -> Self {
        let bytes = key.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!(r.u8(), Ok(FABEO));
        let names = AttributeSet::read(&mut r).unwrap().expanded();
        let (sk1, sk3) = (r.g1().unwrap(), r.g2().unwrap());
        let name = |u: Attribute| match u {
            Attribute::Name(name) => name.as_str().to_owned(),
            other => other.to_string(),
        };
        let sk2 = names.into_iter().map(|u| (name(u), r.g1().unwrap())).collect();
        Self { sk1, sk2, sk3 }
    }

    pub(crate) fn component(&self, name: &str) -> Option<G1> {
        self.sk2.iter().find(|(held, _)| held == name).map(|(_, point)| *point)
    }

    /// Builds the key with these elements; sorts the names.
    pub(crate) fn assemble(&self) -> UserSecretKey {
        let mut sk2 = self.sk2.clone();
        sk2.sort_by(|(a, _), (b, _)| a.cmp(b));
        forge::<UserSecretKey>(|w| {
            w.u8(FABEO);
            let names = sk2.iter().map(|(name, _)| name.as_str());
            AttributeSet::from_names(names).unwrap().write(w);
            w.g1(&self.sk1);
            w.g2(&self.sk3);
            sk2.iter().for_each(|(_, point)| w.g1(point));
        })
    }
}

/// The elements of a header.
#[derive(Clone)]
pub(crate) struct AbeHeader {
    pub(crate) policy: AccessPolicy,
    pub(crate) ct1: G2,
    pub(crate) ct2: Vec<G2>,
    pub(crate) ct3: Vec<G1>,
}

impl AbeHeader {
    pub(crate) fn of(header: &CpaHeader) -> Self {
        let bytes = header.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!(r.u8(), Ok(FABEO));
        let policy = policy(&r.text(1 << 20).unwrap());
        let program = policy.span_program();
        let ct1 = r.g2().unwrap();
        let ct2 = (0..program.max_occurrences()).map(|_| r.g2().unwrap()).collect();
        let ct3 = program.rows().iter().map(|_| r.g1().unwrap()).collect();
        r.end().unwrap();
        Self { policy, ct1, ct2, ct3 }
    }

    pub(crate) fn assemble(&self) -> CpaHeader {
        forge::<CpaHeader>(|w| {
            w.u8(FABEO);
            w.bytes(self.policy.to_string().as_bytes());
            w.g2(&self.ct1);
            self.ct2.iter().for_each(|point| w.g2(point));
            self.ct3.iter().for_each(|point| w.g1(point));
        })
    }
}

/// Returns `true` if a linear system has a solution. The last entry of each equation is its right
/// side.
pub(crate) fn solvable(mut equations: Vec<Vec<Scalar>>, unknowns: usize) -> bool {
    let mut rank = 0;
    for column in 0..unknowns {
        let Some(found) = (rank..equations.len()).find(|i| !equations[*i][column].is_zero()) else {
            continue;
        };
        equations.swap(rank, found);
        let inverse = equations[rank][column].inverse().unwrap();
        let pivot: Vec<Scalar> = equations[rank].iter().map(|x| *x * inverse).collect();
        for equation in &mut equations[rank + 1..] {
            let factor = equation[column];
            if !factor.is_zero() {
                for (x, p) in equation.iter_mut().zip(&pivot).skip(column) {
                    *x = *x - factor * *p;
                }
            }
        }
        equations[rank] = pivot;
        rank += 1;
    }
    // The remaining equations have zero left sides.
    equations[rank..].iter().all(|equation| equation[unknowns].is_zero())
}

/// The path of an external data file, or `None` with a message if it is absent.
pub(crate) fn shared_data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from("../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} does not exist", path.display());
    None
}
