//! The lexer: tokens with their positions.
#![forbid(unsafe_code)]

use super::name::{RESERVED, is_bare_character, starts_bare};
use super::{ParseError, Relation};
use std::borrow::Cow;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    And,
    Or,
    Of,
    Not,
    In,
    /// A token that starts with a digit: a threshold, a version, a number or a date.
    Word(String),
    Name(String),
    Relation(Relation),
    Open,
    Close,
    Comma,
    Range,
    Hash,
    Colon,
    End,
}

/// Operators and punctuation; a longer symbol precedes its prefixes.
static SYMBOLS: [(&str, Token); 11] = [
    ("<=", Token::Relation(Relation::LessOrEqual)),
    (">=", Token::Relation(Relation::GreaterOrEqual)),
    ("<", Token::Relation(Relation::Less)),
    (">", Token::Relation(Relation::Greater)),
    ("=", Token::Relation(Relation::Equal)),
    ("..", Token::Range),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
    ("#", Token::Hash),
    (":", Token::Colon),
];

/// The form in error messages.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = match self {
            Self::Word(word) => return f.write_str(&shortened(word)),
            Self::Name(name) => return f.write_str(&shortened(&format!("{name:?}"))),
            Self::And => "and",
            Self::Or => "or",
            Self::Of => "of",
            Self::Not => "not",
            Self::In => "in",
            Self::End => return f.write_str("the end of the text"),
            symbol => {
                SYMBOLS.iter().find(|(_, token)| token == symbol).expect("the rest are symbols").0
            }
        };
        write!(f, "'{symbol}'")
    }
}

/// Returns the first 40 characters of a token, which may be as long as the text.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text.into(),
    }
}

/// A lazy lexer, which holds one token of an untrusted text at a time.
pub(super) struct Lexer<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, column: 1 }
    }

    /// Returns the next token and its position, and [`Token::End`] at the end of the text.
    pub(super) fn next(&mut self) -> Result<(usize, Token), ParseError> {
        self.take_while(|c| " \t\n\r".contains(c));
        let column = self.column;
        let token = match self.rest.chars().next() {
            None => Token::End,
            Some('"') => self.quoted()?,
            Some(c) if starts_bare(c) => self.bare()?,
            Some(c) if c.is_ascii_digit() => self.word(),
            Some(c) => self.symbol(c)?,
        };
        Ok((column, token))
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.take(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()))
    }

    fn fail<T>(&self, reason: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { column: self.column, reason: reason.into() })
    }

    fn quoted(&mut self) -> Result<Token, ParseError> {
        let (mut name, mut characters) = (String::new(), self.rest.char_indices().skip(1));
        loop {
            match characters.next() {
                Some((end, '"')) => {
                    self.take(end + 1);
                    return Ok(Token::Name(name));
                }
                Some((_, '\\')) => match characters.next() {
                    Some((_, c @ ('"' | '\\'))) => name.push(c),
                    _ => {
                        return self.fail("a backslash escapes only a double quote or a backslash");
                    }
                },
                Some((_, c)) => name.push(c),
                None => return self.fail("the quoted name is not closed"),
            }
        }
    }

    fn bare(&mut self) -> Result<Token, ParseError> {
        let end = self.rest.find(|c| !is_bare_character(c)).unwrap_or(self.rest.len());
        let token = match &self.rest[..end] {
            "and" => Token::And,
            "or" => Token::Or,
            "of" => Token::Of,
            "not" => Token::Not,
            "in" => Token::In,
            // AND or Or could be mistaken for a gate.
            word if RESERVED.contains(&word.to_ascii_lowercase().as_str()) => {
                let lower = word.to_ascii_lowercase();
                return self.fail(format!("write '{lower}' in lower case, or quote it as a name"));
            }
            word => Token::Name(word.to_owned()),
        };
        self.take(end);
        Ok(token)
    }

    /// Reads a token that starts with a digit, up to the `..` of a range.
    fn word(&mut self) -> Token {
        let belongs = |c| is_bare_character(c) && c != ':';
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let end = self.rest[..end].find("..").unwrap_or(end);
        Token::Word(self.take(end).to_owned())
    }

    fn symbol(&mut self, c: char) -> Result<Token, ParseError> {
        if let Some((symbol, token)) =
            SYMBOLS.iter().find(|(symbol, _)| self.rest.starts_with(symbol))
        {
            self.take(symbol.len());
            return Ok(token.clone());
        }
        let advice = match c {
            '&' => "write 'and'",
            '|' => "write 'or'",
            '!' => "write 'not'",
            '-' => "numbers are not negative, and a name that starts with it needs quotes",
            '≤' => "write '<='",
            '≥' => "write '>='",
            '“' | '”' | '„' | '\'' | '‘' | '’' => "write straight double quotes",
            _ => "a name that contains it needs quotes",
        };
        self.fail(format!("unexpected character {c:?}: {advice}"))
    }
}
