//! What anyone checks of the conditional scheme.

use super::{at_the_end, judged, negated, with};
use crate::vectors::format::{Fields, Refusals};
use epione::algebra::codec::Canonical;
use epione::pre::{
    self,
    conditional::{self, Ciphertext, ReEncryption, ReKey},
};
use rand_chacha::ChaCha20Rng;

const CONDITION: &[u8] = b"condition";
const AD: &[u8] = b"ad";
const PLAINTEXT: &[u8] = b"text";

/// Tags, re-encryption keys and re-encryptions.
pub(super) fn checks(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let (alice, alice_public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&alice_public, CONDITION, AD, PLAINTEXT, rng);
    let other = conditional::seal(&alice_public, CONDITION, b"ad 2", PLAINTEXT, rng).to_bytes();
    let rekey = conditional::rekeygen(&alice, &doctor_public, CONDITION, rng);
    let checked = rekey.verify(&alice_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(&alice_public, CONDITION, AD).unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let (honest, rk) = (sealed.to_bytes(), rekey.to_bytes());
    let group_context = || {
        Fields::default()
            .hex("delegator_public_key", alice_public.to_bytes())
            .hex("delegatee_public_key", doctor_public.to_bytes())
            .hex("condition", CONDITION)
            .hex("ad", AD)
    };

    file.group("conditional: tag of a ciphertext", group_context());
    let of_another = [&honest[..82], &other[82..178], &honest[178..]].concat();
    let cases = [
        ("as it was made", "Valid", honest.clone()),
        ("C1 negated", "C1", negated(&honest, 2)),
        ("W changed", "W", with(&honest, 50, honest[50] ^ 1)),
        ("C4 negated", "C4", negated(&honest, 82)),
        ("C4 of another record", "C4", of_another),
        ("body changed", "Body", at_the_end(&honest)),
        ("another record", "Context", other.clone()),
    ];
    judged(file, cases, |bytes| {
        let ciphertext = Ciphertext::from_bytes(bytes).unwrap();
        ciphertext.verify(&alice_public, CONDITION, AD).is_ok()
    });

    file.group("conditional: re-encryption key", group_context());
    let cases = [
        ("as it was made", "Valid", rk.clone()),
        ("rk1 negated", "Rk1", negated(&rk, 2)),
        ("rk2 negated", "Rk2", negated(&rk, 98)),
        ("halves exchanged", "Rk1", [&rk[..2], &rk[98..], &rk[2..98]].concat()),
    ];
    judged(file, cases, |bytes| {
        let key = ReKey::from_bytes(bytes).unwrap();
        key.verify(&alice_public, &doctor_public, CONDITION).is_ok()
    });

    let group_context = group_context().hex("ciphertext", &honest).hex("rk2", &rk[98..]);
    file.group("conditional: re-encryption", group_context);
    let exchanged = [&work[..2], &work[50..98], &work[2..50], &work[98..]].concat();
    let cases = [
        ("as it was made", "Valid", work.clone()),
        ("D1 negated", "D1", negated(&work, 2)),
        ("T negated", "T", negated(&work, 50)),
        ("D2 negated", "D2", negated(&work, 98)),
        ("D1 and T exchanged", "D1", exchanged),
        ("challenge changed", "Proof", with(&work, 225, work[225] ^ 1)),
        ("response changed", "Proof", at_the_end(&work)),
    ];
    judged(file, cases, |bytes| {
        let work = ReEncryption::from_bytes(bytes);
        work.is_ok_and(|work| work.verify(checked.delegation(), &verified).is_ok())
    });
}
