//! The verification of exported resources against the headers of blocks.

use super::*;
use epione::fhir::audit::{ProofError, VerifyError, verify};

fn verify_in(shared: &Shared, resource: &Value) -> Result<audit::Verified, VerifyError> {
    verify(resource, CHAIN, &shared.header(resource), None)
}

#[test]
fn every_resource_verifies_against_the_header_of_its_block() {
    let shared = Shared::new();
    for resource in shared.resources() {
        let header = shared.header(&resource);
        for state in [None, Some(shared.chain.ledger.state())] {
            let verified = verify(&resource, CHAIN, &header, state).unwrap();
            let found = shared.chain.ledger.find(&verified.transaction.id()).unwrap();
            let (block, index) = found.unwrap();
            assert_eq!((verified.time, block.header.hash()), (header.time, header.hash()));
            let executed = resource["outcome"] != "4";
            assert_eq!(verified.rejected_by.is_none(), executed);
            if executed {
                assert_eq!(block.entries[index].rejected_by, None);
            }
        }
    }
}

#[test]
fn a_proof_holds_for_its_chain_and_block_only() {
    let shared = Shared::new();
    let event = &shared.resources()[4];
    let header = &shared.header(event);
    let refused = |chain: &str, header: &epione::ledger::Header| {
        verify(event, chain, header, None).unwrap_err()
    };
    assert_eq!(refused("other", header), ProofError::Chain.into());
    for other in shared.chain.blocks() {
        if other.block.header != *header {
            assert_eq!(refused(CHAIN, &other.block.header), ProofError::Block.into());
        }
    }
    // A header with the same root and another hash.
    let mut changed = header.clone();
    changed.time += 1;
    assert_eq!(refused(CHAIN, &changed), ProofError::Block.into());
    let mut changed = header.clone();
    changed.entries_root = [0; 32];
    assert_eq!(refused(CHAIN, &changed), ProofError::Block.into());
}

/// Returns the members of the proof.
fn members(event: &mut Value) -> &mut Vec<Value> {
    event["extension"][0]["extension"].as_array_mut().unwrap()
}

#[test]
fn a_changed_entry_path_index_or_count_does_not_verify() {
    let shared = Shared::new();
    let event = &shared.resources()[4];
    assert!(members(&mut event.clone()).iter().filter(|m| m["url"] == "path").count() == 2);
    let with = |url: &str, key: &str, value: Value| {
        let mut event = event.clone();
        let member = members(&mut event).iter_mut().find(|member| member["url"] == url).unwrap();
        assert!(member.get(key).is_some_and(|old| *old != value), "{url} {key} changes");
        member[key] = value;
        verify_in(&shared, &event)
    };
    let path: Result<_, VerifyError> = Err(ProofError::Path.into());
    assert_eq!(with("path", "valueString", hex::encode([1; 32]).into()), path);
    assert_eq!(with("index", "valueUnsignedInt", 0.into()), path);
    assert_eq!(with("index", "valueUnsignedInt", 3.into()), path);
    assert_eq!(with("count", "valuePositiveInt", 4.into()), path);

    // The outcome is the last byte of the entry; the transaction precedes it.
    let entry = data_encoding::BASE64.decode(member(event, "entry").as_str().unwrap().as_bytes());
    let entry = entry.unwrap();
    let changed = |index: usize, bit: u8| {
        let mut entry = entry.clone();
        entry[index] ^= bit;
        with("entry", "valueBase64Binary", data_encoding::BASE64.encode(&entry).into())
    };
    let outcome = Rule::AlreadyRegistered as u8;
    assert_eq!(changed(entry.len() - 1, outcome), path, "the outcome");
    for index in 4..entry.len() - 1 {
        assert_eq!(changed(index, 1), path, "byte {index} of the transaction");
    }
    let malformed: Result<_, VerifyError> = Err(ProofError::Malformed.into());
    assert_eq!(changed(3, 1), malformed, "the length of the transaction");
    assert_eq!(changed(entry.len() - 1, 0x80), malformed, "no such outcome");

    for (drop, expected) in [
        ("path", path),
        ("chain", malformed.clone()),
        ("height", malformed.clone()),
        ("block", malformed.clone()),
        ("index", malformed.clone()),
        ("count", malformed.clone()),
        ("entry", malformed.clone()),
    ] {
        let mut event = event.clone();
        let all = members(&mut event);
        all.remove(all.iter().position(|member| member["url"] == drop).unwrap());
        let header = shared.header(&shared.resources()[4]).clone();
        assert_eq!(verify(&event, CHAIN, &header, None), expected, "without {drop}");
    }
}

#[test]
fn malformed_proofs_are_rejected_before_they_are_computed() {
    let shared = Shared::new();
    let event = &shared.resources()[4];
    let header = shared.header(event);
    let malformed: Result<_, VerifyError> = Err(ProofError::Malformed.into());
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut event = event.clone();
        change(&mut event);
        verify(&event, CHAIN, &header, None)
    };
    let set = |url: &'static str, key: &'static str, value: Value| {
        changed(&move |event| {
            let all = members(event);
            all.iter_mut().find(|member| member["url"] == url).unwrap()[key] = value.clone();
        })
    };
    assert_eq!(changed(&|event| *event = Value::Null), malformed);
    assert_eq!(changed(&|event| event["extension"] = Value::Null), malformed);
    assert_eq!(changed(&|event| event["extension"][0]["url"] = "other".into()), malformed);
    let twice = |event: &mut Value| {
        let all = event["extension"].as_array_mut().unwrap();
        all.push(all[0].clone());
    };
    assert_eq!(changed(&twice), malformed);
    let sibling = serde_json::json!({"url": "path", "valueString": hex::encode([1; 32])});
    let long = |event: &mut Value| members(event).extend(vec![sibling.clone(); 13]);
    assert_eq!(changed(&long), malformed);
    assert_eq!(set("count", "valuePositiveInt", 4097.into()), malformed);
    assert_eq!(set("count", "valuePositiveInt", 0.5.into()), malformed);
    assert_eq!(set("index", "valueUnsignedInt", (-1).into()), malformed);
    assert_eq!(set("height", "valueString", "five".into()), malformed);
    assert_eq!(set("block", "valueString", "ab".into()), malformed);
    assert_eq!(set("chain", "valueString", "c".repeat(65).into()), malformed);
    assert_eq!(set("entry", "valueBase64Binary", "AA==".into()), malformed);
    assert_eq!(set("entry", "valueBase64Binary", "A".repeat(1 << 21).into()), malformed);
    // A leaf of the last index of another tree shape.
    let path: Result<_, VerifyError> = Err(ProofError::Path.into());
    assert_eq!(set("index", "valueUnsignedInt", u64::MAX.into()), path);
    // A member that is ignored on reading is compared.
    let more = |event: &mut Value| members(event).push(serde_json::json!({"url": "more"}));
    assert_eq!(changed(&more), Err(VerifyError::Resource));
}

/// Returns the paths of all values that are neither lists nor objects.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, v)| leaves(v, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| leaves(v, &format!("{path}/{i}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

/// Returns a different value of the same form; for a key, a key of no registered party.
fn other(value: &Value, parties: &Parties) -> Value {
    let all =
        [&parties.doctor, &parties.reader, &parties.institution, &parties.proxy, &parties.owner];
    match value {
        Value::Bool(value) => (!value).into(),
        Value::String(text) if all.iter().any(|key| key.verifying_key().to_string() == *text) => {
            parties.stranger.verifying_key().to_string().into()
        }
        Value::String(text) if text.len() == 64 => {
            let end = if text.ends_with('0') { "1" } else { "0" };
            format!("{}{end}", &text[..63]).into()
        }
        Value::String(text) => format!("{text}x").into(),
        Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
        _ => panic!("{value}"),
    }
}

#[test]
fn every_element_is_bound_to_the_transaction_or_to_the_state() {
    let shared = Shared::new();
    let state = shared.chain.ledger.state();
    let mut unbound = BTreeSet::new();
    for resource in shared.resources() {
        let header = shared.header(&resource);
        let mut paths = Vec::new();
        leaves(&resource, "", &mut paths);
        assert!(paths.len() > 30);
        for path in paths {
            let mut changed = resource.clone();
            let value = changed.pointer_mut(&path).unwrap();
            *value = other(value, &shared.chain.parties);
            let with_state = verify(&changed, CHAIN, &header, Some(state));
            assert!(with_state.is_err(), "{path} of {resource:#}");
            if verify(&changed, CHAIN, &header, None).is_ok() {
                let code = resource.pointer("/subtype/0/code");
                let code = code.or(resource.pointer("/activity/coding/0/code")).unwrap();
                unbound.insert(format!("{} {path}", code.as_str().unwrap()));
            }
        }
        let mut more = resource.clone();
        more["language"] = "en".into();
        assert_eq!(verify(&more, CHAIN, &header, None), Err(VerifyError::Resource));
    }
    // The elements that the documentation lists, apart from names.
    let (owner, reader) = ("/entity/0/what/identifier/value", "/agent/1/who/identifier/value");
    let expected = [
        format!("110132 {owner}"),
        "110132 /entity/1/what/identifier/value".to_owned(),
        format!("READ {reader}"),
        "READ /target/0/identifier/value".to_owned(),
        "create /entity/2/what/identifier/value".to_owned(),
        format!("delete {owner}"),
        "delete /entity/2/what/identifier/value".to_owned(),
        format!("disclose {reader}"),
        format!("disclose {owner}"),
        "disclose /entity/1/what/identifier/value".to_owned(),
        format!("read {owner}"),
    ];
    let is_name = |path: &String| path.ends_with("/who/display") || path.ends_with("/name");
    unbound.retain(|path| !is_name(path));
    assert_eq!(unbound, BTreeSet::from(expected));
}

#[test]
fn a_grant_is_not_verified_for_an_owner_key_that_it_does_not_cover() {
    let shared = Shared::new();
    let event = &shared.resources()[3];
    let p = &shared.chain.parties;
    let key = |key: &SigningKey| key.verifying_key().to_string();
    let with = |owner: &SigningKey| {
        let text = event.to_string().replace(&key(&p.owner), &key(owner));
        verify(&serde_json::from_str(&text).unwrap(), CHAIN, &shared.header(event), None)
    };
    assert_eq!(with(&p.stranger), Err(VerifyError::Kind));
    // The grant covers this key as well.
    assert!(with(&p.other_owner).is_ok());
}

#[test]
fn a_resource_of_another_transaction_with_a_valid_proof_does_not_verify() {
    let shared = Shared::new();
    let resources = shared.resources();
    for (i, resource) in resources.iter().enumerate() {
        for (j, other) in resources.iter().enumerate().filter(|(j, _)| *j != i) {
            let mut mixed = resource.clone();
            mixed["extension"] = other["extension"].clone();
            if mixed != *resource {
                let outcome = verify(&mixed, CHAIN, &shared.header(other), None);
                assert!(outcome.is_err(), "{i} with the proof of {j}");
            }
        }
    }
    let mut kind = resources[0].clone();
    kind["resourceType"] = "Observation".into();
    assert_eq!(verify_in(&shared, &kind), Err(VerifyError::Kind));
}
