//! The spans of time that are asked for, and those that usage is told by.

use crate::error::ApiError;
use crate::wire::parse_time;
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::iter::successors;
use tollgate_definitions::wall_time;
use tollgate_store::{UsageGrain, WallTime, limits};

/// Milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;

/// The spans that a word stands for within an interval.
pub(super) fn grain_of(word: &str, interval: (WallTime, WallTime)) -> Result<UsageGrain, ApiError> {
    let first: fn(Date) -> Date = match word {
        "Hour" => return Ok(UsageGrain::Hour),
        "Day" => return Ok(UsageGrain::Day),
        "Week" => |day| {
            let days = day.weekday().to_monday_zero_offset();
            day.checked_sub(i64::from(days).days()).unwrap_or(day)
        },
        "Month" => Date::first_of_month,
        _ => return Ok(UsageGrain::Span),
    };
    spans(first, interval).map(UsageGrain::Spans)
}

/// When weeks, or months, begin that an interval touches; `first`: the first day of the one that a day is in.
fn spans(
    first: fn(Date) -> Date,
    (from, until): (WallTime, WallTime),
) -> Result<Vec<WallTime>, ApiError> {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    // Nothing is counted that is still to come.
    let until = until.0.min(wall_time().0 + DAY);
    let millis =
        |day: Date| i64::try_from(day.duration_since(EPOCH).as_millis()).unwrap_or(i64::MAX);
    let begin = EPOCH.checked_add((from.0 / DAY).days()).ok().map(first);
    let days = successors(begin, |day| day.tomorrow().ok());
    let days = days.take_while(|day| millis(*day) < until);
    let starts = days.filter(|day| first(*day) == *day);
    let starts: Vec<_> = starts.map(|day| WallTime(millis(day))).collect();
    if starts.len() > limits::USAGE_SPANS {
        return Err(ApiError::bad_request(format!(
            "interval: has more than {} weeks or months; ask for a shorter one.",
            limits::USAGE_SPANS
        )));
    }
    Ok(starts)
}

/// `from/until`, as the platform writes intervals.
pub(crate) fn interval(text: &str) -> Result<(WallTime, WallTime), ApiError> {
    let pair = text.split_once('/');
    let times = pair.and_then(|(from, until)| Some((parse_time(from)?, parse_time(until)?)));
    times.filter(|(from, until)| from <= until).ok_or_else(|| {
        ApiError::bad_request(format!(
            "interval: expected two times such as 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z, found \
             {text:?}."
        ))
    })
}
