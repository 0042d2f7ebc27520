//! The format of the vector files, described in `vectors/README.md`.

use epione::algebra::Scalar;
use epione::algebra::codec::VERSION;
use epione::algebra::tag::{self, Kind, Tag};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Serialize, Serializer};
use std::path::Path;

/// A value of a field.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Field {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<String>),
}

/// Named fields in order of computation.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, Field)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

impl Fields {
    fn push(mut self, name: &str, field: Field) -> Self {
        assert!(self.0.iter().all(|(known, _)| known != name), "{name} occurs twice");
        self.0.push((name.to_owned(), field));
        self
    }
    /// Adds bytes in hex.
    pub(crate) fn hex(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.push(name, Field::Text(hex::encode(bytes)))
    }
    pub(crate) fn scalar(self, name: &str, scalar: &Scalar) -> Self {
        self.hex(name, scalar.to_be_bytes())
    }
    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.push(name, Field::Text(text.to_owned()))
    }
    pub(crate) fn number(self, name: &str, number: u64) -> Self {
        self.push(name, Field::Number(number))
    }
    pub(crate) fn flag(self, name: &str, flag: bool) -> Self {
        self.push(name, Field::Flag(flag))
    }
    pub(crate) fn list(self, name: &str, items: impl IntoIterator<Item = String>) -> Self {
        self.push(name, Field::List(items.into_iter().collect()))
    }
}

/// A case: inputs, intermediate values, outputs.
#[derive(Serialize)]
pub(crate) struct Case {
    #[serde(rename = "tcId")]
    id: usize,
    comment: String,
    inputs: Fields,
    trace: Fields,
    outputs: Fields,
}

/// A file of cases.
#[derive(Serialize)]
pub(crate) struct File {
    suite: &'static str,
    about: &'static str,
    tags: Fields,
    seed: String,
    cases: Vec<Case>,
}

impl File {
    pub(crate) fn new(suite: &'static str, about: &'static str, tags: &[Tag]) -> Self {
        let named = |fields: Fields, tag: &Tag| fields.text(&name(*tag), text(*tag));
        Self {
            suite,
            about,
            tags: tags.iter().fold(Fields::default(), named),
            seed: hex::encode(seed(suite)),
            cases: Vec::new(),
        }
    }

    /// The generator of the suite's random inputs.
    pub(crate) fn rng(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(seed(self.suite))
    }

    pub(crate) fn case(&mut self, comment: &str, inputs: Fields, trace: Fields, outputs: Fields) {
        let id = self.cases.len() + 1;
        self.cases.push(Case { id, comment: comment.to_owned(), inputs, trace, outputs });
    }
}

/// The suite's name, truncated or padded with zeros to 32 bytes.
fn seed(suite: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    let length = suite.len().min(32);
    seed[..length].copy_from_slice(&suite.as_bytes()[..length]);
    seed
}

fn text(tag: Tag) -> &'static str {
    std::str::from_utf8(tag.as_bytes()).unwrap()
}

/// The name of a tag: `FABEO_BASE` for `EPIONE-V1-FABEO-BASE-with-...`.
fn name(tag: Tag) -> String {
    let text = text(tag).strip_prefix("EPIONE-V1-").unwrap();
    text.split("-with-").next().unwrap().replace('-', "_")
}

/// All tags of the format with their names.
pub(crate) fn all_tags() -> impl Iterator<Item = (String, Tag)> {
    tag::ALL.iter().map(|tag| (name(*tag), *tag))
}

/// The flag of the cases that must be accepted.
const VALID: &str = "Valid";

/// Comment, flag (the class of the fault, or [`VALID`]), bytes.
pub(crate) type NegativeCase = (&'static str, &'static str, Vec<u8>);

/// A test of a negative file.
#[derive(Serialize)]
pub(crate) struct NegativeTest {
    #[serde(rename = "tcId")]
    id: usize,
    comment: String,
    flags: Vec<&'static str>,
    bytes: String,
    result: &'static str,
    /// The canonical form of a valid text.
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical: Option<String>,
    /// The column of the error in an invalid text.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// The check that an invalid proof fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Tests of one decoder or operation.
#[derive(Serialize)]
pub(crate) struct Group {
    #[serde(rename = "type")]
    name: &'static str,
    context: Fields,
    tests: Vec<NegativeTest>,
}

/// A file of negative tests.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NegativeFile {
    suite: &'static str,
    about: &'static str,
    number_of_tests: usize,
    test_groups: Vec<Group>,
}

impl NegativeFile {
    pub(crate) fn new(suite: &'static str, about: &'static str) -> Self {
        Self { suite, about, number_of_tests: 0, test_groups: Vec::new() }
    }

    pub(crate) fn group(&mut self, name: &'static str, context: Fields) {
        self.test_groups.push(Group { name, context, tests: Vec::new() });
    }

    /// Adds cases to the last group, and asserts that the library accepts exactly the valid ones.
    pub(crate) fn cases(
        &mut self,
        cases: impl IntoIterator<Item = NegativeCase>,
        accepts: impl Fn(&[u8]) -> bool,
    ) {
        for (comment, flag, bytes) in cases {
            let group = self.test_groups.last().unwrap().name;
            assert_eq!(accepts(&bytes), flag == VALID, "{group}: {comment}");
            self.add(comment, flag, &bytes);
        }
    }

    /// Adds a text to the last group, with its canonical form or the column of its error.
    pub(crate) fn text(
        &mut self,
        comment: &str,
        flag: &'static str,
        text: &str,
        verdict: Result<String, usize>,
    ) {
        assert_eq!(verdict.is_ok(), flag == VALID, "{comment}");
        let test = self.add(comment, flag, text.as_bytes());
        match verdict {
            Ok(canonical) => test.canonical = Some(canonical),
            Err(column) => test.column = Some(column),
        }
    }

    /// Adds a proof to the last group, with the check that it fails.
    pub(crate) fn proof(
        &mut self,
        comment: &str,
        flag: &'static str,
        bytes: &[u8],
        error: Option<&'static str>,
    ) {
        assert_eq!(error.is_none(), flag == VALID, "{comment}");
        self.add(comment, flag, bytes).error = error;
    }

    fn add(&mut self, comment: &str, flag: &'static str, bytes: &[u8]) -> &mut NegativeTest {
        self.number_of_tests += 1;
        let test = NegativeTest {
            id: self.number_of_tests,
            comment: comment.to_owned(),
            flags: vec![flag],
            bytes: hex::encode(bytes),
            result: if flag == VALID { "valid" } else { "invalid" },
            canonical: None,
            column: None,
            error: None,
        };
        let tests = &mut self.test_groups.last_mut().unwrap().tests;
        tests.push(test);
        tests.last_mut().unwrap()
    }
}

/// `[version][kind] fields`
pub(crate) fn encoding(kind: Kind, fields: &[u8]) -> Vec<u8> {
    [&[VERSION, kind as u8], fields].concat()
}

/// Compares a file with the generated content, or writes it.
pub(crate) fn compare_or_write(path: &str, content: &impl Serialize) {
    let path = Path::new("vectors").join(path);
    let generated = serde_json::to_string_pretty(content).unwrap() + "\n";
    if std::env::var_os("EPIONE_WRITE_VECTORS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, generated).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if let Some((line, (old, new))) =
        stored.lines().zip(generated.lines()).enumerate().find(|(_, (old, new))| old != new)
    {
        panic!(
            "{}:{}: the file has\n{old}\nbut the generator returns\n{new}",
            path.display(),
            line + 1
        );
    }
    assert_eq!(stored.len(), generated.len(), "{}", path.display());
}

/// Draws `N` bytes from the suite's generator.
pub(crate) fn draw<const N: usize>(rng: &mut ChaCha20Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
