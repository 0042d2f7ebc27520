//! `epione verify`: verifies a proof of the ledger with the configuration alone.

use crate::files::{self, Failure};
use chrono::{DateTime, Utc};
use epione::consensus::Digest;
use epione::ledger::Time;
use epione::ledger::proof::{ProofFile, Proven, ProvenEntry, StateKey};
use serde::Serialize;
use std::io::Read;
use std::path::PathBuf;

/// The maximum length of a file in bytes. A proof with 1024 members has less than 1 MiB.
const MAX_LENGTH: u64 = 16 << 20;

/// Options of `epione verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  epione demo --out run --seed 1\n  \
    epione verify run/proofs/007-record.json --config DIGEST\n\n\
    `demo` prints the digest. Anyone can certify blocks under a configuration of their own: compare\n\
    the digest with one that you have from a member of the chain.")]
pub(crate) struct Options {
    /// The proof
    #[arg(value_name = "PROOF")]
    proof: PathBuf,
    /// Digest of the configuration that you trust: 64 hexadecimal digits
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    config: Option<Digest>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

fn digest(text: &str) -> Result<Digest, &'static str> {
    let mut bytes = [0; 32];
    let decoded = hex::decode_to_slice(text, &mut bytes);
    decoded.map(|()| bytes).map_err(|_| "a digest has 64 hexadecimal digits")
}

#[derive(Serialize)]
struct Outcome {
    config: String,
    chain: String,
    epoch: u64,
    members: usize,
    quorum: usize,
    /// The height of the block that the proof is about.
    height: u64,
    time: String,
    statements: Vec<String>,
}

/// Prints the statement of a proof.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let name = options.proof.display();
    let mut content = Vec::new();
    files::open(&options.proof)?.take(MAX_LENGTH + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_LENGTH {
        return Err(format!("{name}: the file is longer than 16 MiB").into());
    }
    let file: ProofFile = serde_json::from_slice(&content)
        .map_err(|error| format!("{name}: the file is no proof of this format: {error}"))?;
    let found = file.config.digest();
    match options.config {
        Some(trusted) if trusted == found => {}
        Some(_) => {
            let found = hex::encode(found);
            return Err(format!("{name}: the proof is for another configuration: {found}").into());
        }
        None => {
            let (found, chain) = (hex::encode(found), &file.config.parameters().chain);
            return Err(format!(
                "{name}: name the configuration that you trust. If it is that of this proof for \
                 the chain `{chain}`, add --config {found}"
            )
            .into());
        }
    }
    let proven = file.proof.verify(&file.config).map_err(|error| format!("{name}: {error}"))?;
    let outcome = outcome(&file, &proven);
    let text = if options.json { serde_json::to_string(&outcome)? + "\n" } else { text(&outcome) };
    files::write_stdout(&text)?;
    Ok(true)
}

fn outcome(ProofFile { config, .. }: &ProofFile, proven: &Proven) -> Outcome {
    let (height, time, statements) = match proven {
        Proven::Transaction(of) => {
            let action = of.transaction.action().name();
            let outcome =
                of.rejected_by.map_or("executed".to_owned(), |r| format!("rejected: {r}"));
            let statement = format!("{action} {}: {outcome}", hex::encode(of.transaction.id()));
            (of.height, of.time, vec![statement])
        }
        Proven::State { height, time, entries } => {
            (*height, *time, entries.iter().map(entry).collect())
        }
        Proven::Grant(of) => {
            let id = hex::encode(of.id);
            let window = format!("from {} until {}", date(of.grant.from), date(of.grant.until));
            let mut statements = vec![format!("grant {id} in block {}: {window}", of.granted_at)];
            for owner in &of.grant.owners {
                let revoked = of.revoked_by.contains(owner);
                let state = if revoked { "revoked" } else { "not revoked" };
                statements.push(format!("{state} by the owner {owner}"));
            }
            (of.height, of.time, statements)
        }
    };
    let parameters = config.parameters();
    Outcome {
        config: hex::encode(config.digest()),
        chain: parameters.chain.clone(),
        epoch: parameters.epoch,
        members: config.size(),
        quorum: config.quorum(),
        height,
        time: date(time),
        statements,
    }
}

fn entry((key, value): &ProvenEntry) -> String {
    let name = match key {
        StateKey::Genesis => "genesis".to_owned(),
        StateKey::Party(key) => format!("party {key}"),
        StateKey::Withdrawn(serial) => format!("withdrawn certificate {}", hex::encode(serial)),
        StateKey::Record(id) => format!("record {}", hex::encode(id)),
        StateKey::Grant(id) => format!("grant {}", hex::encode(id)),
        StateKey::Revocation { grant, owner } => {
            format!("revocation of grant {} by {owner}", hex::encode(grant))
        }
        StateKey::Request(id) => format!("request {}", hex::encode(id)),
        StateKey::Access(request) => format!("access for request {}", hex::encode(request)),
        StateKey::Evidence(request) => format!("evidence about request {}", hex::encode(request)),
        StateKey::AttributeRevocation { authority, entry } => {
            format!("attribute revocation {} by {authority}", hex::encode(entry))
        }
        StateKey::Anchor(until) => format!("anchor until block {until}"),
        StateKey::Equivocation { epoch, member } => {
            format!("equivocation of member {member} in epoch {epoch}")
        }
        StateKey::Transaction(id) => format!("transaction {}", hex::encode(id)),
    };
    format!("{name}: {}", if value.is_some() { "present" } else { "absent" })
}

fn date(time: Time) -> String {
    let time = i64::try_from(time).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
    time.map_or_else(
        || "a time beyond the calendar".to_owned(),
        |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

fn text(outcome: &Outcome) -> String {
    let Outcome { config, chain, epoch, members, quorum, height, time, statements } = outcome;
    let mut lines = vec![
        format!("chain `{chain}`, epoch {epoch}, configuration {config}"),
        format!("block {height}, {time}, certified by {quorum} or more of {members} members"),
    ];
    lines.extend(statements.iter().map(|statement| format!("  {statement}")));
    lines.push(String::new());
    // The name of the chain could contain control sequences of the terminal.
    let is_safe = |c: char| c == '\n' || !c.is_control();
    lines.join("\n").replace(|c| !is_safe(c), "\u{fffd}")
}
