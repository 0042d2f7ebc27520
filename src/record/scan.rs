//! The scan of a file: its type, and for JSON the outline.
#![forbid(unsafe_code)]

use super::codes::SensitiveCodes;
use super::finding::{Finding, Findings, Rule};
use super::json::{Json, JsonError};
use super::outline::{Outline, Walk};
use super::section::MAX_PIECES;
use super::text::TextReader;
use super::{Class, Keyword, MAX_KEYWORDS, Piece, Record};
use std::collections::BTreeMap;
use std::io::{self, Read};
use zeroize::Zeroizing;

/// Bytes at the start of a file that tell its type.
const START: usize = 132;

/// An error in scanning a file.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// An empty file.
    #[error("the file is empty")]
    Empty,
    /// A file named `.json` or `.ndjson` that is not JSON.
    #[error("the file is named as JSON but cannot be read as JSON: {0}")]
    Json(JsonError),
    /// A file named `.json` or `.ndjson` in another encoding.
    #[error("the file is named as JSON but cannot be read as JSON: the text is not UTF-8")]
    Encoding,
    /// A file whose sections would exceed the limit of [`Assembly`](super::Assembly).
    #[error("the file has more than {MAX_PIECES} entries and separated elements; split it")]
    TooManyEntries,
    /// A file with more distinct keywords than [`MAX_KEYWORDS`].
    #[error("the file has more than {MAX_KEYWORDS} distinct codes and resource types; split it")]
    TooManyKeywords,
    /// A failed read.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
}

impl ScanError {
    /// Returns `true` if the file is not JSON.
    fn is_syntax(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Encoding)
    }
}

/// Scans a file in one pass.
pub(super) fn scan(
    file: &mut (impl Read + ?Sized),
    name: &str,
    codes: &SensitiveCodes,
) -> Result<Record, ScanError> {
    let mut start = Zeroizing::new(Vec::with_capacity(START));
    (&mut *file).take(START as u64).read_to_end(&mut start)?;
    if start.is_empty() {
        return Err(ScanError::Empty);
    }
    let name = name.to_ascii_lowercase();
    let is_single = name.ends_with(".json");
    let must_be_json = is_single || name.ends_with(".ndjson");
    // The name decides only if a file that is not JSON is refused.
    let mut text = TextReader::new(start.chain(file));
    match scan_json(&mut text, &start, is_single, codes) {
        Ok(outline) => divided(outline, text.length()),
        Err(error) if error.is_syntax() && !must_be_json => Ok(undivided(text.length(), &start)),
        Err(error) => Err(error),
    }
}

/// The outline of a file that is not JSON.
fn undivided(length: u64, start: &[u8]) -> Record {
    let value = media_type(start).map(str::to_owned);
    let mut findings = Findings::default();
    findings.add(document(Rule::NotJson), 1);
    Record {
        length,
        pieces: BTreeMap::from([(Class::Document, vec![Piece { start: 0, end: length }])]),
        keywords: value.map(|value| Keyword { field: "type", value }).into_iter().collect(),
        findings,
    }
}

fn document(rule: Rule) -> Finding {
    Finding { class: Class::Document, rule, path: String::new() }
}

/// Collects the cuts of an outline, and the bytes between them, by class.
fn divided(outline: Outline, length: u64) -> Result<Record, ScanError> {
    let Outline { mut frame, rest, keywords } = outline;
    let mut pieces: BTreeMap<Class, Vec<Piece>> = BTreeMap::new();
    let mut push = |start, end, class| {
        if start < end {
            pieces.entry(class).or_default().push(Piece { start, end });
        }
    };
    let mut position = 0;
    for cut in &frame.cuts {
        push(position, cut.piece.start, rest);
        push(cut.piece.start, cut.piece.end, cut.class);
        position = cut.piece.end;
    }
    push(position, length, rest);
    if pieces.values().map(Vec::len).sum::<usize>() > MAX_PIECES {
        return Err(ScanError::TooManyEntries);
    }
    if pieces.contains_key(&Class::Document) {
        frame.finished.add(document(Rule::NotFhir), 1);
    }
    Ok(Record { length, pieces, keywords, findings: frame.finished })
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the media type of a document by its first bytes.
fn media_type(start: &[u8]) -> Option<&'static str> {
    match start {
        _ if start.get(128..132) == Some(b"DICM") => Some("application/dicom"),
        [b'%', b'P', b'D', b'F', ..] => Some("application/pdf"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        _ => None,
    }
}

/// Parses a text, and reads the rest of a malformed one: the error of a text that is not UTF-8 is
/// [`ScanError::Encoding`], and the length of a file that is not JSON is needed.
fn scan_json(
    text: &mut TextReader<impl Read>,
    start: &[u8],
    is_single: bool,
    codes: &SensitiveCodes,
) -> Result<Outline, ScanError> {
    let skipped = if start.starts_with(BYTE_ORDER_MARK) { 3 } else { 0 };
    io::copy(&mut text.take(skipped), &mut io::sink())?;
    let outcome = Walk::new(Json::new(&mut *text, skipped), codes).file(is_single);
    if matches!(outcome, Err(ScanError::Io(_))) {
        return outcome;
    }
    io::copy(text, &mut io::sink())?;
    if text.is_utf8() { outcome } else { Err(ScanError::Encoding) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn scan(file: &mut Cursor<impl AsRef<[u8]>>, name: &str) -> Result<Record, ScanError> {
        super::scan(file, name, SensitiveCodes::built_in())
    }

    fn pieces(text: &str) -> Vec<(Class, &str)> {
        let record = scan(&mut Cursor::new(text), "x.json").unwrap();
        let mut found: Vec<(u64, Class, &str)> = record
            .pieces
            .iter()
            .flat_map(|(class, pieces)| pieces.iter().map(move |piece| (*class, *piece)))
            .map(|(class, p)| (p.start, class, &text[p.start as usize..p.end as usize]))
            .collect();
        found.sort_by_key(|(start, ..)| *start);
        found.into_iter().map(|(_, class, text)| (class, text)).collect()
    }

    #[test]
    fn entries_start_and_end_at_their_braces() {
        let text = "\n {\"entry\" :[ {\"resource\":{\"resourceType\":\"Patient\",\"id\":\"}{é\"} } \
                    ,\t{\"resource\":{\"resourceType\":\"Claim\"}}], \
                    \"resourceType\":\"Bundle\"}\n";
        assert_eq!(
            pieces(text),
            [
                (Class::Administrative, "\n {\"entry\" :[ "),
                (Class::Identity, "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"}{é\"} }"),
                (Class::Administrative, " ,\t"),
                (Class::Financial, "{\"resource\":{\"resourceType\":\"Claim\"}}"),
                (Class::Administrative, "], \"resourceType\":\"Bundle\"}\n"),
            ]
        );
    }

    #[test]
    fn files_that_are_not_bundles_are_one_section() {
        for (text, class) in [
            ("{}", Class::Document),
            ("[1, {\"a\": 1}]", Class::Document),
            ("\u{feff}{\"resourceType\": \"Observation\", \"entry\": 5}", Class::Clinical),
            ("{\"resourceType\": \"List\", \"entry\": [{\"item\": {}}]}", Class::Clinical),
            ("{\"resourceType\": 7, \"code\": [true, null, 1.5, -1, \"x\"]}", Class::Document),
        ] {
            assert_eq!(pieces(text), [(class, text)]);
        }
    }

    /// A reader of the record who does not know the name finds the same keywords.
    #[test]
    fn the_name_of_a_file_changes_nothing_but_refusals() {
        let coding = br#"{"resourceType":"Condition","code":{"coding":[{"code":"1"}]}}"#;
        let dicom = [&[b' '; 128][..], b"DICM"].concat();
        let quoted = [b"\"", &[b'a'; 127][..], b"DICM\""].concat();
        let files = [
            &coding[..],
            b"5",
            b"5 {",
            b"\"text\"",
            b" ",
            b"\xef\xbb\xbf{}",
            b"%PDF-1.7",
            &dicom,
            &quoted,
            &[b"5\n", &coding[..], b"\n", coding].concat(),
            &[&coding[..], b"\xff"].concat(),
        ];
        for file in files {
            let outline = |name| {
                let Record { length, pieces, keywords, findings } =
                    scan(&mut Cursor::new(file), name).ok()?;
                Some((length, pieces, keywords, findings))
            };
            let unnamed = outline("").unwrap();
            for name in ["x.json", "x.NDJSON", "x.pdf", "x.dcm"] {
                if let Some(named) = outline(name) {
                    assert_eq!(format!("{named:?}"), format!("{unnamed:?}"), "{name}: {file:?}");
                }
            }
        }
        assert_eq!(scan(&mut Cursor::new(&dicom), "").unwrap().keywords().len(), 1);
    }

    #[test]
    fn empty_and_malformed_files_have_distinct_errors() {
        assert!(matches!(scan(&mut Cursor::new(b""), "x"), Err(ScanError::Empty)));
        assert!(matches!(scan(&mut Cursor::new(b"{"), "x.JSON"), Err(ScanError::Json(_))));
        assert!(matches!(scan(&mut Cursor::new(b"{} {}"), "x.json"), Err(ScanError::Json(_))));
        assert!(matches!(scan(&mut Cursor::new(b"\xff"), "x.json"), Err(ScanError::Encoding)));
        assert_eq!(scan(&mut Cursor::new(b"{"), "x").unwrap().classes(), [Class::Document]);
    }
}
