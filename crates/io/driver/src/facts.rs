//! What a response's headers say about limits.
//!
//! Headers are a stranger's word: what is missing is not said, and what is no number, contradicts
//! itself or is absurd is ignored, and counted. Families, the first that is there:
//!
//! | family | count | end of the window |
//! |---|---|---|
//! | `inin-ratelimit-count`, `-allowed`, `-reset` (the platform's own) | as said | seconds |
//! | `RateLimit: "name";r=…;t=…` with `RateLimit-Policy: "name";q=…;w=…` | q − r | t, else w, seconds |
//! | `RateLimit: limit=…, remaining=…, reset=…` (older draft) | limit − remaining | seconds |
//! | `RateLimit-Limit`, `-Remaining`, `-Reset` (oldest draft) | limit − remaining | seconds |
//! | `X-RateLimit-Limit`, `-Remaining`, `-Reset` or `-Reset-After` | limit − remaining | seconds, or an epoch in seconds or milliseconds |
//!
//! An epoch is taken from the answer's own `Date`, so that no clock of ours enters. Without a `Date`
//! it only says how long to wait when nothing remains.

mod structured;

use crate::refusals::{self, Refused};
use http::{HeaderMap, header::DATE, header::RETRY_AFTER};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use structured::Item;
use tollgate_engine::{Facts, Family, WindowFact};

/// Longest span believed. Windows last a minute, a closed limit some minutes; a header that shuts a
/// limit for longer than a day is a mistake, and believing it would shut it for good.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Numbers from here on are a date (2001 in seconds), and from there on one in milliseconds.
const EPOCH: (u64, u64) = (1_000_000_000, 1_000_000_000_000);

/// What a family says.
enum Said {
    Window(WindowFact),
    /// Nothing remains, for so long; whose window that is can't be told.
    Wait(Duration),
    Nonsense,
}

/// What an answer says about limits, as the engine is told it; `now` is the wall clock's reading at its
/// arrival.
#[must_use]
pub fn facts_of(status: u16, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Facts {
    let (mut facts, _) = from_headers(headers, now);
    facts.refused = match refusals::by_head(status, facts) {
        Refused::Perhaps => refusals::by_body(status, body),
        refused => refused == Refused::Yes,
    };
    facts
}

/// Reads the facts from the headers of a response that arrived at `now`, and how many of them were
/// not believed.
pub(crate) fn from_headers(headers: &HeaderMap, now: SystemTime) -> (Facts, u32) {
    let mut facts = Facts::default();
    let mut ignored = 0;
    let names = MILLIS.into_iter().chain([RETRY_AFTER.as_str()]);
    if names.into_iter().any(|name| headers.contains_key(name)) {
        facts.retry_after = retry_after(headers, now);
        ignored += u32::from(facts.retry_after.is_none());
    }
    let families = [own, structured, combined, separate, vendors];
    let said = families.iter().find_map(|family| family(headers, now));
    match said {
        Some(Said::Window(window)) => facts.window = Some(window),
        Some(Said::Wait(span)) => facts.retry_after = facts.retry_after.or(Some(span)),
        Some(Said::Nonsense) => ignored += 1,
        None => {}
    }
    (facts, ignored)
}

/// `Retry-After`, in seconds, with or without a fraction, or as an HTTP date; a date already past is no
/// wait. An epoch is a date: so many seconds are no span that anybody could mean, and it is believed only
/// if it lies within a day of the answer's own `Date`. Some send milliseconds, under names that say so.
///
/// Milliseconds under the standard name can't be told from seconds here; the engine holds them against the
/// periods of the call's limits.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let named = MILLIS.iter().find_map(|name| text(headers, name));
    let span = match named {
        Some(text) => Duration::try_from_secs_f64(decimal(text)? / 1_000.0).ok()?,
        None => {
            let text = text(headers, RETRY_AFTER.as_str())?;
            let date = date(headers).unwrap_or(now);
            match decimal(text) {
                Some(epoch) if epoch >= EPOCH.0 as f64 => until(epoch_of(epoch)?, date)?,
                Some(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
                None => {
                    let end = httpdate::parse_http_date(text).ok()?;
                    end.duration_since(date).unwrap_or_default()
                }
            }
        }
    };
    (span <= LONGEST).then_some(span)
}

/// Headers that name a pause in milliseconds.
const MILLIS: [&str; 2] = ["retry-after-ms", "x-ms-retry-after-ms"];

/// The span to an epoch, which must not have passed.
fn until(end: SystemTime, from: SystemTime) -> Option<Duration> {
    end.duration_since(from).ok()
}

/// An epoch in seconds, or in milliseconds.
fn epoch_of(number: f64) -> Option<SystemTime> {
    let seconds = if number < EPOCH.1 as f64 {
        number
    } else {
        number / 1_000.0
    };
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// A number of digits, with a fraction or without. No sign, no exponent, no word.
fn decimal(text: &str) -> Option<f64> {
    let plain = |c: char| c.is_ascii_digit() || c == '.';
    let starts = text.starts_with(|c: char| c.is_ascii_digit());
    (starts && text.chars().all(plain)).then(|| text.parse().ok())?
}

/// The vendor's three headers, believed together or not at all.
fn own(headers: &HeaderMap, _: SystemTime) -> Option<Said> {
    const NAMES: [&str; 3] = [
        "inin-ratelimit-count",
        "inin-ratelimit-allowed",
        "inin-ratelimit-reset",
    ];
    NAMES.iter().find(|name| headers.contains_key(**name))?;
    let [count, allowed, reset] = NAMES.map(|name| number(text(headers, name)?));
    Some(match (count, allowed, reset) {
        (Some(count), Some(allowed), Some(reset)) => {
            window((count, allowed, reset), Family::Platform)
        }
        _ => Said::Nonsense,
    })
}

/// `RateLimit` and `RateLimit-Policy` as lists of named items.
fn structured(headers: &HeaderMap, _: SystemTime) -> Option<Said> {
    let limits = list(headers, "ratelimit")?;
    let named = |item: &Item| item.parameter("r").is_some();
    if !limits.iter().any(named) {
        return None;
    }
    let policies = list(headers, "ratelimit-policy").unwrap_or_default();
    // The scarcest speaks: it is the one that turns away.
    let scarcest = limits
        .iter()
        .filter(|item| named(item))
        .min_by_key(|item| item.parameter("r").and_then(number));
    let said = scarcest.and_then(|item| {
        let policy = policies.iter().find(|policy| policy.name == item.name)?;
        let quota = number(policy.parameter("q")?)?;
        let remaining = number(item.parameter("r")?)?;
        let reset = item.parameter("t").or(policy.parameter("w"))?;
        remains((quota, remaining, number(reset)?), Family::Structured)
    });
    Some(said.unwrap_or(Said::Nonsense))
}

/// `RateLimit: limit=100, remaining=50, reset=30`.
fn combined(headers: &HeaderMap, _: SystemTime) -> Option<Said> {
    let items = list(headers, "ratelimit")?;
    let value = |name: &str| {
        let item = items.iter().find(|item| item.name == name)?;
        number(item.value?)
    };
    let said = || {
        remains(
            (value("limit")?, value("remaining")?, value("reset")?),
            Family::Combined,
        )
    };
    Some(said().unwrap_or(Said::Nonsense))
}

fn separate(headers: &HeaderMap, _: SystemTime) -> Option<Said> {
    let limit = text(headers, "ratelimit-limit")?;
    let said = || {
        // The limit may be followed by its policies: "100, 100;w=60".
        let limit = limit.split([',', ';']).next()?;
        let remaining = text(headers, "ratelimit-remaining")?;
        let reset = text(headers, "ratelimit-reset")?;
        remains(
            (number(limit)?, number(remaining)?, number(reset)?),
            Family::Separate,
        )
    };
    Some(said().unwrap_or(Said::Nonsense))
}

fn vendors(headers: &HeaderMap, now: SystemTime) -> Option<Said> {
    let limit = text(headers, "x-ratelimit-limit")?;
    let said = || {
        let limit = number(limit)?;
        let remaining = number(text(headers, "x-ratelimit-remaining")?)?;
        // A span, whatever the other one is.
        if let Some(after) = text(headers, "x-ratelimit-reset-after") {
            let reset = decimal(after)?.ceil() as u64;
            return remains((limit, remaining, reset), Family::Vendors);
        }
        let reset = decimal(text(headers, "x-ratelimit-reset")?)?.ceil() as u64;
        let end = match reset {
            reset if reset < EPOCH.0 => return remains((limit, remaining, reset), Family::Vendors),
            reset if reset < EPOCH.1 => Duration::from_secs(reset),
            reset => Duration::from_millis(reset),
        };
        let end = UNIX_EPOCH.checked_add(end)?;
        let left = |from: SystemTime| end.duration_since(from).unwrap_or_default();
        match date(headers) {
            Some(date) => {
                let left = left(date);
                let whole = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                remains((limit, remaining, whole), Family::Vendors)
            }
            // A second more, for what the epoch's rounding may have cut off.
            None if remaining == 0 && left(now) < LONGEST => {
                Some(Said::Wait(left(now) + Duration::from_secs(1)))
            }
            None => None,
        }
    };
    Some(said().unwrap_or(Said::Nonsense))
}

fn remains((limit, remaining, reset): (u64, u64, u64), family: Family) -> Option<Said> {
    Some(window(
        (limit.checked_sub(remaining)?, limit, reset),
        family,
    ))
}

fn window((count, allowed, reset): (u64, u64, u64), family: Family) -> Said {
    let reset = Duration::from_secs(reset);
    match (u32::try_from(count), u32::try_from(allowed)) {
        (Ok(count), Ok(allowed)) if allowed > 0 && reset <= LONGEST => Said::Window(WindowFact {
            count,
            allowed,
            reset,
            family,
        }),
        _ => Said::Nonsense,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The items of all the field's lines. None where there are none, or one that is no text.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> Option<Vec<Item<'a>>> {
    let mut items = Vec::new();
    for line in headers.get_all(name) {
        items.extend(structured::items(line.to_str().ok()?.trim()));
    }
    (!items.is_empty()).then_some(items)
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, DATE.as_str())?).ok()
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests;
