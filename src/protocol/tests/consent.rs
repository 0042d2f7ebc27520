//! What a patient does not consent to.
#![forbid(unsafe_code)]

use super::*;

/// Why she does not consent to what is drafted for this.
fn refusal(
    desk: &mut Desk,
    (sealed, introduction, index): (&SealedRecord, &Introduction, &[Vec<u8>]),
) -> ProtocolError {
    let draft = desk.draft((sealed, introduction, index.to_vec()));
    desk.consent(&draft, sealed).unwrap_err()
}

#[test]
fn a_patient_does_not_consent_to_an_envelope_that_lists_something_else() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    // Her locks lead to the envelope, which lists the sections in another order.
    sealed.sections.swap(0, 1);
    let draft = desk.draft((&sealed, &introduction, index.clone()));
    let listed =
        |outcome| matches!(outcome, Err(ProtocolError::DigestMismatch("the record's envelope")));
    assert!(listed(desk.consent(&draft, &sealed)));
    sealed.sections.swap(0, 1);
    let draft = desk.draft((&sealed, &introduction, index));
    // The envelope's bytes are not those of its name.
    let honest = std::mem::take(&mut sealed.envelope.1);
    assert!(listed(desk.consent(&draft, &sealed)));
    let mut changed = Envelope::from_bytes(&honest).unwrap();
    changed.length += 1;
    sealed.envelope.1 = changed.to_bytes();
    assert!(listed(desk.consent(&draft, &sealed)));
    sealed.envelope.1 = honest;
    assert!(desk.consent(&draft, &sealed).is_ok());
}

#[test]
fn a_patient_does_not_consent_to_a_lock_that_no_proxy_would_touch() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    let draft = desk.draft((&sealed, &introduction, index.clone()));
    assert!(desk.consent(&draft, &sealed).is_ok());
    // [version][kind] C1 48, W 32, then the tag C4: another point, everything else as it was.
    let mut lock = sealed.sections[0].wrapped_for_patient().to_vec();
    lock[82..178].copy_from_slice(&other_point(&mut desk.rng).to_bytes());
    sealed.sections[0].replace_wrapped_for_patient(lock);
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Lock(_)), "{error}");
}

#[test]
fn a_patient_does_not_consent_to_a_policy_lock_that_opens_differently_for_two() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    let draft = desk.draft((&sealed, &introduction, index.clone()));
    assert!(desk.consent(&draft, &sealed).is_ok());
    let honest = sealed.sections[0].wrapped_for_policy().to_vec();
    // The same elements under a policy that fewer satisfy, or more.
    let lock = <abe::Ciphertext>::from_bytes(&honest).unwrap();
    let text = lock.header().policy().to_string();
    assert_eq!(text, "neurology and epoch:0");
    let position = honest.windows(text.len()).position(|w| w == text.as_bytes()).unwrap();
    let mut renamed = honest.clone();
    renamed[position..position + 9].copy_from_slice(b"neurologx");
    sealed.sections[0].replace_wrapped_for_policy(renamed);
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::NotAuthorised(_)), "{error:?}");
    // A row negated: well formed, and no honest header.
    let rows = position + text.len() + 2 * 96;
    let mut negated = honest.clone();
    negated[rows] ^= 0x20;
    assert!(<abe::Ciphertext>::from_bytes(&negated).is_ok());
    sealed.sections[0].replace_wrapped_for_policy(negated);
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::InconsistentHeader(_)), "{error:?}");
    sealed.sections[0].replace_wrapped_for_policy(honest[..honest.len() - 1].to_vec());
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Decode("the policy lock", _)), "{error:?}");
    sealed.sections[0].replace_wrapped_for_policy(honest);
    assert!(desk.consent(&draft, &sealed).is_ok());
    // Written before somebody's attributes were taken away, shown to her afterwards.
    desk.authority.next_epoch();
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::NotAuthorised(_)), "{error:?}");
}

#[test]
fn a_patient_does_not_consent_to_a_policy_that_the_ledger_would_not_hold() {
    let mut desk = Desk::new();
    let current = desk.locks();
    let other = Policies::uniform("cardiology".parse().unwrap());
    let other = desk.authority.locks(&other).unwrap();
    let (mut sealed, introduction, index) = desk.seal_with_randomness(&other);
    for section in &mut sealed.sections {
        let policy = current.policies.of(section.class());
        let lock = abe::seal(&current.parameters, policy, b"", b"", &mut desk.rng);
        section.replace_wrapped_for_policy(lock.to_bytes());
    }
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    let named = matches!(error, ProtocolError::DigestMismatch("the policy of a lock"));
    assert!(named, "{error:?}");
}

#[test]
fn a_patient_does_not_consent_to_a_ciphertext_under_the_name_of_another() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    sealed.sections[0].name = sealed.sections[1].name;
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    let named = matches!(error, ProtocolError::DigestMismatch("the section's ciphertext"));
    assert!(named, "{error:?}");
}

#[test]
fn a_patient_does_not_consent_to_a_ciphertext_that_her_key_does_not_open() {
    let mut desk = Desk::new();
    let (mut sealed, introduction, index) = desk.seal();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut sealed.sections[0].ciphertext().unwrap(), &mut bytes).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    sealed.sections[0].replace_ciphertext(&bytes);
    let error = refusal(&mut desk, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Decryption(_)), "{error}");
}
