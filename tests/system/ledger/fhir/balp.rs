//! The constraints of the profiles of IHE BALP 1.1 (`ihe.iti.balp`) that exported events claim,
//! from the StructureDefinitions at `profiles.ihe.net/ITI/BALP` (CC BY 4.0).

use super::*;

const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const REST: (&str, &str) = ("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest");
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ENTITY: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";

type Code = (&'static str, &'static str);

/// A slice of `agent`, by the codes of its type.
struct Agent {
    types: &'static [Code],
    required: bool,
    /// `Some(true)` for 1..1, `Some(false)` for 0..0.
    network: Option<bool>,
    requestor: Option<bool>,
}

struct Profile {
    name: &'static str,
    kind: Code,
    /// Required values of one `subtype`.
    subtypes: &'static [Code],
    action: &'static str,
    agents: &'static [Agent],
    /// `entity[data]` 1..1 of type 2 and of role 3, 4 or 20.
    data: bool,
}

const SOURCE: Code = (DCM, "110153");
const DESTINATION: Code = (DCM, "110152");
const USERS: &[Code] = &[(PARTICIPATION, "AUT"), (PARTICIPATION, "INF"), (PARTICIPATION, "CST")];

const fn machine(types: &'static [Code]) -> Agent {
    Agent { types, required: true, network: Some(true), requestor: None }
}

const fn user(types: &'static [Code]) -> Agent {
    Agent { types, required: false, network: Some(false), requestor: Some(true) }
}

const ALL: [Profile; 4] = [
    Profile {
        name: "PatientCreate",
        kind: REST,
        subtypes: &[(INTERACTION, "create")],
        action: "C",
        agents: &[machine(&[SOURCE]), machine(&[DESTINATION]), user(USERS)],
        data: true,
    },
    Profile {
        name: "PatientRead",
        kind: REST,
        subtypes: &[(INTERACTION, "read"), (INTERACTION, "vread")],
        action: "R",
        agents: &[machine(&[DESTINATION]), machine(&[SOURCE]), user(&[(PARTICIPATION, "IRCP")])],
        data: true,
    },
    Profile {
        name: "PatientDelete",
        kind: REST,
        subtypes: &[(INTERACTION, "delete")],
        action: "D",
        agents: &[
            machine(&[(DCM, "110150")]),
            machine(&[(
                "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                "custodian",
            )]),
            user(USERS),
        ],
        data: true,
    },
    Profile {
        name: "PrivacyDisclosure.Source",
        kind: (DCM, "110106"),
        subtypes: &[("http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose")],
        action: "R",
        agents: &[machine(&[SOURCE]), machine(&[DESTINATION])],
        data: false,
    },
];

fn is(coding: &Value, (system, code): Code) -> bool {
    coding["system"] == system && coding["code"] == code
}

fn check(holds: bool, rule: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule.to_owned()) }
}

/// Checks an event against the profile that it claims.
fn conforms(event: &Value) -> Result<(), String> {
    let profile = event["meta"]["profile"][0].as_str().ok_or("no profile")?;
    let name = profile.strip_prefix(PROFILES).ok_or("a profile of BALP")?;
    let profile = ALL.iter().find(|profile| profile.name == name).ok_or("a known profile")?;
    let list = |key: &str| event[key].as_array().cloned().unwrap_or_default();
    check(is(&event["type"], profile.kind), "type")?;
    let of_profile = |subtype: &Value| profile.subtypes.iter().any(|code| is(subtype, *code));
    check(list("subtype").iter().filter(|s| of_profile(s)).count() == 1, "subtype")?;
    check(event["action"] == profile.action, "action")?;
    check(event["recorded"].is_string(), "recorded")?;
    check(event["outcome"] == "0", "outcome")?;
    check(event.get("modifierExtension").is_none(), "modifierExtension")?;
    let agents = list("agent");
    check(agents.len() >= 2, "agent 2..")?;
    for slice in profile.agents {
        let of_slice = |agent: &&Value| {
            let codings = agent["type"]["coding"].as_array().cloned().unwrap_or_default();
            codings.iter().any(|coding| slice.types.iter().any(|code| is(coding, *code)))
        };
        let found: Vec<&Value> = agents.iter().filter(of_slice).collect();
        let range = if slice.required { 1..=1 } else { 0..=1 };
        check(range.contains(&found.len()), "agent slice")?;
        for agent in found {
            check(agent["who"].is_object(), "agent.who")?;
            check(agent.get("media").is_none(), "agent.media")?;
            let network = agent.get("network").is_some();
            check(slice.network.is_none_or(|required| required == network), "agent.network")?;
            let requestor = slice.requestor.map(Value::from);
            check(requestor.is_none_or(|r| r == agent["requestor"]), "agent.requestor")?;
        }
    }
    if profile.name == "PrivacyDisclosure.Source" {
        let source = agents.iter().find(|agent| is(&agent["type"]["coding"][0], SOURCE));
        let observer = &event["source"]["observer"];
        check(source.is_some_and(|source| source["who"] == *observer), "val-audit-source")?;
    }
    let entities = list("entity");
    check(entities.len() >= 2, "entity 2..")?;
    let of_type = |code: Code| entities.iter().filter(move |entity| is(&entity["type"], code));
    check(of_type((ENTITY, "1")).count() == 1, "entity[patient]")?;
    for patient in of_type((ENTITY, "1")) {
        check(is(&patient["role"], (ROLE, "1")), "entity[patient].role")?;
        check(patient["what"]["type"] == "Patient", "entity[patient].what")?;
    }
    if profile.data {
        check(of_type((ENTITY, "2")).count() == 1, "entity[data]")?;
    }
    for data in of_type((ENTITY, "2")).filter(|_| profile.data) {
        let role = ["3", "4", "20"].into_iter().any(|code| is(&data["role"], (ROLE, code)));
        check(role, "entity[data].role")?;
        check(data["what"].is_object(), "entity[data].what")?;
    }
    let balp = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
    let transactions: Vec<&Value> = of_type((balp, "XrequestId")).collect();
    check(transactions.len() <= 1, "entity[transaction]")?;
    let has_value = |entity: &&Value| entity["what"]["identifier"]["value"].is_string();
    check(transactions.iter().all(has_value), "entity[transaction].what.identifier.value")
}

#[test]
fn executed_transactions_conform_to_their_profiles_and_others_claim_none() {
    let mut claimed = BTreeSet::new();
    for event in Shared::new().resources() {
        if event["resourceType"] == "Provenance" {
            continue;
        }
        let is_alert = is(&event["type"], (DCM, "110113"));
        if event["outcome"] == "0" && !is_alert {
            assert_eq!(conforms(&event), Ok(()), "{event:#}");
            claimed.insert(event["meta"]["profile"][0].as_str().unwrap().to_owned());
        } else {
            assert_eq!(event.get("meta"), None, "{event:#}");
        }
    }
    let all: BTreeSet<String> =
        ALL.iter().map(|profile| format!("{PROFILES}{}", profile.name)).collect();
    assert_eq!(claimed, all);
}

#[test]
fn the_check_of_profiles_finds_changed_and_missing_elements() {
    let events: Vec<Value> = Shared::new().resources();
    let of = |profile: &str| {
        let url = format!("{PROFILES}{profile}");
        events.iter().find(|event| event["meta"]["profile"][0] == url.as_str()).unwrap().clone()
    };
    let changes: [(&str, Option<&str>, &str); 14] = [
        ("/type/code", Some("object"), "type"),
        ("/subtype/0/code", Some("operation"), "subtype"),
        ("/action", Some("U"), "action"),
        ("/outcome", Some("4"), "outcome"),
        ("/agent/0/type/coding/0/code", Some("1"), "agent slice"),
        ("/agent/1/type/coding/0/code", Some("1"), "agent slice"),
        ("/agent/0/who", None, "agent.who"),
        ("/agent/0/network", None, "agent.network"),
        ("/agent/2/requestor", Some("false"), "agent.requestor"),
        ("/entity/0/type/code", Some("3"), "entity[patient]"),
        ("/entity/0/role/code", Some("2"), "entity[patient].role"),
        ("/entity/0/what/type", Some("Group"), "entity[patient].what"),
        ("/entity/1/type/code", Some("3"), "entity[data]"),
        ("/entity/1/role/code", Some("5"), "entity[data].role"),
    ];
    for profile in ["PatientCreate", "PatientRead", "PatientDelete"] {
        for (pointer, value, rule) in changes {
            let mut event = of(profile);
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = event.pointer_mut(parent).unwrap();
            match value {
                Some(value) => parent[key] = value.into(),
                None => drop(parent.as_object_mut().unwrap().remove(key)),
            }
            assert_eq!(conforms(&event), Err(rule.to_owned()), "{profile} {pointer}");
        }
    }
    let mut event = of("PrivacyDisclosure.Source");
    event["source"]["observer"]["identifier"]["value"] = "other".into();
    assert_eq!(conforms(&event), Err("val-audit-source".to_owned()));
}
