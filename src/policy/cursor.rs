//! Reading a text token by token, with one token in view.
#![forbid(unsafe_code)]

use super::token::{Lexer, Token, shortened};
use super::value::Literal;
use super::{Listed, MAX_LENGTH, Name, Value};
use std::fmt;

/// Why a text is not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub struct ParseError {
    /// The character at which understanding ended, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

impl ParseError {
    /// What stands at this column is wrong for a reason.
    pub(super) fn at<E: fmt::Display>(column: usize) -> impl FnOnce(E) -> Self {
        move |reason| Self { column, reason: reason.to_string() }
    }
}

/// A token in view and what comes after it.
pub(super) struct Cursor<'a> {
    lexer: Lexer<'a>,
    column: usize,
    token: Token,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_LENGTH {
            let reason = format!("the text is longer than {MAX_LENGTH} bytes");
            return Err(ParseError { column: 1, reason });
        }
        let mut lexer = Lexer::new(text);
        let (column, token) = lexer.next()?;
        Ok(Self { lexer, column, token })
    }

    /// The token in view.
    pub(super) fn peek(&self) -> &Token {
        &self.token
    }

    /// Where the token in view begins.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// Takes the token in view.
    pub(super) fn advance(&mut self) -> Result<Token, ParseError> {
        let (column, token) = self.lexer.next()?;
        self.column = column;
        Ok(std::mem::replace(&mut self.token, token))
    }

    /// Takes the token in view if it is this one.
    pub(super) fn advance_if(&mut self, token: &Token) -> Result<bool, ParseError> {
        let found = self.token == *token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Takes the token in view, which has to be this one.
    pub(super) fn expect(&mut self, token: &Token) -> Result<(), ParseError> {
        if self.advance_if(token)? { Ok(()) } else { self.expected(&token.to_string()) }
    }

    /// Nothing may be left.
    pub(super) fn finish(&self, expected: &str) -> Result<(), ParseError> {
        if self.token == Token::End { Ok(()) } else { self.expected(expected) }
    }

    /// Something else is in view.
    pub(super) fn expected<T>(&self, expected: &str) -> Result<T, ParseError> {
        self.fail(format!("{expected} is expected, {} was found", self.token))
    }

    pub(super) fn fail<T>(&self, reason: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { column: self.column, reason: reason.into() })
    }

    /// A name; `expected` says which.
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

    /// A word that starts with a digit.
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

    /// `"#" number`, the version of a vocabulary.
    pub(super) fn version(&mut self) -> Result<u32, ParseError> {
        self.expect(&Token::Hash)?;
        let column = self.column;
        let word = self.word("the version of a vocabulary")?;
        let shown = shortened(&word);
        let reason = || format!("{shown} is no version, which is a number up to {}", u32::MAX);
        count(&word).ok_or_else(reason).map_err(ParseError::at(column))
    }

    /// `"#" number ":" name`, what makes a name a listed value; its label stood at `column`.
    pub(super) fn listed(&mut self, column: usize, label: Name) -> Result<Listed, ParseError> {
        let version = self.version()?;
        self.expect(&Token::Colon)?;
        let value = self.name("a value of the vocabulary")?;
        Listed::new(label, version, value).map_err(ParseError::at(column))
    }

    /// A number or date, which may get its width from what follows.
    pub(super) fn literal(&mut self) -> Result<Literal, ParseError> {
        let column = self.column;
        Literal::parse(&self.word("a number or a date")?).map_err(ParseError::at(column))
    }

    /// A number or date.
    pub(super) fn value(&mut self) -> Result<Value, ParseError> {
        let column = self.column;
        self.literal()?.value().map_err(ParseError::at(column))
    }
}

/// A number without width. One spelling a number: 007 would print as 7.
pub(super) fn count<N: std::str::FromStr + fmt::Display>(word: &str) -> Option<N> {
    let number: N = word.parse().ok()?;
    (number.to_string() == word).then_some(number)
}
