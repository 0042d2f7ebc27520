//! Comparisons of numbers and dates, as attributes: the dyadic prefix cover.
//!
//! A value `v` of `w` bits lies in `w + 1` aligned blocks `[p 2^j, (p + 1) 2^j)`, one a prefix of its
//! bits; a holder of `v` has the attribute of each. An interval is the disjoint union of few blocks,
//! and `v` is in the interval exactly if one of its blocks is among them:
//!
//! ```text
//! [18, 255] = 0001001* 000101** 00011*** 001***** 01****** 1*******
//!  42       = 00101010,  in 001*****
//! ```
//!
//! A comparison is therefore an `or` in which a holder has exactly one branch, and opening takes one
//! row. At most `w` blocks make up an interval with one end at the edge, at most `2w - 2` any other.
#![forbid(unsafe_code)]

use super::{Domain, Name, Number, Value};
use std::fmt;

/// How a label's value stands to a number or date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=`
    Equal,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        })
    }
}

/// A prefix of the bits of a label's value: what a comparison asks for and a holder has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    // In the order of an attribute's identity.
    pub(super) label: Name,
    pub(super) domain: Domain,
    pub(super) length: u8,
    pub(super) first: u32,
}

impl Prefix {
    /// The first `length` bits of a number.
    pub(super) fn of(number: &Number, length: u32) -> Self {
        let (domain, value) = (number.value().domain(), number.value().number());
        let first = (u64::from(value) >> (domain.width() - length)) << (domain.width() - length);
        Self::new(number.label(), domain, domain.width() - length, first)
    }

    /// The block of `2^bits` values from `first`.
    fn new(label: &Name, domain: Domain, bits: u32, first: u64) -> Self {
        let length = (domain.width() - bits).try_into().expect("at most 32 bits");
        let first = first.try_into().expect("at most 32 bits");
        Self { label: label.clone(), domain, length, first }
    }

    /// Whose value it is a prefix of.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// What the value is one of.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The number of bits that are fixed, from 0 to the width.
    pub fn length(&self) -> u32 {
        self.length.into()
    }

    /// The least number with this prefix.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The greatest number with this prefix.
    pub fn last(&self) -> u32 {
        self.first
            | u32::try_from((1_u64 << (self.domain.width() - self.length())) - 1)
                .expect("at most 32 bits")
    }

    /// Whether a value of this domain has this prefix.
    pub(super) fn contains(&self, number: u32) -> bool {
        (self.first..=self.last()).contains(&number)
    }
}

/// A comparison of a label's value: an interval that is never empty.
///
/// `age < 18u8` is the interval from 0 to 17, and two texts with one interval are one comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comparison {
    label: Name,
    domain: Domain,
    low: u32,
    high: u32,
}

/// A comparison that nothing can satisfy, or of what cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidComparison {
    /// Less than the least value.
    #[error("nothing is less than {0}, so this can never hold")]
    NothingLess(Value),
    /// Greater than the greatest value.
    #[error("nothing is greater than {0}, so this can never hold")]
    NothingGreater(Value),
    /// The range ends before it begins.
    #[error("the range is empty: {0} is greater than {1}")]
    Empty(Value, Value),
    /// The ends of the range are of two domains.
    #[error("one end of the range is {0}, the other {1}")]
    Domains(Domain, Domain),
}

impl Comparison {
    /// `label relation value`.
    ///
    /// # Errors
    /// [`InvalidComparison`] if no value can satisfy it.
    pub fn new(
        label: Name,
        relation: Relation,
        value: impl Into<Value>,
    ) -> Result<Self, InvalidComparison> {
        let value = value.into();
        let (domain, number) = (value.domain(), value.number());
        let less = || number.checked_sub(1).ok_or(InvalidComparison::NothingLess(value));
        let greater = || {
            let next = number.checked_add(1).filter(|next| *next <= domain.max());
            next.ok_or(InvalidComparison::NothingGreater(value))
        };
        let (low, high) = match relation {
            Relation::Less => (0, less()?),
            Relation::LessOrEqual => (0, number),
            Relation::Equal => (number, number),
            Relation::GreaterOrEqual => (number, domain.max()),
            Relation::Greater => (greater()?, domain.max()),
        };
        Ok(Self { label, domain, low, high })
    }

    /// `label in low..high`, both ends included.
    ///
    /// # Errors
    /// [`InvalidComparison`] if the range is empty or its ends are of two domains.
    pub fn range(
        label: Name,
        low: impl Into<Value>,
        high: impl Into<Value>,
    ) -> Result<Self, InvalidComparison> {
        let (low, high) = (low.into(), high.into());
        if low.domain() != high.domain() {
            return Err(InvalidComparison::Domains(low.domain(), high.domain()));
        }
        if low > high {
            return Err(InvalidComparison::Empty(low, high));
        }
        Ok(Self { label, domain: low.domain(), low: low.number(), high: high.number() })
    }

    /// The values that have a prefix.
    pub(super) fn block(prefix: Prefix) -> Self {
        let (low, high) = (prefix.first(), prefix.last());
        Self { label: prefix.label, domain: prefix.domain, low, high }
    }

    /// Both at once, of one label and domain; `None` if no value satisfies both.
    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        debug_assert!((&self.label, self.domain) == (&other.label, other.domain));
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        (low <= high).then(|| Self { low, high, ..self.clone() })
    }

    /// Whose value is compared.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// What the value is one of.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The least value that satisfies it.
    pub fn low(&self) -> Value {
        Value::new(self.domain, self.low).expect("an end of the interval is in the domain")
    }

    /// The greatest value that satisfies it.
    pub fn high(&self) -> Value {
        Value::new(self.domain, self.high).expect("an end of the interval is in the domain")
    }

    /// The fewest prefixes whose blocks make up the interval, ascending.
    pub fn cover(&self) -> impl Iterator<Item = Prefix> {
        self.blocks().map(|(first, bits)| Prefix::new(&self.label, self.domain, bits, first))
    }

    /// How many prefixes the cover has: its rows in a span program.
    pub fn rows(&self) -> usize {
        self.blocks().count()
    }

    /// First values and sizes, in bits, of the cover's blocks.
    fn blocks(&self) -> impl Iterator<Item = (u64, u32)> + use<> {
        let (mut next, end) = (u64::from(self.low), u64::from(self.high) + 1);
        std::iter::from_fn(move || {
            let left = (next < end).then(|| end - next)?;
            // The largest block that is aligned where it starts and ends within.
            let (first, bits) = (next, next.trailing_zeros().min(left.ilog2()));
            next += 1 << bits;
            Some((first, bits))
        })
    }
}

/// The shortest of its spellings; all values are written `label >= 0`.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (label, low, high) = (&self.label, self.low(), self.high());
        if self.low == self.high {
            write!(f, "{label} = {low}")
        } else if self.high == self.domain.max() {
            write!(f, "{label} >= {low}")
        } else if self.low == 0 {
            write!(f, "{label} <= {high}")
        } else {
            write!(f, "{label} in {}..{high}", Bare(low))
        }
    }
}

/// The lower end of a range: its width stands at the upper end.
struct Bare(Value);

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Date(date) => write!(f, "{date}"),
            number => write!(f, "{}", number.number()),
        }
    }
}
