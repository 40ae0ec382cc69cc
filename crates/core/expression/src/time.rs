//! Dates and durations in whole milliseconds, in UTC, by the proleptic Gregorian calendar.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

/// Milliseconds since 1970 of the first and the last point in time of the years 1800 to 2200, the vendor's.
const RANGE: std::ops::RangeInclusive<i64> = -5_364_662_400_000..=7_289_654_399_999;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The calendar's date and time so many milliseconds after 1970 begins; none outside the years -9999 to 9999.
pub(crate) fn civil(millis: i64) -> Option<DateTime> {
    EPOCH.checked_add(SignedDuration::from_millis(millis)).ok()
}

/// Milliseconds since 1970, rounded down; none outside the years 1800 to 2200.
pub(crate) fn millis(civil: DateTime) -> Option<i64> {
    let nanos = civil.duration_since(EPOCH).as_nanos();
    i64::try_from(nanos.div_euclid(1_000_000))
        .ok()
        .and_then(in_range)
}

/// The start of a day, in milliseconds since 1970; none for a date that doesn't exist.
pub(crate) fn midnight(year: i64, month: i64, day: i64) -> Option<i64> {
    let date = Date::new(
        year.try_into().ok()?,
        month.try_into().ok()?,
        day.try_into().ok()?,
    );
    millis(date.ok()?.to_datetime(Time::midnight()))
}

/// The time itself, in milliseconds since 1970, if it lies in the years 1800 to 2200.
pub(crate) fn in_range(millis: i64) -> Option<i64> {
    RANGE.contains(&millis).then_some(millis)
}

/// As `2026-01-31T23:59:59.000Z`, the form the platform uses. A time outside the years 1800 to 2200 is
/// written as the nearest within.
#[must_use]
pub fn write_date_time(millis: i64) -> String {
    format!("{:.3}Z", nearest(millis))
}

/// As `2026-01-31T23:59:59Z`, the form that expressions give; milliseconds are left out.
#[must_use]
pub fn write_date_time_in_seconds(millis: i64) -> String {
    format!("{:.0}Z", nearest(millis.div_euclid(1000) * 1000))
}

/// The calendar's date and time, within the years 1800 to 2200.
fn nearest(millis: i64) -> DateTime {
    civil(millis.clamp(*RANGE.start(), *RANGE.end())).unwrap_or(EPOCH)
}

/// Reads ISO 8601: a date, or a date and a time, with `Z`, an offset or neither (UTC).
#[must_use]
pub fn read_date_time(text: &str) -> Option<i64> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let pieces = PARSER.parse_pieces(text.trim()).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let time = pieces.time().unwrap_or(Time::midnight());
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let behind = SignedDuration::from_secs(offset.seconds().into());
    let civil = pieces.date().to_datetime(time).checked_sub(behind);
    millis(civil.ok()?)
}

/// As `P1DT2H3M4.005S`.
#[must_use]
pub fn write_duration(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let total = millis.unsigned_abs();
    let (days, hours) = (total / 86_400_000, total / 3_600_000 % 24);
    let (minutes, seconds) = (total / 60_000 % 60, total / 1000 % 60);
    let mut out = format!("{sign}P");
    if days > 0 {
        out.push_str(&format!("{days}D"));
    }
    if !total.is_multiple_of(86_400_000) || days == 0 {
        out.push('T');
        if hours > 0 {
            out.push_str(&format!("{hours}H"));
        }
        if minutes > 0 {
            out.push_str(&format!("{minutes}M"));
        }
        match total % 1000 {
            0 if seconds > 0 || total.is_multiple_of(86_400_000) => {
                out.push_str(&format!("{seconds}S"))
            }
            0 => {}
            rest => out.push_str(&format!("{seconds}.{rest:03}S")),
        }
    }
    out
}

/// Reads ISO 8601's weeks, days and times: `P2DT3H4M5.5S`; months and years have no length.
#[must_use]
pub fn read_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut rest = text.strip_prefix(['P', 'p'])?;
    if rest.is_empty() {
        return None;
    }
    let (mut total, mut in_time) = (0_i64, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['T', 't']) {
            if in_time || after.is_empty() {
                return None;
            }
            (rest, in_time) = (after, true);
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, unit) = (&rest[..end], rest[end..].chars().next()?);
        let length = match (unit.to_ascii_uppercase(), in_time) {
            ('W', false) => 7 * DAY,
            ('D', false) => DAY,
            ('H', true) => 3_600_000,
            ('M', true) => 60_000,
            ('S', true) => 1000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole: i64 = whole.parse().ok()?;
        let mut part = whole.checked_mul(length)?;
        if !fraction.is_empty() && fraction.len() <= 9 {
            let numerator: i64 = fraction.parse().ok()?;
            let digits = u32::try_from(fraction.len()).ok()?;
            part = part.checked_add(numerator.checked_mul(length)? / 10_i64.pow(digits))?;
        }
        total = total.checked_add(part)?;
        rest = &rest[end + unit.len_utf8()..];
    }
    Some(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_dates() {
        assert_eq!(write_date_time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            read_date_time("2000-02-29T12:30:15.25+02:00"),
            Some(951_820_215_250)
        );
        assert_eq!(read_date_time("2026-11-24"), Some(1_795_478_400_000));
        assert_eq!(read_date_time("2001-02-29"), None);
        assert_eq!(read_date_time("2001-02-03T25:00"), None);
        assert_eq!(read_date_time("2026-11-24T00:00[Europe/Berlin]"), None);
        let day = civil(1_795_478_400_000).unwrap();
        assert_eq!(day.weekday().to_sunday_zero_offset(), 2);
        assert_eq!(read_duration("PT5M"), Some(300_000));
        assert_eq!(read_duration("P1DT0.5S"), Some(DAY + 500));
        assert_eq!(read_duration("P1M"), None);
        assert_eq!(write_duration(0), "PT0S");
        assert_eq!(write_duration(-90_061_001), "-P1DT1H1M1.001S");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in -5_364_662_400_000_i64..7_289_654_399_999) {
            prop_assert_eq!(read_date_time(&write_date_time(millis)), Some(millis));
            prop_assert_eq!(read_duration(&write_duration(millis)), Some(millis));
        }
    }
}
