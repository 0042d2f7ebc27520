//! CP-ABE: 32 bytes under an AND policy of n attributes, and a key with all n.

use crate::timing::Suite;
use epione::abe;
use epione::algebra::codec::Canonical;
use epione::policy::{AccessPolicy, AttributeSet};
use rabe::schemes::{ac17, bsw};
use rabe::utils::policy::pest::PolicyLanguage::HumanPolicy;
use std::rc::Rc;

/// A content key.
const PLAINTEXT: [u8; 32] = [7; 32];

/// A scheme after setup, with its policy and attributes.
trait Scheme: Sized + 'static {
    const NAME: &str;
    type Key;
    type Ciphertext;

    fn new(names: Vec<String>) -> Self;
    fn keygen(&self) -> Self::Key;
    fn encrypt(&self) -> Self::Ciphertext;
    /// Returns `None` on failure.
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>>;
    /// The encoded lengths of a key and a ciphertext in bytes.
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize);
}

/// Adds all rows. A new scheme needs one line here.
pub(crate) fn rows(suite: &mut Suite) {
    for n in [10, 50] {
        scheme::<Fabeo>(suite, n);
        scheme::<Ac17>(suite, n);
        scheme::<Bsw>(suite, n);
    }
}

fn scheme<S: Scheme>(suite: &mut Suite, n: usize) {
    let scheme = Rc::new(S::new((0..n).map(|i| format!("attribute:{i}")).collect()));
    let (key, ciphertext) = (scheme.keygen(), scheme.encrypt());
    let correct = scheme.decrypt(&key, &ciphertext).is_some_and(|p| p == PLAINTEXT);
    let (key_bytes, ciphertext_bytes) = S::sizes(&key, &ciphertext);
    let name = |operation: &str| format!("{operation}, n = {n}");

    let s = scheme.clone();
    suite.time(("CP-ABE", &name("keygen"), S::NAME), correct, move || s.keygen());
    let s = scheme.clone();
    suite.time(("CP-ABE", &name("encrypt"), S::NAME), correct, move || s.encrypt());
    let decrypt = move || scheme.decrypt(&key, &ciphertext);
    suite.time(("CP-ABE", &name("decrypt"), S::NAME), correct, decrypt);
    suite.size(("CP-ABE", &name("key"), S::NAME), key_bytes);
    suite.size(("CP-ABE", &name("ciphertext"), S::NAME), ciphertext_bytes);
}

/// epione: FABEO, CCA-secure.
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

    fn new(names: Vec<String>) -> Self {
        let (parameters, master) = abe::setup(&mut rand::thread_rng());
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
        abe::open(&self.parameters, key, b"", ciphertext).ok().map(|p| p.to_vec())
    }
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize) {
        (key.to_bytes().len(), ciphertext.to_bytes().len())
    }
}

/// rabe, on a 256-bit Barreto-Naehrig curve; CPA-secure.
struct Rabe<Public, Master> {
    public: Public,
    master: Master,
    names: Vec<String>,
    policy: String,
}

impl<Public, Master> Rabe<Public, Master> {
    /// The policy nests binary gates: AC17 in rabe accepts no others.
    fn new((public, master): (Public, Master), names: Vec<String>) -> Self {
        let quoted = names.iter().rev().map(|name| format!("\"{name}\""));
        let policy = quoted.reduce(|rest, name| format!("{name} and ({rest})"));
        Self { public, master, policy: policy.expect("at least one name"), names }
    }

    fn attributes(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }
}

fn encoded(value: &impl borsh::BorshSerialize) -> usize {
    borsh::to_vec(value).expect("writing to memory succeeds").len()
}

/// FAME: Agrawal, Chase (CCS 2017).
type Ac17 = Rabe<ac17::Ac17PublicKey, ac17::Ac17MasterKey>;

impl Scheme for Ac17 {
    const NAME: &str = "rabe AC17";
    type Key = ac17::Ac17CpSecretKey;
    type Ciphertext = ac17::Ac17CpCiphertext;

    fn new(names: Vec<String>) -> Self {
        Rabe::new(ac17::setup(), names)
    }
    fn keygen(&self) -> Self::Key {
        ac17::cp_keygen(&self.master, &self.attributes()).expect("at least one attribute")
    }
    fn encrypt(&self) -> Self::Ciphertext {
        ac17::cp_encrypt(&self.public, &self.policy, &PLAINTEXT, HumanPolicy).expect("a policy")
    }
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>> {
        ac17::cp_decrypt(key, ciphertext).ok()
    }
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize) {
        (encoded(key), encoded(ciphertext))
    }
}

/// Bethencourt, Sahai, Waters (S&P 2007).
type Bsw = Rabe<bsw::CpAbePublicKey, bsw::CpAbeMasterKey>;

impl Scheme for Bsw {
    const NAME: &str = "rabe BSW";
    type Key = bsw::CpAbeSecretKey;
    type Ciphertext = bsw::CpAbeCiphertext;

    fn new(names: Vec<String>) -> Self {
        Rabe::new(bsw::setup(), names)
    }
    fn keygen(&self) -> Self::Key {
        bsw::keygen(&self.public, &self.master, &self.attributes()).expect("at least one attribute")
    }
    fn encrypt(&self) -> Self::Ciphertext {
        bsw::encrypt(&self.public, &self.policy, HumanPolicy, &PLAINTEXT).expect("a policy")
    }
    fn decrypt(&self, key: &Self::Key, ciphertext: &Self::Ciphertext) -> Option<Vec<u8>> {
        bsw::decrypt(key, ciphertext).ok()
    }
    fn sizes(key: &Self::Key, ciphertext: &Self::Ciphertext) -> (usize, usize) {
        (encoded(key), encoded(ciphertext))
    }
}
