//! Proxy re-encryption of a content key: writer, patient, proxy, doctor.
//!
//! What a party checks of a value that arrives is not timed with what it then does, where a library
//! keeps the two apart: epione and umbral-pre do, recrypt checks within each operation. The check
//! of the proxy's work has a row of its own.

use epione::algebra::codec::Canonical;
use epione::pre::{self, afgh, conditional};
use epione_peers::timing::Suite;
use recrypt::prelude::*;
use std::rc::Rc;

/// What is encrypted. recrypt has plaintexts of its own, out of which it hashes a key.
const PLAINTEXT: [u8; 32] = [7; 32];
const CONDITION: &[u8] = b"clinical, epoch 202612";

/// A scheme with the keys of a patient and a doctor.
trait Scheme: Sized + 'static {
    const NAME: &str;
    type Ciphertext;
    type ReKey;
    /// A ciphertext and a re-encryption key that the proxy has checked.
    type Job;
    type ReEncryption;
    /// A re-encryption that the doctor has checked.
    type Receipt;
    /// Whether [`Self::check`] does anything.
    const CHECKS: bool;

    fn new() -> Self;
    fn encrypt(&self) -> Self::Ciphertext;
    fn rekeygen(&self) -> Self::ReKey;
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Job;
    fn reencrypt(&self, job: &Self::Job) -> Self::ReEncryption;
    fn check(&self, job: &Self::Job, work: &Self::ReEncryption) -> Option<Self::Receipt>;
    /// As the doctor: whether the plaintext came out.
    fn opens(&self, receipt: &Self::Receipt) -> bool;
    /// Bytes of ciphertext, re-encryption key and re-encryption, where the library tells them.
    fn sizes(
        ciphertext: &Self::Ciphertext,
        rekey: &Self::ReKey,
        work: &Self::ReEncryption,
    ) -> [Option<usize>; 3];
}

/// All rows; a scheme more is a line more.
pub(crate) fn rows(suite: &mut Suite) {
    rows_of::<Conditional>(suite);
    rows_of::<Afgh>(suite);
    rows_of::<Umbral>(suite);
    rows_of::<Recrypt256>(suite);
}

fn rows_of<S: Scheme>(suite: &mut Suite) {
    let scheme = Rc::new(S::new());
    let job = Rc::new(scheme.accept(scheme.rekeygen(), scheme.encrypt()));
    let work = scheme.reencrypt(&job);
    let receipt = scheme.check(&job, &work);
    let right = receipt.as_ref().is_some_and(|receipt| scheme.opens(receipt));
    let sizes = S::sizes(&scheme.encrypt(), &scheme.rekeygen(), &work);

    let s = scheme.clone();
    suite.time(("PRE", "encrypt", S::NAME), right, move || s.encrypt());
    let s = scheme.clone();
    suite.time(("PRE", "make the re-encryption key", S::NAME), right, move || s.rekeygen());
    let (s, j) = (scheme.clone(), job.clone());
    suite.time(("PRE", "re-encrypt", S::NAME), right, move || s.reencrypt(&j));
    let s = scheme.clone();
    if S::CHECKS {
        let check = move || s.check(&job, &work);
        suite.time(("PRE", "check the re-encryption", S::NAME), right, check);
    }
    let open = move || receipt.as_ref().map(|receipt| scheme.opens(receipt));
    suite.time(("PRE", "decrypt the re-encryption", S::NAME), right, open);

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
    const CHECKS: bool = true;
    type Ciphertext = conditional::Ciphertext;
    type ReKey = conditional::ReKey;
    type Job = (conditional::VerifiedReKey, conditional::VerifiedCiphertext);
    type ReEncryption = conditional::ReEncryption;
    type Receipt = conditional::VerifiedReEncryption;

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
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Job {
        let rekey = rekey.verify(&self.patient.1, &self.doctor.1, CONDITION);
        let ciphertext = ciphertext.verify(&self.patient.1, CONDITION, b"");
        (rekey.expect("just made"), ciphertext.expect("just made"))
    }
    fn reencrypt(&self, (rekey, ciphertext): &Self::Job) -> Self::ReEncryption {
        conditional::reencrypt(rekey, ciphertext, &mut rand::thread_rng()).expect("it is covered")
    }
    fn check(&self, job: &Self::Job, work: &Self::ReEncryption) -> Option<Self::Receipt> {
        work.verify(job.0.delegation(), &job.1).ok()
    }
    fn opens(&self, receipt: &Self::Receipt) -> bool {
        conditional::open_reencrypted(&self.doctor.0, receipt).is_ok_and(|p| p[..] == PLAINTEXT)
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
    const CHECKS: bool = false;
    type Ciphertext = afgh::Ciphertext;
    type ReKey = afgh::ReKey;
    type Job = (afgh::ReKey, afgh::Ciphertext);
    type ReEncryption = afgh::ReEncryption;
    type Receipt = afgh::ReEncryption;

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
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Job {
        (rekey, ciphertext)
    }
    fn reencrypt(&self, (rekey, ciphertext): &Self::Job) -> Self::ReEncryption {
        afgh::reencrypt(rekey, ciphertext)
    }
    fn check(&self, _: &Self::Job, work: &Self::ReEncryption) -> Option<Self::Receipt> {
        Some(work.clone())
    }
    fn opens(&self, receipt: &Self::Receipt) -> bool {
        afgh::open_reencrypted(&self.doctor.0, b"", receipt).is_ok_and(|p| p[..] == PLAINTEXT)
    }
    fn sizes(c: &Self::Ciphertext, k: &Self::ReKey, r: &Self::ReEncryption) -> [Option<usize>; 3] {
        [c.to_bytes().len(), k.to_bytes().len(), r.to_bytes().len()].map(Some)
    }
}

/// umbral-pre with one proxy of one: no pairing, on secp256k1.
struct Umbral {
    patient: (umbral_pre::SecretKey, umbral_pre::PublicKey),
    doctor: (umbral_pre::SecretKey, umbral_pre::PublicKey),
    signer: umbral_pre::Signer,
}

impl Scheme for Umbral {
    const NAME: &str = "umbral-pre";
    const CHECKS: bool = true;
    type Ciphertext = (umbral_pre::Capsule, Box<[u8]>);
    type ReKey = umbral_pre::VerifiedKeyFrag;
    type Job = (umbral_pre::VerifiedKeyFrag, Self::Ciphertext);
    type ReEncryption = umbral_pre::VerifiedCapsuleFrag;
    type Receipt = (umbral_pre::VerifiedCapsuleFrag, Self::Ciphertext);

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
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Job {
        let signer = self.signer.verifying_key();
        let rekey = rekey.unverify().verify(&signer, Some(&self.patient.1), Some(&self.doctor.1));
        (rekey.expect("just made"), ciphertext)
    }
    fn reencrypt(&self, (rekey, (capsule, _)): &Self::Job) -> Self::ReEncryption {
        umbral_pre::reencrypt(capsule, rekey.clone())
    }
    fn check(
        &self,
        (_, ciphertext): &Self::Job,
        work: &Self::ReEncryption,
    ) -> Option<Self::Receipt> {
        let work = work.clone().unverify();
        let signer = self.signer.verifying_key();
        let work = work.verify(&ciphertext.0, &signer, &self.patient.1, &self.doctor.1).ok()?;
        Some((work, ciphertext.clone()))
    }
    fn opens(&self, (work, (capsule, body)): &Self::Receipt) -> bool {
        let (doctor, patient) = (&self.doctor.0, &self.patient.1);
        umbral_pre::decrypt_reencrypted(doctor, patient, capsule, [work.clone()], body)
            .is_ok_and(|plaintext| plaintext[..] == PLAINTEXT)
    }
    fn sizes(
        (capsule, body): &Self::Ciphertext,
        _: &Self::ReKey,
        work: &Self::ReEncryption,
    ) -> [Option<usize>; 3] {
        let ciphertext = capsule.to_bytes_simple().len() + body.len();
        [Some(ciphertext), None, Some(work.to_bytes_simple().len())]
    }
}

/// recrypt with its 256-bit curve: multi-hop, which the others are not.
struct Recrypt256 {
    api: Recrypt<Sha256, Ed25519, RandomBytes<recrypt::api::DefaultRng>>,
    signer: recrypt::api::SigningKeypair,
    plaintext: recrypt::api::Plaintext,
    patient: (recrypt::api::PrivateKey, recrypt::api::PublicKey),
    doctor: (recrypt::api::PrivateKey, recrypt::api::PublicKey),
}

impl Scheme for Recrypt256 {
    const NAME: &str = "recrypt 256";
    const CHECKS: bool = false;
    type Ciphertext = recrypt::api::EncryptedValue;
    type ReKey = recrypt::api::TransformKey;
    type Job = (recrypt::api::TransformKey, recrypt::api::EncryptedValue);
    type ReEncryption = recrypt::api::EncryptedValue;
    type Receipt = recrypt::api::EncryptedValue;

    /// The plaintext, a random element of GT, is made here: its own benchmark does not time it.
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
    fn accept(&self, rekey: Self::ReKey, ciphertext: Self::Ciphertext) -> Self::Job {
        (rekey, ciphertext)
    }
    fn reencrypt(&self, (rekey, ciphertext): &Self::Job) -> Self::ReEncryption {
        self.api
            .transform(ciphertext.clone(), rekey.clone(), &self.signer)
            .expect("both were just made")
    }
    fn check(&self, _: &Self::Job, work: &Self::ReEncryption) -> Option<Self::Receipt> {
        Some(work.clone())
    }
    fn opens(&self, receipt: &Self::Receipt) -> bool {
        self.api
            .decrypt(receipt.clone(), &self.doctor.0)
            .is_ok_and(|plaintext| plaintext.bytes()[..] == self.plaintext.bytes()[..])
    }
    fn sizes(_: &Self::Ciphertext, _: &Self::ReKey, _: &Self::ReEncryption) -> [Option<usize>; 3] {
        [None; 3]
    }
}
