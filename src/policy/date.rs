//! Days of the calendar, as numbers.
#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;

const FIRST_YEAR: u16 = 1900;

/// A day from 1900-01-01 to 2079-06-06 in the proleptic Gregorian calendar: 16 bits of days.
///
/// A day only, without time or time zone: whoever compares says whose day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u16);

/// What is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDate {
    /// Not four digits, two and two.
    #[error("a date is written with four digits, two and two, like 2026-12-01")]
    Form,
    /// The calendar has no such day.
    #[error("the calendar has no such day")]
    Calendar,
    /// Before [`Date::FIRST`] or after [`Date::LAST`].
    #[error("dates go from {} to {}", Date::FIRST, Date::LAST)]
    Range,
}

impl Date {
    /// 1900-01-01, day 0.
    pub const FIRST: Self = Self(0);
    /// 2079-06-06, day 65535.
    pub const LAST: Self = Self(u16::MAX);

    /// The day with this year, month and day of the month.
    ///
    /// # Errors
    /// [`InvalidDate`] if the calendar has no such day, or it is out of range.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, InvalidDate> {
        if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
            return Err(InvalidDate::Calendar);
        }
        // Nothing beyond is in range, and years are counted one by one.
        if !(FIRST_YEAR..=2079).contains(&year) {
            return Err(InvalidDate::Range);
        }
        let years: u32 = (FIRST_YEAR..year).map(days_of_year).sum();
        let months: u32 = (1..month).map(|month| u32::from(days_of_month(year, month))).sum();
        let days = years + months + u32::from(day) - 1;
        u16::try_from(days).map(Self).map_err(|_| InvalidDate::Range)
    }

    /// The date so many days after 1900-01-01.
    pub const fn from_days(days: u16) -> Self {
        Self(days)
    }

    /// The days since 1900-01-01.
    pub const fn days(self) -> u16 {
        self.0
    }

    /// Year, month, day of the month.
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

/// `2026-12-01` and no other spelling.
impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(InvalidDate::Form) };
        let digits = [(year, 4), (month, 2), (day, 2)]
            .into_iter()
            .all(|(part, length)| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()));
        if !digits {
            return Err(InvalidDate::Form);
        }
        let small = |part: &str| part.parse().expect("two digits");
        Self::new(year.parse().expect("four digits"), small(month), small(day))
    }
}
