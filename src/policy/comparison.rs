//! Comparisons of numbers and dates, and their dyadic prefix cover.
//!
//! A value `v` of `w` bits lies in `w + 1` aligned blocks `[p 2^j, (p + 1) 2^j)`, one per prefix
//! of its bits; a user with the value `v` holds the attribute of each. An interval is the
//! disjoint union of a minimal number of blocks, its cover. It contains `v` if and only if a
//! block of `v` is in the cover:
//!
//! ```text
//! [18, 255] = 0001001* 000101** 00011*** 001***** 01****** 1*******
//!  42       = 00101010,  in 001*****
//! ```
//!
//! A comparison is thus an `or` of which a user satisfies one branch or none, and decryption uses
//! one row. The cover has at most `w` blocks for a one-sided interval, and at most `2w - 2` for
//! any other.
#![forbid(unsafe_code)]

use super::{Domain, Name, Number, Value};
use std::fmt;

/// The relation of a label's value to a number or date.
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

/// A prefix of the bits of a label's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    // Fields in the order of the identity, so that the derived order agrees with it.
    pub(super) label: Name,
    pub(super) domain: Domain,
    pub(super) length: u8,
    pub(super) first: u32,
}

impl Prefix {
    /// Returns the first `length` bits of a number.
    pub(super) fn of(number: &Number, length: u32) -> Self {
        let (domain, value) = (number.value().domain(), number.value().number());
        let first = (u64::from(value) >> (domain.width() - length)) << (domain.width() - length);
        Self::new(number.label(), domain, domain.width() - length, first)
    }

    /// Returns the prefix of the block `[first, first + 2^bits)`.
    fn new(label: &Name, domain: Domain, bits: u32, first: u64) -> Self {
        let length = (domain.width() - bits).try_into().expect("at most 32 bits");
        let first = first.try_into().expect("at most 32 bits");
        Self { label: label.clone(), domain, length, first }
    }

    /// The label of the value.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The domain of the value.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The number of fixed bits, from 0 to the width of the domain.
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

    /// Returns `true` if a value of this domain has this prefix.
    pub(super) fn contains(&self, number: u32) -> bool {
        (self.first..=self.last()).contains(&number)
    }
}

/// A comparison of a label's value, represented as a non-empty interval.
///
/// `age < 18u8` is the interval from 0 to 17. Comparisons with the same interval are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comparison {
    label: Name,
    domain: Domain,
    low: u32,
    high: u32,
}

/// A comparison that no value satisfies, or of values in different domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidComparison {
    /// Less than the minimum of the domain.
    #[error("no value is less than {0}, so no user satisfies the comparison")]
    BelowMinimum(Value),
    /// Greater than the maximum of the domain.
    #[error("no value is greater than {0}, so no user satisfies the comparison")]
    AboveMaximum(Value),
    /// The lower end of the range is greater than the upper end.
    #[error("the range is empty: {0} is greater than {1}")]
    EmptyRange(Value, Value),
    /// The ends of the range are in different domains.
    #[error("the ends of the range differ in domain: {0} and {1}")]
    DomainMismatch(Domain, Domain),
}

impl Comparison {
    /// Returns the comparison `label relation value`.
    ///
    /// # Errors
    /// [`InvalidComparison`] if no value satisfies it.
    pub fn new(
        label: Name,
        relation: Relation,
        value: impl Into<Value>,
    ) -> Result<Self, InvalidComparison> {
        let value = value.into();
        let (domain, number) = (value.domain(), value.number());
        let less = || number.checked_sub(1).ok_or(InvalidComparison::BelowMinimum(value));
        let greater = || {
            let next = number.checked_add(1).filter(|next| *next <= domain.max());
            next.ok_or(InvalidComparison::AboveMaximum(value))
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

    /// Returns the comparison `label in low..high`, both ends included.
    ///
    /// # Errors
    /// [`InvalidComparison`] if the range is empty or its ends are in different domains.
    pub fn range(
        label: Name,
        low: impl Into<Value>,
        high: impl Into<Value>,
    ) -> Result<Self, InvalidComparison> {
        let (low, high) = (low.into(), high.into());
        if low.domain() != high.domain() {
            return Err(InvalidComparison::DomainMismatch(low.domain(), high.domain()));
        }
        if low > high {
            return Err(InvalidComparison::EmptyRange(low, high));
        }
        Ok(Self { label, domain: low.domain(), low: low.number(), high: high.number() })
    }

    /// Returns the interval of all values with a prefix.
    pub(super) fn block(prefix: Prefix) -> Self {
        let (low, high) = (prefix.first(), prefix.last());
        Self { label: prefix.label, domain: prefix.domain, low, high }
    }

    /// Returns the intersection of two intervals of one label and domain; `None` if it is empty.
    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        debug_assert!((&self.label, self.domain) == (&other.label, other.domain));
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        (low <= high).then(|| Self { low, high, ..self.clone() })
    }

    /// The label whose value is compared.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The domain of the value.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The least value of the interval.
    pub fn low(&self) -> Value {
        Value::new(self.domain, self.low).expect("an end of the interval is in the domain")
    }

    /// The greatest value of the interval.
    pub fn high(&self) -> Value {
        Value::new(self.domain, self.high).expect("an end of the interval is in the domain")
    }

    /// Returns the minimal set of prefixes whose blocks partition the interval, in ascending order.
    pub fn cover(&self) -> impl Iterator<Item = Prefix> {
        self.blocks().map(|(first, bits)| Prefix::new(&self.label, self.domain, bits, first))
    }

    /// Returns the number of prefixes in the cover, which is the number of rows in a span program.
    pub fn rows(&self) -> usize {
        self.blocks().count()
    }

    /// Returns `(first, bits)` for each block `[first, first + 2^bits)` of the cover.
    fn blocks(&self) -> impl Iterator<Item = (u64, u32)> + use<> {
        let (mut next, end) = (u64::from(self.low), u64::from(self.high) + 1);
        std::iter::from_fn(move || {
            let left = (next < end).then(|| end - next)?;
            // The largest aligned block that starts at `next` and ends within the interval.
            let (first, bits) = (next, next.trailing_zeros().min(left.ilog2()));
            next += 1 << bits;
            Some((first, bits))
        })
    }
}

/// The canonical text, the shortest form; the interval of all values prints as `label >= 0`.
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
            write!(f, "{label} in {}..{high}", LowerEnd(low))
        }
    }
}

/// The lower end of a range, printed without the width, which follows the upper end.
struct LowerEnd(Value);

impl fmt::Display for LowerEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Date(date) => write!(f, "{date}"),
            number => write!(f, "{}", number.number()),
        }
    }
}
