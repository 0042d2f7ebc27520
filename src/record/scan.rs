//! One pass over a file: its entries' offsets, classes and keywords.
//!
//! The JSON parser pulls bytes one at a time from a reader that counts them. It looks ahead by at
//! most one byte, and never past a brace, so the count is exact where an object starts and ends.
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

/// Why a file is no record.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is called JSON and is not.
    #[error("the file is named .json but cannot be read as JSON: {0}")]
    Json(serde_json::Error),
    /// What would seal but never open.
    #[error("the bundle has more than {MAX_PIECES} entries; split it")]
    TooManyEntries,
    /// Reading failed.
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
    let promised = name.to_ascii_lowercase().ends_with(".json");
    let outline = if promised || starts_like_json(&start[..read]) {
        match scan_json(file) {
            Ok(outline) => outline,
            Err(error) if error.is_io() => return Err(ScanError::Io(error.into())),
            Err(error) if promised => return Err(ScanError::Json(error)),
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

/// What kind of document this is, by its first bytes.
fn media_type(start: &[u8]) -> Option<&'static str> {
    match start {
        _ if start.get(128..132) == Some(b"DICM") => Some("application/dicom"),
        [b'%', b'P', b'D', b'F', ..] => Some("application/pdf"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        _ => None,
    }
}

/// What a pass over JSON found.
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
            // Other resources, and a bundle that is restricted as a whole, are one piece; a list
            // called "entry" means something only in a bundle.
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

/// JSON is UTF-8 everywhere; the parser looks at what it does not skip.
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
            // A character that is cut at the end of a part is continued in the next.
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
    // What was read to look for the mark comes first again.
    let replay = &mark[skipped.min(read)..read];
    let position = Cell::new(skipped as u64);
    let counting = Counting { inner: replay.chain(reader), position: &position };
    let mut json = serde_json::Deserializer::from_reader(counting);
    let outline = json.deserialize_any(TopLevel { position: &position })?;
    json.end()?;
    Ok(outline)
}

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

/// The whole document.
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

/// The list under `entry`; anything else there is no list of entries and streams past.
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

type Nothing = ();

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Nothing;
    lenient!("a list of entries", Nothing);
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { outline, position } = self;
        while seq.next_element_seed(Entry { outline, position })?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        skip_map(map)
    }
}

/// One entry: `{"fullUrl": ..., "resource": {...}}`.
struct Entry<'a> {
    outline: &'a mut Outline,
    position: &'a Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { outline, position } = self;
        if let Some((start, head)) = deserializer.deserialize_any(EntryVisitor { position })? {
            // The closing brace was the last byte taken.
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

/// Where an entry starts, and its resource.
type Found = Option<(u64, Head)>;

impl<'de> Visitor<'de> for EntryVisitor<'_> {
    type Value = Found;
    lenient!("an entry", Found);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        // The opening brace was the last byte taken.
        let start = self.position.get() - 1;
        let mut head = Head::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "resource" {
                head = map.next_value::<Head>()?.after(head);
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
    fn entries_are_cut_at_their_braces() {
        let text = "\n {\"entry\" :[ {\"resource\":{\"resourceType\":\"Patient\",\"id\":\"}{é\"} } ,\t\
                    {\"resource\":{\"resourceType\":\"Claim\"}}], \"resourceType\":\"Bundle\"}\n";
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
    fn odd_shapes_are_one_section() {
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
    fn a_label_on_the_bundle_restricts_all_of_it() {
        let text = "{\"resourceType\":\"Bundle\",\"meta\":{\"security\":[{\"code\":\"R\"}]},\
                    \"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}}]}";
        assert!(pieces(text).iter().all(|(class, _)| *class == Class::Restricted));
    }

    #[test]
    fn bad_input_is_told_apart() {
        assert!(matches!(scan(&mut Cursor::new(b""), "x"), Err(ScanError::Empty)));
        assert!(matches!(scan(&mut Cursor::new(b"{"), "x.JSON"), Err(ScanError::Json(_))));
        assert!(matches!(scan(&mut Cursor::new(b"{} {}"), "x.json"), Err(ScanError::Json(_))));
        assert!(matches!(scan(&mut Cursor::new(b"\xff"), "x.json"), Err(ScanError::Json(_))));
        assert_eq!(scan(&mut Cursor::new(b"{"), "x").unwrap().classes(), [Class::Document]);
    }
}
