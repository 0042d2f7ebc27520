//! Comparable values: numbers of a fixed width, and dates.
#![forbid(unsafe_code)]

use super::Date;
use super::token::shortened;
use crate::algebra::codec::{Codec, Reader, Writer, choice};
use crate::error::DecodeError;
use std::fmt;

/// The domain of a value: the numbers of one width, or the dates.
///
/// Values of different domains never compare. The domain is part of an attribute's identity, so
/// that `age >= 18u8` and `age >= 18u16` have no attribute in common.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// Numbers of 8 bits.
    U8 = 8,
    /// Numbers of 16 bits.
    U16 = 16,
    /// Numbers of 32 bits.
    U32 = 32,
    /// Dates, as days since 1900-01-01 in 16 bits.
    Date = DATE | 16,
}

choice!(Domain, "unknown domain" [U8, U16, U32, Date]);

/// The bit of a domain's code that marks dates.
const DATE: u8 = 0x80;

impl Domain {
    /// All domains, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::U8, Self::U16, Self::U32, Self::Date];

    /// Returns the code in encodings: the width in bits, with the highest bit set for dates.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the width `w` in bits.
    pub const fn width(self) -> u32 {
        (self as u8 & !DATE) as u32
    }

    /// Returns the greatest number, `2^w - 1`.
    pub const fn max(self) -> u32 {
        u32::MAX >> (u32::BITS - self.width())
    }
}

/// The form in error messages.
impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date => f.write_str("a date"),
            _ => write!(f, "a number of {} bits", self.width()),
        }
    }
}

/// A number with its width, or a date: `42u8`, `42u16`, `42` (32 bits), `2026-12-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A number of 8 bits.
    U8(u8),
    /// A number of 16 bits.
    U16(u16),
    /// A number of 32 bits.
    U32(u32),
    /// A date.
    Date(Date),
}

impl Value {
    /// Returns the value of a number in a domain; `None` if the number is too large.
    pub fn new(domain: Domain, number: u32) -> Option<Self> {
        match domain {
            Domain::U8 => number.try_into().ok().map(Self::U8),
            Domain::U16 => number.try_into().ok().map(Self::U16),
            Domain::U32 => Some(Self::U32(number)),
            Domain::Date => number.try_into().ok().map(Date::from_days).map(Self::Date),
        }
    }

    /// Returns the domain.
    pub const fn domain(self) -> Domain {
        match self {
            Self::U8(_) => Domain::U8,
            Self::U16(_) => Domain::U16,
            Self::U32(_) => Domain::U32,
            Self::Date(_) => Domain::Date,
        }
    }

    /// Returns `true` for dates.
    pub const fn is_date(self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// Returns the number; for a date, the days since 1900-01-01.
    pub fn number(self) -> u32 {
        match self {
            Self::U8(number) => number.into(),
            Self::U16(number) => number.into(),
            Self::U32(number) => number,
            Self::Date(date) => date.days().into(),
        }
    }
}

/// The domain and the number.
impl Codec for Value {
    fn write(&self, w: &mut Writer) {
        (self.domain(), self.number()).write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (domain, number) = Codec::read(r)?;
        let too_large = DecodeError::Invalid("the number is too large for its width");
        Self::new(domain, number).ok_or(too_large)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::U8(number) => write!(f, "{number}u8"),
            Self::U16(number) => write!(f, "{number}u16"),
            Self::U32(number) => write!(f, "{number}"),
            Self::Date(date) => write!(f, "{date}"),
        }
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::U8(number)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::U16(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::U32(number)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

/// A parsed value whose width the upper end of a range may still determine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal {
    /// The number, capped at `u64::MAX`, which is too large for every width.
    number: u64,
    /// `None` for a number without a width.
    pub(super) domain: Option<Domain>,
}

impl Literal {
    /// Parses a token that starts with a digit.
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let shown = shortened(word);
        if word.contains('-') {
            let date: Date = word.parse().map_err(|error| format!("{shown}: {error}"))?;
            return Ok(Self { number: date.days().into(), domain: Some(Domain::Date) });
        }
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let (digits, suffix) = word.split_at(digits);
        let domain = match suffix {
            "" => None,
            "u8" => Some(Domain::U8),
            "u16" => Some(Domain::U16),
            "u32" => Some(Domain::U32),
            _ => {
                let rule = "a number is an integer that may end in u8, u16 or u32";
                return Err(format!("{shown} is neither a number nor a date; {rule}"));
            }
        };
        if digits.len() > 1 && digits.starts_with('0') {
            return Err(format!("{shown} has leading zeros; write the number without them"));
        }
        Ok(Self { number: digits.parse().unwrap_or(u64::MAX), domain })
    }

    /// Returns the value if the number fits its width, which is 32 bits by default.
    pub(super) fn value(self) -> Result<Value, String> {
        let domain = self.domain.unwrap_or(Domain::U32);
        let number = u32::try_from(self.number).ok();
        number.and_then(|number| Value::new(domain, number)).ok_or_else(|| {
            let (width, max) = (domain.width(), domain.max());
            format!("the number is too large for {width} bits; the maximum is {max}")
        })
    }
}
