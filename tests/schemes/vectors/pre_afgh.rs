//! Test vectors of AFGH, computed from its equations.

use crate::vectors::format::{Fields, File, compare_or_write, encoding};
use crate::vectors::pre_conditional::secret_key;
use epione::algebra::codec::Canonical;
use epione::algebra::hash::kdf;
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, G2, Gt, Scalar, pairing};
use epione::dem::{self, ContentKey};
use epione::pre::afgh;

#[test]
fn afgh_vectors() {
    let mut file = File::new(
        "EPIONE-V1-PRE-AFGH",
        "Ateniese, Fu, Green, Hohenberger 2005, third attempt, on a Type-3 pairing.",
        &[tag::AFGH_KEY, tag::DEM_KEYS],
    );
    let rng = &mut file.rng();
    for (comment, ad, plaintext) in [
        ("a content key", &b"record 7"[..], &b"content key of 32 bytes, or such"[..]),
        ("empty associated data and plaintext", b"", b""),
    ] {
        let [a, b, r] = std::array::from_fn(|_| Scalar::random(rng));
        // C1 = X_A^r;  K = Z^r;  rk = Y_B^{1/a};  C1' = e(C1, rk)
        let (x_a, y_b) = (G1::generator() * a, G2::generator() * b);
        let (c1, k) = (x_a * r, Gt::generator().pow(&r));
        let key = kdf::<32>(tag::AFGH_KEY, &k.to_bytes(), &[&c1.to_bytes()]);
        let body = dem::seal(&ContentKey::from_secret(key.clone()), ad, plaintext);
        let rk = y_b * a.inverse().unwrap();
        let c1_prime = pairing(&c1, &rk);
        assert_eq!(c1_prime.pow(&b.inverse().unwrap()), k, "K = C1'^(1/b)");
        assert_eq!(
            pairing(&c1, &G2::generator()).pow(&a.inverse().unwrap()),
            k,
            "K = e(C1, g2)^(1/a)"
        );
        let length = (body.len() as u32).to_be_bytes();
        let fields = [&c1.to_bytes()[..], &length, &body].concat();
        let ciphertext = encoding(Kind::AfghCiphertext, &fields);
        let fields = [&c1.to_bytes()[..], &c1_prime.to_bytes(), &length, &body].concat();
        let reencrypted = encoding(Kind::AfghReEncryption, &fields);

        let (alice, bob) = (secret_key(&a), secret_key(&b));
        let library = afgh::seal_with_randomness(alice.public_key(), ad, plaintext, &r);
        assert_eq!(library.to_bytes(), ciphertext);
        let rekey = afgh::rekeygen(&alice, bob.public_key());
        assert_eq!(rekey.to_bytes()[2..], rk.to_bytes());
        let reencryption = afgh::reencrypt(&rekey, &library);
        assert_eq!(reencryption.to_bytes(), reencrypted);
        assert_eq!(&afgh::open(&alice, ad, &library).unwrap()[..], plaintext);
        assert_eq!(&afgh::open_reencrypted(&bob, ad, &reencryption).unwrap()[..], plaintext);

        let inputs = Fields::default()
            .scalar("a", &a)
            .scalar("b", &b)
            .scalar("r", &r)
            .hex("ad", ad)
            .hex("plaintext", plaintext);
        let trace = Fields::default()
            .hex("x_a", x_a.to_bytes())
            .hex("y_b", y_b.to_bytes())
            .hex("c1", c1.to_bytes())
            .hex("k", k.to_bytes())
            .hex("key", key.expose())
            .hex("body", body)
            .hex("rk", rk.to_bytes())
            .hex("c1_prime", c1_prime.to_bytes());
        let outputs = Fields::default()
            .hex("delegator_public_key", alice.public_key().to_bytes())
            .hex("delegatee_public_key", bob.public_key().to_bytes())
            .hex("ciphertext", ciphertext)
            .hex("rekey", rekey.to_bytes())
            .hex("reencryption", reencrypted);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("pre-afgh.json", &file);
}
