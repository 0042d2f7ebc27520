//! Provenances of publications and accesses.
#![forbid(unsafe_code)]

use super::Event;
use super::context::Context;
use super::terms::{
    DATA_OPERATION, PARTICIPATION, PROVENANCE_AGENT, TRANSACTION, concept, record, reference,
};
use crate::fhir::time::instant;
use crate::ledger::Action;
use serde_json::{Value, json};

/// Builds the Provenance of an executed publication or access; `None` for other transactions.
pub(super) fn build(event: &Event, context: &Context) -> Option<Value> {
    if event.proof.rejected_by().is_some() {
        return None;
    }
    let agent = |system, code, who: Value| json!({"type": concept((system, code)), "who": who});
    let (activity, agents, source) = match event.transaction.action() {
        Action::Record(record) => {
            let author = context.party("Practitioner", &record.author);
            let institution = context.party("Organization", &record.institution);
            let agents = vec![
                agent(PROVENANCE_AGENT, "author", author),
                agent(PROVENANCE_AGENT, "custodian", institution),
            ];
            ("CREATE", agents, None)
        }
        Action::Access(access) => {
            let proxy = context.party("Device", &access.proxy);
            let reader = context.party("Practitioner", context.reader()?);
            let agents = vec![
                agent(PROVENANCE_AGENT, "performer", proxy),
                agent(PARTICIPATION, "IRCP", reader),
            ];
            let request = reference("Task", TRANSACTION, &hex::encode(access.request));
            ("READ", agents, Some(request))
        }
        _ => return None,
    };
    let time = instant(event.time);
    let mut resource = json!({
        "resourceType": "Provenance",
        "id": event.proof.id(),
        "extension": [event.proof.extension()],
        "target": [record(&context.record)],
        "occurredDateTime": time,
        "recorded": time,
        "activity": concept((DATA_OPERATION, activity)),
        "agent": agents,
    });
    if let Some(request) = source {
        resource["entity"] = json!([{"role": "source", "what": request}]);
    }
    Some(resource)
}
