//! A streaming JSON parser that knows the offset of every value.
//!
//! The parser checks the grammar of RFC 8259 and keeps at most [`MAX_TEXT`] bytes of a string.
//! Numbers are opaque, so their magnitude is unlimited. An unpaired surrogate escape is accepted,
//! as RFC 8259 (section 8.2) permits, and reads as U+FFFD.
//!
//! All buffers have their capacity from the start and are erased, because the text is the plaintext
//! of a record.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use zeroize::Zeroizing;

/// Bytes of a string that are kept.
pub(super) const MAX_TEXT: usize = 1 << 10;
/// Maximum number of objects and lists around a value.
const MAX_DEPTH: usize = 128;
const BUFFER: usize = 1 << 16;

/// A syntax error in JSON, with its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} column {column}")]
pub struct JsonError {
    reason: &'static str,
    line: u64,
    column: u64,
}

/// A syntax error or a failed read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParseError {
    #[error(transparent)]
    Syntax(#[from] JsonError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The type of the next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    List,
    Text,
    /// A number, `true`, `false` or `null`.
    Other,
}

/// A string: its first [`MAX_TEXT`] bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) start: Zeroizing<String>,
    pub(super) is_whole: bool,
}

impl Text {
    /// Returns the string if all of it was kept.
    pub(super) fn whole(&self) -> Option<&str> {
        self.is_whole.then_some(&self.start)
    }
}

/// A parser over a reader of UTF-8.
pub(super) struct Json<R> {
    input: R,
    buffer: Zeroizing<Vec<u8>>,
    /// The start of the current string.
    string: Zeroizing<Vec<u8>>,
    at: usize,
    filled: usize,
    /// Offset of the buffer in the file.
    base: u64,
    depth: usize,
    line: u64,
    line_start: u64,
}

impl<R: Read> Json<R> {
    /// Starts at offset `base` of a file.
    pub(super) fn new(input: R, base: u64) -> Self {
        let buffer = Zeroizing::new(vec![0; BUFFER]);
        let string = Zeroizing::new(Vec::with_capacity(MAX_TEXT));
        Self { input, buffer, string, at: 0, filled: 0, base, depth: 0, line: 1, line_start: base }
    }

    /// Returns the offset of the next unread byte.
    pub(super) fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(super) fn error(&self, reason: &'static str) -> ParseError {
        let column = self.position() - self.line_start + 1;
        ParseError::Syntax(JsonError { reason, line: self.line, column })
    }

    fn peek(&mut self) -> Result<Option<u8>, ParseError> {
        while self.at == self.filled {
            self.base += self.filled as u64;
            (self.at, self.filled) = (0, 0);
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => self.filled = read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(self.buffer[self.at]))
    }

    fn next(&mut self) -> Result<u8, ParseError> {
        let byte = self.peek()?.ok_or_else(|| self.error("the text ends within a value"))?;
        self.at += 1;
        Ok(byte)
    }

    /// Skips whitespace and returns the next byte, if there is one.
    pub(super) fn next_token(&mut self) -> Result<Option<u8>, ParseError> {
        while let Some(byte @ (b' ' | b'\n' | b'\r' | b'\t')) = self.peek()? {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.line_start = self.position();
            }
        }
        self.peek()
    }

    /// Consumes the next token if it is this byte.
    fn consume(&mut self, byte: u8) -> Result<bool, ParseError> {
        let found = self.next_token()? == Some(byte);
        self.at += usize::from(found);
        Ok(found)
    }

    /// Skips whitespace and returns the type of the next value.
    pub(super) fn shape(&mut self) -> Result<Shape, ParseError> {
        match self.next_token()? {
            Some(b'{') => Ok(Shape::Object),
            Some(b'[') => Ok(Shape::List),
            Some(b'"') => Ok(Shape::Text),
            Some(_) => Ok(Shape::Other),
            None => Err(self.error("the text ends where a value is expected")),
        }
    }

    /// Enters the object or list that follows.
    pub(super) fn enter(&mut self) -> Result<(), ParseError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("values are nested more than 128 levels deep"));
        }
        Ok(())
    }

    /// Returns the next key of an object, or `None` after the closing brace.
    pub(super) fn next_key(&mut self, is_first: bool) -> Result<Option<Text>, ParseError> {
        if !self.next_item(b'}', is_first)? {
            return Ok(None);
        }
        if self.next_token()? != Some(b'"') {
            return Err(self.error("a key in quotation marks is expected"));
        }
        let key = self.text()?;
        if !self.consume(b':')? {
            return Err(self.error("a colon is expected"));
        }
        Ok(Some(key))
    }

    /// Returns `true` before an element of a list, `false` after the closing bracket.
    pub(super) fn next_element(&mut self, is_first: bool) -> Result<bool, ParseError> {
        self.next_item(b']', is_first)
    }

    fn next_item(&mut self, end: u8, is_first: bool) -> Result<bool, ParseError> {
        if self.consume(end)? {
            self.depth -= 1;
            return Ok(false);
        }
        if !is_first && !self.consume(b',')? {
            return Err(self.error("a comma or the end of the object or list is expected"));
        }
        Ok(true)
    }

    /// Reads a string.
    pub(super) fn text(&mut self) -> Result<Text, ParseError> {
        self.at += 1;
        self.string.clear();
        let mut is_whole = true;
        loop {
            let is_kept = match self.next()? {
                b'"' => break,
                b'\\' => {
                    let escaped = self.escape()?;
                    self.keep(escaped.encode_utf8(&mut [0; 4]).as_bytes(), is_whole)
                }
                0..0x20 => return Err(self.error("a string contains a control character")),
                byte => self.keep(&[byte], is_whole),
            };
            is_whole &= is_kept;
        }
        Ok(Text { start: decode(&self.string), is_whole })
    }

    /// Appends bytes to the string, if all bytes before were kept and there is room.
    fn keep(&mut self, more: &[u8], is_whole: bool) -> bool {
        let is_kept = is_whole && self.string.len() + more.len() <= MAX_TEXT;
        if is_kept {
            self.string.extend_from_slice(more);
        }
        is_kept
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        Ok(match self.next()? {
            plain @ (b'"' | b'\\' | b'/') => char::from(plain),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode_escape()?,
            _ => return Err(self.error("an escape sequence is unknown")),
        })
    }

    /// Reads the digits after `\u`, and a second escape if the first is a high surrogate.
    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        let high = self.hex4()?;
        if !(0xd800..0xdc00).contains(&high) || self.peek()? != Some(b'\\') {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at += 1;
        if self.peek()? != Some(b'u') {
            // The high surrogate is unpaired; its place is taken by the escape that follows.
            return self.escape();
        }
        self.at += 1;
        let low = self.hex4()?;
        let pair = (0xdc00..0xe000)
            .contains(&low)
            .then(|| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            .and_then(char::from_u32);
        Ok(pair.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, ParseError> {
        (0..4).try_fold(0, |value, _| {
            let digit = char::from(self.next()?).to_digit(16);
            let digit = digit.ok_or_else(|| self.error("\\u needs four hexadecimal digits"))?;
            Ok(value << 4 | digit)
        })
    }

    /// Skips a number, `true`, `false` or `null`.
    pub(super) fn skip_other(&mut self) -> Result<(), ParseError> {
        match self.peek()? {
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.error("a value is expected")),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), ParseError> {
        for expected in word {
            if self.next()? != *expected {
                return Err(self.error("a value is expected"));
            }
        }
        Ok(())
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<(), ParseError> {
        self.at += usize::from(self.peek()? == Some(b'-'));
        if self.peek()? == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek()? == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek()? {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek()? {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        if !self.next()?.is_ascii_digit() {
            return Err(self.error("a number needs a digit here"));
        }
        while self.peek()?.is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }
}

/// Decodes UTF-8. A long string may be cut within a character, which reads as U+FFFD.
fn decode(bytes: &[u8]) -> Zeroizing<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Zeroizing::new(text.to_owned());
    }
    // U+FFFD has three bytes.
    let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}
