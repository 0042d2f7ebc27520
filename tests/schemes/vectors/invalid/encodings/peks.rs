//! Keys, ciphertexts and trapdoors of searchable encryption.

use super::{identity, overlong, plus_order};
use crate::vectors::format::NegativeFile;
use epione::algebra::codec::Canonical;
use epione::peks::{self, SearchableCiphertext};
use rand_chacha::ChaCha20Rng;

pub(super) fn encodings(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (secret, public) = peks::keygen(rng);
    let ciphertext = peks::encrypt(&public, b"w", b"c", b"location", rng).to_bytes();
    let (trapdoor, public) = (peks::trapdoor(&secret, b"w").to_bytes(), public.to_bytes());
    let secret = secret.to_bytes();
    super::encodings::<peks::PublicKey>(
        file,
        "PeksPublicKey",
        &public,
        &[identity(&public, 2, 48)],
    );
    super::encodings::<peks::Trapdoor>(
        file,
        "PeksTrapdoor",
        &trapdoor,
        &[identity(&trapdoor, 2, 96)],
    );
    let own = [identity(&ciphertext, 2, 48), overlong(&ciphertext, 82)];
    super::encodings::<SearchableCiphertext>(file, "PeksCiphertext", &ciphertext, &own);
    let own = [
        ("a zero exponent", "Zero", [&secret[..2], &[0; 32]].concat()),
        ("a scalar not below r", "NotReduced", plus_order(&secret, 2)),
    ];
    super::encodings::<peks::SecretKey>(file, "PeksSecretKey", &secret, &own);
}
