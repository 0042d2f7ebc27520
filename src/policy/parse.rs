//! From text to policy: a recursive descent over the grammar in `docs/policy.md`.
#![forbid(unsafe_code)]

use super::cursor::{Cursor, count};
use super::token::{Token, shortened};
use super::tree::conjunction;
use super::{
    AccessPolicy, Attribute, Comparison, Domain, MAX_DEPTH, MAX_LEAVES, Name, Node, ParseError,
    Relation,
};
use std::str::FromStr;

impl FromStr for AccessPolicy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut parser = Parser { cursor: Cursor::new(text)?, depth: 0, leaves: 0 };
        let root = parser.policy()?;
        parser.cursor.finish("'and', 'or' or the end")?;
        Self::new(root).map_err(ParseError::at(1))
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    /// Leaves so far, of which there may be no more than a policy has.
    leaves: usize,
}

impl Parser<'_> {
    /// policy = conjunct / disjunct / primary
    fn policy(&mut self) -> Result<Node, ParseError> {
        self.depth += 1;
        // A parenthesis adds no gate, so the text may nest deeper than the tree.
        if self.depth > 4 * MAX_DEPTH {
            return self
                .cursor
                .fail(format!("the policy is nested deeper than {MAX_DEPTH} levels"));
        }
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
            _ => Ok(Node::Leaf(Attribute::Name(name))),
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
}
