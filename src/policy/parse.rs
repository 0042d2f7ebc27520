//! From text to policy: a recursive descent over the grammar in `docs/policy.md`.
#![forbid(unsafe_code)]

use super::cursor::{Cursor, count};
use super::token::{Token, shortened};
use super::tree::conjunction;
use super::{
    AccessPolicy, Attribute, Comparison, Domain, Listed, MAX_DEPTH, MAX_LEAVES, Name, Node,
    ParseError, Relation, Vocabularies,
};
use std::str::FromStr;

/// A policy without `not`.
impl FromStr for AccessPolicy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Vocabularies::default())
    }
}

impl AccessPolicy {
    /// Reads a policy in which `not` chooses from these vocabularies.
    ///
    /// The text means the same whatever vocabularies are at hand, or is refused: a plain name that
    /// looks like a value of one (`role:doctor` beside the vocabulary `role`) is an error, and what
    /// `not` stands for is written out in the policy, which needs no vocabulary to be read again.
    ///
    /// # Errors
    /// [`ParseError`] with the column.
    pub fn parse_with(text: &str, vocabularies: &Vocabularies) -> Result<Self, ParseError> {
        let mut parser = Parser { cursor: Cursor::new(text)?, depth: 0, leaves: 0, vocabularies };
        let root = parser.policy()?;
        parser.cursor.finish("'and', 'or' or the end")?;
        Self::new(root).map_err(ParseError::at(1))
    }
}

/// The most parentheses inside each other: they add no gate, so a text may nest deeper than the tree.
const MAX_PARENTHESES: usize = 4 * MAX_DEPTH - 1;

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    /// Leaves so far, of which there may be no more than a policy has.
    leaves: usize,
    vocabularies: &'a Vocabularies,
}

impl Parser<'_> {
    /// policy = conjunct / disjunct / primary
    fn policy(&mut self) -> Result<Node, ParseError> {
        if self.depth > MAX_PARENTHESES {
            let reason = format!("more than {MAX_PARENTHESES} parentheses stand inside each other");
            return self.cursor.fail(reason);
        }
        self.depth += 1;
        let mut columns = vec![self.cursor.column()];
        let mut branches = vec![self.primary()?];
        let conjunct = *self.cursor.peek() == Token::And;
        let gate = if conjunct { Token::And } else { Token::Or };
        while self.cursor.advance_if(&gate)? {
            columns.push(self.cursor.column());
            branches.push(self.primary()?);
        }
        let other = if conjunct { Token::Or } else { Token::And };
        if *self.cursor.peek() == other {
            return self.cursor.fail("'and' and 'or' may be mixed only with parentheses");
        }
        self.depth -= 1;
        if branches.len() == 1 {
            Ok(branches.remove(0))
        } else if conjunct {
            conjunction(branches).map_err(|(child, error)| ParseError::at(columns[child])(error))
        } else {
            Ok(Node::Or(branches))
        }
    }

    /// primary = leaf / threshold / "(" policy ")"
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
        let reason = || format!("{shown} is no number of branches; a name would need quotes");
        let k: usize = count(&word).ok_or_else(reason).map_err(ParseError::at(column))?;
        if let Token::Relation(_) | Token::In = self.cursor.peek() {
            return self.cursor.fail("a comparison starts with its label, like age >= 18");
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
            let reason = format!("{k} of {n} can never be a threshold");
            return Err(ParseError::at(column)(reason));
        }
        Ok(Node::Threshold(k, branches))
    }

    /// leaf = name / listed / comparison
    fn leaf(&mut self) -> Result<Node, ParseError> {
        let column = self.cursor.column();
        self.grow(column, 1)?;
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

    /// Counts leaves before they are made.
    fn grow(&mut self, column: usize, leaves: usize) -> Result<(), ParseError> {
        self.leaves += leaves;
        if self.leaves > MAX_LEAVES {
            let reason = format!("the policy has more than {MAX_LEAVES} attributes");
            return Err(ParseError::at(column)(reason));
        }
        Ok(())
    }

    /// A plain name, which must not be taken for a value of a vocabulary.
    fn plain(&self, column: usize, name: Name) -> Result<Node, ParseError> {
        let listed =
            name.as_str().split_once(':').and_then(|(label, _)| self.vocabularies.of(label));
        match listed {
            Some(vocabulary) => {
                let (label, version) = (vocabulary.label(), vocabulary.version());
                let reason = format!(
                    "{label} is a vocabulary; write its values with their version, {label}#{version}:..."
                );
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
        // The width stands at the upper end and is that of both.
        if low.domain.is_none() && high.domain() != Domain::Date {
            low.domain = Some(high.domain());
        }
        let range = low
            .value()
            .and_then(|low| Comparison::range(label, low, high).map_err(|error| error.to_string()));
        range.map(Node::Comparison).map_err(ParseError::at(column))
    }

    /// negation = "not" (name / name "#" number ":" name)
    fn negation(&mut self) -> Result<Node, ParseError> {
        self.cursor.advance()?;
        let column = self.cursor.column();
        let name = self.cursor.name("a value of a vocabulary, like role:nurse,")?;
        match self.cursor.peek() {
            Token::Hash => {
                let Listed { label, version, value } = self.cursor.listed(column, name)?;
                self.others(column, label.as_str(), Some(version), value.as_str())
            }
            Token::Relation(_) | Token::In => {
                self.cursor.fail("'not' does not negate comparisons; write the opposite one")
            }
            _ => match name.as_str().split_once(':') {
                Some((label, value)) => self.others(column, label, None, value),
                None => {
                    let reason = "'not' negates a value of a vocabulary, like role:nurse";
                    Err(ParseError::at(column)(reason))
                }
            },
        }
    }

    /// The values of a vocabulary but one.
    fn others(
        &mut self,
        column: usize,
        label: &str,
        version: Option<u32>,
        value: &str,
    ) -> Result<Node, ParseError> {
        let refuse = |reason: String| Err(ParseError { column, reason });
        let Some(vocabulary) = self.vocabularies.of(label) else {
            return refuse(format!("'not' needs the vocabulary {label:?}, which is not at hand"));
        };
        let at_hand = vocabulary.version();
        if version.is_some_and(|version| version != at_hand) {
            return refuse(format!("the vocabulary {label:?} at hand has version {at_hand}"));
        }
        let Some(others) = vocabulary.others(value) else {
            return refuse(format!("{value:?} is no value of version {at_hand} of {label:?}"));
        };
        self.grow(column, others.len())?;
        let mut others: Vec<Node> = others.map(|v| Node::Leaf(Attribute::Listed(v))).collect();
        match others.len() {
            0 => refuse(format!("{label:?} has no value but {value:?}: this can never hold")),
            1 => Ok(others.remove(0)),
            _ => Ok(Node::Or(others)),
        }
    }
}
