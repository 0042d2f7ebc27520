//! Attacks with a ciphertext of one delegator and the keys of another. The public tag does not show
//! the delegator, so these ciphertexts verify and are re-encrypted; they must decrypt to nothing.

use super::algebra::{
    CiphertextFields, ReEncryptionFields, UncheckedProxy, context, q, rekey_points, unmask,
};
use super::{CONDITION, OTHER, Scenario, delegatee_key, scenario};
use crate::common::{exponent, rng};
use crate::soundness::exponents::{View, reaches};
use epione::algebra::{Scalar, pairing};
use epione::pre::PublicKey;
use epione::pre::conditional;

const AD: &[u8] = b"record 7";

#[test]
fn a_ciphertext_of_another_delegator_reencrypts_to_nothing() {
    // The proxy holds Ben's key for the condition and is given Ada's ciphertext.
    let ada = scenario(31);
    let Scenario { patient: ben, patient_public: ben_public, doctor, doctor_public, rekey, .. } =
        scenario(32);
    let rng = &mut rng(33);
    let checked = rekey.verify(&ben_public, &doctor_public, CONDITION).unwrap();
    let verified = ada.sealed.verify(CONDITION, AD).unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let opened = reencryption.verify(checked.delegation(), &verified).unwrap();
    assert!(conditional::open_reencrypted(&doctor, &opened).is_err());

    // By raw algebra, the doctor computes e(X_B, Q_B)^r, which unmasks Ada's ciphertext in neither
    // context.
    let (parts, (rk1, rk2)) = (CiphertextFields::of(&ada.sealed), rekey_points(&rekey));
    let ReEncryptionFields { d1, d2, .. } = ReEncryptionFields::of(&reencryption);
    let k = delegatee_key(&parts.c1, &d1, &d2, &rk2, exponent(&doctor));
    let condition_key = q(&ben_public, CONDITION) * exponent(&ben);
    assert_eq!(k, pairing(&parts.c1, &condition_key), "the delegatee obtains e(X_B, Q_B)^r");
    for owner in [&ada.patient_public, &ben_public] {
        let context = context(owner, CONDITION, AD);
        for k in [k, pairing(&parts.c1, &rk1), pairing(&d1, &d2)] {
            assert_eq!(unmask(&k, &parts, &context), None);
        }
    }
    // Ada's own key decrypts, in her context only.
    let k = pairing(&parts.c1, &(q(&ada.patient_public, CONDITION) * exponent(&ada.patient)));
    assert!(unmask(&k, &parts, &context(&ada.patient_public, CONDITION, AD)).is_some());
    assert_eq!(unmask(&k, &parts, &context(&ben_public, CONDITION, AD)), None);
}

#[test]
fn a_reposted_ciphertext_decrypts_for_its_delegator_only() {
    // An adversary posts Ada's ciphertext, unmodified, as a ciphertext for Ben. The tag verifies.
    let Scenario { patient: ada, sealed, .. } = scenario(34);
    let Scenario { patient: ben, doctor, .. } = scenario(35);
    assert!(sealed.verify(CONDITION, AD).is_ok());
    assert!(conditional::open(&ada, CONDITION, AD, &sealed).is_ok());
    for other in [&ben, &doctor] {
        assert!(conditional::open(other, CONDITION, AD, &sealed).is_err());
    }
}

#[test]
fn a_reencryption_with_a_key_of_another_condition_is_rejected() {
    // A proxy that skips the comparison of conditions computes points and proof for a ciphertext
    // of `CONDITION` with a key of `OTHER`. Both checks hold; the conditions differ.
    let Scenario { patient, patient_public, doctor_public, sealed, .. } = scenario(36);
    let verified = sealed.verify(CONDITION, AD).unwrap();
    let reencryption_with = |condition: &[u8], in_statement: &[u8]| {
        let rekey = conditional::rekeygen(&patient, &doctor_public, condition, &mut rng(37));
        let checked = rekey.verify(&patient_public, &doctor_public, condition).unwrap();
        let context = context(&patient_public, in_statement, AD);
        let proxy = UncheckedProxy::new(&context, &sealed, &doctor_public, &rekey);
        proxy.reencrypt().verify(checked.delegation(), &verified).is_ok()
    };
    assert!(reencryption_with(CONDITION, CONDITION), "this proxy computes valid re-encryptions");
    assert!(!reencryption_with(OTHER, OTHER));
    assert!(!reencryption_with(OTHER, CONDITION));
    assert!(!reencryption_with(CONDITION, OTHER), "the statement contains the condition");
}

#[test]
fn a_proof_is_bound_to_the_delegator() {
    let Scenario { patient_public, doctor_public, sealed, rekey, .. } = scenario(38);
    let verified = sealed.verify(CONDITION, AD).unwrap();
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let accepts = |delegator: &PublicKey| {
        let context = context(delegator, CONDITION, AD);
        let proxy = UncheckedProxy::new(&context, &sealed, &doctor_public, &rekey);
        proxy.reencrypt().verify(checked.delegation(), &verified).is_ok()
    };
    assert!(accepts(&patient_public), "this proxy computes valid re-encryptions");
    assert!(!accepts(&doctor_public) && !accepts(&scenario(39).patient_public));
}

/// Ben's part in an attack on a ciphertext of Ada.
#[derive(Clone, Copy, PartialEq)]
enum Ben {
    /// Ben delegated the condition to the doctor; the proxy applies his key to Ada's ciphertext.
    Honest,
    /// Ben, the doctor and the proxy collude.
    Corrupt,
    /// Ben registered `X_A^5` as his key, without knowledge of its exponent.
    Rogue,
}

/// Returns `true` if the coalition reaches the target `r x_a q_a` of Ada's ciphertext.
fn reaches_across_delegators(ben: Ben, keyless_condition: bool) -> bool {
    reaches(move |rng| {
        let mut draw = || Scalar::random(rng);
        let (x_a, q_a, h, r, s, t) = (draw(), draw(), draw(), draw(), draw(), draw());
        let x_b = match ben {
            Ben::Honest => draw(),
            Ben::Corrupt => Scalar::from(99),
            Ben::Rogue => x_a * Scalar::from(5),
        };
        // The doctor knows their exponent. Q = H(pk, w); with the fault Q = H(w).
        let x_j = Scalar::from(1234);
        let q_b = if keyless_condition { q_a } else { draw() };
        let (rk1, rk2) = ((q_b + x_j * s) * x_b, x_b * s);
        let g1 = vec![Scalar::ONE, x_a, x_b, r, t, r * t];
        let mut g2 = vec![Scalar::ONE, x_a, x_b, q_a, q_b, h, h * r, rk2];
        g2.push(rk1 * t.inverse().unwrap());
        if ben == Ben::Corrupt {
            g2.push(rk1);
        }
        View { g1, g2, gt: vec![], target: r * x_a * q_a }
    })
}

#[test]
fn no_linear_attack_uses_the_key_of_another_delegator() {
    for ben in [Ben::Honest, Ben::Corrupt, Ben::Rogue] {
        assert!(!reaches_across_delegators(ben, false));
    }
    assert!(!reaches_across_delegators(Ben::Honest, true));
    assert!(reaches_across_delegators(Ben::Rogue, true), "deliberate fault: Q = H(w), rogue key");
}
