//! The extension that proves an event: an entry of a block with its Merkle path.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Codec, Reader};
use crate::consensus::Digest;
use crate::ledger::{Block, Entry, Header, Rule, Transaction, merkle};
use data_encoding::BASE64;
use serde_json::{Value, json};

/// The URL of the extension.
///
/// | member | type | content |
/// |---|---|---|
/// | `chain` | string | the name of the chain |
/// | `height` | string | the height of the block, in decimal |
/// | `block` | string | the hash of the block's header, in hexadecimal |
/// | `index` | unsignedInt | the index of the entry in the block |
/// | `count` | positiveInt | the number of entries of the block |
/// | `path` | string, repeated | the siblings of the entry's leaf from the bottom up, in hexadecimal |
/// | `entry` | base64Binary | the encoding of the entry: the transaction with its length, and the outcome |
pub const PROOF: &str = "https://epione.example/fhir/StructureDefinition/ledger-proof";

/// Maximum length of an entry: that of a transaction, its length and the outcome.
const MAX_ENTRY: usize = (1 << 20) + 5;
/// Maximum number of entries of a block.
const MAX_COUNT: usize = 4096;
/// Maximum length of a path: the depth of a tree with [`MAX_COUNT`] leaves.
const MAX_PATH: usize = 12;
/// Maximum length of a name of a chain in bytes.
const MAX_CHAIN: usize = 64;

/// The reason why a proof does not show an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not exactly one extension, or a malformed one.
    #[error("the resource has no proof, or a malformed one")]
    Malformed,
    /// A proof of another chain.
    #[error("the proof is of another chain")]
    Chain,
    /// A proof of another block.
    #[error("the proof is of another block")]
    Block,
    /// A path that does not lead to the header's root.
    #[error("the Merkle path does not lead from the entry to the root in the header")]
    Path,
}

/// An entry of a block, with its place.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    chain: String,
    height: u64,
    block: Digest,
    index: usize,
    count: usize,
    path: Vec<Digest>,
    entry: Entry,
}

impl Proof {
    /// Proves an entry of a block.
    pub(super) fn new(chain: &str, block: &Block, index: usize) -> Self {
        let (entry, path) = (block.entries[index].clone(), block.path(index));
        Self {
            chain: chain.to_owned(),
            height: block.header.height,
            block: block.header.hash(),
            index,
            count: block.entries.len(),
            path: path.expect("the block has this entry"),
            entry,
        }
    }

    pub(super) fn chain(&self) -> &str {
        &self.chain
    }

    pub(super) fn rejected_by(&self) -> Option<Rule> {
        self.entry.rejected_by
    }

    /// Returns the logical identifier of resources about the entry, distinct on all chains.
    pub(super) fn id(&self) -> String {
        format!("{}-{}", hex::encode(&self.block[..16]), self.index)
    }

    /// Returns the extension.
    pub(super) fn extension(&self) -> Value {
        let text = |url: &str, text: String| json!({"url": url, "valueString": text});
        let mut members = vec![
            text("chain", self.chain.clone()),
            text("height", self.height.to_string()),
            text("block", hex::encode(self.block)),
            json!({"url": "index", "valueUnsignedInt": self.index}),
            json!({"url": "count", "valuePositiveInt": self.count}),
        ];
        members.extend(self.path.iter().map(|sibling| text("path", hex::encode(sibling))));
        let entry = BASE64.encode(&self.entry.encode());
        members.push(json!({"url": "entry", "valueBase64Binary": entry}));
        json!({"url": PROOF, "extension": members})
    }

    /// Reads the only extension of a resource.
    pub(super) fn read(resource: &Value) -> Result<Self, ProofError> {
        Self::decode(resource).ok_or(ProofError::Malformed)
    }

    fn decode(resource: &Value) -> Option<Self> {
        let [extension] = &resource["extension"].as_array()?[..] else { return None };
        if extension["url"] != PROOF {
            return None;
        }
        let members = extension["extension"].as_array()?;
        if members.len() > MAX_PATH + 6 {
            return None;
        }
        let all = |url: &'static str| members.iter().filter(move |member| member["url"] == url);
        let text = |url| all(url).next()?["valueString"].as_str();
        let number = |url, kind| usize::try_from(all(url).next()?.get(kind)?.as_u64()?).ok();
        let digest = |value: &Value| {
            let mut digest = [0; 32];
            hex::decode_to_slice(value["valueString"].as_str()?, &mut digest).ok()?;
            Some(digest)
        };
        let entry = all("entry").next()?["valueBase64Binary"].as_str()?;
        if entry.len() > BASE64.encode_len(MAX_ENTRY) {
            return None;
        }
        let entry = BASE64.decode(entry.as_bytes()).ok()?;
        let mut reader = Reader::new(&entry);
        let entry = Entry::read(&mut reader).ok()?;
        reader.end().ok()?;
        Some(Self {
            chain: text("chain").filter(|chain| chain.len() <= MAX_CHAIN)?.to_owned(),
            height: text("height")?.parse().ok()?,
            block: digest(all("block").next()?)?,
            index: number("index", "valueUnsignedInt")?,
            count: number("count", "valuePositiveInt").filter(|count| *count <= MAX_COUNT)?,
            path: all("path").map(digest).collect::<Option<_>>()?,
            entry,
        })
    }

    /// Checks that the entry is in a block, and returns its transaction.
    pub(super) fn verify(&self, chain: &str, header: &Header) -> Result<Transaction, ProofError> {
        if self.chain != chain {
            return Err(ProofError::Chain);
        }
        if self.height != header.height || self.block != header.hash() {
            return Err(ProofError::Block);
        }
        let (root, leaf) = (&header.entries_root, self.entry.leaf());
        if !merkle::verify(root, self.count, self.index, &leaf, &self.path) {
            return Err(ProofError::Path);
        }
        let transaction =
            Transaction::from_bytes(&self.entry.transaction).map_err(|_| ProofError::Malformed)?;
        if transaction.draft.chain == chain { Ok(transaction) } else { Err(ProofError::Chain) }
    }
}
