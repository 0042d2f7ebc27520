//! Proxy re-encryption of a content key from a patient to a doctor.
//!
//! epione and umbral-pre separate the verification of received values from their use; recrypt
//! verifies within each operation. Where it is separate, only the doctor's verification of the
//! re-encryption is timed, in its own row.

use crate::timing::Suite;
use epione::algebra::codec::Canonical;
use epione::pre::{self, afgh, conditional};
use recrypt::prelude::*;
use std::rc::Rc;

/// A content key. recrypt encrypts elements of GT instead.
const PLAINTEXT: [u8; 32] = [7; 32];
const CONDITION: &[u8] = b"clinical, epoch 202612";

/// A scheme with the keys of a patient and a doctor.
trait Scheme: Sized + 'static {
    const NAME: &str;
    type Ciphertext;
    type ReKey;
    /// A verified re-encryption key and a verified ciphertext.
    type Inputs;
    type ReEncryption;
    /// A verified re-encryption.
    type Verified;
    /// `true` if [`Self::verify`] computes anything.
    const VERIFIES: bool;

    fn new() -> Self;
    fn encrypt(&self) -> Self::Ciphertext;
    fn rekeygen(&self) -> Self::ReKey;
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Inputs;
    fn reencrypt(&self, inputs: &Self::Inputs) -> Self::ReEncryption;
    fn verify(
        &self,
        inputs: &Self::Inputs,
        reencryption: &Self::ReEncryption,
    ) -> Option<Self::Verified>;
    /// Decrypts as the doctor and returns `true` if the result is the plaintext.
    fn decrypts(&self, verified: &Self::Verified) -> bool;
    /// The encoded lengths of ciphertext, re-encryption key and re-encryption in bytes, where the
    /// library defines encodings.
    fn sizes(
        ciphertext: &Self::Ciphertext,
        rekey: &Self::ReKey,
        reencryption: &Self::ReEncryption,
    ) -> [Option<usize>; 3];
}

/// Adds all rows. A new scheme needs one line here.
pub(crate) fn rows(suite: &mut Suite) {
    scheme::<Conditional>(suite);
    scheme::<Afgh>(suite);
    scheme::<Umbral>(suite);
    scheme::<Recrypt256>(suite);
}

fn scheme<S: Scheme>(suite: &mut Suite) {
    let scheme = Rc::new(S::new());
    let inputs = Rc::new(scheme.accept(scheme.rekeygen(), scheme.encrypt()));
    let reencryption = scheme.reencrypt(&inputs);
    let verified = scheme.verify(&inputs, &reencryption);
    let correct = verified.as_ref().is_some_and(|verified| scheme.decrypts(verified));
    let sizes = S::sizes(&scheme.encrypt(), &scheme.rekeygen(), &reencryption);

    let s = scheme.clone();
    suite.time(("PRE", "encrypt", S::NAME), correct, move || s.encrypt());
    let s = scheme.clone();
    suite.time(("PRE", "generate a re-encryption key", S::NAME), correct, move || s.rekeygen());
    let (s, i) = (scheme.clone(), inputs.clone());
    suite.time(("PRE", "re-encrypt", S::NAME), correct, move || s.reencrypt(&i));
    let s = scheme.clone();
    if S::VERIFIES {
        let verify = move || s.verify(&inputs, &reencryption);
        suite.time(("PRE", "verify the re-encryption", S::NAME), correct, verify);
    }
    let open = move || verified.as_ref().map(|verified| scheme.decrypts(verified));
    suite.time(("PRE", "decrypt the re-encryption", S::NAME), correct, open);

    let names = ["ciphertext", "re-encryption key", "re-encryption"];
    for (name, bytes) in names.into_iter().zip(sizes) {
        if let Some(bytes) = bytes {
            suite.size(("PRE", name, S::NAME), bytes);
        }
    }
}

/// epione: conditional and verifiable.
struct Conditional {
    patient: (pre::SecretKey, pre::PublicKey),
    doctor: (pre::SecretKey, pre::PublicKey),
}

impl Scheme for Conditional {
    const NAME: &str = "epione conditional";
    const VERIFIES: bool = true;
    type Ciphertext = conditional::Ciphertext;
    type ReKey = conditional::ReKey;
    type Inputs = (conditional::VerifiedReKey, conditional::VerifiedCiphertext);
    type ReEncryption = conditional::ReEncryption;
    type Verified = conditional::VerifiedReEncryption;

    fn new() -> Self {
        let rng = &mut rand::thread_rng();
        Self { patient: pre::keygen(rng), doctor: pre::keygen(rng) }
    }
    fn encrypt(&self) -> Self::Ciphertext {
        conditional::seal(&self.patient.1, CONDITION, b"", &PLAINTEXT, &mut rand::thread_rng())
    }
    fn rekeygen(&self) -> Self::ReKey {
        let rng = &mut rand::thread_rng();
        conditional::rekeygen(&self.patient.0, &self.doctor.1, CONDITION, rng)
    }
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Inputs {
        let rekey = rekey.verify(&self.patient.1, &self.doctor.1, CONDITION);
        let ciphertext = ciphertext.verify(CONDITION, b"");
        (rekey.expect("an honest value"), ciphertext.expect("an honest value"))
    }
    fn reencrypt(&self, (rekey, ciphertext): &Self::Inputs) -> Self::ReEncryption {
        conditional::reencrypt(rekey, ciphertext, &mut rand::thread_rng())
            .expect("the condition matches")
    }
    fn verify(
        &self,
        inputs: &Self::Inputs,
        reencryption: &Self::ReEncryption,
    ) -> Option<Self::Verified> {
        reencryption.verify(inputs.0.delegation(), &inputs.1).ok()
    }
    fn decrypts(&self, verified: &Self::Verified) -> bool {
        conditional::open_reencrypted(&self.doctor.0, verified).is_ok_and(|p| p[..] == PLAINTEXT)
    }
    fn sizes(c: &Self::Ciphertext, k: &Self::ReKey, r: &Self::ReEncryption) -> [Option<usize>; 3] {
        [c.to_bytes().len(), k.to_bytes().len(), r.to_bytes().len()].map(Some)
    }
}

/// epione: Ateniese, Fu, Green, Hohenberger.
struct Afgh {
    patient: (pre::SecretKey, pre::PublicKey),
    doctor: (pre::SecretKey, pre::PublicKey),
}

impl Scheme for Afgh {
    const NAME: &str = "epione afgh";
    const VERIFIES: bool = false;
    type Ciphertext = afgh::Ciphertext;
    type ReKey = afgh::ReKey;
    type Inputs = (afgh::ReKey, afgh::Ciphertext);
    type ReEncryption = afgh::ReEncryption;
    type Verified = afgh::ReEncryption;

    fn new() -> Self {
        let rng = &mut rand::thread_rng();
        Self { patient: pre::keygen(rng), doctor: pre::keygen(rng) }
    }
    fn encrypt(&self) -> Self::Ciphertext {
        afgh::seal(&self.patient.1, b"", &PLAINTEXT, &mut rand::thread_rng())
    }
    fn rekeygen(&self) -> Self::ReKey {
        afgh::rekeygen(&self.patient.0, &self.doctor.1)
    }
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Inputs {
        (rekey, ciphertext)
    }
    fn reencrypt(&self, (rekey, ciphertext): &Self::Inputs) -> Self::ReEncryption {
        afgh::reencrypt(rekey, ciphertext)
    }
    fn verify(
        &self,
        _: &Self::Inputs,
        reencryption: &Self::ReEncryption,
    ) -> Option<Self::Verified> {
        Some(reencryption.clone())
    }
    fn decrypts(&self, verified: &Self::Verified) -> bool {
        afgh::open_reencrypted(&self.doctor.0, b"", verified).is_ok_and(|p| p[..] == PLAINTEXT)
    }
    fn sizes(c: &Self::Ciphertext, k: &Self::ReKey, r: &Self::ReEncryption) -> [Option<usize>; 3] {
        [c.to_bytes().len(), k.to_bytes().len(), r.to_bytes().len()].map(Some)
    }
}

/// umbral-pre on secp256k1, without pairings, with one proxy (threshold 1 of 1).
struct Umbral {
    patient: (umbral_pre::SecretKey, umbral_pre::PublicKey),
    doctor: (umbral_pre::SecretKey, umbral_pre::PublicKey),
    signer: umbral_pre::Signer,
}

impl Scheme for Umbral {
    const NAME: &str = "umbral-pre";
    const VERIFIES: bool = true;
    type Ciphertext = (umbral_pre::Capsule, Box<[u8]>);
    type ReKey = umbral_pre::VerifiedKeyFrag;
    type Inputs = (umbral_pre::VerifiedKeyFrag, Self::Ciphertext);
    type ReEncryption = umbral_pre::VerifiedCapsuleFrag;
    type Verified = (umbral_pre::VerifiedCapsuleFrag, Self::Ciphertext);

    fn new() -> Self {
        let pair = || {
            let secret = umbral_pre::SecretKey::random();
            let public = secret.public_key();
            (secret, public)
        };
        let signer = umbral_pre::Signer::new(umbral_pre::SecretKey::random());
        Self { patient: pair(), doctor: pair(), signer }
    }
    fn encrypt(&self) -> Self::Ciphertext {
        umbral_pre::encrypt(&self.patient.1, &PLAINTEXT).expect("32 bytes can be encrypted")
    }
    fn rekeygen(&self) -> Self::ReKey {
        let (patient, doctor) = (&self.patient.0, &self.doctor.1);
        let all = umbral_pre::generate_kfrags(patient, doctor, &self.signer, 1, 1, true, true);
        all.into_vec().remove(0)
    }
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Inputs {
        let signer = self.signer.verifying_key();
        let rekey = rekey.unverify().verify(&signer, Some(&self.patient.1), Some(&self.doctor.1));
        (rekey.expect("an honest value"), ciphertext)
    }
    fn reencrypt(&self, (rekey, (capsule, _)): &Self::Inputs) -> Self::ReEncryption {
        umbral_pre::reencrypt(capsule, rekey.clone())
    }
    fn verify(
        &self,
        (_, ciphertext): &Self::Inputs,
        reencryption: &Self::ReEncryption,
    ) -> Option<Self::Verified> {
        let reencryption = reencryption.clone().unverify();
        let signer = self.signer.verifying_key();
        let reencryption =
            reencryption.verify(&ciphertext.0, &signer, &self.patient.1, &self.doctor.1).ok()?;
        Some((reencryption, ciphertext.clone()))
    }
    fn decrypts(&self, (reencryption, (capsule, body)): &Self::Verified) -> bool {
        let (doctor, patient) = (&self.doctor.0, &self.patient.1);
        umbral_pre::decrypt_reencrypted(doctor, patient, capsule, [reencryption.clone()], body)
            .is_ok_and(|plaintext| plaintext[..] == PLAINTEXT)
    }
    fn sizes(
        (capsule, body): &Self::Ciphertext,
        _: &Self::ReKey,
        reencryption: &Self::ReEncryption,
    ) -> [Option<usize>; 3] {
        let ciphertext = capsule.to_bytes_simple().len() + body.len();
        [Some(ciphertext), None, Some(reencryption.to_bytes_simple().len())]
    }
}

/// recrypt on its 256-bit curve; multi-hop.
struct Recrypt256 {
    api: Recrypt<Sha256, Ed25519, RandomBytes<recrypt::api::DefaultRng>>,
    signer: recrypt::api::SigningKeypair,
    plaintext: recrypt::api::Plaintext,
    patient: (recrypt::api::PrivateKey, recrypt::api::PublicKey),
    doctor: (recrypt::api::PrivateKey, recrypt::api::PublicKey),
}

impl Scheme for Recrypt256 {
    const NAME: &str = "recrypt 256";
    const VERIFIES: bool = false;
    type Ciphertext = recrypt::api::EncryptedValue;
    type ReKey = recrypt::api::TransformKey;
    type Inputs = (recrypt::api::TransformKey, recrypt::api::EncryptedValue);
    type ReEncryption = recrypt::api::EncryptedValue;
    type Verified = recrypt::api::EncryptedValue;

    /// The plaintext is a random element of GT and not timed, as in recrypt's own benchmark.
    fn new() -> Self {
        let api = Recrypt::new();
        let pair = || api.generate_key_pair().expect("a random key is a key");
        let (patient, doctor) = (pair(), pair());
        let (signer, plaintext) = (api.generate_ed25519_key_pair(), api.gen_plaintext());
        Self { api, signer, plaintext, patient, doctor }
    }
    fn encrypt(&self) -> Self::Ciphertext {
        self.api.encrypt(&self.plaintext, &self.patient.1, &self.signer).expect("a valid key")
    }
    fn rekeygen(&self) -> Self::ReKey {
        self.api
            .generate_transform_key(&self.patient.0, &self.doctor.1, &self.signer)
            .expect("valid keys")
    }
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Inputs {
        (rekey, ciphertext)
    }
    fn reencrypt(&self, (rekey, ciphertext): &Self::Inputs) -> Self::ReEncryption {
        self.api.transform(ciphertext.clone(), rekey.clone(), &self.signer).expect("honest values")
    }
    fn verify(
        &self,
        _: &Self::Inputs,
        reencryption: &Self::ReEncryption,
    ) -> Option<Self::Verified> {
        Some(reencryption.clone())
    }
    fn decrypts(&self, verified: &Self::Verified) -> bool {
        self.api
            .decrypt(verified.clone(), &self.doctor.0)
            .is_ok_and(|plaintext| plaintext.bytes()[..] == self.plaintext.bytes()[..])
    }
    fn sizes(_: &Self::Ciphertext, _: &Self::ReKey, _: &Self::ReEncryption) -> [Option<usize>; 3] {
        [None; 3]
    }
}
