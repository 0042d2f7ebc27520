//! A recursive-descent parser for the grammar of policies, section 2 of `docs/policy.md`.
#![forbid(unsafe_code)]

use super::cursor::{Cursor, count};
use super::limits::MAX_PARENTHESES;
use super::token::{Token, shortened};
use super::tree::conjunction;
use super::{
    AccessPolicy, Attribute, Comparison, Domain, InvalidPolicy, Listed, MAX_LEAVES, MAX_TEXT_BYTES,
    Name, Node, ParseError, Relation, Vocabularies,
};
use crate::algebra::codec::{Codec, Reader, Writer};
use crate::error::DecodeError;
use std::str::FromStr;

/// Parses a policy without `not`, which requires [`AccessPolicy::parse_with`].
impl FromStr for AccessPolicy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Vocabularies::default())
    }
}

impl AccessPolicy {
    /// Parses a policy in which `not` refers to these vocabularies.
    ///
    /// Vocabularies affect only `not` without a version; any other text has the same meaning or is
    /// rejected. A plain name that looks like a value of a vocabulary (`role:doctor` with the
    /// vocabulary `role`) is an error. The policy contains the expansion of each `not`, so that its
    /// canonical text parses without any vocabulary.
    ///
    /// # Errors
    /// [`ParseError`] with the position of the error and the violated rule.
    pub fn parse_with(text: &str, vocabularies: &Vocabularies) -> Result<Self, ParseError> {
        let mut parser = Parser { cursor: Cursor::new(text)?, depth: 0, leaves: 0, vocabularies };
        let root = parser.policy()?;
        parser.cursor.finish("'and', 'or' or the end of the text")?;
        Self::new(root).map_err(ParseError::at(1))
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    /// The leaves read so far, before normalisation.
    leaves: usize,
    vocabularies: &'a Vocabularies,
}

impl Parser<'_> {
    /// policy = conjunction / disjunction / primary
    fn policy(&mut self) -> Result<Node, ParseError> {
        if self.depth > MAX_PARENTHESES {
            let reason = format!("parentheses are nested deeper than {MAX_PARENTHESES} levels");
            return self.cursor.fail(reason);
        }
        self.depth += 1;
        let mut columns = vec![self.cursor.column()];
        let mut branches = vec![self.primary()?];
        let is_conjunction = *self.cursor.peek() == Token::And;
        let gate = if is_conjunction { Token::And } else { Token::Or };
        while self.cursor.advance_if(&gate)? {
            columns.push(self.cursor.column());
            branches.push(self.primary()?);
        }
        let other = if is_conjunction { Token::Or } else { Token::And };
        if *self.cursor.peek() == other {
            return self.cursor.fail("'and' and 'or' do not mix; add parentheses");
        }
        self.depth -= 1;
        if branches.len() == 1 {
            Ok(branches.remove(0))
        } else if is_conjunction {
            conjunction(branches).map_err(|(child, error)| ParseError::at(columns[child])(error))
        } else {
            Ok(Node::Or(branches))
        }
    }

    /// primary = leaf / negation / threshold / "(" policy ")"
    fn primary(&mut self) -> Result<Node, ParseError> {
        match self.cursor.peek() {
            Token::Name(_) => self.leaf(),
            Token::Not => self.negation(),
            Token::Word(_) => self.threshold(),
            Token::Open => {
                self.cursor.advance()?;
                let inner = self.policy()?;
                self.cursor.expect(&Token::Close)?;
                Ok(inner)
            }
            _ => self.cursor.expected("an attribute"),
        }
    }

    /// threshold = number "of" "(" policy *("," policy) ")"
    fn threshold(&mut self) -> Result<Node, ParseError> {
        let column = self.cursor.column();
        let word = self.cursor.word("a number")?;
        let shown = shortened(&word);
        let reason =
            || format!("{shown} is not a threshold; a name that starts with a digit needs quotes");
        let k: usize = count(&word).ok_or_else(reason).map_err(ParseError::at(column))?;
        if let Token::Relation(_) | Token::In = self.cursor.peek() {
            return self.cursor.fail("a comparison starts with its label, as in age >= 18");
        }
        self.cursor.expect(&Token::Of)?;
        self.cursor.expect(&Token::Open)?;
        let mut branches = vec![self.policy()?];
        while self.cursor.advance_if(&Token::Comma)? {
            branches.push(self.policy()?);
        }
        self.cursor.expect(&Token::Close)?;
        let n = branches.len();
        if k == 0 || k > n {
            return Err(ParseError::at(column)(InvalidPolicy::Threshold { k, n }));
        }
        Ok(Node::Threshold(k, branches))
    }

    /// leaf = name / listed / comparison
    fn leaf(&mut self) -> Result<Node, ParseError> {
        let column = self.cursor.column();
        self.count_leaves(column, 1)?;
        let name = self.cursor.name("an attribute")?;
        match *self.cursor.peek() {
            Token::Relation(relation) => self.comparison(name, relation),
            Token::In => self.range(name),
            Token::Hash => {
                self.cursor.listed(column, name).map(|listed| Node::Leaf(Attribute::Listed(listed)))
            }
            _ => self.plain(column, name),
        }
    }

    /// Counts leaves of the text before they are allocated.
    fn count_leaves(&mut self, column: usize, leaves: usize) -> Result<(), ParseError> {
        self.leaves += leaves;
        if self.leaves > MAX_LEAVES {
            let reason = format!("the policy has more than {MAX_LEAVES} leaves");
            return Err(ParseError::at(column)(reason));
        }
        Ok(())
    }

    /// Returns the leaf of a plain name, unless it looks like a value of a vocabulary.
    fn plain(&self, column: usize, name: Name) -> Result<Node, ParseError> {
        let listed =
            name.as_str().split_once(':').and_then(|(label, _)| self.vocabularies.get(label));
        match listed {
            Some(vocabulary) => {
                let (label, version) = (vocabulary.label(), vocabulary.version());
                let reason =
                    format!("{label} is a vocabulary: write the version, {label}#{version}:...");
                Err(ParseError::at(column)(reason))
            }
            None => Ok(Node::Leaf(Attribute::Name(name))),
        }
    }

    /// comparison = name relation value
    fn comparison(&mut self, label: Name, relation: Relation) -> Result<Node, ParseError> {
        self.cursor.advance()?;
        let column = self.cursor.column();
        let value = self.cursor.value()?;
        let comparison = Comparison::new(label, relation, value);
        comparison.map(Node::Comparison).map_err(ParseError::at(column))
    }

    /// comparison =/ name "in" value ".." value
    fn range(&mut self, label: Name) -> Result<Node, ParseError> {
        self.cursor.advance()?;
        let column = self.cursor.column();
        let mut low = self.cursor.literal()?;
        self.cursor.expect(&Token::Range)?;
        let high = self.cursor.value()?;
        // The upper end determines the width of both.
        if low.domain.is_none() && high.domain() != Domain::Date {
            low.domain = Some(high.domain());
        }
        let range = low
            .value()
            .and_then(|low| Comparison::range(label, low, high).map_err(|error| error.to_string()));
        range.map(Node::Comparison).map_err(ParseError::at(column))
    }

    /// negation = "not" (name / listed)
    fn negation(&mut self) -> Result<Node, ParseError> {
        self.cursor.advance()?;
        let column = self.cursor.column();
        let name = self.cursor.name("a value of a vocabulary, as in role:nurse,")?;
        match self.cursor.peek() {
            Token::Hash => {
                let Listed { label, version, value } = self.cursor.listed(column, name)?;
                self.others(column, label.as_str(), Some(version), value.as_str())
            }
            Token::Relation(_) | Token::In => self
                .cursor
                .fail("'not' does not negate a comparison; write the opposite comparison"),
            _ => match name.as_str().split_once(':') {
                Some((label, value)) => self.others(column, label, None, value),
                None => {
                    let reason = "'not' negates only a value of a vocabulary, as in role:nurse";
                    Err(ParseError::at(column)(reason))
                }
            },
        }
    }

    /// Returns the `or` over the values of a vocabulary except one.
    fn others(
        &mut self,
        column: usize,
        label: &str,
        version: Option<u32>,
        value: &str,
    ) -> Result<Node, ParseError> {
        let refuse = |reason: String| Err(ParseError { column, reason });
        let Some(vocabulary) = self.vocabularies.get(label) else {
            return refuse(format!("'not' needs the vocabulary {label:?}, which was not given"));
        };
        let known = vocabulary.version();
        if version.is_some_and(|version| version != known) {
            return refuse(format!("the given vocabulary {label:?} has version {known}"));
        }
        let Some(others) = vocabulary.others(value) else {
            return refuse(format!("version {known} of {label:?} has no value {value:?}"));
        };
        self.count_leaves(column, others.len())?;
        let mut others: Vec<Node> = others.map(|v| Node::Leaf(Attribute::Listed(v))).collect();
        match others.len() {
            0 => refuse(format!(
                "{value:?} is the only value of {label:?}, so no user satisfies 'not'"
            )),
            1 => Ok(others.remove(0)),
            _ => Ok(Node::Or(others)),
        }
    }
}
/// The canonical text. Reading rejects other texts of the same policy.
impl Codec for AccessPolicy {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.to_string().as_bytes());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = r.text(MAX_TEXT_BYTES)?;
        let policy: Self =
            text.parse().map_err(|_| DecodeError::Invalid("the policy does not parse"))?;
        if policy.to_string() == text {
            Ok(policy)
        } else {
            Err(DecodeError::Invalid("the policy is not in canonical form"))
        }
    }
}
