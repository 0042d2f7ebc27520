//! CP-ABE: 32 bytes under an AND of n attributes, and a key that has them all.

use epione::abe;
use epione::algebra::codec::Canonical;
use epione::policy::{AccessPolicy, AttributeSet};
use epione_peers::timing::Suite;
use rabe::schemes::{ac17, bsw};
use rabe::utils::policy::pest::PolicyLanguage::HumanPolicy;
use std::rc::Rc;

/// What is encrypted: a content key.
const PLAINTEXT: [u8; 32] = [7; 32];

/// A scheme set up, with a policy over n attributes.
trait Scheme: Sized + 'static {
    const NAME: &str;
    type Key;
    type Ciphertext;

    fn new(n: usize) -> Self;
    fn keygen(&self) -> Self::Key;
    fn encrypt(&self) -> Self::Ciphertext;
    /// None if it does not open.
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>>;
    /// Bytes of a key and of a ciphertext.
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize);
}

/// All rows; a scheme more is a line more.
pub(crate) fn rows(suite: &mut Suite) {
    for n in [10, 50] {
        rows_of::<Fabeo>(suite, n);
        rows_of::<RabeAc17>(suite, n);
        rows_of::<RabeBsw>(suite, n);
    }
}

fn rows_of<S: Scheme>(suite: &mut Suite, n: usize) {
    let scheme = Rc::new(S::new(n));
    let (key, ciphertext) = (scheme.keygen(), scheme.encrypt());
    let right = scheme.decrypt(&key, &ciphertext).is_some_and(|opened| opened == PLAINTEXT);
    let (key_bytes, ciphertext_bytes) = S::sizes(&key, &ciphertext);
    let name = |operation: &str| format!("{operation}, n = {n}");

    let s = scheme.clone();
    suite.time(("CP-ABE", &name("keygen"), S::NAME), right, move || s.keygen());
    let s = scheme.clone();
    suite.time(("CP-ABE", &name("encrypt"), S::NAME), right, move || s.encrypt());
    let decrypt = move || scheme.decrypt(&key, &ciphertext);
    suite.time(("CP-ABE", &name("decrypt"), S::NAME), right, decrypt);
    suite.size(("CP-ABE", &name("key"), S::NAME), key_bytes);
    suite.size(("CP-ABE", &name("ciphertext"), S::NAME), ciphertext_bytes);
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("attribute:{i}")).collect()
}

/// epione: FABEO, secure against chosen ciphertexts; the others are not.
struct Fabeo {
    parameters: abe::PublicParameters,
    master: abe::MasterSecretKey,
    attributes: AttributeSet,
    policy: AccessPolicy,
}

impl Scheme for Fabeo {
    const NAME: &str = "epione fabeo";
    type Key = abe::UserSecretKey;
    type Ciphertext = abe::Ciphertext;

    fn new(n: usize) -> Self {
        let (parameters, master) = abe::setup(&mut rand::thread_rng());
        let names = names(n);
        let attributes = AttributeSet::from_names(names.iter().map(String::as_str));
        let policy = names.join(" and ").parse().expect("a flat policy parses");
        Self { parameters, master, attributes: attributes.expect("names are attributes"), policy }
    }
    fn keygen(&self) -> Self::Key {
        abe::keygen(&self.master, &self.attributes, &mut rand::thread_rng())
    }
    fn encrypt(&self) -> Self::Ciphertext {
        let rng = &mut rand::thread_rng();
        abe::seal(&self.parameters, &self.policy, b"", &PLAINTEXT, rng)
    }
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>> {
        let opened = abe::open(&self.parameters, key, b"", ciphertext);
        opened.ok().map(|plaintext| plaintext.to_vec())
    }
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize) {
        (key.to_bytes().len(), ciphertext.to_bytes().len())
    }
}

/// A policy as rabe reads it: names in quotation marks, gates of two, for AC17 takes no others.
fn rabe_policy(n: usize) -> String {
    let quoted = names(n).into_iter().map(|name| format!("\"{name}\""));
    quoted.rev().reduce(|rest, name| format!("{name} and ({rest})")).expect("n is not zero")
}

/// As rabe takes attributes.
fn slices(attributes: &[String]) -> Vec<&str> {
    attributes.iter().map(String::as_str).collect()
}

fn encoded(value: &impl borsh::BorshSerialize) -> usize {
    borsh::to_vec(value).expect("memory takes all").len()
}

/// rabe: FAME (Agrawal, Chase, CCS 2017) on a 256-bit BN curve.
struct RabeAc17 {
    public: ac17::Ac17PublicKey,
    master: ac17::Ac17MasterKey,
    attributes: Vec<String>,
    policy: String,
}

impl Scheme for RabeAc17 {
    const NAME: &str = "rabe AC17";
    type Key = ac17::Ac17CpSecretKey;
    type Ciphertext = ac17::Ac17CpCiphertext;

    fn new(n: usize) -> Self {
        let (public, master) = ac17::setup();
        Self { public, master, attributes: names(n), policy: rabe_policy(n) }
    }
    fn keygen(&self) -> Self::Key {
        ac17::cp_keygen(&self.master, &slices(&self.attributes)).expect("there are attributes")
    }
    fn encrypt(&self) -> Self::Ciphertext {
        ac17::cp_encrypt(&self.public, &self.policy, &PLAINTEXT, HumanPolicy)
            .expect("the policy parses")
    }
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>> {
        ac17::cp_decrypt(key, ciphertext).ok()
    }
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize) {
        (encoded(key), encoded(ciphertext))
    }
}

/// rabe: Bethencourt, Sahai, Waters (S&P 2007) on the same curve.
struct RabeBsw {
    public: bsw::CpAbePublicKey,
    master: bsw::CpAbeMasterKey,
    attributes: Vec<String>,
    policy: String,
}

impl Scheme for RabeBsw {
    const NAME: &str = "rabe BSW";
    type Key = bsw::CpAbeSecretKey;
    type Ciphertext = bsw::CpAbeCiphertext;

    fn new(n: usize) -> Self {
        let (public, master) = bsw::setup();
        Self { public, master, attributes: names(n), policy: rabe_policy(n) }
    }
    fn keygen(&self) -> Self::Key {
        bsw::keygen(&self.public, &self.master, &slices(&self.attributes))
            .expect("there are attributes")
    }
    fn encrypt(&self) -> Self::Ciphertext {
        bsw::encrypt(&self.public, &self.policy, HumanPolicy, &PLAINTEXT)
            .expect("the policy parses")
    }
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>> {
        bsw::decrypt(key, ciphertext).ok()
    }
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize) {
        (encoded(key), encoded(ciphertext))
    }
}
