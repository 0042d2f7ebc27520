//! A token stream with one token of lookahead.
#![forbid(unsafe_code)]

use super::token::{Lexer, Token, shortened};
use super::value::Literal;
use super::{Listed, MAX_TEXT_BYTES, Name, Value};
use std::fmt;

/// A syntax error or violated rule, with its position in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub struct ParseError {
    /// Position of the error in code points, from 1; sections 1 and 9 of `docs/policy.md`.
    pub column: usize,
    /// The violated rule.
    pub reason: String,
}

impl ParseError {
    /// Returns a function that attaches a position to a reason.
    pub(super) fn at<E: fmt::Display>(column: usize) -> impl FnOnce(E) -> Self {
        move |reason| Self { column, reason: reason.to_string() }
    }
}

/// The current token and the rest of the text.
pub(super) struct Cursor<'a> {
    lexer: Lexer<'a>,
    column: usize,
    token: Token,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_TEXT_BYTES {
            let reason = format!("the text is longer than {MAX_TEXT_BYTES} bytes");
            return Err(ParseError { column: 1, reason });
        }
        let mut lexer = Lexer::new(text);
        let (column, token) = lexer.next()?;
        Ok(Self { lexer, column, token })
    }

    /// The current token.
    pub(super) fn peek(&self) -> &Token {
        &self.token
    }

    /// The position of the current token.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// Consumes the current token.
    pub(super) fn advance(&mut self) -> Result<Token, ParseError> {
        let (column, token) = self.lexer.next()?;
        self.column = column;
        Ok(std::mem::replace(&mut self.token, token))
    }

    /// Consumes the current token if it is this one.
    pub(super) fn advance_if(&mut self, token: &Token) -> Result<bool, ParseError> {
        let found = self.token == *token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Consumes the current token, which must be this one.
    pub(super) fn expect(&mut self, token: &Token) -> Result<(), ParseError> {
        if self.advance_if(token)? { Ok(()) } else { self.expected(&token.to_string()) }
    }

    /// Fails unless the text ends here.
    pub(super) fn finish(&self, expected: &str) -> Result<(), ParseError> {
        if self.token == Token::End { Ok(()) } else { self.expected(expected) }
    }

    /// Fails because the current token is not the expected one.
    pub(super) fn expected<T>(&self, expected: &str) -> Result<T, ParseError> {
        self.fail(format!("expected {expected}, found {}", self.token))
    }

    /// Fails at the current token.
    pub(super) fn fail<T>(&self, reason: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { column: self.column, reason: reason.into() })
    }

    /// Consumes a name; `expected` describes it in the error.
    pub(super) fn name(&mut self, expected: &str) -> Result<Name, ParseError> {
        let column = self.column;
        match &mut self.token {
            Token::Name(name) => {
                let name = Name::new(std::mem::take(name)).map_err(ParseError::at(column))?;
                self.advance()?;
                Ok(name)
            }
            _ => self.expected(expected),
        }
    }

    /// Consumes a token that starts with a digit; `expected` describes it in the error.
    pub(super) fn word(&mut self, expected: &str) -> Result<String, ParseError> {
        match &mut self.token {
            Token::Word(word) => {
                let word = std::mem::take(word);
                self.advance()?;
                Ok(word)
            }
            _ => self.expected(expected),
        }
    }

    /// Consumes `"#" number`, the version of a vocabulary.
    pub(super) fn version(&mut self) -> Result<u32, ParseError> {
        self.expect(&Token::Hash)?;
        let column = self.column;
        let word = self.word("the version of a vocabulary")?;
        let shown = shortened(&word);
        let reason = || format!("{shown} is not a version, which is a number up to {}", u32::MAX);
        count(&word).ok_or_else(reason).map_err(ParseError::at(column))
    }

    /// Consumes `"#" number ":" name`, the rest of a listed value whose label is at `column`.
    pub(super) fn listed(&mut self, column: usize, label: Name) -> Result<Listed, ParseError> {
        let version = self.version()?;
        self.expect(&Token::Colon)?;
        let value = self.name("a value of the vocabulary")?;
        Listed::new(label, version, value).map_err(ParseError::at(column))
    }

    /// Consumes a number or date, whose width the upper end of a range may determine.
    pub(super) fn literal(&mut self) -> Result<Literal, ParseError> {
        let column = self.column;
        Literal::parse(&self.word("a number or a date")?).map_err(ParseError::at(column))
    }

    /// Consumes a number or date.
    pub(super) fn value(&mut self) -> Result<Value, ParseError> {
        let column = self.column;
        self.literal()?.value().map_err(ParseError::at(column))
    }
}

/// Parses a number without a width; `None` unless it is canonical: `007` would print as `7`.
pub(super) fn count<N: std::str::FromStr + fmt::Display>(word: &str) -> Option<N> {
    let number: N = word.parse().ok()?;
    (number.to_string() == word).then_some(number)
}
