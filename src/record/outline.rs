//! The walk through a JSON file: byte ranges by class, keywords and findings.
#![forbid(unsafe_code)]

use super::codes::SensitiveCodes;
use super::elements;
use super::finding::Rule;
use super::frame::Frame;
use super::json::{Json, MAX_TEXT, ParseError, Shape, Text};
use super::labels::{self, Effect};
use super::position::{Fields, Position};
use super::scan::ScanError;
use super::section::MAX_PIECES;
use super::{Class, Keyword, MAX_KEYWORDS, Piece};
use std::collections::BTreeSet;
use std::io::Read;
use zeroize::Zeroizing;

/// Bytes of a path that are kept.
const MAX_PATH: usize = 200;
/// Members `display` and `data` of one object that are interpreted; a valid object has one of each.
const MAX_DUPLICATES: usize = 8;

/// A walk through a file.
pub(super) struct Walk<'a, R> {
    json: Json<R>,
    codes: &'a SensitiveCodes,
    keywords: BTreeSet<Keyword>,
    /// Keys since the resource around the current value, each after a dot.
    path: Zeroizing<String>,
}

/// The outline of a JSON file: the class of the bytes outside cuts, and the cuts.
pub(super) struct Outline {
    pub(super) frame: Frame,
    pub(super) rest: Class,
    pub(super) keywords: BTreeSet<Keyword>,
}

impl<'a, R: Read> Walk<'a, R> {
    pub(super) fn new(json: Json<R>, codes: &'a SensitiveCodes) -> Self {
        Self { json, codes, keywords: BTreeSet::new(), path: empty_path() }
    }

    /// Reads all values of the file: one, or several as in NDJSON. A single resource also contains
    /// the whitespace around it.
    pub(super) fn file(mut self, is_single: bool) -> Result<Outline, ScanError> {
        let (mut frame, mut count, mut shape) = (Frame::default(), 0_u64, Shape::Other);
        while count == 0 || self.json.next_token()?.is_some() {
            if is_single && count > 0 {
                return Err(self.json.error("text follows the end of the value").into());
            }
            shape = self.json.shape()?;
            let position = Position { is_resource: true, ..Position::default() };
            self.add(&mut frame, shape, position)?;
            count += 1;
        }
        let rest = frame.finish_file();
        if count == 1 && shape == Shape::Object {
            if let Some(first) = frame.cuts.first_mut().filter(|_| !frame.is_loose) {
                first.piece.start = 0;
            }
            if let Some(last) = frame.cuts.last_mut().filter(|_| !frame.is_loose) {
                last.piece.end = self.json.position();
            }
        }
        Ok(Outline { frame, rest, keywords: self.keywords })
    }

    /// Reads a value into the frame around it.
    fn add(&mut self, frame: &mut Frame, shape: Shape, at: Position<'_>) -> Result<(), ScanError> {
        merge(frame, self.value(shape, at)?)
    }

    fn value(&mut self, shape: Shape, at: Position<'_>) -> Result<Frame, ScanError> {
        match shape {
            Shape::Object => self.object(at),
            Shape::List => self.list(at),
            Shape::Text => {
                let text = self.json.text()?;
                let mut frame = Frame::loose();
                if at.is_label && ["security", "securityLabel"].contains(&at.key) {
                    frame.label((Effect::Unknown, text.start), path(&self.path));
                }
                Ok(frame)
            }
            Shape::Other => {
                self.json.skip_other()?;
                Ok(Frame::loose())
            }
        }
    }

    fn list(&mut self, at: Position<'_>) -> Result<Frame, ScanError> {
        self.json.enter()?;
        let (mut frame, mut is_first) = (Frame::default(), true);
        while self.json.next_element(is_first)? {
            is_first = false;
            let shape = self.json.shape()?;
            self.add(&mut frame, shape, at)?;
        }
        frame.is_loose |= is_first;
        Ok(frame)
    }

    fn object(&mut self, at: Position<'_>) -> Result<Frame, ScanError> {
        let start = self.json.position();
        // The path begins at the resource.
        let outer = at.is_resource.then(|| std::mem::replace(&mut self.path, empty_path()));
        self.json.enter()?;
        let (mut frame, mut fields, mut is_first) = (Frame::default(), Fields::default(), true);
        while let Some(key) = self.json.next_key(is_first)? {
            is_first = false;
            let length = self.path.len();
            let key = key.whole().unwrap_or_default();
            if length + key.len() < MAX_PATH {
                self.path.push('.');
                self.path.push_str(key);
            }
            self.member(&mut frame, &mut fields, key, at)?;
            self.path.truncate(length);
        }
        let piece = Piece { start, end: self.json.position() };
        self.interpret(&mut frame, fields, at, piece)?;
        if let Some(outer) = outer {
            self.path = outer;
        }
        if frame.has_type() {
            let (frame, name) = frame.finish_resource(piece);
            self.keyword("type", name)?;
            return Ok(frame);
        }
        frame.is_loose = true;
        if at.is_resource {
            frame.drop_bare_entries();
        }
        Ok(if at.is_entry { frame.finish_entry(piece) } else { frame })
    }

    /// Reads the value of a key.
    fn member(
        &mut self,
        frame: &mut Frame,
        fields: &mut Fields,
        key: &str,
        at: Position<'_>,
    ) -> Result<(), ScanError> {
        let shape = self.json.shape()?;
        let start = self.json.position();
        let (mut value, mut is_search) = (Frame::default(), false);
        let inner = at.member(key);
        if shape == Shape::Text && !inner.is_label {
            let text = self.json.text()?;
            is_search = elements::is_search_for_a_person(&text.start);
            match key {
                "resourceType" => frame.set_type(text.start, path(&self.path)),
                "confidentiality" if at.is_resource => frame.note_confidentiality(&text.start),
                _ => fields.note(key, text),
            }
        } else if shape == Shape::Text && !["security", "securityLabel"].contains(&key) {
            fields.note(key, self.json.text()?);
        } else {
            value = self.value(shape, inner)?;
        }
        let piece = Piece { start, end: self.json.position() };
        // `_birthDate` contains the extensions of `birthDate`.
        let name = key.strip_prefix('_').unwrap_or(key);
        match name {
            "display" | "data" if fields.displays.len() + fields.data.len() >= MAX_DUPLICATES => {
                frame.restrict(Rule::Ambiguous, path(&self.path));
            }
            "display" => fields.displays.push(piece),
            "data" => fields.data.push(piece),
            "family" | "given" => fields.is_name = true,
            "div" => fields.is_narrative = true,
            _ if is_search || elements::is_identifying(name) => {
                value.cut_whole(piece, Class::Identity, path(&self.path));
            }
            _ => {}
        }
        if elements::is_clinical_element(name) {
            value.clinical(path(&self.path));
        }
        merge(frame, value)
    }

    /// Interprets the members of an object together.
    fn interpret(
        &mut self,
        frame: &mut Frame,
        fields: Fields,
        at: Position<'_>,
        piece: Piece,
    ) -> Result<(), ScanError> {
        frame.close_extension(&fields.url, path(&self.path));
        let is_person = elements::is_person(at.key, &fields.reference, &fields.stated_type);
        if fields.code.is_none() && fields.system.is_none() && is_person {
            for display in fields.displays.iter().rev() {
                frame.cut(*display, Class::Identity, &format!("{}.display", path(&self.path)));
            }
        }
        let is_attachment =
            fields.has_content_type || at.key.ends_with("Attachment") || at.key == "presentedForm";
        if is_attachment {
            for data in &fields.data {
                frame.cut(*data, Class::Narrative, &format!("{}.data", path(&self.path)));
            }
        }
        if fields.is_narrative {
            frame.cut_whole(piece, Class::Narrative, path(&self.path));
        } else if fields.is_name {
            frame.cut_whole(piece, Class::Identity, path(&self.path));
        }
        self.coding(frame, fields, at)
    }

    /// Interprets an object with `system` and `code`.
    fn coding(
        &mut self,
        frame: &mut Frame,
        fields: Fields,
        at: Position<'_>,
    ) -> Result<(), ScanError> {
        let [system, code] =
            [&fields.system, &fields.code].map(|text| text.as_ref().map(Text::whole));
        if system.is_none() && code.is_none() {
            return Ok(());
        }
        // A string that is too long to be kept is no code of a known system.
        let is_coding = code.is_some();
        let (system, code) =
            (system.flatten().unwrap_or_default(), code.flatten().unwrap_or_default());
        if is_coding && fields.has_two_codes {
            frame.restrict(Rule::Ambiguous, path(&self.path));
        }
        let text = Zeroizing::new([system, "|", code].concat());
        if at.is_label {
            frame.label((labels::effect(system, code), text), path(&self.path));
            return Ok(());
        }
        if at.key == "valueCoding" {
            frame.note_extension_label((labels::effect(system, code), text.clone()));
        }
        if let Some(category) = self.codes.category(system, code) {
            frame.restrict(Rule::SensitiveCode(category.to_owned()), path(&self.path));
        }
        if is_coding && elements::is_clinical_system(system) {
            frame.clinical(path(&self.path));
        }
        if at.is_keyword && !code.is_empty() {
            self.keyword("code", text)?;
        }
        Ok(())
    }

    /// Adds a keyword, unless it is too long to be one.
    fn keyword(
        &mut self,
        field: &'static str,
        mut value: Zeroizing<String>,
    ) -> Result<(), ScanError> {
        if value.len() <= MAX_TEXT {
            self.keywords.insert(Keyword { field, value: std::mem::take(&mut *value) });
        }
        if self.keywords.len() > MAX_KEYWORDS { Err(ScanError::TooManyKeywords) } else { Ok(()) }
    }
}

/// Adds the content of a value to the frame around it.
fn merge(frame: &mut Frame, value: Frame) -> Result<(), ScanError> {
    frame.merge(value);
    if frame.cuts.len() > MAX_PIECES { Err(ScanError::TooManyEntries) } else { Ok(()) }
}

/// Returns a path that grows without a reallocation.
fn empty_path() -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(MAX_PATH))
}

/// Returns a path without its leading dot.
fn path(keys: &str) -> &str {
    keys.strip_prefix('.').unwrap_or(keys)
}

impl From<ParseError> for ScanError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Syntax(error) => Self::Json(error),
            ParseError::Io(error) => Self::Io(error),
        }
    }
}
