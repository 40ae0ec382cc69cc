//! Dates, times and durations. Everything is UTC.

use super::call::Call;
use super::definition::Code;
use crate::time::{self, DAY};
use crate::value::Value;
use jiff::Span;
use jiff::civil::DateTime;

pub(super) const CODE: &[(&str, Code)] = &[
    ("GetCurrentDateTimeUtc", |call| {
        Ok(Value::DateTime(call.world.wall()))
    }),
    ("AddYears", |call| months(call, 12)),
    ("AddMonths", |call| months(call, 1)),
    ("AddDays", |call| add(call, DAY)),
    ("AddHours", |call| add(call, 3_600_000)),
    ("AddMinutes", |call| add(call, 60_000)),
    ("AddSeconds", |call| add(call, 1000)),
    ("AddMilliseconds", |call| add(call, 1)),
    ("DateTimeDiff", |call| {
        let span = call.date(0)?.checked_sub(call.date(1)?);
        span.map(Value::Duration).ok_or_else(far)
    }),
    ("Year", |call| part(call, |at| at.year().into())),
    ("Month", |call| part(call, |at| at.month().into())),
    ("Day", |call| part(call, |at| at.day().into())),
    ("Hour", |call| part(call, |at| at.hour().into())),
    ("Minute", |call| part(call, |at| at.minute().into())),
    ("Second", |call| part(call, |at| at.second().into())),
    ("Millisecond", |call| {
        part(call, |at| at.millisecond().into())
    }),
    ("DayOfWeek", |call| {
        part(call, |at| at.weekday().to_sunday_one_offset().into())
    }),
    ("DayOfYear", |call| part(call, |at| at.day_of_year().into())),
    ("MakeDateTime", |call| {
        let within = clock(call, 3)?;
        let midnight = time::midnight(call.integer(0)?, call.integer(1)?, call.integer(2)?);
        let millis = midnight
            .filter(|_| (0..DAY).contains(&within))
            .ok_or("there is no such date and time")?
            + within;
        Ok(Value::DateTime(millis))
    }),
    ("MakeDuration", |call| {
        let days = call.integer(0)?.checked_mul(DAY).ok_or_else(far)?;
        days.checked_add(clock(call, 1)?)
            .map(Value::Duration)
            .ok_or_else(far)
    }),
    ("ToDateTime", |call| {
        let text = call.at(0).to_text().unwrap_or_default();
        match time::read_date_time(&text) {
            Some(millis) => Ok(Value::DateTime(millis)),
            None => call.wrong(0, "a date and time as 2026-01-31T23:59:59Z"),
        }
    }),
    ("ToDuration", |call| {
        let text = call.at(0).to_text().unwrap_or_default();
        match time::read_duration(&text) {
            Some(millis) => Ok(Value::Duration(millis)),
            None => call.wrong(0, "a duration as PT1H30M"),
        }
    }),
    ("DurationInDays", |call| length(call, DAY)),
    ("DurationInHours", |call| length(call, 3_600_000)),
    ("DurationInMinutes", |call| length(call, 60_000)),
    ("DurationInSeconds", |call| length(call, 1000)),
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
