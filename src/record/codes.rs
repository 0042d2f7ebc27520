//! Clinical codes that indicate sensitive content.
#![forbid(unsafe_code)]

use super::labels;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::LazyLock;
use zeroize::Zeroizing;

const BUILT_IN: &str = include_str!("sensitive-codes.tsv");

static DEFAULT: LazyLock<SensitiveCodes> =
    LazyLock::new(|| SensitiveCodes::read(&mut BUILT_IN.as_bytes()).expect("tested"));

/// A table of code systems, codes or prefixes of codes, and HL7 sensitivity categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensitiveCodes {
    /// The category of `system|CODE` and of `system|PREFIX*`.
    categories: BTreeMap<String, String>,
}

/// An error in a table of sensitive codes.
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    /// A file that exceeds the limit.
    #[error("the table of codes is longer than {} bytes", SensitiveCodes::MAX_BYTES)]
    TooLong,
    /// A file that is not UTF-8.
    #[error("the table of codes is not UTF-8")]
    Encoding,
    /// A malformed row.
    #[error("line {line}: {reason}")]
    Row {
        /// The number of the line, from 1.
        line: usize,
        /// The rule that the line violates.
        reason: &'static str,
    },
    /// A table without rows.
    #[error("the table of codes has no rows")]
    Empty,
    /// A failed read.
    #[error("the table of codes could not be read: {0}")]
    Io(#[from] io::Error),
}

impl SensitiveCodes {
    /// Maximum length of a table in bytes.
    pub const MAX_BYTES: u64 = 1 << 20;

    /// Length of the longest prefix.
    const MAX_PREFIX: usize = 16;

    /// Returns the table of this crate. Its header names sources and licences.
    pub fn built_in() -> &'static Self {
        &DEFAULT
    }

    /// Reads a table: rows of code system, code and category, separated by tabs. A code that ends
    /// in `*` stands for all codes with this prefix. Lines that start with `#` and empty lines are
    /// skipped.
    ///
    /// # Errors
    /// [`CodesError`] if the table is too long, empty or malformed, or cannot be read.
    pub fn read(file: &mut impl Read) -> Result<Self, CodesError> {
        let mut bytes = Vec::new();
        file.take(Self::MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > Self::MAX_BYTES {
            return Err(CodesError::TooLong);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| CodesError::Encoding)?;
        let mut categories = BTreeMap::new();
        for (i, line) in text.lines().enumerate() {
            let malformed = |reason| CodesError::Row { line: i + 1, reason };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, category) = Self::parse_row(line).map_err(malformed)?;
            if categories.insert(key, category).is_some() {
                return Err(malformed("the code occurs twice"));
            }
        }
        if categories.is_empty() { Err(CodesError::Empty) } else { Ok(Self { categories }) }
    }

    fn parse_row(line: &str) -> Result<(String, String), &'static str> {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [system, code, category] = fields[..] else {
            return Err("a row has three fields, separated by tabs: code system, code, category");
        };
        if system.is_empty() || code.is_empty() || code == "*" {
            return Err("the code system or the code is empty");
        }
        if code.trim_end_matches('*').contains('*') || code.ends_with("**") {
            return Err("only the end of a code may be *");
        }
        if code.ends_with('*') && code.len() > Self::MAX_PREFIX + 1 {
            return Err("the prefix is longer than 16 bytes");
        }
        if !labels::is_sensitivity(category) {
            return Err("the category is not a code of HL7 v3 ActInformationSensitivityPolicy");
        }
        Ok((std::mem::take(&mut *Self::key(system, code, "")), category.to_owned()))
    }

    fn key(system: &str, code: &str, end: &str) -> Zeroizing<String> {
        let system = uri(system);
        let mut key = Zeroizing::new([system, "|", code, end].concat());
        key[system.len()..].make_ascii_uppercase();
        key
    }

    /// Returns the sensitivity category of a code; `None` if the table does not list it.
    pub fn category(&self, system: &str, code: &str) -> Option<&str> {
        let of = |key: Zeroizing<String>| self.categories.get(&*key).map(String::as_str);
        let prefixes = (1..=code.len().min(Self::MAX_PREFIX)).rev();
        let prefixes = prefixes.filter_map(|length| code.get(..length));
        of(Self::key(system, code, ""))
            .or_else(|| prefixes.map(|prefix| Self::key(system, prefix, "*")).find_map(of))
    }
}

/// Returns the URI that FHIR uses for a code system.
fn uri(system: &str) -> &str {
    match system {
        "urn:oid:2.16.840.1.113883.6.1" => "http://loinc.org",
        "urn:oid:2.16.840.1.113883.6.3" => "http://hl7.org/fhir/sid/icd-10",
        "urn:oid:2.16.840.1.113883.6.88" => "http://www.nlm.nih.gov/research/umls/rxnorm",
        "urn:oid:2.16.840.1.113883.6.90" => "http://hl7.org/fhir/sid/icd-10-cm",
        "urn:oid:2.16.840.1.113883.6.96" => SNOMED,
        // An edition or version of SNOMED CT.
        _ if system.starts_with(SNOMED) => SNOMED,
        _ => system.trim_end_matches('/'),
    }
}

const SNOMED: &str = "http://snomed.info/sct";

#[cfg(test)]
mod tests {
    use super::*;

    fn error(table: &str) -> String {
        SensitiveCodes::read(&mut table.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_table_labels_codes_and_prefixes() {
        let codes = SensitiveCodes::built_in();
        for (system, code, category) in [
            ("http://snomed.info/sct", "86406008", Some("HIV")),
            ("http://snomed.info/sct", "230690007", None),
            ("http://hl7.org/fhir/sid/icd-10-cm", "F10.20", Some("ETHUD")),
            ("http://hl7.org/fhir/sid/icd-10-cm", "f10.20", Some("ETHUD")),
            ("http://hl7.org/fhir/sid/icd-10-cm", "I63.4", None),
            ("http://hospital.example/codes", "F10.20", None),
            ("http://hl7.org/fhir/sid/icd-10-cm", "É", None),
        ] {
            assert_eq!(codes.category(system, code), category, "{system}|{code}");
        }
    }

    #[test]
    fn malformed_tables_are_rejected_with_the_line() {
        assert!(error("# c\n\ns\tc\n").starts_with("line 3: a row has three fields"));
        assert!(error("s\tc\tHIV\ns\tC\tSTD\n").starts_with("line 2: the code occurs twice"));
        assert!(error("s\tc\tCANCER\n").starts_with("line 1: the category"));
        assert!(error("s\t*\tHIV\n").contains("empty"));
        assert!(error("s\ta*b\tHIV\n").contains("only the end"));
        assert!(error("# nothing\n").contains("no rows"));
        assert!(error(&"#".repeat(1 << 21)).contains("longer than 1048576 bytes"));
        let latin = SensitiveCodes::read(&mut &b"s\t\xff\tHIV\n"[..]);
        assert!(matches!(latin, Err(CodesError::Encoding)));
    }
}
