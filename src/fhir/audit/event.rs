//! AuditEvents by the profiles of IHE BALP.
#![forbid(unsafe_code)]

use super::Event;
use super::context::Context;
use super::terms::{
    BALP_ENTITY, Code, DCM, ENTITY_TYPE, EVENT_TYPE, INTERACTION, LIFECYCLE, OBJECT_ROLE,
    PARTICIPATION, PROVENANCE_AGENT, RESOURCE_TYPE, SOURCE_TYPE, TRANSACTION, chain, coding,
    concept, grant, patient, record, reference, unknown_network,
};
use crate::consensus::Digest;
use crate::fhir::time::instant;
use crate::ledger::{Action, Basis};
use serde_json::{Map, Value, json};

const SOURCE: Code = (DCM, "110153");
const DESTINATION: Code = (DCM, "110152");
const APPLICATION: Code = (DCM, "110150");
const AUTHOR: Code = (PARTICIPATION, "AUT");
const RECIPIENT: Code = (PARTICIPATION, "IRCP");
const INFORMANT: Code = (PARTICIPATION, "INF");
const CUSTODIAN: Code = (PROVENANCE_AGENT, "custodian");
const PERFORMER: Code = (PROVENANCE_AGENT, "performer");

const CREATE: Pattern = Pattern {
    profile: Some("PatientCreate"),
    kind: (EVENT_TYPE, "rest"),
    subtype: (INTERACTION, "create"),
    action: "C",
};
const READ: Pattern =
    Pattern { profile: Some("PatientRead"), subtype: (INTERACTION, "read"), action: "R", ..CREATE };
const DELETE: Pattern = Pattern {
    profile: Some("PatientDelete"),
    subtype: (INTERACTION, "delete"),
    action: "D",
    ..CREATE
};
/// Export of data, disclosed.
const DISCLOSE: Pattern = Pattern {
    profile: Some("PrivacyDisclosure.Source"),
    kind: (DCM, "110106"),
    subtype: (LIFECYCLE, "disclose"),
    action: "R",
};
/// Security alert: use of a restricted function. BALP has no profile for it.
const ALERT: Pattern =
    Pattern { profile: None, kind: (DCM, "110113"), subtype: (DCM, "110132"), action: "E" };

/// The fixed elements of a profile.
struct Pattern {
    profile: Option<&'static str>,
    kind: Code,
    subtype: Code,
    action: &'static str,
}

/// Builds the AuditEvent of a transaction; `None` if the context lacks the owner key, or the
/// transaction concerns no record.
pub(super) fn build(event: &Event, context: &Context) -> Option<Value> {
    let owner = patient(context.owner.as_ref()?);
    let replicas = chain(event.proof.chain());
    let subject = record(&context.record);
    let id = event.transaction.id();
    let (pattern, agents, data, more) = match event.transaction.action() {
        Action::Record(record) => {
            let author = context.party("Practitioner", &record.author);
            let institution = context.party("Organization", &record.institution);
            let agents = vec![
                machine(SOURCE, &author),
                machine(DESTINATION, &replicas),
                person(AUTHOR, &author, true),
                person(CUSTODIAN, &institution, false),
            ];
            (CREATE, agents, subject, vec![])
        }
        Action::Grant(action) => {
            let agents = vec![
                machine(SOURCE, &owner),
                machine(DESTINATION, &replicas),
                person(AUTHOR, &owner, true),
                person(RECIPIENT, &context.party("Practitioner", &action.reader), false),
                person(PERFORMER, &context.party("Device", &action.proxy), false),
            ];
            (CREATE, agents, grant(&id), vec![shared(&subject)])
        }
        Action::Request(request) => {
            let reader = context.party("Practitioner", &request.reader);
            let agents = vec![
                machine(DESTINATION, &reader),
                machine(SOURCE, &replicas),
                person(RECIPIENT, &reader, true),
            ];
            let basis = match &request.basis {
                Basis::Grant(id) => vec![consent(&grant(id))],
                Basis::Policy => vec![],
            };
            let request = request_entity(&id);
            (READ, agents, subject, [basis, vec![request]].concat())
        }
        Action::Access(access) => {
            let proxy = context.party("Device", &access.proxy);
            let agents = vec![
                machine(SOURCE, &proxy),
                machine(DESTINATION, &context.party("Practitioner", context.reader()?)),
            ];
            (DISCLOSE, agents, subject, vec![request_entity(&access.request)])
        }
        Action::Revoke(revoke) => {
            let revoker = patient(&revoke.owner);
            let agents = vec![
                machine(APPLICATION, &revoker),
                machine(CUSTODIAN, &replicas),
                person(AUTHOR, &revoker, true),
            ];
            (DELETE, agents, grant(&revoke.grant), vec![shared(&subject)])
        }
        Action::Evidence(evidence) => {
            let released = &evidence.receipt.released;
            let agents = vec![
                person(INFORMANT, &context.party("Practitioner", &evidence.reporter), true),
                person(PERFORMER, &context.party("Device", &released.proxy), false),
            ];
            (ALERT, agents, subject, vec![request_entity(&released.request)])
        }
        Action::Register(_)
        | Action::Renew(_)
        | Action::Withdraw(_)
        | Action::AttributeRevocation(_)
        | Action::Anchor(_)
        | Action::Equivocation(_) => return None,
    };
    // The observer of a disclosure is its source (BALP, val-audit-source).
    let observer = match event.transaction.action() {
        Action::Access(_) => agents[0]["who"].clone(),
        _ => replicas,
    };
    let mut entities = vec![
        entity((ENTITY_TYPE, "1"), Some((OBJECT_ROLE, "1")), &owner),
        entity((ENTITY_TYPE, "2"), Some((OBJECT_ROLE, "4")), &data),
    ];
    entities.extend(more);
    Some(Value::Object(assemble(event, &pattern, &agents, &observer, &entities)))
}

fn assemble(
    event: &Event,
    pattern: &Pattern,
    agents: &[Value],
    observer: &Value,
    entities: &[Value],
) -> Map<String, Value> {
    let rejected_by = event.proof.rejected_by();
    let mut resource = Map::new();
    let mut set = |key: &str, value: Value| drop(resource.insert(key.to_owned(), value));
    set("resourceType", "AuditEvent".into());
    set("id", event.proof.id().into());
    if let (Some(profile), None) = (pattern.profile, rejected_by) {
        let base = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
        set("meta", json!({"profile": [format!("{base}{profile}")]}));
    }
    set("extension", json!([event.proof.extension()]));
    set("type", coding(pattern.kind));
    set("subtype", json!([coding(pattern.subtype)]));
    set("action", pattern.action.into());
    set("recorded", instant(event.time).into());
    // Success, or minor failure: the action was not permitted.
    set("outcome", if rejected_by.is_none() { "0" } else { "4" }.into());
    if let Some(rule) = rejected_by {
        set("outcomeDesc", rule.to_string().into());
    }
    set("agent", agents.into());
    let application_server = coding((SOURCE_TYPE, "4"));
    set("source", json!({"observer": observer, "type": [application_server]}));
    set("entity", entities.into());
    resource
}

/// Returns an agent with a network.
fn machine(kind: Code, who: &Value) -> Value {
    json!({
        "type": concept(kind), "who": who, "requestor": false, "network": unknown_network(),
    })
}

/// Returns an agent without a network.
fn person(kind: Code, who: &Value, is_requestor: bool) -> Value {
    let mut agent = json!({"type": concept(kind), "who": who, "requestor": is_requestor});
    if let Some(name) = who.get("display") {
        agent["name"] = name.clone();
    }
    agent
}

fn entity(kind: Code, role: Option<Code>, what: &Value) -> Value {
    let mut entity = json!({"type": coding(kind), "what": what});
    if let Some(role) = role {
        entity["role"] = coding(role);
    }
    entity
}

/// Returns the record that a grant covers.
fn shared(record: &Value) -> Value {
    entity((RESOURCE_TYPE, "DocumentReference"), None, record)
}

/// Returns the grant that a request is based on.
fn consent(grant: &Value) -> Value {
    entity((RESOURCE_TYPE, "Consent"), None, grant)
}

/// Returns the identifier that links a request, its access and evidence.
fn request_entity(request: &Digest) -> Value {
    let what = reference("Task", TRANSACTION, &hex::encode(request));
    entity((BALP_ENTITY, "XrequestId"), None, &what)
}
