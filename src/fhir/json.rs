//! JSON of bounded length and depth, without duplicate keys.
#![forbid(unsafe_code)]

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// An error in a JSON text. Contains nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// A text above the limit.
    #[error("the text is longer than {0} bytes")]
    TooLong(usize),
    /// Two equal keys, of which parsers take either.
    #[error("an object has two equal keys before line {line} column {column}")]
    DuplicateKey {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// More than 127 nested values.
    #[error("values are nested more than 127 levels deep at line {line} column {column}")]
    TooDeep {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A violation of the grammar.
    #[error("the text is not JSON: {fault} at line {line} column {column}")]
    Syntax {
        /// The fault, in the words of the parser.
        fault: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

/// Parses a text of at most `max` bytes.
///
/// # Errors
/// [`JsonError`] if the text is too long, is not JSON, is nested more than 127 levels deep, or has
/// an object with two equal keys.
pub fn parse(text: &[u8], max: usize) -> Result<Value, JsonError> {
    if text.len() > max {
        return Err(JsonError::TooLong(max));
    }
    let parsed: Result<Unique, serde_json::Error> = serde_json::from_slice(text);
    parsed.map(|value| value.0).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        // The visitor accepts every value, so its only error is that of a duplicate key.
        if error.is_data() {
            return JsonError::DuplicateKey { line, column };
        }
        // The parser names its faults in constant texts, without a part of its input.
        let text = error.to_string();
        match text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text) {
            "recursion limit exceeded" => JsonError::TooDeep { line, column },
            fault => JsonError::Syntax { fault: fault.to_owned(), line, column },
        }
    })
}

/// A value whose objects have distinct keys.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("duplicate key"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> JsonError {
        parse(text.as_bytes(), 4096).unwrap_err()
    }

    #[test]
    fn duplicate_keys_syntax_length_and_depth_are_distinguished() {
        assert_eq!(error("{\"a\": 1,\n\"a\": 1}"), JsonError::DuplicateKey { line: 2, column: 7 });
        let escaped = error("[{\"a\": {\"b\": 0, \"\\u0062\": 0}}]");
        assert!(matches!(escaped, JsonError::DuplicateKey { .. }));
        for (text, expected) in [
            ("", "EOF while parsing a value"),
            ("{", "EOF while parsing an object"),
            ("[1,]", "trailing comma"),
            ("{} {}", "trailing characters"),
            ("\u{feff}{}", "expected value"),
            ("\"\\ud800\"", "unexpected end of hex escape"),
            ("1e999", "number out of range"),
        ] {
            let JsonError::Syntax { fault, .. } = error(text) else { panic!("{text}") };
            assert_eq!(fault, expected, "{text}");
        }
        let named = error("{\"status\": Ada}");
        let sentence = "the text is not JSON: expected value at line 1 column 12";
        assert_eq!(named.to_string(), sentence);
        assert_eq!(parse(b"{}  ", 3), Err(JsonError::TooLong(3)));
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(127).as_bytes(), 4096).is_ok());
        assert_eq!(error(&nested(128)), JsonError::TooDeep { line: 1, column: 128 });
    }

    #[test]
    fn values_equal_those_of_the_library() {
        let text = br#"{"a": [null, true, -1, 18446744073709551615, 0.5, "\u00e5", {}], "b": {}}"#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(parse(text, 4096).unwrap(), expected);
    }
}
