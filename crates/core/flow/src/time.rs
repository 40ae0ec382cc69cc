//! Dates and durations in whole milliseconds, in UTC, by the proleptic Gregorian calendar.

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

/// Years that can be written and read.
const YEARS: std::ops::RangeInclusive<i64> = 1..=9999;

/// A point in time taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    /// Milliseconds since midnight.
    pub(crate) within: i64,
}

impl Civil {
    pub(crate) fn of(millis: i64) -> Civil {
        let days = millis.div_euclid(DAY);
        // Days since 0000-03-01, in eras of 400 years (146,097 days).
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let civil_month = if month < 10 { month + 3 } else { month - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(civil_month <= 2),
            month: civil_month,
            day: day_of_year - (153 * month + 2) / 5 + 1,
            within: millis.rem_euclid(DAY),
        }
    }

    /// Milliseconds since 1970; none for a date that doesn't exist.
    pub(crate) fn millis(self) -> Option<i64> {
        let valid = YEARS.contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in(self.year, self.month)).contains(&self.day)
            && (0..DAY).contains(&self.within);
        valid.then(|| {
            let year = self.year - i64::from(self.month <= 2);
            let era = year.div_euclid(400);
            let year_of_era = year.rem_euclid(400);
            let month = (self.month + 9) % 12;
            let day_of_year = (153 * month + 2) / 5 + self.day - 1;
            let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
            (era * 146_097 + day_of_era - 719_468) * DAY + self.within
        })
    }

    /// The same day `months` later, or the last of that month where there is no such day.
    pub(crate) fn add_months(self, months: i64) -> Option<Civil> {
        let total = self
            .year
            .checked_mul(12)?
            .checked_add(self.month - 1)?
            .checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        YEARS.contains(&year).then(|| Civil {
            year,
            month,
            day: self.day.min(days_in(year, month)),
            within: self.within,
        })
    }

    /// 0 for Sunday.
    pub(crate) fn weekday(self) -> i64 {
        (self.millis().unwrap_or(0).div_euclid(DAY) + 4).rem_euclid(7)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A span of whole milliseconds that stays within what can be written.
pub(crate) fn in_range(millis: i64) -> Option<i64> {
    YEARS.contains(&Civil::of(millis).year).then_some(millis)
}

/// As `2026-01-31T23:59:59.000Z`, the form the platform uses.
pub(crate) fn write_date_time(millis: i64) -> String {
    let civil = Civil::of(millis);
    let seconds = civil.within / 1000;
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        civil.year,
        civil.month,
        civil.day,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        civil.within % 1000
    )
}

/// Reads ISO 8601: a date, or a date and a time, with `Z`, an offset or neither (UTC).
pub(crate) fn read_date_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let (mut within, mut offset) = (0, 0);
    if let Some(rest) = rest {
        let (clock, zone) = match rest.find(['Z', 'z', '+', '-']) {
            Some(at) => rest.split_at(at),
            None => (rest, "Z"),
        };
        within = read_clock(clock)?;
        offset = match zone {
            "Z" | "z" => 0,
            _ => {
                let span = read_clock(&zone[1..])?;
                if zone.starts_with('-') { -span } else { span }
            }
        };
    }
    let civil = Civil {
        year,
        month,
        day,
        within,
    };
    in_range(civil.millis()? - offset)
}

/// `hh:mm`, `hhmm` or `hh:mm:ss.fff`, in milliseconds.
fn read_clock(text: &str) -> Option<i64> {
    let two = |text: &str, below: i64| {
        let valid = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        valid
            .then(|| text.parse::<i64>().ok())
            .flatten()
            .filter(|n| *n < below)
    };
    if text.len() == 4 && text.is_ascii() {
        return Some(two(&text[..2], 24)? * 3_600_000 + two(&text[2..], 60)? * 60_000);
    }
    let mut parts = text.split(':');
    let hours = two(parts.next()?, 24)?;
    let minutes = two(parts.next()?, 60)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
            (two(whole, 60)?, thousandths.parse::<i64>().ok()?)
        }
    };
    parts
        .next()
        .is_none()
        .then_some(((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction)
}

/// As `P1DT2H3M4.005S`.
pub(crate) fn write_duration(millis: i64) -> String {
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
pub(crate) fn read_duration(text: &str) -> Option<i64> {
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
            part = part
                .checked_add(numerator.checked_mul(length)? / 10_i64.pow(fraction.len() as u32))?;
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
        assert_eq!(Civil::of(1_795_478_400_000).weekday(), 2);
        assert_eq!(read_duration("PT5M"), Some(300_000));
        assert_eq!(read_duration("P1DT0.5S"), Some(DAY + 500));
        assert_eq!(read_duration("P1M"), None);
        assert_eq!(write_duration(0), "PT0S");
        assert_eq!(write_duration(-90_061_001), "-P1DT1H1M1.001S");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in -62_135_596_800_000_i64..253_402_300_799_999) {
            prop_assert_eq!(read_date_time(&write_date_time(millis)), Some(millis));
            prop_assert_eq!(read_duration(&write_duration(millis)), Some(millis));
        }
    }
}
