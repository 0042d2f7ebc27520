//! Test vectors of the sharing protocol: one run over the public interface, with every message and
//! transaction recomputed from the documented formulas.

pub(crate) mod forged;
pub(crate) mod formulas;
mod grants;
mod messages;
mod objects;
mod parties;
mod records;
pub(crate) mod run;
mod transactions;

use crate::vectors::format::{Fields, File, compare_or_write};
use epione::algebra::tag::{self, Tag};
use run::Run;

const TAGS: &[Tag] = &[
    tag::FABEO_BASE,
    tag::FABEO_ATTRIBUTE,
    tag::ABE_PARAMETERS,
    tag::ABE_MESSAGE,
    tag::ABE_COIN,
    tag::ABE_MASK,
    tag::PEKS_KEYWORD,
    tag::PEKS_CHECK,
    tag::PEKS_LOCATION,
    tag::PRE_CONDITION,
    tag::PRE_CAPSULE_TAG,
    tag::PRE_CONTEXT,
    tag::PRE_TAG_CONTEXT,
    tag::PRE_EXPONENT,
    tag::PRE_MASK,
    tag::PRE_KEY,
    tag::PRE_BODY,
    tag::PRE_PROOF,
    tag::PRE_POSSESSION,
    tag::PSEUDONYM_DOCTOR,
    tag::PSEUDONYM_NODE,
    tag::PSEUDONYM_NAME,
    tag::PSEUDONYM_SECRET,
    tag::DEM_KEYS,
    tag::HPKE_STREAM,
    tag::SIGN_CERTIFICATE,
    tag::SIGN_POSSESSION,
    tag::SIGN_TRANSACTION,
    tag::SIGN_QUERY,
    tag::SIGN_FORWARD,
    tag::SIGN_UPLOAD,
    tag::SIGN_SEARCH,
    tag::SIGN_FETCH,
    tag::SIGN_RECEIPT,
    tag::SIGN_MESSAGE,
    tag::LEDGER_TRANSACTION,
    tag::LEDGER_LEAF,
    tag::LEDGER_NODE,
    tag::LEDGER_SERIAL,
    tag::LEDGER_ATTRIBUTE,
    tag::LEDGER_REKEY,
    tag::LEDGER_TRAPDOOR,
    tag::PROTOCOL_OWNER,
    tag::PROTOCOL_SECTION,
    tag::PROTOCOL_LOCK,
    tag::PROTOCOL_OBJECT,
    tag::PROTOCOL_CONDITION,
    tag::PROTOCOL_QUERY,
    tag::PROTOCOL_TERM,
    tag::PROTOCOL_REENCRYPTION,
    tag::PROTOCOL_ENTRY,
    tag::PROTOCOL_MESSAGE,
    tag::PROTOCOL_RESPONSE,
    tag::PROTOCOL_SEARCH,
];

/// The fields of a case. The first input names the step.
pub(crate) struct Step {
    inputs: Fields,
    trace: Fields,
    outputs: Fields,
}

impl Step {
    pub(crate) fn new(step: &str) -> Self {
        let inputs = Fields::default().text("step", step);
        Self { inputs, trace: Fields::default(), outputs: Fields::default() }
    }
    pub(crate) fn inputs(mut self, add: impl FnOnce(Fields) -> Fields) -> Self {
        self.inputs = add(self.inputs);
        self
    }
    pub(crate) fn trace(mut self, add: impl FnOnce(Fields) -> Fields) -> Self {
        self.trace = add(self.trace);
        self
    }
    pub(crate) fn outputs(mut self, add: impl FnOnce(Fields) -> Fields) -> Self {
        self.outputs = add(self.outputs);
        self
    }
    pub(crate) fn add_to(self, file: &mut File, comment: &str) {
        file.case(comment, self.inputs, self.trace, self.outputs);
    }
}

/// Byte strings as an item of [`Fields::list`].
pub(crate) fn hex_list<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(hex::encode).collect()
}

#[test]
fn protocol_vectors() {
    let about = "One run of the sharing protocol: secrets, messages, bindings and transactions.";
    let mut file = File::new("EPIONE-V1-PROTOCOL", about, TAGS);
    let mut run = Run::new(file.rng());
    parties::registrations(&mut file, &run);
    let published = run.publish();
    messages::introduction(&mut file, &run, &published);
    records::policies(&mut file, &run, &published);
    records::sections(&mut file, &run, &published);
    records::record(&mut file, &run, &published);
    records::entries(&mut file, &run, &published);
    let asked = run.ask();
    messages::query(&mut file, &run, &asked);
    let shared = run.share(&published);
    grants::grant(&mut file, &run, &published, &shared);
    grants::messages(&mut file, &run, &published, &shared);
    grants::searches(&mut file, &run, &shared);
    grants::release(&mut file, &run, &published, &shared);
    objects::uploads(&mut file, &run, &published);
    objects::fetches(&mut file, &run, &published, &shared);
    parties::secrets(&mut file, &run);
    transactions::transactions(&mut file, &mut run, &published, &shared);
    compare_or_write("protocol.json", &file);
}
