//! Dates, times and durations. Everything is UTC.

use super::call::{Call, bounded_list};
use super::definition::Code;
use crate::arithmetic::in_durations;
use crate::time::{self, DAY};
use crate::value::Value;
use jiff::Span;
use jiff::civil::{Date, DateTime};

pub(super) const CODE: &[(&str, Code)] = &[
    ("AddDays", |call| add(call, DAY)),
    ("AddDuration", |call| {
        let later = call.date(0)?.checked_add(call.duration(1)?);
        let later = later.and_then(time::in_range);
        later.map(Value::DateTime).ok_or_else(far)
    }),
    ("AddHours", |call| add(call, 3_600_000)),
    ("AddMinutes", |call| add(call, 60_000)),
    ("AddMonths", |call| months(call, 1)),
    ("AddSeconds", |call| add(call, 1000)),
    ("AddYears", |call| months(call, 12)),
    ("DateTimeDiff", |call| {
        let span = call.date(0)?.checked_sub(call.date(1)?);
        span.map(Value::Duration).ok_or_else(far)
    }),
    ("Day", |call| part(call, |at| at.day().into())),
    ("DayOfWeek", |call| part(call, weekday)),
    ("GetCurrentDateTimeUtc", |call| {
        Ok(Value::DateTime(call.world.wall()))
    }),
    ("GetDayOfWeek", |call| part(call, weekday)),
    ("GetDayOfWeekOccurrence", occurrence),
    ("Hour", |call| part(call, |at| at.hour().into())),
    ("MakeDateTime", |call| {
        let midnight = time::midnight(call.integer(0)?, call.integer(1)?, call.integer(2)?);
        let midnight = midnight.ok_or("there is no such date")?;
        Ok(Value::DateTime(midnight + clock(call, 3)?))
    }),
    ("MakeDuration", |call| {
        let days = call.integer(0)?.checked_mul(DAY).ok_or_else(far)?;
        let all = days.checked_add(clock(call, 1)?).ok_or_else(far)?;
        in_durations(all).map(Value::Duration)
    }),
    ("Minute", |call| part(call, |at| at.minute().into())),
    ("Month", |call| part(call, |at| at.month().into())),
    ("Range", |call| {
        let (base, step) = (call.duration(0)?, call.duration(1)?);
        let lower = base.checked_sub(step).ok_or_else(far)?;
        let upper = base.checked_add(step).ok_or_else(far)?;
        bounded_list(vec![Value::Duration(lower), Value::Duration(upper)])
    }),
    ("RoundUp", round_up),
    ("Second", |call| part(call, |at| at.second().into())),
    ("ToDateTime", |call| match call.at(0).clone().plain() {
        Value::Integer(seconds) => {
            let millis = seconds.checked_mul(1000).and_then(time::in_range);
            millis.map(Value::DateTime).ok_or_else(far)
        }
        Value::String(text) => match time::read_date_time(&text) {
            Some(millis) => Ok(Value::DateTime(millis)),
            None => call.wrong(0, "a date and time as 2026-01-31T23:59:59Z"),
        },
        value @ (Value::NotSet | Value::DateTime(_)) => Ok(value),
        _ => call.wrong(0, "a date and time or seconds since 1970"),
    }),
    ("ToDuration", |call| match call.at(0).clone().plain() {
        Value::Integer(millis) => in_durations(millis).map(Value::Duration),
        Value::String(text) => match time::read_duration(&text) {
            Some(millis) => in_durations(millis).map(Value::Duration),
            None => call.wrong(0, "a duration as PT1H30M"),
        },
        value @ (Value::NotSet | Value::Duration(_)) => Ok(value),
        _ => call.wrong(0, "a duration as PT1H30M or milliseconds"),
    }),
    ("WeekNum", |call| {
        // The week that has January 1st is the first, and weeks begin on Sunday: a guess, since the vendor's
        // examples fit ISO's weeks as well.
        part(call, |at| {
            let first = i64::from(at.first_of_year().weekday().to_sunday_zero_offset());
            (i64::from(at.day_of_year()) - 1 + first) / 7 + 1
        })
    }),
    ("Year", |call| part(call, |at| at.year().into())),
];

/// The day of the week, from 1 for Sunday.
fn weekday(at: DateTime) -> i64 {
    at.weekday().to_sunday_one_offset().into()
}

/// The n-th day of the week of a year or of one of its months, counted from the end if n is below 0; none if
/// there are fewer. A month is told by a fourth argument, unless three behind the year tell a time of day.
fn occurrence(call: &mut Call<'_>) -> Result<Value, String> {
    let (day, count, year) = (call.integer(0)?, call.integer(1)?, call.integer(2)?);
    let (month, time) = match call.arguments.len() {
        3 => (None, None),
        4 => (Some(call.integer(3)?), None),
        6 => (None, Some(3)),
        _ => (Some(call.integer(3)?), Some(4)),
    };
    let no_date = || "there is no such date".to_owned();
    let first = Date::new(
        i16::try_from(year).map_err(|_| no_date())?,
        i8::try_from(month.unwrap_or(1)).map_err(|_| no_date())?,
        1,
    );
    let first = first.map_err(|_| no_date())?;
    let length = match month {
        Some(_) => i64::from(first.days_in_month()),
        None => i64::from(first.days_in_year()),
    };
    let offset = i64::from(first.weekday().to_sunday_one_offset());
    // The first such day, counted from 0.
    let start = (day - offset).rem_euclid(7);
    let number = (length - start + 6) / 7;
    let index = if count > 0 { count - 1 } else { number + count };
    if !(0..number).contains(&index) {
        return Ok(Value::NotSet);
    }
    let midnight = time::midnight(year, month.unwrap_or(1), 1).ok_or_else(far)?;
    let clock = time.map_or(Ok(0), |from| clock(call, from))?;
    Ok(Value::DateTime(
        midnight + (start + 7 * index) * DAY + clock,
    ))
}

/// A duration rounded up to the first of some durations that isn't shorter, else to a multiple of a step.
fn round_up(call: &mut Call<'_>) -> Result<Value, String> {
    const MINUTE: i64 = 60_000;
    let span = call.duration(0)?;
    let (step, mut marks) = match call.arguments.len() {
        1 => (5 * MINUTE, vec![MINUTE / 2, MINUTE, 2 * MINUTE, 5 * MINUTE]),
        _ => (call.duration(1)?, Vec::new()),
    };
    if let Value::Collection(items) = call.at(2) {
        marks.extend(items.iter().filter_map(|item| match item {
            Value::Duration(millis) => Some(*millis),
            _ => None,
        }));
        marks.sort_unstable();
    }
    if let Some(mark) = marks.into_iter().find(|mark| *mark >= span) {
        return Ok(Value::Duration(mark));
    }
    if step <= 0 {
        return Err("argument 2 is no longer than 0".to_owned());
    }
    let over = span.rem_euclid(step);
    let up = if over == 0 { 0 } else { step - over };
    in_durations(span.checked_add(up).ok_or_else(far)?).map(Value::Duration)
}

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

/// Hours, minutes, seconds and milliseconds from an argument on.
fn clock(call: &Call<'_>, from: usize) -> Result<i64, String> {
    let units = [3_600_000, 60_000, 1000, 1];
    let mut total = 0_i64;
    for (index, unit) in units.into_iter().enumerate() {
        let number = match call.at(from + index) {
            Value::Integer(number) => *number,
            _ => 0,
        };
        let span = number.checked_mul(unit).ok_or_else(far)?;
        total = total.checked_add(span).ok_or_else(far)?;
    }
    Ok(total)
}
