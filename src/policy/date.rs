//! Dates as day numbers.
#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;

const FIRST_YEAR: u16 = 1900;

/// A day from 1900-01-01 to 2079-06-06 of the Gregorian calendar, as a day number of 16 bits.
///
/// A date has no time or time zone; the caller fixes the time zone of the dates that it compares.
///
/// ```
/// use epione::policy::{Date, InvalidDate};
/// let date: Date = "2026-12-01".parse()?;
/// assert_eq!(date, Date::new(2026, 12, 1)?);
/// assert_eq!("2026-02-29".parse::<Date>(), Err(InvalidDate::NoSuchDay));
/// # Ok::<(), InvalidDate>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u16);

/// The reason why a date is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDate {
    /// Not of the form YYYY-MM-DD.
    #[error("a date has the form YYYY-MM-DD, as in 2026-12-01")]
    Syntax,
    /// A day that the calendar does not have.
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// A day before [`Date::FIRST`] or after [`Date::LAST`].
    #[error("dates range from {} to {}", Date::FIRST, Date::LAST)]
    OutOfRange,
}

impl Date {
    /// 1900-01-01, day 0.
    pub const FIRST: Self = Self(0);
    /// 2079-06-06, day 65535.
    pub const LAST: Self = Self(u16::MAX);

    /// Returns the date of a year, a month from 1 and a day from 1.
    ///
    /// # Errors
    /// [`InvalidDate`] if the calendar has no such day, or if it is out of range.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, InvalidDate> {
        if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
            return Err(InvalidDate::NoSuchDay);
        }
        // Bounds the loop over the years; the conversion to 16 bits checks the exact range.
        if !(FIRST_YEAR..=2079).contains(&year) {
            return Err(InvalidDate::OutOfRange);
        }
        let years: u32 = (FIRST_YEAR..year).map(days_of_year).sum();
        let months: u32 = (1..month).map(|month| u32::from(days_of_month(year, month))).sum();
        let days = years + months + u32::from(day) - 1;
        u16::try_from(days).map(Self).map_err(|_| InvalidDate::OutOfRange)
    }

    /// Returns the date `days` days after 1900-01-01.
    pub const fn from_days(days: u16) -> Self {
        Self(days)
    }

    /// Returns the days since 1900-01-01.
    pub const fn days(self) -> u16 {
        self.0
    }

    /// Returns the year, the month and the day of the month.
    pub fn civil(self) -> (u16, u8, u8) {
        let (mut year, mut month, mut left) = (FIRST_YEAR, 1, u32::from(self.0));
        while left >= days_of_year(year) {
            left -= days_of_year(year);
            year += 1;
        }
        while left >= u32::from(days_of_month(year, month)) {
            left -= u32::from(days_of_month(year, month));
            month += 1;
        }
        (year, month, u8::try_from(left + 1).expect("a month has at most 31 days"))
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn days_of_year(year: u16) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Accepts the form `2026-12-01` only.
impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(InvalidDate::Syntax) };
        let digits = [(year, 4), (month, 2), (day, 2)]
            .into_iter()
            .all(|(part, length)| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()));
        if !digits {
            return Err(InvalidDate::Syntax);
        }
        let small = |part: &str| part.parse().expect("two digits");
        Self::new(year.parse().expect("four digits"), small(month), small(day))
    }
}
