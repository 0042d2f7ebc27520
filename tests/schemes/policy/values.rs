//! Dates agree with an independent calendar; domains have known codes and widths.

use epione::algebra::codec::{Codec, Reader};
use epione::policy::{Date, Domain, InvalidDate, Value};

/// The Julian day number of a Gregorian date: Fliegel and van Flandern, CACM 11 (1968) 657.
fn julian_day(year: i64, month: i64, day: i64) -> i64 {
    let shift = (month - 14) / 12;
    day - 32_075 + 1461 * (year + 4800 + shift) / 4 + 367 * (month - 2 - shift * 12) / 12
        - 3 * ((year + 4900 + shift) / 100) / 4
}

#[test]
fn dates_agree_with_julian_day_numbers() {
    let epoch = julian_day(1900, 1, 1);
    assert_eq!(epoch, 2_415_021);
    for days in 0..=u16::MAX {
        let date = Date::from_days(days);
        let (year, month, day) = date.civil();
        assert_eq!(julian_day(year.into(), month.into(), day.into()) - epoch, i64::from(days));
        assert_eq!(Date::new(year, month, day), Ok(date));
        assert_eq!(date.days(), days);
        assert_eq!(date.to_string().parse(), Ok(date));
    }
    assert_eq!((Date::FIRST.to_string().as_str(), Date::FIRST.days()), ("1900-01-01", 0));
    assert_eq!((Date::LAST.to_string().as_str(), Date::LAST.days()), ("2079-06-06", u16::MAX));
}

#[test]
fn only_days_of_the_calendar_are_dates() {
    for (text, error) in [
        ("1900-02-29", InvalidDate::NoSuchDay),
        ("2026-02-29", InvalidDate::NoSuchDay),
        ("2026-04-31", InvalidDate::NoSuchDay),
        ("2026-13-01", InvalidDate::NoSuchDay),
        ("2026-00-01", InvalidDate::NoSuchDay),
        ("2026-01-00", InvalidDate::NoSuchDay),
        ("2026-01-32", InvalidDate::NoSuchDay),
        ("2100-02-29", InvalidDate::NoSuchDay),
        ("1899-12-31", InvalidDate::OutOfRange),
        ("2079-06-07", InvalidDate::OutOfRange),
        ("2079-12-31", InvalidDate::OutOfRange),
        ("2080-02-29", InvalidDate::OutOfRange),
        ("9999-12-31", InvalidDate::OutOfRange),
        ("0000-01-01", InvalidDate::OutOfRange),
        ("", InvalidDate::Syntax),
        ("2026-1-1", InvalidDate::Syntax),
        ("26-01-01", InvalidDate::Syntax),
        ("02026-01-01", InvalidDate::Syntax),
        ("2026-01-01-", InvalidDate::Syntax),
        ("2026-01", InvalidDate::Syntax),
        ("-2026-01-01", InvalidDate::Syntax),
        ("2026-+1-01", InvalidDate::Syntax),
        ("2026/01/01", InvalidDate::Syntax),
        ("٢٠٢٦-٠١-٠١", InvalidDate::Syntax),
    ] {
        assert_eq!(text.parse::<Date>(), Err(error), "{text}");
    }
    for text in ["2000-02-29", "2024-02-29", "1900-02-28", "1999-12-31"] {
        assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
    }
}

#[test]
fn domains_have_known_codes_and_widths() {
    for (domain, code, width, max) in [
        (Domain::U8, 8, 8, u8::MAX.into()),
        (Domain::U16, 16, 16, u16::MAX.into()),
        (Domain::U32, 32, 32, u32::MAX),
        (Domain::Date, 0x90, 16, u16::MAX.into()),
    ] {
        assert_eq!((domain.code(), domain.width(), domain.max()), (code, width, max));
        let last = Value::new(domain, max).unwrap();
        assert_eq!((last.domain(), last.number()), (domain, max));
        assert_eq!(max.checked_add(1).and_then(|more| Value::new(domain, more)), None);
    }
    let decode = |code: u8| Domain::read(&mut Reader::new(&[code])).ok();
    let codes: Vec<_> = (0..=u8::MAX).filter_map(decode).collect();
    assert_eq!(codes, Domain::ALL);
}
