//! The trace of a simulation: JSON objects, one per line.

use super::options::Options;
use super::report::{Outcome, Summary, culprits};
use super::values::{Attack, Profile, name};
use crate::files::Failure;
use epione::consensus::Config;
use epione::sim::{Behaviour, Endpoint, Journal, Network, Observation, Observed};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The version of the schema.
const VERSION: u32 = 2;

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
            let byzantine = behaviour != Behaviour::Honest;
            byzantine
                .then(|| json!({"replica": member.id, "behaviour": Attack::name_of(behaviour)}))
        });
        let faulty: Vec<Value> = faulty.collect();
        self.line(&json!({
            "schema": "epione.sim.trace",
            "version": VERSION,
            "options": values(options),
            "profile": name(&Profile::from(config.profile())),
            "faults": config.faults(),
            "quorum": config.quorum(),
            "groups": groups,
            "schedule": config.schedule(),
            "byzantine": faulty,
        }))
    }

    /// Writes an observation, unless no option produces it.
    pub(super) fn write(
        &mut self,
        observation: &Observation,
        config: &Config,
    ) -> Result<(), Failure> {
        let time = observation.time;
        let line = match &observation.event {
            Observed::Sent { from, to, kind, bytes, arrivals } => json!({
                "event": "message", "time": time, "from": from, "to": to, "kind": kind,
                "bytes": bytes, "arrivals": arrivals,
            }),
            Observed::Decided { height, view, digest, submitted } => json!({
                "event": "block", "time": time, "height": height, "view": view,
                "leader": config.leader(*height, *view), "digest": hex::encode(digest),
                "requests": submitted.len(), "submitted": submitted,
            }),
            Observed::Replied { at, height, submitted } => json!({
                "event": "reply", "time": time, "replica": at, "height": height,
                "submitted": submitted, "latency": time - submitted,
            }),
            Observed::Crashed(at) => at_replica("crash", time, *at),
            Observed::Restarted(at) => at_replica("restart", time, *at),
            Observed::Evidence { reporter, evidence } => json!({
                "event": "evidence", "time": time, "culprit": evidence.signer,
                "reporter": reporter, "height": evidence.first.statement.height,
                "view": evidence.first.statement.view,
            }),
            Observed::Stabilised => json!({"event": "stabilisation", "time": time}),
            _ => return Ok(()),
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
        let outcome = match summary.outcome {
            Outcome::Decided => "decided",
            Outcome::Violated => "violated",
            Outcome::Stalled => "stalled",
        };
        let percentiles = summary.percentiles();
        let latency = percentiles.map(|percentiles| {
            json!({
                "samples": summary.samples(), "median": percentiles.median,
                "p90": percentiles.p90, "p99": percentiles.p99, "maximum": percentiles.maximum,
            })
        });
        self.line(&json!({
            "event": "summary", "time": network.now(), "outcome": outcome,
            "violation": network.violation(), "blocks": summary.blocks,
            "later_views": summary.later_views, "submitted": summary.submitted,
            "requests": summary.requests, "latency": latency,
            "messages": total.messages, "bytes": total.bytes,
            "agreement_messages": summary.agreement(network),
            "verifications_requested": verifications.requested,
            "verifications_computed": verifications.computed,
            "crashes": network.crashes(), "culprits": culprits(network),
            "evidence": network.evidence().len(), "trace": hex::encode(network.trace()),
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

/// All options of a run but the path of the trace; `null` where the default depends on others.
fn values(options: &Options) -> Value {
    let behaviours = match options.behaviours.as_slice() {
        [] => vec![name(&Attack::All)],
        list => list.iter().map(name).collect(),
    };
    json!({
        "replicas": options.replicas,
        "groups": options.groups,
        "profile": options.profile.as_ref().map(name),
        "byzantine": options.byzantine,
        "behaviours": behaviours,
        "placement": name(&options.placement.unwrap_or_default()),
        "blocks": options.blocks,
        "requests": options.requests,
        "crashes": options.crashes,
        "loss": options.loss,
        "gst": options.stabilisation_time(),
        "bandwidth": options.bandwidth,
        "signatures": name(&options.signatures),
        "seed": options.seed,
        "events": options.events,
    })
}
