//! FHIR date-times and instants.
//!
//! `YYYY`, `YYYY-MM`, `YYYY-MM-DD` and `YYYY-MM-DDThh:mm:ss[.s+](Z|±hh:mm)`: a date-time is the
//! interval of all times that match it. The calendar is the proleptic Gregorian one.
#![forbid(unsafe_code)]

use crate::ledger::Time;
use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, SecondsFormat};
use std::ops::Range;
use std::str::FromStr;

/// The time zone of dates without a time: a difference from UTC in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UtcOffset(i16);

impl UtcOffset {
    /// Coordinated universal time.
    pub const UTC: Self = Self(0);

    /// Returns the offset; `None` if it exceeds 14 hours, the largest of FHIR.
    pub fn minutes(minutes: i16) -> Option<Self> {
        (minutes.unsigned_abs() <= 14 * 60).then_some(Self(minutes))
    }
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// Returns the interval of a date-time in milliseconds since the Unix epoch; `None` if the text is
/// malformed. The times are those on a clock of milliseconds.
pub(super) fn date_time(text: &str, zone: UtcOffset) -> Option<Range<i64>> {
    let Some((date, time)) = text.split_once('T') else {
        let Range { start, end } = days(text)?;
        let shift = i64::from(zone.0) * MINUTE;
        return Some(midnight(start) - shift..midnight(end) - shift);
    };
    // A time follows a day, not a month or a year.
    let day = midnight(days(date).filter(|_| date.len() == "YYYY-MM-DD".len())?.start);
    let Range { start, end } = time_of_day(time)?;
    Some(day + start..day + end)
}

/// Returns the days of a year, of a month, or of one day.
fn days(text: &str) -> Option<Range<NaiveDate>> {
    let parts: Vec<&str> = text.split('-').collect();
    let part = |i: usize| parts.get(i).map_or(Some(1), |part| digits(part, 2));
    let year = digits(parts[0], 4).filter(|year| *year > 0)?;
    let first = NaiveDate::from_ymd_opt(year, part(1)?, part(2)?)?;
    let end = match parts.len() {
        1 => first + Months::new(12),
        2 => first + Months::new(1),
        3 => first + Days::new(1),
        _ => return None,
    };
    Some(first..end)
}

fn midnight(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
}

/// Returns the interval of a time with its zone, relative to midnight UTC.
///
/// The clock of the ledger has no leap second. The interval of second 60 is empty, at the start of
/// the next minute, so a period that ends with it does not extend into that minute.
fn time_of_day(text: &str) -> Option<Range<i64>> {
    let (clock, zone) = text.split_at(text.find(['Z', '+', '-'])?);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, milliseconds(fraction)?),
        None => (clock, 0..SECOND),
    };
    let [hour, minute, second] = clock.split(':').collect::<Vec<_>>()[..] else { return None };
    let (second, Range { start, end }) = match digits(second, 2)? {
        60 => (59, SECOND..SECOND),
        second => (second, fraction),
    };
    let time = NaiveTime::from_hms_opt(digits(hour, 2)?, digits(minute, 2)?, second)?;
    let base = time.signed_duration_since(NaiveTime::MIN).num_milliseconds() - offset(zone)?;
    Some(base + start..base + end)
}

/// Returns the milliseconds that match a fraction of a second. Those of a fraction with a
/// digit other than zero beyond the third start at the next full millisecond. A fraction has at
/// most 18 digits.
fn milliseconds(fraction: &str) -> Option<Range<i64>> {
    if fraction.is_empty() || fraction.len() > 18 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (kept, rest) = fraction.split_at(fraction.len().min(3));
    let unit = 10_i64.pow(3 - u32::try_from(kept.len()).expect("at most 3"));
    let floor = digits::<i64>(kept, kept.len())? * unit;
    let start = floor + i64::from(rest.bytes().any(|digit| digit != b'0'));
    Some(start..floor + unit)
}

/// Returns the difference of a zone from UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hour, minute) = zone.get(1..)?.split_once(':')?;
    let (hour, minute): (i64, i64) = (digits(hour, 2)?, digits(minute, 2)?);
    let is_valid = hour < 14 && minute < 60 || hour == 14 && minute == 0;
    is_valid.then_some(sign * (hour * 60 + minute) * MINUTE)
}

/// Parses a number of exactly `length` ASCII digits.
fn digits<T: FromStr>(text: &str, length: usize) -> Option<T> {
    let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Returns the instant of a time in UTC with milliseconds. Times after the year 9999, which FHIR
/// cannot express, give its last instant.
pub(super) fn instant(time: Time) -> String {
    const LAST: i64 = 253_402_300_799_999;
    let time = i64::try_from(time).unwrap_or(LAST).min(LAST);
    let time = DateTime::from_timestamp_millis(time).expect("the calendar extends beyond 9999");
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str) -> Option<Range<i64>> {
        date_time(text, UtcOffset::UTC)
    }

    #[test]
    fn a_date_time_is_the_interval_of_the_times_that_match_it() {
        // Seconds since the epoch by `date -u -d ... +%s`.
        for (text, start, end) in [
            ("1970", 0, 31_536_000_000),
            ("2024", 1_704_067_200_000, 1_735_689_600_000),
            ("2024-02", 1_706_745_600_000, 1_709_251_200_000),
            ("2023-12", 1_701_388_800_000, 1_704_067_200_000),
            ("2024-02-29", 1_709_164_800_000, 1_709_251_200_000),
            ("1964-01-01", -189_388_800_000, -189_302_400_000),
            ("0001-01-01", -62_135_596_800_000, -62_135_510_400_000),
            ("2022-06-13T01:02:03-05:00", 1_655_100_123_000, 1_655_100_124_000),
            ("2022-06-13T01:02:03+05:30", 1_655_062_323_000, 1_655_062_324_000),
            ("9999", 253_370_764_800_000, 253_402_300_800_000),
            ("9999-12-31", 253_402_214_400_000, 253_402_300_800_000),
            ("1970-01-01T00:00:00.5Z", 500, 600),
            ("1970-01-01T00:00:00.05Z", 50, 60),
            ("1970-01-01T00:00:00.123Z", 123, 124),
            ("1970-01-01T00:00:00.1230Z", 123, 124),
            ("1970-01-01T00:00:00.1234Z", 124, 124),
        ] {
            assert_eq!(interval(text), Some(start..end), "{text}");
        }
    }

    #[test]
    fn a_leap_second_has_no_time_of_its_own() {
        // 2017-01-01T00:00:00Z.
        const NEXT: i64 = 1_483_228_800_000;
        for text in [
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2016-12-31T18:59:60-05:00",
            "2017-01-01T00:59:60.999+01:00",
        ] {
            assert_eq!(interval(text), Some(NEXT..NEXT), "{text}");
        }
        assert_eq!(interval("2016-12-31T23:59:59Z"), Some(NEXT - SECOND..NEXT));
        assert_eq!(interval("2016-12-31T23:60:60Z"), None);
        assert_eq!(interval("2016-12-31T23:59:60.Z"), None);
    }

    #[test]
    fn dates_without_time_are_in_the_given_zone() {
        let zone = UtcOffset::minutes(-300).unwrap();
        let day = date_time("2024-02-29", zone).unwrap();
        assert_eq!(day, 1_709_164_800_000 + 5 * 60 * MINUTE..1_709_251_200_000 + 5 * 60 * MINUTE);
        let explicit = "2022-06-13T01:02:03-05:00";
        assert_eq!(date_time(explicit, zone), interval(explicit));
        assert_eq!(UtcOffset::minutes(841), None);
        assert_eq!(UtcOffset::minutes(i16::MIN), None);
    }

    #[test]
    fn malformed_date_times_are_rejected() {
        for text in [
            "",
            "0000",
            "24",
            "02024",
            "2024-",
            "2024-1",
            "2024-13",
            "2024-00-01",
            "2024-02-30",
            "2023-02-29",
            "1900-02-29",
            "2024-02-29-01",
            "2024T00:00:00Z",
            "2024-02T00:00:00Z",
            "2024-02-29T",
            "2024-02-29T10:00Z",
            "2024-02-29T10:00:00",
            "2024-02-29T24:00:00Z",
            "2024-02-29T10:60:00Z",
            "2024-02-29T10:00:61Z",
            "2024-02-29T10:00:00.Z",
            "2024-02-29T10:00:00+14:01",
            "2024-02-29T10:00:00+1:00",
            "2024-02-29T10:00:00z",
            "2024-02-29T10:00:00Z ",
            "２０２４",
            "+2024",
            "2024-02-29T10:00:00.1234567890123456789Z",
            "2024-02-29T10:00:00é",
            "2024-02-29T10:00:00+é",
            "-2024",
        ] {
            assert_eq!(interval(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_inverse_to_date_times() {
        for time in [0, 1, 951_782_399_999, 951_782_400_000, 1_709_164_800_123, 4_102_444_799_999] {
            let start = interval(&instant(time)).unwrap().start;
            assert_eq!(u64::try_from(start), Ok(time), "{}", instant(time));
        }
        assert_eq!(instant(1_709_164_800_123), "2024-02-29T00:00:00.123Z");
        assert_eq!(instant(u64::MAX), "9999-12-31T23:59:59.999Z");
    }
}
