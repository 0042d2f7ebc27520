//! Test vectors of ledger proofs: configurations, headers and proofs of one chain, recomputed from
//! the documented formulas.

mod cases;
pub(crate) mod chain;
pub(crate) mod formulas;
pub(crate) mod proofs;
pub(crate) mod story;
pub(crate) mod trees;

use crate::vectors::format::{File, compare_or_write};
use epione::algebra::tag::{self, Tag};
use story::Story;

const TAGS: &[Tag] = &[
    tag::SIGN_CONSENSUS,
    tag::CONSENSUS_CONFIG,
    tag::LEDGER_TRANSACTION,
    tag::LEDGER_LEAF,
    tag::LEDGER_NODE,
    tag::LEDGER_BLOCK,
    tag::LEDGER_STATE,
    tag::LEDGER_MAP_ENTRY,
    tag::LEDGER_MAP_BRANCH,
];

#[test]
fn ledger_proof_vectors() {
    let about =
        "Configurations, certified headers, and proofs of transactions, entries and grants.";
    let mut file = File::new("EPIONE-V1-LEDGER-PROOFS", about, TAGS);
    let mut story = Story::new(file.rng());
    cases::configurations(&mut file, &mut story);
    cases::headers(&mut file, &story);
    cases::maps(&mut file, &mut story);
    proofs::transactions(&mut file, &story);
    proofs::states(&mut file, &story);
    proofs::grants(&mut file, &story);
    compare_or_write("ledger-proofs.json", &file);
}
