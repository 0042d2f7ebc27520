//! A model of the R4 specification: `fhirkit`, generated from it, which reports unknown elements,
//! violated cardinalities and malformed primitives.

use serde_json::Value;

/// Asserts that a resource is valid FHIR R4.
pub(crate) fn assert_valid(resource: &Value) {
    let text = resource.to_string();
    if let Err(error) = fhirkit::from_json_strict::<fhirkit::r4::Resource>(&text) {
        panic!("{error}\n{resource:#}");
    }
}

#[test]
fn the_model_rejects_unknown_missing_and_malformed_elements() {
    let event = serde_json::json!({
        "resourceType": "AuditEvent",
        "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110113"},
        "recorded": "2026-01-01T00:00:00.000Z",
        "agent": [{"requestor": true}],
        "source": {"observer": {"display": "a"}},
    });
    assert_valid(&event);
    for (pointer, value) in [
        ("/unknown", "a".into()),
        ("/recorded", "2026-01-01".into()),
        ("/agent", Value::Null),
        ("/agent/0/requestor", Value::Null),
        ("/agent/0/requestor", "true".into()),
        ("/source/observer", Value::Null),
        ("/type/code", 1.into()),
    ] {
        let mut changed = event.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            parent.remove(key)
        } else {
            parent.insert(key.to_owned(), value)
        };
        let read = fhirkit::from_json_strict::<fhirkit::r4::Resource>(&changed.to_string());
        assert!(read.is_err(), "{pointer}");
    }
}
