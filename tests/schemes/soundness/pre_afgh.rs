//! Attacks on AFGH. The collusion of proxy and delegatee is a property of the scheme and must
//! succeed.

use crate::common::{exponent, fields, forge, rng};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::kdf;
use epione::algebra::{G1, G2, Scalar, pairing, tag};
use epione::dem::{self, ContentKey};
use epione::pre::{self, afgh};

/// `C1` and body of a ciphertext.
fn parts(ciphertext: &afgh::Ciphertext) -> (G1, Vec<u8>) {
    let bytes = ciphertext.to_bytes();
    let mut r = fields(&bytes);
    (r.g1().unwrap(), r.bytes(1 << 20).unwrap().to_vec())
}

/// Decrypts with the weak secret `g2^{1/a}`: `K = e(C1, g2^{1/a})`.
fn open_with_weak_secret(weak: &G2, ad: &[u8], ciphertext: &afgh::Ciphertext) -> Option<Vec<u8>> {
    let (c1, body) = parts(ciphertext);
    let k = pairing(&c1, weak);
    let key = ContentKey::from_secret(kdf(tag::AFGH_KEY, &k.to_bytes(), &[&c1.to_bytes()]));
    dem::open(&key, ad, &body).ok().map(|plaintext| plaintext.to_vec())
}

#[test]
fn proxy_and_delegatee_together_decrypt_every_ciphertext_of_the_delegator() {
    // rk^{1/b} = (g2^b)^{1/a 1/b} = g2^{1/a}, the weak secret.
    let rng = &mut rng(1);
    let (alice, alice_public) = pre::keygen(rng);
    let (bob, bob_public) = pre::keygen(rng);
    let rekey = afgh::rekeygen(&alice, &bob_public);
    let never_reencrypted = afgh::seal(&alice_public, b"ad", b"not for Bob", rng);

    let rk = fields(&rekey.to_bytes()).g2().unwrap();
    let weak = rk * exponent(&bob).inverse().unwrap();
    let opened = open_with_weak_secret(&weak, b"ad", &never_reencrypted);
    assert_eq!(opened.as_deref(), Some(&b"not for Bob"[..]));
    // The weak secret is not the secret key: it derives no re-encryption keys.
    assert_eq!(
        pairing(fields(&alice_public.to_bytes()).g1().as_ref().unwrap(), &weak),
        epione::algebra::Gt::generator()
    );
}

#[test]
fn proxy_alone_and_delegatee_alone_decrypt_nothing() {
    let rng = &mut rng(2);
    let (alice, alice_public) = pre::keygen(rng);
    let (bob, bob_public) = pre::keygen(rng);
    let (carol, _) = pre::keygen(rng);
    let rekey = afgh::rekeygen(&alice, &bob_public);
    let sealed = afgh::seal(&alice_public, b"ad", b"secret", rng);
    let rk = fields(&rekey.to_bytes()).g2().unwrap();
    let by_bob_alone = G2::generator() * exponent(&bob).inverse().unwrap();
    let by_carol = rk * exponent(&carol).inverse().unwrap();
    for weak in [rk, by_bob_alone, by_carol, G2::generator()] {
        assert_eq!(open_with_weak_secret(&weak, b"ad", &sealed), None);
    }
    let reencrypted = afgh::reencrypt(&rekey, &sealed);
    assert!(afgh::open_reencrypted(&bob, b"ad", &reencrypted).is_ok());
    assert!(afgh::open_reencrypted(&carol, b"ad", &reencrypted).is_err());
    assert!(afgh::open_reencrypted(&bob, b"other", &reencrypted).is_err());
}

#[test]
fn one_rekey_covers_every_record_and_reencryptions_are_not_verifiable() {
    // C1'^c is a well-formed re-encryption for every c; only the DEM detects the change.
    let rng = &mut rng(3);
    let (alice, alice_public) = pre::keygen(rng);
    let (bob, bob_public) = pre::keygen(rng);
    let rekey = afgh::rekeygen(&alice, &bob_public);
    for record in [&b"one"[..], b"two"] {
        let sealed = afgh::seal(&alice_public, b"ad", record, rng);
        let reencrypted = afgh::reencrypt(&rekey, &sealed);
        assert_eq!(&*afgh::open_reencrypted(&bob, b"ad", &reencrypted).unwrap(), record);
        let bytes = reencrypted.to_bytes();
        let mut r = fields(&bytes);
        let (c1, c1_prime) = (r.g1().unwrap(), r.gt().unwrap());
        let body = r.bytes(1 << 20).unwrap();
        let modified: afgh::ReEncryption = forge(|w| {
            w.g1(&c1);
            w.gt(&c1_prime.pow(&Scalar::from(2)));
            w.bytes(body);
        });
        assert!(afgh::open_reencrypted(&bob, b"ad", &modified).is_err());
    }
}
