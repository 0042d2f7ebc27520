use super::*;
use std::collections::BTreeSet;

/// Two records of one patient with different doctors and hospitals have no 32 consecutive bytes in
/// common, under the same policies: no key, no digest, no tag, no group element.
#[test]
fn records_of_one_patient_by_two_doctors_are_unlinkable() {
    let mut world = World::new(10);
    let of_a = world.seal(A, ADA, BUNDLE, "bundle.json");
    let of_a = world.publish_sealed(A, ADA, 0, of_a);
    let of_c = world.seal(C, ADA, BUNDLE, "bundle.json");
    let of_c = world.publish_sealed(C, ADA, 1, of_c);
    let (a, c) = (of_a.to_bytes(), of_c.to_bytes());
    assert_eq!(common_window(&a, &c), None);
    // The test detects links: another record of the same author has the author's key.
    let again = world.seal(C, ADA, BUNDLE, "bundle.json");
    let again = world.publish_sealed(C, ADA, 0, again);
    assert!(common_window(&c, &again.to_bytes()).is_some());
}

/// Neither a class nor a policy can be guessed from the ledger or from the envelope.
#[test]
fn tags_and_envelopes_do_not_reveal_classes_and_policies() {
    let mut world = World::new(13);
    let ids = [ADA, BEA].map(|patient| world.publish(A, patient, BUNDLE, "bundle.json"));
    let classes = ids.map(|id| {
        let sections = &world.state().record(&id).unwrap().unwrap().sections;
        let class = |s| world.patients.iter().find_map(|patient| patient.class_of(s)).unwrap();
        assert!(sections.is_sorted_by(|a, b| a.tag < b.tag));
        sections.iter().map(class).collect::<Vec<_>>()
    });
    // The same classes, in an order that depends on the tags of the patient.
    assert_ne!(classes[0], classes[1]);
    let sorted = classes.map(BTreeSet::from_iter);
    assert_eq!(sorted[0], sorted[1]);
    // An envelope has the identifier of the record and one hash and length per section.
    let (_, envelope) = world.envelope(&ids[0]);
    assert_eq!(envelope.to_bytes().len(), 2 + 32 + 4 + 4 * 40);
}

/// The patient grants two readers the same search. The ledger shows neither that the terms are
/// equal, nor that a proxy receives the same trapdoors.
#[test]
fn two_grants_for_the_same_search_have_no_common_commitment() {
    let mut world = World::new(14);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = Terms { search: vec![stroke(), stroke()], ..world.terms(&[record]) };
    let commitments = [B, C].map(|reader| {
        let issued = world.grant_uncommitted(reader, &terms).unwrap();
        let Action::Grant(grant) = issued.transaction.action() else { panic!("not a grant") };
        grant.trapdoors.clone()
    });
    // Within one grant, equal terms are visible.
    assert!(commitments.iter().all(|of_grant| of_grant[0] == of_grant[1]));
    assert_ne!(commitments[0][0], commitments[1][0]);
}

fn common_window(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let of_a: std::collections::HashSet<&[u8]> = a.windows(32).collect();
    b.windows(32).find(|window| of_a.contains(window)).map(<[u8]>::to_vec)
}

#[test]
fn the_ledger_contains_no_identifiers_or_plaintext_of_patients() {
    let mut world = World::new(11);
    world.publish(A, ADA, BUNDLE, "bundle.json");
    let patient = &world.patients[ADA];
    let certificate = patient.certificate().verify(&world.centre.verifying_key()).unwrap();
    let name = certificate.name.as_bytes();
    let keys: [&[u8]; 2] = [certificate.key.as_bytes(), &certificate.pre_key[2..50]];
    let in_file = ["Åström", "patient-4711", "urn:oid:1.2.276", "X110411675", "230690007"];
    let in_file = in_file.map(str::as_bytes);
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|w| w == part);
    assert!(in_file.iter().all(|part| contains(BUNDLE, part)));
    for committed in world.ledger().blocks() {
        let bytes = committed.unwrap().block.to_bytes();
        for secret in keys.into_iter().chain(in_file).chain([name]) {
            assert!(!contains(&bytes, secret));
        }
    }
}

#[test]
fn debug_output_names_no_patient_pseudonym_or_term() {
    let mut world = World::new(12);
    let (introduction, query) = (world.introduce(ADA, B).unwrap(), world.ask(B, START));
    let patient = &world.patients[ADA];
    let pseudonym = format!("{:?}", query.pseudonym);
    let forwarded = world.manager.forward(world.view(), &query).unwrap();
    for shown in [
        format!("{patient:?}"),
        format!("{introduction:?}"),
        format!("{query:?}"),
        format!("{:?}", patient.receive(world.view(), &forwarded).unwrap()),
        format!("{forwarded:?}"),
    ] {
        for hidden in ["Ada", "Byron", "230690007", "stroke", pseudonym.as_str()] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
