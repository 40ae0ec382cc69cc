//! Dates, times and durations. Everything is UTC.

use super::call::Call;
use super::definition::{Function, seeing, strict};
use crate::time::{self, DAY};
use crate::value::Value;
use jiff::Span;
use jiff::civil::DateTime;

pub(super) const FUNCTIONS: &[Function] = &[
    seeing("GetCurrentDateTimeUtc", &["-> dateTime"], "now", |call| {
        Ok(Value::DateTime(call.world.wall()))
    }),
    strict(
        "AddYears",
        &["dateTime, integer -> dateTime"],
        "so many years later",
        |call| months(call, 12),
    ),
    strict(
        "AddMonths",
        &["dateTime, integer -> dateTime"],
        "so many months later",
        |call| months(call, 1),
    ),
    strict(
        "AddDays",
        &["dateTime, integer -> dateTime"],
        "so many days later",
        |call| add(call, DAY),
    ),
    strict(
        "AddHours",
        &["dateTime, integer -> dateTime"],
        "so many hours later",
        |call| add(call, 3_600_000),
    ),
    strict(
        "AddMinutes",
        &["dateTime, integer -> dateTime"],
        "so many minutes later",
        |call| add(call, 60_000),
    ),
    strict(
        "AddSeconds",
        &["dateTime, integer -> dateTime"],
        "so many seconds later",
        |call| add(call, 1000),
    ),
    strict(
        "AddMilliseconds",
        &["dateTime, integer -> dateTime"],
        "so many ms later",
        |call| add(call, 1),
    ),
    strict(
        "DateTimeDiff",
        &["dateTime, dateTime -> duration"],
        "the time from the second to the first",
        |call| {
            let span = call.date(0)?.checked_sub(call.date(1)?);
            span.map(Value::Duration).ok_or_else(far)
        },
    ),
    strict("Year", &["dateTime -> integer"], "its year", |call| {
        part(call, |at| at.year().into())
    }),
    strict(
        "Month",
        &["dateTime -> integer"],
        "its month, 1 to 12",
        |call| part(call, |at| at.month().into()),
    ),
    strict(
        "Day",
        &["dateTime -> integer"],
        "its day of the month",
        |call| part(call, |at| at.day().into()),
    ),
    strict(
        "Hour",
        &["dateTime -> integer"],
        "its hour, 0 to 23",
        |call| part(call, |at| at.hour().into()),
    ),
    strict("Minute", &["dateTime -> integer"], "its minute", |call| {
        part(call, |at| at.minute().into())
    }),
    strict("Second", &["dateTime -> integer"], "its second", |call| {
        part(call, |at| at.second().into())
    }),
    strict(
        "Millisecond",
        &["dateTime -> integer"],
        "its millisecond",
        |call| part(call, |at| at.millisecond().into()),
    ),
    strict(
        "DayOfWeek",
        &["dateTime -> integer"],
        "its weekday, 1 for Sunday",
        |call| part(call, |at| at.weekday().to_sunday_one_offset().into()),
    ),
    strict(
        "DayOfYear",
        &["dateTime -> integer"],
        "its day of the year, from 1",
        |call| part(call, |at| at.day_of_year().into()),
    ),
    strict(
        "MakeDateTime",
        &["integer, integer, integer, integer?, integer?, integer?, integer? -> dateTime"],
        "of year, month, day, hour, minute, second, millisecond",
        |call| {
            let within = clock(call, 3)?;
            let midnight = time::midnight(call.integer(0)?, call.integer(1)?, call.integer(2)?);
            let millis = midnight
                .filter(|_| (0..DAY).contains(&within))
                .ok_or("there is no such date and time")?
                + within;
            Ok(Value::DateTime(millis))
        },
    ),
    strict(
        "MakeDuration",
        &["integer, integer, integer, integer, integer? -> duration"],
        "of days, hours, minutes, seconds, milliseconds",
        |call| {
            let days = call.integer(0)?.checked_mul(DAY).ok_or_else(far)?;
            days.checked_add(clock(call, 1)?)
                .map(Value::Duration)
                .ok_or_else(far)
        },
    ),
    strict(
        "ToDateTime",
        &["string -> dateTime", "json -> dateTime"],
        "read from ISO 8601",
        |call| {
            let text = call.at(0).to_text().unwrap_or_default();
            match time::read_date_time(&text) {
                Some(millis) => Ok(Value::DateTime(millis)),
                None => call.wrong(0, "a date and time as 2026-01-31T23:59:59Z"),
            }
        },
    ),
    strict(
        "ToDuration",
        &["string -> duration", "json -> duration"],
        "read from ISO 8601",
        |call| {
            let text = call.at(0).to_text().unwrap_or_default();
            match time::read_duration(&text) {
                Some(millis) => Ok(Value::Duration(millis)),
                None => call.wrong(0, "a duration as PT1H30M"),
            }
        },
    ),
    strict(
        "DurationInDays",
        &["duration -> decimal"],
        "its length in days",
        |call| length(call, DAY),
    ),
    strict(
        "DurationInHours",
        &["duration -> decimal"],
        "its length in hours",
        |call| length(call, 3_600_000),
    ),
    strict(
        "DurationInMinutes",
        &["duration -> decimal"],
        "its length in minutes",
        |call| length(call, 60_000),
    ),
    strict(
        "DurationInSeconds",
        &["duration -> decimal"],
        "its length in seconds",
        |call| length(call, 1000),
    ),
];

fn far() -> String {
    "the time lies too far away".to_owned()
}

fn add(call: &Call<'_>, unit: i64) -> Result<Value, String> {
    let span = call.integer(1)?.checked_mul(unit);
    let later = span.and_then(|span| call.date(0).ok()?.checked_add(span));
    later
        .and_then(time::in_range)
        .map(Value::DateTime)
        .ok_or_else(far)
}

/// The same day so many times `unit` months later, or the last of that month where there is no such day.
fn months(call: &Call<'_>, unit: i64) -> Result<Value, String> {
    let count = call.integer(1)?.checked_mul(unit).ok_or_else(far)?;
    let civil = time::civil(call.date(0)?).ok_or_else(far)?;
    let span = Span::new().try_months(count);
    span.and_then(|span| civil.checked_add(span))
        .ok()
        .and_then(time::millis)
        .map(Value::DateTime)
        .ok_or_else(far)
}

fn part(call: &Call<'_>, take: fn(DateTime) -> i64) -> Result<Value, String> {
    let civil = time::civil(call.date(0)?).ok_or_else(far)?;
    Ok(Value::Integer(take(civil)))
}

fn length(call: &Call<'_>, unit: i64) -> Result<Value, String> {
    let millis = rust_decimal::Decimal::from(call.duration(0)?);
    Ok(Value::Decimal(millis / rust_decimal::Decimal::from(unit)))
}

/// Hours, minutes, seconds and milliseconds from an argument on.
fn clock(call: &Call<'_>, from: usize) -> Result<i64, String> {
    let units = [3_600_000, 60_000, 1000, 1];
    let mut total = 0_i64;
    for (index, unit) in units.into_iter().enumerate() {
        let span = call
            .integer_or(from + index, 0)?
            .checked_mul(unit)
            .ok_or_else(far)?;
        total = total.checked_add(span).ok_or_else(far)?;
    }
    Ok(total)
}
