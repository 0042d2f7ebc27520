//! Keys and ciphertexts of proxy re-encryption.

use super::{identity, overlong, plus_order, with};
use crate::vectors::format::NegativeFile;
use epione::algebra::codec::Canonical;
use epione::pre::{self, ProofOfPossession, afgh, conditional};
use rand_chacha::ChaCha20Rng;

pub(super) fn encodings(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (alice, alice_public) = pre::keygen(rng);
    let (_, bob_public) = pre::keygen(rng);
    let (pk, other) = (alice_public.to_bytes(), bob_public.to_bytes());
    let own = [
        identity(&pk, 2, 48),
        identity(&pk, 50, 96),
        ("X and Y of different keys", "Exponents", [&pk[..50], &other[50..]].concat()),
    ];
    super::encodings::<pre::PublicKey>(file, "PrePublicKey", &pk, &own);
    let secret = alice.to_bytes();
    let zero = [&secret[..2], &[0; 32]].concat();
    let own = [
        ("a zero exponent", "Zero", zero),
        ("2^256 - 1", "NotReduced", [&secret[..2], &[0xff; 32]].concat()),
        ("r added to the exponent", "NotReduced", plus_order(&secret, 2)),
    ];
    super::encodings::<pre::SecretKey>(file, "PreSecretKey", &secret, &own);
    let possession = alice.prove_possession(b"", rng).to_bytes();
    super::encodings::<ProofOfPossession>(file, "PrePossession", &possession, &[]);
    let sealed = conditional::seal(&alice_public, b"w", b"ad", b"text", rng);
    let rekey = conditional::rekeygen(&alice, &bob_public, b"w", rng);
    let checked = rekey.verify(&alice_public, &bob_public, b"w").unwrap();
    let verified = sealed.verify(b"w", b"ad").unwrap();
    let reencrypted = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let (sealed, rekey) = (sealed.to_bytes(), rekey.to_bytes());
    let own = [identity(&sealed, 2, 48), identity(&sealed, 82, 96), overlong(&sealed, 178)];
    super::encodings::<conditional::Ciphertext>(file, "PreCiphertext", &sealed, &own);
    let own = [identity(&rekey, 2, 96), identity(&rekey, 98, 96)];
    super::encodings::<conditional::ReKey>(file, "PreReKey", &rekey, &own);
    let own = [
        identity(&reencrypted, 2, 48),
        identity(&reencrypted, 50, 48),
        identity(&reencrypted, 98, 96),
        ("a challenge not below r", "NotReduced", with(&reencrypted, 194, 0xff)),
    ];
    super::encodings::<conditional::ReEncryption>(file, "PreReEncryption", &reencrypted, &own);

    let sealed = afgh::seal(&alice_public, b"ad", b"text", rng);
    let rekey = afgh::rekeygen(&alice, &bob_public);
    let reencrypted = afgh::reencrypt(&rekey, &sealed).to_bytes();
    let (sealed, rekey) = (sealed.to_bytes(), rekey.to_bytes());
    super::encodings::<afgh::Ciphertext>(
        file,
        "AfghCiphertext",
        &sealed,
        &[identity(&sealed, 2, 48), overlong(&sealed, 50)],
    );
    super::encodings::<afgh::ReKey>(file, "AfghReKey", &rekey, &[identity(&rekey, 2, 96)]);
    let off_torsion = with(&reencrypted, 50 + 575, reencrypted[50 + 575] ^ 1);
    let own =
        [overlong(&reencrypted, 626), ("C1' outside the r-torsion", "OffTorsion", off_torsion)];
    super::encodings::<afgh::ReEncryption>(file, "AfghReEncryption", &reencrypted, &own);
}
