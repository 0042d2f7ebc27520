//! The trace of a simulation: JSON objects, one per line.

use super::options::Options;
use super::report::Summary;
use crate::files::Failure;
use epione::sim::{Endpoint, Journal, Network, Observation, Observed};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The version of the schema.
const VERSION: u32 = 1;

/// A trace that is written while the simulation runs.
pub(super) struct Trace {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Trace {
    /// Creates the file, or replaces its content.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| {
            Failure::from(format!("--trace {}: cannot be written: {error}", path.display()))
        })?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Writes the first object: the schema and the configuration.
    pub(super) fn header(
        &mut self,
        options: &Options,
        network: &Network<Journal>,
    ) -> Result<(), Failure> {
        let config = network.config();
        let groups: Vec<_> = config.groups().iter().map(|group| &group.ranking).collect();
        let faulty = config.members().filter_map(|member| {
            let behaviour = network.behaviour(member.id);
            let byzantine = behaviour != epione::sim::Behaviour::Honest;
            byzantine.then(|| json!({"replica": member.id, "behaviour": format!("{behaviour:?}")}))
        });
        let faulty: Vec<Value> = faulty.collect();
        self.line(&json!({
            "schema": "epione.sim.trace",
            "version": VERSION,
            "replicas": config.size(),
            "profile": format!("{:?}", config.profile()),
            "groups": groups,
            "schedule": config.schedule(),
            "byzantine": faulty,
            "seed": options.seed,
        }))
    }

    /// Writes an observation.
    pub(super) fn write(&mut self, observation: &Observation) -> Result<(), Failure> {
        let time = observation.time;
        let line = match &observation.event {
            Observed::Sent { from, to, kind, bytes, arrivals } => json!({
                "event": "message", "time": time, "from": from, "to": to, "kind": kind,
                "bytes": bytes, "arrivals": arrivals,
            }),
            Observed::Decided { height, view, digest, submitted } => json!({
                "event": "block", "time": time, "height": height, "view": view,
                "digest": hex::encode(digest), "requests": submitted.len(),
            }),
            Observed::Replied { .. } => return Ok(()),
            Observed::Crashed(at) => at_replica("crash", time, *at),
            Observed::Restarted(at) => at_replica("restart", time, *at),
            Observed::Evidence { evidence, .. } => json!({
                "event": "evidence", "time": time, "replica": evidence.signer,
                "height": evidence.first.statement.height,
                "view": evidence.first.statement.view,
            }),
            Observed::Partitioned => json!({"event": "partition", "time": time}),
            Observed::Stabilised => json!({"event": "stabilisation", "time": time}),
            other => json!({"event": "other", "time": time, "description": format!("{other:?}")}),
        };
        self.line(&line)
    }

    /// Writes the last object.
    pub(super) fn finish(
        mut self,
        summary: &Summary,
        network: &Network<Journal>,
    ) -> Result<(), Failure> {
        let (total, verifications) = (network.total(), network.verifications());
        self.line(&json!({
            "event": "summary", "time": network.now(), "blocks": summary.blocks,
            "requests": summary.requests, "later_views": summary.later_views,
            "messages": total.messages, "bytes": total.bytes,
            "verifications_requested": verifications.requested,
            "verifications_computed": verifications.computed,
            "crashes": network.crashes(), "evidence": network.evidence().len(),
            "violation": network.violation(), "trace": hex::encode(network.trace()),
        }))?;
        self.file.flush().map_err(|error| self.failed(&error))
    }

    fn line(&mut self, value: &Value) -> Result<(), Failure> {
        let written = serde_json::to_writer(&mut self.file, value)
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        format!("--trace {}: cannot be written: {error}", self.path.display()).into()
    }
}

fn at_replica(event: &str, time: u64, at: Endpoint) -> Value {
    json!({"event": event, "time": time, "replica": at.id})
}
