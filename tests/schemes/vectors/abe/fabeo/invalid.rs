//! Negative tests of FABEO.

use crate::common::{AbeKey, policy, rng};
use crate::vectors::abe::invalid::{Layout, ciphertexts, exchanged, user_keys};
use crate::vectors::format::{Fields, NegativeFile, compare_or_write};
use crate::vectors::invalid::negated;
use epione::abe::fabeo::epochs::{EpochAuthority, Token, refresh};
use epione::abe::fabeo::{self, verify_consistency, verify_key};
use epione::abe::{self, CpaHeader, MasterSecretKey, PublicParameters, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::algebra::{Gt, Scalar};
use rand_chacha::ChaCha20Rng;

#[test]
fn negative_tests_of_fabeo() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-INVALID-ABE-FABEO",
        "FABEO, CCA variant: well-formed ciphertexts, keys, headers, tokens to be rejected.",
    );
    let rng = &mut rng(2028);
    let alpha = Scalar::random(rng);
    let (parameters, master) = fabeo::setup_with_randomness(&alpha);
    let z_alpha = Gt::generator().pow(&alpha);
    let (_, other) = fabeo::setup(rng);
    let [both, a, b] =
        ["a, b", "a", "b"].map(|held| fabeo::keygen(&master, &held.parse().unwrap(), rng));
    // ct1 96, ct2 96, ct3 2 * 48; under the other policy ct2 has a second element.
    let layout = Layout {
        first: 96,
        rows: 13 + 96 + 96,
        encapsulation: 2 * 96 + 2 * 48,
        unused: ("a or (a and b)", 21 + 96 + 96),
    };
    ciphertexts(&mut file, "fabeo: open ciphertext", (&parameters, &a, &z_alpha), layout);
    let stranger = fabeo::keygen(&other, &"a, b".parse().unwrap(), rng).to_bytes();
    let all = [both.clone(), a.clone(), b.clone()];
    let name = "fabeo: open with user key";
    user_keys(&mut file, name, (&parameters, stranger.clone()), all, 48 + 96);
    key_verification(&mut file, &parameters, [&both, &a, &b], stranger);
    header_verification(&mut file, &parameters, rng);
    tokens(&mut file, master, rng);
    compare_or_write("invalid/abe-fabeo.json", &file);
}

fn key_verification(
    file: &mut NegativeFile,
    parameters: &PublicParameters,
    [both, a, b]: [&UserSecretKey; 3],
    stranger: Vec<u8>,
) {
    let mut mixed = AbeKey::of(a);
    mixed.sk3 = AbeKey::of(b).sk3;
    let honest = both.to_bytes();
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("key with one component", "Valid", a.to_bytes()),
        ("sk1 negated", "Sk1", negated(&honest, honest.len() - 96 - 96 - 48)),
        ("sk3 negated", "Sk3", negated(&honest, honest.len() - 96 - 96)),
        ("component negated", "Sk2", negated(&honest, honest.len() - 48)),
        (
            "components exchanged",
            "Relabelled",
            exchanged(&honest, honest.len() - 96, honest.len() - 48, 48),
        ),
        ("sk3 of another key", "Collusion", mixed.assemble().to_bytes()),
        ("key of another authority", "Authority", stranger),
    ];
    let context = Fields::default().hex("parameters", parameters.to_bytes());
    file.group("fabeo: verify user key", context);
    file.cases(cases, |bytes| {
        verify_key(parameters, &<UserSecretKey>::from_bytes(bytes).unwrap()).is_ok()
    });
}

fn header_verification(
    file: &mut NegativeFile,
    parameters: &PublicParameters,
    rng: &mut ChaCha20Rng,
) {
    // Lengths in bytes: suite 1, policy 4 + 21, ct1 96, ct2 2 * 96, ct3 4 * 48.
    let text = "(a and (a or b)) or c";
    let honest = abe::encapsulate_cpa(parameters, &policy(text), rng).0.to_bytes();
    let elements = 3 + 4 + text.len();
    let rows = elements + 3 * 96;
    assert_eq!(honest.len(), rows + 4 * 48);
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("ct1 negated", "Ct1", negated(&honest, elements)),
        ("element of ct2 negated", "Ct2", negated(&honest, elements + 96)),
        ("elements of ct2 exchanged", "Ct2", exchanged(&honest, elements + 96, elements + 192, 96)),
        ("row negated", "Row", negated(&honest, rows + 3 * 48)),
        ("rows exchanged", "Row", exchanged(&honest, rows, rows + 48, 48)),
    ];
    file.group("fabeo: verify header", Fields::default());
    file.cases(cases, |bytes| verify_consistency(&<CpaHeader>::from_bytes(bytes).unwrap()).is_ok());
}

fn tokens(file: &mut NegativeFile, master: MasterSecretKey, rng: &mut ChaCha20Rng) {
    let mut authority = EpochAuthority::new(master, rng);
    let old = authority.issue("Ada", &"oncology".parse().unwrap()).unwrap();
    let mut earlier = EpochAuthority::from_bytes(&authority.to_secret_bytes()).unwrap();
    earlier.rekey();
    let of_old = earlier.token("Ada", 1).unwrap().to_bytes();
    authority.issue("Ada", &"cardiology".parse().unwrap()).unwrap();
    authority.issue("Bose", &"oncology".parse().unwrap()).unwrap();
    authority.rekey();
    let token = |gid: &str| authority.token(gid, 1).unwrap().to_bytes();
    let mut other_epoch = of_old.clone();
    other_epoch[9] = 2;
    let cases = [
        ("token of the key's generation", "Valid", of_old.clone()),
        ("token of the user's next generation", "Generation", token("Ada")),
        ("token of another user", "User", token("Bose")),
        ("token under another epoch", "Epoch", other_epoch),
        ("point negated", "Element", negated(&of_old, 10)),
    ];
    let context = Fields::default().hex("user_key", old.to_bytes());
    file.group("fabeo: refresh user key", context);
    file.cases(cases, |bytes| refresh(&old, &Token::from_bytes(bytes).unwrap()).is_ok());
}
