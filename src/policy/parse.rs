//! From text to policy: a recursive descent over the grammar in [`crate::policy`].
#![forbid(unsafe_code)]

use super::attribute::{RESERVED, is_bare_character};
use super::{AccessPolicy, Attribute, MAX_DEPTH, MAX_LENGTH, Node};
use std::str::FromStr;

/// Why a text is no policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub struct ParseError {
    /// The character at which understanding ended, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

impl FromStr for AccessPolicy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_LENGTH {
            let reason = format!("the policy is longer than {MAX_LENGTH} bytes");
            return Err(ParseError { column: 1, reason });
        }
        let mut parser = Parser { tokens: tokenise(text)?, next: 0, depth: 0 };
        let root = parser.policy()?;
        match parser.peek() {
            Token::End => AccessPolicy::new(root)
                .map_err(|error| ParseError { column: 1, reason: error.to_string() }),
            other => parser.fail(format!("{} is not expected here", other.describe())),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    And,
    Or,
    Of,
    Number(usize),
    Name(String),
    Open,
    Close,
    Comma,
    End,
}

impl Token {
    fn describe(&self) -> String {
        match self {
            Token::And => "'and'".into(),
            Token::Or => "'or'".into(),
            Token::Of => "'of'".into(),
            Token::Number(n) => format!("the number {n}"),
            Token::Name(name) => format!("{name:?}"),
            Token::Open => "'('".into(),
            Token::Close => "')'".into(),
            Token::Comma => "','".into(),
            Token::End => "the end of the policy".into(),
        }
    }
}

/// The tokens with their columns, [`Token::End`] last.
fn tokenise(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().enumerate().map(|(i, c)| (i + 1, c)).peekable();
    while let Some(&(column, c)) = characters.peek() {
        let token = match c {
            ' ' | '\t' | '\n' | '\r' => {
                characters.next();
                continue;
            }
            '(' | ')' | ',' => {
                characters.next();
                if c == '(' {
                    Token::Open
                } else if c == ')' {
                    Token::Close
                } else {
                    Token::Comma
                }
            }
            '"' => {
                characters.next();
                Token::Name(quoted(column, &mut characters)?)
            }
            c if is_bare_character(c) => {
                let mut word = String::new();
                while let Some((_, c)) = characters.next_if(|(_, c)| is_bare_character(*c)) {
                    word.push(c);
                }
                bare(column, word)?
            }
            c => return Err(ParseError { column, reason: format!("{c:?} needs quotes") }),
        };
        tokens.push((column, token));
    }
    tokens.push((text.chars().count() + 1, Token::End));
    Ok(tokens)
}

/// The rest of a quoted name, its opening quote consumed.
fn quoted(
    start: usize,
    characters: &mut impl Iterator<Item = (usize, char)>,
) -> Result<String, ParseError> {
    let mut name = String::new();
    loop {
        match characters.next() {
            Some((_, '"')) => return Ok(name),
            Some((_, '\\')) => match characters.next() {
                Some((_, c @ ('"' | '\\'))) => name.push(c),
                _ => return error(start, "a backslash escapes only a quote or a backslash"),
            },
            Some((_, c)) => name.push(c),
            None => return error(start, "the quote is never closed"),
        }
    }
}

fn bare(column: usize, word: String) -> Result<Token, ParseError> {
    if word.bytes().all(|b| b.is_ascii_digit()) {
        // One spelling a number: 007 would print as 7.
        return match word.parse() {
            Ok(number) if word == format!("{number}") => Ok(Token::Number(number)),
            _ => error(column, "the number is too large or has leading zeros"),
        };
    }
    match word.as_str() {
        "and" => Ok(Token::And),
        "or" => Ok(Token::Or),
        "of" => Ok(Token::Of),
        // AND and Or look like gates to a reader; only quotes make them names.
        word if RESERVED.contains(&word.to_ascii_lowercase().as_str()) => {
            error(column, "gates are written in lower case; quote the word to use it as a name")
        }
        _ => Ok(Token::Name(word)),
    }
}

fn error<T>(column: usize, reason: &str) -> Result<T, ParseError> {
    Err(ParseError { column, reason: reason.to_owned() })
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].1
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.next].1.clone();
        // The End token is never passed, so there is always a next one to look at.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn fail<T>(&self, reason: String) -> Result<T, ParseError> {
        Err(ParseError { column: self.tokens[self.next].0, reason })
    }

    fn expect(&mut self, expected: Token) -> Result<(), ParseError> {
        if *self.peek() == expected {
            self.advance();
            return Ok(());
        }
        let found = self.peek().describe();
        self.fail(format!("{} is expected, {found} was found", expected.describe()))
    }

    /// policy = conjunct / disjunct / primary
    fn policy(&mut self) -> Result<Node, ParseError> {
        self.depth += 1;
        // A parenthesis adds no gate, so the text may nest deeper than the tree.
        if self.depth > 4 * MAX_DEPTH {
            return self.fail(format!("the policy is nested deeper than {MAX_DEPTH} levels"));
        }
        let mut branches = vec![self.primary()?];
        let gate = self.peek().clone();
        while matches!(gate, Token::And | Token::Or) && *self.peek() == gate {
            self.advance();
            branches.push(self.primary()?);
        }
        self.depth -= 1;
        match (gate, self.peek()) {
            (Token::And, Token::Or) | (Token::Or, Token::And) => {
                self.fail("'and' and 'or' may be mixed only with parentheses".to_owned())
            }
            (Token::And, _) => Ok(Node::And(branches)),
            (Token::Or, _) => Ok(Node::Or(branches)),
            _ => Ok(branches.remove(0)),
        }
    }

    /// primary = attribute / threshold / "(" policy ")"
    fn primary(&mut self) -> Result<Node, ParseError> {
        let column = self.tokens[self.next].0;
        match self.peek().clone() {
            Token::Name(name) => {
                self.advance();
                Attribute::new(name)
                    .map(Node::Leaf)
                    .map_err(|error| ParseError { column, reason: error.to_string() })
            }
            Token::Number(k) => {
                self.advance();
                self.threshold(k, column)
            }
            Token::Open => {
                self.advance();
                let inner = self.policy()?;
                self.expect(Token::Close)?;
                Ok(inner)
            }
            other => self.fail(format!("an attribute is expected, {} was found", other.describe())),
        }
    }

    /// threshold = number "of" "(" policy *("," policy) ")", its number consumed
    fn threshold(&mut self, k: usize, column: usize) -> Result<Node, ParseError> {
        self.expect(Token::Of)?;
        self.expect(Token::Open)?;
        let mut branches = vec![self.policy()?];
        while *self.peek() == Token::Comma {
            self.advance();
            branches.push(self.policy()?);
        }
        self.expect(Token::Close)?;
        let n = branches.len();
        if k == 0 || k > n {
            return error(column, &format!("{k} of {n} can never be a threshold"));
        }
        Ok(Node::Threshold(k, branches))
    }
}
