//! The scan of a file for the offsets, classes and keywords of its entries.
//!
//! The JSON parser reads single bytes from a counting reader. It looks ahead by at most one byte,
//! and not past a brace, so the count is exact at the start and end of an object.
#![forbid(unsafe_code)]

use super::classify::{Head, lenient, skip, skip_map};
use super::section::MAX_PIECES;
use super::{Class, Keyword, Piece, Record};
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// An error in scanning a file.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// An empty file.
    #[error("the file is empty")]
    Empty,
    /// A file named `.json` that is not JSON.
    #[error("the file is named .json but cannot be read as JSON: {0}")]
    Json(serde_json::Error),
    /// A bundle whose sections would exceed the limit of [`Assembly`](super::Assembly).
    #[error("the bundle has more than {MAX_PIECES} entries; split it")]
    TooManyEntries,
    /// A failed read.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
}

pub(super) fn scan(file: &mut (impl Read + Seek), name: &str) -> Result<Record, ScanError> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Err(ScanError::Empty);
    }
    file.rewind()?;
    let mut start = [0; 132];
    let read = read_up_to(file, &mut start)?;
    let must_be_json = name.to_ascii_lowercase().ends_with(".json");
    let outline = if must_be_json || starts_like_json(&start[..read]) {
        match scan_json(file) {
            Ok(outline) => outline,
            Err(error) if error.is_io() => return Err(ScanError::Io(error.into())),
            Err(error) if must_be_json => return Err(ScanError::Json(error)),
            Err(_) => Outline::default(),
        }
    } else {
        Outline::default()
    };
    let record = outline.into_record(length, media_type(&start[..read]));
    if record.pieces.values().any(|pieces| pieces.len() > MAX_PIECES) {
        return Err(ScanError::TooManyEntries);
    }
    Ok(record)
}

/// Fills the buffer, or reads to the end of the file, and returns the number of bytes.
fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn starts_like_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    start.trim_ascii_start().first() == Some(&b'{')
}

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

/// The result of a scan of JSON.
#[derive(Default)]
struct Outline {
    resource: Head,
    entries: Vec<(Class, Piece)>,
    keywords: BTreeSet<Keyword>,
}

impl Outline {
    fn into_record(mut self, length: u64, media_type: Option<&str>) -> Record {
        let frame = match self.resource.resource_type.as_deref() {
            Some("Bundle") if !self.resource.is_restricted() => Class::Administrative,
            // A restricted bundle, or a resource that is not a bundle, is one piece: `entry` lists
            // resources only in a bundle.
            other => {
                let holds_restricted = self.entries.iter().any(|(c, _)| *c == Class::Restricted);
                self.entries.clear();
                if other != Some("Bundle") {
                    self.keywords.clear();
                }
                match other {
                    Some(_) if holds_restricted => Class::Restricted,
                    Some(_) => self.resource.class(),
                    None => Class::Document,
                }
            }
        };
        let mut pieces: BTreeMap<Class, Vec<Piece>> = BTreeMap::new();
        let mut push = |class, start, end| {
            if start < end {
                pieces.entry(class).or_default().push(Piece { start, end });
            }
        };
        let mut position = 0;
        for (class, piece) in self.entries {
            push(frame, position, piece.start);
            push(class, piece.start, piece.end);
            position = piece.end;
        }
        push(frame, position, length);
        self.resource.keywords(&mut self.keywords);
        if let Some(value) = media_type {
            self.keywords.insert(Keyword { field: "type", value: value.to_owned() });
        }
        Record { length, pieces, keywords: self.keywords }
    }
}

/// Checks that the whole file is UTF-8, as JSON requires; the parser does not check skipped text.
fn check_utf8(file: &mut (impl Read + Seek)) -> Result<(), serde_json::Error> {
    file.rewind().map_err(serde_json::Error::io)?;
    let mut buffer = Vec::new();
    loop {
        let carried = buffer.len();
        let limit = 1 << 16;
        Read::take(&mut *file, limit).read_to_end(&mut buffer).map_err(serde_json::Error::io)?;
        let is_end = buffer.len() == carried;
        match std::str::from_utf8(&buffer) {
            Ok(_) if is_end => return Ok(()),
            Ok(_) => buffer.clear(),
            // The next block completes a character that the end of this block splits.
            Err(error) if error.error_len().is_none() && !is_end => {
                buffer.drain(..error.valid_up_to());
            }
            Err(_) => return Err(serde::de::Error::custom("the text is not UTF-8")),
        }
    }
}

fn scan_json(file: &mut (impl Read + Seek)) -> Result<Outline, serde_json::Error> {
    check_utf8(file)?;
    file.rewind().map_err(serde_json::Error::io)?;
    let mut reader = BufReader::new(file);
    let mut mark = [0; 3];
    let read = read_up_to(&mut reader, &mut mark).map_err(serde_json::Error::io)?;
    let skipped = if mark == BYTE_ORDER_MARK { 3 } else { 0 };
    // Replays the bytes that were read to detect the byte order mark.
    let replay = &mark[skipped.min(read)..read];
    let position = Cell::new(skipped as u64);
    let counting = Counting { inner: replay.chain(reader), position: &position };
    let mut json = serde_json::Deserializer::from_reader(counting);
    let outline = json.deserialize_any(TopLevel { position: &position })?;
    json.end()?;
    Ok(outline)
}

/// A reader that counts the bytes read.
struct Counting<'a, R> {
    inner: R,
    position: &'a Cell<u64>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.set(self.position.get() + read as u64);
        Ok(read)
    }
}

/// The visitor of the document.
struct TopLevel<'a> {
    position: &'a Cell<u64>,
}

impl<'de> Visitor<'de> for TopLevel<'_> {
    type Value = Outline;
    lenient!("a JSON value", Outline);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let mut outline = Outline::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "entry" {
                map.next_value_seed(Entries { outline: &mut outline, position: self.position })?;
            } else {
                outline.resource.read_field(&key, &mut map)?;
            }
        }
        Ok(outline)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Outline, A::Error> {
        skip(seq).map(|()| Outline::default())
    }
}

/// The visitor of the list under `entry`, which skips any other value.
struct Entries<'a> {
    outline: &'a mut Outline,
    position: &'a Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

type Unit = ();

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Unit;
    lenient!("a list of entries", Unit);
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { outline, position } = self;
        while seq.next_element_seed(Entry { outline, position })?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        skip_map(map)
    }
}

/// The seed of an entry `{"fullUrl": ..., "resource": {...}}`.
struct Entry<'a> {
    outline: &'a mut Outline,
    position: &'a Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { outline, position } = self;
        if let Some((start, head)) = deserializer.deserialize_any(EntryVisitor { position })? {
            // The closing brace was the last byte read.
            let piece = Piece { start, end: position.get() };
            outline.entries.push((head.class(), piece));
            head.keywords(&mut outline.keywords);
        }
        Ok(())
    }
}

struct EntryVisitor<'a> {
    position: &'a Cell<u64>,
}

/// The offset of an entry and its resource; `None` if it is not an object.
type Found = Option<(u64, Head)>;

impl<'de> Visitor<'de> for EntryVisitor<'_> {
    type Value = Found;
    lenient!("an entry", Found);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        // The opening brace was the last byte read.
        let start = self.position.get() - 1;
        let mut head = Head::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "resource" {
                head = map.next_value::<Head>()?.replacing(head);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some((start, head)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Found, A::Error> {
        skip(seq).map(|()| None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

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
            ("[1, {\"resourceType\": \"Patient\"}]", Class::Document),
            ("\u{feff}{\"resourceType\": \"Observation\", \"entry\": 5}", Class::Clinical),
            ("{\"resourceType\": \"List\", \"entry\": [{\"item\": {}}]}", Class::Clinical),
            ("{\"resourceType\": \"Bundle\", \"entry\": {\"a\": 1}}", Class::Administrative),
            ("{\"resourceType\": 7, \"code\": [true, null, 1.5, -1, \"x\"]}", Class::Document),
        ] {
            assert_eq!(pieces(text), [(class, text)]);
        }
    }

    #[test]
    fn a_label_on_the_bundle_restricts_the_whole_bundle() {
        let text = "{\"resourceType\":\"Bundle\",\"meta\":{\"security\":[{\"code\":\"R\"}]},\
                    \"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}}]}";
        assert!(pieces(text).iter().all(|(class, _)| *class == Class::Restricted));
    }

    #[test]
    fn empty_and_malformed_files_have_distinct_errors() {
        assert!(matches!(scan(&mut Cursor::new(b""), "x"), Err(ScanError::Empty)));
        assert!(matches!(scan(&mut Cursor::new(b"{"), "x.JSON"), Err(ScanError::Json(_))));
        assert!(matches!(scan(&mut Cursor::new(b"{} {}"), "x.json"), Err(ScanError::Json(_))));
        assert!(matches!(scan(&mut Cursor::new(b"\xff"), "x.json"), Err(ScanError::Json(_))));
        assert_eq!(scan(&mut Cursor::new(b"{"), "x").unwrap().classes(), [Class::Document]);
    }
}
