//! Dates as day numbers.
#![forbid(unsafe_code)]

use chrono::{Datelike, Days, NaiveDate};
use std::fmt;
use std::str::FromStr;

/// Day 0.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day of the calendar");

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
        let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
        let days = date.ok_or(InvalidDate::NoSuchDay)?.signed_duration_since(FIRST).num_days();
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
        let date = self.calendar();
        let year = u16::try_from(date.year()).expect("from 1900 to 2079");
        let small = |part: u32| u8::try_from(part).expect("at most 31");
        (year, small(date.month()), small(date.day()))
    }

    fn calendar(self) -> NaiveDate {
        FIRST + Days::new(self.0.into())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.calendar())
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
